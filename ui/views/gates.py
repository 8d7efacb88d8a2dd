"""What a recurrent layer remembers step by step, what its gates let through, and how far back gradients reach."""

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from dllab.checking import NodeCheck
from dllab.engine.protocol import Picture, unpack
from dllab.text import N_, _
from ui.shell.theme import theme
from ui.views import GATES
from ui.views.arranging import Choices, with_scale
from ui.views.base import Rows, View, Want, column
from ui.views.controls import Caption, Keys, Tabs
from ui.views.following import SampleFoot
from ui.views.heat import Cell, ColourBar
from ui.views.labelled import LabelledHeat
from ui.views.nodes import Among
from ui.views.numbers import logarithms, show
from ui.views.plot import Plot, pen
from ui.views.sample import SamplePicture

if TYPE_CHECKING:
    from ui.lab import Lab

_WIDE = 560
_WORDS = {
    "hidden": N_("Hidden"),
    "cell": N_("Cell"),
    "input": N_("Input"),
    "forget": N_("Forget"),
    "candidate": N_("Candidate"),
    "output": N_("Output"),
    "reset": N_("Reset"),
    "update": N_("Update"),
    "gradient": N_("Gradient"),
}
_MEANS = {
    "hidden": N_("what the layer hands on after every step"),
    "cell": N_("what it keeps to itself: only the gates change it"),
    "input": N_("1: what is new is written into the cell; 0: it is ignored"),
    "forget": N_("1: the cell is kept; 0: it is cleared"),
    "candidate": N_("what could be written at this step"),
    "output": N_("1: the cell is shown; 0: it is held back"),
    "reset": N_("0: the old state is left out of the candidate"),
    "update": N_("1: the old state is kept; 0: the candidate takes its place"),
}
_SHARES = ("input", "forget", "output", "reset", "update")
"""Gates: between 0 and 1."""


class GateMap(LabelledHeat):
    """Units from top to bottom, steps from left to right."""

    def words(self, cell: Cell) -> str:
        _index, unit, step = cell
        text = _("unit {unit}, step {step}: {value}")
        name = self.column_names[step]
        number = str(step + 1)
        said = number if name == number else f"{number} ({name})"
        return text.format(unit=unit, step=said, value=show(float(self.values[cell])))


