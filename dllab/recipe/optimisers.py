"""Optimisers: how a gradient becomes a step. Learning rate and weight decay belong to the recipe, common to all."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from dllab.declare import Declared, Registry
from dllab.layers.sums import Factor, Index, Line, Lines, Numbers, at, constant, place
from dllab.text import N_

_EPS = 1e-8
"""Keeps torch's optimisers from dividing by 0."""


class Optimiser(Declared):
    """Base of all optimisers."""

    torch_name: ClassVar[str]
    """Class in torch.optim."""
    states: ClassVar[int] = 1
    """Numbers it remembers for each parameter, at most."""

    def options(self) -> dict[str, Any]:
        """Keyword arguments besides learning rate and weight decay."""
        return dict(self)

    def told(self, numbers: Numbers, weight: str, index: Index, decay: float) -> dict[str, Line]:
        """How one number of a weight got its new value, in order: "new" and "after.KEY" for what is kept, other names for
        what lies between. `numbers` holds what an update is told with. Empty: not told."""
        return {}

    def explain(self, numbers: Numbers, weight: str, what: str, index: Index, decay: float) -> Lines:
        """The lines up to "new", or to what is kept as "after.KEY"."""
        lines = self.told(numbers, weight, index, decay)
        names = list(lines)
        return tuple(lines[name] for name in names[: names.index(what) + 1]) if what in lines else ()


OPTIMISERS: Registry[Optimiser] = Registry("dllab.optimisers")
optimiser = OPTIMISERS.add


def _start(numbers: Numbers, weight: str, index: Index, decay: float) -> tuple[Factor, Factor, dict[str, Line]]:
    """The old value, and the gradient with the weight decay in it."""
    old, gradient = at(numbers, f"{weight}.old", index, "θ"), at(numbers, f"{weight}.clipped", index, "g")
    if not decay:
        return old, gradient, {}
    line = Line("g + λθ", ((gradient,), (constant(decay), old)))
    return old, line.factor(), {"decayed": line}


def _kept(numbers: Numbers, weight: str, key: str, index: Index) -> Factor:
    """What the optimiser kept of the step before; 0 before the first one."""
    name = f"{weight}.before.{key}"
    return at(numbers, name, index, key) if name in numbers else constant(0.0)


def _faded(name: str, share: float, before: Factor, *new: Factor) -> Line:
    """A running mean: a share of what was, the rest of what is new."""
    return Line(name, ((constant(share), before), (constant(1 - share), *new)))


def _stepped(old: Factor, rate: Factor, step: Factor, index: Index) -> Line:
    return Line(place("θ new", *index), ((old,), (constant(-1.0), rate, step)))


def _rate(numbers: Numbers) -> Factor:
    return Factor("η", float(numbers["learning_rate"]))


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

    def told(self, numbers: Numbers, weight: str, index: Index, decay: float) -> dict[str, Line]:
        old, step, lines = _start(numbers, weight, index, decay)
        if self.momentum:
            share, gradient = constant(self.momentum), step
            speed = Line("v", ((share, _kept(numbers, weight, "momentum_buffer", index)), (gradient,)))
            lines["after.momentum_buffer"], step = speed, speed.factor()
            if self.nesterov:
                lines["ahead"] = Line("g + μv", ((gradient,), (share, step)))
                step = lines["ahead"].factor()
        lines["new"] = _stepped(old, _rate(numbers), step, index)
        return lines


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

    def told(self, numbers: Numbers, weight: str, index: Index, decay: float) -> dict[str, Line]:
        old, gradient, lines = _start(numbers, weight, index, decay)
        square = _faded("s", self.alpha, _kept(numbers, weight, "square_avg", index), gradient, gradient)
        size = Line("√s", ((square.factor(),),), "sqrt")
        scaled = Line("g / (√s + ε)", ((gradient,), (Factor("√s + ε", size.value + _EPS),)), "divide")
        lines |= {"after.square_avg": square, "size": size, "scaled": scaled}
        step = scaled.factor()
        if self.momentum:
            before = _kept(numbers, weight, "momentum_buffer", index)
            speed = Line("v", ((constant(self.momentum), before), (step,)))
            lines["after.momentum_buffer"], step = speed, speed.factor()
        lines["new"] = _stepped(old, _rate(numbers), step, index)
        return lines


