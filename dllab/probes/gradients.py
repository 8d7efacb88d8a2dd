"""The gradient of the next batch, layer by layer, and the update that the optimiser would make of it.

Measured when somebody asks, on the present weights; the run goes on as if nobody had.
"""

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dllab.probes.base import DoesNotApply, Shown, probe
from dllab.text import _
from dllab.training.session import Session

_BINS = 41
DECADES = np.arange(-10.0, 4.25, 0.25)
"""Logarithms to base ten between which gradients are counted by their size."""


@dataclass(frozen=True)
class Measured:
    """What one more step would do; tensors by parameter."""

    loss: float
    gradients: dict[nn.Parameter, Tensor]
    """Before penalty and clipping."""
    updates: dict[nn.Parameter, Tensor]
    """New minus old value."""
    clipped: bool


@probe("gradients")
def gradients(session: Session, params: Mapping[str, Any]) -> Shown:
    """Params: node. Arrays by layer: norm of the gradient, and ratio of the update's length to the weights'; for the
    node a histogram of its gradient (edges, counts), and one of its size by decades (sizes, between decades: always the
    same, so that they can be compared; the first holds what is smaller or 0). Labels: layers, loss, norm of all
    together, clipping."""
    own = {name: list(module.parameters()) for name, module in session.network.layers.items()}
    own = {name: found for name, found in own.items() if any(p.requires_grad for p in found)}
    if not own:
        raise DoesNotApply(_("This network has no weights, so there are no gradients."))
    measured = measure(session)
    norms = np.array(
        [length([measured.gradients[p] for p in found if p in measured.gradients]) for found in own.values()]
    )
    ratios = np.array([_ratio(measured, found) for found in own.values()])
    arrays = {"norm": norms, "ratio": ratios}
    axes: dict[str, tuple[str, ...]] = {"norm": ("layer",), "ratio": ("layer",)}
    node = params.get("node", "")
    if node in own:
        values = torch.cat([measured.gradients[p].flatten() for p in own[node] if p in measured.gradients])
        numbers = values.float().cpu().numpy()
        arrays["counts"], arrays["edges"] = _histogram(numbers)
        arrays["sizes"], arrays["decades"] = _sizes(numbers), DECADES
        axes |= {"counts": ("bin",), "edges": ("edge",), "sizes": ("decade",), "decades": ("edge",)}
    labels: dict[str, Any] = {"layers": list(own), "node": node, "step": session.step, "loss": measured.loss}
    labels |= {"total": float(np.sqrt((norms**2).sum())), "clipped": measured.clipped}
    labels |= {"clip_norm": session.recipe.clip_norm, "clip_value": session.recipe.clip_value}
    return Shown(arrays, labels, axes)


def measure(session: Session) -> Measured:
    """Carry out the next step of training on copies, with the run's own loss, clipping and optimiser."""
    with _as_it_was(session):
        _stop, x, targets = session.take()
        loss = session.loss(session.precision.reach(session.network, x), targets)
        if session.held.renewed(session.step):
            session.precision.backward(loss)
        own = {p: p.grad for p in session.update.parameters if p.grad is not None}
        # By hand: the scaler counts what it does for the run's own step.
        scale = session.precision.scale
        for gradient in own.values():
            gradient.div_(scale)
        gradients = {p: gradient.clone() for p, gradient in own.items()}
        before = session.update.clipped
        if session.update.touches and session.held.renewed(session.step):
            session.update.adjust()
        optimiser = copy.deepcopy(session.update.optimiser)
        copies = [p for group in optimiser.param_groups for p in group["params"]]
        twins = dict(zip(session.update.parameters, copies, strict=True))
        for parameter, twin in twins.items():
            twin.grad = parameter.grad
        if not session.precision.skips(gradients.values()):
            optimiser.step()
        updates = {p: (twins[p] - p).detach() for p in own}
        return Measured(loss.item(), gradients, updates, session.update.clipped > before)


def length(tensors: list[Tensor]) -> float:
    """The length of all numbers together."""
    return float(nn.utils.get_total_norm(tensors)) if tensors else 0.0


@contextmanager
def _as_it_was(session: Session) -> Iterator[None]:
    """What a step of training changes besides the weights is put back: gradients, averages, counts, random numbers."""
    network, update = session.network, session.update
    gradients = [(p, p.grad) for p in network.parameters()]
    buffers = [(buffer, buffer.clone()) for buffer in network.buffers()]
    clipped, norm = update.clipped, update.norm
    for parameter, gradient in gradients if session.held.kept else ():
        parameter.grad = None if gradient is None else gradient.clone()
    try:
        with torch.random.fork_rng([session.device] if session.device.type == "cuda" else []):
            yield
    finally:
        with torch.no_grad():
            for buffer, value in buffers:
                buffer.copy_(value)
        for parameter, gradient in gradients:
            parameter.grad = gradient
        update.clipped, update.norm = clipped, norm


def _ratio(measured: Measured, parameters: list[nn.Parameter]) -> float:
    """Length of the update against that of the weights; offsets, which begin near 0, only where there is nothing else."""
    moved = [p for p in parameters if p in measured.updates]
    matrices = [p for p in moved if p.dim() > 1] or moved
    weights = length([p.detach() for p in matrices])
    return length([measured.updates[p] for p in matrices]) / weights if weights else 0.0


def _histogram(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    finite = values[np.isfinite(values)]
    reach = float(np.abs(finite).max(initial=0.0)) or 1.0
    counts, edges = np.histogram(finite, _BINS, (-reach, reach))
    return counts, edges


def _sizes(values: np.ndarray) -> np.ndarray:
    finite = np.abs(values[np.isfinite(values)]).astype(np.float64)
    logarithms = np.log10(np.maximum(finite, 10.0 ** DECADES[0]))
    return np.histogram(np.clip(logarithms, DECADES[0], DECADES[-1]), DECADES)[0]
