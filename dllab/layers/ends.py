"""Where data enters the network and where predictions leave it."""

from typing import ClassVar, Literal

from dllab.layers.base import Call, Layer, layer
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


@layer
class Output(Layer):
    """Hands the network's prediction to the loss function.

    Cross-entropy takes raw scores (logits), one per class, and applies the softmax itself:
    $\\mathrm{CE} = -\\log \\frac{e^{z_y}}{\\sum_k e^{z_k}}$.

    Reference: Goodfellow, Bengio, Courville, *Deep Learning* (2016), 6.2.2, on output units.
    """

    kind: ClassVar[str] = "output"
    title: ClassVar[str] = N_("Output")
    family: ClassVar[str] = "output"
    glyph: ClassVar[str] = "mdi6.bullseye-arrow"

    def output_ports(self) -> tuple[str, ...]:
        return ()

    def call(self, *inputs: tuple[int, ...]) -> Call | None:
        return None
