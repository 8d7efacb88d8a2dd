"""Predicted against true values, and what is left over."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from dllab.engine.protocol import Picture, unpack
from dllab.text import N_, _
from ui.shell.theme import theme
from ui.views import PREDICTIONS
from ui.views.base import Rows, View, Want, column
from ui.views.controls import Caption, Tabs
from ui.views.numbers import show
from ui.views.picking import Picking
from ui.views.plot import Plot, pen
from ui.views.points import nearest

if TYPE_CHECKING:
    from ui.lab import Lab

_WIDE = 520


class Predictions(View):
    """Two plots: side by side where there is room, else one at a time."""

    declaration = PREDICTIONS
    empty = N_("Press Train to compare predictions with the true values.")
    main = "predictions"

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self._target = 0
        self.caption = Caption(self.body, quiet=False)
        self.tabs = Tabs(_("Which plot"), self.body)
        self.tabs.set_tabs([("pairs", _("Predicted")), ("residuals", _("Residuals"))])
        self.tabs.chosen.connect(self._arrange)
        self.targets = Tabs(_("Which value"), self.body)
        self.targets.chosen.connect(self._on_target)
        self.pairs, self.residuals = Plot(self.body), Plot(self.body)
        self.lines: dict[Plot, pg.InfiniteLine] = {}
        self.dots: dict[Plot, pg.ScatterPlotItem] = {}
        for plot, name, angle in (
            (self.pairs, _("Predicted against true"), 45),
            (self.residuals, _("Residuals: predicted minus true"), 0),
        ):
            plot.setAccessibleName(name)
            self.lines[plot] = pg.InfiniteLine(pos=(0, 0), angle=angle, movable=False)
            self.dots[plot] = pg.ScatterPlotItem(pxMode=True)
            plot.plotItem.addItem(self.lines[plot], ignoreBounds=True)
            plot.plotItem.addItem(self.dots[plot])
            plot.clicked.connect(self._look_at)
        self.picking = [Picking(plot, lab, partial(self._places, plot)) for plot in (self.pairs, self.residuals)]
        self.pairs.hovered.connect(self._read_pairs)
        self.residuals.hovered.connect(self._read_residuals)
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(self.tabs)
        top.addWidget(self.targets)
        top.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.pairs, 1)
        row.addWidget(self.residuals, 1)
        layout = column(self.body, 2)
        layout.addLayout(top)
        layout.addWidget(self.caption)
        layout.addLayout(row, 1)
        self.restyle()

    def wants(self) -> dict[str, Want]:
        return {"predictions": Want("predictions", {})}

    def _on_target(self, key: str) -> None:
        self._target = int(key)
        self.pairs.fit()
        self.residuals.fit()
        self.mark()

    # --- drawing ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        picture = self.pictures["predictions"]
        names = [str(t) for t in picture.labels.get("targets", ())]
        self.targets.set_tabs([(str(i), name) for i, name in enumerate(names)] if len(names) > 1 else [])
        self.targets.setVisible(len(names) > 1)
        true, says = self._values(picture)
        name = names[self._target] if self._target < len(names) else ""
        self._set_labels(name)
        self.dots[self.pairs].setData(x=true, y=says)
        self.dots[self.residuals].setData(x=says, y=says - true)
        for picking in self.picking:
            picking.refresh()
        self.caption.setText(
            _("R² {r2} · mean error {mae}").format(
                r2=show(float(picture.labels["r2"])), mae=show(float(picture.labels["mae"]))
            )
        )
        spoken = _("{facts}, {count} samples").format(facts=self.caption.text(), count=f"{len(true):,}")
        for plot in (self.pairs, self.residuals):
            plot.setAccessibleDescription(spoken)
        self.summarise(spoken)

    def _values(self, picture: Picture) -> tuple[np.ndarray, np.ndarray]:
        """True and predicted values of the chosen target."""
        true, says = unpack(picture.arrays["true"]), unpack(picture.arrays["says"])
        target = min(self._target, true.shape[1] - 1)
        return true[:, target].astype(float), says[:, target].astype(float)

    def _set_labels(self, name: str) -> None:
        tall = self.height() >= 200
        true, predicted = _("true"), _("predicted")
        if name and self.width() >= _WIDE:
            true = _("true {name}").format(name=name)
            predicted = _("predicted {name}").format(name=name)
        self.pairs.set_labels(bottom=true if tall else "", left=predicted if tall else "")
        self.residuals.set_labels(bottom=predicted if tall else "", left=_("predicted − true") if tall else "")

    # --- reading ----------------------------------------------------------------------------------------------------

    def _found(self, plot: Plot, place: tuple[float, float]) -> tuple[int, float, float]:
        """Index, true and predicted value of the point under a place; index -1 when there is none."""
        picture = self.pictures.get("predictions")
        if picture is None or picture.message:
            return -1, 0.0, 0.0
        true, says = self._values(picture)
        index = nearest(plot, self._places(plot)[0], place)
        return (index, float(true[index]), float(says[index])) if index >= 0 else (-1, 0.0, 0.0)

    def _places(self, plot: Plot) -> tuple[np.ndarray, np.ndarray]:
        """Where the samples are drawn in a plot, and which they are."""
        picture = self.pictures.get("predictions")
        if picture is None or picture.message:
            return np.zeros((0, 2)), np.arange(0)
        true, says = self._values(picture)
        across, up = (true, says) if plot is self.pairs else (says, says - true)
        return np.column_stack([across, up]), np.arange(len(true))

    def _read_pairs(self, place: tuple[float, float] | None) -> None:
        self._read(self.pairs, place)

    def _read_residuals(self, place: tuple[float, float] | None) -> None:
        self._read(self.residuals, place)

    def _read(self, plot: Plot, place: tuple[float, float] | None) -> None:
        if place is None:
            return
        index, true, says = self._found(plot, place)
        if index < 0:
            plot.readout.hide()
            return
        tokens = theme.tokens
        lines = [
            ("●", tokens.text, _("true {value}").format(value=show(true))),
            ("●", tokens.train, _("predicted {value}").format(value=show(says))),
            ("↕", tokens.muted, _("residual {value}").format(value=show(says - true))),
        ]
        plot.say(_("sample {number}").format(number=index), lines, *place)

    def _look_at(self, x: float, y: float) -> None:
        plot = self.sender()
        if isinstance(plot, Plot):
            index, _true, _says = self._found(plot, (x, y))
            if index >= 0:
                self.lab.look_at_sample(index)

    # --- looks and files --------------------------------------------------------------------------------------------

    def restyle(self) -> None:
        tokens = theme.tokens
        fill = QColor(tokens.train)
        fill.setAlpha(150)
        for plot in (self.pairs, self.residuals):
            plot.restyle()
            self.lines[plot].setPen(pen(tokens.text, 1.5, (5.0, 3.0)))
            self.dots[plot].setBrush(pg.mkBrush(fill))
            self.dots[plot].setPen(pen(tokens.surface, 0.8))
            self.dots[plot].setSize(7)

    def _arrange(self) -> None:
        wide = self.width() >= _WIDE
        self.tabs.setVisible(not wide)
        self.pairs.setVisible(wide or self.tabs.current == "pairs")
        self.residuals.setVisible(wide or self.tabs.current == "residuals")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        self.mark()

    def rows(self) -> Rows:
        picture = self.pictures.get("predictions")
        if picture is None or picture.message:
            return [], []
        true, says = unpack(picture.arrays["true"]), unpack(picture.arrays["says"])
        names = [str(t) for t in picture.labels.get("targets", ())]
        header = ["sample", *(f"true_{n}" for n in names), *(f"predicted_{n}" for n in names)]
        pairs = zip(true.tolist(), says.tolist(), strict=True)
        return header, ((i, *t, *s) for i, (t, s) in enumerate(pairs))
