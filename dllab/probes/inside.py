"""What goes into every call of the network and what comes out of it, for some samples."""

from dataclasses import dataclass

from torch import Tensor, nn

from dllab.build.module import Network


@dataclass(frozen=True)
class Passage:
    """One call of a module."""

    module: nn.Module
    inputs: list[Tensor]
    outputs: tuple[Tensor, ...]
    lengths: Tensor | None
    """How long each sample is, where the module is told."""


def passages(network: Network, x: Tensor) -> dict[str, Passage]:
    """Every call by the id of its node, in order. It runs as the mode of the network and of autograd says."""
    values, lengths = network.begin(x)
    found: dict[str, Passage] = {}
    for step in network.plan:
        inputs = [values[slot] for slot in step.inputs]
        outputs = step.carry_out(inputs, lengths)
        for slot, value in zip(step.outputs, outputs, strict=True):
            values[slot] = value
        found[step.node] = Passage(step.module, inputs, outputs, lengths if step.lengths else None)
    return found
