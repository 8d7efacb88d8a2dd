"""Clusterings begun and given up one after the other, and reductions that take their time."""

import threading
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from dllab.clustering.fit import ClusterProblem
from dllab.clustering.process import Cancelled, Reducing
from dllab.document import edits
from dllab.document.experiment import Choice, Experiment, Link, Node
from dllab.engine import clustering
from dllab.engine.clustering import Jobs, Reductions
from dllab.engine.outbox import Outbox
from dllab.engine.pictures import Pictures
from dllab.layers import LAYERS
from dllab.layers.analysing import Analysis
from dllab.templates import load_template

UMAP = """
import time
from pathlib import Path
class UMAP:
    def __init__(self, **params):
        self.params = params
    def get_params(self):
        return self.params
    def fit_transform(self, x):
        Path({marks!r}).joinpath(str(time.monotonic_ns())).touch()
        time.sleep({seconds})
        return 2 * x
"""


@pytest.fixture
def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], Path]:
    """Puts a package in place of umap-learn that takes so many seconds to double the samples; where it leaves marks."""

    def make(seconds: float) -> Path:
        marks, package = tmp_path / "marks", tmp_path / "path" / "umap"
        marks.mkdir()
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(UMAP.format(marks=str(marks), seconds=seconds), encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", str(package.parent))
        monkeypatch.setattr("dllab.layers.analysing.find_spec", lambda _name: True)
        return marks

    return make


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    outbox = Outbox(BytesIO())
    made = Jobs(outbox, Pictures(outbox))
    yield made
    made.close()
    outbox.close()
    until(lambda: not workers(), made)


def until(true: Callable[[], bool], jobs: Jobs) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        jobs.look()
        time.sleep(0.005)


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "clustering"]


def moons(kind: str, samples: int = 200, **params: object) -> Experiment:
    made = load_template("cluster-moons").model_copy(
        update={"data": Choice(kind="moons", params={"samples": samples, "noise": 0.05})}
    )
    return edits.replace_node(made, "dbscan", kind=kind, params=params)


def behind_umap(kind: str = "agglomerative", **params: object) -> Experiment:
    made = moons(kind, **params)
    made = edits.add_node(made, "umap", Node(kind="umap"))
    made = edits.disconnect(made, made.model.links[0])
    return edits.connect(edits.connect(made, Link(source="input", target="umap")), Link(source="umap", target="dbscan"))


def test_twenty_fits_one_after_the_other_leave_one(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    children: list[clustering.Fitting] = []

    class Counted(clustering.Fitting):
        def __init__(self, *asked: object) -> None:
            super().__init__(*asked)  # type: ignore[arg-type]
            children.append(self)

    monkeypatch.setattr(clustering, "Fitting", Counted)
    most = 0
    for number in range(20):
        jobs.begin(moons("mean_shift", 5000, bin_seeding=False), f"run{number}")
        if not number:
            until(lambda: bool(children), jobs)
        jobs.look()
        most = max(most, len(workers()))
        assert sum(not child.wait(0.0) for child in children) <= 1
    assert most == 1
    jobs.begin(moons("kmeans"), "last")
    found = None
    while found is None:
        assert len(workers()) <= 1
        found = jobs.look()
    assert found[0] == "done"
    assert all(child.wait(0.0) for child in children), "none goes on unseen"
    assert len(children) < 20, "what was given up before its turn never began"


def test_a_reduction_that_takes_its_time_is_ended(jobs: Jobs, pretend: Callable[[float], Path]) -> None:
    marks = pretend(600.0)
    jobs.begin(behind_umap(), "run")
    until(lambda: any(marks.iterdir()), jobs)
    jobs.end()
    until(lambda: not workers(), jobs)
    assert not jobs.busy


def test_moving_a_cut_waits_for_no_reduction_again(jobs: Jobs, pretend: Callable[[float], Path]) -> None:
    marks = pretend(0.0)
    labels = []
    for clusters in (2, 4):
        jobs.begin(behind_umap(n_clusters=clusters), "run")
        found = None
        while found is None:
            found = jobs.look()
        assert found[0] == "done", found[1]
        (made,) = jobs._before.made  # type: ignore[union-attr]
        labels.append(made.fit.clusters)
    assert labels == [2, 4]
    assert np.abs(made.rows).max() > 2.0, "the rows are those that the reduction made"
    assert len(list(marks.iterdir())) == 1


def test_reducing_apart_gives_the_same_rows_and_words(pretend: Callable[[float], Path]) -> None:
    pretend(0.0)
    x = np.random.default_rng(0).normal(size=(40, 3))
    layer, pca = LAYERS.make("umap", {}), LAYERS.make("pca", {"n_components": 50})
    assert isinstance(layer, Analysis)
    assert isinstance(pca, Analysis)
    assert Reducing(layer, x).result().tolist() == (2 * x).tolist()
    with pytest.raises(ClusterProblem, match="PCA finds at most as many axes as there are samples"):
        Reducing(pca, x).result()
    ended = Reducing(layer, x)
    ended.cancel()
    with pytest.raises(Cancelled):
        ended.result()


def test_only_the_last_reductions_are_kept() -> None:
    kept, layer = Reductions(), LAYERS.make("umap", {})
    assert isinstance(layer, Analysis)
    made: list[int] = []

    def of(number: int, seed: int = 0) -> float:
        x = np.full((3, 2), float(number))
        return float(kept.of(layer, x, seed, lambda: (made.append(number), 2 * x)[1])[0, 0])

    assert [of(1), of(1), of(2), of(1), of(3), of(1)] == [2.0, 2.0, 4.0, 2.0, 6.0, 2.0]
    assert made == [1, 2, 3, 1]
    of(1, seed=1)
    assert made[-1] == 1
    assert len(made) == 5
