"""Regularisation: making it harder to learn the training samples by heart."""

from typing import Annotated, ClassVar

from pydantic import Field

from dllab.layers.base import Call, Layer, Shape, layer
from dllab.layers.convolution import refuse_rank
from dllab.layers.sums import Factor, Index, Line, Lines, Numbers, at, place
from dllab.text import N_


class _Dropping(Layer):
    """What all dropouts share."""

    family: ClassVar[str] = "regularise"
    pointwise: ClassVar[bool] = True

    # torch allows 1: everything dropped, nothing learned. Nobody means that.
    p: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(
        0.5, title=N_("Probability"), description=N_("Share of the numbers that is dropped; 0 drops none")
    )

    def call(self, *inputs: Shape) -> Call:
        return Call(f"nn.{self.title}", (self.p,))

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        # What was dropped is seen in the output; a number that was 0 before is told by its gradient, where there is one.
        before, after = (
            ("input", "output") if numbers["input"][index] or what == "output" else ("upstream", "gradient.input")
        )
        kept = bool(numbers[after][index]) or not numbers[before][index]
        scale = Factor("1/(1−p)", 1 / (1 - self.p)) if kept else Factor("dropped", 0.0)
        if not numbers["training"]:
            scale = Factor("1", 1.0)
        if what == "local":
            return (Line(place("dy/dx", *index), ((scale,),)),)
        array, name, result = ("input", "x", "y") if what == "output" else ("upstream", "∂L/∂y", "∂L/∂x")
        return (Line(place(result, *index), ((at(numbers, array, index, name), scale),)),)


@layer
class Dropout(_Dropping):
    """Sets random numbers to 0 while training, so that no unit can rely on another.

    Each number is dropped with probability $p$; the others grow by $\\frac{1}{1 - p}$ so that their mean stays.
    In use, and when validation is measured, it does nothing.

    Reference: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, JMLR 15 (2014); `torch.nn.Dropout`.
    """

    kind: ClassVar[str] = "dropout"
    title: ClassVar[str] = N_("Dropout")
    glyph: ClassVar[str] = "mdi6.grain"

    def keeps_time(self, *inputs: Shape) -> bool:
        return True


class _ChannelDropout(_Dropping):
    """What Dropout1d and Dropout2d share: a channel goes as a whole."""

    axes: ClassVar[int]

    def shape(self, *inputs: Shape) -> Shape:
        refuse_rank(self.title, self.axes, inputs[0], "no-channels")
        return inputs[0]


@layer
class Dropout1d(_ChannelDropout):
    """Sets whole random channels of a sequence to 0 while training: neighbours in a channel say nearly the same.

    Each channel is dropped with probability $p$; the others grow by $\\frac{1}{1 - p}$. In use it does nothing.

    Reference: Tompson, Goroshin, Jain, LeCun, Bregler, CVPR 2015; `torch.nn.Dropout1d`.
    """

    kind: ClassVar[str] = "dropout1d"
    title: ClassVar[str] = N_("Dropout1d")
    glyph: ClassVar[str] = "mdi6.view-week-outline"
    axes: ClassVar[int] = 1


@layer
class Dropout2d(_ChannelDropout):
    """Sets whole random feature maps to 0 while training: neighbours in a map say nearly the same.

    Each channel is dropped with probability $p$; the others grow by $\\frac{1}{1 - p}$. In use it does nothing.

    Reference: Tompson, Goroshin, Jain, LeCun, Bregler, CVPR 2015; `torch.nn.Dropout2d`.
    """

    kind: ClassVar[str] = "dropout2d"
    title: ClassVar[str] = N_("Dropout2d")
    glyph: ClassVar[str] = "mdi6.checkerboard"
    axes: ClassVar[int] = 2
