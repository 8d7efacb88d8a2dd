"""What checking knows of one node."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dllab.layers.base import Layer, Shape


@dataclass(frozen=True)
class NodeCheck:
    """What is known of one node."""

    layer: Layer | None
    """None for a kind this installation doesn't know or parameters that can't be."""
    inputs: tuple[Shape | None, ...] = ()
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    """Shape of each output port, as far as known."""
    parameters: int = 0
    arithmetic: str = ""
    takes_lengths: bool = False
    """Whether its module is also given how long each sample is, because shorter ones are padded."""
