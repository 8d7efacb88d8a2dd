"""In the engine, training an experiment that only clusters means carrying it out; it can be ended."""

import time
from collections.abc import Iterator

import pytest
from engine_client import Client

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


def test_a_long_fit_is_stopped_and_the_next_run_works(engine: Client) -> None:
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
    long = moons.model_copy(
        update={"model": model, "data": Choice(kind="moons", params={"samples": 5000, "noise": 0.05})}
    )
    start(engine, long)
    engine.state("starting")
    began = time.monotonic()
    engine.send(protocol.Stop())
    engine.state("stopped", timeout=20)
    assert time.monotonic() - began < 20
    start(engine, moons, "next")
    assert engine.state("done", "failed", run="next").code == "clustered"


def test_what_cant_be_clustered_fails_in_words(engine: Client) -> None:
    moons = load_template("cluster-moons")
    nodes = {**moons.model.nodes}
    nodes["dbscan"] = nodes["dbscan"].model_copy(update={"kind": "kmeans", "params": {"n_clusters": 900}})
    start(engine, moons.model_copy(update={"model": moons.model.model_copy(update={"nodes": nodes})}))
    failed = engine.state("failed")
    assert (failed.code, failed.text) == ("data", "KMeans: 900 clusters can't be made of 500 samples.")
