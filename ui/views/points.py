"""Points of classes or of values in a plot: a symbol and a colour for each class, an outline for validation."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor

from ui.shell.theme import theme
from ui.views.colours import MARKS, SYMBOLS, class_colour, heat
from ui.views.plot import Plot, pen

_MANY = 1500
_COLOURS = 16
"""Steps of a colour scale for points."""


class Points:
    """The scatter items of one plot: one for each class and part, because one brush a point is slow."""

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self._items: list[pg.ScatterPlotItem] = []
        self._shown: tuple[object, ...] = ()

    def show_classes(self, x: np.ndarray, y: np.ndarray, validation: np.ndarray | None = None) -> None:
        """Points (n, 2) of classes (n,); those of the validation part are outlined instead of filled."""
        tokens = theme.tokens
        part = np.zeros(len(x), bool) if validation is None else validation
        if not self._is_new("classes", x, y, part):
            return
        groups = [(int(c), bool(v)) for c in np.unique(y) for v in (False, True)]
        size = self._size(len(x))
        for item, (kind, outlined) in zip(self._take(len(groups)), groups, strict=True):
            chosen = (y == kind) & (part == outlined)
            colour = class_colour(kind, tokens)
            line = pen(colour, 1.8) if outlined else pen(tokens.surface, 1.0)
            item.setData(
                x=x[chosen, 0],
                y=x[chosen, 1],
                symbol=SYMBOLS[kind % len(SYMBOLS)],
                size=size,
                brush=pg.mkBrush(tokens.surface if outlined else colour),
                pen=line,
            )

    def show_kinds(self, x: np.ndarray, kinds: np.ndarray, looks: Sequence[tuple[str, QColor]]) -> None:
        """Points (n, 2) of kinds (n,), each kind with its own symbol and colour."""
        if not self._is_new("kinds", x, kinds):
            return
        size = self._size(len(x))
        for kind, (item, (symbol, colour)) in enumerate(zip(self._take(len(looks)), looks, strict=True)):
            chosen = kinds == kind
            line = pen(theme.tokens.surface, 1.0)
            item.setData(x=x[chosen, 0], y=x[chosen, 1], symbol=symbol, size=size, brush=pg.mkBrush(colour), pen=line)

    def show_values(self, x: np.ndarray, y: np.ndarray, validation: np.ndarray | None = None) -> None:
        """Points at (x, y) on one curve, both (n,)."""
        tokens = theme.tokens
        part = np.zeros(len(x), bool) if validation is None else validation
        if not self._is_new("values", x, y, part):
            return
        size = self._size(len(x))
        fill = QColor(tokens.muted)
        fill.setAlpha(150)
        for item, outlined in zip(self._take(2), (False, True), strict=True):
            chosen = part == outlined
            line = pen(tokens.validation, 1.6) if outlined else pg.mkPen(None)
            brush = pg.mkBrush(tokens.surface if outlined else fill)
            item.setData(x=x[chosen], y=y[chosen], symbol="o", size=size, brush=brush, pen=line)

    def show_heights(self, x: np.ndarray, y: np.ndarray) -> None:
        """Points (n, 2) coloured by values (n,)."""
        if not self._is_new("heights", x, y):
            return
        lut, low, high = heat(y, theme.tokens)
        # One brush a point is slow: nobody tells more than so many colours apart.
        share = np.clip((y - low) / (high - low), 0.0, 1.0)
        known = np.isfinite(share)
        step = np.where(known, np.nan_to_num(share) * (_COLOURS - 1) + 0.5, _COLOURS).astype(int)
        line, size = pen(theme.tokens.surface, 1.0), self._size(len(x))
        steps = np.unique(step)
        for item, here in zip(self._take(len(steps)), steps, strict=True):
            at = lut[min(round(here * 255 / (_COLOURS - 1)), 255)]
            colour = QColor(*(int(v) for v in at)) if here < _COLOURS else QColor(theme.tokens.bad)
            chosen = step == here
            item.setData(x=x[chosen, 0], y=x[chosen, 1], symbol="o", size=size, brush=pg.mkBrush(colour), pen=line)

    def _is_new(self, kind: str, *arrays: np.ndarray) -> bool:
        """Whether these are other points than those shown: most often only what lies behind them has changed."""
        now = (kind, theme.tokens.dark, self._size(len(arrays[0])), *(a.tobytes() for a in arrays))
        if now == self._shown:
            return False
        self._shown = now
        return True

    def _size(self, count: int) -> int:
        """Pixels across: smaller where there are many, or little room."""
        if count > _MANY:
            return 5
        return 8 if min(self._plot.width(), self._plot.height()) >= 280 else 6

    def _take(self, count: int) -> list["pg.ScatterPlotItem"]:
        return scatters(self._plot, self._items, count)


def scatters(plot: Plot, items: list["pg.ScatterPlotItem"], count: int) -> list["pg.ScatterPlotItem"]:
    """The scatter items of a plot, so many: others are added to it, or taken out."""
    while len(items) > count:
        plot.plotItem.removeItem(items.pop())
    while len(items) < count:
        item = pg.ScatterPlotItem(pxMode=True, useCache=True)
        item.setZValue(20)
        plot.plotItem.addItem(item)
        items.append(item)
    return items


def class_keys(classes: Sequence[str]) -> list[tuple[str, str, str]]:
    """What the symbols mean: (mark, colour, name)."""
    return [(MARKS[i % len(MARKS)], class_colour(i, theme.tokens).name(), name) for i, name in enumerate(classes)]


def nearest(plot: Plot, x: np.ndarray, place: tuple[float, float], reach: float = 12.0) -> int:
    """Index of the point (n, 2) nearest to a place, if it lies within `reach` pixels; else -1."""
    if not len(x):
        return -1
    (left, right), (bottom, top) = plot.plotItem.vb.viewRange()
    view = plot.plotItem.vb
    scale = np.array([view.width() / max(right - left, 1e-300), view.height() / max(top - bottom, 1e-300)])
    distances = np.hypot(*((x - np.array(place)) * scale).T)
    index = int(np.argmin(np.where(np.isfinite(distances), distances, np.inf)))
    return index if distances[index] <= reach else -1
