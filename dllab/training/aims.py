"""What a run is judged by: the losses of its ends, what each is compared with, and the scores of the main one."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from dllab.build.loss import Total, encode_targets, loss_module
from dllab.build.making import make_module
from dllab.build.module import Outputs
from dllab.checking import Check
from dllab.data.base import DataSpec, answers
from dllab.data.prepare import Part, Prepared
from dllab.recipe.goals import Goal, main_goal
from dllab.recipe.losses import Loss
from dllab.training.scoring import Scored, Tallies, Targets

__all__ = ["Aims", "Known", "Targets", "cut", "laid"]


class Known(NamedTuple):
    """A part of the data on the device."""

    x: Tensor
    targets: Targets
    labels: Tensor
    """Of the main Output: classes, or numbers as scaled as the targets."""

    def samples(self, start: int, stop: int) -> "Known":
        """Some of the samples."""
        return Known(self.x[start:stop], cut(self.targets, start, stop), self.labels[start:stop])


class Aims:
    """Of a network that can be trained."""

    def __init__(self, check: Check, prepared: Prepared, device: torch.device) -> None:
        self.goals = check.goals
        self._outputs = [goal for goal in self.goals if goal.loss is not None]
        main = main_goal(self.goals)
        assert main is not None
        assert main.loss is not None
        assert main.data is not None
        self.main: Goal = main
        self.declared: Loss = main.loss
        self.data: DataSpec = main.data
        self.copies = any(goal.data is not None and goal.data.task == "reconstruction" for goal in self.goals)
        """Whether numbers are compared with the input."""
        self._prepared = prepared
        self._device = device
        scored = list(self._scored())
        self._main = next(found for found in scored if found.node == main.node)
        self._others = tuple(found for found in scored if found is not self._main)
        self.loss = self._loss().to(device)

    def _scored(self) -> Iterator[Scored]:
        wire = 0
        for goal in self.goals:
            if goal.loss is not None and goal.data is not None:
                form = goal.loss.target_form(goal.data)
                yield Scored(goal.node, wire, self._outputs.index(goal), goal.loss, goal.data, form)
            wire += goal.inputs

    def _loss(self) -> nn.Module:
        made = []
        for goal in self.goals:
            if goal.loss is None or goal.data is None:
                assert goal.own is not None
                made.append(make_module(goal.own))
                continue
            train = self._prepared.train
            known = answers(train.x, train.y, self._prepared.spec, goal.target) if goal.data.classes else None
            made.append(loss_module(goal.loss, goal.data, known))
        return made[0] if len(made) == 1 and self.goals[0].weight == 1.0 else Total(made, self.goals)

    @property
    def parts(self) -> dict[str, float]:
        """What the loss of each end came to the last time, where there are several."""
        return self.named(map(float, self.loss.parts)) if isinstance(self.loss, Total) else {}

    def named(self, parts: Iterable[float]) -> dict[str, float]:
        """The losses of the ends by name, where there are several."""
        if not isinstance(self.loss, Total) or len(self.goals) == 1:
            return {}
        return {goal.node: part for goal, part in zip(self.goals, parts, strict=True)}

    def place(self, part: Part) -> Known:
        """A part of the data with all that the losses compare."""
        x = laid(torch.from_numpy(part.x).to(self._device))
        known = []
        labels = x
        for goal in self._outputs:
            assert goal.loss is not None
            assert goal.data is not None
            y = x if goal.data.task == "reconstruction" else torch.from_numpy(self._answers(part, goal))
            known.append(encode_targets(y, goal.loss.target_form(goal.data), goal.data).to(self._device))
            if goal is self.main:
                labels = y.to(self._device)
        return Known(x, tuple(known) if len(known) > 1 else known[0], labels)

    def _answers(self, part: Part, goal: Goal) -> np.ndarray:
        y = self._prepared.targets.apply(part.y) if self._prepared.spec.task == "regression" else part.y
        return answers(part.x, y, self._prepared.spec, goal.target)

    def in_order(self, known: Known, order: Tensor, clean: Tensor) -> tuple[Targets, Tensor]:
        """Targets and labels of an epoch; what is to be given again is the input as it is without noise."""
        each = known.targets if isinstance(known.targets, tuple) else (known.targets,)
        found = tuple(
            clean if goal.data is not None and goal.data.task == "reconstruction" else targets.index_select(0, order)
            for goal, targets in zip(self._outputs, each, strict=True)
        )
        labels = clean if self.data.task == "reconstruction" else known.labels.index_select(0, order)
        return found if len(found) > 1 else found[0], labels

    def said(self, outputs: Outputs) -> Tensor:
        """What the main Output says; of an input that is given again the numbers themselves, not scores."""
        return self._main.said(outputs)

    def tally(self) -> Tallies:
        """An empty count of how good the Outputs are."""
        return Tallies(self._main, self._others)

    def mean_loss(self, train: Known, part: Known) -> dict[str, float]:
        """The loss on a part of always giving the mean training sample, where samples are to be given again."""
        if self.data.task != "reconstruction" or len(self.goals) > 1 or not len(part.x):
            return {}
        mean = train.x.mean(0, keepdim=True)
        if self.declared.squash == "sigmoid":
            mean = mean.clamp(1e-6, 1 - 1e-6).logit()
        with torch.no_grad():
            return {"mean_loss": float(self.loss(mean.expand_as(part.x), part.targets))}


def cut(targets: Targets, start: int, stop: int) -> Targets:
    """The targets, or what reaches the ends, of some samples."""
    return tuple(each[start:stop] for each in targets) if isinstance(targets, tuple) else targets[start:stop]


def laid(x: Tensor) -> Tensor:
    """Images with their channels last in memory: on a CPU convolution and pooling take them a fifth faster so."""
    return x.to(memory_format=torch.channels_last) if x.dim() == 4 and x.device.type == "cpu" else x
