"""One run's line in a chart: raw and smoothed, thinned to what the screen can show."""

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QPen

from ui.shell.theme import Tokens, theme
from ui.views.colours import mixed
from ui.views.plot import Plot, pen
from ui.views.thinning import Smoothed, thinned

if TYPE_CHECKING:
    from dllab.engine.series import Series

# Earlier runs differ in dash and in tint, so that they can be told apart without colour.
_DASHES = ((5.0, 3.0), (1.5, 2.5), (8.0, 3.0, 1.5, 3.0), (3.0, 5.0), (10.0, 4.0))
_TINTS = ("#7C8AA0", "#A0788F", "#6F9A8D", "#A18B63", "#7F7FB8")
_FEW = 60
_MANY = 2000
# Beyond this the range of a plot overflows, and Qt crashes on coordinates that are no numbers.
_HUGE = 1e60


def earlier_pen(order: int, tokens: Tokens, strong: bool) -> QPen:
    """The pen of an earlier run: `order` 0 is the one before the current; `strong` for validation."""
    tint = mixed(_TINTS[order % len(_TINTS)], tokens.text, 0.85).name()
    return pen(tint, 1.5 if strong else 1.0, _DASHES[order % len(_DASHES)], 255 if strong else 150)


class RunLine:
    """The two curves (raw behind, smoothed in front) of one series of one run."""

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self._raw = pg.PlotDataItem(connect="finite", skipFiniteCheck=False)
        self._front = pg.PlotDataItem(connect="finite", skipFiniteCheck=False)
        self._smoothed = Smoothed(0.0)
        self.steps: np.ndarray = np.empty(0)
        self.values: np.ndarray = np.empty(0)
        self.shown: np.ndarray = np.empty(0)
        """The values of the front line."""
        for item in (self._raw, self._front):
            plot.plotItem.addItem(item)

    def remove(self) -> None:
        """Take it out of the plot."""
        for item in (self._raw, self._front):
            self._plot.plotItem.removeItem(item)

    def hide(self) -> None:
        """Draw nothing."""
        for item in (self._raw, self._front):
            _clear(item)

    def update(self, series: "Series", front: QPen, weight: float, logarithmic: bool, raw: bool, height: int) -> None:
        """Draw the series as it is now; `weight` smooths, `raw` keeps the unsmoothed line faintly behind."""
        if self._smoothed.weight != weight:
            self._smoothed = Smoothed(weight)
        self.steps, self.values = series.steps, series.values
        smooth = weight > 0 and len(self.values) > 2
        self.shown = self._smoothed.of(self.steps, self.values) if smooth else self.values
        behind = self.values if smooth and raw else None
        faint = pen(mixed(front.color().name(), theme.tokens.surface, 0.35), 1.0)
        self._draw(self._raw, behind, faint, logarithmic, 0)
        self._draw(self._front, self.shown, front, logarithmic, height, averaged=smooth)
        self._mark_points(front, raw)

    def _draw(
        self,
        item: "pg.PlotDataItem",
        values: np.ndarray | None,
        line: QPen,
        logarithmic: bool,
        height: int,
        averaged: bool = False,
    ) -> None:
        if values is None or not len(values):
            _clear(item)
            return
        left, right, columns = self._plot.bounds()
        x, y = thinned(self.steps, _finite(values), left, right, columns, averaged)
        if logarithmic:
            y = np.log10(y, out=np.full(len(y), np.nan), where=y > 0)
        known = np.isfinite(y)
        if not known.any():
            _clear(item)
            return
        # Strokes from least to most in every column: wide or soft lines would take ten times as long.
        many = len(values) > _MANY and not averaged
        if many:
            line = QPen(line)
            line.setWidthF(1.0)
        whole = bool(known.all())
        item.setData(x, y, pen=line, antialias=not many, skipFiniteCheck=whole, connect="all" if whole else "finite")
        item.setZValue(height)
        item.show()

    def _mark_points(self, front: QPen, marked: bool) -> None:
        """A line of few points shows them: between them nothing was measured."""
        few = len(self.values) <= _FEW and (marked or len(self.values) == 1)
        self._front.setSymbol("o" if few else None)
        if few:
            self._front.setSymbolSize(5 if len(self.values) > 1 else 7)
            self._front.setSymbolBrush(front.color())
            self._front.setSymbolPen(None)

    def at(self, x: float) -> tuple[float, float, float] | None:
        """(step, value, drawn value) of the point nearest to a step, or None outside the run."""
        if not len(self.steps):
            return None
        right = int(np.searchsorted(self.steps, x))
        index = min(right, len(self.steps) - 1)
        if index and abs(self.steps[index - 1] - x) < abs(self.steps[index] - x):
            index -= 1
        gap = self.steps[1] - self.steps[0] if len(self.steps) > 1 else 1.0
        if x > self.steps[-1] + gap or x < self.steps[0] - gap:
            return None
        return float(self.steps[index]), float(self.values[index]), float(self.shown[index])


def _finite(values: np.ndarray) -> np.ndarray:
    # Least and most are no numbers when any is; nearly always the values can be drawn as they are.
    if values.max() < _HUGE and values.min() > -_HUGE:
        return values
    return np.where(np.isfinite(values), np.clip(values, -_HUGE, _HUGE), np.nan)


def _clear(item: "pg.PlotDataItem") -> None:
    item.setData([], [])
    item.hide()
