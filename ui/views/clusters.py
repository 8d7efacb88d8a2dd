"""Every clustered sample in the plane, marked by its cluster."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from dllab.engine.protocol import Picture, unpack
from dllab.layers.analysing import NOISE
from dllab.text import N_, _
from ui.shell.theme import theme
from ui.views.base import Rows, Want, column
from ui.views.cluster_declarations import CLUSTERS
from ui.views.cluster_points import ClusterPoints
from ui.views.clustering import (
    ClusterView,
    cluster_line,
    counted,
    found_words,
    score_words,
    show_clusters,
)
from ui.views.controls import Caption, Keys, Tabs
from ui.views.numbers import percent, show
from ui.views.picking import Picking
from ui.views.plot import Plot
from ui.views.points import nearest

if TYPE_CHECKING:
    from ui.lab import Lab

_WIDE = 440
_REACH = 10.0


class Clusters(ClusterView):
    """Two features, or the two axes with the largest spread."""

    declaration = CLUSTERS
    empty = N_("Press Cluster to see which samples belong together.")
    main = "assignments"

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self._shown: tuple[str, bool] | None = None
        self.axes = Tabs(_("Which axes"), self.body)
        self.axes.chosen.connect(lambda _axes: self.ask())
        self.caption = Caption(self.body, quiet=False)
        self.note = Caption(self.body)
        self.plot = Plot(self.body)
        self.plot.setAccessibleName(self.title)
        self.plot.hovered.connect(self._read)
        self.plot.clicked.connect(self._click)
        self.plot.moved.connect(self._moved)
        self.points = ClusterPoints(self.plot)
        self.picking = Picking(self.plot, lab, self._places)
        self.keys, self.side_keys = Keys(self.body), Keys(self.body)
        self.side_keys.setFixedWidth(118)
        lab.trial.changed.connect(self.mark)
        self._lay_out()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(self.caption, 1)
        top.addWidget(self.axes)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.plot, 1)
        row.addWidget(self.side_keys, 0, Qt.AlignmentFlag.AlignTop)
        layout = column(self.body, 2)
        layout.addLayout(top)
        layout.addWidget(self.keys)
        layout.addLayout(row, 1)
        layout.addWidget(self.note)

    def wants(self) -> dict[str, Want]:
        asked = self.asked()
        if self.axes.current:
            asked["axes"] = self.axes.current
        return {self.main: Want(self.main, asked)}

    # --- drawing ----------------------------------------------------------------------------------------------------

    @property
    def labels(self) -> np.ndarray:
        """The clusters (n,), as they are being tried out if they are."""
        found = self.array("labels")
        trial = self.lab.trial
        held = trial.labels if trial.node == self.node else None
        return held if held is not None and len(held) == len(found) else found

    def draw(self) -> None:
        picture = self.pictures[self.main]
        labels = self.labels
        self._choose_axes(picture)
        self.points.show(self.array("x"), labels, self._core(picture))
        self.points.show_centres(self.array("centres") if "centres" in picture.arrays else None)
        numbers, counts = counted(labels)
        for keys in (self.keys, self.side_keys):
            show_clusters(keys, numbers, counts, theme.tokens)
        self.picking.refresh()
        noise = int(counts[numbers == NOISE].sum())
        facts = {**picture.labels, "clusters": int((numbers != NOISE).sum()), "noise": noise}
        self.caption.setText(" · ".join([found_words(facts), *score_words(picture.labels["scores"])[:1]]))
        self.note.setText(" ".join([*self._thinned(len(labels)), *picture.labels["remarks"]]))
        self.note.setVisible(bool(self.note.text()))
        spoken = " · ".join([found_words(facts), *score_words(picture.labels["scores"])])
        self.plot.setAccessibleDescription(spoken)
        self.summarise(spoken)

    def _choose_axes(self, picture: Picture) -> None:
        """Name the axes, and show everything anew where they are others than before."""
        labels = picture.labels
        flat, width = bool(labels["flat"]), int(labels["width"])
        offered = [("pca", _("Most spread")), ("features", _("First two features"))] if width > 2 else []
        self.axes.set_tabs(offered)
        self.axes.setVisible(bool(offered))
        if flat:
            names = [str(name) for name in labels["axes"]]
        else:
            text = _("axis {number}: {share} of the spread")
            shares = [float(share) for share in labels["shares"]]
            names = [text.format(number=i + 1, share=percent(share)) for i, share in enumerate(shares)]
        tall = self.height() >= 240
        names = [*names, "", ""]
        self.plot.set_labels(bottom=names[0] if tall else "", left=names[1] if tall else "")
        if self._shown != (self.node, flat):
            self._shown = (self.node, flat)
            self.plot.fit()

    def forget(self) -> None:
        # What comes next is shown whole, whatever was looked at closely before.
        self._shown = None
        super().forget()

    def _thinned(self, samples: int) -> list[str]:
        if self.points.drawn >= samples or not self.plot.fitting:
            return []
        text = _("{drawn} of {samples} samples are drawn; the others lie under them.")
        return [text.format(drawn=f"{self.points.drawn:,}", samples=f"{samples:,}")]

    def _core(self, picture: Picture) -> np.ndarray | None:
        return unpack(picture.arrays["core"]) if "core" in picture.arrays else None

    def _moved(self) -> None:
        picture = self.picture
        if picture is not None and self.points.drawn < int(picture.labels["samples"]):
            self.mark()

    # --- reading and picking ----------------------------------------------------------------------------------------

    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        """Where the samples are, and which rows they are."""
        if self.picture is None:
            return np.zeros((0, 2)), np.arange(0)
        x = self.array("x")
        return x, np.arange(len(x))

    def _click(self, x: float, y: float) -> None:
        index = nearest(self.plot, self._places()[0], (x, y), _REACH)
        self.lab.pick([index] if index >= 0 else [])

    def _read(self, place: tuple[float, float] | None) -> None:
        picture = self.picture
        if place is None or picture is None:
            return
        index = nearest(self.plot, self.array("x"), place, _REACH)
        if index < 0:
            self.plot.readout.hide()
            return
        tokens, number = theme.tokens, int(self.labels[index])
        lines = [cluster_line(number, tokens)]
        core = self._core(picture)
        if core is not None and number != NOISE:
            lines.append(
                ("●", tokens.muted, _("core sample")) if core[index] else ("○", tokens.muted, _("border sample"))
            )
        classes = [str(name) for name in picture.labels["classes"]]
        if "true" in picture.arrays and classes:
            name = classes[int(self.array("true")[index])]
            lines.append(("◇", tokens.muted, _("true class {name}").format(name=name)))
        x, y = (float(value) for value in self.array("x")[index])
        lines.append(("", tokens.muted, f"{show(x)}, {show(y)}"))
        self.plot.say(_("sample {number}").format(number=f"{index:,}"), lines, x, y)

    # --- looks and files --------------------------------------------------------------------------------------------

    def restyle(self) -> None:
        self.plot.restyle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= _WIDE
        self.side_keys.setVisible(wide)
        self.keys.setVisible(not wide)
        self.mark()

    def rows(self) -> Rows:
        picture = self.picture
        if picture is None:
            return [], []
        header = ["row", "index", "cluster", "x", "y"]
        columns = [self.array("index"), self.labels, *self.array("x").T]
        for name in ("core", "true"):
            if name in picture.arrays:
                header.append(name)
                columns.append(self.array(name).astype(np.int64))
        lists = [np.asarray(part).tolist() for part in columns]
        return header, ((row, *values) for row, values in enumerate(zip(*lists, strict=True)))
