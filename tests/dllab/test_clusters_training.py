"""Clusters of what a network learns, while it learns."""

import json

import numpy as np
import pytest
import torch
from engine_client import Client
from sklearn import cluster, decomposition, metrics

from dllab.cli import main
from dllab.clustering.chain import seen
from dllab.document import edits
from dllab.document.experiment import Experiment
from dllab.document.format import to_text
from dllab.engine import protocol
from dllab.templates import load_template
from dllab.training import clusters
from dllab.training.clusters import Following
from dllab.training.features import layer_outputs
from dllab.training.session import Session


def short(epochs: int = 3) -> Experiment:
    return edits.set_path(load_template("cluster-digits-cnn"), "training.epochs", epochs)


def advance(session: Session) -> None:
    """One epoch."""
    while session.advance().metrics is None:
        pass


def test_the_scores_are_those_of_scikit_learn_on_the_layers_output_and_rise() -> None:
    session = Session(short(), "cpu")
    following = Following(session)
    before = following.scores(always=True)["cluster_ari"]
    for _epoch in range(3):
        advance(session)
    after = following.scores(always=True)
    samples = following.now().seen
    features = layer_outputs(session, samples.x, ["flatten"])["flatten"].astype(np.float64)
    flat = decomposition.PCA(10, random_state=session.experiment.seed).fit_transform(features)
    labels = cluster.KMeans(10, n_init=10, random_state=session.experiment.seed).fit_predict(flat)
    assert len(following.now().made[0].rows) == len(samples.x) == 1000 < len(seen(session.prepared).x)
    assert after["cluster_ari"] == pytest.approx(metrics.adjusted_rand_score(samples.y, labels), abs=0.02)
    assert after["cluster_ari"] > before + 0.05


def test_looking_changes_nothing_about_the_training() -> None:
    plain, watched = Session(short(1), "cpu"), Session(short(1), "cpu")
    following = Following(watched)
    for session in (plain, watched):
        torch.manual_seed(5)  # of dropout
        if session is watched:
            following.scores(always=True)
        advance(session)
    for one, other in zip(plain.network.parameters(), watched.network.parameters(), strict=True):
        assert torch.equal(one, other)


def test_it_takes_no_more_than_its_share_and_never_too_many_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(short(), "cpu")
    following = Following(session)
    assert following.scores()
    assert following.scores() == {}, "not again before eight times as long has passed"
    monkeypatch.setattr(clusters, "_LONGEST_S", 0.01)
    few = Following(session).now()
    assert 90 <= len(few.seen.index) < 300
    assert len(few.made[0].fit.labels) == len(few.seen.index)


def test_the_command_reports_how_clusters_and_classes_agree(tmp_path, capsys) -> None:
    path = tmp_path / "c.dllab"
    path.write_text(to_text(short(2)))
    assert main(["train", str(path), "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    last = [event for event in events if event["event"] == "epoch"][-1]
    assert 0 < last["cluster_ari"] <= 1
    assert events[-1]["cluster_ari"] > 0.2
    assert main(["train", str(path)]) == 0
    assert "In the end clusters agree by ARI 0." in capsys.readouterr().out


def test_the_engine_sends_the_curve_and_fresh_assignments() -> None:
    engine = Client()
    try:
        engine.send(protocol.Subscribe(1, "assignments", {"node": "kmeans"}))
        engine.send(protocol.Train("run", to_text(short(2)), "cpu"))
        seen_steps, points = set(), []
        while True:
            event = engine.wait(lambda event: isinstance(event, protocol.Scalars | protocol.Picture | protocol.State))
            if isinstance(event, protocol.Picture):
                assert event.message == ""
                assert protocol.unpack(event.arrays["labels"]).max() == 9
                seen_steps.add(event.step)
            elif isinstance(event, protocol.Scalars) and "cluster_ari" in event.series:
                points += protocol.unpack(event.series["cluster_ari"][1]).tolist()
            elif isinstance(event, protocol.State) and event.state == "done":
                break
        assert points
        assert points[-1] > 0.2
        assert seen_steps
    finally:
        engine.close()
