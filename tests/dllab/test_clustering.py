"""Clustering against scikit-learn, the traces against the fits, and what can't be clustered."""

import sys
import types
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import pytest
from graphs import experiment, wired
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import linkage as scipy_linkage
from sklearn import cluster, datasets, metrics, mixture
from sklearn.preprocessing import StandardScaler

from dllab.build import build
from dllab.checking import check
from dllab.checking.problem import apply_fix
from dllab.checking.taps import PATIENCE_S, needs_words
from dllab.clustering import fit as fitting
from dllab.clustering.chain import seen
from dllab.clustering.crowded import crowded_dbscan, is_crowded, neighbours
from dllab.clustering.distances import k_distances, knee
from dllab.clustering.fit import NOISE, ClusterProblem, fit, reduce, rows
from dllab.clustering.measures import agreement, contingency, profile, silhouettes
from dllab.clustering.steps import follow
from dllab.clustering.traces import (
    first_centres,
    linkage_distance,
    merge_steps,
    pair_distances,
    round_steps,
    visit_steps,
)
from dllab.clustering.tree import between, cut_at, cut_into, draw
from dllab.data.prepare import prepare
from dllab.document.experiment import Choice, Experiment
from dllab.layers import LAYERS, analysing
from dllab.layers.analysing import UNSEEN, Analysis, Clustering
from dllab.layers.clusters import Agglomerative, KMeans
from dllab.layers.densities import DBSCAN

KINDS = [layer.kind for layer in LAYERS if issubclass(layer, Clustering)]
MOONS = datasets.make_moons(300, noise=0.05, random_state=0)


