"""What probes of clusters show, against scikit-learn and SciPy; other cuts and radii tried out on a finished fit."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn import cluster, metrics
from sklearn.neighbors import NearestNeighbors

from dllab.checking import check
from dllab.clustering.chain import Clusterings, carry_out, clusterings, seen
from dllab.clustering.tree import clusters_at, cut_into, node_numbers
from dllab.data.prepare import prepare
from dllab.document.edits import replace_node, set_param
from dllab.document.experiment import Choice, Experiment
from dllab.engine.clustering import Job, Reductions
from dllab.engine.protocol import pack
from dllab.probes import CLUSTER_PROBES, SLOW_OF_CLUSTERS, DoesNotApply, Shown, compute_clusters, load_probes
from dllab.templates import load_template

load_probes()
_NOT_FOR = {("cluster-moons", "dendrogram"), ("cluster-blobs", "dendrogram")} | {
    (template, "k_distances") for template in ("cluster-iris", "cluster-blobs", "cluster-digits")
}


def found_in(experiment: Experiment) -> Clusterings:
    checked = check(experiment)
    prepared = prepare(experiment)
    samples = seen(prepared)
    made = tuple(carry_out(checked, node, samples.x, samples.y) for node in clusterings(checked))
    return Clusterings(checked, prepared.spec, samples, made)


@pytest.fixture(scope="module")
def found() -> Callable[[str], Clusterings]:
    made: dict[str, Clusterings] = {}

    def find(template: str) -> Clusterings:
        if template not in made:
            made[template] = found_in(load_template(template))
        return made[template]

    return find


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two labellings differ in their numbers only."""
    return bool(metrics.adjusted_rand_score(one, other) == 1.0)


def show(found: Clusterings, probe: str, **params: object) -> Shown:
    return compute_clusters(found, probe, params)


def test_every_array_travels_and_its_axes_have_names(found: Callable[[str], Clusterings]) -> None:
    for template in ("cluster-moons", "cluster-iris", "cluster-blobs", "cluster-digits"):
        for name in CLUSTER_PROBES.keys() - SLOW_OF_CLUSTERS.keys():
            if (template, name) in _NOT_FOR:
                with pytest.raises(DoesNotApply):
                    show(found(template), name)
                continue
            shown = show(found(template), name, indices=[0, 3])
            for key, array in shown.arrays.items():
                pack(array)
                assert len(shown.axes.get(key, ())) == array.ndim, (name, key)


def test_iris_measured_by_scikit_learn(found: Callable[[str], Clusterings]) -> None:
    iris = found("cluster-iris")
    rows, y = iris.made[0].rows, iris.seen.y
    judge = cluster.AgglomerativeClustering(3, linkage="ward").fit_predict(rows)
    labels = show(iris, "assignments").arrays["labels"]
    assert same(labels, judge)

    silhouettes = show(iris, "silhouettes")
    assert silhouettes.labels["mean"] == pytest.approx(metrics.silhouette_score(rows, judge))
    assert silhouettes.arrays["values"] == pytest.approx(metrics.silhouette_samples(rows, judge))

    table = show(iris, "contingency")
    assert table.arrays["counts"].tolist() == metrics.cluster.contingency_matrix(y, labels).tolist()
    scores = table.labels["scores"]
    assert scores["ari"] == pytest.approx(metrics.adjusted_rand_score(y, judge))
    assert scores["nmi"] == pytest.approx(metrics.normalized_mutual_info_score(y, judge))
    assert scores["homogeneity"] == pytest.approx(metrics.homogeneity_score(y, judge))

    # Clustered after PCA, told in centimetres all the same.
    profile = show(iris, "profile")
    raw = iris.seen.raw
    assert profile.labels["features"][0] == "sepal length (cm)"
    assert profile.arrays["mean"] == pytest.approx(raw.mean(0), rel=1e-5)
    for place, number in enumerate(profile.arrays["names"]):
        assert profile.arrays["sizes"][place] == (labels == number).sum()
        assert profile.arrays["means"][place] == pytest.approx(raw[labels == number].mean(0), rel=1e-5)


def test_a_tree_cut_elsewhere_is_what_scipy_cuts(found: Callable[[str], Clusterings]) -> None:
    iris = found("cluster-iris")
    rows = iris.made[0].rows
    tree = linkage(rows, "ward")
    merges = show(iris, "dendrogram").arrays["merges"]
    assert merges[:, 2] == pytest.approx(tree[:, 2])
    for clusters in (1, 2, 5, 11):
        shown = show(iris, "assignments", **{"try": {"n_clusters": clusters}})
        assert same(shown.arrays["labels"], fcluster(tree, clusters, "maxclust"))
        assert shown.labels["clusters"] == clusters
        ari = metrics.adjusted_rand_score(iris.seen.y, shown.arrays["labels"])
        assert shown.labels["scores"]["ari"] == pytest.approx(ari)
    height = float(np.sort(tree[:, 2])[-4])
    shown = show(iris, "contingency", **{"try": {"distance_threshold": height}})
    assert shown.labels["clusters"] == clusters_at(merges, height) == 5
    # A word that is no parameter, and a value that is none: what was found stays.
    for change in ({"nonsense": 3}, {"n_clusters": 0}):
        assert show(iris, "assignments", **{"try": change}).labels["clusters"] == 3


