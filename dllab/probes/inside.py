"""What goes into every call of the network and what comes out of it, for some samples."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dllab.build.module import Network
from dllab.training.session import Session

Instead = Callable[[list[Tensor], Tensor | None], tuple[Tensor, ...]]
"""Another way to compute what a node puts out, from its inputs and the lengths of the samples."""


@dataclass(frozen=True)
class Passage:
    """One call of a module."""

    module: nn.Module
    inputs: list[Tensor]
    outputs: tuple[Tensor, ...]
    lengths: Tensor | None
    """How long each sample is, where the module is told."""


def passages(network: Network, x: Tensor, instead: Mapping[str, Instead] | None = None) -> dict[str, Passage]:
    """Every call by the id of its node, in order. It runs as the mode of the network and of autograd says."""
    values, lengths = network.begin(x)
    found: dict[str, Passage] = {}
    for step in network.plan:
        inputs = [values[slot] for slot in step.inputs]
        told = lengths if step.lengths else None
        outputs = instead[step.node](inputs, told) if instead and step.node in instead else step.carry_out(inputs, told)
        for slot, value in zip(step.outputs, outputs, strict=True):
            values[slot] = value
        found[step.node] = Passage(step.module, inputs, outputs, told)
    return found


@contextmanager
def differentiable(session: Session) -> Iterator[None]:
    """The network in evaluation mode, but with gradients; afterwards it trains on as if nobody had looked."""
    modes = [(module, module.training) for module in session.network.modules()]
    session.network.eval()
    cuda = [session.device] if session.device.type == "cuda" else []
    try:
        # cuDNN gives no gradients of recurrent layers in evaluation mode.
        with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False), torch.random.fork_rng(cuda):
            yield
    finally:
        for module, training in modes:
            module.training = training
