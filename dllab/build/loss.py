"""The loss of an experiment in torch, and targets in the form it compares."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from dllab.build.module import make_module
from dllab.data.base import DataSpec
from dllab.document.experiment import Experiment
from dllab.recipe import LOSSES
from dllab.recipe.losses import TargetForm

if TYPE_CHECKING:
    import numpy as np


def build_loss(experiment: Experiment, spec: DataSpec) -> nn.Module:
    """The loss function of an experiment; its targets come from `encode_targets`."""
    choice = experiment.training.loss
    return make_module(LOSSES.make(choice.kind, choice.params).call())


def target_form(experiment: Experiment, spec: DataSpec) -> TargetForm:
    """The form in which this experiment's loss wants its targets."""
    choice = experiment.training.loss
    return LOSSES.make(choice.kind, choice.params).target_form(spec)


def encode_targets(y: "np.ndarray", form: TargetForm, spec: DataSpec) -> Tensor:
    """Targets of a dataset (class numbers or values) as the loss compares them."""
    targets = torch.as_tensor(y)
    match form:
        case "index":
            return targets.long()
        case "binary":
            return targets.float().reshape(-1, 1)
        case "one_hot":
            return nn.functional.one_hot(targets.long(), len(spec.classes)).float()
        case "value":
            return targets.float().reshape(len(targets), -1)
