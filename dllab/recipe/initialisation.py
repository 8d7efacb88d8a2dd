"""Initialisations: what the weights of a layer are before training. Torch's own are kept unless another is chosen."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from dllab.declare import Declared, Registry
from dllab.layers.base import Call
from dllab.text import N_


class Initialisation(Declared):
    """Base of all initialisations. Matrices and kernels are drawn; offsets beside them become 0."""

    torch_name: ClassVar[str] = ""
    """Function in torch.nn.init; empty leaves what torch has drawn."""

    def options(self) -> dict[str, Any]:
        """Its keyword arguments."""
        return dict(self)

    def call(self) -> Call | None:
        """The function with its options, without the weights it fills; None leaves them as they are."""
        return Call(f"nn.init.{self.torch_name}", (), self.options()) if self.torch_name else None


INITIALISATIONS: Registry[Initialisation] = Registry("dllab.initialisations")
initialisation = INITIALISATIONS.add

_GAIN = Annotated[float, Field(gt=0.0, le=1e3)]
_GAIN_HELP = N_("Multiplies the spread: 1 for a layer without activation, 5/3 for tanh, 1.41 for ReLU")


@initialisation
class Default(Initialisation):
    """As torch does it for this kind of layer.

    For Linear and convolutions uniform between $\\pm 1 / \\sqrt{n_{in}}$, offsets too.

    Reference: the source of `torch.nn.Linear.reset_parameters`.
    """

    kind: ClassVar[str] = "default"
    title: ClassVar[str] = N_("As torch does")


@initialisation
class Zeros(Initialisation):
    """All weights 0: units that begin alike get the same gradient and stay alike for ever.

    $w = 0$. It shows why weights are drawn at random.

    Reference: Goodfellow, Bengio, Courville, *Deep Learning* (2016), 8.4; `torch.nn.init.zeros_`.
    """

    kind: ClassVar[str] = "zeros"
    title: ClassVar[str] = N_("Zeros")
    torch_name: ClassVar[str] = "zeros_"


@initialisation
class Uniform(Initialisation):
    """Every number between two bounds with the same chance.

    $w \\sim U(-a, a)$.

    Reference: `torch.nn.init.uniform_`.
    """

    kind: ClassVar[str] = "uniform"
    title: ClassVar[str] = N_("Uniform")
    torch_name: ClassVar[str] = "uniform_"

    bound: Annotated[float, Field(gt=0.0, le=1e6)] = Field(
        0.1, title=N_("Bound"), description=N_("The largest absolute value")
    )

    def options(self) -> dict[str, Any]:
        return {"a": -self.bound, "b": self.bound}


@initialisation
class Normal(Initialisation):
    """Draws from a bell curve around 0.

    $w \\sim N(0, \\sigma^2)$.

    Reference: `torch.nn.init.normal_`.
    """

    kind: ClassVar[str] = "normal"
    title: ClassVar[str] = N_("Normal")
    torch_name: ClassVar[str] = "normal_"

    std: Annotated[float, Field(gt=0.0, le=1e6)] = Field(
        0.05, title=N_("Spread"), description=N_("Standard deviation of the weights")
    )


@initialisation
class XavierUniform(Initialisation):
    """Keeps the spread of values about equal forward and of gradients backward, through layers like tanh.

    $w \\sim U(-a, a)$ with $a = g \\sqrt{6 / (n_{in} + n_{out})}$.

    Reference: Glorot, Bengio, AISTATS 2010; `torch.nn.init.xavier_uniform_`.
    """

    kind: ClassVar[str] = "xavier_uniform"
    title: ClassVar[str] = N_("Xavier, uniform")
    torch_name: ClassVar[str] = "xavier_uniform_"

    gain: _GAIN = Field(1.0, title=N_("Gain"), description=_GAIN_HELP)


@initialisation
class XavierNormal(Initialisation):
    """Xavier from a bell curve: the spread of values stays about equal forward, of gradients backward.

    $w \\sim N(0, \\sigma^2)$ with $\\sigma = g \\sqrt{2 / (n_{in} + n_{out})}$.

    Reference: Glorot, Bengio, AISTATS 2010; `torch.nn.init.xavier_normal_`.
    """

    kind: ClassVar[str] = "xavier_normal"
    title: ClassVar[str] = N_("Xavier, normal")
    torch_name: ClassVar[str] = "xavier_normal_"

    gain: _GAIN = Field(1.0, title=N_("Gain"), description=_GAIN_HELP)


@initialisation
class He(Initialisation):
    """Makes up for ReLU, which lets only half of the numbers through: the spread stays from layer to layer.

    $\\sigma = \\sqrt{2 / n_{in}}$, as a bell curve or evenly between $\\pm \\sqrt{6 / n_{in}}$.

    Reference: He, Zhang, Ren, Sun, ICCV 2015; `torch.nn.init.kaiming_normal_`, `torch.nn.init.kaiming_uniform_`.
    """

    kind: ClassVar[str] = "kaiming"
    title: ClassVar[str] = N_("He (Kaiming)")

    shape: Literal["normal", "uniform"] = Field(
        "normal", title=N_("Distribution"), description=N_("A bell curve, or evenly between two bounds")
    )

    def call(self) -> Call:
        return Call(f"nn.init.kaiming_{self.shape}_", (), {"nonlinearity": "relu"})


@initialisation
class Orthogonal(Initialisation):
    """A rotation: no direction grows or shrinks, however often it is applied, as in a recurrent layer.

    $W^\\top W = g^2 I$.

    Reference: Saxe, McClelland, Ganguli, ICLR 2014; `torch.nn.init.orthogonal_`.
    """

    kind: ClassVar[str] = "orthogonal"
    title: ClassVar[str] = N_("Orthogonal")
    torch_name: ClassVar[str] = "orthogonal_"

    gain: _GAIN = Field(1.0, title=N_("Gain"), description=_GAIN_HELP)
