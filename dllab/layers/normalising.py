"""Normalisation: mean 0 and spread 1 in the middle of the network, then a learned scale and offset."""

from math import gcd, prod
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from dllab.layers.base import Call, InsertBefore, Layer, Misfit, SetParam, Shape, layer, show_product, show_shape
from dllab.layers.standardising import Groups
from dllab.layers.sums import Factor, Index, Line, Lines, Numbers, at, constant, place, places, standardise, with_spread
from dllab.text import N_

_EPS = Annotated[float, Field(gt=0.0, le=1.0)]


@layer
class BatchNorm(Layer):
    """Gives every feature or channel mean 0 and spread 1 over the batch, then a learned scale and offset.

    $y = \\gamma \\, \\frac{x - \\mu}{\\sqrt{\\sigma^2 + \\epsilon}} + \\beta$ with mean $\\mu$ and variance $\\sigma^2$ of the
    batch; afterwards, in use, with running averages of them. It needs more than one sample in a batch.

    Reference: Ioffe, Szegedy, ICML 2015; `torch.nn.BatchNorm1d`, `torch.nn.BatchNorm2d`.
    """

    kind: ClassVar[str] = "batch_norm"
    title: ClassVar[str] = N_("BatchNorm")
    family: ClassVar[str] = "normalise"
    spreads: ClassVar[bool] = True
    glyph: ClassVar[str] = "mdi6.chart-bell-curve"

    momentum: Annotated[float, Field(gt=0.0, le=1.0)] = Field(
        0.1, title=N_("Momentum"), description=N_("Share of the newest batch in the running averages")
    )
    eps: _EPS = Field(1e-5, title=N_("Epsilon"), description=N_("Added to the variance so that nothing divides by 0"))
    affine: bool = Field(True, title=N_("Scale and offset"), description=N_("Learn a scale and an offset per feature"))

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) not in (1, 2, 3):
            raise Misfit(
                "rank",
                N_("BatchNorm expects features, channels × length or channels × height × width, gets {got}."),
                "in",
                (InsertBefore("flatten"),) if x else (),
                got=show_shape(x),
            )
        return x

    def parameters(self, *inputs: Shape) -> int:
        return 2 * inputs[0][0] if self.affine else 0

    def call(self, *inputs: Shape) -> Call:
        (x,) = inputs
        options = _unusual(self, momentum=0.1, eps=1e-5, affine=True)
        return Call(f"nn.BatchNorm{max(1, len(x) - 1)}d", (x[0],), options)

    def arithmetic(self, *inputs: Shape) -> str:
        return f"2 × {inputs[0][0]} = {self.parameters(*inputs):,}" if self.affine else ""

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        c = index[1] if what in ("output", "gradient.input") else index[0]
        shape = numbers["input"].shape
        cells = [(n, c, *i) for n in range(shape[0]) for i in places(shape[2:])]
        here = index if len(index) > 1 else cells[0]
        lines, normal, spread = self._normal(numbers, cells, here)
        scale = at(numbers, "weight", (c,), "γ") if self.affine else constant(1.0)
        if what == "output":
            offset = ((at(numbers, "bias", (c,), "β"),),) if self.affine else ()
            return (*lines, Line(place("y", *index), ((scale, normal), *offset)))
        upstream = {cell: at(numbers, "upstream", cell, "∂L/∂y") for cell in cells}
        if what == "gradient.bias":
            return (Line(place("∂L/∂β", c), tuple((u,) for u in upstream.values())),)
        mean, share = float(numbers["input"][here]) - normal.value * spread.value, constant(1 / len(cells))
        every = {i: Factor(place("x̂", *i), (float(numbers["input"][i]) - mean) / spread.value) for i in cells}
        if what == "gradient.weight":
            return (*lines[:-1], Line(place("∂L/∂γ", c), tuple((upstream[i], every[i]) for i in cells)))
        scaled = Line("γ/s", ((scale,), (spread,)), "divide")
        if not numbers["training"]:
            return (*lines[:-1], scaled, Line(place("∂L/∂x", *index), ((upstream[index], scaled.factor()),)))
        # The cell moves the mean and the spread of all others, too: what that does is taken away.
        common = Line("mean ∂L/∂y", tuple((u, share) for u in upstream.values()))
        turned = Line("mean ∂L/∂y·x̂", tuple((upstream[i], every[i], share) for i in cells))
        minus, factor = constant(-1.0), scaled.factor()
        rest = ((minus, common.factor(), factor), (minus, normal, turned.factor(), factor))
        return (*lines, scaled, common, turned, Line(place("∂L/∂x", *index), ((upstream[index], factor), *rest)))

    def _normal(self, numbers: Numbers, cells: list[Index], index: Index) -> tuple[Lines, Factor, Factor]:
        """x̂ at the index: in training by the batch, in evaluation by the running averages."""
        if numbers["training"]:
            return standardise(numbers, cells, index, self.eps)
        c = index[1]
        variance = at(numbers, "running_var", (c,), "σ²")
        return with_spread(numbers, (), float(numbers["running_mean"][c]), variance, index, self.eps)


