"""What the engine shows of one step of a clustering."""

import numpy as np
import pytest
from sklearn import metrics

from dllab.checking import check
from dllab.clustering.chain import Clusterings, carry_out, clusterings, seen
from dllab.data.prepare import prepare
from dllab.document import edits
from dllab.document.experiment import Experiment
from dllab.engine.protocol import pack
from dllab.layers.analysing import UNSEEN
from dllab.probes import DoesNotApply, compute_clusters, load_probes
from dllab.probes.base import Shown
from dllab.templates import load_template

load_probes()


def found_in(experiment: Experiment) -> Clusterings:
    checked, prepared = check(experiment), prepare(experiment)
    samples = seen(prepared)
    made = tuple(carry_out(checked, node, samples.x, samples.y) for node in clusterings(checked))
    return Clusterings(checked, prepared.spec, samples, made)


def step_of(found: Clusterings, number: int) -> Shown:
    shown = compute_clusters(found, "cluster_steps", {"step": number})
    for name, array in shown.arrays.items():
        pack(array)
        assert len(shown.axes[name]) == array.ndim
    return shown


def test_a_visit_shows_its_circle_and_who_lies_in_it() -> None:
    found = found_in(load_template("cluster-moons"))
    start = step_of(found, 0)
    assert (start.arrays["labels"] == UNSEEN).all()
    assert start.labels["text"] == ""
    shown = step_of(found, 7)
    (point,) = shown.arrays["point"]
    distances = np.linalg.norm(shown.arrays["x"] - shown.arrays["x"][point], axis=1)
    radius = np.linalg.norm(shown.arrays["circle"] - shown.arrays["x"][point], axis=1)
    assert radius == pytest.approx(np.full(97, 0.3), rel=1e-3)
    assert shown.arrays["neighbours"].tolist() == np.flatnonzero(distances <= 0.3).tolist()
    assert (shown.arrays["labels"] != UNSEEN).sum() == 7
    end = step_of(found, 10**9)
    assert end.labels["step"] == end.labels["steps"]
    assert end.arrays["labels"].tolist() == found.made[0].fit.labels.tolist()


def test_a_tree_grows_and_ends_in_the_colours_of_its_cut() -> None:
    found = found_in(load_template("cluster-iris"))
    whole = step_of(found, 149)
    assert whole.arrays["brackets"].shape == (149, 5)
    assert len(whole.arrays["left"]) + len(whole.arrays["right"]) == 150
    cut = step_of(found, 147)
    assert cut.arrays["brackets"].shape == (147, 5)
    assert metrics.adjusted_rand_score(cut.arrays["labels"], found.made[0].fit.labels) == 1.0
    early = step_of(found, 1)
    assert (early.arrays["labels"] != UNSEEN).sum() == 2
    assert early.arrays["link"].shape == (2, 2)


def test_rounds_show_centres_in_the_plane_of_the_samples() -> None:
    digits = load_template("cluster-digits")
    node = next(name for name, found in digits.model.nodes.items() if found.kind == "agglomerative")
    found = found_in(edits.replace_node(digits, node, kind="kmeans", params={"n_clusters": 10}))
    shown = step_of(found, 3)
    labels, x = shown.arrays["labels"], shown.arrays["x"]
    means = np.stack([x[labels == k].mean(0) for k in range(10)])
    assert shown.arrays["centres"] == pytest.approx(means, abs=1e-3)
    assert shown.arrays["before"].shape == (10, 2)
    assert shown.labels["what"] == "update"


def test_what_has_no_steps_says_so() -> None:
    moons = edits.replace_node(load_template("cluster-moons"), "dbscan", kind="hdbscan", params={})
    with pytest.raises(DoesNotApply, match="HDBSCAN is not shown step by step"):
        step_of(found_in(moons), 0)