def test_clusters_keep_their_numbers_while_a_cut_moves(found: Callable[[str], Clusterings]) -> None:
    merges = found("cluster-iris").made[0].fit.merges
    assert merges is not None
    before = cut_into(merges, 1)
    for clusters in range(2, 20):
        now = cut_into(merges, clusters)
        moved = now != before
        assert set(now[moved].tolist()) == {clusters - 1}, "only the smaller part of what was split is new"
        old = before[moved][0]
        assert moved.sum() <= (now == old).sum()
        before = now
    numbers = node_numbers(merges, 3)
    assert (numbers[-2:] == -1).all(), "the merges above the cut belong to no cluster"
    assert (numbers[:-2] >= 0).all()


def test_another_radius_is_tried_out(found: Callable[[str], Clusterings]) -> None:
    moons = found("cluster-moons")
    rows = moons.made[0].rows
    for eps in (0.08, 0.15, 3.0):
        judge = cluster.DBSCAN(eps=eps, min_samples=5).fit(rows)
        shown = show(moons, "assignments", **{"try": {"eps": eps}})
        assert shown.arrays["labels"].tolist() == judge.labels_.tolist()
        assert np.flatnonzero(shown.arrays["core"]).tolist() == judge.core_sample_indices_.tolist()
    distances, _index = NearestNeighbors(n_neighbors=5).fit(rows).kneighbors(rows)
    curve = show(moons, "k_distances")
    assert curve.arrays["curve"] == pytest.approx(np.sort(distances[:, -1]))
    # What lies below the line is core: that is how the curve is read.
    assert (curve.arrays["curve"] <= 0.15).sum() == len(cluster.DBSCAN(eps=0.15).fit(rows).core_sample_indices_)
    with pytest.raises(DoesNotApply, match="one cluster only"):
        show(moons, "silhouettes", **{"try": {"eps": 3.0}})
    with pytest.raises(DoesNotApply, match="All samples are noise"):
        show(moons, "silhouettes", **{"try": {"eps": 0.001}})


def test_many_numbers_are_seen_along_their_largest_spread(found: Callable[[str], Clusterings]) -> None:
    from sklearn.decomposition import PCA

    digits = found("cluster-digits")
    rows = digits.made[0].rows
    judge = PCA(2).fit(rows)
    shown = show(digits, "assignments")
    assert np.abs(shown.arrays["x"]) == pytest.approx(np.abs(judge.transform(rows)), abs=1e-3)
    assert shown.labels["shares"] == pytest.approx(judge.explained_variance_ratio_)
    plain = show(digits, "assignments", axes="features")
    assert plain.arrays["x"] == pytest.approx(rows[:, :2], abs=1e-4)


def test_what_says_nothing_says_why(found: Callable[[str], Clusterings]) -> None:
    blobs = found("cluster-blobs")
    with pytest.raises(DoesNotApply, match="KMeans builds no tree"):
        show(blobs, "dendrogram")
    with pytest.raises(DoesNotApply, match="KMeans looks at no neighbourhoods"):
        show(blobs, "k_distances")
    centres = show(blobs, "assignments").arrays["centres"]
    judge = cluster.KMeans(3, n_init=10, random_state=0).fit(blobs.made[0].rows)
    found_at, expected = (np.array(sorted(part.tolist())) for part in (centres, judge.cluster_centers_))
    assert found_at == pytest.approx(expected, abs=1e-4)
    line = load_template("cluster-moons").model_copy(update={"data": Choice(kind="sine", params={})})
    with pytest.raises(DoesNotApply, match="no true classes"):
        show(found_in(line), "contingency")


def test_the_same_tree_is_not_built_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    iris = load_template("cluster-iris")
    node = next(name for name, n in iris.model.nodes.items() if n.kind == "agglomerative")

    def done(experiment: Experiment, before: Clusterings | None) -> Clusterings:
        job = Job(experiment, "run", before, Reductions())
        job.start()
        job._thread.join()
        assert job.found is not None, job.trouble
        return job.found

    first = done(iris, None)
    monkeypatch.setattr("dllab.engine.clustering.fit", lambda *_: pytest.fail("fitted again"))
    monkeypatch.setattr("dllab.engine.clustering.prepare", lambda *_: pytest.fail("loaded again"))
    again = done(set_param(iris, node, "n_clusters", 6), first)
    rows = first.made[0].rows
    assert same(again.made[0].fit.labels, cluster.AgglomerativeClustering(6).fit_predict(rows))
    assert again.made[0].scores["silhouette"] == pytest.approx(metrics.silhouette_score(rows, again.made[0].fit.labels))
    monkeypatch.undo()
    other = done(replace_node(iris, node, params={"n_clusters": 3, "linkage": "single"}), first)
    judge = cluster.AgglomerativeClustering(3, linkage="single").fit_predict(rows)
    assert same(other.made[0].fit.labels, judge)
