"""A twin of the current run: the same seed with one change, trained beside it in an engine of its own."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from dllab.document.edits import Refused
from dllab.document.format import to_text
from dllab.engine import protocol
from dllab.health import Suggestion
from dllab.text import _
from ui.link.engine import EngineLink
from ui.link.runs import Run

if TYPE_CHECKING:
    from ui.lab import Lab


class Twin(QObject):
    """One at a time. The first run has another process and never knows of it; that of the twin ends with it."""

    changed = Signal()
    """A twin was begun, or its state is another."""

    def __init__(self, lab: "Lab", language: str) -> None:
        super().__init__(lab)
        self._lab = lab
        self.run: Run | None = None
        self._unheard: protocol.Train | None = None
        self.link = EngineLink(self, language)
        self.link.ready.connect(self._on_ready)
        self.link.reported.connect(self._on_event)
        self.link.ended.connect(self._on_ended)
        lab.runs.removed.connect(self._on_removed)

    @property
    def busy(self) -> bool:
        """Whether a twin is in training."""
        return self.run is not None and not self.run.ended

    def start(self, suggestion: Suggestion) -> None:
        """Train the current run's experiment with this change, from the same seed."""
        first = self._lab.runs.current
        if first is None:
            return
        try:
            experiment = suggestion.apply(first.experiment)
        except Refused as reason:
            self._lab.notice.emit("warning", str(reason))
            return
        self.stop()
        self.run = self._lab.runs.beside(first, experiment, suggestion.text)
        trusted = self._lab.trust.digests(experiment)
        command = protocol.Train(self.run.id, to_text(experiment), first.device, trusted=trusted)
        if not (self.link.is_ready and self.link.send(command)):
            self._unheard = command
            self.link.start()
        self.changed.emit()

    def stop(self) -> None:
        """End it; its curve stays."""
        self._unheard = None
        if self.busy:
            self.link.leave()
            assert self.run is not None
            self.run.state = "stopped"
            self._lab.runs.updated.emit(self.run)
            self.changed.emit()

    def _on_ready(self, _ready: protocol.Ready) -> None:
        if self._unheard is not None:
            self.link.send(self._unheard)
            self._unheard = None

    def _on_event(self, event: object) -> None:
        self._lab.runs.take(event)
        if isinstance(event, protocol.State):
            if event.text and event.state in ("failed", "non-finite"):
                self._lab.notice.emit("warning", _("The twin: {reason}").format(reason=event.text))
            if not self.busy:
                self.link.leave()
            self.changed.emit()

    def _on_ended(self, text: str) -> None:
        if self.busy:
            assert self.run is not None
            self.run.state = "lost"
            self._lab.runs.updated.emit(self.run)
            self._lab.notice.emit("error", text)
            self.changed.emit()

    def _on_removed(self, run: Run) -> None:
        if run is self.run:
            self.stop()
            self.run = None
            self.changed.emit()
