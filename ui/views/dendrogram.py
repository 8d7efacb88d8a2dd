"""The tree of merges with the line that cuts it, and how the distance of the merges grows."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QHBoxLayout, QWidget

from dllab.clustering.tree import between, clusters_at, cut_into, node_numbers
from dllab.text import N_, _, ngettext
from ui.shell.theme import theme
from ui.views.base import Rows, column
from ui.views.cluster_declarations import DENDROGRAM
from ui.views.clustering import ClusterView, cluster_colour, cluster_line
from ui.views.controls import Caption, Tabs
from ui.views.handle import Handle
from ui.views.numbers import show
from ui.views.plot import Plot, pen

if TYPE_CHECKING:
    from ui.lab import Lab

_GROWTH = 40
"""The curve of merge distances shows the last of them."""
_REACH = 8.0


class Dendrogram(ClusterView):
    """Both plots have the distance upwards and the same line across."""

    declaration = DENDROGRAM
    empty = N_("Press Cluster to see in which order the clusters were joined.")
    main = "dendrogram"
    tries = False

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self._merges = np.zeros((0, 4))
        self.caption = Caption(self.body, quiet=False)
        self.note = Caption(self.body)
        self.tabs = Tabs(_("Which plot"), self.body)
        self.tabs.set_tabs([("tree", _("Tree")), ("growth", _("Merge distances"))])
        self.tabs.chosen.connect(self._arrange)
        self.tree, self.growth = Plot(self.body), Plot(self.body)
        self.handles: dict[Plot, Handle] = {}
        for plot, name in ((self.tree, self.title), (self.growth, _("Distance of the last merges"))):
            plot.setAccessibleName(name)
            handle = self.handles[plot] = Handle(plot, self._stepped)
            handle.moved.connect(self._hold)
            handle.released.connect(self._release)
            handle.left.connect(self._leave)
        self.tree.axes["bottom"].setTicks([[]])
        self._curves: list[pg.PlotCurveItem] = []
        self._steps = pg.PlotDataItem(symbol="o", symbolSize=6)
        self.growth.plotItem.addItem(self._steps)
        self.tree.hovered.connect(self._read_tree)
        self.growth.hovered.connect(self._read_growth)
        self.tree.clicked.connect(self._pick)
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(self.tabs)
        top.addWidget(self.caption, 1)
        layout = column(self.body, 2)
        layout.addLayout(top)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.growth, 1)
        layout.addWidget(self.note)
        lab.trial.changed.connect(self.mark)
        lab.document.changed.connect(lambda _old, _new: self.mark())
        self._arrange()

    # --- the cut ----------------------------------------------------------------------------------------------------

    @property
    def clusters(self) -> int:
        """How many clusters the line leaves."""
        return self._clusters_of(self._cut())

    def _cut(self) -> dict[str, Any]:
        """Where the tree is cut: as tried out, else as the document says."""
        trial = self.lab.trial
        if trial.node and trial.node == self.node:
            return trial.params
        found = {name: self.param(name) for name in ("n_clusters", "distance_threshold")}
        if found["n_clusters"] is None and self.picture is not None:
            found = {name: self.picture.labels["params"].get(name) for name in found}
        return found

    def _clusters_of(self, cut: dict[str, Any]) -> int:
        if cut.get("distance_threshold") is not None:
            return clusters_at(self._merges, float(cut["distance_threshold"]))
        return min(int(cut["n_clusters"]), len(self._merges) + 1)

    def _height_of(self, cut: dict[str, Any]) -> float:
        threshold = cut.get("distance_threshold")
        return float(threshold) if threshold is not None else between(self._merges, int(cut["n_clusters"]))

    def _cut_at(self, height: float) -> dict[str, Any]:
        """The same sort of cut as the document has, at this height."""
        if self.param("distance_threshold") is not None:
            return {"distance_threshold": max(height, 0.0)}
        return {"n_clusters": clusters_at(self._merges, height)}

    def _stepped(self, way: int) -> float:
        """One cluster fewer (up) or more (down)."""
        return between(self._merges, min(max(self.clusters - way, 1), len(self._merges) + 1))

    def _hold(self, height: float) -> None:
        if not len(self._merges):
            return
        cut = self._cut_at(height)
        self.lab.trial.hold(self.node, cut, cut_into(self._merges, self._clusters_of(cut)))
        # Held, the line is where the hand is; let go, it snaps to the middle between two merges.
        self._put(height, self.clusters)

    def _release(self, height: float) -> None:
        if not len(self._merges):
            return
        self._hold(height)
        cut = self._cut_at(height)
        count = self._clusters_of(cut)
        text = ngettext("Cut into {count} cluster", "Cut into {count} clusters", count).format(count=f"{count:,}")
        self.change(text, **cut)
        self.mark()

    def _leave(self) -> None:
        self.lab.trial.end()
        self.mark()

    def _put(self, height: float, count: int) -> None:
        words = ngettext("{count} cluster", "{count} clusters", count).format(count=f"{count:,}")
        for handle in self.handles.values():
            handle.put(height, words)

    # --- drawing ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        merges = self.array("merges")
        if merges.shape != self._merges.shape or not np.array_equal(merges, self._merges):
            self._merges = merges
            for plot in self.handles:
                plot.fit()
        cut = self._cut()
        count = self._clusters_of(cut)
        numbers = node_numbers(merges, count)
        self._draw_tree(numbers)
        self._draw_growth(count)
        if not any(handle.held for handle in self.handles.values()):
            self._put(self._height_of(cut), count)
        text = _("Largest gap between merges: {clusters}")
        gap = largest_gap(merges)
        words = ngettext("{count} cluster", "{count} clusters", gap).format(count=gap)
        self.caption.setText(text.format(clusters=words))
        self.note.setText(self._truncated())
        self.note.setVisible(bool(self.note.text()))
        spoken = _("Cut into {clusters} at distance {height}. {gap}.").format(
            clusters=count, height=show(self._height_of(cut)), gap=self.caption.text()
        )
        for plot in self.handles:
            plot.setAccessibleDescription(spoken)
        self.summarise(spoken)

    def _truncated(self) -> str:
        drawn, merges = len(self.array("brackets")), len(self._merges)
        if drawn == merges or self.tabs.current != "tree":
            return ""
        text = _("The last {drawn} of {merges} merges are drawn; each foot stands for several samples.")
        return text.format(drawn=f"{drawn:,}", merges=f"{merges:,}")

    def _draw_tree(self, numbers: np.ndarray) -> None:
        brackets, which = self.array("brackets"), self.array("bracket_merges")
        owners = numbers[len(self._merges) + 1 + which]
        groups = np.unique(owners).tolist()
        while len(self._curves) > len(groups):
            self.tree.plotItem.removeItem(self._curves.pop())
        while len(self._curves) < len(groups):
            self._curves.append(pg.PlotCurveItem())
            self.tree.plotItem.addItem(self._curves[-1])
        for curve, owner in zip(self._curves, groups, strict=True):
            x, y = bracket_lines(brackets[owners == owner])
            # What the cut undoes belongs to no cluster.
            colour = theme.tokens.muted if owner < 0 else cluster_colour(owner, theme.tokens)
            curve.setData(x, y, connect="finite", pen=pen(colour, 1.0 if len(brackets) > 60 else 1.6))
        tall = self.height() >= 220
        self.tree.set_labels(left=_("distance") if tall else "", bottom=_("samples") if tall else "")

    def _draw_growth(self, count: int) -> None:
        heights = self._merges[::-1, 2][:_GROWTH]
        self._steps.setData(
            np.arange(1, len(heights) + 1),
            heights,
            pen=pen(theme.tokens.train, 1.6),
            symbolBrush=[
                pg.mkBrush(theme.tokens.accent if i < count - 1 else theme.tokens.surface) for i in range(len(heights))
            ],
            symbolPen=pen(theme.tokens.accent, 1.2),
        )
        tall = self.height() >= 220
        self.growth.set_labels(
            left=_("distance of the merge") if tall else "", bottom=_("clusters left by it") if tall else ""
        )

    # --- reading and picking ----------------------------------------------------------------------------------------

    def _bracket(self, place: tuple[float, float]) -> int:
        """The merge whose bar is under a place; -1 when there is none."""
        brackets = self.array("brackets")
        (_left, _right), (bottom, top) = self.tree.plotItem.vb.viewRange()
        pixel = (top - bottom) / max(self.tree.plotItem.vb.height(), 1)
        inside = (brackets[:, 0] <= place[0]) & (place[0] <= brackets[:, 1])
        off = np.where(inside, np.abs(brackets[:, 4] - place[1]), np.inf)
        nearest = int(np.argmin(off)) if len(off) else -1
        return int(self.array("bracket_merges")[nearest]) if nearest >= 0 and off[nearest] <= _REACH * pixel else -1

    def _sizes(self, merge: int) -> tuple[int, int]:
        sizes = np.concatenate([np.ones(len(self._merges) + 1), self._merges[:, 3]])
        one, other = self._merges[merge, :2].astype(np.int64)
        return int(sizes[one]), int(sizes[other])

    def _read_tree(self, place: tuple[float, float] | None) -> None:
        if place is None or self.picture is None or self.handles[self.tree].held:
            return
        merge = self._bracket(place)
        if merge < 0:
            self.tree.readout.hide()
            return
        one, other = self._sizes(merge)
        tokens = theme.tokens
        number = int(node_numbers(self._merges, self.clusters)[len(self._merges) + 1 + merge])
        lines = [("", tokens.muted, _("joins {one} and {other} samples").format(one=f"{one:,}", other=f"{other:,}"))]
        if number >= 0:
            lines.append(cluster_line(number, tokens))
        self.tree.say(_("distance {value}").format(value=show(float(self._merges[merge, 2]))), lines, *place)

    def _read_growth(self, place: tuple[float, float] | None) -> None:
        if place is None or self.picture is None or self.handles[self.growth].held:
            return
        clusters = round(place[0])
        if not 1 <= clusters <= min(_GROWTH, len(self._merges)):
            self.growth.readout.hide()
            return
        height = float(self._merges[-clusters, 2])
        text = ngettext("leaves {count} cluster", "leaves {count} clusters", clusters).format(count=clusters)
        title = _("distance {value}").format(value=show(height))
        self.growth.say(title, [("", theme.tokens.muted, text)], clusters, height)

    def _pick(self, x: float, y: float) -> None:
        """All samples below a bar."""
        merge = self._bracket((x, y)) if self.picture is not None else -1
        self.lab.pick(members(self._merges, merge).tolist() if merge >= 0 else [])

    # --- looks and files --------------------------------------------------------------------------------------------

    def _arrange(self, _tab: str = "") -> None:
        self.tree.setVisible(self.tabs.current == "tree")
        self.growth.setVisible(self.tabs.current != "tree")
        self.mark()

    def restyle(self) -> None:
        for plot, handle in self.handles.items():
            plot.restyle()
            handle.restyle()

    def rows(self) -> Rows:
        if self.picture is None:
            return [], []
        merges = self.array("merges")
        whole = ((int(a), int(b), float(d), int(n)) for a, b, d, n in merges.tolist())
        return ["left", "right", "distance", "samples"], whole


def bracket_lines(brackets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One line with gaps for brackets (m, 5): up the left leg, along the bar, down the right leg."""
    left, right, left_foot, right_foot, bar = brackets.T
    gap = np.full(len(brackets), np.nan)
    x = np.column_stack([left, left, right, right, gap]).ravel()
    y = np.column_stack([left_foot, bar, bar, right_foot, gap]).ravel()
    return x, y


def largest_gap(merges: np.ndarray) -> int:
    """Into how many clusters a cut goes where two merges in a row are farthest apart in distance."""
    heights = np.sort(merges[:, 2])[-_GROWTH:]
    if len(heights) < 2:
        return 1
    return len(heights) - int(np.argmax(np.diff(heights)))


def members(merges: np.ndarray, merge: int) -> np.ndarray:
    """The samples that a merge holds."""
    samples = len(merges) + 1
    found, stack = [], [samples + merge]
    while stack:
        node = stack.pop()
        if node < samples:
            found.append(node)
        else:
            stack += merges[node - samples, :2].astype(np.int64).tolist()
    return np.sort(np.array(found, np.int64))
