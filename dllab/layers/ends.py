"""Where data enters the network and where predictions leave it."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dllab.document.experiment import Choice
from dllab.layers.base import Call, Layer, Misfit, Shape, layer, show_shape
from dllab.layers.sums import Index, Line, Lines, Numbers, Term, at, constant, place, places
from dllab.text import N_


@layer
class Input(Layer):
    """Brings the prepared samples of the data into the network.

    $x \\in \\mathbb{R}^{N \\times n_1 \\times n_2 \\ldots}$: its shape is that of one sample; the batch axis $N$ in front is not
    shown.

    Reference: Goodfellow, Bengio, Courville, *Deep Learning* (2016), 8.1.3, on batches.
    """

    kind: ClassVar[str] = "input"
    title: ClassVar[str] = N_("Input")
    family: ClassVar[str] = "data"
    glyph: ClassVar[str] = "mdi6.database-outline"
    indices: ClassVar[Literal["refuse", "take", "pass"]] = "pass"

    def input_ports(self) -> tuple[str, ...]:
        return ()

    def call(self, *inputs: tuple[int, ...]) -> Call | None:
        return None


_WEIGHT = Annotated[float, Field(ge=0.0, le=1e6)]
_COUNTS = N_("How much its loss counts in the sum of all losses")


class End(Layer):
    """Base of the ends of a network: each adds its loss, times its weight, to what training makes small."""

    family: ClassVar[str] = "output"

    def output_ports(self) -> tuple[str, ...]:
        return ()

    def call(self, *inputs: Shape) -> Call | None:
        return None


@layer
class Output(End):
    """Hands the network's prediction to the loss function.

    Cross-entropy takes raw scores (logits), one per class, and applies the softmax itself:
    $\\mathrm{CE} = -\\log \\frac{e^{z_y}}{\\sum_k e^{z_k}}$. An autoencoder is compared with its own input; noise that the
    preparation adds is not in what it is compared with. With several Outputs the loss is the sum of
    $w_i L_i$, each with a loss of its own or that of the recipe.

    Reference: Goodfellow, Bengio, Courville, *Deep Learning* (2016), 6.2.2, on output units, and 14 on autoencoders.
    """

    kind: ClassVar[str] = "output"
    title: ClassVar[str] = N_("Output")
    glyph: ClassVar[str] = "mdi6.bullseye-arrow"

    target: Literal["label", "input"] = Field(
        "label",
        title=N_("Target"),
        description=N_(
            "label: what the data asks for; input: the sample itself, as an autoencoder has to give it back"
        ),
    )
    weight: _WEIGHT = Field(1.0, title=N_("Weight"), description=_COUNTS)
    loss: Choice | None = Field(None, title=N_("Loss"), description=N_("A loss of its own; automatic: the recipe's"))


@layer
class Prior(End):
    """Keeps the distributions of a variational autoencoder near the standard normal one, so that it can be drawn from.

    $L = \\frac{1}{N} \\sum_n \\mathrm{KL}(q_n \\| N(0, I)) = \\frac{1}{N} \\sum_n \\frac12 \\sum_j (\\mu_j^2 + \\sigma_j^2 - \\log \\sigma_j^2 - 1)$.
    Together with the loss of the reconstruction, summed over the numbers of a sample, it is the negative evidence
    lower bound (ELBO); a weight $\\beta$ over 1 makes the code simpler and the pictures blurred.

    Reference: Kingma, Welling, *Auto-encoding variational Bayes*, ICLR 2014, appendix B; Higgins et al., *β-VAE*, ICLR 2017.
    """

    kind: ClassVar[str] = "prior"
    title: ClassVar[str] = N_("Prior")
    glyph: ClassVar[str] = "mdi6.magnet"

    weight: _WEIGHT = Field(1.0, title=N_("Weight"), description=_COUNTS)

    def input_ports(self) -> tuple[str, ...]:
        return ("mu", "logvar")

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        mu, share, half = numbers["mu"], constant(1 / len(numbers["mu"])), constant(0.5)
        minus = constant(-0.5)

        def spread(cell: Index) -> Line:
            return Line("e^logvar", ((at(numbers, "logvar", cell, "logvar"),),), "exp")

        if what == "gradient.mu":
            return (Line(place("∂L/∂μ", *index), ((at(numbers, "mu", index, "μ"), share),)),)
        if what == "gradient.logvar":
            line = spread(index)
            return line, Line(place("∂L/∂logvar", *index), ((half, line.factor(), share), (minus, share)))
        terms: list[Term] = []
        for cell in places(mu.shape):
            mean = at(numbers, "mu", cell, "μ")
            terms += [(half, mean, mean, share), (half, spread(cell).factor(), share)]
            terms += [(minus, at(numbers, "logvar", cell, "logvar"), share), (minus, share)]
        return (Line("L", tuple(terms)),)

    def shape(self, *inputs: Shape) -> Shape:
        mu, logvar = inputs
        if mu != logvar:
            text = N_("Prior needs equal shapes: mu is {mu}, logvar is {logvar}.")
            raise Misfit("shapes", text, "logvar", mu=show_shape(mu), logvar=show_shape(logvar))
        return mu

    def loss_call(self) -> Call:
        """How torch builds the loss of what comes in."""
        return Call("blocks.StandardNormal")
