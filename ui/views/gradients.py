"""How large gradients and updates are in every layer, over the steps that were looked at, and how they are spread now."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from dllab.checking import NodeCheck
from dllab.engine.protocol import Picture, unpack
from dllab.text import N_, _, ngettext
from ui.shell.theme import theme
from ui.views import GRADIENTS
from ui.views.arranging import Choices
from ui.views.base import Rows, View, Want, column
from ui.views.colours import class_colour
from ui.views.controls import Caption, Keys, Tabs
from ui.views.history import History
from ui.views.nodes import Among, numbered
from ui.views.numbers import logarithms, percent, show
from ui.views.plot import Plot, pen
from ui.views.spreading import SpreadOverTime

if TYPE_CHECKING:
    from ui.lab import Lab

_WIDE = 420
_MOST_KEYS = 8
_TABS = {"norm": N_("Length"), "ratio": N_("Update to weight"), "now": N_("Now"), "time": N_("Over time")}
_PAGES = {"now": 1, "time": 2}
_GUIDE = (-3.5, -2.5)
"""Logarithms around one thousandth: updates of that share of the weights are a good pace."""


class Gradients(View):
    """Keeps what it has measured: the engine measures only while this view is visible."""

    declaration = GRADIENTS
    empty = N_("Press Train to see the gradients of every layer.")
    main = "gradients"

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self._looking = Among(lab, _learns)
        self.history = History()
        self.tabs = Tabs(_("What to show"), self.body)
        self.tabs.set_tabs([(key, _(word)) for key, word in _TABS.items()])
        self.tabs.chosen.connect(self._tab_chosen)
        self.keys = Keys(self.body)
        self.caption = Caption(self.body)
        self.plot = Plot(self.body)
        self.plot.set_scale(logarithmic=True)
        self.plot.hovered.connect(self._read)
        self.lines: list[pg.PlotDataItem] = []
        self.total = self.plot.plotItem.plot([], [], connect="finite")
        self.events = pg.ScatterPlotItem(symbol="t", size=9)
        self.band = pg.LinearRegionItem(_GUIDE, "horizontal", movable=False)
        self.limit = pg.InfiniteLine(angle=0, movable=False)
        for item in (self.events, self.band, self.limit):
            self.plot.plotItem.addItem(item)
        self.spread = Plot(self.body, zoom=(True, False))
        self.spread.hovered.connect(self._read_spread)
        self.bins = pg.PlotCurveItem([0.0, 1.0], [0.0], stepMode="center", fillLevel=0)
        self.spread.plotItem.addItem(self.bins)
        self.pages = QStackedWidget(self.body)
        self.pages.addWidget(self.plot)
        self.pages.addWidget(self.spread)
        self.times = SpreadOverTime(self.body)
        self.pages.addWidget(self.times)
        self._top = Choices([self.tabs], [self.keys], 8)
        layout = column(self.body, 2)
        layout.addLayout(self._top)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.caption)
        self.restyle()
        lab.selection_changed.connect(self.ask)
        lab.runs.added.connect(self.ask)

    def wants(self) -> dict[str, Want]:
        return {"gradients": Want("gradients", {"node": self._looking.node()})}

    def arrived(self, key: str) -> None:
        found = self.pictures[key]
        if found.message:
            return
        row = np.concatenate(
            [
                unpack(found.arrays["norm"]),
                unpack(found.arrays["ratio"]),
                [float(found.labels["total"]), float(found.labels["clipped"])],
            ]
        )
        self.history.add((found.run, *found.labels["layers"]), found.step, row)
        if "sizes" in found.arrays:
            sizes, decades = unpack(found.arrays["sizes"]), unpack(found.arrays["decades"])
            self.times.add((found.run, found.labels["node"]), found.step, sizes, decades)

    def _tab_chosen(self, _key: str) -> None:
        self.plot.fit()
        self.mark()

    # --- drawing ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        found = self.pictures["gradients"]
        layers = [str(name) for name in found.labels["layers"]]
        titles = numbered([self._looking.title(name) for name in layers])
        page = _PAGES.get(self.tabs.current, 0)
        self.pages.setCurrentIndex(page)
        self.keys.setVisible(not page and len(layers) <= _MOST_KEYS)
        self.set_subtitle(self._looking.title(str(found.labels["node"])) if page else "")
        if self.tabs.current == "now":
            self._draw_spread(found)
        elif page:
            self._draw_times(found)
        else:
            self._draw_lines(found, layers, titles)
        self.summarise(self.caption.text())

    def _draw_lines(self, found: Picture, layers: list[str], titles: list[str]) -> None:
        norm = self.tabs.current == "norm"
        values = self._measured("norm" if norm else "ratio")
        steps = self.history.steps
        while len(self.lines) < len(layers):
            self.lines.append(self.plot.plotItem.plot([], [], connect="finite"))
        for index, line in enumerate(self.lines):
            line.setVisible(index < len(layers))
            if index < len(layers):
                chosen = layers[index] == found.labels["node"]
                colour = class_colour(index, theme.tokens)
                line.setPen(pen(colour, 2.5 if chosen else 1.0))
                # A single measurement has no line yet.
                dot = "o" if len(steps) == 1 else None
                line.setData(steps, values[:, index], symbol=dot, symbolBrush=colour, symbolPen=None, symbolSize=6)
        self.band.setVisible(not norm)
        self._draw_clipping(found, norm)
        self.keys.set_entries(
            [("━", class_colour(i, theme.tokens).name(), title) for i, title in enumerate(titles)]
            + ([("┅", theme.tokens.text, _("all together"))] if norm else [])
        )
        self.plot.set_labels(bottom=_("step") if self.height() >= 260 else "")
        self.caption.setText(self._clipping(found) if norm else _pace(unpack(found.arrays["ratio"]), titles))

    def _draw_clipping(self, found: Picture, norm: bool) -> None:
        total, clipped = self._measured("total")[:, 0], self._measured("clipped")[:, 0] > 0
        self.total.setVisible(norm)
        self.events.setVisible(norm)
        limit = float(found.labels["clip_norm"] or 0.0)
        self.limit.setVisible(norm and limit > 0)
        if limit > 0:
            self.limit.setValue(np.log10(limit))
        if norm:
            self.total.setData(self.history.steps, total)
            self.events.setData(self.history.steps[clipped], total[clipped])

    def _measured(self, what: str) -> np.ndarray:
        """Logarithms (measurements, layers) of what was measured; whether it was clipped as it is."""
        rows = self.history.rows
        count = (rows.shape[1] - 2) // 2
        places = {"norm": slice(0, count), "ratio": slice(count, 2 * count), "total": slice(-2, -1)}
        if what == "clipped":
            return rows[:, -1:]
        return logarithms(rows[:, places[what]])

    def _clipping(self, found: Picture) -> str:
        labels: dict[str, Any] = found.labels
        text = _("length {total} at step {step}").format(total=show(float(labels["total"])), step=f"{found.step:,}")
        if not labels["clip_norm"] and not labels["clip_value"]:
            return text + " · " + _("nothing is clipped")
        clipped = int((self._measured("clipped") > 0).sum())
        said = ngettext(
            "clipped in {n} of {count} measured step", "clipped in {n} of {count} measured steps", len(self.history)
        )
        run = self.lab.runs.current
        shares = run.curves.get("clipped") if run is not None else None
        if shares is not None and len(shares):
            said += " · " + _("in {share} of the last epoch").format(share=percent(float(shares.values[-1])))
        return text + " · " + said.format(n=clipped, count=len(self.history))

    def _draw_spread(self, found: Picture) -> None:
        if "counts" not in found.arrays:
            self.bins.setData([0.0, 1.0], [0.0])
            self.caption.setText(_("Select a layer that learns to see how its gradient is spread."))
            return
        counts, edges = unpack(found.arrays["counts"]), unpack(found.arrays["edges"])
        self.bins.setData(edges, counts.astype(float))
        self.spread.set_labels(bottom=_("gradient") if self.height() >= 260 else "")
        text = _("{count} gradients of {layer} at step {step}")
        title = self._looking.title(str(found.labels["node"]))
        self.caption.setText(text.format(count=f"{int(counts.sum()):,}", layer=title, step=f"{found.step:,}"))

    def _draw_times(self, found: Picture) -> None:
        self.times.show_all()
        tall = self.height() >= 260
        self.times.set_labels(bottom=_("step") if tall else "", left=_("size of the gradient") if tall else "")
        text = _("how large the gradients of {layer} were at {count} measured steps")
        title = self._looking.title(str(found.labels["node"]))
        self.caption.setText(text.format(layer=title, count=f"{len(self.times.history):,}"))

    # --- reading ----------------------------------------------------------------------------------------------------

    def _read(self, place: tuple[float, float] | None) -> None:
        found = self.pictures.get("gradients")
        if place is None or found is None or not len(self.history):
            return
        steps = self.history.steps
        index = int(np.abs(steps - place[0]).argmin())
        what = self.tabs.current
        values = 10.0 ** self._measured(what)[index]
        titles = numbered([self._looking.title(str(name)) for name in found.labels["layers"]])
        lines = [
            ("━", class_colour(i, theme.tokens).name(), f"{title} {show(float(value))}")
            for i, (title, value) in enumerate(zip(titles, values, strict=True))
        ]
        if self._measured("clipped")[index, 0] > 0 and what == "norm":
            lines.append(("▼", theme.tokens.bad, _("clipped")))
        self.plot.say(_("step {number}").format(number=f"{int(steps[index]):,}"), lines, float(steps[index]), place[1])

    def _read_spread(self, place: tuple[float, float] | None) -> None:
        found = self.pictures.get("gradients")
        if place is None or found is None or "edges" not in found.arrays:
            return
        counts, edges = unpack(found.arrays["counts"]), unpack(found.arrays["edges"])
        index = int(np.searchsorted(edges, place[0], "right")) - 1
        if not 0 <= index < len(counts):
            self.spread.readout.hide()
            return
        title = _("{low} to {high}").format(low=show(float(edges[index])), high=show(float(edges[index + 1])))
        self.spread.say(title, [("■", theme.tokens.train, f"{int(counts[index]):,}")], *place)

    # --- looks and files --------------------------------------------------------------------------------------------

    def restyle(self) -> None:
        tokens = theme.tokens
        for plot in (self.plot, self.spread, self.times):
            plot.restyle()
        fill, good = QColor(tokens.train), QColor(tokens.good)
        fill.setAlpha(140)
        good.setAlpha(36)
        self.bins.setBrush(pg.mkBrush(fill))
        self.bins.setPen(pen(tokens.train, 1.0))
        self.band.setBrush(pg.mkBrush(good))
        for line in self.band.lines:
            line.setPen(pen(tokens.good, 1.0, (2.0, 3.0)))
        self.total.setPen(pen(tokens.text, 1.5, (3.0, 2.0)))
        self.limit.setPen(pen(tokens.bad, 1.0, (6.0, 3.0)))
        self.events.setBrush(pg.mkBrush(tokens.bad))
        self.events.setPen(pg.mkPen(None))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._top.fit(self.width() >= _WIDE)
        self.mark()

    def rows(self) -> Rows:
        found = self.pictures.get("gradients")
        if found is None or found.message:
            return [], []
        if self.tabs.current == "now":
            if "counts" not in found.arrays:
                return [], []
            counts, edges = unpack(found.arrays["counts"]).tolist(), unpack(found.arrays["edges"]).tolist()
            return ["from", "to", "count"], zip(edges[:-1], edges[1:], counts, strict=True)
        if self.tabs.current == "time":
            return self.times.numbers()
        values = 10.0 ** self._measured(self.tabs.current)
        clipped = self._measured("clipped")[:, 0].astype(int)
        rows = ((int(s), *row.tolist(), c) for s, row, c in zip(self.history.steps, values, clipped, strict=True))
        return ["step", *map(str, found.labels["layers"]), "clipped"], rows


def _learns(found: NodeCheck) -> bool:
    return bool(found.parameters)


def _pace(ratios: np.ndarray, titles: list[str]) -> str:
    """Which layer moves least and which most."""
    if not ratios.size or not np.isfinite(ratios).all():
        return ""
    low, high = int(ratios.argmin()), int(ratios.argmax())
    text = _("one step moves {slow} by {least} and {fast} by {most} of their length; about 0.001 is a good pace")
    return text.format(
        slow=titles[low], least=show(float(ratios[low])), fast=titles[high], most=show(float(ratios[high]))
    )
