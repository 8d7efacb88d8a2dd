"""How well every sample sits in its cluster."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from dllab.text import N_, _, ngettext
from ui.shell.theme import theme
from ui.views.base import Rows, column
from ui.views.cluster_declarations import SILHOUETTE
from ui.views.clustering import ClusterView, cluster_colour, cluster_line, cluster_words, counted, show_clusters
from ui.views.controls import Caption, Keys
from ui.views.numbers import show
from ui.views.picking import ring_look
from ui.views.plot import Plot, pen
from ui.views.spots import Spots

if TYPE_CHECKING:
    from ui.lab import Lab

_QUICK = 1500
"""With more samples than this silhouettes take too long to follow a line that is being moved."""
_GAP, _GAPS = 0.02, 0.3
"""Room between two clusters, and between all of them at most, as shares of all samples."""
_MANY = 40
"""More clusters than this are drawn together with those of the same colour, and without outlines."""


class Silhouette(ClusterView):
    """A shape for each cluster: its samples side by side, the best first."""

    declaration = SILHOUETTE
    empty = N_("Press Cluster to see how well every sample sits in its cluster.")
    main = "silhouettes"

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self._order = np.arange(0)
        self._left = np.arange(0.0)
        self.caption = Caption(self.body, quiet=False)
        self.keys = Keys(self.body)
        self.note = Caption(self.body)
        self.plot = Plot(self.body)
        self.plot.setAccessibleName(self.title)
        self.plot.axes["bottom"].setTicks([[]])
        self.plot.hovered.connect(self._read)
        self.plot.clicked.connect(self._pick)
        self.shapes: list[pg.PlotCurveItem] = []
        self.mean = pg.InfiniteLine(angle=0, movable=False)
        self.zero = pg.InfiniteLine(pos=0, angle=0, movable=False)
        self.rings = Spots()
        self.rings.setZValue(30)
        for item in (self.zero, self.mean, self.rings):
            self.plot.plotItem.addItem(item, ignoreBounds=True)
        layout = column(self.body, 2)
        layout.addWidget(self.caption)
        layout.addWidget(self.keys)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.note)
        lab.picked_changed.connect(lambda _rows: self.mark())

    def asked(self) -> dict[str, Any]:
        asked = super().asked()
        if self.picture is not None and int(self.picture.labels["samples"]) > _QUICK:
            asked.pop("try", None)
        return asked

    # --- drawing ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        picture = self.pictures[self.main]
        values, labels = self.array("values"), self.array("labels")
        numbers, counts = counted(labels)
        self._order = np.lexsort((-values, labels))
        gap = max(len(values) * min(_GAP, _GAPS / len(numbers)), 0.5)
        self._left = np.arange(len(values)) + gap * np.searchsorted(numbers, labels[self._order])
        self._show_shapes(numbers.tolist(), values, labels)
        mean = float(picture.labels["mean"])
        self.mean.setValue(mean)
        self.mean.setPen(pen(theme.tokens.text, 1.2, (5.0, 3.0)))
        self.zero.setPen(pen(theme.tokens.muted, 1.0))
        self._ring()
        tall = self.height() >= 220
        self.plot.set_labels(left=_("silhouette") if tall else "", bottom="")
        show_clusters(self.keys, numbers, counts, theme.tokens)
        self.keys.setVisible(self.height() >= 170)
        wrong = int((values < 0).sum())
        text = ngettext(
            "mean {mean} · {count} sample lies nearer to another cluster",
            "mean {mean} · {count} samples lie nearer to another cluster",
            wrong,
        )
        self.caption.setText(text.format(mean=f"{mean:.3f}".replace("-", "−"), count=f"{wrong:,}"))
        self.note.setText(self._drawn(len(values), int(picture.labels["inside"])))
        self.note.setVisible(bool(self.note.text()))
        self.plot.setAccessibleDescription(self.caption.text())
        self.summarise(self._spoken(numbers, values, labels))

    def _spoken(self, numbers: np.ndarray, values: np.ndarray, labels: np.ndarray) -> str:
        means = [f"{cluster_words(int(n))} {values[labels == n].mean():.3f}" for n in numbers[:12]]
        return "; ".join([self.caption.text(), *means])

    def _drawn(self, measured: int, inside: int) -> str:
        if measured == inside:
            return ""
        text = _("Measured for {measured} samples drawn at random from {samples}.")
        return text.format(measured=f"{measured:,}", samples=f"{inside:,}")

    def _show_shapes(self, numbers: list[int], values: np.ndarray, labels: np.ndarray) -> None:
        groups: dict[str, list[int]] = {}
        for number in numbers:
            name = cluster_colour(number, theme.tokens).name() if len(numbers) > _MANY else str(number)
            groups.setdefault(name, []).append(number)
        while len(self.shapes) > len(groups):
            self.plot.plotItem.removeItem(self.shapes.pop())
        while len(self.shapes) < len(groups):
            self.shapes.append(pg.PlotCurveItem())
            self.plot.plotItem.addItem(self.shapes[-1])
        ordered = labels[self._order]
        for shape, group in zip(self.shapes, groups.values(), strict=True):
            chosen = np.isin(ordered, group)
            edges, heights = _steps(self._left[chosen], values[self._order][chosen])
            colour = cluster_colour(group[0], theme.tokens)
            fill = QColor(colour)
            fill.setAlpha(150)
            line = pen(colour, 1.0) if len(numbers) <= _MANY else None
            shape.setData(edges, heights, stepMode="center", fillLevel=0, brush=pg.mkBrush(fill), pen=line)

    def _ring(self) -> None:
        rows = self.array("rows")[self._order]
        chosen = np.isin(rows, self.lab.picked)
        places = np.column_stack([self._left[chosen] + 0.5, self.array("values")[self._order][chosen]])
        self.rings.show_spots(places, [ring_look(len(places), 9)])

    # --- reading and picking ----------------------------------------------------------------------------------------

    def _at(self, x: float) -> int:
        """The place in the picture's arrays of the sample drawn there; -1 in a gap."""
        place = int(np.searchsorted(self._left, x, "right")) - 1
        inside = 0 <= place < len(self._left) and x < self._left[place] + 1
        return int(self._order[place]) if inside else -1

    def _read(self, place: tuple[float, float] | None) -> None:
        if place is None or self.picture is None:
            return
        index = self._at(place[0])
        if index < 0:
            self.plot.readout.hide()
            return
        value = float(self.array("values")[index])
        lines = [
            cluster_line(int(self.array("labels")[index]), theme.tokens),
            ("", theme.tokens.muted, _("silhouette {value}").format(value=show(value))),
        ]
        row = int(self.array("rows")[index])
        self.plot.say(_("sample {number}").format(number=f"{row:,}"), lines, place[0], value)

    def _pick(self, x: float, _y: float) -> None:
        index = self._at(x) if self.picture is not None else -1
        self.lab.pick([int(self.array("rows")[index])] if index >= 0 else [])

    def restyle(self) -> None:
        self.plot.restyle()

    def rows(self) -> Rows:
        if self.picture is None:
            return [], []
        arrays = [self.array(name).tolist() for name in ("rows", "labels", "values")]
        return ["row", "cluster", "silhouette"], zip(*arrays, strict=True)


def _steps(left: np.ndarray, heights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Edges (n + 1) and heights (n) of bars of width 1 that begin there, ascending; flat where there is none."""
    ends = np.flatnonzero(np.diff(left) > 1 + 1e-9)
    edges = np.insert(np.append(left, left[-1] + 1), ends + 1, left[ends] + 1)
    return edges, np.insert(heights, ends + 1, 0.0)
