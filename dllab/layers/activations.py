"""Activation functions: what makes a stack of layers more than one matrix."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from dllab.layers.base import Call, Layer, Misfit, SetParam, Shape, layer, show_shape
from dllab.text import N_


class _Activation(Layer):
    """What all activations share: they act on every number by itself."""

    family: ClassVar[str] = "activation"

    def keeps_time(self, *inputs: Shape) -> bool:
        return True

    def call(self, *inputs: Shape) -> Call:
        return Call(f"nn.{self.title}", (), self.options())

    def options(self) -> dict[str, Any]:
        """Keyword arguments of the torch module, as far as they are not torch's own defaults."""
        fields = type(self).model_fields
        return {name: value for name, value in self if value != fields[name].default}


@layer
class ReLU(_Activation):
    """Keeps positive numbers and turns negative ones into 0.

    $\\mathrm{ReLU}(x) = \\max(0, x)$. Its slope is 1 for $x > 0$ and 0 for $x < 0$: a unit that is negative for every
    sample no longer learns ("dead").

    Reference: Glorot, Bordes, Bengio, AISTATS 2011; `torch.nn.ReLU`.
    """

    kind: ClassVar[str] = "relu"
    title: ClassVar[str] = N_("ReLU")
    glyph: ClassVar[str] = "mdi6.angle-acute"


@layer
class LeakyReLU(_Activation):
    """Keeps positive numbers and shrinks negative ones, so that no unit dies.

    $f(x) = \\max(0, x) + a \\min(0, x)$ with a small slope $a$.

    Reference: Maas, Hannun, Ng, ICML 2013; `torch.nn.LeakyReLU`.
    """

    kind: ClassVar[str] = "leaky_relu"
    title: ClassVar[str] = N_("LeakyReLU")
    glyph: ClassVar[str] = "mdi6.angle-obtuse"

    negative_slope: Annotated[float, Field(ge=0.0, le=10.0)] = Field(
        0.01, title=N_("Negative slope"), description=N_("Slope where the input is negative; 0 is ReLU")
    )


@layer
class ELU(_Activation):
    """Keeps positive numbers and bends negative ones smoothly towards a limit.

    $f(x) = x$ for $x > 0$ and $\\alpha (e^x - 1)$ for $x \\le 0$.

    Reference: Clevert, Unterthiner, Hochreiter, ICLR 2016; `torch.nn.ELU`.
    """

    kind: ClassVar[str] = "elu"
    title: ClassVar[str] = N_("ELU")
    glyph: ClassVar[str] = "mdi6.vector-curve"

    alpha: Annotated[float, Field(gt=0.0, le=100.0)] = Field(
        1.0, title=N_("Alpha"), description=N_("Negative inputs end at minus this number")
    )


@layer
class GELU(_Activation):
    """Weighs every number by how likely a normal random number is to be smaller.

    $f(x) = x \\, \\Phi(x)$ with the normal distribution function $\\Phi$: a smooth ReLU with a small dip below 0.

    Reference: Hendrycks, Gimpel, arXiv 1606.08415 (2016); `torch.nn.GELU`.
    """

    kind: ClassVar[str] = "gelu"
    title: ClassVar[str] = N_("GELU")
    glyph: ClassVar[str] = "mdi6.wave"

    approximate: Literal["none", "tanh"] = Field(
        "none", title=N_("Approximate"), description=N_("none: exact; tanh: the older, faster formula")
    )


@layer
class SiLU(_Activation):
    """Weighs every number by its own sigmoid; also called swish.

    $f(x) = x \\, \\sigma(x) = \\frac{x}{1 + e^{-x}}$.

    Reference: Elfwing, Uchibe, Doya, Neural Networks 107 (2018); `torch.nn.SiLU`.
    """

    kind: ClassVar[str] = "silu"
    title: ClassVar[str] = N_("SiLU")
    glyph: ClassVar[str] = "mdi6.wave-undercurrent"


@layer
class Sigmoid(_Activation):
    """Squashes every number into the range from 0 to 1.

    $\\sigma(x) = \\frac{1}{1 + e^{-x}}$. Its slope is at most 1/4, so gradients shrink through many of them.

    Reference: Goodfellow, Bengio, Courville, *Deep Learning* (2016), 6.3.2; `torch.nn.Sigmoid`.
    """

    kind: ClassVar[str] = "sigmoid"
    title: ClassVar[str] = N_("Sigmoid")
    glyph: ClassVar[str] = "mdi6.chart-bell-curve-cumulative"


@layer
class Tanh(_Activation):
    """Squashes every number into the range from -1 to 1, keeping 0 at 0.

    $\\tanh(x) = \\frac{e^x - e^{-x}}{e^x + e^{-x}}$.

    Reference: LeCun, Bottou, Orr, Müller, *Efficient BackProp* (1998); `torch.nn.Tanh`.
    """

    kind: ClassVar[str] = "tanh"
    title: ClassVar[str] = N_("Tanh")
    glyph: ClassVar[str] = "mdi6.math-integral"


@layer
class Softmax(_Activation):
    """Turns scores into shares that add up to 1.

    $p_i = \\frac{e^{z_i}}{\\sum_k e^{z_k}}$ along one axis. Cross-entropy does this itself: leave it out before that loss.

    Reference: Bridle, *Neurocomputing* (1990); `torch.nn.Softmax`.
    """

    kind: ClassVar[str] = "softmax"
    title: ClassVar[str] = N_("Softmax")
    glyph: ClassVar[str] = "mdi6.chart-bar"

    axis: Annotated[int, Field(ge=1, le=8)] | None = Field(
        None,
        title=N_("Axis"),
        description=N_("Along which axis the shares add up; 1 is the first after the batch, automatic the last"),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if self.axis is not None and self.axis > len(x):
            raise Misfit(
                "axis",
                N_("Softmax along axis {axis}, but {got} has {count} axes after the batch."),
                "axis",
                (SetParam("axis", None),),
                axis=self.axis,
                got=show_shape(x),
                count=len(x),
            )
        return x

    def keeps_time(self, *inputs: Shape) -> bool:
        return self.axis != 1 and len(inputs[0]) > 1

    def call(self, *inputs: Shape) -> Call:
        return Call("nn.Softmax", (), {"dim": self.axis if self.axis is not None else -1})


@layer
class Identity(_Activation):
    """Passes its input on unchanged: a place to look, or to put something later.

    $f(x) = x$.

    Reference: `torch.nn.Identity`.
    """

    kind: ClassVar[str] = "identity"
    title: ClassVar[str] = N_("Identity")
    glyph: ClassVar[str] = "mdi6.arrow-right"
    indices: ClassVar[Literal["refuse", "take", "pass"]] = "pass"
