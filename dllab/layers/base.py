"""What a layer is: typed parameters, ports, a shape rule, and the torch call that builds it, declared in one class."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, ClassVar, Literal

from dllab.declare import Declared, Registry
from dllab.document.experiment import Graph
from dllab.layers.sums import Index, Lines, Numbers
from dllab.text import N_, _

Shape = tuple[int, ...]
"""Extents of one sample, without the batch axis: (channels, height, width), (length, features), (features,) …"""


class Signal(tuple[int, ...]):
    """A shape of which more is known than its extents; as a shape it is equal to the plain tuple.

    `vocabulary` over 0: the numbers are indices below it (of words, characters, users), not quantities.
    `padded`: the axis that is time (1 is the first), where samples that are shorter are filled up at its end; 0 is none.
    """

    vocabulary: int
    padded: int

    def __new__(cls, extents: Iterable[int], vocabulary: int = 0, padded: int = 0) -> "Signal":
        """The extents, and what else is known of them."""
        made = super().__new__(cls, extents)
        made.vocabulary, made.padded = vocabulary, int(padded)
        return made


def vocabulary(shape: Shape) -> int:
    """How many different indices a wire carries; 0 where it carries quantities."""
    return shape.vocabulary if isinstance(shape, Signal) else 0


def is_padded(shape: Shape) -> bool:
    """Whether shorter samples on this wire are filled up at the end of the first axis."""
    return padded_axis(shape) == 1


def padded_axis(shape: Shape) -> int:
    """The axis along which shorter samples on this wire are filled up, counted from 1; 0 where none is."""
    return shape.padded if isinstance(shape, Signal) else 0


FAMILIES: Mapping[str, str] = {
    "data": N_("Data"),
    "dense": N_("Dense"),
    "convolution": N_("Convolution"),
    "shape": N_("Shape"),
    "normalise": N_("Normalise"),
    "regularise": N_("Regularise"),
    "activation": N_("Activation"),
    "recurrent": N_("Recurrent"),
    "attention": N_("Attention"),
    "combine": N_("Combine"),
    "cluster": N_("Cluster"),
    "output": N_("Output"),
}


@dataclass(frozen=True)
class SetParam:
    """A fix: give a parameter of this layer another value."""

    name: str
    value: Any


@dataclass(frozen=True)
class InsertBefore:
    """A fix: put another layer into the wire that ends at this layer's input."""

    kind: str
    params: Mapping[str, Any] = field(default_factory=dict)


Remedy = SetParam | InsertBefore


class Misfit(ValueError):
    """A layer that doesn't fit its inputs or parameters: a code, a sentence with arithmetic, and ranked remedies.

    `template` is marked with `N_` and filled with `args`; `at` is the parameter or port at fault.
    """

    def __init__(self, code: str, template: str, at: str = "", remedies: tuple[Remedy, ...] = (), **args: Any) -> None:
        super().__init__(code, template, args)
        self.code, self.template, self.at, self.remedies, self.values = code, template, at, remedies, args

    def __str__(self) -> str:
        return _(self.template).format(**self.values)


@dataclass(frozen=True)
class Call:
    """A constructor call as plain data: from it both the torch module and the line of code are made.

    `name` is `nn.…` (torch.nn), `custom.…` (a class in `source`) or `blocks.…` (dllab.build.blocks).
    """

    name: str
    args: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    """Of a custom layer the Python that defines its class: run in the engine, where it is trusted."""
    promise: tuple[Shape, Shape, int] | None = None
    """Of a custom layer what comes in, what goes out and how many numbers it learns, as it was declared."""

    def code(self) -> str:
        """The call as Python."""
        parts = [repr(a) for a in self.args] + [f"{k}={v!r}" for k, v in self.options.items()]
        return f"{self.name}({', '.join(parts)})"


