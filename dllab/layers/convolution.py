"""Convolutions (cross-correlations, as everywhere in deep learning), and the window that slides for them and for pooling."""

from math import isqrt, prod
from typing import Annotated, ClassVar

from pydantic import Field

from dllab.layers.base import Call, InsertBefore, Layer, Misfit, Remedy, SetParam, Shape, layer, show_shape
from dllab.text import N_


def window_extent(extent: int, kernel: int, stride: int, padding: int) -> int:
    """Positions of a sliding window along one axis: floor((n + 2p - k)/s) + 1; 0 or less does not fit."""
    return (extent + 2 * padding - kernel) // stride + 1


def window_sum(extent: int, kernel: int, stride: int, padding: int) -> str:
    """The same as a sum to read: (8 - 3 + 2·1)/1 + 1 = 8."""
    inner = f"({extent} - {kernel} + 2·{padding})/{stride}"
    if (extent + 2 * padding - kernel) % stride:
        inner = f"⌊{inner}⌋"
    return f"{inner} + 1 = {window_extent(extent, kernel, stride, padding)}"


def window_sums(extents: Shape, kernel: int, stride: int, padding: int) -> str:
    """One sum for every axis, once where all are alike."""
    return ", ".join(window_sum(n, kernel, stride, padding) for n in dict.fromkeys(extents))


def slide(
    name: str, extents: Shape, kernel: int, stride: int, padding: int, remedies: tuple[Remedy, ...] = ()
) -> Shape:
    """Extents after a window slid along every axis. Raises Misfit where it does not fit."""
    out = tuple(window_extent(n, kernel, stride, padding) for n in extents)
    if min(out) < 1:
        worst = min(extents)
        raise Misfit(
            "kernel",
            N_("{name}: a kernel of {kernel} does not fit into {extent}: {sum}."),
            "kernel_size",
            (*remedies, SetParam("kernel_size", worst + 2 * padding)),
            name=name,
            kernel=kernel,
            extent=worst,
            sum=window_sum(worst, kernel, stride, padding),
        )
    return out


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


class _Convolution(Layer):
    """What Conv1d and Conv2d share."""

    axes: ClassVar[int]
    family: ClassVar[str] = "convolution"
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
    bias: bool = Field(True, title=N_("Bias"), description=N_("Add a learned offset to every map"))

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        self._refuse_rank(x)
        # Just enough padding for the kernel to fit at least once.
        padding = (self.kernel_size - min(x[1:]) + 1) // 2
        remedy = (SetParam("padding", padding),) if padding <= self.kernel_size // 2 else ()
        return (self.out_channels, *slide(self.title, x[1:], self.kernel_size, self.stride, self.padding, remedy))

    def _refuse_rank(self, x: Shape) -> None:
        if len(x) == self.axes + 1:
            return
        if self.axes == 2:
            template, remedies = N_("Conv2d expects an image, channels × height × width, gets {got}."), as_image(x)
        else:
            template, remedies = N_("Conv1d expects a sequence, channels × length, gets {got}."), as_sequence(x)
        raise Misfit("rank", template, "in", remedies, got=show_shape(x))

    def parameters(self, *inputs: Shape) -> int:
        weights: int = inputs[0][0] * self.kernel_size**self.axes
        return (weights + self.bias) * self.out_channels

    def call(self, *inputs: Shape) -> Call:
        options = {"stride": self.stride, "padding": self.padding, "bias": self.bias}
        usual = {"stride": 1, "padding": 0, "bias": True}
        args = (inputs[0][0], self.out_channels, self.kernel_size)
        return Call(f"nn.Conv{self.axes}d", args, {k: v for k, v in options.items() if v != usual[k]})

    def arithmetic(self, *inputs: Shape) -> str:
        return window_sums(inputs[0][1:], self.kernel_size, self.stride, self.padding)


@layer
class Conv1d(_Convolution):
    """Slides small learned kernels along a sequence.

    $y_{k,i} = b_k + \\sum_c \\sum_u w_{k,c,u} \\; x_{c,i+u}$: the same weights at every place.
    Length: $\\lfloor (n + 2p - k)/s \\rfloor + 1$.

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
    Size along each axis: $\\lfloor (n + 2p - k)/s \\rfloor + 1$.

    Reference: LeCun, Bottou, Bengio, Haffner, Proceedings of the IEEE 86 (1998); `torch.nn.Conv2d`.
    """

    kind: ClassVar[str] = "conv2d"
    title: ClassVar[str] = N_("Conv2d")
    glyph: ClassVar[str] = "mdi6.grid"
    axes: ClassVar[int] = 2
