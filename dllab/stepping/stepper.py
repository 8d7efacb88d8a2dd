"""Next and back: a run in hand, one operation at a time."""

from collections.abc import Generator

from dllab.stepping.timeline import BUDGET, Timeline
from dllab.stepping.walk import Operation, walk
from dllab.training.session import NonFinite, Outcome, Session


class Stepper:
    """Walks a session, which must stand between two steps. Until `leave` nobody else may train it."""

    def __init__(self, session: Session, budget: int = BUDGET) -> None:
        self._session = session
        self.timeline = Timeline(session, budget)
        self._walk: Generator[Operation, None, Outcome] | None = None
        self._done: list[Operation] = []
        """The operations of the present batch that have been taken, the last one in hand."""
        self.outcome: Outcome | None = None
        """What the batch brought that was finished last."""

    @property
    def operation(self) -> Operation | None:
        """The operation in hand."""
        return self._done[-1] if self._done else None

    @property
    def place(self) -> tuple[int, int]:
        """Batch, and how many of its operations have been taken."""
        return (self._done[0].batch if self._done else self._session.step), len(self._done)

    def next(self) -> Operation:
        """Carry out one more operation. Raises NonFinite where the loss is no number; it stays in hand then."""
        if self._walk is None:
            self._begin()
        assert self._walk is not None
        try:
            self._done.append(next(self._walk))
        except StopIteration as end:
            self.outcome = end.value
            self._begin()
            return self.next()
        except NonFinite:
            self.go_to(*self.place)
            raise
        return self._done[-1]

    def back(self) -> Operation | None:
        """Undo the operation in hand; the one before it is in hand again, None at the very start."""
        batch, taken = self.place
        if taken > 1:
            self.go_to(batch, taken - 1)
        elif self.timeline.reaches(batch - 1):
            self.go_to(batch - 1)
            count = sum(1 for _operation in walk(self._session))
            self.go_to(batch - 1, count)
        elif taken:
            self.go_to(batch)
        return self.operation

    def go_to(self, batch: int, taken: int = 0) -> None:
        """Stand in `batch` with so many of its operations taken. Raises ValueError before the first snapshot."""
        self._walk = None
        self._done = []
        self.timeline.go_to(batch)
        for _operation in range(taken):
            self.next()

    def until(self, phase: str, node: str = "") -> Operation:
        """Go on to the next operation of this phase (at this node). Raises ValueError when a whole batch has none."""
        start = self.next()
        found = start
        while found.phase != phase or (node and found.node != node):
            found = self.next()
            if (found.batch, found.phase, found.node) == (start.batch + 1, start.phase, start.node):
                raise ValueError(f"no operation {phase} {node}".strip())
        return found

    def leave(self) -> None:
        """Let the session stand between two steps again, so that it can train on at full speed."""
        if self._done and self._session.step == self._done[0].batch:
            self.go_to(self._session.step)
        self._walk = None
        self._done = []

    def _begin(self) -> None:
        self.timeline.keep()
        self._walk, self._done = walk(self._session), []
