"""How far every sample is from its k-th nearest: where that curve bends, a radius for DBSCAN suggests itself."""

import numpy as np


def k_distances(x: np.ndarray, k: int, metric: str = "euclidean", limit: int = 1_000_000, seed: int = 0) -> np.ndarray:
    """(n,) ascending: the distance of every sample to its k-th nearest, itself counted, as min samples counts it.

    Of more than `limit` samples that many are drawn at random; their neighbours are still looked for among all.
    """
    from sklearn.neighbors import NearestNeighbors

    k = min(max(k, 1), len(x))
    asked = x if len(x) <= limit else x[np.random.default_rng(seed).choice(len(x), limit, replace=False)]
    distances, _index = NearestNeighbors(n_neighbors=k, metric=metric).fit(x).kneighbors(asked)
    return np.sort(distances[:, -1])


def knee(curve: np.ndarray) -> float:
    """The value where an ascending curve bends most: the point farthest below the line between its ends.

    Reference: Satopää et al., *Finding a "kneedle" in a haystack* (2011).
    """
    low, high = float(curve[0]), float(curve[-1])
    if len(curve) < 3 or high <= low:
        return high
    line = np.linspace(0.0, 1.0, len(curve))
    return float(curve[int(np.argmax(line - (curve - low) / (high - low)))])
