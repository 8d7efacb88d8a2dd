"""Points of clusters in a plot: one look for each cluster, and of very many points those that can be seen."""

import numpy as np
import pyqtgraph as pg

from dllab.layers.analysing import NOISE
from ui.shell.theme import theme
from ui.views.clustering import cluster_colour, cluster_symbol
from ui.views.plot import Plot, pen
from ui.views.spots import Look, Spots, apart

_MANY = 1500
_MOST = 12_000
"""More points than this are thinned: of those of one cluster that would fall on the same place one is drawn."""
_CELLS = (240, 160)
_LOOKS = 90
"""After so many clusters colours and shapes come again."""


class ClusterPoints:
    """The points of one plot; border samples are hollow, noise is a grey cross."""

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self.spots = Spots()
        self.spots.setZValue(20)
        plot.plotItem.addItem(self.spots)
        self._looks: dict[tuple[int, int, bool], Look] = {}
        self._centres: pg.ScatterPlotItem | None = None
        self.drawn = 0
        """How many points are drawn."""

    def show(self, x: np.ndarray, labels: np.ndarray, core: np.ndarray | None) -> None:
        """Points (n, 2) with their clusters (n,), and which are core samples (n,)."""
        kept = self._visible(x, labels)
        x, labels = x[kept], labels[kept]
        self.drawn = len(x)
        kind = np.where(labels == NOISE, NOISE, labels % _LOOKS)
        hollow = 0 if core is None else (~core[kept] & (labels != NOISE))
        kinds, which = np.unique(2 * kind + hollow, return_inverse=True)
        size = self._size(len(x))
        # Of the clusters the first one lies below, whatever the order of the samples.
        order = np.argsort(which, kind="stable")
        looks = [self._look(number, size) for number in kinds.tolist()]
        self.spots.show_spots(x[order], looks, which[order])

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
        area = np.array(self._plot.plotItem.vb.viewRange()).T
        if self._plot.fitting:
            across, up = x.T
            area = np.array([[across.min(), up.min()], [across.max(), up.max()]])
        # Nobody tells two clusters of the same look on one place apart.
        return apart(x, np.where(labels == NOISE, 0, labels % _LOOKS + 1), area, _CELLS, _MOST)

    def _size(self, count: int) -> int:
        if count > _MANY:
            return 5
        return 9 if min(self._plot.width(), self._plot.height()) >= 280 else 7

    def _look(self, kind: int, size: int) -> Look:
        """Kept, because what has been drawn once need not be drawn again."""
        key = kind, size, theme.tokens.dark
        if key not in self._looks:
            self._looks[key] = _look(kind // 2, bool(kind % 2), size)
        return self._looks[key]


def _look(number: int, hollow: bool, size: int) -> Look:
    """Of one cluster: filled, or an outline for its border samples."""
    tokens = theme.tokens
    colour, noise = cluster_colour(number, tokens), number == NOISE
    edge = pen(colour, 1.6) if hollow or noise else pen(tokens.surface, 1.0 if size > 5 else 0.5)
    brush = pg.mkBrush(tokens.surface if hollow else colour)
    return Look(cluster_symbol(number), size - 2 if noise else size, edge, brush)
