"""How much memory a run will take, from the shapes alone."""

import os
from math import prod
from typing import TYPE_CHECKING

from dllab.document.experiment import Experiment
from dllab.recipe import OPTIMISERS

if TYPE_CHECKING:
    from dllab.checking.check import Check

_VALIDATION_CHUNK = 1024


def estimate(experiment: Experiment, check: "Check") -> int:
    """Bytes that training will take: weights, gradients, optimiser state, activations of one batch, the data."""
    optimiser = OPTIMISERS.get(experiment.training.optimiser.kind)
    copies = 2 + (optimiser.states if optimiser else 0) + 2 * experiment.training.keep_best
    outputs = sum(prod(shape) for name in check.order for shape in check.nodes[name].shapes.values())
    data = check.data.samples * prod(check.data.input) * 2 if check.data else 0
    batch = min(experiment.training.batch_size, check.data.samples if check.data else 1)
    # Forward values and their gradients live at the same time; validation keeps forward values of a larger chunk.
    activations = max(2 * batch, min(_VALIDATION_CHUNK, check.data.samples if check.data else 1)) * outputs
    return 4 * (copies * check.parameters + activations + data)


def size_words(size: int) -> str:
    """A size in bytes for people."""
    if size >= 2**30 / 10:
        return f"{size / 2**30:,.1f} GB"
    return f"{size / 2**20:,.0f} MB" if size >= 2**20 else f"{size / 2**10:,.0f} KB"


def free_memory() -> int | None:
    """Bytes of the machine's memory that are free now, or None where that is not known."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            facts = dict(line.split(":", 1) for line in file)
        return int(facts["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):
        return None