@layer
class LayerNorm(Layer):
    """Gives every sample mean 0 and spread 1 over its own features, then a learned scale and offset.

    $y = \\gamma \\, \\frac{x - \\mu}{\\sqrt{\\sigma^2 + \\epsilon}} + \\beta$ with mean $\\mu$ and variance $\\sigma^2$ of the
    sample alone: it works with any batch size, in training and in use alike.

    Reference: Ba, Kiros, Hinton, arXiv 1607.06450 (2016); `torch.nn.LayerNorm`.
    """

    kind: ClassVar[str] = "layer_norm"
    title: ClassVar[str] = N_("LayerNorm")
    family: ClassVar[str] = "normalise"
    spreads: ClassVar[bool] = True
    glyph: ClassVar[str] = "mdi6.tune-vertical"

    over: Literal["last", "all"] = Field(
        "last", title=N_("Over"), description=N_("last: the last axis (features); all: every axis of a sample")
    )
    eps: _EPS = Field(1e-5, title=N_("Epsilon"), description=N_("Added to the variance so that nothing divides by 0"))
    affine: bool = Field(True, title=N_("Scale and offset"), description=N_("Learn a scale and an offset per number"))

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if not x:
            raise Misfit("rank", N_("LayerNorm needs at least one axis of features, gets a single number."), "in")
        return x

    def keeps_time(self, *inputs: Shape) -> bool:
        return self.over == "last" and len(inputs[0]) > 1

    def parameters(self, *inputs: Shape) -> int:
        return 2 * prod(self._normalised(inputs[0])) if self.affine else 0

    def _normalised(self, x: Shape) -> Shape:
        return x if self.over == "all" else x[-1:]

    def call(self, *inputs: Shape) -> Call:
        over = self._normalised(inputs[0])
        options = _unusual(self, eps=1e-5)
        if not self.affine:
            options["elementwise_affine"] = False
        return Call("nn.LayerNorm", (over[0] if len(over) == 1 else over,), options)

    def arithmetic(self, *inputs: Shape) -> str:
        if not self.affine:
            return ""
        over = self._normalised(inputs[0])
        extents = show_product(over).partition(" =")[0]
        return f"2 × {extents} = {self.parameters(*inputs):,}"

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        kept = 1 if self.over == "all" else numbers["input"].ndim - 1
        shape = numbers["input"].shape

        def cells(here: Index) -> list[Index]:
            return [(*here[:kept], *rest) for rest in places(shape[kept:])]

        return Groups(cells, lambda here: here[kept:], self.eps, self.affine).explain(numbers, what, index)


class _WithinSample(Layer):
    """What GroupNorm and InstanceNorm share: statistics of one sample alone, one scale and offset a channel."""

    family: ClassVar[str] = "normalise"
    spreads: ClassVar[bool] = True

    eps: _EPS = Field(1e-5, title=N_("Epsilon"), description=N_("Added to the variance so that nothing divides by 0"))
    affine: bool = Field(True, title=N_("Scale and offset"), description=N_("Learn a scale and an offset per channel"))

    def parameters(self, *inputs: Shape) -> int:
        return 2 * inputs[0][0] if self.affine else 0

    def arithmetic(self, *inputs: Shape) -> str:
        return f"2 × {inputs[0][0]} = {self.parameters(*inputs):,}" if self.affine else ""

    def channels(self, count: int) -> int:
        """How many channels share a mean and a spread."""
        return 1

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        shape = numbers["input"].shape
        size = self.channels(shape[1])

        def cells(here: Index) -> list[Index]:
            first = here[1] // size * size
            return [(here[0], first + c, *rest) for c, *rest in places((size, *shape[2:]))]

        return Groups(cells, lambda here: (here[1],), self.eps, self.affine).explain(numbers, what, index)


