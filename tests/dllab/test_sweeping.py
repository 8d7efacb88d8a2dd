"""The same clustering with many parameters: scores against scikit-learn, stability, and an end at any moment."""

from typing import Any

import numpy as np
import pytest
from sklearn import cluster, datasets, metrics

from dllab.clustering.fit import ClusterProblem
from dllab.clustering.sweeping import SAMPLES, Sweep, axes_of, measure, measured, stability
from dllab.layers import LAYERS
from dllab.layers.analysing import Clustering

BLOBS, TRUE = datasets.make_blobs(150, centers=3, cluster_std=0.6, random_state=4)
MOONS = datasets.make_moons(200, noise=0.05, random_state=0)[0]


def made(kind: str, **params: Any) -> Any:
    return LAYERS.make(kind, params)


def test_scores_of_a_place_are_those_of_scikit_learn() -> None:
    found = measure(made("kmeans", n_clusters=4), BLOBS, TRUE, 0)
    labels = cluster.KMeans(4, n_init=10, random_state=0).fit_predict(BLOBS)
    assert found["silhouette"] == pytest.approx(metrics.silhouette_score(BLOBS, labels))
    assert found["ari"] == pytest.approx(metrics.adjusted_rand_score(TRUE, labels))
    assert found["clusters"] == 4
    noise = measure(made("dbscan", eps=0.4), BLOBS, None, 0)
    assert noise["noise"] == pytest.approx((cluster.DBSCAN(0.4).fit_predict(BLOBS) == -1).mean())
    assert np.isnan(noise["ari"])


def test_what_is_there_is_stable_and_what_is_cut_at_will_is_not() -> None:
    assert stability(made("kmeans", n_clusters=3), BLOBS, 0) == 1.0
    assert stability(made("kmeans", n_clusters=9), BLOBS, 0) < 0.9
    nothing = measure(made("dbscan", eps=1e-6), BLOBS, TRUE, 0)
    assert np.isnan(nothing["stability"]), "nothing but noise is no stable clustering"
    assert np.isnan(measure(made("kmeans", n_clusters=500), BLOBS, TRUE, 0)["clusters"])


def test_axes_hold_the_present_values() -> None:
    axes = axes_of(made("dbscan", eps=0.123, min_samples=7), MOONS)
    assert 0.123 in axes.columns
    assert 7 in axes.rows
    assert axes.shape == (6, len(axes.columns))
    assert axes.params(0, 0) == {"eps": axes.columns[0], "min_samples": 3}
    assert axes_of(made("agglomerative", n_clusters=30), BLOBS).columns[-1] == 30
    assert axes_of(made("hdbscan"), BLOBS).column == "min_cluster_size"
    assert 0.123 in axes_of(made("mean_shift", bandwidth=0.123), BLOBS).columns
    assert 42 in axes_of(made("optics", min_samples=42), BLOBS).rows
    with pytest.raises(ClusterProblem, match="KMeans: 500 clusters can't be made of 150 samples"):
        axes_of(made("kmeans", n_clusters=500), BLOBS)


def test_every_algorithm_says_what_is_worth_trying() -> None:
    kinds = [layer.kind for layer in LAYERS if issubclass(layer, Clustering)]
    assert len(kinds) >= 9
    for kind in kinds:
        layer = made(kind)
        swept = layer.sweeps()
        assert 1 <= len(swept) <= 2
        axes = axes_of(layer, BLOBS)
        assert all(len(values) > 3 for values in (axes.columns, axes.rows) if values)
        assert [axes.column, axes.row][: len(swept)] == [one.field for one in swept]
        for row, column in ((0, 0), (axes.shape[0] - 1, axes.shape[1] - 1)):
            # What is tried must be something that the declaration takes.
            LAYERS.make(kind, {**layer.model_dump(), **axes.params(row, column)})


def test_bandwidths_and_heights_come_from_the_data() -> None:
    wide, near = (axes_of(made("mean_shift"), factor * BLOBS).columns for factor in (10, 1))
    assert wide == pytest.approx([10 * value for value in near], rel=0.02)
    assert max(measure(made("mean_shift", bandwidth=value), BLOBS, TRUE, 0)["ari"] for value in near) == 1.0
    cut = made("agglomerative", distance_threshold=1e6)
    axes = axes_of(cut, BLOBS)
    assert axes.column == "distance_threshold"
    found = [measure(made("agglomerative", distance_threshold=v), BLOBS, TRUE, 0)["clusters"] for v in axes.columns]
    assert found == sorted(found, reverse=True)
    assert set(found) >= {1, 2, 3, 4, 5}


def test_what_is_slow_is_swept_on_fewer_samples() -> None:
    assert measured(made("kmeans"), 100_000, 2) == SAMPLES
    assert measured(made("kmeans"), 150, 2) == 150
    assert 300 <= measured(made("optics"), 100_000, 2) < 1000


def test_a_sweep_fills_every_place_in_its_own_process() -> None:
    layer = made("kmeans")
    axes = axes_of(layer, BLOBS)
    work = Sweep(layer, axes, BLOBS, TRUE, 0)
    work._child.wait()
    assert work.share == 1.0
    assert axes.columns[int(np.nanargmax(work.scores["ari"][0]))] == 3
    here = measure(made("kmeans", n_clusters=5), BLOBS, TRUE, 0)
    for name, value in here.items():
        assert work.scores[name][0, axes.columns.index(5)] == pytest.approx(value, nan_ok=True)


def test_a_sweep_is_ended_at_once() -> None:
    x = np.random.default_rng(0).normal(size=(2000, 5))
    layer = made("spectral", affinity="rbf")
    work = Sweep(layer, axes_of(layer, x), x, None, 0)
    assert not work.done
    work.cancel()
    assert work.done
    assert work.share < 1.0
