"""Optimisers: how a gradient becomes a step. Learning rate and weight decay belong to the recipe, common to all."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from dllab.declare import Declared, Registry
from dllab.text import N_


class Optimiser(Declared):
    """Base of all optimisers."""

    torch_name: ClassVar[str]
    """Class in torch.optim."""
    states: ClassVar[int] = 1
    """Numbers it remembers for each parameter, at most."""

    def options(self) -> dict[str, Any]:
        """Keyword arguments besides learning rate and weight decay."""
        return dict(self)


OPTIMISERS: Registry[Optimiser] = Registry("dllab.optimisers")
optimiser = OPTIMISERS.add

_BETA = Annotated[float, Field(ge=0.0, lt=1.0)]


@optimiser
class SGD(Optimiser):
    """Steps against the gradient; with momentum it keeps some of the last step's speed.

    $v \\leftarrow \\mu v + g$, $\\theta \\leftarrow \\theta - \\eta v$; Nesterov looks one step ahead: $g + \\mu v$ in place of $v$.

    Reference: Sutskever, Martens, Dahl, Hinton, ICML 2013; `torch.optim.SGD`.
    """

    kind: ClassVar[str] = "sgd"
    title: ClassVar[str] = N_("SGD")
    torch_name: ClassVar[str] = "SGD"

    momentum: _BETA = Field(0.0, title=N_("Momentum"), description=N_("Share of the last step that is kept; 0: none"))
    nesterov: bool = Field(False, title=N_("Nesterov"), description=N_("Look one step ahead; needs momentum"))

    def options(self) -> dict[str, Any]:
        return {"momentum": self.momentum, "nesterov": self.nesterov and self.momentum > 0}


@optimiser
class RMSprop(Optimiser):
    """Divides every gradient by the recent size of that gradient.

    $s \\leftarrow \\alpha s + (1 - \\alpha) g^2$, $\\theta \\leftarrow \\theta - \\eta \\, g / (\\sqrt{s} + \\epsilon)$.

    Reference: Tieleman, Hinton, lecture 6.5 of *Neural Networks for Machine Learning* (2012); `torch.optim.RMSprop`.
    """

    kind: ClassVar[str] = "rmsprop"
    title: ClassVar[str] = N_("RMSprop")
    torch_name: ClassVar[str] = "RMSprop"
    states: ClassVar[int] = 2

    alpha: _BETA = Field(0.99, title=N_("Alpha"), description=N_("How slowly the recent size is forgotten"))
    momentum: _BETA = Field(0.0, title=N_("Momentum"), description=N_("Share of the last step that is kept; 0: none"))


class _Adam(Optimiser):
    """What Adam and AdamW share."""

    states: ClassVar[int] = 2

    beta1: _BETA = Field(0.9, title=N_("Beta 1"), description=N_("How slowly the mean gradient is forgotten"))
    beta2: _BETA = Field(0.999, title=N_("Beta 2"), description=N_("How slowly the mean squared gradient is forgotten"))

    def options(self) -> dict[str, Any]:
        return {"betas": (self.beta1, self.beta2)}


@optimiser
class Adam(_Adam):
    """Momentum and RMSprop together, each corrected for its cold start.

    $\\theta \\leftarrow \\theta - \\eta \\, \\hat m / (\\sqrt{\\hat v} + \\epsilon)$; weight decay is added to the gradient.

    Reference: Kingma, Ba, ICLR 2015; `torch.optim.Adam`.
    """

    kind: ClassVar[str] = "adam"
    title: ClassVar[str] = N_("Adam")
    torch_name: ClassVar[str] = "Adam"


@optimiser
class AdamW(_Adam):
    """Adam whose weight decay acts on the weights themselves, not through the gradient.

    $\\theta \\leftarrow \\theta - \\eta \\, ( \\hat m / (\\sqrt{\\hat v} + \\epsilon) + \\lambda \\theta )$.

    Reference: Loshchilov, Hutter, ICLR 2019; `torch.optim.AdamW`.
    """

    kind: ClassVar[str] = "adamw"
    title: ClassVar[str] = N_("AdamW")
    torch_name: ClassVar[str] = "AdamW"
