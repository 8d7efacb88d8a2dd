"""The parameters of one layer: how they are spread now and how they were at the start."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dllab.probes.base import DoesNotApply, Shown, probe
from dllab.text import _
from dllab.training.session import Session

_BINS = 41
_VALUES_LIMIT = 20_000


@probe("weights")
def weights(session: Session, params: Mapping[str, Any]) -> Shown:
    """Params: node. For each parameter p: p.edges, p.counts, p.initial; weight.values when it is small."""
    node = params.get("node", "")
    module = dict(session.network.layers.items()).get(node)
    own = dict(module.named_parameters()) if module is not None else {}
    if not own:
        raise DoesNotApply(_("This layer has no weights: it learns nothing."))
    arrays: dict[str, np.ndarray] = {}
    facts = {}
    for name, parameter in own.items():
        now = parameter.detach().float().cpu().numpy()
        then = session.initial[f"layers.{node}.{name}"].float().numpy()
        finite = now[np.isfinite(now)]
        low = float(min(finite.min(initial=np.inf), then.min(initial=np.inf)))
        high = float(max(finite.max(initial=-np.inf), then.max(initial=-np.inf)))
        if not low < high:
            low, high = low - 0.5, low + 0.5
        counts, edges = np.histogram(finite, _BINS, (low, high))
        initial, _edges = np.histogram(then, _BINS, (low, high))
        arrays |= {f"{name}.edges": edges, f"{name}.counts": counts, f"{name}.initial": initial}
        facts[name] = {"shape": list(now.shape), "mean": float(now.mean()), "std": float(now.std())}
        if name == "weight" and now.size <= _VALUES_LIMIT:
            arrays["weight.values"] = now
    return Shown(arrays, {"node": node, "parameters": facts})
