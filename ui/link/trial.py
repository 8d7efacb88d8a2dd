"""What a hand is trying out on a clustering before letting go makes it an edit, and fits that follow edits."""

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from dllab.checking import Check
from dllab.checking.taps import looked_at
from dllab.document.experiment import Experiment, Node
from dllab.layers.analysing import Analysis
from dllab.layers.clusters import CUTS

if TYPE_CHECKING:
    from ui.lab import Lab

_PAUSE_MS = 60
_QUICK_S = 1.0
"""A fit that takes no longer by the estimate follows every edit; a longer one waits to be asked for."""


class Trial(QObject):
    """One node with other parameters, as long as a line is held: views of clusters show it as if it were so."""

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.node = ""
        self.params: dict[str, Any] = {}
        self.labels: np.ndarray | None = None
        """The clusters then, where whoever holds the line knows them already."""

    def hold(self, node: str, params: dict[str, Any], labels: np.ndarray | None = None) -> None:
        """Try these parameters out."""
        if (node, params) != (self.node, self.params):
            self.node, self.params, self.labels = node, params, labels
            self.changed.emit()

    def end(self) -> None:
        """Show what is so."""
        self.hold("", {})


class Following(QObject):
    """After a first clustering every edit of it is carried out at once, where that is quick; undo and redo alike."""

    def __init__(self, lab: "Lab") -> None:
        super().__init__(lab)
        self._lab = lab
        self._begun = False
        self.quiet = False
        """Whether the fit under way was asked for by nobody: it need not be announced."""
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._follow)
        lab.document.changed.connect(self._document_changed)
        lab.state_changed.connect(self._state_changed)

    def _state_changed(self, state: str) -> None:
        run = self._lab.runs.current
        if state == "done" and run is not None and run.clusters:
            self._begun = True
        elif state in ("idle", "offline"):
            self._begun = False
            # What was to follow belonged to what is gone.
            self._soon.stop()
        if state in ("done", "failed", "stopped", "idle", "offline"):
            self.quiet = False
            self._lab.trial.end()

    def _document_changed(self, old: Experiment, new: Experiment) -> None:
        check = self._lab.document.check
        if not self._begun or not check.fits_only or not check.trainable or not differs(old, new):
            return
        if seconds(check) <= _QUICK_S or only_cuts(old, new):
            self._soon.start(_PAUSE_MS)

    def _follow(self) -> None:
        run = self._lab.runs.current
        # Without one, another experiment has been opened meanwhile: nobody has asked for its clusters yet.
        if run is not None and run.clusters:
            self.go()

    def go(self) -> None:
        """Carry the present experiment out now."""
        self._soon.stop()
        if self._lab.document.check.trainable:
            self.quiet = True
            self._lab.train()
        else:
            self._lab.trial.end()


def differs(old: Experiment, new: Experiment) -> bool:
    """Whether a clustering of these would not be the same: where nodes lie on the canvas changes nothing."""
    parts = ("data", "preparation", "split", "seed")
    return any(getattr(old, part) != getattr(new, part) for part in parts) or _graph(old) != _graph(new)


def only_cuts(old: Experiment, new: Experiment) -> bool:
    """Whether these differ only in where trees are cut."""

    def uncut(experiment: Experiment) -> Experiment:
        nodes = {name: _uncut(node) for name, node in experiment.model.nodes.items()}
        return experiment.model_copy(update={"model": experiment.model.model_copy(update={"nodes": nodes})})

    return not differs(uncut(old), uncut(new))


def _uncut(node: Node) -> Node:
    if node.kind != "agglomerative":
        return node
    return node.model_copy(update={"params": {k: v for k, v in node.params.items() if k not in CUTS}})


def seconds(check: Check) -> float:
    """How long all clusterings take together with the steps before them, by their declarations."""
    data = check.data
    if data is None:
        return 0.0
    samples, total = looked_at(check.experiment, data), 0.0
    for name, found in check.nodes.items():
        shape = found.inputs[0] if found.inputs else None
        if isinstance(found.layer, Analysis) and shape is not None and not check.experiment.model.nodes[name].muted:
            total += found.layer.seconds(samples, prod(shape))
    return total


def _graph(experiment: Experiment) -> object:
    nodes = {name: (node.kind, node.params, node.muted) for name, node in experiment.model.nodes.items()}
    return nodes, experiment.model.links
