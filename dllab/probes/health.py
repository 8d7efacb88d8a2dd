"""What the rules of health are told: gradients, updates and units, measured on the run's own next batch."""

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from dllab.health.facts import COLUMNS
from dllab.probes.base import Shown, probe
from dllab.probes.gradients import length, measure
from dllab.training.session import Session

_SAMPLES = 128
_ROWS = 4000
_BINS = 16
_FEW_FEATURES, _MANY_FEATURES = 3, 500
_CUT = {"sigmoid": (0.01, 0.99), "tanh": (-0.99, 0.99), "softmax": (-1.0, 0.99)}
_leaks: WeakKeyDictionary[Session, dict[str, Any]] = WeakKeyDictionary()


@probe("health")
def health(session: Session, _params: Mapping[str, Any]) -> Shown:
    """Arrays: for every layer gradient, weight, update, dead, saturated (NaN where there is no such thing)."""
    nodes = [name for name in session.check.order if name in session.network.calls]
    kinds = [_kind(session, name) for name in nodes]
    found = {name: dict.fromkeys(COLUMNS, np.nan) for name in nodes}
    whole = _next_update(session, found)
    samples = _units(session, found)
    if session not in _leaks:
        _leaks[session] = {"telling": _telling(session), "shared": _shared(session)}
    arrays = {column: np.array([found[name][column] for name in nodes], np.float64) for column in COLUMNS}
    labels = {"nodes": nodes, "kinds": kinds, "step": session.step, "samples": samples, "gradient": whole}
    labels |= {"batch_size": session.batch_size, "learning_rate": session.learning_rate, **_leaks[session]}
    return Shown(arrays, labels, dict.fromkeys(COLUMNS, ("layer",)))


def _kind(session: Session, name: str) -> str:
    layer = session.check.nodes[name].layer
    return layer.kind if layer is not None else ""


# --- gradients and updates ------------------------------------------------------------------------------------------


def _next_update(session: Session, found: dict[str, dict[str, float]]) -> float:
    """Fill in what the next step of training would do; the length of its whole gradient before clipping."""
    measured = measure(session)
    for name, row in found.items():
        own = [p for p in session.network.layers[name].parameters() if p in measured.gradients]
        row["gradient"] = _rms([measured.gradients[p] for p in own], True)
        # Biases begin at 0: against them every update would be endless.
        weights = [p for p in own if p.dim() > 1]
        row["weight"] = _rms([p.detach() for p in weights], False)
        if row["weight"] > 0:
            row["update"] = _rms([measured.updates[p] for p in weights], False) / row["weight"]
    return length(list(measured.gradients.values()))


def _rms(values: list[Tensor], skip_zeros: bool) -> float:
    """Root mean square of all numbers together; rows of an embedding that no sample needed have a gradient of 0."""
    if not values:
        return float("nan")
    count = sum(int(torch.count_nonzero(v)) if skip_zeros else v.numel() for v in values)
    square = sum(float(v.detach().double().square().sum()) for v in values)
    return float((square / count) ** 0.5) if count else 0.0


# --- units ----------------------------------------------------------------------------------------------------------


def _units(session: Session, found: dict[str, dict[str, float]]) -> int:
    """Fill in which units are dead or saturated, over some training samples; how many."""
    x = torch.from_numpy(session.prepared.train.x[:_SAMPLES]).to(session.device)
    with session.looking(), session.precision.casting():
        values = session.network.forward_nodes(x)
    weighty = [name for name in found if list(session.network.layers[name].parameters())]
    last = list(found).index(weighty[-1]) if weighty else 0
    for place, name in enumerate(found):
        kind, value = _kind(session, name), values[name]
        if kind == "relu":
            found[name]["dead"] = _dead(value)
        # What squashes the answer itself may well be sure of it.
        elif kind in _CUT and place < last:
            low, high = _CUT[kind]
            found[name]["saturated"] = _at_ends(value.amax(-1) if kind == "softmax" else value, low, high)
    return len(x)


def _dead(value: Tensor) -> float:
    """Share of the units (channels of an image) that are 0 everywhere."""
    alive = value > 0
    if value.dim() == 2:
        return 1.0 - float(alive.any(0).float().mean())
    axes = [tuple(a for a in range(value.dim()) if a != 1)]
    if value.dim() == 3:
        # Channels may come second or last: the milder reading counts.
        axes.append((0, 1))
    return min(1.0 - float(alive.amax(axis).float().mean()) for axis in axes)


def _at_ends(value: Tensor, low: float, high: float) -> float:
    return float(((value < low) | (value > high)).float().mean())


# --- leakage --------------------------------------------------------------------------------------------------------


def _telling(session: Session) -> list[tuple[str, float]]:
    """How well each feature of a table tells the target of the validation part, by itself."""
    train, validation = session.prepared.train, session.prepared.validation
    table = train.x.ndim == 2 and train.x.dtype.kind == "f" and not session.data.positions
    if not table or not _FEW_FEATURES <= train.x.shape[1] <= _MANY_FEATURES or len(validation.x) < 20:
        return []
    names = session.data.features or tuple(map(str, range(train.x.shape[1])))
    scores = []
    for column, name in enumerate(names[: train.x.shape[1]]):
        x, y = train.x[:_ROWS, column], train.y[:_ROWS]
        seen, true = validation.x[:_ROWS, column], validation.y[:_ROWS]
        if session.data.task == "classification":
            scores.append((name, _told_class(x, y, seen, true)))
        elif session.data.task == "regression" and y.ndim == 2 and y.shape[1] == 1:
            scores.append((name, _told_value(seen, true[:, 0])))
    return scores


def _told_class(x: np.ndarray, y: np.ndarray, seen: np.ndarray, true: np.ndarray) -> float:
    """Share that is right when every stretch of the feature says the class that most have there."""
    if np.bincount(true).max() > 0.95 * len(true):
        return 0.0
    edges = np.unique(np.quantile(x, np.linspace(0, 1, _BINS + 1)[1:-1]))
    here, there = np.searchsorted(edges, x), np.searchsorted(edges, seen)
    counts = np.zeros((len(edges) + 1, int(max(y.max(), true.max())) + 1))
    np.add.at(counts, (here, y), 1)
    return float((counts.argmax(1)[there] == true).mean())


def _told_value(x: np.ndarray, y: np.ndarray) -> float:
    """Share of the target's variance that a straight line through the feature tells."""
    if x.std() == 0 or y.std() == 0:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1] ** 2)


def _shared(session: Session) -> float:
    """Share of the validation samples that the training part holds too, where samples are more than a few patterns."""
    train, validation = session.prepared.train.raw[:_ROWS], session.prepared.validation.raw[:_ROWS]
    if not len(validation) or train.dtype.kind != "f":
        return 0.0
    known = {row.tobytes() for row in train}
    if len(known) < 0.5 * len(train):
        return 0.0
    return sum(row.tobytes() in known for row in validation) / len(validation)
