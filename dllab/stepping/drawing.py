"""Random numbers once more: what is worked out again must meet those that the run met."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

Random = tuple[Tensor, ...]
"""The states of the random numbers: that of the CPU, then that of the GPU where the run is on one."""


def random_state(device: torch.device) -> Random:
    """As they stand, for a run on this device."""
    of_gpu = (torch.cuda.get_rng_state(device),) if device.type == "cuda" else ()
    return torch.get_rng_state(), *of_gpu


@contextmanager
def drawn_again(random: Random, device: torch.device) -> Iterator[None]:
    """Random numbers go on from these states inside; afterwards from where they stood before."""
    cuda = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(cuda):
        torch.set_rng_state(random[0])
        for gpu, state in zip(cuda, random[1:], strict=True):
            torch.cuda.set_rng_state(state, gpu)
        yield