@layer
class GroupNorm(_WithinSample):
    """Gives every group of channels of a sample mean 0 and spread 1, then a learned scale and offset per channel.

    $y = \\gamma \\, \\frac{x - \\mu}{\\sqrt{\\sigma^2 + \\epsilon}} + \\beta$ with mean $\\mu$ and variance $\\sigma^2$ of the
    group in that sample: it works with any batch size. One group: all channels together.

    Reference: Wu, He, ECCV 2018; `torch.nn.GroupNorm`.
    """

    kind: ClassVar[str] = "group_norm"
    title: ClassVar[str] = N_("GroupNorm")
    glyph: ClassVar[str] = "mdi6.format-columns"

    num_groups: Annotated[int, Field(ge=1, le=65_536)] = Field(
        2, title=N_("Groups"), description=N_("Into how many groups the channels are parted; it must divide them")
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if not x:
            raise Misfit("rank", N_("GroupNorm needs at least one axis of channels, gets a single number."), "in")
        if x[0] % self.num_groups:
            divides = (SetParam("num_groups", gcd(x[0], self.num_groups)),)
            text = N_("GroupNorm: {groups} groups do not divide {channels} channels.")
            raise Misfit("groups", text, "num_groups", divides, groups=self.num_groups, channels=x[0])
        if prod(x) == self.num_groups:
            text = N_("GroupNorm: each of {groups} groups holds a single number, so only zeros would come out.")
            one = (SetParam("num_groups", 1),) if prod(x) > 1 else ()
            raise Misfit("one-number", text, "num_groups", one, groups=self.num_groups)
        return x

    def call(self, *inputs: Shape) -> Call:
        return Call("nn.GroupNorm", (self.num_groups, inputs[0][0]), _unusual(self, eps=1e-5, affine=True))

    def channels(self, count: int) -> int:
        return count // self.num_groups


@layer
class InstanceNorm(_WithinSample):
    """Gives every channel of every sample mean 0 and spread 1, then a learned scale and offset.

    $y = \\gamma \\, \\frac{x - \\mu}{\\sqrt{\\sigma^2 + \\epsilon}} + \\beta$ with mean $\\mu$ and variance $\\sigma^2$ of that
    channel over its own positions: contrast and brightness of a picture no longer count.

    Reference: Ulyanov, Vedaldi, Lempitsky, arXiv 1607.08022 (2016); `torch.nn.InstanceNorm1d`, `torch.nn.InstanceNorm2d`.
    """

    kind: ClassVar[str] = "instance_norm"
    title: ClassVar[str] = N_("InstanceNorm")
    glyph: ClassVar[str] = "mdi6.brightness-6"

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) not in (2, 3):
            raise Misfit(
                "no-channels",
                N_("InstanceNorm expects channels × length or channels × height × width, gets {got}."),
                "in",
                (InsertBefore("reshape", {"extents": (1, *x)}),) if len(x) == 1 else (),
                got=show_shape(x),
            )
        if prod(x[1:]) == 1:
            text = N_("InstanceNorm: every channel holds a single number, so only zeros would come out.")
            raise Misfit("one-number", text, "in")
        return x

    def call(self, *inputs: Shape) -> Call:
        # Unlike everywhere else torch has no scale and offset here unless asked.
        options = {**_unusual(self, eps=1e-5), **({"affine": True} if self.affine else {})}
        return Call(f"nn.InstanceNorm{len(inputs[0]) - 1}d", (inputs[0][0],), options)


def _unusual(layer: Layer, **usual: Any) -> dict[str, Any]:
    """Parameters that are not as torch has them by default."""
    return {name: getattr(layer, name) for name, value in usual.items() if getattr(layer, name) != value}