def made(kind: str, **params: Any) -> Any:
    return LAYERS.make(kind, params)


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two labellings are the same but for the numbers."""
    return metrics.adjusted_rand_score(one, other) == 1.0 and ((one == NOISE) == (other == NOISE)).all()


def random_rows(seed: int, samples: int = 40) -> np.ndarray:
    random = np.random.default_rng(seed)
    centres = random.uniform(-4, 4, (3, 2))
    return centres[random.integers(0, 3, samples)] + random.normal(0, random.uniform(0.2, 1.5), (samples, 2))


class PretendedUmap:
    """Stands in for umap.UMAP: doubles the samples."""

    made: ClassVar[dict[str, Any]] = {}

    def __init__(self, **params: Any) -> None:
        PretendedUmap.made = params

    def get_params(self) -> dict[str, Any]:
        return {**self.made, "random_state": None}

    def set_params(self, **params: Any) -> None:
        self.made.update(params)

    def fit_transform(self, x: np.ndarray) -> np.ndarray:
        return 2 * x


# --- fits -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_labels_are_those_of_scikit_learn(kind: str) -> None:
    x = StandardScaler().fit_transform(MOONS[0])
    layer = made(kind)
    direct = {
        "agglomerative": cluster.AgglomerativeClustering(2),
        "kmeans": cluster.KMeans(3, n_init=10, random_state=0),
        "minibatch_kmeans": cluster.MiniBatchKMeans(3, n_init=3, random_state=0),
        "spectral": cluster.SpectralClustering(2, affinity="nearest_neighbors", random_state=0),
        "dbscan": cluster.DBSCAN(0.3),
        "hdbscan": cluster.HDBSCAN(copy=True),
        "gaussian_mixture": mixture.GaussianMixture(3, random_state=0),
        "optics": cluster.OPTICS(),
        "mean_shift": cluster.MeanShift(bin_seeding=True),
    }
    found = fit(layer, x, seed=0)
    assert found.labels.shape == (300,)
    assert same(found.labels, direct[kind].fit_predict(x))
    assert sum(found.counts().values()) + found.noise == 300
    assert fit(layer, x, seed=0).labels.tolist() == found.labels.tolist(), "the same seed gives the same clusters"


@pytest.mark.parametrize(
    ("shape", "good", "bad"),
    [
        ("moons", ("dbscan", {"eps": 0.3}), ("kmeans", {"n_clusters": 2})),
        ("circles", ("agglomerative", {"linkage": "single"}), ("gaussian_mixture", {"n_components": 2})),
        ("stretched", ("gaussian_mixture", {"n_components": 3}), ("kmeans", {})),
        (
            "uneven",
            ("gaussian_mixture", {"n_components": 3}),
            ("agglomerative", {"linkage": "single", "n_clusters": 3}),
        ),
        ("blobs", ("kmeans", {}), ("dbscan", {"eps": 3.0})),
    ],
)
def test_the_comparison_page_every_algorithm_has_its_bias(shape: str, good: Any, bad: Any) -> None:
    blobs = datasets.make_blobs(500, random_state=170)
    x, y = {
        "moons": lambda: datasets.make_moons(500, noise=0.05, random_state=30),
        "circles": lambda: datasets.make_circles(500, factor=0.5, noise=0.05, random_state=30),
        "stretched": lambda: (blobs[0] @ [[0.6, -0.6], [-0.4, 0.8]], blobs[1]),
        "blobs": lambda: datasets.make_blobs(500, random_state=8),
        "uneven": lambda: datasets.make_blobs(500, cluster_std=[1.0, 2.5, 0.5], random_state=170),
    }[shape]()
    x = StandardScaler().fit_transform(x)
    right, wrong = (agreement(y, fit(made(kind, **params), x).labels)["ari"] for kind, params in (good, bad))
    assert right > 0.9
    assert wrong < 0.7


def test_the_comparison_page_where_there_is_no_structure() -> None:
    x = StandardScaler().fit_transform(np.random.default_rng(30).random((500, 2)))
    assert fit(made("dbscan", eps=0.3), x).clusters == 1, "density sees one crowd"
    parts = fit(made("kmeans"), x)
    assert parts.clusters == 3, "KMeans cuts as it is told"
    assert min(parts.counts().values()) > 100
    measured = silhouettes(x, parts.labels)
    assert measured is not None
    assert measured.mean < 0.5


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.floats(0.05, 3.0), st.integers(1, 12),
       st.sampled_from(["euclidean", "manhattan", "cosine"]))  # fmt: skip
def test_dbscan_of_crowds_finds_the_labels_of_scikit_learn(
    seed: int, features: int, eps: float, min_samples: int, metric: Any
) -> None:
    random = np.random.default_rng(seed)
    x = random.uniform(-4, 4, (3, features))[random.integers(0, 3, 120)] + random.normal(0, 0.7, (120, features))
    eps = eps / 30 if metric == "cosine" else eps
    labels, core = crowded_dbscan(x, eps, min_samples, metric)
    theirs = cluster.DBSCAN(eps=eps, min_samples=min_samples, metric=metric).fit(x)
    assert labels.tolist() == theirs.labels_.tolist()
    assert np.flatnonzero(core).tolist() == theirs.core_sample_indices_.tolist()


@pytest.mark.parametrize("kept", [1, 2**25])
def test_a_row_of_zeros_has_no_direction_in_a_crowd_or_out_of_it(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).normal(size=(60, 3))
    layer = made("dbscan", metric="cosine", eps=0.5)
    monkeypatch.setattr(DBSCAN, "kept", kept)
    theirs = cluster.DBSCAN(eps=0.5, metric="cosine").fit(x)
    assert is_crowded(layer, x, 0) == (kept == 1)
    assert fit(layer, x).labels.tolist() == theirs.labels_.tolist()
    x[41] = 0.0
    said = (
        "Sample 42 holds only zeros and has no direction: the cosine distance is not defined for it."
        " Take the euclidean distance, or leave such samples out."
    )
    for asked in (fit, follow):
        with pytest.raises(ClusterProblem) as problem:
            asked(layer, x)
        assert str(problem.value) == said
    assert fit(made("dbscan", eps=0.5), x).clusters >= 0, "in straight lines zeros are a place like any other"


def test_crowds_are_known_from_a_few_samples_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    x, layer = np.random.default_rng(0).normal(size=(2000, 2)), made("dbscan", eps=0.5)
    counted = neighbours(x, 0.5, "euclidean", 0)
    true = (((x[:, None] - x[None]) ** 2).sum(2) <= 0.25).sum()
    assert counted == pytest.approx(true, rel=0.2)
    assert not is_crowded(layer, x, 0)
    kept = fit(layer, x)
    monkeypatch.setattr(DBSCAN, "kept", 1000)
    assert is_crowded(layer, x, 0)
    found = fit(layer, x)
    assert found.labels.tolist() == kept.labels.tolist()
    assert found.kinds() == kept.kinds()


def test_a_fit_looks_at_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "free_memory", lambda: 2**20)
    with pytest.raises(ClusterProblem, match=r"Agglomerative on 1,000 samples needs about .* but 1 MB is free"):
        fit(made("agglomerative"), np.zeros((1000, 2)))
    monkeypatch.setattr(fitting, "free_memory", lambda: None)
    assert fit(made("agglomerative"), random_rows(0)).clusters == 2


def test_dbscan_counts_core_border_and_noise_as_its_definition_does() -> None:
    x, _y = datasets.make_blobs(750, centers=[[1, 1], [-1, -1], [1, -1]], cluster_std=0.4, random_state=0)
    x = StandardScaler().fit_transform(x)
    found = fit(made("dbscan", eps=0.3, min_samples=10), x)
    near = (((x[:, None] - x[None]) ** 2).sum(2) ** 0.5 <= 0.3).astype(int)
    core = near.sum(1) >= 10
    border = ~core & (near[:, core].sum(1) > 0)
    assert found.kinds() == {"core": core.sum(), "border": border.sum(), "noise": (~core & ~border).sum()}
    assert found.kinds()["noise"] == 18  # of scikit-learn's demo


@pytest.mark.parametrize("method", ["ward", "complete", "average", "single"])
def test_the_tree_is_scipys_and_its_cuts_are_scikit_learns(method: str) -> None:
    x = random_rows(3, 60)
    found = fit(made("agglomerative", linkage=method), x)
    assert found.merges is not None
    theirs = scipy_linkage(x, method)
    np.testing.assert_allclose(found.merges[:, 2:], theirs[:, 2:])
    for clusters in (1, 2, 3, 7, 60):
        expected = cluster.AgglomerativeClustering(clusters, linkage=method).fit_predict(x)
        assert same(cut_into(found.merges, clusters), expected)
        assert same(cut_at(found.merges, between(found.merges, clusters)), expected)
    at = float(found.merges[-4, 2])
    expected = cluster.AgglomerativeClustering(None, distance_threshold=at, linkage=method).fit_predict(x)
    assert same(cut_at(found.merges, at), expected)
    assert same(fit(made("agglomerative", linkage=method, distance_threshold=at), x).labels, expected)


def test_connectivity_joins_only_what_touches() -> None:
    x, y = datasets.make_moons(200, noise=0.03, random_state=1)
    free = agreement(y, fit(made("agglomerative", linkage="average"), x).labels)["ari"]
    bound = agreement(y, fit(made("agglomerative", linkage="average", neighbours=6), x).labels)["ari"]
    assert free < 0.8 < bound


def test_a_tree_is_drawn_whole_or_from_its_top() -> None:
    merges = fit(made("agglomerative"), random_rows(1, 30)).merges
    assert merges is not None
    whole = draw(merges)
    assert whole.leaves.tolist() == [1] * 30
    assert whole.brackets[-1, 4] == merges[-1, 2]
    assert (whole.brackets[:, 0] < whole.brackets[:, 1]).all()
    top = draw(merges, 5)
    assert top.brackets.shape == (5, 5)
    assert top.leaves.sum() == 30
    assert len(top.leaves) == 6


# --- measures ---------------------------------------------------------------------------------------------------------


def test_measures_are_those_of_scikit_learn() -> None:
    x, y = MOONS
    labels = fit(made("kmeans", n_clusters=2), x).labels
    scores = agreement(y, labels)
    assert scores["ari"] == metrics.adjusted_rand_score(y, labels)
    assert scores["homogeneity"] == metrics.homogeneity_score(y, labels)
    found = silhouettes(x, labels)
    assert found is not None
    assert found.mean == pytest.approx(metrics.silhouette_score(x, labels))
    counts, names = contingency(y, labels, 2)
    assert names.tolist() == [0, 1]
    assert counts.tolist() == metrics.cluster.contingency_matrix(y, labels).tolist()
    assert profile(x, labels)[1][0] == pytest.approx(x[labels == 0].mean(0))
    assert silhouettes(x, np.zeros(300, np.int64)) is None
    assert silhouettes(x, np.full(300, NOISE)) is None


def test_the_knee_separates_moons() -> None:
    x, y = MOONS
    curve = k_distances(x, 10)
    assert (np.diff(curve) >= 0).all()
    assert curve[0] == pytest.approx(np.sort(np.sqrt(((x[:, None] - x[None]) ** 2).sum(2)), axis=1)[:, 9].min())
    assert agreement(y, fit(made("dbscan", eps=knee(curve), min_samples=10), x).labels)["ari"] > 0.95
    assert knee(np.ones(5)) == 1.0


# --- step by step -----------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["ward", "complete", "average", "single"]),
       st.sampled_from(["euclidean", "manhattan", "cosine"]), st.one_of(st.none(), st.integers(1, 6)))  # fmt: skip
def test_own_merges_end_as_scikit_learns(seed: int, method: Any, metric: Any, neighbours: int | None) -> None:
    metric = "euclidean" if method == "ward" else metric
    x = random_rows(seed, 25)
    layer = Agglomerative(linkage=method, metric=metric, n_clusters=3, neighbours=neighbours)
    steps = list(merge_steps(layer, x))
    found = fit(layer, x)
    assert found.merges is not None
    np.testing.assert_allclose([s.distance for s in steps], found.merges[:, 2], atol=1e-9)
    np.testing.assert_array_equal([s.count for s in steps], found.merges[:, 3])
    assert same(steps[-3].labels, found.labels)
    if neighbours is None:
        distances, groups = pair_distances(x, metric), {n: [n] for n in range(25)}
        for number, step in enumerate(steps):
            one, other = groups[step.left], groups[step.right]
            assert step.distance == pytest.approx(linkage_distance(method, x, distances, one, other))
            groups[25 + number] = one + other


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.2, 2.0), st.integers(1, 8))
def test_own_visits_end_as_scikit_learns(seed: int, eps: float, min_samples: int) -> None:
    x = random_rows(seed)
    layer = DBSCAN(eps=eps, min_samples=min_samples)
    steps = list(visit_steps(layer, x))
    found = fit(layer, x)
    assert found.core is not None
    assert steps[-1].labels.tolist() == found.labels.tolist(), "cluster numbers too: samples are taken in their order"
    assert {s.point for s in steps} == set(range(len(x)))
    for step in steps:
        assert (step.role == "core") == found.core[step.point]
        assert (len(step.neighbours) >= min_samples) == found.core[step.point]
        assert step.point in step.neighbours
    assert not (steps[-1].labels == UNSEEN).any()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_own_rounds_end_as_scikit_learns_from_the_same_centres(seed: int, clusters: int) -> None:
    x = random_rows(seed)
    layer = KMeans(n_clusters=clusters, init="random")
    centres = first_centres(layer, x, seed)
    steps = list(round_steps(layer, x, centres))
    inertias = [s.inertia for s in steps[1:]]
    assert all(after <= before + 1e-9 for before, after in pairwise(inertias))
    assert steps[-1].moved == 0
    counts = np.bincount(steps[-1].labels, minlength=clusters)
    theirs = cluster.KMeans(clusters, init=centres, n_init=1, tol=0).fit(x)
    if counts.all():  # scikit-learn moves the centre of an empty cluster elsewhere
        assert steps[-1].labels.tolist() == theirs.labels_.tolist()
        assert steps[-1].inertia == pytest.approx(theirs.inertia_)


# --- what can't be clustered ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "params", "x", "said"),
    [
        ("kmeans", {"n_clusters": 5}, np.eye(3), "KMeans: 5 clusters can't be made of 3 samples."),
        ("agglomerative", {}, np.ones((1, 2)), "2 clusters can't be made of 1 samples"),
        ("dbscan", {}, np.ones((1, 2)), "DBSCAN needs at least 2 samples."),
        ("hdbscan", {}, np.eye(3), "HDBSCAN: 5 samples are asked for, there are 3 in all."),
        ("agglomerative", {"linkage": "single", "metric": "cosine"}, np.eye(3)[:, :2], "Sample 3 holds only zeros"),
    ],
)
def test_what_cant_be_clustered_is_said(kind: str, params: Any, x: np.ndarray, said: str) -> None:
    with pytest.raises(ClusterProblem, match=said):
        fit(made(kind, **params), x)


def test_missing_numbers_are_named() -> None:
    with pytest.raises(ClusterProblem, match="Sample 2, feature 1 is nan"):
        rows(np.array([[1.0, 2.0], [np.nan, 0.0]]))
    assert rows(np.zeros((3, 2, 4))).shape == (3, 8)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_crashes_on_samples_that_are_all_the_same(kind: str) -> None:
    try:
        found = fit(made(kind), np.ones((30, 2)))
    except ClusterProblem:
        return  # a sentence; what it says is asked for elsewhere
    assert any("constant" in remark for remark in found.remarks)
    assert any("29 samples are the same" in remark for remark in found.remarks)


def test_all_noise_and_one_cluster_are_said() -> None:
    x = random_rows(0)
    assert "All samples are noise" in fit(made("dbscan", eps=1e-6), x).remarks[0]
    assert "only one cluster" in fit(made("dbscan", eps=1e3), x).remarks[0]


def test_reductions() -> None:
    x = np.random.default_rng(0).normal(3, [1, 5, 0.1], (50, 3))
    scaled = reduce(made("standardise"), x, 0)
    assert scaled.mean(0) == pytest.approx([0, 0, 0])
    assert scaled.std(0) == pytest.approx([1, 1, 1])
    flat = reduce(made("pca", n_components=2), x, 0)
    assert flat.shape == (50, 2)
    assert np.isfinite(reduce(made("pca", whiten=True), np.ones((5, 3)), 0)).all()


def test_umap_is_a_package_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    x, layer = random_rows(0), made("umap", n_neighbors=5, min_dist=0.0)
    drawn = wired({"input": "input", "umap": "umap", "it": "dbscan"}, "input.out -> umap.in", "umap.out -> it.in")
    monkeypatch.setattr(analysing, "find_spec", lambda _name: None)
    with pytest.raises(ClusterProblem, match="pip install umap-learn"):
        reduce(layer, x, 0)
    assert [p.code for p in check(drawn).problems] == ["package"]
    monkeypatch.setattr(analysing, "find_spec", lambda _name: True)
    monkeypatch.setitem(sys.modules, "umap", types.SimpleNamespace(UMAP=PretendedUmap))
    assert reduce(layer, x, 7).tolist() == (2 * x).tolist()
    assert PretendedUmap.made == {"n_components": 2, "n_neighbors": 5, "min_dist": 0.0, "random_state": 7}
    assert check(drawn).problems == ()
    with pytest.raises(ClusterProblem, match="UMAP: 5 neighbours can't be found among 4 samples"):
        reduce(layer, x[:4], 0)


# --- on the canvas ----------------------------------------------------------------------------------------------------


def branch(kind: str = "dbscan", data: str = "moons", **params: Any) -> Experiment:
    return wired(
        {"input": "input", "standardise": "standardise", "it": (kind, params)},
        "input.out -> standardise.in", "standardise.out -> it.in", data=data,
    )  # fmt: skip


def test_clustering_alone_needs_no_output() -> None:
    checked = check(branch())
    assert checked.problems == ()
    assert checked.trainable
    assert checked.fits_only
    assert checked.taps == ("standardise", "it")
    assert checked.order == ("input",)
    assert check(branch(data="sine")).problems == (), "nor a loss that fits"


def test_a_tap_changes_nothing_about_the_network() -> None:
    plain = experiment(("linear", {"features": 8}), "relu", ("linear", {"features": 2}))
    model = plain.model
    tapped = wired({**{n: (x.kind, x.params) for n, x in model.nodes.items()}, "pca": "pca", "it": "kmeans"},
                   *map(str, model.links), "relu.out -> pca.in", "pca.out -> it.in")  # fmt: skip
    checked = check(tapped)
    assert checked.problems == ()
    assert not checked.fits_only
    assert checked.order == check(plain).order
    one, other = build(plain).state_dict(), build(tapped).state_dict()
    assert list(one) == list(other)
    assert all((one[k] == other[k]).all() for k in one)


@pytest.mark.parametrize(
    ("kind", "params", "code", "fixed"),
    [
        ("kmeans", {"n_clusters": 5000}, "too-few", "n_clusters"),
        ("agglomerative", {"metric": "cosine"}, "ward", "metric"),
        ("pca", {"n_components": 5}, "components", "n_components"),
    ],
)
def test_what_cant_be_fitted_is_refused_on_the_canvas(kind: str, params: Any, code: str, fixed: str) -> None:
    nodes: Any = {"input": "input", "it": (kind, params)}
    links = ["input.out -> it.in"]
    if kind == "pca":
        nodes["end"], links = "dbscan", [*links, "it.out -> end.in"]
    problem = check(wired(nodes, *links)).problems[0]
    assert (problem.code, problem.node, problem.fixes[0].name) == (code, "it", fixed)
    assert check(apply_fix(wired(nodes, *links), problem.fixes[0])).problems == ()


def test_too_many_samples_are_refused_before_anything_starts() -> None:
    large = branch("agglomerative").model_copy(update={"data": Choice(kind="moons", params={"samples": 100_000})})
    (problem,) = check(large).problems
    assert problem.code == "too-many"
    assert problem.text.startswith("Agglomerative on 75,000 samples needs about 41.9 GB of memory and about 4 min")
    assert [fix.text for fix in problem.fixes] == ["Take 26,666 samples", "Use MiniBatchKMeans", "Use HDBSCAN"]
    for fix in problem.fixes:
        assert check(apply_fix(large, fix)).problems == ()


def test_of_a_table_a_sample_is_drawn_and_the_rest_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(made("agglomerative")), "limit", 60)
    iris = branch("agglomerative", data="iris")
    iris = iris.model_copy(update={"split": iris.split.model_copy(update={"test": 0.0})})
    (problem,) = check(iris).problems
    assert "It compares all pairs of samples: n²/2 distances." in problem.text
    assert problem.fixes[0].text == "Take 60 at random, set the rest aside"
    mended = apply_fix(iris, problem.fixes[0])
    assert check(mended).problems == ()
    drawn = seen(prepare(mended))
    assert len(drawn.index) == 60
    assert np.bincount(drawn.y).tolist() == [20, 20, 20], "of every class as many as there were"


def test_only_what_ends_in_time_is_offered() -> None:
    huge = branch("optics").model_copy(update={"data": Choice(kind="moons", params={"samples": 100_000})})
    layer = made("hdbscan")
    assert layer.seconds(75_000, 2) < PATIENCE_S < layer.seconds(400_000, 2)
    assert [fix.kind for fix in check(huge).problems[0].fixes] == ["", "minibatch_kmeans", "hdbscan"]
    assert needs_words(layer, 75_000, 2) == "about 50 s, 37 MB of memory"
    assert needs_words(made("agglomerative"), 300, 2) == "less than a second, 1 MB of memory"


def test_what_looks_on_cant_feed_the_network() -> None:
    wrong = wired({"input": "input", "pca": "pca", "linear": ("linear", {"features": 2}), "output": "output"},
                  "input.out -> pca.in", "pca.out -> linear.in", "linear.out -> output.in")  # fmt: skip
    problem = next(p for p in check(wrong).problems if p.code == "tap")
    assert problem.text == "PCA only looks on: what it puts out can't go back into the network, to Linear."
    assert problem.node == "linear"


def test_declarations_state_complexity_and_growing_needs() -> None:
    for kind in KINDS:
        layer = made(kind)
        assert "Complexity:" in type(layer).details()
        assert layer.memory(2000, 5) > layer.memory(1000, 5) > 0
        assert layer.seconds(2000, 5) > layer.seconds(1000, 5) > 0
    assert {layer.kind for layer in LAYERS if issubclass(layer, Analysis)} == {*KINDS, "pca", "standardise", "umap"}
