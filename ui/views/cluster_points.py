"""Points of clusters in a plot: one item for each cluster, and of very many points those that can be seen."""

import numpy as np
import pyqtgraph as pg

from ui.shell.theme import theme
from ui.views.clustering import NOISE, cluster_colour, cluster_symbol
from ui.views.plot import Plot, pen
from ui.views.points import scatters

_MANY = 1500
_MOST = 12_000
"""More points than this are thinned: of those of one cluster that would fall on the same place one is drawn."""
_CELLS = (240, 160)


class ClusterPoints:
    """The scatter items of one plot; border samples are hollow, noise is a grey cross."""

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self._items: list[pg.ScatterPlotItem] = []
        self._centres: pg.ScatterPlotItem | None = None
        self.drawn = 0
        """How many points are drawn."""

    def show(self, x: np.ndarray, labels: np.ndarray, core: np.ndarray | None) -> None:
        """Points (n, 2) with their clusters (n,), and which are core samples (n,)."""
        tokens = theme.tokens
        hollow = np.zeros(len(x), bool) if core is None else ~core & (labels != NOISE)
        kept = self._visible(x, labels)
        x, labels, hollow = x[kept], labels[kept], hollow[kept]
        self.drawn = len(x)
        size = self._size(len(x))
        groups = [(int(number), bool(part)) for number in np.unique(labels) for part in (False, True)]
        groups = [group for group in groups if group[1] in hollow[labels == group[0]]]
        for item, (number, outlined) in zip(scatters(self._plot, self._items, len(groups)), groups, strict=True):
            chosen = (labels == number) & (hollow == outlined)
            colour = cluster_colour(number, tokens)
            edge = pen(colour, 1.6) if outlined or number == NOISE else pen(tokens.surface, 1.0 if size > 5 else 0.5)
            item.setData(
                x=x[chosen, 0],
                y=x[chosen, 1],
                symbol=cluster_symbol(number),
                size=size - 2 if number == NOISE else size,
                brush=pg.mkBrush(tokens.surface if outlined else colour),
                pen=edge,
            )

    def show_centres(self, centres: np.ndarray | None) -> None:
        """Crosses at the centres (k, 2)."""
        if self._centres is None:
            self._centres = pg.ScatterPlotItem(pxMode=True)
            self._centres.setZValue(30)
            self._plot.plotItem.addItem(self._centres)
        places = np.zeros((0, 2)) if centres is None else centres
        colours = [cluster_colour(number, theme.tokens) for number in range(len(places))]
        self._centres.setData(
            x=places[:, 0],
            y=places[:, 1],
            symbol="+",
            size=20,
            brush=[pg.mkBrush(colour) for colour in colours],
            pen=pen(theme.tokens.text, 2.0),
        )

    def _visible(self, x: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Rows to draw: those in view, and of many on one place one of each cluster."""
        if len(x) <= _MOST:
            return np.arange(len(x))
        (left, right), (bottom, top) = self._plot.plotItem.vb.viewRange()
        if self._plot.fitting:
            (left, bottom), (right, top) = x.min(0).tolist(), x.max(0).tolist()
        wide, high = max(right - left, 1e-300), max(top - bottom, 1e-300)
        rows = np.flatnonzero((x[:, 0] >= left) & (x[:, 0] <= right) & (x[:, 1] >= bottom) & (x[:, 1] <= top))
        if len(rows) <= _MOST:
            return rows
        across = ((x[rows, 0] - left) / wide * _CELLS[0]).astype(np.int64)
        up = ((x[rows, 1] - bottom) / high * _CELLS[1]).astype(np.int64)
        cells = (across * (_CELLS[1] + 1) + up) * (int(labels.max()) + 2) + labels[rows] + 1
        _cells, first = np.unique(cells, return_index=True)
        if len(first) > _MOST:
            first = np.random.default_rng(0).choice(first, _MOST, replace=False)
        return rows[np.sort(first)]

    def _size(self, count: int) -> int:
        if count > _MANY:
            return 5
        return 9 if min(self._plot.width(), self._plot.height()) >= 280 else 7
