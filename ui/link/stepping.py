"""A run that is walked through one operation at a time, as the window sees it: what is in hand, and what can be pressed."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from dllab.document.flat import home_of
from dllab.document.paths import has_node
from dllab.engine.protocol import Complaint, Walked

if TYPE_CHECKING:
    from ui.lab import Lab

PACES = (2500, 1500, 700, 300, 100)
"""Milliseconds for one operation that "run slowly" can take, slowest first."""
_KEY = "stepper/pace"
_WALKING = frozenset({"starting", "paused", "stopped", "done", "non-finite"})
"""States of a run in which an operation may be in hand."""


class Stepping(QObject):
    """One press at a time: the next waits until the engine has answered."""

    changed = Signal()
    """Another operation is in hand, or none, or it runs by itself, or no longer does."""

    opened = Signal()
    """A person wants to see the operations."""

    def __init__(self, lab: "Lab") -> None:
        super().__init__(lab)
        self._lab = lab
        self.walked: Walked | None = None
        """The operation in hand; None where nobody walks."""
        self._asked = False
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._tick)
        self.pace = int(str(lab.settings.value(_KEY, PACES[2])))
        lab.walked.connect(self._take)
        lab.link.reported.connect(self._on_event)
        lab.state_changed.connect(self._on_state)
        lab.past.moved.connect(self._on_travel)

    @property
    def slowly(self) -> bool:
        """Whether it goes on by itself."""
        return self._clock.isActive()

    def open(self, step: int) -> None:
        """Begin with the batch that made the loss at this step of the curve."""
        self._lab.past.seek(step - 1)
        self.opened.emit()
        self.next()

    def next(self) -> None:
        """Carry out one more operation."""
        self._press("next")

    def back(self) -> None:
        """Undo the operation in hand."""
        self._press("back")

    def until(self, phase: str, node: str = "") -> None:
        """Go on to the next operation of this phase, at this layer."""
        self._press("until", phase, node)

    def leave(self) -> None:
        """Hold no operation any more; the run itself is left by whatever is asked of it next."""
        self.halt()
        if self.walked is not None:
            self.walked = None
            self.changed.emit()

    def run_slowly(self, on: bool) -> None:
        """Press next again and again."""
        if on == self.slowly:
            return
        if on:
            self._clock.start(self.pace)
            self._press("next", keep_on=True)
        else:
            self._clock.stop()
        self.changed.emit()

    def halt(self) -> None:
        """No longer go on by itself."""
        self.run_slowly(False)

    def set_pace(self, milliseconds: int) -> None:
        """How long one operation stays."""
        self.pace = milliseconds
        self._lab.settings.setValue(_KEY, milliseconds)
        if self.slowly:
            self._clock.start(milliseconds)

    def reaches(self, phase: str, node: str = "") -> bool:
        """Whether a batch has such an operation, as far as is known."""
        if self.walked is None or phase == "stop":
            return True
        taken = self.walked.taken if phase == "initialise" else 0
        ahead = self.walked.course[taken:]
        return any(phase == p and node in ("", n) for p, n in ahead)

    def _press(self, way: str, phase: str = "", node: str = "", keep_on: bool = False) -> None:
        if not keep_on:
            self.halt()
        self._asked = True
        if not self._lab.walk(way, phase, node):
            self._asked = False
            self.halt()

    def _tick(self) -> None:
        if self._lab.state in ("running", "offline"):
            self.halt()
        elif self._lab.state != "starting" and not self._asked:
            self._press("next", keep_on=True)

    def _take(self, walked: Walked) -> None:
        self._asked = False
        self.walked = walked
        home = home_of(walked.node)
        # The run may have a layer that has been deleted since.
        if home and has_node(self._lab.document.experiment, home):
            self._lab.select(home)
        self.changed.emit()

    def _on_event(self, event: object) -> None:
        if isinstance(event, Complaint):
            self._asked = False
            self.halt()

    def _on_state(self, state: str) -> None:
        if state not in _WALKING:
            self._asked = False
            self.leave()
        elif state in ("done", "non-finite", "stopped"):
            self.leave()

    def _on_travel(self) -> None:
        # Another step is looked at: the engine has left the batch in hand.
        if self._lab.past.wanted is not None:
            self.leave()
