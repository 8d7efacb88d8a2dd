"""Normalisation: mean 0 and spread 1 in the middle of the network, then a learned scale and offset."""

from math import prod
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from dllab.layers.base import Call, InsertBefore, Layer, Misfit, Shape, layer, show_product, show_shape
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


def _unusual(layer: Layer, **usual: Any) -> dict[str, Any]:
    """Parameters that are not as torch has them by default."""
    return {name: getattr(layer, name) for name, value in usual.items() if getattr(layer, name) != value}
