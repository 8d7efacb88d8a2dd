"""What the parts of one window share: document, engine, runs, what is selected, and the commands of training."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QSettings, QTimer, Signal

from dllab.document.code import codes
from dllab.document.experiment import Experiment
from dllab.document.format import to_text
from dllab.engine import protocol
from dllab.text import _
from ui.document import Document
from ui.link.engine import EngineLink
from ui.link.health import Health
from ui.link.past import Past
from ui.link.runs import Run, Runs
from ui.link.states import BUSY, ONLY_CLUSTERS
from ui.link.stepping import Stepping
from ui.link.trial import Following, Trial
from ui.link.twin import Twin
from ui.trust import Trust

_KEPT_FOLDERS = 20
_PATIENCE_MS = 3000


class Lab(QObject):
    """One per window. Views and panels read it and call its commands; it knows none of them."""

    selection_changed = Signal(str)
    """Id of the one selected node; "" for none or several."""
    sample_changed = Signal(int)
    """Position in the validation part that is looked at."""
    picked_changed = Signal(object)
    """The samples picked in one view, to be marked in all: see `picked`."""
    state_changed = Signal(str)
    """offline, idle, starting, running, paused, stopped, done, failed or non-finite."""
    notice = Signal(str, str)
    """("info", "warning" or "error", sentence for people)."""
    devices_changed = Signal()
    trust_wanted = Signal(str)
    """Training was asked for at this pace, but the experiment holds code that is not trusted."""
    broken = Signal(object)
    """protocol.State: the run stopped at a number that is not finite, and the operation that made it is known."""
    walked = Signal(object)
    """protocol.Walked: the operation that is in hand now."""
    explained = Signal(object)
    """protocol.Explained: the sum behind a number."""
    import_wanted = Signal(str)
    """A person wants to bring data of their own, of this kind."""
    layer_wanted = Signal(str)
    """A person wants to see this layer of the document on the canvas."""

    def __init__(
        self, document: Document, settings: QSettings, folder: Path, parent: QObject | None = None, language: str = "en"
    ) -> None:
        super().__init__(parent)
        self.document = document
        self.settings = settings
        self.folder = folder
        """Where runs keep their checkpoints."""
        self.link = EngineLink(self, language)
        self.runs = Runs(self)
        self.trust = Trust(settings, self)
        self.trial = Trial(self)
        self.following = Following(self)
        self.selected = ""
        self.sample = 0
        self.picked: tuple[int, ...] = ()
        """Positions in the validation part; in an experiment that only clusters, rows of its data. In order."""
        self.state = "offline"
        self.devices: list[tuple[str, str]] = []
        self.device = str(settings.value("device", "auto"))
        self._unheard: list[protocol.Command] = []
        """A run that was asked for while there was no engine, and what was asked of it since."""
        self._holds = False
        """Whether the run that is being prepared waits before its first batch."""
        self.link.ready.connect(self._on_ready)
        self.link.reported.connect(self._on_event)
        self.link.ended.connect(self._on_ended)
        document.changed.connect(self._on_document_changed)
        self.past = Past(self)
        self.stepping = Stepping(self)
        self.health = Health(self)
        self.twin = Twin(self, language)

    # --- looking ----------------------------------------------------------------------------------------------------

    def select(self, node_id: str) -> None:
        """Make a node the one that inspector and views are about."""
        if node_id != self.selected:
            self.selected = node_id
            self.selection_changed.emit(node_id)

    def look_at_sample(self, index: int) -> None:
        """Choose the sample that views are about."""
        if index != self.sample and index >= 0:
            self.sample = index
            self.sample_changed.emit(index)

    def pick(self, rows: Iterable[int]) -> None:
        """Pick these samples in place of those picked before; none at all to forget them."""
        found = np.unique(np.fromiter(rows, np.int64))
        picked = tuple(found[found >= 0].tolist())
        if picked != self.picked:
            self.picked = picked
            self.picked_changed.emit(picked)

    # --- training ---------------------------------------------------------------------------------------------------

    def train(self, pace: str = "run") -> bool:
        """Begin a run of the present experiment, whose snapshot it keeps whatever is edited later; whether it began."""
        check = self.document.check
        if not check.trainable:
            problem = next(p for p in check.problems if p.severity == "error")
            self.notice.emit("error", problem.text)
            return False
        if self.trust.missing(self.document.experiment):
            self.trust_wanted.emit(pace)
            return False
        if not self.link.is_ready:
            self.notice.emit("info", _waiting(check.fits_only, pace))
        run = self.runs.begin(self.document.experiment, self.device, check.fits_only)
        self._send_train(run, pace)
        return True

    def pause(self) -> None:
        """Halt after the batch in hand."""
        self._ask(protocol.Pause())

    def resume(self, pace: str = "run") -> None:
        """Go on after a pause: from where the run stands, which makes a new run of it if that is in its past."""
        if self.past.away:
            self.past.branch(pace)
        else:
            self.link.send(protocol.Resume(pace))

    def stop(self) -> None:
        """End the run and keep the model."""
        self._ask(protocol.Stop())
        run = self.runs.current
        if run is not None and codes(run.experiment):
            # Code of one's own may loop for ever, and then nobody there listens.
            QTimer.singleShot(_PATIENCE_MS, self, lambda: _end_if_deaf(self, run))

    def reset(self) -> None:
        """Forget the model; its curve stays to compare."""
        self._ask(protocol.Stop())
        self._ask(protocol.Reset())

    def step(self, unit: str = "step") -> None:
        """Train one batch ("step") or one epoch ("epoch"), beginning a run if none is under way."""
        if self.state == "paused" and self._is_current():
            self.resume(unit)
        elif self.state not in BUSY:
            self.train(unit)

    def walk(self, way: str, phase: str = "", node: str = "") -> bool:
        """Move by one operation, "next" or "back", or "until" the next of this phase and node; whether that was asked.

        A run is paused for it, or begun.
        """
        if self.state == "running" or (self.state == "starting" and not self._holds):
            self.pause()
            self._holds = True
        elif self.past.wanted is not None:
            # The operations are those of the step that is on its way to be shown.
            self.past.hurry()
        elif self.state not in ("paused", "starting") and not self.past.away:
            if self.document.check.fits_only:
                self.notice.emit("info", _(ONLY_CLUSTERS))
                return False
            if not self.train("hold"):
                return False
        self._ask(protocol.Walk(way, phase, node))
        return True

    def go_on(self, epochs: int) -> None:
        """Train a finished run further."""
        self.link.send(protocol.Resume("run", epochs))

    def resume_lost(self) -> None:
        """Take up the current run from its last checkpoint after the engine was lost."""
        run = self.runs.current
        if run is not None and run.state == "lost":
            self._send_train(run, "run", resume=True)

    def open_test(self) -> None:
        """Open the sealed test part of the current run."""
        self.link.send(protocol.OpenTest())

    def use_device(self, name: str) -> None:
        """Train the next run on this device."""
        self.device = name
        self.settings.setValue("device", name)
        self.devices_changed.emit()

    def close(self) -> None:
        """End the engine; its last act is a checkpoint."""
        self.twin.link.close()
        self.link.close()

    def checkpoint_folder(self, run: Run) -> Path:
        """Where a run keeps its checkpoint."""
        return self.folder / run.id

    def _on_document_changed(self, old: Experiment, new: Experiment) -> None:
        """Learning rate and batch size reach the run under way at once, by edit, undo and redo alike."""
        if any(getattr(old, part) != getattr(new, part) for part in ("data", "preparation", "split", "seed")):
            # The same positions are other samples now.
            self.pick(())
        if (self.state not in ("running", "paused") and not self.past.away) or old.model is not new.model:
            return
        for name in ("learning_rate", "batch_size"):
            value = getattr(new.training, name)
            if value != getattr(old.training, name):
                self.link.send(protocol.Change(name, float(value)))

    # --- the engine says --------------------------------------------------------------------------------------------

    def _is_current(self) -> bool:
        run = self.runs.current
        return run is not None and run.experiment == self.document.experiment

    def _send_train(self, run: Run, pace: str, resume: bool = False) -> None:
        _prune(self.folder)
        self.link.try_again()
        folder = str(self.checkpoint_folder(run))
        command = protocol.Train(
            run.id, to_text(run.experiment), run.device, pace, folder, resume, self.trust.digests(run.experiment)
        )
        self._unheard = [] if self.link.send(command) else [command]
        run.state, run.stands, self._holds = "starting", None, pace == "hold"
        self._enter("starting")

    def _ask(self, command: protocol.Command) -> None:
        """Tell the engine now, or once it has heard of the run that this is about."""
        if not self.link.send(command) and self._unheard:
            self._unheard.append(command)

    def _on_ready(self, ready: protocol.Ready) -> None:
        self.devices = ready.devices
        if self.device not in ("auto", *(name for name, _words in ready.devices)):
            self.device = "auto"
        self.devices_changed.emit()
        for command in self._unheard:
            self.link.send(command)
        self._unheard = []
        run = self.runs.current
        self._enter("starting" if run is not None and run.state == "starting" else "idle")

    def _on_event(self, event: object) -> None:
        self.runs.take(event)
        match event:
            case protocol.State():
                run = self.runs.current
                if event.run and (run is None or event.run != run.id):
                    return
                quiet = self.following.quiet and event.state == "done"
                self._enter(event.state)
                if event.phase:
                    self.broken.emit(event)
                elif event.text and not quiet:
                    self.notice.emit("info" if event.state == "done" else "error", event.text)
            case protocol.Walked() if self.runs.current is not None and event.run == self.runs.current.id:
                self.walked.emit(event)
            case protocol.Explained() if self.stepping.walked is not None:
                self.explained.emit(event)
            case protocol.Complaint():
                self.notice.emit("warning", event.text)

    def _on_ended(self, text: str) -> None:
        run = self.runs.current
        if run is not None:
            # Where it stood in its past was known to the engine alone.
            run.stands = None
            run.state = run.state if run.ended else "lost"
            self.runs.updated.emit(run)
        self._enter("offline")
        self.notice.emit("error", text)

    def _enter(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)


def _end_if_deaf(lab: Lab, run: Run) -> None:
    if run is lab.runs.current and lab.state in BUSY:
        lab.link.kill()


def _waiting(clusters: bool, pace: str) -> str:
    if clusters:
        return _("The engine is still starting; clustering begins in a moment.")
    if pace == "hold":
        return _("The engine is still starting; the first operation comes in a moment.")
    return _("The engine is still starting; training begins in a moment.")


def _prune(folder: Path) -> None:
    """Keep the newest folders in it; checkpoints of every run ever made would fill the disk."""
    if not folder.is_dir():
        return
    folders = sorted((f for f in folder.iterdir() if f.is_dir()), key=lambda f: f.stat().st_mtime)
    for old in folders[:-_KEPT_FOLDERS]:
        shutil.rmtree(old, ignore_errors=True)
