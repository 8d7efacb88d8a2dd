"""How long fits take and how much memory, beside what their declarations say before: by hand, on a quiet machine.

`python -m benchmarks.clustering`; with `--json` only the short ones, as one line.
"""

import json
import os
import resource
import subprocess
import sys
import time
from typing import Any

import numpy as np

from dllab.clustering.fit import fit
from dllab.layers import LAYERS
from dllab.layers.analysing import Clustering

LONG_S = 10.0
# Kind, parameters, samples, features: what is promised first, then what the estimates are held against.
CASES: tuple[tuple[str, dict[str, Any], int, int], ...] = (
    ("dbscan", {"eps": 0.1}, 100_000, 2),
    ("dbscan", {"eps": 0.3}, 100_000, 2),
    ("hdbscan", {}, 100_000, 2),
    ("minibatch_kmeans", {}, 100_000, 2),
    ("agglomerative", {}, 20_000, 2),
    ("agglomerative", {"linkage": "single"}, 20_000, 2),
    ("kmeans", {}, 100_000, 2),
    ("gaussian_mixture", {}, 100_000, 2),
    ("optics", {}, 10_000, 2),
    ("spectral", {}, 10_000, 2),
    ("spectral", {"affinity": "rbf"}, 5_000, 2),
    ("mean_shift", {}, 5_000, 2),
    ("dbscan", {"eps": 2.0}, 10_000, 10),
    ("hdbscan", {}, 10_000, 10),
    ("agglomerative", {}, 5_000, 64),
    ("kmeans", {"n_clusters": 10}, 10_000, 64),
    ("gaussian_mixture", {}, 10_000, 20),
)


def samples(count: int, features: int) -> np.ndarray:
    """Moons of one spread in the plane, clouds in more dimensions."""
    from sklearn import datasets

    if features == 2:
        x = datasets.make_moons(count, noise=0.1, random_state=0)[0]
        return np.asarray((x - x.mean(0)) / x.std(0))
    return np.asarray(datasets.make_blobs(count, features, centers=5, random_state=0)[0])


def one(kind: str, params: dict[str, Any], count: int, features: int) -> dict[str, float]:
    """Measured in this very process."""
    layer = LAYERS.make(kind, params)
    assert isinstance(layer, Clustering)
    fit(layer, samples(30, features))  # loads the libraries
    x = samples(count, features)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    found = fit(layer, x)
    seconds = time.perf_counter() - began
    return {
        "seconds": round(seconds, 3),
        "estimated_s": round(layer.seconds(count, features), 3),
        "memory_mb": round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024),
        "estimated_mb": round(layer.memory(count, features) / 2**20),
        "clusters": found.clusters,
    }


def measured(short_only: bool) -> dict[str, dict[str, float]]:
    """Every case in a process of its own: a peak of memory is one of a process."""
    found = {}
    for case in CASES:
        kind, params, count, features = case
        layer = LAYERS.make(kind, params)
        assert isinstance(layer, Clustering)
        if short_only and layer.seconds(count, features) > LONG_S:
            continue
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.clustering", "--one", json.dumps(case)],
            stdout=subprocess.PIPE, text=True, env=environment, check=True,
        )  # fmt: skip
        words = "".join(f" {name} {value}" for name, value in params.items())
        found[f"{kind}{words}, {count:,} × {features}"] = json.loads(done.stdout)
        if not short_only:
            print(f"{kind}{words}, {count:,} × {features}: {done.stdout.strip()}", flush=True)
    return found


def main() -> None:
    """Print the figures."""
    if "--one" in sys.argv:
        print(json.dumps(one(*json.loads(sys.argv[-1]))))
        return
    found = measured("--json" in sys.argv)
    if "--json" in sys.argv:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
