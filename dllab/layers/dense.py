"""Fully connected layers."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from dllab.layers.base import Call, InsertBefore, Layer, Misfit, SetParam, Shape, layer, show_product, show_shape
from dllab.layers.sums import Index, Line, Lines, Numbers, at, place, places
from dllab.text import N_


@layer
class Linear(Layer):
    """Multiplies its input by a learned matrix and adds a learned offset.

    $y = W x + b$ with $W \\in \\mathbb{R}^{out \\times in}$ and $b \\in \\mathbb{R}^{out}$.
    It acts on the last axis; axes before it are kept. Put a Flatten before it to use all numbers of an image.

    Reference: Goodfellow, Bengio, Courville, *Deep Learning* (2016), chapter 6; `torch.nn.Linear`.
    """

    kind: ClassVar[str] = "linear"
    title: ClassVar[str] = N_("Linear")
    spreads: ClassVar[bool] = True
    family: ClassVar[str] = "dense"
    glyph: ClassVar[str] = "mdi6.dots-grid"
    size_field: ClassVar[str] = "features"

    features: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        64, title=N_("Features out"), description=N_("How many numbers come out: the units of this layer")
    )
    in_features: Annotated[int, Field(ge=1, le=100_000_000)] | None = Field(
        None, title=N_("Features in"), description=N_("Automatic takes what arrives; a number is checked against it")
    )
    bias: bool = Field(True, title=N_("Bias"), description=N_("Add a learned offset to every output"))

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if not x:
            raise Misfit("rank", N_("Linear needs at least one axis of features, gets a single number."), "in")
        if self.in_features is not None and x[-1] != self.in_features:
            flat = (InsertBefore("flatten"),) if len(x) > 1 else ()
            raise Misfit(
                "features",
                N_("Linear expects {expected} features, gets {got}."),
                "in_features",
                (*flat, SetParam("in_features", None)),
                expected=self.in_features,
                got=show_product(x),
            )
        return (*x[:-1], self.features)

    def keeps_time(self, *inputs: Shape) -> bool:
        return len(inputs[0]) > 1

    def parameters(self, *inputs: Shape) -> int:
        return (inputs[0][-1] + self.bias) * self.features

    def remarks(self, *inputs: Shape) -> Iterator[Misfit]:
        (x,) = inputs
        # Sequences (length × features) are meant to be treated place by place; images hardly ever are.
        if len(x) >= 3:
            yield Misfit(
                "last-axis",
                N_("Linear acts on the last axis only: {last} of {got}. Flatten gives it all {got_product} numbers."),
                "in",
                (InsertBefore("flatten"),),
                last=x[-1],
                got=show_shape(x),
                got_product=show_product(x).rpartition(" ")[2],
            )

    def call(self, *inputs: Shape) -> Call:
        in_features = self.in_features or inputs[0][-1]
        return Call("nn.Linear", (in_features, self.features), {} if self.bias else {"bias": False})

    def arithmetic(self, *inputs: Shape) -> str:
        n, m = inputs[0][-1], self.features
        return f"{n} × {m}{f' + {m}' if self.bias else ''} = {self.parameters(*inputs):,}"

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        weight = numbers["weight"]
        *here, k = index
        front = tuple(here)
        if what == "output":
            terms = [
                (at(numbers, "input", (*front, i), "x"), at(numbers, "weight", (k, i), "W"))
                for i in range(weight.shape[1])
            ]
            offset = ((at(numbers, "bias", (k,), "b"),),) if self.bias else ()
            return (Line(place("y", *index), (*terms, *offset)),)
        if what == "gradient.input":
            rows = [
                (at(numbers, "upstream", (*front, o), "∂L/∂y"), at(numbers, "weight", (o, k), "W"))
                for o in range(weight.shape[0])
            ]
            return (Line(place("∂L/∂x", *index), tuple(rows)),)
        samples = tuple(places(numbers["upstream"].shape[:-1]))
        if what == "gradient.weight":
            o = front[0]
            pairs = [(at(numbers, "upstream", (*n, o), "∂L/∂y"), at(numbers, "input", (*n, k), "x")) for n in samples]
            return (Line(place("∂L/∂W", *index), tuple(pairs)),)
        return (Line(place("∂L/∂b", k), tuple((at(numbers, "upstream", (*n, k), "∂L/∂y"),) for n in samples)),)
