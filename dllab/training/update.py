"""One update of the weights: penalty, clipping, optimiser, and the learning rate along its schedule."""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from dllab.build.optimiser import build_optimiser, build_schedule
from dllab.document.experiment import Experiment
from dllab.recipe import SCHEDULES

_RATES = ("lr", "initial_lr", "max_lr", "min_lr")
"""What torch's schedulers keep in a parameter group."""


class Update:
    """Takes the gradients that are there and makes one step of them; everything it keeps is in `state()`."""

    def __init__(
        self,
        experiment: Experiment,
        network: nn.Module,
        steps_per_epoch: int,
        scaler: torch.amp.GradScaler | None = None,
    ) -> None:
        self.recipe = experiment.training
        self.parameters = tuple(p for p in network.parameters() if p.requires_grad)
        self.optimiser = build_optimiser(experiment, self.parameters)
        self._scaler = scaler
        self.base = self.recipe.learning_rate
        """The learning rate that the schedule bends."""
        choice = self.recipe.schedule
        self._every = SCHEDULES.make(choice.kind, choice.params).every
        self._schedule = build_schedule(experiment, self.optimiser, steps_per_epoch)
        self._planned = self.recipe.epochs * (steps_per_epoch if self._every == "step" else 1)
        """How often the schedule is asked; beyond that the rate stays as it is."""
        self._asked = 0
        self.clipped = 0
        """Steps in which clipping made the gradient smaller."""
        self.skipped = 0
        """Steps that float16 left out: the loss was scaled up too far for their gradients, and is scaled less now."""
        self.norm: float | None = None
        """Length of the last gradient before clipping, if anything looks at it."""
        self.clips = bool(self.recipe.clip_norm or self.recipe.clip_value)
        self._watched: tuple[nn.Parameter, ...] = ()
        self.before: dict[nn.Parameter, Tensor] = {}
        """What is watched, as it was before the last step; empty until one has been taken."""
        self.touches = self.clips or self.recipe.l1 > 0
        """Whether anything is done to the gradients before the optimiser takes them."""

    @property
    def learning_rate(self) -> float:
        """The rate of the next step."""
        rate: float = self.optimiser.param_groups[0]["lr"]
        return rate

    @property
    def moves(self) -> bool:
        """Whether the learning rate changes from step to step."""
        return self._schedule is not None and self._every == "step"

    def step(self) -> None:
        """Update the weights by the gradients they hold."""
        if self.touches:
            self.prepare()
        self.apply()

    def watch(self, parameters: Iterable[nn.Parameter]) -> None:
        """Keep what these were before every step from now on; of nothing else."""
        watched = tuple(parameters)
        if len(watched) != len(self._watched) or any(a is not b for a, b in zip(watched, self._watched, strict=True)):
            self._watched, self.before = watched, {}

    @property
    def watches(self) -> bool:
        """Whether anything is watched."""
        return bool(self._watched)

    def apply(self) -> None:
        """The optimiser's part, by the gradients as they are."""
        if self._watched:
            self.before = {p: p.detach().clone() for p in self._watched}
        if self._scaler is None:
            self.optimiser.step()
        elif self._left_out(self._scaler):
            return  # no step was made: the rate stays where it is, too
        if self.moves:
            self._ask()

    def _left_out(self, scaler: torch.amp.GradScaler) -> bool:
        """Let the scaler make the step; whether it made none, which it shows by a smaller scale."""
        scale = scaler.get_scale()
        scaler.step(self.optimiser)
        scaler.update()
        left_out = scaler.get_scale() < scale
        self.skipped += left_out
        return left_out

    def shares(self, clipped_before: int, steps: int, all_steps: int) -> dict[str, float]:
        """In what share of the epoch's steps clipping acted, and what share of all steps was left out."""
        found = {"clipped": (self.clipped - clipped_before) / max(1, steps)} if self.clips else {}
        return found if self._scaler is None else {**found, "skipped": self.skipped / max(1, all_steps)}

    def end_epoch(self, validation_loss: float | None) -> None:
        """Move the schedules that count epochs or watch the validation loss."""
        if self._every == "epoch":
            self._ask()
        elif self._every == "loss" and validation_loss is not None:
            self._ask(validation_loss)

    def _ask(self, *loss: float) -> None:
        if self._schedule is not None and (self._asked < self._planned - 1 or loss):
            self._asked += 1
            self._schedule.step(*loss)

    def prepare(self) -> None:
        """Penalty and clipping, done to the gradients in place, at their true size."""
        if self._scaler is not None:
            self._scaler.unscale_(self.optimiser)
        self.adjust()

    def adjust(self) -> None:
        """Penalty and clipping of gradients that are not scaled."""
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        if self.recipe.l1:
            weights = [p.detach() for p in self.parameters if p.grad is not None]
            torch._foreach_add_(gradients, torch._foreach_sign(weights), alpha=self.recipe.l1)
        acted = False
        size = 0.0
        if self.recipe.clip_value:
            size = largest = float(nn.utils.get_total_norm(gradients, math.inf))
            acted = largest > self.recipe.clip_value
            if acted:
                nn.utils.clip_grad_value_(self.parameters, self.recipe.clip_value)
        if self.recipe.clip_norm:
            total = nn.utils.get_total_norm(gradients)
            self.norm = size = float(total)
            if self.norm > self.recipe.clip_norm:
                acted = True
                nn.utils.clip_grads_with_norm_(self.parameters, self.recipe.clip_norm, total)
        # What is endless belongs to a step that is left out.
        self.clipped += acted and math.isfinite(size)

    def set_learning_rate(self, value: float) -> None:
        """From the next step on; a schedule goes on from where it is, bending the new value."""
        ratio, self.base = value / self.base, value
        constant = self._schedule is None
        for group in self.optimiser.param_groups:
            for name in _RATES:
                if name in group:
                    group[name] = value if constant else group[name] * ratio
        if self._schedule is not None and hasattr(self._schedule, "base_lrs"):
            self._schedule.base_lrs = [rate * ratio for rate in self._schedule.base_lrs]

    # --- keeping it

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Tensors by name ("number.key") and plain facts."""
        tensors: dict[str, Tensor] = {}
        plain: dict[str, dict[str, Any]] = {}
        for number, state in self.optimiser.state_dict()["state"].items():
            for key, value in state.items():
                if isinstance(value, Tensor):
                    tensors[f"{number}.{key}"] = value
                elif value is not None:
                    plain.setdefault(str(number), {})[key] = value
        group = self.optimiser.param_groups[0]
        facts: dict[str, Any] = {"state": plain, "rates": {name: group[name] for name in _RATES if name in group}}
        facts |= {"base": self.base, "asked": self._asked, "clipped": self.clipped, "skipped": self.skipped}
        if self._schedule is not None:
            facts["schedule"] = self._schedule.state_dict()
        if self._scaler is not None:
            facts["scaler"] = self._scaler.state_dict()
        return tensors, facts

    def restore(self, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
        """Go on from `state()`. Raises KeyError or ValueError when it belongs to another network."""
        states: dict[int, dict[str, Any]] = {int(k): dict(v) for k, v in facts["state"].items()}
        for key, value in tensors.items():
            number, name = key.split(".", 1)
            states.setdefault(int(number), {})[name] = value
        self.before = {}
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": states, "param_groups": groups})
        for group in self.optimiser.param_groups:
            group.update(facts["rates"])
        self.base, self._asked, self.clipped = facts["base"], facts["asked"], facts["clipped"]
        self.skipped = facts.get("skipped", 0)
        if self._schedule is not None:
            self._schedule.load_state_dict(facts["schedule"])
        if self._scaler is not None:
            self._scaler.load_state_dict(facts["scaler"])