class Layer(Declared):
    """Base of all layers. A subclass states its fields and overrides `shape`, `call` and, with weights, `parameters`."""

    short: ClassVar[str] = ""
    """What it is called on the canvas, where the title has no room."""
    family: ClassVar[str]
    glyph: ClassVar[str]
    """Name of an icon in qtawesome's offline set, as in "mdi6.grid"."""
    size_field: ClassVar[str] = ""
    """The parameter to turn down when the layer grows too large."""
    composite: ClassVar[bool] = False
    """Whether it is taken apart or away before torch sees it, as groups are."""
    analyses: ClassVar[bool] = False
    """Whether it only looks at what flows by and is no part of the network that torch builds, as clustering."""
    pointwise: ClassVar[bool] = False
    """Whether every number that comes out hangs on the number that came in at its place, and on no other."""
    indices: ClassVar[Literal["refuse", "take", "pass"]] = "refuse"
    """What it does with inputs that are indices, not quantities: it may make numbers of them, or pass them on."""

    spreads: ClassVar[bool] = False
    """Whether it mixes steps where it can't tell them from padding, or samples: that would get into what is no padding."""
    timeless: ClassVar[frozenset[str]] = frozenset()
    """Output ports without an axis of time, though the layer keeps it at the others: what is remembered at the end."""

    def input_ports(self) -> tuple[str, ...]:
        """Names of the inputs; each takes one wire."""
        return ("in",)

    def output_ports(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return ("out",)

    def shape(self, *inputs: Shape) -> Shape:
        """Shape of the output for the shapes of the inputs, in order of the ports. Raises Misfit."""
        return inputs[0]

    def shapes(self, *inputs: Shape) -> dict[str, Shape]:
        """Shape of every output port; layers with several outputs override this one instead of `shape`."""
        return {"out": self.shape(*inputs)}

    def parameters(self, *inputs: Shape) -> int:
        """How many numbers are learned."""
        return 0

    def remarks(self, *inputs: Shape) -> Iterator[Misfit]:
        """What can be trained but is probably not meant; shown as warnings."""
        yield from ()

    def keeps_time(self, *inputs: Shape) -> bool:
        """Whether every step of the first axis gives just its own step of the output, so that padding stays padding."""
        return False

    def carries_time(self, axis: int, *inputs: Shape) -> int:
        """Where the axis of time stands in what comes out; 0 where padding gets into what is no padding."""
        return axis if self.pointwise or (axis == 1 and self.keeps_time(*inputs)) else 0

    def takes_lengths(self, *inputs: Shape) -> bool:
        """Whether its module is also given, after the inputs, how long each sample is (N,): what is behind is padding."""
        return False

    def call(self, *inputs: Shape) -> Call | None:
        """How torch builds it; None passes the input through unchanged."""
        raise NotImplementedError(f"{type(self).__name__}.call")

    def parts(self, *inputs: Shape) -> Graph | None:
        """The layers that compute the same, as the inside of a group with the same ports; None where it is of one piece."""
        return None

    def arithmetic(self, *inputs: Shape) -> str:
        """The sum behind the output shape, as "(8 - 3 + 2*1)/1 + 1 = 8"; empty where there is nothing to explain."""
        return ""

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        """The sum behind one number of an operation: `what` names its array ("output", "local", "gradient.input",
        "gradient.weight"), `numbers` holds all arrays of the operation and, as "training", the mode. Empty: not told."""
        return ()


def signals(layer: Layer, *inputs: Shape) -> dict[str, Shape]:
    """Shape of every output with all that is known of it. Raises Misfit, also for indices where quantities belong."""
    words = max((vocabulary(x) for x in inputs), default=0)
    if layer.indices == "refuse" and words:
        port = next(port for port, x in zip(layer.input_ports(), inputs, strict=True) if vocabulary(x))
        raise Misfit(
            "indices",
            N_("{layer} needs numbers, gets indices of {count} words or things: put an Embedding before it."),
            port,
            (InsertBefore("embedding"),),
            layer=layer.title,
            count=words,
        )
    if layer.indices == "take" and not words:
        text = N_(
            "{layer} needs indices of words or things, gets numbers: it has its place right behind such an Input."
        )
        raise Misfit("indices", text, layer.input_ports()[0], layer=layer.title)
    shapes = layer.shapes(*inputs)
    passed = words if layer.indices == "pass" else 0
    time = time_behind(layer, *inputs)
    if passed or time:
        return {port: Signal(s, passed, 0 if port in layer.timeless else time) for port, s in shapes.items()}
    return {port: tuple(shape) for port, shape in shapes.items()}


def time_behind(layer: Layer, *inputs: Shape) -> int:
    """The axis along which what comes out is padded; 0 where nothing is, or where padding no longer has a place."""
    axes = {padded_axis(x) for x in inputs} - {0}
    return layer.carries_time(axes.pop(), *inputs) if len(axes) == 1 else 0


LAYERS: Registry[Layer] = Registry("dllab.layers")
layer = LAYERS.add


def show_shape(shape: Shape) -> str:
    """A shape as people read it: 16 × 8 × 8."""
    return " × ".join(map(str, shape)) if shape else "1"


def show_product(shape: Shape) -> str:
    """A shape with its product: 32 × 4 × 4 = 512."""
    return f"{show_shape(shape)} = {prod(shape)}" if len(shape) > 1 else show_shape(shape)
