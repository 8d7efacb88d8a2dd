"""How far every sample is from its k-th nearest, and the radius as a line that one moves."""

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QHBoxLayout, QWidget

from dllab.text import N_, _, ngettext
from ui.shell.theme import theme
from ui.views.base import Rows, column
from ui.views.cluster_declarations import K_DISTANCES
from ui.views.clustering import ClusterView
from ui.views.controls import Caption, TextButton
from ui.views.handle import Handle
from ui.views.numbers import show
from ui.views.plot import Plot, pen

if TYPE_CHECKING:
    from ui.lab import Lab

_DIGITS = 3
_STEPS = 100


class KDistances(ClusterView):
    """One curve; for DBSCAN everything below the line is a core sample."""

    declaration = K_DISTANCES
    empty = N_("Press Cluster to see how crowded the places are.")
    main = "k_distances"
    tries = False

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self.caption = Caption(self.body, quiet=False)
        self.note = Caption(self.body)
        self.use = TextButton(_("Use the bend"), self.body)
        self.use.clicked.connect(self._use_knee)
        self.plot = Plot(self.body)
        self.plot.setAccessibleName(self.title)
        self.plot.hovered.connect(self._read)
        self.curve = pg.PlotDataItem()
        self.reach = pg.PlotCurveItem(pen=pg.mkPen(0, 0, 0, 0))
        """Nothing to see: it keeps the line in view where it stands above the curve."""
        self.bend = pg.InfiniteLine(angle=0, movable=False)
        self.plot.plotItem.addItem(self.curve)
        self.plot.plotItem.addItem(self.reach)
        self.plot.plotItem.addItem(self.bend, ignoreBounds=True)
        self.handle = Handle(self.plot, self._stepped)
        self.handle.moved.connect(self._hold)
        self.handle.released.connect(self._release)
        self.handle.left.connect(self._leave)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.caption, 1)
        top.addWidget(self.use)
        layout = column(self.body, 2)
        layout.addLayout(top)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.note)
        lab.trial.changed.connect(self.mark)
        lab.document.changed.connect(lambda _old, _new: self.mark())

    # --- the radius -------------------------------------------------------------------------------------------------

    @property
    def eps(self) -> float | None:
        """The radius: as tried out, else as the document says; None for algorithms without one."""
        if self.picture is None or self.picture.labels["eps"] is None:
            return None
        trial = self.lab.trial
        if trial.node and trial.node == self.node and "eps" in trial.params:
            return float(trial.params["eps"])
        own = self.param("eps")
        return float(own if own is not None else self.picture.labels["eps"])

    def _stepped(self, way: int) -> float:
        curve = self.array("curve")
        return float(self.eps or 0.0) + way * float(curve[-1] - curve[0]) / _STEPS

    def _rounded(self, height: float) -> float:
        """Three places of what the curve reaches: nobody wants to read more, and it stays above zero."""
        top = float(self.array("curve")[-1]) or 1.0
        step: float = 10.0 ** (np.floor(np.log10(top)) - _DIGITS + 1)
        return float(f"{max(round(height / step), 1) * step:.12g}")

    def _hold(self, height: float) -> None:
        if self.eps is None:
            return
        eps = self._rounded(height)
        self.lab.trial.hold(self.node, {"eps": eps})
        self.handle.put(eps, self._line_words(eps))

    def _release(self, height: float) -> None:
        if self.eps is None:
            return
        eps = self._rounded(height)
        self._hold(eps)
        self.change(_("Radius {value}").format(value=show(eps)), eps=eps)
        self.mark()

    def _leave(self) -> None:
        self.lab.trial.end()
        self.mark()

    def _use_knee(self) -> None:
        if self.picture is not None:
            self._release(float(self.picture.labels["knee"]))

    def _line_words(self, eps: float) -> str:
        return _("ε {value}").format(value=show(eps))

    # --- drawing ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        picture = self.pictures[self.main]
        curve, eps = self.array("curve"), self.eps
        k, knee = int(picture.labels["k"]), float(picture.labels["knee"])
        self.curve.setData(np.arange(1, len(curve) + 1), curve, pen=pen(theme.tokens.train, 1.6))
        self.bend.setValue(knee)
        self.bend.setPen(pen(theme.tokens.muted, 1.0, (2.0, 4.0)))
        tall = self.height() >= 220
        text = _("distance to the {k}th nearest") if k > 3 else _("distance to nearest no. {k}")
        self.plot.set_labels(bottom=_("samples, nearest first") if tall else "", left=text.format(k=k) if tall else "")
        self.use.setVisible(eps is not None)
        if eps is None:
            self.handle.hide()
        elif not self.handle.held:
            self.reach.setData([1, 1], [float(curve[0]), 1.05 * min(eps, 2 * float(curve[-1]))])
            self.handle.put(eps, self._line_words(eps))
        self.caption.setText(self._facts(curve, eps, knee))
        self.note.setText(self._measured())
        self.note.setVisible(bool(self.note.text()))
        self.plot.setAccessibleDescription(self.caption.text())
        self.summarise(self.caption.text())

    def _facts(self, curve: np.ndarray, eps: float | None, knee: float) -> str:
        bend = _("the curve bends at {value}").format(value=show(knee))
        if eps is None:
            return bend[:1].upper() + bend[1:]
        core = int((curve <= eps).sum())
        text = ngettext(
            "ε {eps}: {core} of {count} sample is core · {bend}",
            "ε {eps}: {core} of {count} samples are core · {bend}",
            len(curve),
        )
        return text.format(eps=show(eps), core=f"{core:,}", count=f"{len(curve):,}", bend=bend)

    def _measured(self) -> str:
        assert self.picture is not None
        measured, samples = int(self.picture.labels["measured"]), int(self.picture.labels["samples"])
        if measured == samples:
            return ""
        text = _("Measured for {measured} samples drawn at random from {samples}.")
        return text.format(measured=f"{measured:,}", samples=f"{samples:,}")

    def _read(self, place: tuple[float, float] | None) -> None:
        if place is None or self.picture is None or self.handle.held:
            return
        curve = self.array("curve")
        rank = round(place[0])
        if not 1 <= rank <= len(curve):
            self.plot.readout.hide()
            return
        value = float(curve[rank - 1])
        text = ngettext("{count} sample is as near or nearer", "{count} samples are as near or nearer", rank)
        title = _("distance {value}").format(value=show(value))
        self.plot.say(title, [("", theme.tokens.muted, text.format(count=f"{rank:,}"))], rank, value)

    def restyle(self) -> None:
        self.plot.restyle()
        self.handle.restyle()

    def rows(self) -> Rows:
        if self.picture is None:
            return [], []
        return ["rank", "distance"], enumerate(self.array("curve").tolist(), 1)