class Gates(View):
    """Follows `lab.selected` where that is a recurrent layer, and `lab.sample`."""

    declaration = GATES
    empty = N_("Press Train to see what the layer remembers.")
    main = "gates"

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self._looking = Among(lab, _remembers)
        self.tabs = Tabs(_("State or gate"), self.body)
        self.tabs.chosen.connect(self.mark)
        self.layers = Tabs(_("Which layer"), self.body)
        self.layers.chosen.connect(self._layer_chosen)
        self.ways = Tabs(_("Layer and direction"), self.body)
        self.ways.chosen.connect(self.ask)
        self.keys = Keys(self.body)
        self.sample = SamplePicture(self.body, _("The sample that goes in"))
        self.map = GateMap(self.body, _("Units over steps"))
        self.scale = ColourBar(self.body)
        self.plot = Plot(self.body, zoom=(True, False))
        self.plot.set_scale(logarithmic=True)
        self.plot.hovered.connect(self._read)
        self.lines = {name: self.plot.plotItem.plot([], [], connect="finite") for name in ("hidden", "input")}
        self.meaning = Caption(self.body)
        self.foot = SampleFoot(lab, self.body)
        self._arrange()
        self.restyle()
        lab.selection_changed.connect(self.ask)
        lab.sample_changed.connect(self.ask)
        lab.runs.added.connect(self.ask)

    def _arrange(self) -> None:
        self.pages = QStackedWidget(self.body)
        self.pages.addWidget(with_scale(self.body, self.map, self.scale))
        self.pages.addWidget(self.plot)
        self._top = Choices([self.tabs], [self.layers, self.ways])
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addWidget(self.sample)
        middle.addWidget(self.pages, 1)
        under = QHBoxLayout()
        under.addWidget(self.meaning, 1)
        under.addWidget(self.keys)
        layout = column(self.body, 4)
        layout.addLayout(self._top)
        layout.addLayout(middle, 1)
        layout.addLayout(under)
        layout.addWidget(self.foot)

    def _layer_chosen(self, node: str) -> None:
        self._looking.choose(node)
        self.ask()

    def wants(self) -> dict[str, Want]:
        way = int(self.ways.current or 0)
        return {"gates": Want("gates", {"node": self._looking.node(), "sample": self.lab.sample, "way": way})}

    # --- drawing ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        found = self.pictures["gates"]
        labels: dict[str, Any] = found.labels
        self.tabs.set_tabs([(name, _(_WORDS[name])) for name in (*labels["gates"], "gradient")])
        self._offer(labels)
        gradient = self.tabs.current == "gradient"
        self.pages.setCurrentIndex(int(gradient))
        self.keys.setVisible(gradient)
        given = unpack(found.arrays["sample"])
        beside = not labels["words"] and self.width() >= _WIDE
        self.sample.setVisible(beside)
        if beside:
            self.sample.set_sample(given, [])
        if gradient:
            self._draw_gradient(found)
        else:
            self._draw_map(found, self.tabs.current)
        self.foot.set_labels(labels)
        self.set_subtitle(self._looking.subtitle(str(labels["node"])))
        self.summarise(
            _("{what} of {layer} for {sample}: {meaning}").format(
                what=dict(self.tabs.tabs)[self.tabs.current],
                layer=self.subtitle,
                sample=self.foot.caption.text(),
                meaning=self.meaning.text(),
            )
        )

    def _offer(self, labels: dict[str, Any]) -> None:
        layers = self._looking.tabs()
        self.layers.set_tabs(layers)
        self.layers.setVisible(bool(layers))
        self.layers.show_chosen(self._looking.node())
        ways = [(int(layer), bool(backwards)) for layer, backwards in labels["ways"]]
        both, several = any(backwards for _layer, backwards in ways), ways[-1][0] > 0
        words = []
        for layer, backwards in ways:
            direction = _("backwards") if backwards else _("forwards")
            words.append(" ".join(([str(layer + 1)] if several else []) + ([direction] if both else [])))
        self.ways.set_tabs([(str(i), word) for i, word in enumerate(words)] if len(ways) > 1 else [])
        self.ways.setVisible(len(ways) > 1)

    def _draw_map(self, found: Picture, name: str) -> None:
        values = unpack(found.arrays[name]).T[None]
        limits = (0.0, 1.0) if name in _SHARES else None
        if limits is None and values.size and abs(values).max() <= 1 and name != "cell":
            limits = (-1.0, 1.0) if float(values.min()) < 0 else (0.0, 1.0)
        self.map.set_values(values, False, limits=limits)
        units = [str(unit) for unit in range(values.shape[1])]
        self.map.set_names(units, [str(s) for s in found.labels["steps"]], plain=not found.labels["words"])
        self.scale.set_scale(self.map.lut, self.map.low, self.map.high)
        self.meaning.setText(_(_MEANS[name]))

    def _draw_gradient(self, found: Picture) -> None:
        for name, line in self.lines.items():
            values = unpack(found.arrays[f"gradient_{name}"])
            line.setData(np.arange(1, len(values) + 1), logarithms(values))
        tokens = theme.tokens
        self.keys.set_entries([("━", tokens.train, _("hidden state")), ("━", tokens.validation, _("input"))])
        self.plot.set_labels(bottom=_("step") if self.height() >= 260 else "")
        self.meaning.setText(reach(unpack(found.arrays["gradient_hidden"])))

    def _read(self, place: tuple[float, float] | None) -> None:
        found = self.pictures.get("gates")
        if place is None or found is None or found.message:
            return
        steps = [str(step) for step in found.labels["steps"]]
        step = min(max(round(place[0]), 1), len(steps))
        name = steps[step - 1]
        title = _("step {number}").format(number=step) + ("" if name == str(step) else f" ({name})")
        tokens = theme.tokens
        said = [
            ("━", colour, f"{words} {show(float(unpack(found.arrays[f'gradient_{which}'])[step - 1]))}")
            for which, colour, words in (
                ("hidden", tokens.train, _("hidden state")),
                ("input", tokens.validation, _("input")),
            )
        ]
        self.plot.say(title, said, step, place[1])

    # --- looks and files --------------------------------------------------------------------------------------------

    def restyle(self) -> None:
        self.plot.restyle()
        self.lines["hidden"].setPen(pen(theme.tokens.train, 2.0))
        self.lines["input"].setPen(pen(theme.tokens.validation, 2.0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._top.fit(self.width() >= _WIDE)
        self.sample.updateGeometry()
        self.mark()

    def rows(self) -> Rows:
        found = self.pictures.get("gates")
        if found is None or found.message:
            return [], []
        steps = found.labels["steps"]
        if self.tabs.current == "gradient":
            both = [unpack(found.arrays[f"gradient_{name}"]).tolist() for name in ("input", "hidden")]
            return ["step", "is", "gradient_input", "gradient_hidden"], zip(
                range(1, len(steps) + 1), steps, *both, strict=True
            )
        names = list(found.labels["gates"])
        arrays = [unpack(found.arrays[name]) for name in names]
        rows = (
            (step + 1, steps[step], unit, *(float(array[step, unit]) for array in arrays))
            for step, unit in np.ndindex(*arrays[0].shape)
        )
        return ["step", "is", "unit", *names], rows


def _remembers(found: NodeCheck) -> bool:
    return found.layer is not None and found.layer.kind in ("rnn", "lstm", "gru")


def reach(norms: np.ndarray) -> str:
    """How much of the gradient at its largest arrives at the other end of the sequence."""
    peak = int(norms.argmax())
    if not norms[peak] > 0:
        return _("No gradient reaches this layer for this sample.")
    far = 0 if peak >= len(norms) / 2 else len(norms) - 1
    text = _("At step {far} the gradient is {share} times what it is at step {peak}, where it is largest.")
    return text.format(far=far + 1, peak=peak + 1, share=show(float(norms[far] / norms[peak])))
