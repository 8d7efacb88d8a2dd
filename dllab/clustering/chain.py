"""From a clustering on the canvas to its fit: which samples it sees, through which steps they reach it."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from dllab.checking import Check
from dllab.clustering.fit import ClusterProblem, Fit, fit, reduce, rows
from dllab.clustering.measures import Silhouettes, agreement, silhouettes
from dllab.data.base import DataSpec
from dllab.data.prepare import Prepared
from dllab.layers.analysing import Analysis, Clustering
from dllab.text import _


@dataclass(frozen=True)
class Seen:
    """What is clustered: every sample outside the sealed test part, in the order of the dataset."""

    x: np.ndarray
    y: np.ndarray
    raw: np.ndarray
    """As they are in the dataset, for drawing."""
    index: np.ndarray
    """(n,) int64: positions in the dataset."""


@dataclass(frozen=True)
class Clustered:
    """A clustering of the canvas, carried out."""

    node: str
    layer: Clustering
    source: str
    """The layer whose output was clustered; the Input for the data itself."""
    steps: tuple[str, ...]
    """The nodes (Standardise, PCA) on the way from there."""
    rows: np.ndarray
    """(n, d) as the algorithm got them."""
    fit: Fit
    scores: dict[str, float]
    """ari, nmi, homogeneity, completeness where there are true labels; silhouette where it is defined."""
    silhouettes: Silhouettes | None = None
    """Sample by sample, where they are defined."""


_numbers = itertools.count(1)


@dataclass(frozen=True, eq=False)
class Clusterings:
    """All clusterings of an experiment, with what they were made from: what probes of clusters look at."""

    checked: Check
    spec: DataSpec
    seen: Seen
    """Rows of the seen samples and of every clustering are in the same order."""
    made: tuple[Clustered, ...]
    number: int = field(default_factory=_numbers.__next__)
    """Another one for each new value."""

    def find(self, node: str) -> Clustered | None:
        """The clustering of this node; the first one where there is none of that name."""
        return next((made for made in self.made if made.node == node), self.made[0] if self.made else None)


def clusterings(checked: Check) -> tuple[str, ...]:
    """Ids of the clusterings that are not muted."""
    model = checked.experiment.model
    return tuple(
        name
        for name in checked.taps
        if isinstance(checked.nodes[name].layer, Clustering) and not model.nodes[name].muted
    )


def seen(prepared: Prepared) -> Seen:
    """Training and validation part together."""
    parts = [part for part in (prepared.train, prepared.validation) if len(part)]
    order = np.argsort(np.concatenate([part.index for part in parts]), kind="stable")
    x, y, raw, index = (
        np.concatenate([getattr(part, name) for part in parts])[order] for name in ("x", "y", "raw", "index")
    )
    return Seen(x, y, raw, index)


def way_to(checked: Check, node: str) -> tuple[str, tuple[str, ...]]:
    """The layer that a clustering hangs on, and the steps (Standardise, PCA) on the way from there."""
    model = checked.experiment.model
    steps: list[str] = []
    while True:
        (link,) = model.into(node)
        node = link.source
        found = checked.nodes[node].layer
        if found is None or not found.analyses:
            return node, tuple(reversed(steps))
        if not model.nodes[node].muted:
            steps.append(node)


Fitter = Callable[[Clustering, np.ndarray, int], Fit]
Reducer = Callable[[Analysis, np.ndarray, int], np.ndarray]


def reduced(checked: Check, node: str, x: np.ndarray, reducer: Reducer = reduce) -> np.ndarray:
    """Rows (n, d) as a clustering gets them, from samples (n, …) as they leave the source. Raises ClusterProblem."""
    flat = rows(x)
    for step in way_to(checked, node)[1]:
        layer = checked.nodes[step].layer
        assert isinstance(layer, Analysis)
        flat = reducer(layer, flat, checked.experiment.seed)
    return flat


def carry_out(
    checked: Check, node: str, x: np.ndarray, y: np.ndarray, fitter: Fitter = fit, reducer: Reducer = reduce
) -> Clustered:
    """Reduce and cluster samples `x` (n, …) as they leave the source. Raises ClusterProblem."""
    source, steps = way_to(checked, node)
    seed = checked.experiment.seed
    flat = reduced(checked, node, x, reducer)
    layer = checked.nodes[node].layer
    if not isinstance(layer, Clustering):
        raise ClusterProblem(_("{node} is no clustering.").format(node=node))
    made = fitter(layer, flat, seed)
    scores = agreement(y, made.labels) if has_classes(checked) else {}
    metric = getattr(layer, "metric", "euclidean")
    found = silhouettes(flat, made.labels, metric, seed)
    if found is not None:
        scores["silhouette"] = found.mean
    return Clustered(node, layer, source, steps, flat, made, scores, found)


def has_classes(checked: Check) -> bool:
    """Whether every sample has one true class to compare with."""
    return checked.data is not None and checked.data.task == "classification" and not checked.data.positions
