"""The numbers that a layer has learned: how they are spread, now and at the start, and each of them."""

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from dllab.engine.protocol import Picture, unpack
from dllab.text import N_, _, ngettext
from ui.shell.theme import theme
from ui.views import WEIGHTS
from ui.views.arranging import Choices, with_scale
from ui.views.base import Rows, View, Want, column
from ui.views.controls import Caption, Keys, Tabs
from ui.views.heat import ColourBar, HeatMap
from ui.views.nodes import Looking
from ui.views.numbers import extents, percent, show
from ui.views.plot import Plot, pen

if TYPE_CHECKING:
    from ui.lab import Lab

_WORDS = {"weight": N_("Weight"), "bias": N_("Bias")}
_MAPS = {"values": N_("Numbers"), "change": N_("Change")}
"""Tabs that show the matrix or the filters themselves."""
_SINCE = {"start": N_("Since the start"), "step": N_("In the last step")}
_WIDE = 360


class Weights(View):
    """Follows `lab.selected`: a histogram for each parameter, and the weights themselves as a heat map."""

    declaration = WEIGHTS
    empty = N_("Press Train, then select a layer on the canvas to see what it has learned.")
    main = "weights"

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self._looking = Looking(lab, learned=True)
        self._node = ""
        self.tabs = Tabs(_("Which parameter"), self.body)
        self.tabs.chosen.connect(self.ask)
        self.tabs.chosen.connect(self.mark)
        self.since = Tabs(_("Since when"), self.body)
        self.since.set_tabs([(key, _(word)) for key, word in _SINCE.items()])
        self.since.chosen.connect(self.ask)
        self.since.chosen.connect(self.mark)
        self.keys = Keys(self.body)
        self.caption = Caption(self.body)
        self.plot = Plot(self.body, zoom=(True, False))
        self.plot.hovered.connect(self._read)
        self.now = pg.PlotCurveItem([0.0, 1.0], [0.0], stepMode="center", fillLevel=0)
        self.initial = pg.PlotCurveItem([0.0, 1.0], [0.0], stepMode="center")
        for item in (self.now, self.initial):
            self.plot.plotItem.addItem(item)
        self.heat = HeatMap(self.body, _("The weights themselves"))
        self.scale = ColourBar(self.body)
        self._lay_out()
        self.restyle()
        lab.selection_changed.connect(self.ask)
        lab.runs.added.connect(self.ask)

    def _lay_out(self) -> None:
        self.pages = QStackedWidget(self.body)
        self.pages.addWidget(self.plot)
        self.pages.addWidget(with_scale(self.body, self.heat, self.scale, 4))
        self._top = Choices([self.tabs], [self.since, self.keys])
        layout = column(self.body, 2)
        layout.addLayout(self._top)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.caption)

    def wants(self) -> dict[str, Want]:
        node = self._looking.node()
        by_step = self.tabs.current == "change" and self.since.current == "step"
        return {"weights": Want("weights", {"node": node, **({"since": "step"} if by_step else {})})} if node else {}

    # --- drawing ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        picture = self.pictures["weights"]
        facts: dict[str, Any] = picture.labels["parameters"]
        tabs = [(name, _(_WORDS[name]) if name in _WORDS else name) for name in facts]
        if "weight.values" in picture.arrays:
            tabs += [(key, _(word)) for key, word in _MAPS.items()]
        self.tabs.set_tabs(tabs)
        node = str(picture.labels.get("node", ""))
        if node != self._node:
            self._node = node
            self.plot.fit()
        name = str(picture.labels["numbers"]) if self.tabs.current in _MAPS else self.tabs.current
        self.set_subtitle(f"{self._looking.title(node)} · {extents(tuple(facts[name]['shape']))}")
        if self.tabs.current in _MAPS:
            self._draw_maps(picture)
        else:
            self._draw_histogram(picture)
        self.since.setVisible(self.tabs.current == "change")
        change = self.tabs.current == "change"
        self.caption.setText(self._moved(picture, facts[name]) if change else self._facts(facts[name]))
        spoken = _("{parameter} of {layer}: {facts}").format(
            parameter=_(_WORDS.get(name, name)), layer=self.subtitle, facts=self.caption.text()
        )
        self.plot.setAccessibleDescription(spoken)
        self.summarise(spoken)

    def _draw_histogram(self, picture: Picture) -> None:
        name = self.tabs.current
        edges, counts, initial = (unpack(picture.arrays[f"{name}.{what}"]) for what in ("edges", "counts", "initial"))
        self.now.setData(edges, counts.astype(float))
        self.initial.setData(edges, initial.astype(float))
        self.plot.setAccessibleName(_("Histogram of {parameter}").format(parameter=dict(self.tabs.tabs)[name]))
        self.plot.set_labels(bottom=_("value") if self.height() >= 260 else "")
        tokens = theme.tokens
        self.keys.set_entries([("■", tokens.train, _("now")), ("┅", tokens.text, _("at the start"))])
        self.keys.show()
        self.pages.setCurrentIndex(0)

    def _draw_maps(self, picture: Picture) -> None:
        values = self._map(picture)
        square = values.ndim == 4
        maps = values.reshape(-1, *values.shape[-2:]) if values.ndim >= 2 else values[None, None]
        self.heat.set_values(maps, square)
        self.scale.set_scale(self.heat.lut, self.heat.low, self.heat.high)
        self.keys.hide()
        self.pages.setCurrentIndex(1)

    def _map(self, picture: Picture) -> np.ndarray:
        """The numbers of the matrix or the filters, or their change; where that is not known none has changed."""
        found = picture.arrays.get(f"weight.{self.tabs.current}")
        return unpack(found) if found is not None else np.zeros_like(unpack(picture.arrays["weight.values"]))

    def _moved(self, picture: Picture, facts: dict[str, Any]) -> str:
        if picture.labels.get("since") != "step":
            text = _("now minus at the start: the change is {share} as long as the weights were then")
            return text.format(share=percent(float(facts["moved"])))
        if "weight.change" not in picture.arrays:
            return _("What a step changes is known as soon as the next one is trained.")
        text = _("after step {step} minus before it: the change is {share} as long as the weights")
        return text.format(step=f"{int(picture.labels['step']):,}", share=_fine(float(facts["moved"])))

    def _facts(self, facts: dict[str, Any]) -> str:
        shape = tuple(int(n) for n in facts["shape"])
        text = ngettext(
            "mean {mean} · spread {std} · {count} number",
            "mean {mean} · spread {std} · {count} numbers",
            prod(shape),
        )
        mean, std = show(float(facts["mean"])), show(float(facts["std"]))
        return text.format(count=f"{prod(shape):,}", mean=mean, std=std)

    def _read(self, place: tuple[float, float] | None) -> None:
        picture, name = self.pictures.get("weights"), self.tabs.current
        if place is None or picture is None or f"{name}.edges" not in picture.arrays:
            return
        edges, counts, initial = (unpack(picture.arrays[f"{name}.{what}"]) for what in ("edges", "counts", "initial"))
        index = int(np.searchsorted(edges, place[0], "right")) - 1
        if not 0 <= index < len(counts):
            self.plot.readout.hide()
            return
        tokens = theme.tokens
        lines = [
            ("■", tokens.train, _("now {count}").format(count=f"{int(counts[index]):,}")),
            ("┅", tokens.text, _("at the start {count}").format(count=f"{int(initial[index]):,}")),
        ]
        title = _("{low} to {high}").format(low=show(float(edges[index])), high=show(float(edges[index + 1])))
        self.plot.say(title, lines, *place)

    # --- looks and files --------------------------------------------------------------------------------------------

    def restyle(self) -> None:
        tokens = theme.tokens
        self.plot.restyle()
        fill = QColor(tokens.train)
        fill.setAlpha(140)
        self.now.setBrush(pg.mkBrush(fill))
        self.now.setPen(pen(tokens.train, 1.0))
        self.initial.setPen(pen(tokens.text, 1.5, (3.0, 2.0)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._top.fit(self.width() >= _WIDE)
        self.mark()

    def rows(self) -> Rows:
        picture = self.pictures.get("weights")
        if picture is None or picture.message:
            return [], []
        if self.tabs.current in _MAPS:
            values = self._map(picture)
            header = [f"axis_{i}" for i in range(values.ndim)] + ["value"]
            return header, ((*place, float(values[place])) for place in np.ndindex(*values.shape))
        rows = []
        for name in picture.labels["parameters"]:
            edges = unpack(picture.arrays[f"{name}.edges"]).tolist()
            now, initial = unpack(picture.arrays[f"{name}.counts"]), unpack(picture.arrays[f"{name}.initial"])
            for i in range(len(now)):
                rows.append((name, edges[i], edges[i + 1], int(now[i]), int(initial[i])))
        return ["parameter", "from", "to", "now", "at_start"], rows


def _fine(share: float) -> str:
    """A share that may be far below a hundredth: 0.0123 %."""
    return f"{show(100 * share)} %"
