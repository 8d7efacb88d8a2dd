"""Convolutions (cross-correlations, as everywhere in deep learning), and the window that slides for them and for pooling."""

from dataclasses import dataclass
from math import gcd, isqrt, prod
from typing import Annotated, ClassVar

from pydantic import Field

from dllab.layers.base import Call, InsertBefore, Layer, Misfit, Remedy, SetParam, Shape, layer, show_shape
from dllab.layers.sums import Index, Line, Lines, Numbers, Term, at, place, places, slide
from dllab.text import N_


@dataclass(frozen=True)
class Window:
    """A window that slides: its own extent, how far it moves, zeros at every edge, and the gaps inside it."""

    kernel: int
    stride: int
    padding: int
    dilation: int = 1

    @property
    def reach(self) -> int:
        """Cells from the first to the last that it looks at: d(k - 1) + 1."""
        return self.dilation * (self.kernel - 1) + 1

    def positions(self, extent: int) -> int:
        """Positions along one axis: floor((n + 2p - d(k - 1) - 1)/s) + 1; 0 or less does not fit."""
        return (extent + 2 * self.padding - self.reach) // self.stride + 1

    def sum(self, extent: int) -> str:
        """The same as a sum to read: (8 - 3 + 2·1)/1 + 1 = 8."""
        reach = f"({self.dilation}·({self.kernel} - 1) + 1)" if self.dilation > 1 else f"{self.kernel}"
        inner = f"({extent} - {reach} + 2·{self.padding})/{self.stride}"
        if (extent + 2 * self.padding - self.reach) % self.stride:
            inner = f"⌊{inner}⌋"
        return f"{inner} + 1 = {self.positions(extent)}"

    def sums(self, extents: Shape) -> str:
        """One sum for every axis, once where all are alike."""
        return ", ".join(map(self.sum, dict.fromkeys(extents)))

    def slide(self, name: str, extents: Shape, remedies: tuple[Remedy, ...] = ()) -> Shape:
        """Extents after it slid along every axis. Raises Misfit where it does not fit."""
        out = tuple(map(self.positions, extents))
        if min(out) >= 1:
            return out
        worst = min(extents)
        room = worst + 2 * self.padding
        # With gaps: as many cells as fit with them.
        smaller = SetParam("kernel_size", (room - 1) // self.dilation + 1)
        denser = (SetParam("dilation", 1),) if self.dilation > 1 and self.kernel <= room else ()
        raise Misfit(
            "kernel",
            N_("{name}: a kernel of {kernel} does not fit into {extent}: {sum}."),
            "kernel_size",
            (*remedies, *denser, smaller),
            name=name,
            kernel=self.kernel,
            extent=worst,
            sum=self.sum(worst),
        )


def as_image(x: Shape) -> tuple[Remedy, ...]:
    """Ways to make (channels, height, width) of something else."""
    if len(x) == 1:
        side = isqrt(x[0])
        square = (side, side) if side * side == x[0] else (1, x[0])
        return (InsertBefore("reshape", {"extents": (1, *square)}),)
    return (InsertBefore("reshape", {"extents": (1, *x)}),) if len(x) == 2 else ()


def as_sequence(x: Shape) -> tuple[Remedy, ...]:
    """Ways to make (channels, length) of something else."""
    if not x:
        return ()
    return (InsertBefore("reshape", {"extents": (1, x[0]) if len(x) == 1 else (x[0], prod(x[1:]))}),)


def refuse_rank(name: str, axes: int, x: Shape, code: str = "rank") -> None:
    """Raise Misfit for anything but a sequence (one axis after the channels) or an image (two)."""
    if len(x) == axes + 1:
        return
    template, remedies = N_("{name} expects a sequence, channels × length, gets {got}."), as_sequence(x)
    if axes == 2:
        template, remedies = N_("{name} expects an image, channels × height × width, gets {got}."), as_image(x)
    raise Misfit(code, template, "in", remedies, name=name, got=show_shape(x))


def refuse_groups(name: str, groups: int, channels: int, out: int) -> None:
    """Raise Misfit where the groups do not part the channels evenly, in front or behind."""
    if channels % groups == 0 and out % groups == 0:
        return
    fitting = SetParam("groups", gcd(channels, out, groups))
    wider = (SetParam("out_channels", -(-out // groups) * groups),) if channels % groups == 0 else ()
    raise Misfit(
        "groups",
        N_("{name}: {groups} groups must divide both the {channels} channels in and the {out} channels out."),
        "groups",
        (*wider, fitting),
        name=name,
        groups=groups,
        channels=channels,
        out=out,
    )


class _Convolution(Layer):
    """What Conv1d and Conv2d share."""

    axes: ClassVar[int]
    family: ClassVar[str] = "convolution"
    spreads: ClassVar[bool] = True
    size_field: ClassVar[str] = "out_channels"

    out_channels: Annotated[int, Field(ge=1, le=65_536)] = Field(
        16, title=N_("Channels out"), description=N_("How many kernels are learned: each makes one feature map")
    )
    kernel_size: Annotated[int, Field(ge=1, le=255)] = Field(
        3, title=N_("Kernel size"), description=N_("Extent of the sliding window")
    )
    stride: Annotated[int, Field(ge=1, le=255)] = Field(
        1, title=N_("Stride"), description=N_("How far the window moves")
    )
    padding: Annotated[int, Field(ge=0, le=255)] = Field(
        0, title=N_("Padding"), description=N_("Zeros added at every edge; half the kernel keeps the size")
    )
    dilation: Annotated[int, Field(ge=1, le=255)] = Field(
        1, title=N_("Dilation"), description=N_("Distance between the cells a kernel looks at; 1: side by side")
    )
    groups: Annotated[int, Field(ge=1, le=65_536)] = Field(
        1,
        title=N_("Groups"),
        description=N_("Channels are parted into so many groups that do not mix; as many as channels in: depthwise"),
    )
    bias: bool = Field(True, title=N_("Bias"), description=N_("Add a learned offset to every map"))

    @property
    def window(self) -> Window:
        """The window that slides."""
        return Window(self.kernel_size, self.stride, self.padding, self.dilation)

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        refuse_rank(self.title, self.axes, x)
        refuse_groups(self.title, self.groups, x[0], self.out_channels)
        # Just enough padding for the kernel to fit at least once.
        padding = (self.window.reach - min(x[1:]) + 1) // 2
        remedy = (SetParam("padding", padding),) if padding <= self.window.reach // 2 and padding <= 255 else ()
        return (self.out_channels, *self.window.slide(self.title, x[1:], remedy))

    def parameters(self, *inputs: Shape) -> int:
        weights: int = inputs[0][0] // self.groups * self.kernel_size**self.axes
        return (weights + self.bias) * self.out_channels

    def call(self, *inputs: Shape) -> Call:
        usual = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True}
        options = {name: getattr(self, name) for name, value in usual.items() if getattr(self, name) != value}
        return Call(f"nn.Conv{self.axes}d", (inputs[0][0], self.out_channels, self.kernel_size), options)

    def arithmetic(self, *inputs: Shape) -> str:
        return self.window.sums(inputs[0][1:])

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        match what:
            case "output":
                n, k, *position = index
                terms = [
                    pair
                    for c in range(numbers["weight"].shape[1])
                    for pair in self._seen(numbers, n, k, c, tuple(position))
                ]
                offset: tuple[Term, ...] = ((at(numbers, "bias", (k,), "b"),),) if self.bias else ()
                return (Line(place("y", *index), (*terms, *offset)),)
            case "gradient.input":
                return (Line(place("∂L/∂x", *index), tuple(self._blamed(numbers, index))),)
            case "gradient.weight":
                return (Line(place("∂L/∂w", *index), tuple(self._learned(numbers, index))),)
        k = index[0]
        upstream = numbers["upstream"]
        everywhere = [(n, k, *i) for n in range(len(upstream)) for i in places(upstream.shape[2:])]
        return (Line(place("∂L/∂b", k), tuple((at(numbers, "upstream", i, "∂L/∂y"),) for i in everywhere)),)

    def _cell(self, numbers: Numbers, position: Index, offset: Index) -> Index | None:
        extents = numbers["input"].shape[2:]
        return slide(position, offset, self.stride, self.padding, self.dilation, extents)

    def _seen(self, numbers: Numbers, n: int, k: int, c: int, position: Index) -> list[Term]:
        """What the window at this position takes from one channel; zeros of the padding add nothing."""
        weight = numbers["weight"]
        channel = k // (weight.shape[0] // self.groups) * weight.shape[1] + c
        cells = ((offset, self._cell(numbers, position, offset)) for offset in places(weight.shape[2:]))
        return [
            (at(numbers, "input", (n, channel, *cell), "x"), at(numbers, "weight", (k, c, *offset), "w"))
            for offset, cell in cells
            if cell is not None
        ]

    def _blamed(self, numbers: Numbers, index: Index) -> list[Term]:
        """Every window that saw this cell, by the weight with which it did."""
        n, channel, *cell = index
        weight, upstream = numbers["weight"], numbers["upstream"]
        group, c = divmod(channel, weight.shape[1])
        kernels = weight.shape[0] // self.groups
        found = [
            (position, offset)
            for offset in places(weight.shape[2:])
            for position in [
                tuple((x + self.padding - u * self.dilation) // self.stride for x, u in zip(cell, offset, strict=True))
            ]
            if all(0 <= p < e for p, e in zip(position, upstream.shape[2:], strict=True))
            and self._cell(numbers, position, offset) == tuple(cell)
        ]
        return [
            (at(numbers, "upstream", (n, k, *position), "∂L/∂y"), at(numbers, "weight", (k, c, *offset), "w"))
            for k in range(group * kernels, (group + 1) * kernels)
            for position, offset in found
        ]

    def _learned(self, numbers: Numbers, index: Index) -> list[Term]:
        """Every place of every sample at which this weight was used."""
        k, c, *offset = index
        weight, upstream = numbers["weight"], numbers["upstream"]
        channel = k // (weight.shape[0] // self.groups) * weight.shape[1] + c
        cells = [(p, self._cell(numbers, p, tuple(offset))) for p in places(upstream.shape[2:])]
        return [
            (at(numbers, "upstream", (n, k, *position), "∂L/∂y"), at(numbers, "input", (n, channel, *cell), "x"))
            for n in range(len(upstream))
            for position, cell in cells
            if cell is not None
        ]


@layer
class Conv1d(_Convolution):
    """Slides small learned kernels along a sequence.

    $y_{k,i} = b_k + \\sum_c \\sum_u w_{k,c,u} \\; x_{c,i+u}$: the same weights at every place.
    Length: $\\lfloor (n + 2p - d(k - 1) - 1)/s \\rfloor + 1$ with dilation $d$.

    Reference: Waibel, Hanazawa, Hinton, Shikano, Lang, IEEE Transactions on Acoustics, Speech and Signal Processing 37
    (1989); `torch.nn.Conv1d`.
    """

    kind: ClassVar[str] = "conv1d"
    title: ClassVar[str] = N_("Conv1d")
    glyph: ClassVar[str] = "mdi6.waveform"
    axes: ClassVar[int] = 1


@layer
class Conv2d(_Convolution):
    """Slides small learned kernels over an image.

    $y_{k,i,j} = b_k + \\sum_c \\sum_u \\sum_v w_{k,c,u,v} \\; x_{c,i+u,j+v}$: the same weights at every place.
    Size along each axis: $\\lfloor (n + 2p - d(k - 1) - 1)/s \\rfloor + 1$ with dilation $d$.

    Reference: LeCun, Bottou, Bengio, Haffner, Proceedings of the IEEE 86 (1998); `torch.nn.Conv2d`.
    """

    kind: ClassVar[str] = "conv2d"
    title: ClassVar[str] = N_("Conv2d")
    glyph: ClassVar[str] = "mdi6.grid"
    axes: ClassVar[int] = 2
