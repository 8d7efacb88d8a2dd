"""The loss of an experiment in torch, and targets in the form it compares."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from dllab.build.making import make_module
from dllab.data.base import IGNORED, DataSpec
from dllab.document.experiment import Experiment
from dllab.layers.base import Call
from dllab.recipe import LOSSES
from dllab.recipe.goals import Goal
from dllab.recipe.losses import Loss, TargetForm

if TYPE_CHECKING:
    import numpy as np


def build_loss(experiment: Experiment, spec: DataSpec, labels: "np.ndarray | None" = None) -> nn.Module:
    """The loss function of an experiment; its targets come from `encode_targets`.

    `labels` are the class numbers of the training part: losses that balance the classes count them.
    """
    choice = experiment.training.loss
    return loss_module(LOSSES.make(choice.kind, choice.params), spec, labels)


def loss_module(loss: Loss, spec: DataSpec, labels: "np.ndarray | None" = None) -> nn.Module:
    """A loss in torch, for what this data asks for."""
    call = loss.call()
    if labels is not None and spec.classes:
        known = torch.as_tensor(labels).flatten()
        counts = torch.bincount(known[known != IGNORED], minlength=len(spec.classes)).tolist()
        weights = {name: torch.tensor(values) for name, values in loss.weights(counts).items()}
        call = Call(call.name, call.args, {**call.options, **weights})
    made = make_module(call)
    return EveryStep(made) if spec.positions else made


class Total(nn.Module):
    """The weighted sum of the losses of several ends."""

    def __init__(self, losses: Sequence[nn.Module], goals: Sequence[Goal]) -> None:
        super().__init__()
        self.losses = nn.ModuleList(losses)
        self.goals = tuple(goals)
        self.parts: tuple[Tensor, ...] = ()
        """What each loss came to the last time, without its weight."""

    def forward(self, outputs: Tensor | tuple[Tensor, ...], targets: Tensor | tuple[Tensor, ...]) -> Tensor:
        """What reaches the ends, wire by wire, and the targets of those that have one."""
        wires = list(outputs) if isinstance(outputs, tuple) else [outputs]
        known = list(targets) if isinstance(targets, tuple) else [targets]
        parts = []
        for loss, goal in zip(self.losses, self.goals, strict=True):
            given = [wires.pop(0) for _wire in range(goal.inputs)]
            parts.append(loss(*given) if goal.loss is None else loss(*given, known.pop(0)))
        self.parts = tuple(part.detach() for part in parts)
        total: Tensor = self.goals[0].weight * parts[0]
        for goal, part in zip(self.goals[1:], parts[1:], strict=True):
            total = total + goal.weight * part
        return total


class EveryStep(nn.Module):
    """A loss over the answers of all steps, each of them weighing the same; steps without an answer are left out."""

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Outputs (N, T, C), targets (N, T) class numbers or (N, T, …) values."""
        outputs, targets = outputs.flatten(0, 1), targets.flatten(0, 1)
        if targets.is_floating_point():
            answered = ~targets[:, 0].isnan()
            outputs, targets = outputs[answered], targets[answered]
        result: Tensor = self.loss(outputs, targets)
        return result


def weight_of(
    loss: nn.Module, outputs: Tensor | tuple[Tensor, ...], targets: Tensor | tuple[Tensor, ...]
) -> list[float]:
    """By how much the mean over these samples counts beside the means over others; one number for each end."""
    wires = list(outputs) if isinstance(outputs, tuple) else [outputs]
    known = list(targets) if isinstance(targets, tuple) else [targets]
    if not isinstance(loss, Total):
        return [_weight(loss, known[0])]
    weights = []
    for own, goal in zip(loss.losses, loss.goals, strict=True):
        weights.append(float(len(wires[0])) if goal.loss is None else _weight(own, known.pop(0)))
    return weights


def _weight(loss: nn.Module, targets: Tensor) -> float:
    if isinstance(loss, EveryStep):
        targets = targets.flatten(0, 1)
        if targets.is_floating_point():
            targets = targets[~targets[:, 0].isnan()]
        loss = loss.loss
    if targets.is_floating_point():
        return float(len(targets))
    answered = targets[targets != IGNORED]
    weights = getattr(loss, "weight", None)
    return float(len(answered) if weights is None else weights[answered].sum())


def target_form(experiment: Experiment, spec: DataSpec) -> TargetForm:
    """The form in which this experiment's loss wants its targets."""
    choice = experiment.training.loss
    return LOSSES.make(choice.kind, choice.params).target_form(spec)


def encode_targets(y: "np.ndarray | Tensor", form: TargetForm, spec: DataSpec) -> Tensor:
    """Targets of a dataset (class numbers or values) as the loss compares them."""
    targets = torch.as_tensor(y)
    match form:
        case "index":
            return targets.long()
        case "binary":
            return _without_answer(targets.float().unsqueeze(-1), targets)
        case "one_hot":
            rows = nn.functional.one_hot(targets.long().clamp(min=0), len(spec.classes)).float()
            return _without_answer(rows, targets)
        case "value" if spec.task == "reconstruction":
            return targets.float()
        case "value":
            return targets.float().flatten(1 + bool(spec.positions))


def _without_answer(values: Tensor, labels: Tensor) -> Tensor:
    """The values with NaN where the label says that there is no answer."""
    return values.masked_fill((labels == IGNORED).unsqueeze(-1), float("nan"))
