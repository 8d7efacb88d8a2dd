"""The parameters of one layer: how they are spread now and how they were at the start, and how far each has moved."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dllab.probes.base import DoesNotApply, Shown, probe
from dllab.text import _
from dllab.training.session import Session

_BINS = 41
_VALUES_LIMIT = 100_000


@probe("weights")
def weights(session: Session, params: Mapping[str, Any]) -> Shown:
    """Params: node. For each parameter p: p.edges, p.counts, p.initial. Of the matrix or the filters (label `numbers`
    says its name), when it is not too large: weight.values, and weight.change since the start."""
    node = params.get("node", "")
    module = dict(session.network.layers.items()).get(node)
    own = dict(module.named_parameters()) if module is not None else {}
    if not own:
        raise DoesNotApply(_("This layer has no weights: it learns nothing."))
    arrays: dict[str, np.ndarray] = {}
    axes: dict[str, tuple[str, ...]] = {}
    facts = {}
    numbers = next((name for name, p in own.items() if p.dim() > 1), next(iter(own)))
    for name, parameter in own.items():
        now = parameter.detach().float().cpu().numpy()
        then = session.initial[f"layers.{node}.{name}"].float().numpy()
        arrays |= _spread(name, now, then)
        axes |= {f"{name}.edges": ("edge",), f"{name}.counts": ("bin",), f"{name}.initial": ("bin",)}
        moved = float(np.linalg.norm(now - then) / max(float(np.linalg.norm(then)), 1e-12))
        facts[name] = {"shape": list(now.shape), "mean": float(now.mean()), "std": float(now.std()), "moved": moved}
        if name == numbers and now.size <= _VALUES_LIMIT:
            arrays |= {"weight.values": now, "weight.change": now - then}
            axes |= dict.fromkeys(("weight.values", "weight.change"), _axes(session, node, now.ndim))
    return Shown(arrays, {"node": node, "numbers": numbers, "parameters": facts}, axes)


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
