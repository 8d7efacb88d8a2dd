"""What another cut or another radius would find: tried out on a result that is there, before a fit makes it so."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from pydantic import ValidationError

from dllab.clustering.chain import Clustered, Clusterings, has_classes
from dllab.clustering.fit import ClusterProblem, Fit, fit, remarks_on
from dllab.clustering.measures import agreement
from dllab.clustering.tree import cut_at, cut_into
from dllab.layers.analysing import Clustering
from dllab.layers.clusters import CUTS, Agglomerative
from dllab.layers.densities import DBSCAN

_QUICK_S = 0.2


def tried(found: Clusterings, made: Clustered, change: Mapping[str, Any]) -> Clustered:
    """The clustering with other parameters where that is quick to say: another cut of a tree, another radius.

    Without silhouettes and their score: measuring them takes too long to follow a hand.
    """
    known = {name: value for name, value in change.items() if name in type(made.layer).model_fields}
    return _tried(found, made.node, tuple(sorted(known.items()))) if known else made


@lru_cache(maxsize=2)
def _tried(found: Clusterings, node: str, change: tuple[tuple[str, Any], ...]) -> Clustered:
    made = found.find(node)
    assert made is not None
    try:
        layer = type(made.layer).model_validate({**made.layer.model_dump(), **dict(change)})
    except ValidationError:
        return made
    if layer == made.layer:
        return made
    again = same_tree(made, layer)
    if again is None and isinstance(layer, DBSCAN) and layer.seconds(*made.rows.shape) < _QUICK_S:
        try:
            again = fit(layer, made.rows, found.checked.experiment.seed)
        except ClusterProblem:
            return made
    if again is None:
        return made
    scores = agreement(found.seen.y, again.labels) if has_classes(found.checked) else {}
    return replace(made, layer=layer, fit=again, scores=scores, silhouettes=None)


def same_tree(made: Clustered, layer: Clustering) -> Fit | None:
    """The fit of a layer that differs from a fitted one only in where the tree is cut; None where it differs in more."""
    tree = made.fit.merges
    if tree is None or not isinstance(layer, Agglomerative) or not isinstance(made.layer, Agglomerative):
        return None
    if layer.model_dump(exclude=set(CUTS)) != made.layer.model_dump(exclude=set(CUTS)):
        return None
    again = replace(made.fit, labels=cut(layer, tree))
    return replace(again, remarks=remarks_on(again, made.rows))


def cut(layer: Agglomerative, merges: np.ndarray) -> np.ndarray:
    """Labels where this layer cuts the tree."""
    if layer.distance_threshold is not None:
        return cut_at(merges, layer.distance_threshold)
    return cut_into(merges, layer.n_clusters)
