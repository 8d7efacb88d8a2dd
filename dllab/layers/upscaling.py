"""From few places to many: the way back from a small map to a large one, in autoencoders and generators."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dllab.layers.base import Call, Layer, Misfit, SetParam, Shape, layer, show_shape
from dllab.layers.convolution import as_image, refuse_rank
from dllab.text import N_


class _TransposedConvolution(Layer):
    """What ConvTranspose1d and ConvTranspose2d share."""

    axes: ClassVar[int]
    family: ClassVar[str] = "convolution"
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
