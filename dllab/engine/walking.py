"""A run that is walked through one operation at a time: what the window asks, and what it is told."""

import numpy as np

from dllab.engine import protocol
from dllab.stepping import Operation, Stepper
from dllab.stepping.explain import explain
from dllab.text import _
from dllab.training.session import Outcome, Session

_NUMBERS_LIMIT = 200_000
"""Numbers of an array that are sent: of a large batch the first samples."""
_PRESSES_LIMIT = 1000
_TERMS_LIMIT = 40


class Walking:
    """Owns the stepper of a session that the worker has paused."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._stepper = Stepper(session)

    def move(self, command: protocol.Walk) -> tuple[protocol.Walked, list[tuple[int, Outcome]]]:
        """Carry a command out; where the run stands now, and the batches that were finished on the way.

        Raises NonFinite where the loss is no number, ValueError when nothing can be reached.
        """
        finished = []
        before = self._stepper.outcome
        if command.way == "back":
            self._stepper.back()
        elif command.way == "until":
            self._until(command)
        else:
            for _press in range(min(command.count, _PRESSES_LIMIT)):
                self._stepper.next()
        if self._stepper.outcome is not None and self._stepper.outcome is not before:
            finished.append((self._stepper.place[0], self._stepper.outcome))
        return self.where(), finished

    def _until(self, command: protocol.Walk) -> None:
        for _press in range(_PRESSES_LIMIT):
            found = self._stepper.next()
            if (command.phase in ("", found.phase)) and (command.node in ("", found.node)):
                return

    def where(self) -> protocol.Walked:
        """The operation in hand."""
        operation = self._stepper.operation
        batch, taken = self._stepper.place
        if operation is None:
            return protocol.Walked("", batch, taken, "", "", {})
        arrays = {name: protocol.pack(_few(array)) for name, array in operation.numbers().items()}
        return protocol.Walked("", batch, taken, operation.phase, operation.node, arrays)

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
            return protocol.Explained(command.what, command.index, [], _given(operation, command.what) or text)
        return protocol.Explained(command.what, command.index, [line.text(_TERMS_LIMIT) for line in lines])

    def leave(self) -> None:
        """Let the session train on from between two batches."""
        self._stepper.leave()


def _given(operation: Operation, what: str) -> str:
    """Why a number has no sum: it was there before."""
    if what.startswith("upstream"):
        return _("This gradient came from the layer behind: step back once to see how it was made.")
    if what.startswith("input") or what in ("x", "targets", "outputs"):
        return _("This number came in: the layer before, or the data, has made it.")
    if operation.phase in ("forward", "backward") and not what.startswith(("output", "gradient")):
        return _("This number was learned in earlier steps.")
    return ""


def _few(array: np.ndarray) -> np.ndarray:
    if array.ndim and array.size > _NUMBERS_LIMIT:
        array = array[: max(1, _NUMBERS_LIMIT // max(1, array[0].size))]
    return array
