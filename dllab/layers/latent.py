"""Numbers that come from no sample: constants, and random draws whose distribution is learned."""

from math import prod
from typing import Annotated, ClassVar

from pydantic import Field

from dllab.layers.base import Call, Layer, Misfit, Shape, layer, show_product, show_shape
from dllab.layers.sums import Index, Line, Lines, Numbers, at, constant, place
from dllab.text import N_


@layer
class Constant(Layer):
    """Puts out the same numbers for every sample: fixed ones, or ones that are learned.

    $y = c$, whatever $x$ is: the wire that comes in only says how many samples there are. Learned, it is an offset, a
    position or the class token of a vision transformer.

    Reference: Dosovitskiy et al., *An image is worth 16x16 words*, ICLR 2021, on the class token; `torch.full`.
    """

    kind: ClassVar[str] = "constant"
    title: ClassVar[str] = N_("Constant")
    family: ClassVar[str] = "combine"
    glyph: ClassVar[str] = "mdi6.numeric"

    extents: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1, max_length=8)] = Field(
        (1,), title=N_("Shape"), description=N_("Extents of what comes out for one sample, without the batch axis")
    )
    value: Annotated[float, Field(ge=-1e6, le=1e6)] = Field(
        1.0, title=N_("Value"), description=N_("What every number is; where a learned constant begins")
    )
    learned: bool = Field(False, title=N_("Learned"), description=N_("Train these numbers like weights"))

    def shape(self, *inputs: Shape) -> Shape:
        return self.extents

    def parameters(self, *inputs: Shape) -> int:
        return prod(self.extents) if self.learned else 0

    def call(self, *inputs: Shape) -> Call:
        return Call("blocks.Constant", (self.extents, self.value), {"learned": True} if self.learned else {})

    def arithmetic(self, *inputs: Shape) -> str:
        return show_product(self.extents)

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        if what == "output":
            value = at(numbers, "weight", index[1:], "c") if self.learned else constant(self.value)
            return (Line(place("y", *index), ((value,),)),)
        samples = range(len(numbers["upstream"]))
        return (Line(place("∂L/∂c", *index), tuple((at(numbers, "upstream", (n, *index), "∂L/∂y"),) for n in samples)),)


@layer
class Reparameterise(Layer):
    """Draws random numbers around a mean, with a spread that is learned; in use it gives the mean itself.

    $z = \\mu + e^{\\frac{1}{2} \\log \\sigma^2} \\, \\varepsilon$ with $\\varepsilon \\sim N(0, 1)$: the randomness stands beside the
    way of the gradient, so that $\\mu$ and $\\log \\sigma^2$ can be learned.

    Reference: Kingma, Welling, *Auto-encoding variational Bayes*, ICLR 2014, 2.4.
    """

    kind: ClassVar[str] = "reparameterise"
    title: ClassVar[str] = N_("Reparameterise")
    short: ClassVar[str] = N_("Reparam.")
    family: ClassVar[str] = "combine"
    glyph: ClassVar[str] = "mdi6.dice-multiple-outline"

    def input_ports(self) -> tuple[str, ...]:
        return ("mu", "logvar")

    def shape(self, *inputs: Shape) -> Shape:
        mu, logvar = inputs
        if mu != logvar:
            text = N_("Reparameterise needs equal shapes: mu is {mu}, logvar is {logvar}.")
            raise Misfit("shapes", text, "logvar", mu=show_shape(mu), logvar=show_shape(logvar))
        return mu

    def call(self, *inputs: Shape) -> Call:
        return Call("blocks.Reparameterise")

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        if "noise" not in numbers or what not in ("output", "gradient.input.mu", "gradient.input.logvar"):
            return ()
        spread = Line("e^(½·logvar)", ((constant(0.5), at(numbers, "input.logvar", index, "logvar")),), "exp")
        noise = at(numbers, "noise", index, "ε")
        if what == "output":
            return spread, Line(place("z", *index), ((at(numbers, "input.mu", index, "μ"),), (spread.factor(), noise)))
        upstream = at(numbers, "upstream", index, "∂L/∂z")
        if what == "gradient.input.mu":
            return (Line(place("∂L/∂μ", *index), ((upstream,),)),)
        return spread, Line(place("∂L/∂logvar", *index), ((upstream, constant(0.5), spread.factor(), noise),))