class _Adam(Optimiser):
    """What Adam and AdamW share."""

    states: ClassVar[int] = 2

    beta1: _BETA = Field(0.9, title=N_("Beta 1"), description=N_("How slowly the mean gradient is forgotten"))
    beta2: _BETA = Field(0.999, title=N_("Beta 2"), description=N_("How slowly the mean squared gradient is forgotten"))

    def options(self) -> dict[str, Any]:
        return {"betas": (self.beta1, self.beta2)}

    def adapted(self, numbers: Numbers, weight: str, index: Index, gradient: Factor) -> tuple[dict[str, Line], Factor]:
        """Mean and mean square of the gradient, both corrected for their start at 0; the step that they give."""
        mean = _faded("m", self.beta1, _kept(numbers, weight, "exp_avg", index), gradient)
        square = _faded("v", self.beta2, _kept(numbers, weight, "exp_avg_sq", index), gradient, gradient)
        lines = {"after.exp_avg": mean, "after.exp_avg_sq": square}
        count = Factor("t", float(numbers[f"{weight}.after.step"]))
        for name, beta, line in (("m̂", self.beta1, mean), ("v̂", self.beta2, square)):
            faded = Line("β^t", ((constant(beta),), (count,)), "power")
            left = Line("1 − β^t", ((constant(1.0),), (constant(-1.0), faded.factor())))
            lines |= {f"faded {name}": faded, f"left {name}": left}
            lines[name] = Line(name, ((line.factor(),), (left.factor(),)), "divide")
        size = Line("√v̂", ((lines["v̂"].factor(),),), "sqrt")
        step = Line("m̂ / (√v̂ + ε)", ((lines["m̂"].factor(),), (Factor("√v̂ + ε", size.value + _EPS),)), "divide")
        return lines | {"size": size, "step": step}, step.factor()


@optimiser
class Adam(_Adam):
    """Momentum and RMSprop together, each corrected for its cold start.

    $\\theta \\leftarrow \\theta - \\eta \\, \\hat m / (\\sqrt{\\hat v} + \\epsilon)$; weight decay is added to the gradient.

    Reference: Kingma, Ba, ICLR 2015; `torch.optim.Adam`.
    """

    kind: ClassVar[str] = "adam"
    title: ClassVar[str] = N_("Adam")
    torch_name: ClassVar[str] = "Adam"

    def told(self, numbers: Numbers, weight: str, index: Index, decay: float) -> dict[str, Line]:
        old, gradient, lines = _start(numbers, weight, index, decay)
        more, step = self.adapted(numbers, weight, index, gradient)
        return lines | more | {"new": _stepped(old, _rate(numbers), step, index)}


@optimiser
class AdamW(_Adam):
    """Adam whose weight decay acts on the weights themselves, not through the gradient.

    $\\theta \\leftarrow \\theta - \\eta \\, ( \\hat m / (\\sqrt{\\hat v} + \\epsilon) + \\lambda \\theta )$.

    Reference: Loshchilov, Hutter, ICLR 2019; `torch.optim.AdamW`.
    """

    kind: ClassVar[str] = "adamw"
    title: ClassVar[str] = N_("AdamW")
    torch_name: ClassVar[str] = "AdamW"

    def told(self, numbers: Numbers, weight: str, index: Index, decay: float) -> dict[str, Line]:
        old, gradient, _none = _start(numbers, weight, index, 0.0)
        lines, step = self.adapted(numbers, weight, index, gradient)
        rate = _rate(numbers)
        shrunk = Line("θ − ηλθ", ((old,), (constant(-1.0), rate, constant(decay), old)))
        return lines | {"shrunk": shrunk, "new": _stepped(shrunk.factor(), rate, step, index)}
