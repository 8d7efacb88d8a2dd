"""The same clustering with many parameters: how good and how stable each is. A process of its own carries it out."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import nan, prod
from typing import IO, Any

import numpy as np

from dllab.clustering.child import Child
from dllab.clustering.distances import k_distances
from dllab.clustering.fit import ClusterProblem, fit, refuse
from dllab.clustering.measures import agreement, silhouettes
from dllab.layers import LAYERS
from dllab.layers.analysing import Clustering, Swept
from dllab.layers.densities import DBSCAN

SAMPLES = 2_000
"""More are drawn from: every place of the sweep takes several fits."""
PARTS = 3
"""Random parts of which each is clustered on its own: stable is what comes out the same."""
_SHARE = 0.8
_CUTS = 12
_LEAST, _PATIENCE_S = 300, 60.0
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
    refuse(layer, x)
    values = [(swept.field, _values(layer, swept, x)) for swept in layer.sweeps()]
    (column, columns), *other = values
    row, rows = other[0] if other else ("", ())
    return Axes(column, columns, row, rows)


def _values(layer: Clustering, swept: Swept, x: np.ndarray) -> tuple[float | int, ...]:
    present = getattr(layer, swept.field)
    kept = () if present is None else (present,)
    if swept.suggested:
        found = {float(f"{value:.3g}") for value in _SUGGESTED[swept.suggested](layer, x)}
        return tuple(sorted({value for value in found if value > 0}.union(kept)))
    # Of half of the samples or more nothing can be told apart.
    return tuple(sorted({value for value in swept.values if value <= len(x) // 2}.union(kept)))


def _radii(layer: Clustering, x: np.ndarray) -> np.ndarray:
    """From where few have neighbours to where nearly all are one crowd, in even steps of the logarithm."""
    assert isinstance(layer, DBSCAN)
    curve = k_distances(x, layer.min_samples, layer.metric)
    low, high = float(np.quantile(curve, 0.1)), float(np.quantile(curve, 0.99)) * 2.5
    low = max(min(low, layer.eps), 1e-9)
    return np.geomspace(low, max(high, layer.eps, low * 2), 10)


def _bandwidths(_layer: Clustering, x: np.ndarray) -> list[float]:
    """As scikit-learn estimates them, from the distances to ever more neighbours."""
    from sklearn.cluster import estimate_bandwidth

    return [float(estimate_bandwidth(x, quantile=share)) for share in (0.03, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)]


def _heights(layer: Clustering, x: np.ndarray) -> np.ndarray:
    """Cuts of the tree that leave two clusters, three, and so on."""
    merges = fit(layer, x).merges
    assert merges is not None
    top = np.sort(merges[:, 2])[-_CUTS:]
    return np.asarray((top[1:] + top[:-1]) / 2)


_SUGGESTED: Mapping[str, Callable[[Clustering, np.ndarray], Iterable[float]]] = {
    "radii": _radii,
    "bandwidths": _bandwidths,
    "heights": _heights,
}


def measured(layer: Clustering, samples: int, features: int) -> int:
    """How many samples a sweep looks at: fewer of what is slow, or nobody would wait for its end."""
    count = min(samples, SAMPLES)
    places = prod(len(swept.values) or _CUTS for swept in layer.sweeps())
    while count > _LEAST and places * (1 + PARTS) * layer.seconds(count, features) > _PATIENCE_S:
        count = count * 4 // 5
    return count


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
