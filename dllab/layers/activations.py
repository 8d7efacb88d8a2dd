"""Activation functions: what makes a stack of layers more than one matrix."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from dllab.layers.base import Call, Layer, Misfit, SetParam, Shape, layer, show_shape
from dllab.layers.sums import Factor, Index, Line, Lines, Numbers, at, constant, place, shares, short
from dllab.text import N_


class _Activation(Layer):
    """What all activations share: they act on every number by itself."""

    family: ClassVar[str] = "activation"
    pointwise: ClassVar[bool] = True

    def keeps_time(self, *inputs: Shape) -> bool:
        return True

    def call(self, *inputs: Shape) -> Call:
        return Call(f"nn.{self.title}", (), self.options())

    def options(self) -> dict[str, Any]:
        """Keyword arguments of the torch module, as far as they are not torch's own defaults."""
        fields = type(self).model_fields
        return {name: value for name, value in self if value != fields[name].default}

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        x = at(numbers, "input", index, "x")
        if what == "output":
            return self.value(x, place("y", *index))
        lines = self.slope(x)
        if not lines or what == "local":
            return lines
        upstream = at(numbers, "upstream", index, "∂L/∂y")
        return (*lines, Line(place("∂L/∂x", *index), ((upstream, lines[-1].factor()),)))

    def value(self, x: Factor, name: str) -> Lines:
        """How the output comes from the input; empty: not told."""
        return ()

    def slope(self, x: Factor) -> Lines:
        """The local derivative, in the last line; empty: not told."""
        return ()


def _slope(*terms: tuple[Factor, ...]) -> Line:
    return Line("dy/dx", terms)


def _chosen(x: Factor, above: float, below: float) -> Line:
    """A slope that hangs on the sign alone."""
    return _slope((constant(above if x.value > 0 else below),))


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

    def value(self, x: Factor, name: str) -> Lines:
        return (Line(name, ((constant(0.0),), (x,)), "max"),)

    def slope(self, x: Factor) -> Lines:
        return (_chosen(x, 1.0, 0.0),)


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

    def value(self, x: Factor, name: str) -> Lines:
        return (Line(name, ((x, constant(1.0 if x.value > 0 else self.negative_slope)),)),)

    def slope(self, x: Factor) -> Lines:
        return (_chosen(x, 1.0, self.negative_slope),)


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

    def value(self, x: Factor, name: str) -> Lines:
        if x.value > 0:
            return (Line(name, ((x,),)),)
        alpha, e = constant(self.alpha), Line("e^x", ((x,),), "exp")
        return e, Line(name, ((alpha, e.factor()), (constant(-1.0), alpha)))

    def slope(self, x: Factor) -> Lines:
        if x.value > 0:
            return (_chosen(x, 1.0, 0.0),)
        e = Line("e^x", ((x,),), "exp")
        return e, _slope((constant(self.alpha), e.factor()))


_ROOT, _CUBE = Factor("√(2/π)", 0.7978845608028654), constant(0.044715)


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

    def value(self, x: Factor, name: str) -> Lines:
        if self.approximate != "none":
            bend = self._bend(x)
            return (*bend, Line(name, ((constant(0.5), x), (constant(0.5), x, bend[-1].factor()))))
        below = Line("Φ(x)", ((x,),), "Φ")
        return below, Line(name, ((x, below.factor()),))

    def slope(self, x: Factor) -> Lines:
        if self.approximate != "none":
            return self._bent_slope(x)
        below, e = Line("Φ(x)", ((x,),), "Φ"), Line("e^(−x²/2)", ((constant(-0.5), x, x),), "exp")
        scale = Factor("1/√(2π)", 0.3989422804014327)
        return below, e, _slope((below.factor(),), (x, scale, e.factor()))

    def _bend(self, x: Factor) -> Lines:
        inner = Line("u", ((_ROOT, x), (_ROOT, _CUBE, x, x, x)))
        return inner, Line("tanh u", ((inner.factor(),),), "tanh")

    def _bent_slope(self, x: Factor) -> Lines:
        inner, bent = self._bend(x)
        half, t = constant(0.5), bent.factor()
        steep = Line("du/dx", ((_ROOT,), (constant(3.0), _ROOT, _CUBE, x, x)))
        rest = (constant(-0.5), x, t, t, steep.factor())
        return inner, bent, steep, _slope((half,), (half, t), (half, x, steep.factor()), rest)


