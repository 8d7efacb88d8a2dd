"""The past of the current run: any step of it can be looked at while it does not train, and a new run branches off."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from dllab.engine import protocol
from ui.link.runs import Run

if TYPE_CHECKING:
    from ui.lab import Lab

AT_REST = frozenset({"paused", "stopped", "done", "non-finite"})
_PATIENCE_MS = 300
"""A step that takes longer to reach than this gives way to a newer wish."""


class Past(QObject):
    """Asks the engine for one step at a time; of what is wished meanwhile the newest counts."""

    moved = Signal()
    """The run stands at another step, or is on its way there."""

    def __init__(self, lab: "Lab") -> None:
        super().__init__(lab)
        self._lab = lab
        self.wanted: int | None = None
        """The step that is on the way."""
        self._asked = False
        self._sent: int | None = None
        """The step that was asked for last and has not been reached."""
        self._branched: Run | None = None
        """The newest run that branched off."""
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_PATIENCE_MS)
        self._later.timeout.connect(self._send)
        lab.link.reported.connect(self._on_event)
        lab.link.ended.connect(self._forget)
        lab.state_changed.connect(self._on_state)

    @property
    def run(self) -> Run | None:
        """The run whose steps can be looked at now."""
        run = self._lab.runs.current
        return run if run is not None and run.step > 0 and self._lab.state in AT_REST else None

    @property
    def away(self) -> bool:
        """Whether the run stands in its past."""
        return self.run is not None and self.run.stands is not None

    @property
    def step(self) -> int:
        """Where the run stands, or soon will."""
        run = self._lab.runs.current
        if run is None:
            return 0
        if self.wanted is not None:
            return self.wanted
        return run.step if run.stands is None else run.stands

    def seek(self, step: int) -> None:
        """Show everything as it was before this step of training."""
        run = self.run
        step = 0 if run is None else min(max(step, run.first), run.step)
        if run is None or step == self.step:
            return
        self.wanted = step
        if not self._asked:
            self._send()
        elif not self._later.isActive():
            self._later.start()
        self.moved.emit()

    def hurry(self) -> None:
        """Send the newest wish without patience: what is asked for next is about that step."""
        self._later.stop()
        self._send()

    def return_to_end(self) -> None:
        """Show everything as it was when the run halted."""
        if self.run is not None:
            self.seek(self.run.step)

    def branch(self, pace: str = "run") -> None:
        """Train on from here as a new run; the present one keeps its curve."""
        run, lab = self.run, self._lab
        if run is None or not self.away:
            return
        self._branched = new = lab.runs.branch(run, self.step)
        self._forget()
        lab.link.send(protocol.Branch(new.id, pace, str(lab.checkpoint_folder(new))))

    def _send(self) -> None:
        if self.wanted is not None and self.wanted != self._sent:
            self._asked, self._sent = True, self.wanted
            self._lab.link.send(protocol.Seek(self.wanted))

    def _on_event(self, event: object) -> None:
        if isinstance(event, protocol.Stands):
            self._asked = False
            self._later.stop()
            if event.step == self._sent:
                self._sent = None
            if event.step == self.wanted:
                self.wanted = None
            self._send()
            self.moved.emit()
        elif isinstance(event, protocol.Complaint) and event.code == "seek":
            self._forget()
        elif isinstance(event, protocol.Complaint) and event.code == "branch":
            self._take_back()

    def _take_back(self) -> None:
        run, self._branched = self._branched, None
        if run is not None and run.state == "starting":
            run.state = "stopped"
            self._lab.runs.remove(run)

    def _on_state(self, _state: str) -> None:
        if self.run is None:
            self._forget()
        self.moved.emit()

    def _forget(self, *_reason: str) -> None:
        self.wanted, self._asked, self._sent = None, False, None
        self._later.stop()
