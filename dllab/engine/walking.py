"""A run that is walked through one operation at a time: what the window asks, and what it is told."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from dllab.engine import protocol
from dllab.engine.travel import Travel
from dllab.layers.custom import Custom
from dllab.stepping import Operation, Passed, Stepper
from dllab.stepping.explain import explain
from dllab.stepping.saying import first_weights, say
from dllab.stepping.timeline import snapshot
from dllab.text import _
from dllab.training.changes import Change
from dllab.training.session import Session

NUMBERS_LIMIT = 200_000
"""Numbers of an array that are sent: of a large batch the first samples."""
_SUM_LIMIT = 3_000_000
"""Numbers of all arrays of an operation that are sent."""
_TERMS_LIMIT = 40
_PRESSES_LIMIT = 1000


class Walking:
    """Owns the stepper of a session that the worker has paused."""

    def __init__(self, session: Session, furthest: int, changes: Sequence[tuple[int, Change]] = ()) -> None:
        """`furthest` is the last step that has been reported; `changes` as a stepper takes them."""
        self._session = session
        self._stepper = Stepper(session, changes=changes)
        self._furthest = furthest
        self._newest: Passed | None = None
        """The last batch that was trained for the first time here."""
        self._text = ""

    def move(self, command: protocol.Walk, halted: Callable[[], bool]) -> None:
        """Carry a command out. Raises NonFinite where the loss is no number, Unreachable where nothing can be found."""
        try:
            if command.way == "back":
                self._stepper.back()
            elif command.way == "until":
                self._stepper.until(command.phase, command.node, halted)
            else:
                for _press in range(min(command.count, _PRESSES_LIMIT)):
                    self._stepper.next()
        finally:
            operation = self._stepper.operation
            self._text = say(self._session, operation) if operation is not None else ""

    def take_passed(self) -> list[Passed]:
        """The batches that were trained for the first time since this was last asked."""
        new = [passed for passed in self._stepper.take_passed() if passed.step > self._furthest]
        if new:
            self._newest = new[-1]
            self._furthest = self._newest.step
        return new

    @property
    def ended(self) -> bool:
        """Whether an operation behind the end of the run was asked for."""
        return bool(self._stepper.ended)

    def where(self) -> protocol.Walked:
        """The operation in hand."""
        operation = self._stepper.operation
        batch, taken = self._stepper.place
        course = list(self._stepper.course)
        if operation is None:
            return protocol.Walked("", batch, taken, "", "", {}, course=course)
        numbers = operation.numbers()
        sent = few(numbers)
        whole = {name: array.shape for name, array in numbers.items() if sent[name].shape != array.shape}
        arrays = {name: protocol.pack(array) for name, array in sent.items()}
        return protocol.Walked("", batch, taken, operation.phase, operation.node, arrays, whole, self._text, course)

    def tell(self, command: protocol.Explain) -> protocol.Explained:
        """The sum behind one number of the operation in hand."""
        operation = self._stepper.operation
        text = _("How this number was made is not told for this layer.")
        if operation is None:
            return protocol.Explained(command.what, command.index, [], text)
        try:
            lines = explain(self._session, operation, command.what, command.index)
        except IndexError:
            lines = ()
        if not lines:
            given = _given(self._session, operation, command.what)
            return protocol.Explained(command.what, command.index, [], given or text)
        return protocol.Explained(command.what, command.index, [line.text(_TERMS_LIMIT) for line in lines])

    @property
    def went_on(self) -> bool:
        """Whether batches were trained for the first time."""
        return self._newest is not None

    def leave(self, travel: Travel, goes_on: bool) -> str:
        """Let the session train on from between two batches; where the run is over, why.

        What has been reported of a run that goes on has been trained, though somebody walked back since: no step comes
        twice. Whoever has walked back into the past stands there still.
        """
        batch, _taken = self._stepper.place
        finished = self._stepper.leave()
        place = self._session.step
        if goes_on and self._newest is not None and place < self._furthest:
            self._stepper.go_to(self._furthest)
            finished = self._newest.outcome.finished
            if travel.end is not None and batch < travel.end.step and not finished:
                travel.end = snapshot(self._session)
                self._stepper.go_to(place)
        travel.overtake(goes_on)
        return finished


def _kept(what: str) -> str:
    if ".before." in what:
        return _("The optimiser has kept this number from the step before.")
    if what.endswith((".gradient", ".clipped")):
        return _("This gradient was made on the way back: step back to see how.")
    return _("This number was there before the update.")


def few(numbers: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """So much of every array that together they can be sent."""
    limit = NUMBERS_LIMIT
    while sum(min(array.size, limit) for array in numbers.values()) > _SUM_LIMIT:
        limit //= 2
    return {name: _first(array, limit) for name, array in numbers.items()}


def _first(array: np.ndarray, limit: int) -> np.ndarray:
    """The first numbers along the first axes, as many as allowed."""
    for axis in range(array.ndim):
        if array.size <= limit:
            break
        kept = max(1, limit // max(1, array.size // array.shape[axis]))
        array = array[(slice(None),) * axis + (slice(kept),)]
    return array


def _given(session: Session, operation: Operation, what: str) -> str:
    """Why a number has no sum: it was there before."""
    if operation.phase == "initialise":
        return first_weights(session, operation.node)
    if what.startswith("upstream"):
        return _("This gradient came from the layer behind: step back once to see how it was made.")
    if what.startswith(("delta_h", "delta_c")):
        return _("How much the loss hangs on what is remembered after this step, worked out back through time.")
    if what.startswith("delta"):
        return _("How much the loss hangs on the sum inside this gate at this step, worked out back through time.")
    if what.startswith("held."):
        return _("The gradient of this batch on top of those before it: nobody has cleared them.")
    if what == "noise":
        return _("This number was drawn at random from a normal distribution.")
    if what == "taught":
        return _("1 where the step began from the true word, drawn by the share of teacher forcing; 0: from its own.")
    if what.startswith("input") or what in ("x", "targets", "outputs"):
        return _("This number came in: the layer before, or the data, has made it.")
    if operation.phase == "update":
        return _kept(what)
    if operation.phase in ("forward", "backward") and not what.startswith(("output", "gradient")):
        return _("This number was learned in earlier steps.")
    found = session.check.nodes.get(operation.node)
    if found is not None and isinstance(found.layer, Custom):
        return _("This layer runs code of your own: how it makes this number from what came in is in that code alone.")
    return ""
