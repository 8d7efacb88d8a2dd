"""Regularisation: making it harder to learn the training samples by heart."""

from typing import Annotated, ClassVar

from pydantic import Field

from dllab.layers.base import Call, Layer, Shape, layer
from dllab.text import N_


@layer
class Dropout(Layer):
    """Sets random numbers to 0 while training, so that no unit can rely on another.

    Each number is dropped with probability $p$; the others grow by $\\frac{1}{1 - p}$ so that their mean stays.
    In use, and when validation is measured, it does nothing.

    Reference: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, JMLR 15 (2014); `torch.nn.Dropout`.
    """

    kind: ClassVar[str] = "dropout"
    title: ClassVar[str] = N_("Dropout")
    family: ClassVar[str] = "regularise"
    glyph: ClassVar[str] = "mdi6.grain"

    # torch allows 1: everything dropped, nothing learned. Nobody means that.
    p: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(
        0.5, title=N_("Probability"), description=N_("Share of the numbers that is dropped; 0 drops none")
    )

    def call(self, *inputs: Shape) -> Call:
        return Call("nn.Dropout", (self.p,))
