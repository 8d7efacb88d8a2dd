"""DBSCAN where neighbourhoods are large: the same labels as scikit-learn's, without keeping every neighbour of all."""

from collections.abc import Iterator

import numpy as np

from dllab.layers.densities import DBSCAN

_SAMPLE = 200
_ROWS = 500
"""Samples whose neighbours are looked at together."""
_FLAT = 2
"""Up to so many features a neighbourhood touches few others."""
_INSIDE = 0.5 * (1 - 1e-9)
"""Two samples this share of the radius from a third one are neighbours of each other, however numbers are rounded."""


def neighbours(x: np.ndarray, eps: float, metric: str, seed: int) -> int:
    """How many neighbours all samples have together, counted for a few and scaled up."""
    from sklearn.neighbors import NearestNeighbors

    few = np.random.default_rng(seed).choice(len(x), min(_SAMPLE, len(x)), replace=False)
    found = NearestNeighbors(radius=eps, metric=metric).fit(x).radius_neighbors(x[few], return_distance=False)
    return int(sum(map(len, found)) * len(x) / len(few))


def is_crowded(layer: DBSCAN, x: np.ndarray, seed: int) -> bool:
    """Whether all neighbours together are too many to be kept."""
    return len(x) ** 2 > layer.kept and neighbours(x, layer.eps, layer.metric, seed) > layer.kept


def crowded_dbscan(x: np.ndarray, eps: float, min_samples: int, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Labels and which samples are core, of rows (n, d), in memory that does not grow with the neighbourhoods.

    For cosine distances every row needs a direction: `refuse` looks after that.
    """
    if metric != "cosine":
        return _apart(x, eps, min_samples, metric)
    # 1 - cos is half the squared distance of the directions.
    directions = x / np.linalg.norm(x, axis=1, keepdims=True)
    return _apart(directions, float(np.sqrt(2 * eps)), min_samples, "euclidean")


def _apart(x: np.ndarray, eps: float, min_samples: int, metric: str) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.neighbors import KDTree

    flat = x.shape[1] <= _FLAT
    tree = KDTree(x, metric=metric)
    group = _groups(tree, x, eps) if flat else np.arange(len(x))
    core = (np.bincount(group) >= min_samples)[group]
    alone = np.flatnonzero(~core)
    core[alone] = tree.query_radius(x[alone], eps, count_only=True) >= min_samples if len(alone) else False
    labels = np.full(len(x), -1, np.int64)
    if core.any():
        known = np.flatnonzero(core)
        labels[known] = _numbered(_joined(x, known, group, eps, metric) if flat else _reached(x[known], eps, metric))
        _claim(x, labels, core, eps, metric)
    return labels, core


def _numbered(found: np.ndarray) -> np.ndarray:
    """Clusters in the order of their first samples, as scikit-learn counts them."""
    _names, first, cluster = np.unique(found, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return np.asarray(rank[cluster])


def _groups(tree: object, x: np.ndarray, eps: float) -> np.ndarray:
    """(n,) int64: every sample belongs to the first one within half the radius that founded a group."""
    group = np.full(len(x), -1, np.int64)
    count = 0
    for founder in range(len(x)):
        if group[founder] < 0:
            (near,) = tree.query_radius(x[founder : founder + 1], eps * _INSIDE)  # type: ignore[attr-defined]
            group[near[group[near] < 0]] = count
            group[founder] = count
            count += 1
    return group


def _joined(x: np.ndarray, core: np.ndarray, group: np.ndarray, eps: float, metric: str) -> np.ndarray:
    """Component of every core sample. Samples of one group are neighbours of each other; only between groups distances
    are looked at. The idea is that of grids: Gunawan, *A faster algorithm for DBSCAN* (2013).
    """
    from sklearn.neighbors import KDTree

    _names, place = np.unique(group[core], return_inverse=True)
    order = np.argsort(place, kind="stable")
    members = np.split(core[order], np.cumsum(np.bincount(place))[:-1])
    parent = list(range(len(members)))

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    trees: dict[int, object] = {}
    for one, other in _near_pairs(np.stack([x[m[0]] for m in members]), eps, metric):
        a, b = root(one), root(other)
        if a == b:
            continue
        small, large = sorted((one, other), key=lambda g: len(members[g]))
        if large not in trees:
            trees[large] = KDTree(x[members[large]], metric=metric)
        if trees[large].query_radius(x[members[small]], eps, count_only=True).any():  # type: ignore[attr-defined]
            parent[max(a, b)] = min(a, b)
    return np.array([root(one) for one in range(len(members))])[place]


def _reached(core: np.ndarray, eps: float, metric: str) -> np.ndarray:
    """Component of every core sample, the neighbours of a few looked at and forgotten at a time."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from sklearn.neighbors import KDTree

    tree = KDTree(core, metric=metric)
    found = np.arange(len(core))
    for rows in np.array_split(np.arange(len(core)), -(-len(core) // _ROWS)):
        near = tree.query_radius(core[rows], eps)
        pairs = np.stack([np.repeat(found[rows], list(map(len, near))), found[np.concatenate(near)]])
        pairs = pairs[:, pairs[0] != pairs[1]]
        edges = coo_matrix((np.ones(pairs.shape[1], np.bool_), pairs), shape=(len(core), len(core)))
        found = connected_components(edges, directed=False)[1][found]
    return np.asarray(found)


def _near_pairs(first: np.ndarray, eps: float, metric: str) -> Iterator[tuple[int, int]]:
    """Groups whose members may be neighbours, the nearest ones of every group first."""
    from sklearn.neighbors import KDTree

    # A member is at most the radius away from the first member, on both sides, and the radius lies between them.
    found, _far = KDTree(first, metric=metric).query_radius(
        first, 3 * eps * (1 + 1e-9), return_distance=True, sort_results=True
    )
    for one, near in enumerate(found):
        yield from ((one, int(other)) for other in near if other > one)


def _claim(x: np.ndarray, labels: np.ndarray, core: np.ndarray, eps: float, metric: str) -> None:
    """Border samples belong to the first cluster that reaches them."""
    from sklearn.neighbors import KDTree

    known, rest = np.flatnonzero(core), np.flatnonzero(~core)
    if len(rest):
        found = KDTree(x[known], metric=metric).query_radius(x[rest], eps)
        for sample, near in zip(rest.tolist(), found, strict=True):
            if len(near):
                labels[sample] = labels[known[near]].min()
