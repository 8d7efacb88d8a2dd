"""Next and back: a run in hand, one operation at a time."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from dllab.stepping.course import Place, course
from dllab.stepping.timeline import BUDGET, Timeline
from dllab.stepping.walk import Operation, walk
from dllab.training.changes import Change
from dllab.training.session import NonFinite, Outcome, Session


class Unreachable(ValueError):
    """An operation that no batch has, or none from here on."""


@dataclass(frozen=True)
class Passed:
    """A batch that has been trained on the way."""

    step: int
    """Steps of training after it."""
    outcome: Outcome
    rate: float
    norm: float | None


class Stepper:
    """Walks a session, which must stand between two steps. Until `leave` nobody else may train it."""

    def __init__(self, session: Session, budget: int = BUDGET, changes: Sequence[tuple[int, Change]] = ()) -> None:
        """Of a session that stands in its past, `changes` are what was changed, and before which step."""
        self._session = session
        self._changes = changes
        self.timeline = Timeline(session, budget)
        self._walk: Generator[Operation, None, Outcome] | None = None
        self._done: list[Operation] = []
        """The operations of the present batch that have been taken, the last one in hand."""
        self._course: tuple[Place, ...] = course(session)
        self._passed: list[Passed] = []
        self._there = -1
        """The batch that was last gone to, while it has not begun."""
        self.ended = ""
        """Why the run is over, once somebody has asked for an operation behind its last one."""

    @property
    def operation(self) -> Operation | None:
        """The operation in hand."""
        return self._done[-1] if self._done else None

    @property
    def place(self) -> tuple[int, int]:
        """Batch, and how many of its operations have been taken."""
        return (self._done[0].batch if self._done else self._session.step), len(self._done)

    @property
    def course(self) -> tuple[Place, ...]:
        """All operations of the batch in hand, or of the next one where none is."""
        return self._course

    def take_passed(self) -> list[Passed]:
        """The batches trained since this was last asked; one that is trained again after going back comes again."""
        passed, self._passed = self._passed, []
        return passed

    def next(self) -> Operation:
        """Carry out one more operation; at the end of the run the last one stays in hand, and `ended` says why.

        Raises NonFinite where the loss is no number; that operation stays in hand.
        """
        if self._walk is None:
            self._begin()
        assert self._walk is not None
        try:
            self._done.append(next(self._walk))
        except StopIteration:
            outcome = self._done[-1].outcome
            self.ended = outcome.finished if outcome is not None else ""
            if self.ended:
                return self._done[-1]
            self._begin()
            return self.next()
        except NonFinite:
            self.go_to(*self.place)
            raise
        operation = self._done[-1]
        if operation.outcome is not None and (len(self._done) < 2 or self._done[-2].outcome is None):
            self._pass(operation.outcome)
        return operation

    def back(self) -> Operation | None:
        """Undo the operation in hand; the one before it is in hand again, None at the very start."""
        batch, taken = self.place
        if taken > 1:
            self.go_to(batch, taken - 1)
        elif self.timeline.reaches(batch - 1):
            self.go_to(batch - 1)
            self._begin()
            self._done.extend(self._walk or ())
        elif taken:
            self.go_to(batch)
        return self.operation

    def go_to(self, batch: int, taken: int = 0) -> None:
        """Stand in `batch` with so many of its operations taken. Raises ValueError before the first snapshot."""
        self._rest()
        self.timeline.go_to(batch)
        self._there = batch
        self._course = course(self._session)
        for _operation in range(taken):
            self.next()

    def until(self, phase: str, node: str = "", halted: Callable[[], bool] = lambda: False) -> Operation | None:
        """Go on to the next operation of this phase (at this node; "" is any), or to the end of the run.

        Up to the end of an epoch it goes at full speed, until that or `halted` says so. Raises Unreachable at once where
        no batch has such an operation.
        """
        if phase == "stop":
            return self._to_epochs_end(halted)
        if not self._ahead(phase, node):
            raise Unreachable(f"no operation {phase} {node}".strip())
        batch, taken = self.place
        while not self.ended:
            found = self.next()
            if phase in ("", found.phase) and node in ("", found.node):
                break
            if found.batch > batch + 1:
                # A layer of one's own may stop a gradient where nobody could know.
                self.go_to(batch, taken)
                raise Unreachable(f"no operation {phase} {node}".strip())
        return self.operation

    def leave(self) -> str:
        """Let the session stand between two steps again, so that it can train on at full speed. A batch whose weights are
        not updated yet is taken back; where it was the last of the run, why the run is over."""
        operation = self.operation
        if operation is not None and operation.outcome is None:
            self.go_to(self._session.step)
        finished = operation.outcome.finished if operation is not None and operation.outcome is not None else ""
        self._rest()
        return finished

    def _ahead(self, phase: str, node: str) -> bool:
        taken = len(self._done)
        ahead = self._course[taken:] if phase == "initialise" else self._course
        return any(phase in ("", p) and node in ("", n) for p, n in ahead)

    def _to_epochs_end(self, halted: Callable[[], bool]) -> Operation | None:
        """Train whole batches in between, then walk the last one of the epoch."""
        if self.operation is not None and self.operation.phase == "stop":
            self.next()
        while not self.ended and ("stop", "") not in self._course[len(self._done) :]:
            self._end_batch()
            if halted():
                return self.operation
        while not self.ended and (self.operation is None or self.operation.phase != "stop"):
            self.next()
        return self.operation

    def _end_batch(self) -> None:
        """Train the batch in hand to its end at full speed; none is in hand then."""
        operation = self.operation
        if operation is None or operation.outcome is None:
            if operation is not None:
                self.go_to(self._session.step)
            else:
                self._arrive()
            try:
                self._pass(self._session.advance())
            except NonFinite:
                self.go_to(self._session.step)
                while True:
                    self.next()
        self._rest()
        self._course = course(self._session)

    def _pass(self, outcome: Outcome) -> None:
        self._passed.append(Passed(self._session.step, outcome, self._session.learning_rate, self._session.update.norm))

    def _rest(self) -> None:
        self._walk, self._done, self.ended = None, [], ""

    def _arrive(self) -> None:
        """Stand before a batch as the run did, and remember it."""
        step, there = self._session.step, self._there
        self._there = -1
        if step == there and step in self.timeline.steps:
            return
        if step in self.timeline.steps:
            self.timeline.go_to(step)
            return
        for at, change in self._changes:
            if at == step:
                change(self._session)
        self.timeline.keep()

    def _begin(self) -> None:
        self._arrive()
        self._course = course(self._session)
        self._walk, self._done = walk(self._session), []
