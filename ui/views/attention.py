"""How much every step takes from every other: all heads beside each other, one of them large, or several together."""

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from dllab.checking import NodeCheck
from dllab.engine.protocol import Picture, unpack
from dllab.text import N_, _
from ui.shell.theme import theme
from ui.views import ATTENTION
from ui.views.arranging import Choices
from ui.views.base import Rows, View, Want, column
from ui.views.colours import ink
from ui.views.controls import Tabs
from ui.views.following import SampleFoot
from ui.views.heat import Cell, ColourBar, picture
from ui.views.labelled import LabelledHeat
from ui.views.nodes import Among
from ui.views.numbers import show
from ui.views.sample import SamplePicture

if TYPE_CHECKING:
    from ui.lab import Lab

_WIDE = 520
_ALL, _AVERAGE, _ROLLOUT = "all", "average", "rollout"


class AttentionMap(LabelledHeat):
    """Rows ask, columns are asked."""

    around_several = True

    opened = Signal(int)
    """A map among several was clicked."""

    def words(self, cell: Cell) -> str:
        index, row, column = cell
        asks, asked = self.row_names[row], self.column_names[column]
        if self.hidden is not None and self.hidden[row, column]:
            return _("{asks} may not look at {asked}: it comes later").format(asks=asks, asked=asked)
        text = _("{asks} takes {share} from {asked}")
        said = text.format(asks=asks, asked=asked, share=show(float(self.values[cell])))
        return f"{self._names[index]}: {said}" if self._names else said

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position().toPoint())
        if cell is not None and len(self.values) > 1 and event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(cell[0])


class Attention(View):
    """Follows `lab.selected` where that is a layer with attention, and `lab.sample`."""

    declaration = ATTENTION
    empty = N_("Press Train to see which steps look at which.")
    main = "attention"

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self._looking = Among(lab, _attends)
        self.layers = Tabs(_("Which layer"), self.body)
        self.layers.chosen.connect(self._layer_chosen)
        self.heads = Tabs(_("Which head"), self.body)
        self.heads.chosen.connect(self.mark)
        self.sample = SamplePicture(self.body, _("The sample that goes in"))
        self.map = AttentionMap(self.body, _("How much each step takes from each other"))
        self.map.opened.connect(lambda head: self.heads.choose(str(head)))
        self.scale = ColourBar(self.body)
        self.foot = SampleFoot(lab, self.body)
        self._top = Choices([self.heads], [self.layers])
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addWidget(self.sample)
        middle.addWidget(self.map, 1)
        middle.addWidget(self.scale)
        layout = column(self.body, 4)
        layout.addLayout(self._top)
        layout.addLayout(middle, 1)
        layout.addWidget(self.foot)
        lab.selection_changed.connect(self.ask)
        lab.sample_changed.connect(self.ask)
        lab.runs.added.connect(self.ask)

    def _layer_chosen(self, node: str) -> None:
        self._looking.choose(node)
        self.ask()

    def wants(self) -> dict[str, Want]:
        return {"attention": Want("attention", {"node": self._looking.node(), "sample": self.lab.sample})}

    # --- drawing ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        found = self.pictures["attention"]
        labels: dict[str, Any] = found.labels
        weights = unpack(found.arrays["weights"])
        self._offer(len(weights), "rollout" in found.arrays)
        values, names = self._values(found, weights)
        queries, keys = ([str(name) for name in labels[axis]] for axis in ("queries", "keys"))
        given = unpack(found.arrays["input"])
        self.map.set_values(values, True, names=names, limits=(0.0, max(float(values.max()), 1e-12)))
        grid = [int(n) for n in labels["grid"]]
        self.map.set_names(queries, keys, pieces(given, grid) if grid and len(queries) == len(keys) else ())
        self.map.set_hidden(unpack(found.arrays["mask"]))
        self.scale.set_scale(self.map.lut, self.map.low, self.map.high)
        self.sample.setVisible(given.ndim == 3)
        if given.ndim == 3:
            self.sample.set_sample(given, [])
        self.foot.set_labels(labels)
        node = str(labels["node"])
        self.set_subtitle(self._looking.subtitle(node))
        self.summarise(
            _("{layer}: attention of {count} heads for {sample}").format(
                layer=self.subtitle, count=len(weights), sample=self.foot.caption.text()
            )
        )

    def _offer(self, heads: int, rolled: bool) -> None:
        tabs = [(_ALL, _("All heads")), *((str(i), str(i + 1)) for i in range(heads))] if heads > 1 else []
        tabs += [(_AVERAGE, _("Average") if heads > 1 else _("Weights"))]
        self.heads.set_tabs(tabs + ([(_ROLLOUT, _("Rollout"))] if rolled else []))
        layers = self._looking.tabs()
        self.layers.set_tabs(layers)
        self.layers.setVisible(bool(layers))
        self.layers.show_chosen(self._looking.node())

    def _values(self, found: Picture, weights: np.ndarray) -> tuple[np.ndarray, list[str]]:
        """The maps of the chosen tab, and their names."""
        match self.heads.current:
            case "all":
                return weights, [_("Head {number}").format(number=i + 1) for i in range(len(weights))]
            case "average":
                return weights.mean(0, keepdims=True), []
            case "rollout":
                return unpack(found.arrays["rollout"])[None], []
            case head:
                return weights[int(head)][None], []

    def restyle(self) -> None:
        self.mark()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._top.fit(self.width() >= _WIDE)
        self.sample.updateGeometry()
        self.mark()

    def rows(self) -> Rows:
        found = self.pictures.get("attention")
        if found is None or found.message:
            return [], []
        weights = unpack(found.arrays["weights"])
        queries, keys = found.labels["queries"], found.labels["keys"]
        header = ["head", "query", "key", "query_is", "key_is", "weight"]
        return header, (
            (h + 1, q, k, queries[q], keys[k], float(weights[h, q, k])) for h, q, k in np.ndindex(*weights.shape)
        )


def _attends(found: NodeCheck) -> bool:
    return found.layer is not None and found.layer.kind in ("attention", "multi_head_attention", "transformer_encoder")


def pieces(image: np.ndarray, grid: list[int]) -> list[QImage]:
    """An image (channels, height, width) cut into rows × columns, in reading order, in one scale of colours."""
    low, high = min(float(image.min()), 0.0), max(float(image.max()), 1e-12)
    shade = ink(theme.tokens.dark)
    rows = np.array_split(np.arange(image.shape[1]), grid[0])
    columns = np.array_split(np.arange(image.shape[2]), grid[1])
    return [picture(image[:, r[0] : r[-1] + 1, c[0] : c[-1] + 1], shade, low, high) for r in rows for c in columns]
