"""How what a layer puts out is spread over many samples: unit by unit for one layer, in a line for each of them all."""

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dllab.build import blocks
from dllab.layers.base import is_padded
from dllab.probes.base import DoesNotApply, Shown, probe
from dllab.probes.inside import Passage, passages
from dllab.text import _
from dllab.training.session import Session

_SAMPLES = 256
_NUMBERS = 4_000_000
"""Numbers of the largest layer that are looked at."""
_UNITS = 256
_BINS = 32
_EDGE = 0.02
"""Within this share of its range from an end a number is saturated."""
_OFTEN = 0.95
"""A unit is saturated when this share of its numbers is."""
_FACTS = ("mean", "spread", "zeros", "dead", "saturated", "units")


@probe("distribution")
def distribution(session: Session, params: Mapping[str, Any]) -> Shown:
    """Params: node. Over samples of the validation part, for the node: edges and counts (unit, bin), whether each unit is
    dead (always 0) and saturated. For every layer: mean, spread, and the shares of zeros, dead and saturated units."""
    part = session.validation[0]
    if not len(part):
        raise DoesNotApply(_("There is no validation part to take samples from."))
    node = params.get("node", "")
    largest = max((prod(shape) for found in session.check.nodes.values() for shape in found.shapes.values()), default=1)
    x = part[: max(1, min(_SAMPLES, _NUMBERS // max(largest, 1)))]
    with session.looking(), session.precision.casting():
        every = passages(session.network, x)
        units = {name: _by_unit(session, name, passage) for name, passage in every.items()}
        if node not in units:
            raise DoesNotApply(_("This layer computes nothing; select another one."))
        rows = {name: _facts(session, name, values) for name, values in units.items()}
        counts, edges = _histograms(units[node][:, :_UNITS])
        dead, saturated = _dead(units[node]), _saturated(session, node, units[node])
    arrays = {"counts": counts, "edges": edges, "dead": dead.cpu().numpy()}
    axes: dict[str, tuple[str, ...]] = {"counts": ("unit", "bin"), "edges": ("edge",), "dead": ("unit",)}
    if saturated is not None:
        arrays["saturated"], axes["saturated"] = saturated.cpu().numpy(), ("unit",)
    for place, fact in enumerate(_FACTS):
        arrays[f"layer.{fact}"] = np.array([row[place] for row in rows.values()])
        axes[f"layer.{fact}"] = ("layer",)
    return Shown(arrays, {"node": node, "layers": list(rows), "samples": len(x)}, axes)


def _by_unit(session: Session, node: str, passage: Passage) -> Tensor:
    """What a layer puts out as (numbers, units); a channel is one unit, padding is left out."""
    values = passage.outputs[0].float()
    layer = session.check.nodes[node].layer
    shape = session.check.nodes[node].shapes.get("out", ())
    if values.dim() == 4 or (values.dim() == 3 and layer is not None and layer.family == "convolution"):
        return values.movedim(1, -1).flatten(0, -2)
    if values.dim() == 3 and is_padded(shape) and passage.lengths is not None:
        inside = torch.arange(values.shape[1], device=values.device) < passage.lengths[:, None]
        return values[inside]
    return values.reshape(-1, values.shape[-1]) if values.dim() > 1 else values[:, None]


def limits(module: torch.nn.Module) -> tuple[float, float] | None:
    """Where what a module puts out must end; None where it may grow."""
    if isinstance(module, torch.nn.Sigmoid | torch.nn.Softmax):
        return 0.0, 1.0
    if isinstance(module, torch.nn.Tanh | blocks.LSTM | blocks.GRU):
        return -1.0, 1.0
    if isinstance(module, blocks.RNN):
        return (-1.0, 1.0) if module.nonlinearity == "tanh" else None
    return None


def _dead(units: Tensor) -> Tensor:
    return (units == 0).all(0)


def _saturated(session: Session, node: str, units: Tensor) -> Tensor | None:
    """Which units nearly always lie at an end of their range; None where there is no end."""
    ends = limits(session.network.layers[node])
    return None if ends is None else _at_the_end(units, *ends).float().mean(0) >= _OFTEN


def _at_the_end(values: Tensor, low: float, high: float) -> Tensor:
    near = _EDGE * (high - low)
    return (values <= low + near) | (values >= high - near)


def _facts(session: Session, node: str, units: Tensor) -> tuple[float, ...]:
    """In the order of _FACTS; the share of saturated units is NaN where there is no end to reach."""
    saturated = _saturated(session, node, units)
    shares = (float((units == 0).float().mean()), float(_dead(units).float().mean()))
    ends = float("nan") if saturated is None else float(saturated.float().mean())
    return (float(units.mean()), float(units.std(correction=0)), *shares, ends, float(units.shape[1]))


def _histograms(units: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Counts (units, bins) with the same bins for all, and their edges."""
    values = units.cpu().numpy()
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if not low < high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, _BINS + 1)
    places = np.clip(((values - low) * (_BINS / (high - low))), 0, _BINS - 1)
    places = np.where(np.isfinite(places), places, -1).astype(np.int64)
    count = values.shape[1]
    flat = (places + np.arange(count) * _BINS)[places >= 0]
    return np.bincount(flat, minlength=count * _BINS).reshape(count, _BINS), edges
