"""From few places to many: the way back from a small map to a large one, in autoencoders and generators."""

from math import prod
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dllab.layers.base import Call, Layer, Misfit, SetParam, Shape, layer, show_shape
from dllab.layers.convolution import as_image, refuse_rank
from dllab.layers.sums import Index, Line, Lines, Numbers, Term, at, constant, place, places
from dllab.text import N_


class _TransposedConvolution(Layer):
    """What ConvTranspose1d and ConvTranspose2d share."""

    axes: ClassVar[int]
    family: ClassVar[str] = "convolution"
    spreads: ClassVar[bool] = True
    size_field: ClassVar[str] = "out_channels"

    out_channels: Annotated[int, Field(ge=1, le=65_536)] = Field(
        16, title=N_("Channels out"), description=N_("How many maps come out")
    )
    kernel_size: Annotated[int, Field(ge=1, le=255)] = Field(
        2, title=N_("Kernel size"), description=N_("Extent of the patch that every input number is spread over")
    )
    stride: Annotated[int, Field(ge=1, le=255)] = Field(
        2, title=N_("Stride"), description=N_("How far apart the patches are laid: 2 doubles the size")
    )
    padding: Annotated[int, Field(ge=0, le=255)] = Field(
        0, title=N_("Padding"), description=N_("Cells cut off at every edge")
    )
    output_padding: Annotated[int, Field(ge=0, le=254)] = Field(
        0, title=N_("Output padding"), description=N_("Cells added at one end; less than the stride")
    )
    bias: bool = Field(True, title=N_("Bias"), description=N_("Add a learned offset to every map"))

    def _extent(self, n: int) -> int:
        return (n - 1) * self.stride - 2 * self.padding + self.kernel_size + self.output_padding

    def _sum(self, n: int) -> str:
        k, s, p, o = self.kernel_size, self.stride, self.padding, self.output_padding
        return f"({n} - 1)·{s} - 2·{p} + {k}{f' + {o}' if o else ''} = {self._extent(n)}"

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        refuse_rank(self.title, self.axes, x)
        if self.output_padding >= self.stride:
            text = N_("{name}: an output padding of {got} must be less than the stride {stride}.")
            fix = (SetParam("output_padding", self.stride - 1),)
            at = "output_padding"
            raise Misfit("output-padding", text, at, fix, name=self.title, got=self.output_padding, stride=self.stride)
        smallest = min(x[1:])
        if self._extent(smallest) < 1:
            text = N_("{name}: a padding of {padding} leaves nothing: {sum}.")
            fits = (self._extent(smallest) + 2 * self.padding - 1) // 2
            fix = (SetParam("padding", fits),)
            raise Misfit(
                "nothing-left", text, "padding", fix, name=self.title, padding=self.padding, sum=self._sum(smallest)
            )
        return (self.out_channels, *map(self._extent, x[1:]))

    def parameters(self, *inputs: Shape) -> int:
        weights: int = inputs[0][0] * self.kernel_size**self.axes
        return (weights + self.bias) * self.out_channels

    def call(self, *inputs: Shape) -> Call:
        usual = {"stride": 1, "padding": 0, "output_padding": 0, "bias": True}
        options = {name: getattr(self, name) for name, value in usual.items() if getattr(self, name) != value}
        return Call(f"nn.ConvTranspose{self.axes}d", (inputs[0][0], self.out_channels, self.kernel_size), options)

    def arithmetic(self, *inputs: Shape) -> str:
        return ", ".join(map(self._sum, dict.fromkeys(inputs[0][1:])))

    def _landed(self, cell: Index, offset: Index, extents: Shape) -> Index | None:
        """Where the patch of an input cell lays its number with this offset; None where it is cut off."""
        found = tuple(i * self.stride + u - self.padding for i, u in zip(cell, offset, strict=True))
        return found if all(0 <= p < n for p, n in zip(found, extents, strict=True)) else None

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        x, weight = numbers["input"], numbers["weight"]
        offsets = tuple(places(weight.shape[2:]))
        if what == "output":
            n, k, *position = index
            extents = numbers["output"].shape[2:]
            hits = [
                (cell, u)
                for cell in places(x.shape[2:])
                for u in offsets
                if self._landed(cell, u, extents) == tuple(position)
            ]
            terms: list[Term] = [
                (at(numbers, "input", (n, c, *cell), "x"), at(numbers, "weight", (c, k, *u), "w"))
                for c in range(x.shape[1])
                for cell, u in hits
            ]
            offset: tuple[Term, ...] = ((at(numbers, "bias", (k,), "b"),),) if self.bias else ()
            return (Line(place("y", *index), (*terms, *offset)),)
        return self._blamed(numbers, what, index, offsets)

    def _blamed(self, numbers: Numbers, what: str, index: Index, offsets: tuple[Index, ...]) -> Lines:
        x, upstream = numbers["input"], numbers["upstream"]
        extents = upstream.shape[2:]
        terms: list[Term] = []
        if what == "gradient.input":
            n, c, *cell = index
            landed = [(u, p) for u in offsets if (p := self._landed(tuple(cell), u, extents)) is not None]
            terms = [
                (at(numbers, "upstream", (n, k, *p), "∂L/∂y"), at(numbers, "weight", (c, k, *u), "w"))
                for k in range(upstream.shape[1])
                for u, p in landed
            ]
            return (Line(place("∂L/∂x", *index), tuple(terms)),)
        if what == "gradient.weight":
            c, k, *u = index
            cells = [(i, p) for i in places(x.shape[2:]) if (p := self._landed(i, tuple(u), extents)) is not None]
            terms = [
                (at(numbers, "upstream", (n, k, *p), "∂L/∂y"), at(numbers, "input", (n, c, *i), "x"))
                for n in range(len(x))
                for i, p in cells
            ]
            return (Line(place("∂L/∂w", *index), tuple(terms)),)
        everywhere = [(n, index[0], *i) for n in range(len(x)) for i in places(extents)]
        return (Line(place("∂L/∂b", *index), tuple((at(numbers, "upstream", i, "∂L/∂y"),) for i in everywhere)),)


