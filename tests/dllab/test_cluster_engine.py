"""In the engine, training an experiment that only clusters means carrying it out; it can be ended."""

from collections.abc import Iterator

import numpy as np
import pytest
from engine_client import Client
from sklearn.cluster import DBSCAN

from dllab.clustering.chain import seen
from dllab.data.prepare import prepare
from dllab.document.experiment import Choice, Experiment
from dllab.document.format import to_text
from dllab.engine import protocol
from dllab.templates import load_template


@pytest.fixture
def engine() -> Iterator[Client]:
    client = Client()
    yield client
    client.close()


def start(engine: Client, experiment: Experiment, run: str = "run") -> None:
    engine.send(protocol.Train(run, to_text(experiment), "cpu"))


def test_the_engine_says_what_it_found(engine: Client) -> None:
    start(engine, load_template("cluster-moons"))
    done = engine.state("done", "failed")
    assert (done.code, done.text) == ("clustered", "DBSCAN found 2 clusters, ARI 1.000 against the true labels.")


def test_pictures_of_clusters_come_without_a_network(engine: Client) -> None:
    engine.send(protocol.Subscribe(1, "assignments", {"node": "dbscan"}))
    engine.send(protocol.Subscribe(2, "confusion", {}))
    moons = load_template("cluster-moons")
    start(engine, moons)
    found = engine.wait(lambda event: isinstance(event, protocol.Found))
    assert found.clusterings[0]["scores"]["ari"] == 1.0
    pictures = {}
    while len(pictures) < 2:
        picture = engine.wait(lambda event: isinstance(event, protocol.Picture))
        pictures[picture.id] = picture
    assert pictures[2].message == "This experiment only clusters: there is no network to look into."
    x, labels = (protocol.unpack(pictures[1].arrays[name]) for name in ("x", "labels"))
    judge = DBSCAN(eps=0.3, min_samples=5).fit(seen(prepare(moons)).x)
    assert labels.tolist() == judge.labels_.tolist()
    core = protocol.unpack(pictures[1].arrays["core"])
    assert np.flatnonzero(core).tolist() == judge.core_sample_indices_.tolist()
    assert x == pytest.approx(seen(prepare(moons)).x)
    # Another look at the same result needs no new fit.
    engine.send(protocol.Subscribe(3, "assignments", {"axes": "pca"}))
    turned = engine.wait(lambda event: isinstance(event, protocol.Picture) and event.id == 3)
    assert sum(turned.labels["shares"]) == pytest.approx(1.0)


def slow() -> Experiment:
    """A fit that takes longer than any test waits."""
    moons = load_template("cluster-moons")
    model = moons.model.model_copy(
        update={
            "nodes": {
                "input": moons.model.nodes["input"],
                "dbscan": moons.model.nodes["dbscan"].model_copy(
                    update={"kind": "mean_shift", "params": {"bin_seeding": False}}
                ),
            }
        }
    )
    data = Choice(kind="moons", params={"samples": 5000, "noise": 0.05})
    return moons.model_copy(update={"model": model, "data": data})


def test_a_long_fit_is_stopped_and_the_next_run_works(engine: Client) -> None:
    start(engine, slow())
    engine.state("running")
    stage = engine.wait(lambda event: isinstance(event, protocol.Stage) and event.share > 0)
    assert stage.text == "MeanShift: 5,000 samples"
    assert stage.left > 1.0
    # What else is asked is answered meanwhile.
    engine.send(protocol.Look(7, to_text(load_template("iris-softmax")), 10))
    assert engine.wait(lambda event: isinstance(event, protocol.DataSummary)).labels["features"]
    assert not any(isinstance(event, protocol.State) and event.state == "done" for event in engine.events)
    engine.send(protocol.Stop())
    engine.state("stopped")
    start(engine, load_template("cluster-moons"), "next")
    assert engine.state("done", "failed", run="next").code == "clustered"


def test_what_cant_be_clustered_fails_in_words(engine: Client) -> None:
    moons = load_template("cluster-moons")
    nodes = {**moons.model.nodes}
    nodes["dbscan"] = nodes["dbscan"].model_copy(update={"kind": "kmeans", "params": {"n_clusters": 900}})
    start(engine, moons.model_copy(update={"model": moons.model.model_copy(update={"nodes": nodes})}))
    failed = engine.state("failed")
    assert (failed.code, failed.text) == ("data", "KMeans: 900 clusters can't be made of 500 samples.")
