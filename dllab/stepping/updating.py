"""The last phases of a step as operations: what was done to the gradients, and what the optimiser made of them."""

import torch
from torch import Tensor, nn

from dllab.training.session import Session

Arrays = dict[str, Tensor]
Gradients = dict[nn.Parameter, Tensor]


def gradients(session: Session) -> Gradients:
    """The gradients as they are now, by parameter."""
    return {p: p.grad.clone() for p in session.network.parameters() if p.grad is not None}


def clip(session: Session, found: Gradients) -> Arrays:
    """Penalise and clip the gradients; the length before and the factor, then every gradient before and after."""
    update, recipe = session.update, session.recipe
    update.prepare()
    facts: Arrays = {}
    if update.norm is not None:
        facts["norm"] = torch.tensor(update.norm, dtype=torch.float64)
        facts["limit"] = torch.tensor(recipe.clip_norm, dtype=torch.float64)
        facts["factor"] = torch.tensor(min(1.0, recipe.clip_norm / (update.norm + 1e-6)), dtype=torch.float64)
    for node, name, p in _learned(session, found):
        assert p.grad is not None
        facts[f"{node}.{name}.gradient"] = found[p]
        if recipe.l1:
            facts[f"{node}.{name}.weight"] = p.detach().clone()
        facts[f"{node}.{name}.clipped"] = p.grad.clone()
    return facts


def update(session: Session, found: Gradients) -> dict[str, Arrays]:
    """Let the optimiser take its step; by node what it made of what."""
    optimiser = session.update.optimiser
    old = {p: p.detach().clone() for p in found}
    before = {p: _state(optimiser, p) for p in found}
    clipped = gradients(session)
    rate = torch.tensor(session.learning_rate, dtype=torch.float64)
    session.update.apply()
    updates: dict[str, Arrays] = {}
    for node, name, p in _learned(session, found):
        arrays = updates.setdefault(node, {"learning_rate": rate})
        arrays |= {f"{name}.old": old[p], f"{name}.gradient": found[p], f"{name}.clipped": clipped[p]}
        arrays |= {f"{name}.before.{key}": value for key, value in before[p].items()}
        arrays |= {f"{name}.after.{key}": value for key, value in _state(optimiser, p).items()}
        arrays[f"{name}.new"] = p.detach().clone()
    return updates


def _learned(session: Session, found: Gradients) -> list[tuple[str, str, nn.Parameter]]:
    """Node, name and parameter of everything that has a gradient."""
    return [
        (step.node, name, p)
        for step in session.network.plan
        for name, p in step.module.named_parameters()
        if p in found
    ]


def _state(optimiser: torch.optim.Optimizer, p: nn.Parameter) -> Arrays:
    kept = optimiser.state.get(p, {})
    return {key: value.clone() for key, value in kept.items() if isinstance(value, Tensor)}
