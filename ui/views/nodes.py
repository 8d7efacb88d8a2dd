"""Which layer a view is about: the selected one, else the last one, else the first that has something to show."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from dllab.checking import Check, NodeCheck, check
from dllab.document.experiment import Experiment
from dllab.layers import LAYERS
from dllab.text import _
from ui.views.numbers import extents

if TYPE_CHECKING:
    from ui.lab import Lab


class Looking:
    """Reads the lab; the experiment is that of the current run, because the model is its."""

    def __init__(self, lab: "Lab", learned: bool = False) -> None:
        self._lab, self._learned = lab, learned
        self._last = ""
        self._checked: tuple[Experiment, Check] | None = None

    @property
    def experiment(self) -> Experiment:
        """What is or was trained, its groups laid open; before the first run what would be."""
        return self.check.experiment

    @property
    def check(self) -> Check:
        """Shapes and data of that experiment."""
        run = self._lab.runs.current
        experiment = run.experiment if run is not None else self._lab.document.experiment
        if self._checked is None or self._checked[0] is not experiment:
            self._checked = experiment, check(experiment)
        return self._checked[1]

    def node(self) -> str:
        """The layer to look at; "" when there is none."""
        selected = self.check.layer_of(self._lab.selected)
        if selected:
            self._last = selected
        if self._last not in self.experiment.model.nodes and self._last != selected:
            self._last = ""
        return self._last or self._first()

    def layer(self, home: str) -> str:
        """The layer of the run for what stands in the document."""
        return self.check.layer_of(home)

    def _first(self) -> str:
        nodes = self.check.nodes
        order = [n for n in self.check.order if nodes[n].layer is not None]
        learned = [n for n in order if nodes[n].parameters]
        others = [] if self._learned else order[1:2]
        return next(iter(learned + others), "")

    def title(self, node: str) -> str:
        """What people call it."""
        drawn = self._lab.document.check.experiment.model.nodes
        found = self.experiment.model.nodes.get(node) or drawn.get(self._lab.document.check.layer_of(node))
        if found is None:
            return ""
        layer = LAYERS.get(found.kind)
        return found.title or (_(layer.title) if layer is not None else found.kind)

    def subtitle(self, node: str) -> str:
        """Title and shape: Conv2d · 16 × 8 × 8."""
        found = self.check.nodes.get(node)
        shape = found.shapes.get("out") if found is not None else None
        return f"{self.title(node)} · {extents(shape)}" if shape else self.title(node)

    def is_output(self, node: str) -> bool:
        """Whether what it puts out is what the network says."""
        experiment = self.experiment
        ends = {n for n, found in experiment.model.nodes.items() if found.kind == "output"}
        return node in ends or any(link.source == node and link.target in ends for link in experiment.model.links)

    def names(self, node: str, count: int) -> list[str]:
        """Names of a vector's numbers: classes or targets at the output, features at the input; else none."""
        data = self.check.data
        if data is None:
            return []
        output = list(data.classes or data.targets) if self.is_output(node) else []
        found = self.experiment.model.nodes.get(node)
        known = list(data.features) if found is not None and found.kind == "input" else output
        return known if len(known) == count else []


class Among(Looking):
    """Keeps to the layers that fit: the one selected on the canvas last, or chosen here since."""

    def __init__(self, lab: "Lab", fits: Callable[[NodeCheck], bool]) -> None:
        super().__init__(lab)
        self._fits = fits
        self._heard = ""

    def layers(self) -> list[str]:
        """Those of the network, in the order of the data."""
        nodes = self.check.nodes
        return [name for name in self.check.order if self._fits(nodes[name])]

    def node(self) -> str:
        layers, selected = self.layers(), self.check.layer_of(self._lab.selected)
        if selected != self._heard:
            self._heard = selected
            self._last = selected if selected in layers else self._last
        return self._last if self._last in layers else next(iter(layers), "")

    def choose(self, node: str) -> None:
        """Look at this one, until another one is selected."""
        self._heard = self.check.layer_of(self._lab.selected)
        self._last = node

    def tabs(self) -> list[tuple[str, str]]:
        """Id and name of each, where there are several."""
        layers = self.layers()
        if len(layers) < 2:
            return []
        titles = [self.title(name) for name in layers]
        if len(set(titles)) == 1:
            titles = [_("Layer {number}").format(number=place + 1) for place in range(len(titles))]
        return list(zip(layers, numbered(titles), strict=True))


def numbered(titles: list[str]) -> list[str]:
    """The same titles, told apart by a number where one comes again."""
    found = []
    for place, title in enumerate(titles):
        before = titles[:place].count(title)
        found.append(f"{title} {before + 1}" if titles.count(title) > 1 else title)
    return found
