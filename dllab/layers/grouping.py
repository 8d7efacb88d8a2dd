"""Layers made of layers: a group on the canvas and its ports. The document lays them open before torch sees them."""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from dllab.layers.base import Call, Layer, layer
from dllab.text import N_


class Ports(BaseModel):
    """Names of a group's inputs and outputs, which are those of the graph in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    inputs: tuple[str, ...] = ("in",)
    outputs: tuple[str, ...] = ("out",)


@layer
class Group(Layer):
    """Holds a part of the network under one name: open it to see and change what is inside.

    Repeated $n$ times, $y = f_n(\\ldots f_2(f_1(x)))$: every repetition has weights of its own, and what one puts out
    goes into the next. A copy of a group is a group of its own: changing one leaves the other as it is.

    Reference: He, Zhang, Ren, Sun, CVPR 2016, table 1, on networks of repeated blocks.
    """

    kind: ClassVar[str] = "group"
    title: ClassVar[str] = N_("Group")
    family: ClassVar[str] = "combine"
    glyph: ClassVar[str] = "mdi6.group"
    composite: ClassVar[bool] = True
    indices: ClassVar[Literal["refuse", "take", "pass"]] = "pass"

    repeat: Annotated[int, Field(ge=1, le=100)] = Field(
        1, title=N_("Repeat"), description=N_("How many times what is inside stands one behind the other")
    )
    ports: Ports = Ports()

    def input_ports(self) -> tuple[str, ...]:
        return self.ports.inputs

    def output_ports(self) -> tuple[str, ...]:
        return self.ports.outputs

    def call(self, *inputs: tuple[int, ...]) -> Call | None:
        return None


@layer
class GroupInput(Layer):
    """Brings into a group what is wired to it outside: each one is an input port of the group.

    $x$ inside is what arrives at the port of the same name outside.

    Reference: Abelson, Sussman, *Structure and Interpretation of Computer Programs* (1996), 1.1.8, on black boxes.
    """

    kind: ClassVar[str] = "group_input"
    title: ClassVar[str] = N_("Group input")
    family: ClassVar[str] = "combine"
    glyph: ClassVar[str] = "mdi6.import"
    composite: ClassVar[bool] = True
    indices: ClassVar[Literal["refuse", "take", "pass"]] = "pass"

    def input_ports(self) -> tuple[str, ...]:
        return ()

    def call(self, *inputs: tuple[int, ...]) -> Call | None:
        return None


@layer
class GroupOutput(Layer):
    """Hands out of a group what arrives here: each one is an output port of the group.

    $y$ outside is what arrives at the port of the same name inside.

    Reference: Abelson, Sussman, *Structure and Interpretation of Computer Programs* (1996), 1.1.8, on black boxes.
    """

    kind: ClassVar[str] = "group_output"
    title: ClassVar[str] = N_("Group output")
    family: ClassVar[str] = "combine"
    glyph: ClassVar[str] = "mdi6.export"
    composite: ClassVar[bool] = True
    indices: ClassVar[Literal["refuse", "take", "pass"]] = "pass"

    def output_ports(self) -> tuple[str, ...]:
        return ()

    def call(self, *inputs: tuple[int, ...]) -> Call | None:
        return None
