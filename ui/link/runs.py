"""Every run of this window with its curves: what views read; the engine's events are written in here."""

import itertools
import uuid
from typing import Any

from PySide6.QtCore import QObject, Signal

from dllab.document.experiment import RIGHT, Experiment
from dllab.engine import protocol
from dllab.engine.series import Series
from dllab.text import _
from ui.link.differences import differences

ENDED = frozenset({"stopped", "done", "failed", "non-finite", "lost"})


class Run:
    """One training run, labelled with the snapshot it trained."""

    def __init__(self, number: int, experiment: Experiment, device: str, label: str, clusters: bool = False) -> None:
        self.id = uuid.uuid4().hex
        self.number = number
        self.experiment = experiment
        self.device = device
        self.label = label
        self.clusters = clusters
        """Whether it only clusters, and trains nothing."""
        self.state = "starting"
        self.trouble: protocol.State | None = None
        """The last state that came with a reason; None where it has gone on since."""
        self.visible = True
        self.curves: dict[str, Series] = {}
        self.epochs: list[dict[str, float]] = []
        """Numbers at epoch ends, thinned when epochs follow each other faster than the screen."""
        self.progress: protocol.Progress | None = None
        self.stage: protocol.Stage | None = None
        """How far a clustering is."""
        self.found: list[dict[str, Any]] = []
        """What clustering found, as protocol.Found says it."""
        self.test: protocol.TestScore | None = None
        self.step = 0
        self.first = 0
        """The first step that can be looked at again."""
        self.stands: int | None = None
        """The step of its past at which it stands; None at its end."""

    @property
    def ended(self) -> bool:
        """Whether the run no longer trains (a done one may be taken up again)."""
        return self.state in ENDED

    @property
    def best(self) -> tuple[str, float] | None:
        """(name, value) of the score that matters: the newest validation score, else the newest training one."""
        for name in ("val_accuracy", "val_r2", "train_accuracy", "train_r2"):
            curve = self.curves.get(name)
            if curve is not None and len(curve):
                return name, float(curve.values[-1])
        return None


class Runs(QObject):
    """The runs of a window, oldest first; the last one is the current one."""

    added = Signal(object)
    removed = Signal(object)
    updated = Signal(object)
    """Something in this run is new: points, progress, state."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.all: list[Run] = []
        self._numbers = itertools.count(1)

    @property
    def current(self) -> Run | None:
        """The newest run."""
        return self.all[-1] if self.all else None

    def begin(self, experiment: Experiment, device: str, clusters: bool = False) -> Run:
        """A new run of a snapshot. Of runs that only cluster one is kept: they leave no curves to compare."""
        before = self.current.experiment if self.current else None
        for earlier in [run for run in self.all if clusters and run.clusters]:
            self.all.remove(earlier)
            self.removed.emit(earlier)
        number = next(self._numbers)
        run = Run(number, experiment, device, label(number, experiment, before), clusters)
        self.all.append(run)
        self.added.emit(run)
        return run

    def branch(self, run: Run, step: int) -> Run:
        """A new run that goes on from a step of an earlier one."""
        number = next(self._numbers)
        text = _("Run {number} · from run {other} at step {step}")
        new = Run(number, run.experiment, run.device, text.format(number=number, other=run.number, step=f"{step:,}"))
        new.first, new.step = run.first, step
        run.stands = None
        self.all.append(new)
        self.added.emit(new)
        return new

    def beside(self, run: Run, experiment: Experiment, change: str) -> Run:
        """A second run with one change; `run` stays the one in hand."""
        number = next(self._numbers)
        text = _("Run {number} · same seed, {change}").format(number=number, change=change)
        new = Run(number, experiment, run.device, text)
        self.all.insert(self.all.index(run), new)
        self.added.emit(new)
        return new

    def remove(self, run: Run) -> None:
        """Forget a run that is not the one in training."""
        if run in self.all and (run.ended or run is not self.current):
            self.all.remove(run)
            self.removed.emit(run)

    def clear_earlier(self) -> None:
        """Forget all runs but the current one."""
        for run in self.all[:-1]:
            self.remove(run)

    def clear(self) -> None:
        """Forget all runs: another experiment was opened, and its runs are counted from one."""
        self._numbers = itertools.count(1)
        for run in list(self.all):
            self.all.remove(run)
            self.removed.emit(run)

    def find(self, run_id: str) -> Run | None:
        """The run with this id."""
        return next((run for run in reversed(self.all) if run.id == run_id), None)

    def take(self, event: object) -> None:
        """Write an engine event into its run."""
        run = self.find(getattr(event, "run", ""))
        if run is None:
            return
        match event:
            case protocol.State():
                run.state, run.step = event.state, event.step
                if event.text or event.state == "running":
                    run.trouble = event if event.text else None
            case protocol.Progress():
                run.progress, run.step = event, event.step
            case protocol.Stage():
                run.stage = event
            case protocol.Found():
                run.found = event.clusterings
            case protocol.Scalars():
                for name, (steps, values) in event.series.items():
                    run.curves.setdefault(name, Series()).extend(protocol.unpack(steps), protocol.unpack(values))
            case protocol.Epoch():
                run.epochs = [*run.epochs[-999:], {"epoch": event.epoch, "step": event.step, **event.metrics}]
            case protocol.TestScore():
                run.test = event
            case protocol.Stands():
                run.first, run.step = event.first, event.last
                run.stands = event.step if event.step < event.last else None
            case protocol.Walked():
                # Walked beyond its end, a run that goes on is in the present again.
                run.stands = event.batch if run.ended or event.batch < run.step else None
        self.updated.emit(run)


def label(number: int, experiment: Experiment, before: Experiment | None) -> str:
    """Run 3 · learning rate 0.01: the number, and what is different from the run before."""
    name = _("Run {number}").format(number=number)
    changes = differences(before, experiment) if before else []
    if experiment.training.loop != RIGHT:
        changes = [_("wrong loop"), *changes]  # whatever else is new, nobody may take it for a run like the others
    return f"{name} · {', '.join(changes[:2])}" if changes else name
