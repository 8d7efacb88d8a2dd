"""The parameters of one layer: how they are spread now and how they were at the start, and how far each has moved since
then or in the last step."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import nn

from dllab.probes.base import DoesNotApply, Shown, probe
from dllab.text import _
from dllab.training.session import Session

_BINS = 41
_VALUES_LIMIT = 100_000


def _watched(session: Session, params: Mapping[str, Any]) -> dict[str, nn.Parameter]:
    """The parameters of which must be known what they were before the last step, by name."""
    module = dict(session.network.layers.items()).get(params.get("node", ""))
    return dict(module.named_parameters()) if module is not None and params.get("since") == "step" else {}


@probe("weights", watches=_watched)
def weights(session: Session, params: Mapping[str, Any]) -> Shown:
    """Params: node, since ("start" or "step"). For each parameter p: p.edges, p.counts, p.initial. Of the matrix or the
    filters (label `numbers` says its name), when it is not too large: weight.values, and weight.change since the start or
    in the last step, where that is known."""
    node = params.get("node", "")
    module = dict(session.network.layers.items()).get(node)
    own = dict(module.named_parameters()) if module is not None else {}
    if not own:
        raise DoesNotApply(_("This layer has no weights: it learns nothing."))
    arrays: dict[str, np.ndarray] = {}
    axes: dict[str, tuple[str, ...]] = {}
    facts = {}
    by_step = params.get("since") == "step"
    numbers = next((name for name, p in own.items() if p.dim() > 1), next(iter(own)))
    for name, parameter in own.items():
        now = parameter.detach().float().cpu().numpy()
        then = session.initial[f"layers.{node}.{name}"].float().numpy()
        arrays |= _spread(name, now, then)
        axes |= {f"{name}.edges": ("edge",), f"{name}.counts": ("bin",), f"{name}.initial": ("bin",)}
        change, earlier = now - then, then
        if by_step:
            change, earlier = _last_step(session, node, name, parameter)
        moved = float(np.linalg.norm(change) / max(float(np.linalg.norm(earlier)), 1e-12)) if change.size else 0.0
        facts[name] = {"shape": list(now.shape), "mean": float(now.mean()), "std": float(now.std()), "moved": moved}
        if name == numbers and now.size <= _VALUES_LIMIT:
            arrays |= {"weight.values": now} | ({"weight.change": change} if change.size else {})
            maps = ("weight.values", "weight.change") if change.size else ("weight.values",)
            axes |= dict.fromkeys(maps, _axes(session, node, now.ndim))
    labels = {"node": node, "numbers": numbers, "parameters": facts, "since": "step" if by_step else "start"}
    return Shown(arrays, labels | {"step": session.step}, axes)


def _last_step(session: Session, node: str, name: str, parameter: nn.Parameter) -> tuple[np.ndarray, np.ndarray]:
    """What the last step of training has added, and what was there before; empty where that is not known."""
    before = session.update.before.get(parameter)
    if before is None:
        return np.zeros(0), np.zeros(0)
    # While the best weights are shown, the last step is still that of the training.
    after = session.last.get(f"layers.{node}.{name}", parameter.detach())
    return (after - before).float().cpu().numpy(), before.float().cpu().numpy()


def _spread(name: str, now: np.ndarray, then: np.ndarray) -> dict[str, np.ndarray]:
    """Histograms of a parameter with the same bins."""
    finite = now[np.isfinite(now)]
    low = float(min(finite.min(initial=np.inf), then.min(initial=np.inf)))
    high = float(max(finite.max(initial=-np.inf), then.max(initial=-np.inf)))
    if not low < high:
        low, high = low - 0.5, low + 0.5
    counts, edges = np.histogram(finite, _BINS, (low, high))
    initial, _edges = np.histogram(then, _BINS, (low, high))
    return {f"{name}.edges": edges, f"{name}.counts": counts, f"{name}.initial": initial}


def _axes(session: Session, node: str, count: int) -> tuple[str, ...]:
    """What the axes of a layer's matrix or filters count."""
    layer = session.check.nodes[node].layer
    if layer is not None and layer.kind == "embedding":
        return ("index", "feature")
    if count == 1:
        return ("unit",)
    return ("output", "input", *(("row", "column") if count == 4 else ("place",))[: count - 2])
