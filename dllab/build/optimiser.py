"""The optimiser of an experiment in torch."""

import inspect
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from dllab.document.experiment import Experiment
from dllab.recipe import OPTIMISERS

_FUSED_DEVICES = frozenset({"cpu", "cuda", "mps", "xpu"})


def build_optimiser(experiment: Experiment, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """The optimiser over these parameters; fused into one kernel a step where torch has such a kernel."""
    recipe = experiment.training
    declared = OPTIMISERS.make(recipe.optimiser.kind, recipe.optimiser.params)
    kind: Any = getattr(torch.optim, declared.torch_name)
    weights = list(parameters)
    options = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay, **declared.options()}
    if "fused" in inspect.signature(kind).parameters and all(map(_can_fuse, weights)):
        options["fused"] = True
    optimiser: torch.optim.Optimizer = kind(weights, **options)
    return optimiser


def _can_fuse(weight: nn.Parameter) -> bool:
    return weight.device.type in _FUSED_DEVICES and weight.is_floating_point()
