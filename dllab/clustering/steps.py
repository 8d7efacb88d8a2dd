"""A clustering one step at a time: what happens to which samples, and the arithmetic of it in a sentence."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import sqrt

import numpy as np

from dllab.clustering.fit import ClusterProblem, refuse
from dllab.clustering.traces import (
    TRACE_LIMIT,
    Merge,
    Round,
    Visit,
    first_centres,
    merge_steps,
    round_steps,
    visit_steps,
)
from dllab.layers.analysing import UNSEEN, Clustering
from dllab.layers.clusters import Agglomerative, KMeans
from dllab.layers.densities import DBSCAN
from dllab.text import _, ngettext

VISITS_LIMIT = 2_000
"""Samples of which DBSCAN and KMeans are followed; trees hold TRACE_LIMIT."""


@dataclass(frozen=True)
class Step:
    """One step."""

    what: str
    """merge, visit, start, assign or update."""
    text: str
    labels: np.ndarray
    """(n,) int64 after it; UNSEEN where nobody has been."""
    marks: dict[str, np.ndarray] = field(default_factory=dict)
    """What to point at: point and neighbours of a visit, left and right (samples) of a merge, centres of a round."""
    facts: dict[str, float | int | str] = field(default_factory=dict)
    """The same in numbers."""


@dataclass(frozen=True)
class Trace:
    """All steps of an algorithm on some samples."""

    index: np.ndarray
    """(n,) int64: which rows were followed."""
    steps: tuple[Step, ...]
    merges: np.ndarray | None = None
    """(n - 1, 4), for trees: SciPy's linkage matrix."""


def follow(layer: Clustering, rows: np.ndarray, seed: int = 0) -> Trace:
    """Carry an algorithm out step by step, of many rows (n, d) on some drawn at random. Raises ClusterProblem."""
    refuse(layer, rows)
    limit = TRACE_LIMIT if isinstance(layer, Agglomerative) else VISITS_LIMIT
    index = np.arange(len(rows))
    if len(rows) > limit:
        index = np.sort(np.random.default_rng(seed).choice(len(rows), limit, replace=False))
    x = rows[index]
    match layer:
        case Agglomerative():
            found = list(merge_steps(layer, x))
            tree = np.array([[m.left, m.right, m.distance, m.count] for m in found]).reshape(-1, 4)
            return Trace(index, tuple(_merged(layer, found)), tree)
        case DBSCAN():
            return Trace(index, tuple(_visited(layer, visit) for visit in visit_steps(layer, x)))
        case KMeans():
            return Trace(index, tuple(_rounds(layer, x, seed)))
    text = _("{layer} is not shown step by step: Agglomerative, DBSCAN and KMeans are.")
    raise ClusterProblem(text.format(layer=_(layer.title)))


# --- agglomerative ----------------------------------------------------------------------------------------------------


def _merged(layer: Agglomerative, found: list[Merge]) -> Iterator[Step]:
    members: dict[int, np.ndarray] = {number: np.array([number]) for number in range(len(found) + 1)}
    for number, merge in enumerate(found):
        left, right = members.pop(merge.left), members.pop(merge.right)
        members[len(found) + 1 + number] = np.concatenate([left, right])
        facts: dict[str, float | int | str] = {
            "left": merge.left, "right": merge.right, "distance": merge.distance, "count": merge.count,
            "clusters": len(found) - number,
        }  # fmt: skip
        text = _merge_text(layer, len(left), len(right), merge.distance, len(found) - number)
        yield Step("merge", text, merge.labels, {"left": left, "right": right}, facts)


def _merge_text(layer: Agglomerative, left: int, right: int, distance: float, clusters: int) -> str:
    texts = {
        "single": _("Their nearest samples are {d} apart"),
        "complete": _("Their farthest samples are {d} apart"),
        "average": _("Their samples are {d} apart on average"),
        "ward": _("Their means are {gap} apart: √(2 · {a} · {b} / ({a} + {b})) · {gap} = {d}"),
    }
    gap = distance / sqrt(2 * left * right / (left + right))
    how = texts[layer.linkage].format(d=f"{distance:.3g}", gap=f"{gap:.3g}", a=left, b=right)
    rest = ngettext("{count} cluster is left", "{count} clusters are left", clusters).format(count=f"{clusters:,}")
    text = _("Clusters of {a} and {b} join, the nearest two. {how}. {rest}.")
    return text.format(a=left, b=right, how=how, rest=rest)


# --- DBSCAN -----------------------------------------------------------------------------------------------------------


def _visited(layer: DBSCAN, visit: Visit) -> Step:
    counted = ngettext("{count} neighbour within {eps}", "{count} neighbours within {eps}", len(visit.neighbours))
    counted = counted.format(count=len(visit.neighbours), eps=f"{layer.eps:.3g}")
    texts = {
        "core": _("{counted}, at least {needed} needed: a core point of cluster {cluster}."),
        "border": _(
            "{counted}, at least {needed} needed: not core, but near a core point of cluster {cluster}: border."
        ),
        "noise": _("{counted}, at least {needed} needed: noise, unless a core point reaches it later."),
    }
    text = texts[visit.role]
    if visit.starts:
        text = _("{counted}, at least {needed} needed: a core point. Cluster {cluster} begins.")
    text = text.format(counted=counted, needed=layer.min_samples, cluster=visit.cluster + 1)
    facts: dict[str, float | int | str] = {
        "point": visit.point, "neighbours": len(visit.neighbours), "role": visit.role, "cluster": visit.cluster,
    }  # fmt: skip
    marks = {"point": np.array([visit.point]), "neighbours": visit.neighbours.astype(np.int64)}
    return Step("visit", text, visit.labels, marks, facts)


# --- KMeans -----------------------------------------------------------------------------------------------------------


def _rounds(layer: KMeans, x: np.ndarray, seed: int) -> Iterator[Step]:
    before = np.full(len(x), UNSEEN, np.int64)
    for found in round_steps(layer, x, first_centres(layer, x, seed)):
        changed = int((found.labels != before).sum())
        before = found.labels
        facts: dict[str, float | int | str] = {"changed": changed} if found.what == "assign" else {}
        if found.what != "start":
            facts["inertia"] = found.inertia
        if found.what == "update":
            facts["moved"] = found.moved
        yield Step(found.what, _round_text(layer, found, changed), found.labels, {"centres": found.centres}, facts)


def _round_text(layer: KMeans, found: Round, changed: int) -> str:
    if found.what == "start":
        far = _("{count} first centres: samples far apart from each other.")
        text = far if layer.init == "k-means++" else _("{count} first centres: any samples.")
        return text.format(count=len(found.centres))
    if found.what == "assign":
        text = ngettext(
            "Every sample goes to its nearest centre, {count} to another one than before: squared distances of {sum}.",
            "Every sample goes to its nearest centre, {count} to another one than before: squared distances of {sum}.",
            changed,
        )
        return text.format(count=f"{changed:,}", sum=f"{found.inertia:.4g}")
    if found.moved == 0.0:
        return _("Every centre is the mean of its samples already: done, with squared distances of {sum}.").format(
            sum=f"{found.inertia:.4g}"
        )
    text = _("Every centre moves to the mean of its samples, {moved} in all: squared distances fall to {sum}.")
    return text.format(moved=f"{found.moved:.3g}", sum=f"{found.inertia:.4g}")
