"""The loss around the present weights, along two directions in the space of all weights: random ones, or those in which
training has moved them most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dllab.build.module import Network, build
from dllab.probes.base import DoesNotApply, Partly, Shown, Work, integer, slow_probe
from dllab.probes.path import Path, path_of
from dllab.text import _
from dllab.training.session import Session

_SAMPLES = 256
_MARGIN = 1.3
"""A map along the path is so many times as wide as the path."""


@dataclass(frozen=True)
class _Plane:
    """A plane through the present weights, and the part of it that is looked at."""

    across: list[Tensor]
    up: list[Tensor]
    places: np.ndarray
    """Of the columns, along `across`."""
    heights: np.ndarray
    """Of the rows, along `up`."""
    path: Path | None = None


@slow_probe("landscape")
def landscape(session: Session, params: Mapping[str, Any]) -> Work:
    """Params: resolution (odd), along ("random" or "path"), seed. Array loss (R, R): row i, column j at the weights
    + places[j] d1 + heights[i] d2; along the path also path (n, 2), where the snapshots lie.

    Random directions have the size of the weights, filter by filter; those of biases and norms are zero. The path's are
    the two main ones of the snapshots, of length 1. Everything is done to a copy. Reference: Li, Xu, Taylor, Studer,
    Goldstein, NeurIPS 2018.
    """
    x, targets, _labels = session.validation.samples(0, _SAMPLES)
    if not len(x):
        raise DoesNotApply(_("There is no validation part to measure the loss on."))
    network = _copy(session)
    named = {name: p for name, p in network.named_parameters() if p.is_floating_point()}
    if not any(p.dim() > 1 for p in named.values()):
        raise DoesNotApply(_("This network has no weights to move along."))
    plane = _plane(session, named, params)
    start = [p.detach().clone() for p in named.values()]

    def loss_at(place: float, height: float) -> float:
        # Code of one's own may draw random numbers even in evaluation: the run's own must not notice.
        with torch.no_grad(), torch.random.fork_rng([session.device] if session.device.type == "cuda" else []):
            for weight, at, one, two in zip(named.values(), start, plane.across, plane.up, strict=True):
                weight.copy_(at + place * one + height * two)
            return float(session.loss(session.precision.reach(network, x), targets))

    loss = np.full((len(plane.heights), len(plane.places)), np.nan)
    shown = _shown(plane, loss, {"samples": len(x), "step": session.step, "here": loss_at(0.0, 0.0)}, session)
    order = _outwards(len(plane.places))
    for done, (row, column) in enumerate(order):
        loss[row, column] = loss_at(float(plane.places[column]), float(plane.heights[row]))
        yield Partly((done + 1) / len(order), shown)
    return shown


def _plane(session: Session, named: Mapping[str, nn.Parameter], params: Mapping[str, Any]) -> _Plane:
    resolution = integer(params, "resolution", 21, 3, 61) | 1
    if params.get("along") != "path":
        across, up = directions(list(named.values()), integer(params, "seed", 0, 0, 2**31))
        places = np.linspace(-1.0, 1.0, resolution)
        return _Plane(across, up, places, places)
    path = path_of(session, named)
    seen = np.concatenate([path.places, np.zeros((1, 2))])
    middle = (seen.min(0) + seen.max(0)) / 2
    half = _MARGIN * float(np.ptp(seen, axis=0).max()) / 2
    places, heights = (np.linspace(m - half, m + half, resolution) for m in middle)
    return _Plane(path.across, path.up, places, heights, path)


def _shown(plane: _Plane, loss: np.ndarray, labels: dict[str, Any], session: Session) -> Shown:
    arrays = {"loss": loss, "places": plane.places, "heights": plane.heights}
    axes: dict[str, tuple[str, ...]] = {"loss": ("up", "across"), "places": ("across",), "heights": ("up",)}
    labels |= {"whole": len(session.prepared.validation.x), "along": "random"}
    if plane.path is not None:
        arrays["path"], axes["path"] = plane.path.places, ("snapshot", "direction")
        labels |= {"along": "path", "steps": plane.path.steps, "shares": list(plane.path.shares)}
    return Shown(arrays, labels, axes)


def _copy(session: Session) -> Network:
    network = build(session.experiment)
    network.load_state_dict(session.network.state_dict())
    return network.to(session.device).eval()


def directions(weights: Sequence[Tensor], seed: int) -> tuple[list[Tensor], list[Tensor]]:
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
