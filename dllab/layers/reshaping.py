"""Layers that keep every number and change only the shape."""

from math import prod
from typing import Annotated, ClassVar

from pydantic import Field

from dllab.layers.base import Call, Layer, Misfit, SetParam, Shape, layer, show_product, show_shape
from dllab.text import N_


@layer
class Flatten(Layer):
    """Lays all numbers of a sample in one row.

    $(c, h, w) \\to c \\cdot h \\cdot w$, last axis fastest. Nothing is learned and nothing lost but the neighbourhood.

    Reference: `torch.nn.Flatten`.
    """

    kind: ClassVar[str] = "flatten"
    title: ClassVar[str] = N_("Flatten")
    family: ClassVar[str] = "shape"
    glyph: ClassVar[str] = "mdi6.view-sequential-outline"

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if not x:
            raise Misfit("rank", N_("Flatten needs at least one axis, gets a single number."), "in")
        return (prod(x),)

    def call(self, *inputs: Shape) -> Call:
        return Call("nn.Flatten")

    def arithmetic(self, *inputs: Shape) -> str:
        return show_product(inputs[0])


@layer
class Reshape(Layer):
    """Arranges the same numbers in another shape.

    The product of the extents stays: $\\prod_i n_i = \\prod_j m_j$; one of them may be -1 and is worked out.

    Reference: `torch.Tensor.reshape`.
    """

    kind: ClassVar[str] = "reshape"
    title: ClassVar[str] = N_("Reshape")
    family: ClassVar[str] = "shape"
    glyph: ClassVar[str] = "mdi6.shape-outline"

    extents: Annotated[tuple[Annotated[int, Field(ge=-1)], ...], Field(min_length=1, max_length=8)] = Field(
        (-1,),
        title=N_("Shape"),
        description=N_("Extents of one sample without the batch axis, as 1, 8, 8; one may be -1: whatever is left"),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        size, wanted = prod(x), self.extents
        if 0 in wanted or wanted.count(-1) > 1:
            raise Misfit(
                "extent",
                N_("Reshape: {wanted} holds a 0 or more than one -1; one extent may be -1, the others count from 1."),
                "extents",
                (SetParam("extents", (-1,)),),
                wanted=show_shape(wanted),
            )
        known = prod(n for n in wanted if n != -1)
        if size % known or (-1 not in wanted and size != known):
            raise self._wrong_product(x, known)
        return tuple(size // known if n == -1 else n for n in wanted)

    def _wrong_product(self, x: Shape, known: int) -> Misfit:
        rest = prod(n for n in self.extents[:-1] if n != -1)
        open_end = (*self.extents[:-1], prod(x) // rest)
        keeps_start = -1 not in self.extents[:-1] and len(self.extents) > 1 and prod(x) % rest == 0
        remedies = (SetParam("extents", open_end),) if keeps_start else ()
        return Misfit(
            "reshape",
            N_("Reshape: {got} numbers do not fill {wanted}."),
            "extents",
            (*remedies, SetParam("extents", (-1,))),
            got=show_product(x),
            wanted=show_product(self.extents) if -1 not in self.extents else show_shape(self.extents),
        )

    def call(self, *inputs: Shape) -> Call:
        return Call("blocks.Reshape", self.extents)

    def arithmetic(self, *inputs: Shape) -> str:
        return f"{show_product(inputs[0])} = {show_shape(self.shape(*inputs))}"
