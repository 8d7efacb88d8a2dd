"""Algorithms one step at a time, written out as in a textbook; tests hold their ends against scikit-learn."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dllab.layers.analysing import NOISE, UNSEEN
from dllab.layers.clusters import Agglomerative, KMeans
from dllab.layers.densities import DBSCAN

TRACE_LIMIT = 400
"""Samples that a person can follow one by one; the trees of more take n³ comparisons."""


@dataclass(frozen=True)
class Merge:
    """Agglomerative: two clusters become one."""

    left: int
    right: int
    """Numbers of the clusters: samples first, then merges in their order, as in SciPy's linkage matrix."""
    distance: float
    count: int
    labels: np.ndarray
    """(n,) int64 after this step, numbered by the first sample of each cluster."""


@dataclass(frozen=True)
class Visit:
    """DBSCAN: one sample is looked at."""

    point: int
    neighbours: np.ndarray
    """Samples within the radius, itself included."""
    role: Literal["core", "border", "noise"]
    cluster: int
    """The cluster it belongs to now; NOISE for none (a border sample may still be claimed later)."""
    starts: bool
    """Whether it begins a new cluster."""
    labels: np.ndarray
    """(n,) int64 after this step, UNSEEN where nobody has been."""


@dataclass(frozen=True)
class Round:
    """KMeans: either all samples are assigned, or all centres move."""

    what: Literal["start", "assign", "update"]
    centres: np.ndarray
    labels: np.ndarray
    """(n,) int64, UNSEEN before the first assignment."""
    inertia: float
    """Sum of squared distances to the assigned centres; NaN before the first assignment."""
    moved: float
    """How far the centres moved together: 0 at the end."""


def pair_distances(x: np.ndarray, metric: str) -> np.ndarray:
    """(n, n) distances between rows: euclidean, manhattan or cosine."""
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(x, x, {"manhattan": "cityblock"}.get(metric, metric)))


def merge_steps(layer: Agglomerative, x: np.ndarray) -> Iterator[Merge]:
    """All n - 1 merges of rows (n, d). A cluster stands in the place of its first sample."""
    samples = len(x)
    between = np.where(touching(layer, x), pair_distances(x, layer.metric), np.inf)
    np.fill_diagonal(between, np.inf)
    number, place = np.arange(samples), np.arange(samples)
    size, centre = np.ones(samples), x.astype(np.float64)
    for step in range(samples - 1):
        one, other = sorted(divmod(int(between.argmin()), samples))
        distance = float(between[one, other])
        joined = _joined(layer.linkage, between[[one, other]], size[[one, other]])
        centre[one] = (size[one] * centre[one] + size[other] * centre[other]) / (size[one] + size[other])
        size[one] += size[other]
        if layer.linkage == "ward":
            gaps = np.sqrt(2 * size[one] * size / (size[one] + size)) * np.linalg.norm(centre - centre[one], axis=1)
            joined = np.where(np.isinf(joined), np.inf, gaps)
        joined[[one, other]] = np.inf
        between[one] = between[:, one] = joined
        between[other] = between[:, other] = np.inf
        pair = sorted((int(number[one]), int(number[other])))
        number[one] = samples + step
        place = np.where(place == other, one, place)
        labels = np.unique(place, return_inverse=True)[1].astype(np.int64)
        yield Merge(pair[0], pair[1], distance, int(size[one]), labels)


