"""Small pictures of what many layers put out for one sample, for the canvas: a few bytes each."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dllab.layers.base import vocabulary
from dllab.probes.base import Shown, probe, validation_sample
from dllab.training.session import Session

_MAPS, _SIDE, _BARS = 8, 16, 48
_PLANE = 20
_MOST = 200


@probe("thumbnails")
def thumbnails(session: Session, params: Mapping[str, Any]) -> Shown:
    """Params: nodes (ids), sample. For each of them an array uint8: maps (k, h, w), or bars (n,); labels: scale, by node
    the numbers that 0 and 255 stand for, and plane, whether maps are the plane of two inputs instead of the sample."""
    sample = validation_sample(session, params)
    wanted = params.get("nodes")
    nodes = [n for n in wanted if isinstance(n, str)][:_MOST] if isinstance(wanted, list | tuple) else []
    plane = session.prepared.spec.input == (2,) and not vocabulary(session.prepared.spec.input)
    with session.looking(), session.precision.casting():
        values = session.network.forward_nodes(_plane(session) if plane else session.validation.x[sample : sample + 1])
        small = {
            node: _units(values[node]) if plane and values[node].dim() == 2 else _small(values[node][0].float())
            for node in nodes
            if node in values and values[node].is_floating_point()
        }
    arrays, scale = {}, {}
    for node, value in small.items():
        arrays[node], scale[node] = _bytes(value)
    axes: dict[str, tuple[str, ...]] = {
        node: ("map", "row", "column") if array.ndim == 3 else ("unit",) for node, array in arrays.items()
    }
    return Shown(
        arrays, {"scale": scale, "plane": plane, "sample": sample, "count": len(session.prepared.validation.x)}, axes
    )


def _plane(session: Session) -> Tensor:
    """Places all over the plane of two inputs, row 0 highest, as the network takes them."""
    points = np.concatenate([session.prepared.train.raw, session.prepared.validation.raw])
    low, high = points.min(0), points.max(0)
    across = np.linspace(low[0], high[0], _PLANE, dtype=np.float32)
    up = np.linspace(high[1], low[1], _PLANE, dtype=np.float32)
    raw = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    x = np.ascontiguousarray(session.prepared.scaling.apply(raw), dtype=np.float32)
    return torch.from_numpy(x).to(session.device)


def _units(values: Tensor) -> Tensor:
    """What each of the first units says all over the plane: (k, rows, columns)."""
    return values[:, :_MAPS].float().T.reshape(-1, _PLANE, _PLANE)


def _small(value: Tensor) -> Tensor:
    """One sample's output as few maps or bars, the rest averaged."""
    if value.dim() <= 1:
        value = value.reshape(1, 1, -1)
        return nn.functional.adaptive_avg_pool1d(value, min(value.shape[-1], _BARS))[0, 0]
    if value.dim() == 2:
        value = value.T[None]
    maps = value.reshape(-1, *value.shape[-2:])[:_MAPS] if value.dim() > 3 else value[:_MAPS]
    most = _SIDE if len(maps) > 1 else 3 * _SIDE
    size = min(maps.shape[-2], most), min(maps.shape[-1], most)
    return nn.functional.adaptive_avg_pool2d(maps[None], size)[0]


def _bytes(value: Tensor) -> tuple[np.ndarray, list[float]]:
    """Numbers in 256 steps, and what the first and the last step stand for; what is no number becomes the first."""
    known = torch.nan_to_num(value, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(known.min()), float(known.max())
    # Zero stays zero: it is the middle of the colours.
    low, high = min(low, 0.0), max(high, 0.0)
    reach = (high - low) or 1.0
    return ((known - low) / reach * 255).round().to(torch.uint8).cpu().numpy(), [low, low + reach]