@layer
class SiLU(_Activation):
    """Weighs every number by its own sigmoid; also called swish.

    $f(x) = x \\, \\sigma(x) = \\frac{x}{1 + e^{-x}}$.

    Reference: Elfwing, Uchibe, Doya, Neural Networks 107 (2018); `torch.nn.SiLU`.
    """

    kind: ClassVar[str] = "silu"
    title: ClassVar[str] = N_("SiLU")
    glyph: ClassVar[str] = "mdi6.wave-undercurrent"

    def value(self, x: Factor, name: str) -> Lines:
        gate = Line("σ(x)", ((x,),), "sigmoid")
        return gate, Line(name, ((x, gate.factor()),))

    def slope(self, x: Factor) -> Lines:
        gate = Line("σ(x)", ((x,),), "sigmoid")
        g = gate.factor()
        return gate, _slope((g,), (x, g), (constant(-1.0), x, g, g))


@layer
class Sigmoid(_Activation):
    """Squashes every number into the range from 0 to 1.

    $\\sigma(x) = \\frac{1}{1 + e^{-x}}$. Its slope is at most 1/4, so gradients shrink through many of them.

    Reference: Goodfellow, Bengio, Courville, *Deep Learning* (2016), 6.3.2; `torch.nn.Sigmoid`.
    """

    kind: ClassVar[str] = "sigmoid"
    title: ClassVar[str] = N_("Sigmoid")
    glyph: ClassVar[str] = "mdi6.chart-bell-curve-cumulative"

    def value(self, x: Factor, name: str) -> Lines:
        return (Line(name, ((x,),), "sigmoid"),)

    def slope(self, x: Factor) -> Lines:
        y = Line("σ(x)", ((x,),), "sigmoid")
        return y, _slope((y.factor(), Factor(f"1 − {short(y.value)}", 1 - y.value)))


@layer
class Tanh(_Activation):
    """Squashes every number into the range from -1 to 1, keeping 0 at 0.

    $\\tanh(x) = \\frac{e^x - e^{-x}}{e^x + e^{-x}}$.

    Reference: LeCun, Bottou, Orr, Müller, *Efficient BackProp* (1998); `torch.nn.Tanh`.
    """

    kind: ClassVar[str] = "tanh"
    title: ClassVar[str] = N_("Tanh")
    glyph: ClassVar[str] = "mdi6.math-integral"

    def value(self, x: Factor, name: str) -> Lines:
        return (Line(name, ((x,),), "tanh"),)

    def slope(self, x: Factor) -> Lines:
        y = Line("tanh(x)", ((x,),), "tanh")
        return y, _slope((constant(1.0),), (constant(-1.0), y.factor(), y.factor()))


@layer
class Softmax(_Activation):
    """Turns scores into shares that add up to 1.

    $p_i = \\frac{e^{z_i}}{\\sum_k e^{z_k}}$ along one axis. Cross-entropy does this itself: leave it out before that loss.

    Reference: Bridle, *Neurocomputing* (1990); `torch.nn.Softmax`.
    """

    kind: ClassVar[str] = "softmax"
    title: ClassVar[str] = N_("Softmax")
    spreads: ClassVar[bool] = True
    glyph: ClassVar[str] = "mdi6.chart-bar"
    pointwise: ClassVar[bool] = False

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

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        axis = self.axis if self.axis is not None else len(index) - 1
        along = [(*index[:axis], k, *index[axis + 1 :]) for k in range(numbers["input"].shape[axis])]
        if what == "output":
            return shares(numbers, "input", along, index)
        p = at(numbers, "output", index, "p")
        mean = Line(
            "Σ ∂L/∂p · p", tuple((at(numbers, "upstream", i, "∂L/∂p"), at(numbers, "output", i, "p")) for i in along)
        )
        here = (p, at(numbers, "upstream", index, "∂L/∂p"))
        return mean, Line(place("∂L/∂z", *index), (here, (constant(-1.0), p, mean.factor())))


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

    def value(self, x: Factor, name: str) -> Lines:
        return (Line(name, ((x,),)),)

    def slope(self, x: Factor) -> Lines:
        return (_slope((constant(1.0),)),)
