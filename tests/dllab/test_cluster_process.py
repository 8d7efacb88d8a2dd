"""Fits in a process of their own: the same results, the same words, and an end at any moment."""

import numpy as np
import pytest
from pace import within

from dllab.clustering.fit import ClusterProblem, fit
from dllab.clustering.process import Cancelled, Fitting
from dllab.layers import LAYERS
from dllab.layers.analysing import Clustering


def made(kind: str, **params: object) -> Clustering:
    layer = LAYERS.make(kind, params)
    assert isinstance(layer, Clustering)
    return layer


def test_the_child_finds_what_the_parent_would() -> None:
    x = np.random.default_rng(0).normal(size=(200, 3))
    for layer in (made("dbscan", eps=0.8), made("agglomerative", linkage="average")):
        there, here = Fitting(layer, x, 4), fit(layer, x, 4)
        found = there.result()
        assert there.progress == 1.0
        assert found.remarks == here.remarks
        for name in ("labels", "core", "merges", "centres"):
            one, other = getattr(found, name), getattr(here, name)
            assert (one is None) == (other is None)
            if other is not None:
                np.testing.assert_array_equal(one, other)


def test_what_cant_be_clustered_comes_back_in_the_same_words() -> None:
    with pytest.raises(ClusterProblem, match="5 clusters can't be made of 3 samples"):
        Fitting(made("kmeans", n_clusters=5), np.eye(3)).result()


def test_a_long_fit_is_ended_at_once() -> None:
    fitting = Fitting(made("mean_shift", bin_seeding=False), np.random.default_rng(0).normal(size=(20_000, 10)))
    assert not fitting.wait(0.5)
    assert 0 < fitting.progress < 1
    with within(1.0):
        fitting.cancel()
    with pytest.raises(Cancelled):
        fitting.result()


def test_a_process_that_is_lost_is_told_in_words() -> None:
    fitting = Fitting(made("kmeans"), np.zeros((10, 2)))
    fitting._child._process.kill()
    with pytest.raises(ClusterProblem, match="the memory ran out"):
        fitting.result()
