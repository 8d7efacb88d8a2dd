"""What a layer is: typed parameters, ports, a shape rule, and the torch call that builds it, declared in one class."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, ClassVar

from dllab.declare import Declared, Registry
from dllab.text import N_, _

Shape = tuple[int, ...]
"""Extents of one sample, without the batch axis: (channels, height, width), (features,) …"""

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

    `name` is `nn.…` (torch.nn) or `blocks.…` (dllab.build.blocks).
    """

    name: str
    args: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def code(self) -> str:
        """The call as Python."""
        parts = [repr(a) for a in self.args] + [f"{k}={v!r}" for k, v in self.options.items()]
        return f"{self.name}({', '.join(parts)})"


class Layer(Declared):
    """Base of all layers. A subclass states its fields and overrides `shape`, `call` and, with weights, `parameters`."""

    family: ClassVar[str]
    glyph: ClassVar[str]
    """Name of an icon in qtawesome's offline set, as in "mdi6.grid"."""
    size_field: ClassVar[str] = ""
    """The parameter to turn down when the layer grows too large."""
    composite: ClassVar[bool] = False
    """Whether it is taken apart or away before torch sees it, as groups are."""

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

    def call(self, *inputs: Shape) -> Call | None:
        """How torch builds it; None passes the input through unchanged."""
        raise NotImplementedError(f"{type(self).__name__}.call")

    def arithmetic(self, *inputs: Shape) -> str:
        """The sum behind the output shape, as "(8 - 3 + 2*1)/1 + 1 = 8"; empty where there is nothing to explain."""
        return ""


LAYERS: Registry[Layer] = Registry("dllab.layers")
layer = LAYERS.add


def show_shape(shape: Shape) -> str:
    """A shape as people read it: 16 × 8 × 8."""
    return " × ".join(map(str, shape)) if shape else "1"


def show_product(shape: Shape) -> str:
    """A shape with its product: 32 × 4 × 4 = 512."""
    return f"{show_shape(shape)} = {prod(shape)}" if len(shape) > 1 else show_shape(shape)
