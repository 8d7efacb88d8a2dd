"""One step of a clustering, as a picture: which samples it is about, and the arithmetic in a sentence."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dllab.clustering.chain import Clustered, Clusterings
from dllab.clustering.fit import ClusterProblem
from dllab.clustering.steps import Step, Trace, follow
from dllab.clustering.tree import cut_into, draw
from dllab.layers.analysing import UNSEEN
from dllab.layers.clusters import Agglomerative
from dllab.layers.densities import DBSCAN
from dllab.probes.base import DoesNotApply, Shown, cluster_probe, integer
from dllab.probes.clusters import about, assignments, chosen

_MOST = 1_000_000
_AXES = {
    **dict.fromkeys(("index", "labels"), ("sample",)),
    **dict.fromkeys(("point", "neighbours", "left", "right"), ("member",)),
    **dict.fromkeys(("centres", "before"), ("cluster", "direction")),
    "x": ("sample", "direction"),
    "link": ("end", "direction"),
    "circle": ("corner", "direction"),
    "brackets": ("merge", "place"),
}
_kept: dict[tuple[int, str], Trace] = {}
"""The newest trace of all: walking through it asks for one step after the other."""


@cluster_probe("cluster_steps")
def cluster_steps(found: Clusterings, params: Mapping[str, Any]) -> Shown:
    """Params: node, step (0: before the first one).

    Arrays: x (n, 2) in the plane, labels (n,) (UNSEEN: not yet in any), index (n,) in the dataset; per step point,
    neighbours, left, right (n of them as positions), centres (k, 2), before (k, 2), link (2, 2), circle (c, 2), and of a
    tree its brackets (m, 5) so far. Labels: step, steps, what, text, facts, followed.
    """
    made = chosen(found, params)
    trace = _trace(found, made)
    number = integer(params, "step", 0, 0, min(_MOST, len(trace.steps)))
    plane = assignments(found, {"node": made.node})
    x = plane.arrays["x"][trace.index]
    labels = {
        **about(found, made), "step": number, "steps": len(trace.steps), "followed": len(trace.index),
        "what": "", "text": "", "facts": {}, "axes": plane.labels["axes"],
    }  # fmt: skip
    arrays = {
        "x": x, "index": plane.arrays["index"][trace.index], "labels": np.full(len(x), UNSEEN, np.int64)
    }  # fmt: skip
    if number:
        step = trace.steps[number - 1]
        labels |= {"what": step.what, "text": step.text, "facts": step.facts}
        arrays["labels"] = _coloured(made, trace, number)
        arrays |= _marks(made, trace, number, x, bool(plane.labels["flat"]))
    if trace.merges is not None:
        drawn = draw(trace.merges, len(trace.merges))
        arrays["brackets"] = drawn.brackets[:number].astype(np.float32)
        labels["leaves"] = len(drawn.leaves)
    return Shown(arrays, labels, {name: _AXES[name] for name in arrays})


def _trace(found: Clusterings, made: Clustered) -> Trace:
    key = found.number, made.node
    if key not in _kept:
        try:
            trace = follow(made.layer, made.rows, found.checked.experiment.seed)
        except ClusterProblem as problem:
            raise DoesNotApply(str(problem)) from problem
        _kept.clear()
        _kept[key] = trace
    return _kept[key]


def _coloured(made: Clustered, trace: Trace, number: int) -> np.ndarray:
    """Clusters as they are to be drawn: of a tree in the colours they will have where it is cut, while it is finer."""
    labels = trace.steps[number - 1].labels
    if trace.merges is None or not isinstance(made.layer, Agglomerative):
        return labels
    wanted = made.fit.clusters
    if len(labels) - number <= wanted:
        return labels
    alone = np.bincount(labels)[labels] < 2
    return np.where(alone, UNSEEN, cut_into(trace.merges, wanted))


def _marks(made: Clustered, trace: Trace, number: int, x: np.ndarray, flat: bool) -> dict[str, np.ndarray]:
    step = trace.steps[number - 1]
    arrays = {name: marks for name, marks in step.marks.items() if name != "centres"}
    rows = made.rows[trace.index]
    if "left" in arrays and isinstance(made.layer, Agglomerative):
        arrays["link"] = _link(made.layer.linkage, rows, x, step)
    if "centres" in step.marks:
        arrays["centres"] = _turned(rows, x, step.marks["centres"])
        if step.what == "update":
            arrays["before"] = _turned(rows, x, trace.steps[number - 2].marks["centres"])
    if isinstance(made.layer, DBSCAN) and flat and rows.shape[1] <= 2:
        outline = _outline(made.layer)
        if outline is not None:
            arrays["circle"] = (x[step.marks["point"][0]] + outline).astype(np.float32)
    return arrays


def _outline(layer: DBSCAN) -> np.ndarray | None:
    """The edge of a neighbourhood around the origin, where the distance has one that can be drawn."""
    if layer.metric == "cosine":
        return None
    angles = np.linspace(0, 2 * np.pi, 97)
    edge = np.stack([np.cos(angles), np.sin(angles)], 1)
    if layer.metric == "manhattan":
        edge /= np.abs(edge).sum(1, keepdims=True)
    return np.asarray(layer.eps * edge)


def _link(linkage: str, rows: np.ndarray, x: np.ndarray, step: Step) -> np.ndarray:
    """Between which places the distance of two clusters is measured; from mean to mean where many have a part in it."""
    left, right = step.marks["left"], step.marks["right"]
    if linkage in ("ward", "average"):
        return np.stack([x[left].mean(0), x[right].mean(0)]).astype(np.float32)
    pairs = np.linalg.norm(rows[left][:, None] - rows[right][None], axis=2)
    best = pairs.argmin() if linkage == "single" else pairs.argmax()
    one, other = np.unravel_index(best, pairs.shape)
    return np.stack([x[left[one]], x[right[other]]]).astype(np.float32)


def _turned(rows: np.ndarray, x: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Places among the rows, in the plane: rows and their plane differ by a turn and a shift."""
    centre, flat = rows.mean(0), x.mean(0)
    turn, *_rest = np.linalg.lstsq(rows - centre, x - flat, rcond=None)
    return np.asarray((places - centre) @ turn + flat, np.float32)
