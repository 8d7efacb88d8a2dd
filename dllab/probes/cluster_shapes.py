"""How a clustering came about: the tree of merges, and how crowded the places are."""

from collections.abc import Mapping
from typing import Any

from dllab.clustering.chain import Clustered, Clusterings
from dllab.clustering.distances import k_distances, knee
from dllab.clustering.tree import draw
from dllab.layers.densities import DBSCAN
from dllab.probes.base import DoesNotApply, Shown, cluster_probe, integer
from dllab.probes.clusters import about, chosen
from dllab.text import _

_QUERIES = 20_000
"""Distances to neighbours are measured for that many samples at most; the neighbours are looked for among all."""


@cluster_probe("dendrogram")
def dendrogram(found: Clusterings, params: Mapping[str, Any]) -> Shown:
    """Params: node, limit (merges drawn). Arrays: merges (n - 1, 4), brackets (m, 5), bracket_merges (m,), leaves (l,)."""
    made = chosen(found, params)
    if made.fit.merges is None:
        text = _("{layer} builds no tree; Agglomerative does: it joins the nearest clusters step by step.")
        raise DoesNotApply(text.format(layer=_(made.layer.title)))
    drawn = draw(made.fit.merges, integer(params, "limit", 120, 2, 2000))
    arrays = {
        "merges": made.fit.merges,
        "brackets": drawn.brackets,
        "bracket_merges": drawn.merges,
        "leaves": drawn.leaves,
    }
    axes: dict[str, tuple[str, ...]] = {"merges": ("merge", "number"), "brackets": ("bracket", "place")}
    axes |= {"bracket_merges": ("bracket",), "leaves": ("leaf",)}
    return Shown(arrays, about(found, made), axes)


@cluster_probe("k_distances")
def neighbour_distances(found: Clusterings, params: Mapping[str, Any]) -> Shown:
    """Params: node. Arrays: curve (m,) ascending. Labels: k, knee, eps (DBSCAN alone), measured (m samples of n)."""
    made = chosen(found, params)
    k = _neighbours(made)
    if k is None:
        text = _("{layer} looks at no neighbourhoods; DBSCAN, HDBSCAN and OPTICS do.")
        raise DoesNotApply(text.format(layer=_(made.layer.title)))
    metric = getattr(made.layer, "metric", "euclidean")
    curve = k_distances(made.rows, k, metric, _QUERIES, found.checked.experiment.seed)
    labels = {**about(found, made), "k": k, "knee": knee(curve), "measured": len(curve), "metric": metric}
    labels["eps"] = made.layer.eps if isinstance(made.layer, DBSCAN) else None
    return Shown({"curve": curve}, labels, {"curve": ("rank",)})


def _neighbours(made: Clustered) -> int | None:
    """Which neighbour an algorithm of densities measures by."""
    own = getattr(made.layer, "min_samples", None)
    found = own if own is not None else getattr(made.layer, "min_cluster_size", None)
    return found if isinstance(found, int) else None
