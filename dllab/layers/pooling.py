"""Pooling: one number in place of many, over windows or over everything. Sequences and images alike."""

from typing import Annotated, ClassVar

from pydantic import Field

from dllab.layers.base import Call, Layer, Misfit, SetParam, Shape, layer, show_shape
from dllab.layers.convolution import Window, as_image
from dllab.layers.sums import Index, Line, Lines, Numbers, Term, at, constant, place, places, slide
from dllab.text import N_


class _Pooling(Layer):
    """What all pooling layers share: (channels, length) or (channels, height, width) comes in."""

    family: ClassVar[str] = "shape"
    spreads: ClassVar[bool] = True

    def refuse_rank(self, x: Shape) -> None:
        """Raise Misfit for anything but a sequence or an image."""
        # torch would take (features,) for a sequence without channels and pool across features: never what is meant.
        if len(x) not in (2, 3):
            raise Misfit(
                "rank",
                N_("{name} expects channels × length or channels × height × width, gets {got}."),
                "in",
                as_image(x),
                name=self.title,
                got=show_shape(x),
            )


class _WindowPooling(_Pooling):
    """What MaxPool and AvgPool share."""

    torch_name: ClassVar[str]

    kernel_size: Annotated[int, Field(ge=1, le=255)] = Field(
        2, title=N_("Kernel size"), description=N_("Extent of the window that becomes one number")
    )
    stride: Annotated[int, Field(ge=1, le=255)] | None = Field(
        None, title=N_("Stride"), description=N_("How far the window moves; automatic: by its own extent")
    )
    padding: Annotated[int, Field(ge=0, le=127)] = Field(
        0, title=N_("Padding"), description=N_("Cells added at every edge; at most half the kernel")
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        self.refuse_rank(x)
        if self.padding > self.kernel_size // 2:
            raise Misfit(
                "padding",
                N_("{name}: a padding of {padding} is more than half the kernel: {kernel}/2 = {half}."),
                "padding",
                (SetParam("padding", self.kernel_size // 2), SetParam("kernel_size", 2 * self.padding)),
                name=self.title,
                padding=self.padding,
                kernel=self.kernel_size,
                half=f"{self.kernel_size / 2:g}",
            )
        return (x[0], *Window(self.kernel_size, self.step, self.padding).slide(self.title, x[1:]))

    @property
    def step(self) -> int:
        """The stride in use."""
        return self.stride or self.kernel_size

    def call(self, *inputs: Shape) -> Call:
        options = {name: value for name, value in (("stride", self.stride), ("padding", self.padding)) if value}
        return Call(f"nn.{self.torch_name}{len(inputs[0]) - 1}d", (self.kernel_size,), options)

    def arithmetic(self, *inputs: Shape) -> str:
        return Window(self.kernel_size, self.step, self.padding).sums(inputs[0][1:])

    def cells(self, numbers: Numbers, index: Index) -> list[Index]:
        """The input cells in the window of one output cell."""
        n, c, *position = index
        extents = numbers["input"].shape[2:]
        offsets = places([self.kernel_size] * len(extents))
        seen = (slide(tuple(position), u, self.step, self.padding, 1, extents) for u in offsets)
        return [(n, c, *cell) for cell in seen if cell is not None]

    def windows(self, numbers: Numbers, index: Index) -> list[tuple[Index, list[Index]]]:
        """The output cells whose windows hold this input cell, with their windows."""
        positions = [(*index[:2], *p) for p in places(numbers["upstream"].shape[2:])]
        found = ((position, self.cells(numbers, position)) for position in positions)
        return [(position, cells) for position, cells in found if index in cells]


@layer
class MaxPool(_WindowPooling):
    """Keeps the largest number of every window: whether a feature is there, not exactly where.

    $y_i = \\max_{0 \\le u < k} x_{s i + u}$ along each axis. Size along each axis: $\\lfloor (n + 2p - k)/s \\rfloor + 1$.

    Reference: Riesenhuber, Poggio, Nature Neuroscience 2 (1999); `torch.nn.MaxPool1d`, `torch.nn.MaxPool2d`.
    """

    kind: ClassVar[str] = "max_pool"
    title: ClassVar[str] = N_("MaxPool")
    glyph: ClassVar[str] = "mdi6.arrow-collapse-all"
    torch_name: ClassVar[str] = "MaxPool"

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        return _largest(self, numbers, what, index)


@layer
class AvgPool(_WindowPooling):
    """Takes the mean of every window.

    $y_i = \\frac{1}{k} \\sum_{0 \\le u < k} x_{s i + u}$ along each axis; padded zeros count.
    Size along each axis: $\\lfloor (n + 2p - k)/s \\rfloor + 1$.

    Reference: LeCun et al., Neural Computation 1 (1989); `torch.nn.AvgPool1d`, `torch.nn.AvgPool2d`.
    """

    kind: ClassVar[str] = "avg_pool"
    title: ClassVar[str] = N_("AvgPool")
    glyph: ClassVar[str] = "mdi6.arrow-collapse"
    torch_name: ClassVar[str] = "AvgPool"

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        share = constant(1 / self.kernel_size ** (len(index) - 2))
        if what == "output":
            seen = self.cells(numbers, index)
            return (Line(place("y", *index), tuple((at(numbers, "input", cell, "x"), share) for cell in seen)),)
        windows = self.windows(numbers, index)
        return (
            Line(place("∂L/∂x", *index), tuple((at(numbers, "upstream", p, "∂L/∂y"), share) for p, _cells in windows)),
        )


class _GlobalPooling(_Pooling):
    """What the global poolings share."""

    block: ClassVar[str]

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        self.refuse_rank(x)
        return x[:1]

    def call(self, *inputs: Shape) -> Call:
        return Call(f"blocks.{self.block}")

    def arithmetic(self, *inputs: Shape) -> str:
        return f"{show_shape(inputs[0])} → {inputs[0][0]}"


@layer
class GlobalAvgPool(_GlobalPooling):
    """Takes the mean of every channel: one number for a whole map, whatever its size.

    $y_c = \\frac{1}{H W} \\sum_{i,j} x_{c,i,j}$.

    Reference: Lin, Chen, Yan, *Network in Network*, ICLR 2014.
    """

    kind: ClassVar[str] = "global_avg_pool"
    title: ClassVar[str] = N_("GlobalAvgPool")
    glyph: ClassVar[str] = "mdi6.image-filter-center-focus"
    block: ClassVar[str] = "GlobalAvgPool"

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        cells = [(*index[:2], *i) for i in places(numbers["input"].shape[2:])]
        share = constant(1 / len(cells))
        if what == "output":
            return (Line(place("y", *index), tuple((at(numbers, "input", cell, "x"), share) for cell in cells)),)
        return (Line(place("∂L/∂x", *index), ((at(numbers, "upstream", index[:2], "∂L/∂y"), share),)),)


@layer
class GlobalMaxPool(_GlobalPooling):
    """Keeps the largest number of every channel: how strongly a feature shows anywhere.

    $y_c = \\max_{i,j} x_{c,i,j}$.

    Reference: Oquab, Bottou, Laptev, Sivic, CVPR 2015.
    """

    kind: ClassVar[str] = "global_max_pool"
    title: ClassVar[str] = N_("GlobalMaxPool")
    glyph: ClassVar[str] = "mdi6.crop-free"
    block: ClassVar[str] = "GlobalMaxPool"

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        x = numbers["input"]
        cells = [(*index[:2], *i) for i in places(x.shape[2:])]
        largest = Line(place("y", *index[:2]), tuple((at(numbers, "input", cell, "x"),) for cell in cells), "max")
        if what == "output":
            return (largest,)
        # Equal winners share the blame.
        winners = [cell for cell in cells if float(x[cell]) == largest.value]
        share = constant(1 / len(winners) if index in winners else 0.0)
        return largest, Line(place("∂L/∂x", *index), ((at(numbers, "upstream", index[:2], "∂L/∂y"), share),))


class _AdaptivePooling(_Pooling):
    """What the adaptive poolings share."""

    torch_name: ClassVar[str]

    output_size: Annotated[int, Field(ge=1, le=1024)] = Field(
        1, title=N_("Output size"), description=N_("Extent that comes out along every axis, whatever comes in")
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        self.refuse_rank(x)
        return (x[0], *(self.output_size for _axis in x[1:]))

    def call(self, *inputs: Shape) -> Call:
        return Call(f"nn.{self.torch_name}{len(inputs[0]) - 1}d", (self.output_size,))

    def arithmetic(self, *inputs: Shape) -> str:
        return ", ".join(f"{n} → {self.output_size}" for n in dict.fromkeys(inputs[0][1:]))

    def cells(self, numbers: Numbers, index: Index) -> list[Index]:
        """The input cells in the window of one output cell."""
        n, c, *position = index
        size, extents = self.output_size, numbers["input"].shape[2:]
        starts = [i * extent // size for i, extent in zip(position, extents, strict=True)]
        stops = [-(-(i + 1) * extent // size) for i, extent in zip(position, extents, strict=True)]
        offsets = places(stop - start for start, stop in zip(starts, stops, strict=True))
        return [(n, c, *(start + u for start, u in zip(starts, offset, strict=True))) for offset in offsets]

    def windows(self, numbers: Numbers, index: Index) -> list[tuple[Index, list[Index]]]:
        """The output cells whose windows hold this input cell, with their windows."""
        positions = [(*index[:2], *p) for p in places(numbers["upstream"].shape[2:])]
        found = ((position, self.cells(numbers, position)) for position in positions)
        return [(position, cells) for position, cells in found if index in cells]


@layer
class AdaptiveAvgPool(_AdaptivePooling):
    """Takes means over windows chosen so that the output always has the same size.

    Output cell $i$ of $m$ averages the inputs from $\\lfloor i n / m \\rfloor$ up to $\\lceil (i + 1) n / m \\rceil$.

    Reference: `torch.nn.AdaptiveAvgPool1d`, `torch.nn.AdaptiveAvgPool2d`.
    """

    kind: ClassVar[str] = "adaptive_avg_pool"
    title: ClassVar[str] = N_("AdaptiveAvgPool")
    short: ClassVar[str] = N_("AdaptiveAvg")
    glyph: ClassVar[str] = "mdi6.resize"
    torch_name: ClassVar[str] = "AdaptiveAvgPool"

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        if what == "output":
            seen = self.cells(numbers, index)
            share = constant(1 / len(seen))
            return (Line(place("y", *index), tuple((at(numbers, "input", cell, "x"), share) for cell in seen)),)
        terms = [
            (at(numbers, "upstream", position, "∂L/∂y"), constant(1 / len(cells)))
            for position, cells in self.windows(numbers, index)
        ]
        return (Line(place("∂L/∂x", *index), tuple(terms)),)


@layer
class AdaptiveMaxPool(_AdaptivePooling):
    """Keeps the largest number of windows chosen so that the output always has the same size.

    Output cell $i$ of $m$ looks at the inputs from $\\lfloor i n / m \\rfloor$ up to $\\lceil (i + 1) n / m \\rceil$.

    Reference: `torch.nn.AdaptiveMaxPool1d`, `torch.nn.AdaptiveMaxPool2d`.
    """

    kind: ClassVar[str] = "adaptive_max_pool"
    title: ClassVar[str] = N_("AdaptiveMaxPool")
    short: ClassVar[str] = N_("AdaptiveMax")
    glyph: ClassVar[str] = "mdi6.fit-to-page-outline"
    torch_name: ClassVar[str] = "AdaptiveMaxPool"

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        return _largest(self, numbers, what, index)


def _largest(pool: _WindowPooling | _AdaptivePooling, numbers: Numbers, what: str, index: Index) -> Lines:
    """The sums of a pooling that keeps the largest number of every window."""
    if what == "output":
        seen = pool.cells(numbers, index)
        return (Line(place("y", *index), tuple((at(numbers, "input", cell, "x"),) for cell in seen), "max"),)
    x = numbers["input"]
    # Only the winner of a window is to blame; of equal ones the first.
    terms: list[Term] = [
        (at(numbers, "upstream", position, "∂L/∂y"), constant(1.0))
        for position, cells in pool.windows(numbers, index)
        if max(cells, key=lambda cell: float(x[cell])) == index
    ]
    return (Line(place("∂L/∂x", *index), tuple(terms)),)
