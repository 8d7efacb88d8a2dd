"""The health of the current run: what the rules find, kept up to date in the background."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from dllab.engine import protocol
from dllab.health import Facts, Finding, findings
from dllab.health.facts import put_together
from ui.link.runs import Run

if TYPE_CHECKING:
    from ui.lab import Lab


class Health(QObject):
    """Looks once in a while, in a four-hundredth of the engine's time."""

    changed = Signal()

    def __init__(self, lab: "Lab") -> None:
        super().__init__(lab)
        self._lab = lab
        self.facts: Facts | None = None
        """What was measured last; None before the first time."""
        self.findings: list[Finding] = []
        self.run: Run | None = None
        """The run that this is about."""
        lab.link.subscribe("health", {}, self._take, watch=True)
        lab.runs.added.connect(self._forget)
        lab.runs.removed.connect(self._forget)

    def _take(self, picture: protocol.Picture) -> None:
        run = self._lab.runs.current
        if run is None or picture.run != run.id or picture.message:
            return
        curve = run.curves.get("train_loss")
        losses = curve.values[:16] if curve is not None else np.empty(0)
        arrays = {name: protocol.unpack(array) for name, array in picture.arrays.items()}
        self.run, self.facts = run, put_together(arrays, picture.labels, run.experiment, losses, run.epochs)
        self.findings = findings(self.facts)
        self.changed.emit()

    def _forget(self, _run: Run) -> None:
        if self.run is not None and self.run is not self._lab.runs.current:
            self.run, self.facts, self.findings = None, None, []
            self.changed.emit()