@layer
class ConvTranspose1d(_TransposedConvolution):
    """Lays a learned patch for every number of a sequence and adds up where patches overlap: the sequence grows.

    $y_{k, s i + u} = b_k + \\sum_c \\sum_i x_{c,i} \\; w_{c,k,u}$: the gradient of a convolution, run forward.
    Length: $(n - 1) s - 2p + k$ plus the output padding.

    Reference: Zeiler, Krishnan, Taylor, Fergus, CVPR 2010; `torch.nn.ConvTranspose1d`.
    """

    kind: ClassVar[str] = "conv_transpose1d"
    title: ClassVar[str] = N_("ConvTranspose1d")
    short: ClassVar[str] = N_("ConvTransp1d")
    glyph: ClassVar[str] = "mdi6.arrow-expand-horizontal"
    axes: ClassVar[int] = 1


@layer
class ConvTranspose2d(_TransposedConvolution):
    """Lays a learned patch for every pixel and adds up where patches overlap: the image grows.

    $y_{k, s i + u, s j + v} = b_k + \\sum_c \\sum_{i,j} x_{c,i,j} \\; w_{c,k,u,v}$: the gradient of a convolution, run forward.
    Size along each axis: $(n - 1) s - 2p + k$ plus the output padding.

    Reference: Zeiler, Krishnan, Taylor, Fergus, CVPR 2010; `torch.nn.ConvTranspose2d`.
    """

    kind: ClassVar[str] = "conv_transpose2d"
    title: ClassVar[str] = N_("ConvTranspose2d")
    short: ClassVar[str] = N_("ConvTransp2d")
    glyph: ClassVar[str] = "mdi6.arrow-expand-all"
    axes: ClassVar[int] = 2


@layer
class Upsample(Layer):
    """Makes a sequence or an image larger without learning anything: by repeating or by blending.

    nearest repeats every number $s$ times along each axis; linear draws straight lines between them (bilinear for images).
    Size along each axis: $s \\cdot n$.

    Reference: Odena, Dumoulin, Olah, *Deconvolution and checkerboard artifacts*, Distill 2016; `torch.nn.Upsample`.
    """

    kind: ClassVar[str] = "upsample"
    title: ClassVar[str] = N_("Upsample")
    spreads: ClassVar[bool] = True
    family: ClassVar[str] = "shape"
    glyph: ClassVar[str] = "mdi6.magnify-plus-outline"

    scale_factor: Annotated[int, Field(ge=1, le=64)] = Field(
        2, title=N_("Scale factor"), description=N_("How many times larger along every axis")
    )
    mode: Literal["nearest", "linear"] = Field(
        "nearest", title=N_("Mode"), description=N_("nearest: repeat numbers; linear: blend between neighbours")
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) not in (2, 3):
            text = N_("Upsample expects channels × length or channels × height × width, gets {got}.")
            raise Misfit("rank", text, "in", as_image(x), got=show_shape(x))
        return (x[0], *(n * self.scale_factor for n in x[1:]))

    def call(self, *inputs: Shape) -> Call:
        linear = "bilinear" if len(inputs[0]) == 3 else "linear"
        options = {"mode": linear} if self.mode == "linear" else {}
        return Call("nn.Upsample", (), {"scale_factor": self.scale_factor, **options})

    def arithmetic(self, *inputs: Shape) -> str:
        s = self.scale_factor
        return ", ".join(f"{s} · {n} = {s * n}" for n in dict.fromkeys(inputs[0][1:]))

    def _seen(self, position: int, extent: int) -> list[tuple[int, float]]:
        """The input cells that a place along one axis is made of, each with its share."""
        if self.mode == "nearest":
            return [(position // self.scale_factor, 1.0)]
        middle = max(0.0, (position + 0.5) / self.scale_factor - 0.5)
        first = int(middle)
        last = min(first + 1, extent - 1)
        if first == last:
            return [(first, 1.0)]
        return [(first, first + 1 - middle), (last, middle - first)]

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        extents = numbers["input"].shape[2:]

        def shares(position: Index) -> dict[Index, float]:
            seen = [self._seen(p, n) for p, n in zip(position, extents, strict=True)]
            picks = places(map(len, seen))
            chosen = [[axis[i] for axis, i in zip(seen, pick, strict=True)] for pick in picks]
            return {tuple(cell for cell, _s in pick): prod(share for _c, share in pick) for pick in chosen}

        front, here = index[:2], index[2:]
        if what == "output":
            terms = [
                (at(numbers, "input", (*front, *cell), "x"), constant(share)) for cell, share in shares(here).items()
            ]
            return (Line(place("y", *index), tuple(terms)),)
        users = [(p, shares(p)) for p in places(numbers["upstream"].shape[2:])]
        terms = [
            (at(numbers, "upstream", (*front, *p), "∂L/∂y"), constant(found[here]))
            for p, found in users
            if here in found
        ]
        return (Line(place("∂L/∂x", *index), tuple(terms)),)
