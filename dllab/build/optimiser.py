"""The optimiser of an experiment in torch."""

import inspect
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from dllab.document.experiment import Experiment
from dllab.recipe import OPTIMISERS, SCHEDULES

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


def build_schedule(experiment: Experiment, optimiser: torch.optim.Optimizer, steps_per_epoch: int) -> Any:
    """Torch's scheduler of an experiment, or None where the learning rate stays as it is."""
    recipe = experiment.training
    declared = SCHEDULES.make(recipe.schedule.kind, recipe.schedule.params)
    call = declared.call(recipe.learning_rate, recipe.epochs, steps_per_epoch)
    if call is None:
        return None
    return getattr(torch.optim.lr_scheduler, call.name)(optimiser, *call.args, **call.options)


def _can_fuse(weight: nn.Parameter) -> bool:
    return weight.device.type in _FUSED_DEVICES and weight.is_floating_point()
