"""How what layers put out is spread over many samples: the units of one layer, or a line for every layer."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from dllab.checking import NodeCheck
from dllab.engine.protocol import Picture, unpack
from dllab.text import N_, _, ngettext
from ui.views import DISTRIBUTION
from ui.views.arranging import with_scale
from ui.views.base import Rows, View, Want, column
from ui.views.controls import Caption, Tabs
from ui.views.heat import Cell, ColourBar
from ui.views.labelled import LabelledHeat
from ui.views.nodes import Among, numbered
from ui.views.numbers import percent, show
from ui.views.table import Table

if TYPE_CHECKING:
    from ui.lab import Lab

_TABS = {"units": N_("Units"), "layers": N_("All layers")}


class UnitMap(LabelledHeat):
    """Units from left to right, their numbers from the largest down to the least."""

    edges: np.ndarray = np.zeros(2)

    def words(self, cell: Cell) -> str:
        _index, row, unit = cell
        low, high = self.edges[-2 - row], self.edges[-1 - row]
        text = _("unit {unit}: {share} lie between {low} and {high}")
        share = percent(float(self.values[cell]))
        return text.format(unit=unit, share=share, low=show(float(low)), high=show(float(high)))


class Distribution(View):
    """Follows `lab.selected`; a click on a line of the table looks at that layer."""

    declaration = DISTRIBUTION
    empty = N_("Press Train to see how active every unit is.")
    main = "distribution"

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self._looking = Among(lab, _computes)
        self.tabs = Tabs(_("What to show"), self.body)
        self.tabs.set_tabs([(key, _(word)) for key, word in _TABS.items()])
        self.tabs.chosen.connect(self.mark)
        self.map = UnitMap(self.body, _("How the numbers of each unit are spread"))
        self.scale = ColourBar(self.body)
        self.table = Table(_("Every layer"), self.body)
        self.table.chosen.connect(self._chosen)
        self.caption = Caption(self.body, quiet=False)
        self.pages = QStackedWidget(self.body)
        self.pages.addWidget(with_scale(self.body, self.map, self.scale))
        self.pages.addWidget(self.table)
        layout = column(self.body, 4)
        layout.addWidget(self.tabs)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.caption)
        lab.selection_changed.connect(self.ask)
        lab.runs.added.connect(self.ask)

    def wants(self) -> dict[str, Want]:
        return {"distribution": Want("distribution", {"node": self._looking.node()})}

    def _chosen(self, row: int) -> None:
        found = self.pictures.get("distribution")
        if found is not None and row < len(found.labels["layers"]):
            self._looking.choose(str(found.labels["layers"][row]))
            self.tabs.choose("units")
            self.ask()

    # --- drawing ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        found = self.pictures["distribution"]
        units = self.tabs.current == "units"
        self.pages.setCurrentIndex(int(not units))
        if units:
            self._draw_units(found)
        else:
            self._draw_layers(found)
        self.set_subtitle(self._looking.subtitle(str(found.labels["node"])) if units else "")
        self.summarise(self.caption.text())

    def _draw_units(self, found: Picture) -> None:
        counts, edges = unpack(found.arrays["counts"]), unpack(found.arrays["edges"])
        shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
        self.map.edges = edges
        self.map.set_values(shares.T[::-1][None], False, limits=(0.0, max(float(shares.max()), 1e-9)))
        middles = (edges[1:] + edges[:-1]) / 2
        self.map.set_names([show(float(v)) for v in middles[::-1]], [str(i) for i in range(len(counts))], plain=True)
        self.scale.set_scale(self.map.lut, self.map.low, self.map.high)
        self.caption.setText(self._said(found))

    def _said(self, found: Picture) -> str:
        """How many units there are that do nothing or can't go further."""
        dead = unpack(found.arrays["dead"])
        said = ngettext("{dead} of {count} unit is always 0", "{dead} of {count} units are always 0", len(dead))
        parts = [said.format(dead=int(dead.sum()), count=len(dead))]
        if "saturated" in found.arrays:
            full = int(unpack(found.arrays["saturated"]).sum())
            parts.append(ngettext("{n} is saturated", "{n} are saturated", full).format(n=full))
        shown = len(unpack(found.arrays["counts"]))
        if shown < len(dead):
            parts.append(_("the first {n} are drawn").format(n=shown))
        samples = int(found.labels["samples"])
        parts.append(ngettext("over {n} sample", "over {n} samples", samples).format(n=samples))
        return " · ".join(parts)

    def _draw_layers(self, found: Picture) -> None:
        layers = [str(name) for name in found.labels["layers"]]
        titles = numbered([self._looking.title(name) for name in layers])
        facts = {
            name: unpack(found.arrays[f"layer.{name}"]) for name in ("mean", "spread", "zeros", "dead", "saturated")
        }
        header = [(_("Layer"), False), (_("Mean"), True), (_("Spread"), True), (_("Zeros"), True)]
        header += [(_("Always 0"), True), (_("Saturated"), True)]
        rows = [
            (
                title,
                show(float(facts["mean"][i])),
                show(float(facts["spread"][i])),
                percent(float(facts["zeros"][i])),
                percent(float(facts["dead"][i])),
                percent(float(facts["saturated"][i])) if np.isfinite(facts["saturated"][i]) else "–",
            )
            for i, title in enumerate(titles)
        ]
        self.table.set_rows(header, rows)
        samples = int(found.labels["samples"])
        text = ngettext("over {n} validation sample", "over {n} validation samples", samples)
        self.caption.setText(text.format(n=samples))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.mark()

    def rows(self) -> Rows:
        found = self.pictures.get("distribution")
        if found is None or found.message:
            return [], []
        if self.tabs.current == "layers":
            names = ["mean", "spread", "zeros", "dead", "saturated"]
            columns = [unpack(found.arrays[f"layer.{name}"]).tolist() for name in names]
            return ["layer", *names], zip(found.labels["layers"], *columns, strict=True)
        counts, edges = unpack(found.arrays["counts"]), unpack(found.arrays["edges"])
        return ["unit", "from", "to", "count"], (
            (unit, float(edges[b]), float(edges[b + 1]), int(counts[unit, b])) for unit, b in np.ndindex(*counts.shape)
        )


def _computes(found: NodeCheck) -> bool:
    return found.layer is not None and found.layer.kind not in ("input", "output")
