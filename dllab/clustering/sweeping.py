"""The same clustering with many parameters: how good and how stable each is. A process of its own carries it out."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import nan
from typing import IO, Any

import numpy as np

from dllab.clustering.child import Child
from dllab.clustering.distances import k_distances
from dllab.clustering.fit import ClusterProblem, fit
from dllab.clustering.measures import agreement, silhouettes
from dllab.layers import LAYERS
from dllab.layers.analysing import Clustering
from dllab.layers.densities import DBSCAN, HDBSCAN
from dllab.text import _

SAMPLES = 2_000
"""More are drawn from: every place of the sweep takes several fits."""
PARTS = 3
"""Random parts of which each is clustered on its own: stable is what comes out the same."""
_SHARE = 0.8
SCORES = ("silhouette", "stability", "ari", "clusters", "noise")


@dataclass(frozen=True)
class Axes:
    """Which parameters take which values; without `rows` there is one axis."""

    column: str
    columns: tuple[float | int, ...]
    row: str = ""
    rows: tuple[float | int, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return max(1, len(self.rows)), len(self.columns)

    def params(self, row: int, column: int) -> dict[str, float | int]:
        """What is set at a place."""
        found = {self.column: self.columns[column]}
        return found | ({self.row: self.rows[row]} if self.row else {})


def axes_of(layer: Clustering, x: np.ndarray) -> Axes:
    """What is worth trying for these rows, the present values among it. Raises ClusterProblem."""
    if isinstance(layer, DBSCAN):
        return _radii(layer, x)
    if isinstance(layer, HDBSCAN):
        sizes = {n for n in (5, 8, 12, 20, 30, 50, 80, 120) if n <= len(x) // 2} | {layer.min_cluster_size}
        return Axes("min_cluster_size", tuple(sorted(sizes)))
    if layer.clusters_field:
        present = getattr(layer, layer.clusters_field)
        counts = {n for n in (*range(2, 13), present) if 2 <= n < len(x)}
        return Axes(layer.clusters_field, tuple(sorted(counts)))
    raise ClusterProblem(_("There is no sweep for {layer}.").format(layer=_(layer.title)))


def _radii(layer: DBSCAN, x: np.ndarray) -> Axes:
    """From where few have neighbours to where nearly all are one crowd, in even steps of the logarithm."""
    curve = k_distances(x, layer.min_samples, layer.metric)
    low, high = float(np.quantile(curve, 0.1)), float(np.quantile(curve, 0.99)) * 2.5
    low = max(min(low, layer.eps), 1e-9)
    high = max(high, layer.eps, low * 2)
    radii = {float(f"{value:.2g}") for value in np.geomspace(low, high, 10)} | {layer.eps}
    counts = {n for n in (3, 5, 8, 12, 20) if n < len(x)} | {layer.min_samples}
    return Axes("eps", tuple(sorted(radii)), "min_samples", tuple(sorted(counts)))


def measure(layer: Clustering, x: np.ndarray, y: np.ndarray | None, seed: int) -> dict[str, float]:
    """SCORES of one set of parameters; NaN where a score is not defined."""
    try:
        whole = fit(layer, x, seed)
    except ClusterProblem:
        return dict.fromkeys(SCORES, nan)
    metric = getattr(layer, "metric", "euclidean")
    shape = silhouettes(x, whole.labels, metric, seed)
    return {
        "silhouette": shape.mean if shape is not None else nan,
        "stability": stability(layer, x, seed) if whole.clusters > 1 else nan,
        "ari": agreement(y, whole.labels)["ari"] if y is not None else nan,
        "clusters": whole.clusters,
        "noise": whole.noise / len(x),
    }


def stability(layer: Clustering, x: np.ndarray, seed: int) -> float:
    """Mean ARI between fits of random parts, each from another start, on the samples that two of them share.

    Reference: Ben-Hur, Elisseeff, Guyon, *A stability based method for discovering structure in clustered data* (2002).
    """
    random = np.random.default_rng(seed)
    found = []
    for part in range(PARTS):
        chosen = np.sort(random.choice(len(x), max(2, round(_SHARE * len(x))), replace=False))
        labels = np.full(len(x), -2, np.int64)
        try:
            labels[chosen] = fit(layer, x[chosen], seed + part + 1).labels
        except ClusterProblem:
            return nan
        found.append(labels)
    shared = [
        (one[both], other[both]) for one, other in combinations(found, 2) if (both := (one > -2) & (other > -2)).any()
    ]
    return float(np.mean([agreement(one, other)["ari"] for one, other in shared]))


class Sweep:
    """A sweep under way in a process of its own; places are filled one after the other."""

    def __init__(self, layer: Clustering, axes: Axes, x: np.ndarray, y: np.ndarray | None, seed: int) -> None:
        self.scores = {name: np.full(axes.shape, nan) for name in SCORES}
        self.filled = 0
        asked = {
            "kind": layer.kind, "params": layer.model_dump(mode="json"), "seed": seed, "shape": x.shape,
            "known": y is not None,
            "places": [[row, column, axes.params(row, column)] for row, column in np.ndindex(axes.shape)],
        }  # fmt: skip
        data = np.ascontiguousarray(x, np.float64).tobytes()
        data += b"" if y is None else np.ascontiguousarray(y, np.int64).tobytes()
        self._child = Child(
            "dllab.clustering.sweeping", json.dumps(asked).encode() + b"\n" + data, self._hear, OMP_NUM_THREADS="1"
        )

    def _hear(self, said: IO[bytes]) -> None:
        for line in said:
            place = json.loads(line)
            for name in SCORES:
                value = place["scores"][name]
                self.scores[name][place["row"], place["column"]] = nan if value is None else value
            self.filled += 1

    @property
    def share(self) -> float:
        """How much is done."""
        return self.filled / self.scores["clusters"].size

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return self._child.done

    def cancel(self) -> None:
        """End the process, whatever it is doing."""
        self._child.cancel()


def serve() -> None:
    """Read one request and answer place by place; what libraries print goes to stderr."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if hasattr(os, "nice"):
        os.nice(5)
    asked: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    samples, features = asked["shape"]
    x = np.frombuffer(sys.stdin.buffer.read(8 * samples * features), np.float64).reshape(samples, features)
    y = np.frombuffer(sys.stdin.buffer.read(8 * samples), np.int64) if asked["known"] else None

    def tell(line: bytes) -> None:
        out.write(line)
        out.flush()

    _answer(asked, x, y, tell)
    out.close()


def _answer(asked: dict[str, Any], x: np.ndarray, y: np.ndarray | None, tell: Callable[[bytes], object]) -> None:
    for row, column, params in asked["places"]:
        layer = LAYERS.make(asked["kind"], {**asked["params"], **params})
        assert isinstance(layer, Clustering)
        found = measure(layer, x, y, asked["seed"])
        scores = {name: value if np.isfinite(value) else None for name, value in found.items()}
        tell(json.dumps({"row": row, "column": column, "scores": scores}).encode() + b"\n")


if __name__ == "__main__":
    serve()
