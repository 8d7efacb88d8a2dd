"""A clustering step by step: the sentences carry the arithmetic, the ends are those of the fits, the command prints them."""

import json
from typing import Any

import numpy as np
import pytest
from sklearn import datasets

from dllab.cli import main
from dllab.clustering import steps as stepping
from dllab.clustering.fit import ClusterProblem, fit
from dllab.clustering.steps import follow
from dllab.layers import LAYERS
from dllab.layers.analysing import UNSEEN

BLOBS = datasets.make_blobs(60, random_state=1)[0]


def made(kind: str, **params: Any) -> Any:
    return LAYERS.make(kind, params)


def test_dbscan_point_by_point_says_why() -> None:
    layer = made("dbscan", eps=0.9, min_samples=4)
    trace = follow(layer, BLOBS)
    found = fit(layer, BLOBS)
    assert trace.steps[-1].labels.tolist() == found.labels.tolist()
    assert len(trace.steps) >= len(BLOBS)
    for step in trace.steps:
        (point,) = step.marks["point"]
        distances = np.linalg.norm(BLOBS - BLOBS[point], axis=1)
        assert step.marks["neighbours"].tolist() == np.flatnonzero(distances <= 0.9).tolist()
        count = len(step.marks["neighbours"])
        noun = "neighbour" if count == 1 else "neighbours"
        assert step.text.startswith(f"{count} {noun} within 0.9, at least 4 needed: ")
        assert step.facts["role"] == ("core" if count >= 4 else step.facts["role"])
    first = next(step for step in trace.steps if step.facts["role"] == "core")
    assert first.text.endswith("needed: a core point. Cluster 1 begins.")


@pytest.mark.parametrize("method", ["ward", "single", "complete", "average"])
def test_merges_name_the_clusters_and_their_distance(method: str) -> None:
    layer = made("agglomerative", linkage=method)
    trace = follow(layer, BLOBS)
    found = fit(layer, BLOBS)
    assert trace.merges is not None
    assert found.merges is not None
    np.testing.assert_allclose(trace.merges[:, 2:], found.merges[:, 2:])
    last = trace.steps[-1]
    assert last.text.endswith("1 cluster is left.")
    assert len(last.marks["left"]) + len(last.marks["right"]) == 60
    step = trace.steps[-2]
    left, right = (BLOBS[step.marks[side]] for side in ("left", "right"))
    pairs = np.linalg.norm(left[:, None] - right[None], axis=2)
    gap = np.linalg.norm(left.mean(0) - right.mean(0))
    expected = {"single": pairs.min(), "complete": pairs.max(), "average": pairs.mean(), "ward": gap}[method]
    assert f"{expected:.3g} apart" in step.text


def test_kmeans_assigns_and_updates_until_nothing_moves() -> None:
    trace = follow(made("kmeans"), BLOBS, seed=3)
    assert [step.what for step in trace.steps[:3]] == ["start", "assign", "update"]
    assert (trace.steps[0].labels == UNSEEN).all()
    assert "60 to another one than before" in trace.steps[1].text
    assert "done, with squared distances" in trace.steps[-1].text
    end = trace.steps[-1]
    assert end.facts["moved"] == 0
    assert end.marks["centres"] == pytest.approx(np.stack([BLOBS[end.labels == k].mean(0) for k in range(3)]))
    best = fit(made("kmeans"), BLOBS).facts["inertia"]
    assert best - 1e-9 <= end.facts["inertia"] < 1.1 * best, "one start, not the best of ten"


def test_many_samples_are_drawn_from_and_others_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stepping, "TRACE_LIMIT", 20)
    trace = follow(made("agglomerative"), BLOBS)
    assert len(trace.index) == 20
    assert len(trace.steps) == 19
    with pytest.raises(ClusterProblem, match="HDBSCAN is not shown step by step"):
        follow(made("hdbscan"), BLOBS)


def test_the_command_prints_one_line_a_step(tmp_path, capsys) -> None:
    path = tmp_path / "moons.dllab"
    assert main(["new", "cluster-moons", "-o", str(path)]) == 0
    capsys.readouterr()
    assert main(["step", str(path), "--json", "-o", str(tmp_path / "a.npz")]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["step"] for line in lines] == list(range(1, len(lines) + 1))
    assert {line["what"] for line in lines} == {"visit"}
    assert lines[-1]["found"] == 2
    labels = np.load(tmp_path / "a.npz")[f"dbscan/{len(lines)}/labels"]
    assert main(["cluster", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert np.bincount(labels[labels >= 0]).tolist() == list(found["counts"].values())
    assert main(["new", "cluster-blobs", "-o", str(tmp_path / "b.dllab")]) == 0
    assert main(["step", str(tmp_path / "b.dllab")]) == 0
    assert "  start    3 first centres" in capsys.readouterr().out
