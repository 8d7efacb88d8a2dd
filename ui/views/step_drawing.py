"""One step of a clustering, drawn: samples, what the step points at, and the tree so far."""

from typing import Any

import numpy as np
import pyqtgraph as pg

from dllab.engine.protocol import Picture, unpack
from dllab.layers.analysing import NOISE, UNSEEN
from dllab.text import _
from ui.shell.theme import theme
from ui.views.colours import MARKS, SYMBOLS, class_colour
from ui.views.plot import Plot, pen

_SIZE = 8
_SMALL = 240
_MARKS = 20
"""What lies as high as this points at samples: the range in view is theirs alone."""
Keying = list[tuple[str, str, str]]


class StepDrawing:
    """Owns the items in two plots."""

    def __init__(self, plot: Plot, tree: Plot) -> None:
        self.plot, self.tree = plot, tree
        self._items: list[tuple[Plot, Any]] = []
        plot.plotItem.vb.setAspectLocked(True)

    def draw(self, picture: Picture, tall: bool) -> Keying:
        """Show a picture of the probe; what colours and marks mean."""
        self._clear()
        keys = self._draw_samples(picture)
        self._draw_marks(picture)
        self._draw_tree(picture, tall)
        return keys

    def _clear(self) -> None:
        for plot, item in self._items:
            plot.plotItem.removeItem(item)
        self._items.clear()

    def _add(self, plot: Plot, item: Any, z: int) -> None:
        item.setZValue(z)
        plot.plotItem.addItem(item, ignoreBounds=z >= _MARKS)
        self._items.append((plot, item))

    def _scatter(self, x: np.ndarray, symbol: str, brush: Any, line: Any, size: int = _SIZE, z: int = 10) -> None:
        if len(x):
            size = round(0.65 * size) if min(self.plot.width(), self.plot.height()) < _SMALL else size
            item = pg.ScatterPlotItem(x=x[:, 0], y=x[:, 1], symbol=symbol, brush=brush, pen=line, size=size)
            self._add(self.plot, item, z)

    def _draw_samples(self, picture: Picture) -> Keying:
        tokens = theme.tokens
        x, labels = unpack(picture.arrays["x"]), unpack(picture.arrays["labels"])
        self._scatter(x[labels == UNSEEN], "o", pg.mkBrush(tokens.surface), pen(tokens.muted, 1.0), z=5)
        self._scatter(x[labels == NOISE], "x", pg.mkBrush(tokens.muted), pen(tokens.muted, 1.0), z=8)
        clusters = [int(name) for name in np.unique(labels[labels >= 0])]
        for name in clusters:
            brush = pg.mkBrush(class_colour(name, tokens))
            self._scatter(x[labels == name], SYMBOLS[name % len(SYMBOLS)], brush, pen(tokens.surface, 1.0))
        keys = [
            (MARKS[name % len(MARKS)], class_colour(name, tokens).name(), _("cluster {number}").format(number=name + 1))
            for name in clusters[:10]
        ]
        if (labels == NOISE).any():
            keys.append(("✕", tokens.muted, _("noise")))
        if (labels == UNSEEN).any():
            alone = "brackets" in picture.arrays
            keys.append(("○", tokens.muted, _("still alone") if alone else _("not looked at yet")))
        return keys

    def _draw_marks(self, picture: Picture) -> None:
        tokens = theme.tokens
        arrays = {name: unpack(array) for name, array in picture.arrays.items()}
        x = arrays["x"]
        rings = {"neighbours": (tokens.accent, 14), "left": (tokens.accent, 14), "right": (tokens.validation, 14)}
        for name, (colour, size) in rings.items():
            if name in arrays:
                self._scatter(x[arrays[name]], "o", None, pen(colour, 1.6), size, 20)
        if "point" in arrays:
            self._scatter(x[arrays["point"]], "o", None, pen(tokens.text, 2.5), 18, 25)
        if "circle" in arrays:
            self._line(arrays["circle"], pen(tokens.accent, 1.5))
        if "link" in arrays:
            self._line(arrays["link"], pen(tokens.text, 2.0))
        if "centres" in arrays:
            for place, old in zip(arrays["centres"], arrays.get("before", arrays["centres"]), strict=True):
                self._line(np.stack([old, place]), pen(tokens.text, 1.6))
            for number, place in enumerate(arrays["centres"]):
                brush = pg.mkBrush(class_colour(number, tokens))
                self._scatter(place[None], "star", brush, pen(tokens.text, 1.4), 20, 30)

    def _line(self, places: np.ndarray, line: Any) -> None:
        self._add(self.plot, pg.PlotCurveItem(places[:, 0].astype(float), places[:, 1].astype(float), pen=line), 22)

    def _draw_tree(self, picture: Picture, tall: bool) -> None:
        grows = "brackets" in picture.arrays
        self.tree.setVisible(grows)
        if not grows:
            return
        brackets = unpack(picture.arrays["brackets"]).astype(float)
        tokens = theme.tokens
        for part, line in ((brackets[:-1], pen(tokens.muted, 1.0)), (brackets[-1:], pen(tokens.accent, 2.5))):
            if len(part):
                left, right, low, other, high = part.T
                across = np.stack([left, left, right, right], 1)
                up = np.stack([low, high, high, other], 1)
                whole = np.tile([1, 1, 1, 0], len(part)).astype(np.int32)
                item = pg.PlotCurveItem(across.ravel(), up.ravel(), pen=line, connect=whole)
                self._add(self.tree, item, 10)
        top = float(brackets[:, 4].max(initial=0.0)) * 1.1 or 1.0
        self.tree.plotItem.setRange(xRange=(0, max(int(picture.labels["leaves"]) - 1, 1)), yRange=(0, top))
        self.tree.set_labels(left=_("distance") if tall else "")
        self.tree.axes["bottom"].setStyle(showValues=False)
