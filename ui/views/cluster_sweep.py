"""One clustering with many parameters: a map or a curve of how good each is; a click takes one over."""

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QWidget

from dllab.checking import Fix, apply_fix
from dllab.document.experiment import Experiment
from dllab.engine.protocol import Picture, unpack
from dllab.layers import LAYERS
from dllab.text import N_, _
from ui.link.trial import differs
from ui.shell.theme import theme
from ui.views.base import Rows, View, Want, column
from ui.views.cluster_declarations import CLUSTER_SWEEP
from ui.views.controls import Caption, Tabs
from ui.views.heat import ColourBar
from ui.views.hints import hint
from ui.views.labelled import LabelledHeat
from ui.views.numbers import percent, show
from ui.views.plot import Plot, pen
from ui.views.requests import Reason, Request, RequestBar

if TYPE_CHECKING:
    from ui.lab import Lab

_SCORES = {
    "silhouette": N_("Silhouette"),
    "stability": N_("Stability"),
    "ari": N_("ARI"),
    "clusters": N_("Clusters"),
    "noise": N_("Noise"),
}


_LIMITS = {"stability": (0.0, 1.0), "ari": (0.0, 1.0), "noise": (0.0, 1.0)}
"""Ends of the colours; agreement below 0 is no better than none."""


class SweepMap(LabelledHeat):
    """A map whose places can be chosen by a click or Enter."""

    chosen = Signal(int, int)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self.chosen.emit(cell[1], cell[2])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._cursor is not None:
            self.chosen.emit(self._cursor[1], self._cursor[2])
        else:
            super().keyPressEvent(event)


