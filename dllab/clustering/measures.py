"""How good a clustering is: against true labels where there are any, and by itself."""

from dataclasses import dataclass

import numpy as np

from dllab.layers.analysing import NOISE

SILHOUETTE_LIMIT = 5_000
"""More samples than this are drawn from: every silhouette needs the distances to all others."""


@dataclass(frozen=True)
class Silhouettes:
    """Silhouettes of samples that belong to a cluster."""

    index: np.ndarray
    """(m,) int64: positions of the samples."""
    values: np.ndarray
    """(m,) float64 from -1 (in the wrong cluster) to 1 (far from all others)."""

    @property
    def mean(self) -> float:
        """The silhouette score."""
        return float(self.values.mean())


def agreement(true: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """ARI, NMI, homogeneity and completeness of labels against true ones; noise counts as a cluster of its own."""
    from sklearn import metrics

    return {
        "ari": float(metrics.adjusted_rand_score(true, labels)),
        "nmi": float(metrics.normalized_mutual_info_score(true, labels)),
        "homogeneity": float(metrics.homogeneity_score(true, labels)),
        "completeness": float(metrics.completeness_score(true, labels)),
    }


def contingency(true: np.ndarray, labels: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts (classes, found labels), and the labels in the order of the columns (noise first, if there is any)."""
    names, place = np.unique(labels, return_inverse=True)
    counts = np.zeros((classes, len(names)), np.int64)
    np.add.at(counts, (true, place), 1)
    return counts, names


def silhouettes(x: np.ndarray, labels: np.ndarray, metric: str = "euclidean", seed: int = 0) -> Silhouettes | None:
    """Silhouettes of the samples in clusters; None where they are not defined (fewer than two clusters).

    $s(i) = (b - a) / \\max(a, b)$: a the mean distance to its own cluster, b to the nearest other one. Of more than
    SILHOUETTE_LIMIT samples that many are drawn at random.

    Reference: Rousseeuw (1987).
    """
    from sklearn.metrics import silhouette_samples

    index = np.flatnonzero(labels != NOISE)
    if len(index) > SILHOUETTE_LIMIT:
        index = np.sort(np.random.default_rng(seed).choice(index, SILHOUETTE_LIMIT, replace=False))
    found = len(np.unique(labels[index]))
    if not 2 <= found < len(index):
        return None
    return Silhouettes(index.astype(np.int64), silhouette_samples(x[index], labels[index], metric=metric))


def profile(x: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For every label: its number, its mean (k, d) and its spread (k, d)."""
    names = np.unique(labels)
    means = np.stack([x[labels == name].mean(0) for name in names])
    spreads = np.stack([x[labels == name].std(0) for name in names])
    return names, means, spreads
