"""The loss around the present weights, along two random directions in the space of all weights."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dllab.build.module import Network, build
from dllab.probes.base import DoesNotApply, Partly, Shown, Work, integer, slow_probe
from dllab.text import _
from dllab.training.session import Session

_SAMPLES = 256


@slow_probe("landscape")
def landscape(session: Session, params: Mapping[str, Any]) -> Work:
    """Params: resolution (odd), seed. Array loss (R, R): row i, column j at the weights + places[j] d1 + places[i] d2.

    The directions have the size of the weights, filter by filter; those of biases and norms are zero. Everything is
    done to a copy. Reference: Li, Xu, Taylor, Studer, Goldstein, NeurIPS 2018.
    """
    x, targets, _labels = session.validation.samples(0, _SAMPLES)
    if not len(x):
        raise DoesNotApply(_("There is no validation part to measure the loss on."))
    network = _copy(session)
    weights: list[Tensor] = [p for p in network.parameters() if p.is_floating_point()]
    if not any(p.dim() > 1 for p in weights):
        raise DoesNotApply(_("This network has no weights to move along."))
    across, up = directions(weights, integer(params, "seed", 0, 0, 2**31))
    start = [p.detach().clone() for p in weights]
    resolution = integer(params, "resolution", 21, 3, 61) | 1
    places = np.linspace(-1.0, 1.0, resolution)
    loss = np.full((resolution, resolution), np.nan)
    labels = {"samples": len(x), "step": session.step, "whole": len(session.prepared.validation.x)}
    shown = Shown({"loss": loss, "places": places}, labels, {"loss": ("up", "across"), "places": ("place",)})
    order = _outwards(resolution)
    for done, (row, column) in enumerate(order):
        # Code of one's own may draw random numbers even in evaluation: the run's own must not notice.
        with torch.no_grad(), torch.random.fork_rng([session.device] if session.device.type == "cuda" else []):
            for weight, at, one, two in zip(weights, start, across, up, strict=True):
                weight.copy_(at + float(places[column]) * one + float(places[row]) * two)
            loss[row, column] = float(session.loss(session.precision.reach(network, x), targets))
        yield Partly((done + 1) / len(order), shown)
    return shown


def _copy(session: Session) -> Network:
    network = build(session.experiment)
    network.load_state_dict(session.network.state_dict())
    return network.to(session.device).eval()


def directions(weights: list[Tensor], seed: int) -> tuple[list[Tensor], list[Tensor]]:
    """Two random directions, every filter (row of a weight) as long as that of the weights; zero for what has no rows."""
    random = torch.Generator().manual_seed(seed)

    def one(weight: Tensor) -> Tensor:
        if weight.dim() < 2:
            return torch.zeros_like(weight)
        drawn = torch.randn(weight.shape, generator=random).to(weight)
        lengths = [t.detach().flatten(1).norm(dim=1) for t in (weight, drawn)]
        ratio: Tensor = lengths[0] / lengths[1].clamp(min=1e-10)
        return drawn * ratio.view(-1, *[1] * (weight.dim() - 1))

    return [one(w) for w in weights], [one(w) for w in weights]


def _outwards(resolution: int) -> list[tuple[int, int]]:
    """All places, the middle first: a half-finished picture shows what matters most."""
    middle = resolution // 2
    rows, columns = np.divmod(np.arange(resolution**2), resolution)
    order = np.argsort((rows - middle) ** 2 + (columns - middle) ** 2, kind="stable")
    return [(int(rows[i]), int(columns[i])) for i in order]