class ClusterSweep(View):
    """Computed when asked for, in a process that can be ended."""

    declaration = CLUSTER_SWEEP
    empty = N_("Press Cluster, then sweep the parameters here.")
    about = "clusters"

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self.request = Request(self, "sweep", _outlives)
        self._node = ""
        self.bar = RequestBar(_("Sweep the parameters"), self.body)
        self.bar.asked.connect(self.sweep)
        self.bar.cancelled.connect(self.request.cancel)
        self.tabs = Tabs(_("Which score"), self.body)
        self.tabs.set_tabs([(key, _(words)) for key, words in _SCORES.items()])
        self.tabs.chosen.connect(lambda _key: self.mark())
        self.caption = Caption(self.body, quiet=False)
        self.reason = Reason(self.body)
        self.map = SweepMap(self.body, self.title)
        self.map.chosen.connect(self.take)
        self.scale = ColourBar(self.body)
        self.plot = Plot(self.body)
        self.plot.setAccessibleName(self.title)
        self.plot.clicked.connect(lambda x, _y: self._take_near(x))
        self.line = pg.PlotDataItem(symbol="o", symbolSize=8)
        self.plot.plotItem.addItem(self.line)
        self._lay_out()
        lab.selection_changed.connect(self._selected)
        lab.runs.updated.connect(self.mark)

    def _lay_out(self) -> None:
        top, row = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.caption, 1)
        top.addWidget(self.bar)
        row.setSpacing(8)
        row.addWidget(self.map, 1)
        row.addWidget(self.scale)
        whole = QWidget(self.body)
        whole.setLayout(row)
        row.setContentsMargins(0, 0, 0, 0)
        self.pages = QStackedLayout()
        self.pages.addWidget(whole)
        self.pages.addWidget(self.plot)
        layout = column(self.body, 4)
        layout.addWidget(self.tabs)
        layout.addWidget(self.reason)
        layout.addLayout(self.pages, 1)
        layout.addLayout(top)

    # --- asking -----------------------------------------------------------------------------------------------------

    def wants(self) -> dict[str, Want]:
        return self.request.wants()

    def arrived(self, key: str) -> None:
        self.request.arrived(key)

    def sweep(self) -> None:
        """Begin."""
        self.request.begin(Want("sweep", {"node": self._node}))

    def sentence(self) -> str:
        if self.lab.runs.current is None or self.lab.state in ("offline", "starting"):
            return hint(self)
        return ""

    def forget(self) -> None:
        self.request.forget()
        super().forget()

    def _selected(self, node: str) -> None:
        answer = self.request.answer
        if answer is None or node in answer.labels.get("nodes", ()):
            self._node = node
        self.request.problem = ""
        self.mark()

    # --- taking over ------------------------------------------------------------------------------------------------

    def take(self, row: int, place: int) -> None:
        """Use the parameters of a place, as one step to undo."""
        answer = self.request.answer
        if answer is None:
            return
        labels = answer.labels
        values = {labels["column"]: labels["columns"][place]}
        if labels["row"]:
            values[labels["row"]] = labels["rows"][row]
        fixes = [Fix("param", "", labels["node"], name, value) for name, value in values.items()]

        def edit(experiment: Experiment) -> Experiment:
            for fix in fixes:
                experiment = apply_fix(experiment, fix)
            return experiment

        text = _("Use {values}").format(values=self._words(values))
        self.lab.document.apply(text, edit)

    def _take_near(self, x: float) -> None:
        answer = self.request.answer
        if answer is not None:
            values = np.array(answer.labels["columns"], float)
            self.take(0, int(np.abs(values - x).argmin()))

    def _words(self, values: dict[str, float]) -> str:
        assert self.request.answer is not None
        fields = LAYERS[self.request.answer.labels["layer"]].model_fields
        return ", ".join(f"{_(fields[name].title or name)} {show(value)}" for name, value in values.items())

    # --- drawing ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        request, answer = self.request, self.request.answer
        self.bar.show_request(request.under_way, request.share)
        self.reason.say(request.problem)
        self.bar.set_words(_("Sweep the parameters") if answer is None else _("Sweep again"))
        if answer is None:
            self.caption.setText(_("Fits the clustering anew with many parameters: takes some seconds."))
            self.summarise(request.problem or self.caption.text())
            self.map.set_values(np.zeros((0, 1, 1)))
            self.scale.hide()
            return
        known = [key for key in _SCORES if key != "ari" or answer.labels["known"]]
        self.tabs.set_tabs([(key, _(_SCORES[key])) for key in known])
        values = unpack(answer.arrays[self.tabs.current])
        if answer.labels["row"]:
            self._draw_map(answer, values)
        else:
            self._draw_curve(answer, values[0])
        self._say_best(answer, values)
        self.set_subtitle(str(answer.labels["title"]))

    def _draw_map(self, answer: Picture, values: np.ndarray) -> None:
        self.pages.setCurrentIndex(0)
        self.map.set_values(values[None], square=False, limits=_LIMITS.get(self.tabs.current))
        self.map.set_hidden(~np.isfinite(values))
        self.map.set_names(
            [show(v) for v in answer.labels["rows"]], [show(v) for v in answer.labels["columns"]], plain=True
        )
        self.scale.show()
        self.scale.set_scale(self.map.lut, self.map.low, self.map.high)

    def _draw_curve(self, answer: Picture, values: np.ndarray) -> None:
        self.pages.setCurrentIndex(1)
        tokens = theme.tokens
        known = np.isfinite(values)
        self.line.setData(np.array(answer.labels["columns"], float)[known], values[known])
        self.line.setPen(pen(tokens.accent, 2.0))
        self.line.setSymbolBrush(pg.mkBrush(tokens.accent))
        self.line.setSymbolPen(pen(tokens.surface, 1.0))
        fields = LAYERS[answer.labels["layer"]].model_fields
        self.plot.set_labels(bottom=_(fields[answer.labels["column"]].title or ""), left=_(_SCORES[self.tabs.current]))

    def _say_best(self, answer: Picture, values: np.ndarray) -> None:
        """The best place in words, and how much of the data was swept."""
        labels = answer.labels
        parts = []
        if np.isfinite(values).any() and self.tabs.current in ("silhouette", "stability", "ari"):
            row, place = np.unravel_index(int(np.nanargmax(values)), values.shape)
            best = {labels["column"]: labels["columns"][place]}
            if labels["row"]:
                best = {labels["column"]: labels["columns"][place], labels["row"]: labels["rows"][row]}
            text = _("Best: {score} {value} at {values}")
            score = _(_SCORES[self.tabs.current])
            parts.append(text.format(score=score, value=show(float(values[row, place])), values=self._words(best)))
        if labels["row"]:
            fields = LAYERS[labels["layer"]].model_fields
            across, down = (_(fields[labels[axis]].title or "") for axis in ("column", "row"))
            parts.append(_("across: {across}, down: {down}").format(across=across, down=down))
        if labels["swept"] < labels["samples"]:
            text = _("on {count} of {samples} samples")
            parts.append(text.format(count=f"{labels['swept']:,}", samples=f"{labels['samples']:,}"))
        if self.request.under_way:
            parts.append(percent(self.request.share))
        else:
            parts.append(_("click a place to use it"))
        self.caption.setText(" · ".join(parts))
        self.summarise(self.caption.text())

    def restyle(self) -> None:
        self.plot.restyle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.mark()

    def rows(self) -> Rows:
        answer = self.request.answer
        if answer is None:
            return [], []
        labels = answer.labels
        scores = {name: unpack(answer.arrays[name]) for name in _SCORES}
        header = [labels["column"], *([labels["row"]] if labels["row"] else []), *scores]
        rows = (
            [
                labels["columns"][place],
                *([labels["rows"][row]] if labels["row"] else []),
                *(float(s[row, place]) for s in scores.values()),
            ]
            for row, place in np.ndindex(*scores["clusters"].shape)
        )
        return header, rows


def _outlives(answer: Picture, old: Experiment, new: Experiment) -> bool:
    """Taking over one place after another fits again each time, and the map is as true as before."""
    node, names = str(answer.labels["node"]), (answer.labels["column"], answer.labels["row"])

    def unswept(experiment: Experiment) -> Experiment:
        nodes = dict(experiment.model.nodes)
        if node in nodes:
            kept = {name: value for name, value in nodes[node].params.items() if name not in names}
            nodes[node] = nodes[node].model_copy(update={"params": kept})
        return experiment.model_copy(update={"model": experiment.model.model_copy(update={"nodes": nodes})})

    return not differs(unswept(old), unswept(new))