def _joined(linkage: str, two: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Distances of all clusters to two that become one; one that touches only one of them is as far as from that."""
    known = np.where(np.isinf(two), np.nan, two)
    only = np.where(np.isnan(known[0]), known[1], known[0])
    match linkage:
        case "single":
            both = known.min(0)
        case "complete":
            both = known.max(0)
        case _:
            both = (sizes[0] * known[0] + sizes[1] * known[1]) / sizes.sum()
    return np.asarray(np.nan_to_num(np.where(np.isnan(both), only, both), nan=np.inf))


def touching(layer: Agglomerative, x: np.ndarray) -> np.ndarray:
    """(n, n) bool: which samples may be joined at once. Parts that touch nowhere do so at their nearest samples."""
    if layer.neighbours is None:
        return np.ones((len(x), len(x)), np.bool_)
    from scipy.sparse.csgraph import connected_components
    from sklearn.neighbors import kneighbors_graph

    near = kneighbors_graph(x, layer.neighbours, metric=layer.metric)
    count, part = connected_components(near, directed=False)
    edges: np.ndarray = (near + near.T).toarray() > 0
    distances = pair_distances(x, layer.metric)
    for one in range(count):
        for other in range(one):
            here, there = np.flatnonzero(part == one), np.flatnonzero(part == other)
            between = distances[np.ix_(here, there)]
            a, b = np.unravel_index(between.argmin(), between.shape)
            edges[here[a], there[b]] = edges[there[b], here[a]] = True
    return edges


def linkage_distance(linkage: str, x: np.ndarray, distances: np.ndarray, a: list[int], b: list[int]) -> float:
    """How far apart two clusters are, by definition."""
    if linkage == "ward":
        gap = float(np.linalg.norm(x[a].mean(0) - x[b].mean(0)))
        return float(np.sqrt(2 * len(a) * len(b) / (len(a) + len(b))) * gap)
    between = distances[np.ix_(a, b)]
    match linkage:
        case "single":
            return float(between.min())
        case "complete":
            return float(between.max())
    return float(between.mean())


def visit_steps(layer: DBSCAN, x: np.ndarray) -> Iterator[Visit]:
    """DBSCAN sample by sample: takes the first unseen one; from a core sample its cluster grows until nothing is left."""
    near = pair_distances(x, layer.metric) <= layer.eps
    core = near.sum(1) >= layer.min_samples
    labels = np.full(len(x), UNSEEN, np.int64)
    cluster = -1
    for start in range(len(x)):
        if labels[start] != UNSEEN:
            continue
        neighbours = np.flatnonzero(near[start])
        labels = labels.copy()
        if not core[start]:
            labels[start] = NOISE
            yield Visit(start, neighbours, "noise", NOISE, False, labels)
            continue
        cluster += 1
        labels[start] = cluster
        yield Visit(start, neighbours, "core", cluster, True, labels)
        queue = [int(n) for n in neighbours if labels[n] < 0]
        while queue:
            point = queue.pop(0)
            if labels[point] >= 0:
                continue
            labels = labels.copy()
            labels[point] = cluster
            found = np.flatnonzero(near[point])
            yield Visit(point, found, "core" if core[point] else "border", cluster, False, labels)
            if core[point]:
                queue += [int(n) for n in found if labels[n] < 0]


def round_steps(layer: KMeans, x: np.ndarray, centres: np.ndarray) -> Iterator[Round]:
    """Lloyd's rounds from these first centres (k, d) until nothing moves; an empty cluster keeps its centre."""
    labels = np.full(len(x), UNSEEN, np.int64)
    yield Round("start", centres, labels, float("nan"), float("nan"))
    for _number in range(layer.max_iter):
        squares = ((x[:, None, :] - centres[None]) ** 2).sum(2)
        labels = squares.argmin(1).astype(np.int64)
        yield Round("assign", centres, labels, float(squares.min(1).sum()), float("nan"))
        new = np.stack([x[labels == k].mean(0) if (labels == k).any() else centres[k] for k in range(len(centres))])
        moved = float(np.linalg.norm(new - centres))
        centres = new
        inertia = float(((x - centres[labels]) ** 2).sum())
        yield Round("update", centres, labels, inertia, moved)
        if moved == 0.0:
            return


def first_centres(layer: KMeans, x: np.ndarray, seed: int) -> np.ndarray:
    """The first centres that a seed gives: k-means++ by scikit-learn, or any k different samples."""
    if layer.init == "random":
        return np.asarray(x[np.random.default_rng(seed).choice(len(x), layer.n_clusters, replace=False)])
    from sklearn.cluster import kmeans_plusplus

    return np.asarray(kmeans_plusplus(x, layer.n_clusters, random_state=seed)[0])
