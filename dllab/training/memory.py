"""Whether a run will fit, before anything is allocated."""

import torch

from dllab.checking import Check
from dllab.checking.memory import estimate, free_memory, size_words
from dllab.document.experiment import Experiment
from dllab.text import _

_USABLE = 0.8


class TooLarge(MemoryError):
    """A run that would not fit, with the figures for people."""


def free(device: torch.device) -> int | None:
    """Bytes that are free on the device, or None where that is not known."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return free_memory()


def refuse_if_too_large(experiment: Experiment, check: Check, device: torch.device) -> None:
    """Raise TooLarge when the estimate is over 80 % of what is free."""
    need, there = estimate(experiment, check), free(device)
    if there is not None and need > _USABLE * there:
        text = _("This needs about {need} of memory, but {device} has {free} free. Try a smaller batch or layer.")
        raise TooLarge(text.format(need=size_words(need), device=device.type.upper(), free=size_words(there)))
