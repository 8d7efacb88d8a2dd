"""What the network says everywhere in a plane of two inputs, or along a line of one."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from dllab.layers.base import vocabulary
from dllab.probes.base import DoesNotApply, Shown, integer, probe
from dllab.text import _
from dllab.training.metrics import probabilities
from dllab.training.session import Session

_MARGIN = 0.08


@probe("boundary")
def boundary(session: Session, params: Mapping[str, Any]) -> Shown:
    """Params: resolution. Two inputs: grid (R, R, C), row 0 lowest. One input: curve_x, curve_y. With the points."""
    if session.data.task == "reconstruction":
        raise DoesNotApply(_("This network gives its input again: Reconstruction shows how well."))
    shape = session.data.input
    if shape not in ((1,), (2,)) or vocabulary(shape):
        raise DoesNotApply(_("A boundary can be drawn for data with one or two inputs; this data has more."))
    resolution = integer(params, "resolution", 60, 8, 400)
    train, validation = session.prepared.train, session.prepared.validation
    points = np.concatenate([train.raw, validation.raw])
    known = {
        "x": points,
        "y": np.concatenate([train.y, validation.y]),
        "validation": np.arange(len(points)) >= len(train.raw),
    }
    low, high = points.min(0), points.max(0)
    margin = (high - low) * _MARGIN
    low, high = low - margin, high + margin
    axes: dict[str, tuple[str, ...]] = {"x": ("sample", "feature"), "validation": ("sample",)}
    axes["y"] = ("sample", "target")[: known["y"].ndim]
    labels = {"classes": list(session.data.classes), "features": list(session.data.features)}
    if shape == (1,):
        line = np.linspace(low[0], high[0], resolution * 4, dtype=np.float32)
        values = _values(session, line[:, None])
        axes |= {"curve_x": ("place",), "curve_y": ("place", "value")}
        return Shown({"curve_x": line, "curve_y": values, **known}, labels, axes)
    across = np.linspace(low[0], high[0], resolution, dtype=np.float32)
    up = np.linspace(low[1], high[1], resolution, dtype=np.float32)
    plane = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    grid = _values(session, plane).reshape(resolution, resolution, -1)
    extent = [float(low[0]), float(high[0]), float(low[1]), float(high[1])]
    axes["grid"] = ("row", "column", "value")
    return Shown({"grid": grid, **known}, {"extent": extent, **labels}, axes)


def _values(session: Session, raw: np.ndarray) -> np.ndarray:
    """Probabilities or predicted values for unscaled inputs."""
    x = torch.from_numpy(np.ascontiguousarray(session.prepared.scaling.apply(raw), dtype=np.float32))
    outputs = session.predict(x.to(session.device))
    if session.data.task == "classification":
        return probabilities(outputs, session.data, session.loss_declared).float().cpu().numpy()
    return session.in_units(outputs)
