"""`dllab cluster`: what it finds in the templates, what can be changed, what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest
from examples import chain

from dllab.cli import main
from dllab.document.experiment import Choice
from dllab.document.format import load, save
from dllab.templates import load_template


def cluster(template: str, folder: Path, capsys: Any, *options: str) -> dict[str, Any]:
    path = folder / f"{template}.dllab"
    save(load_template(template), path)
    assert main(["cluster", str(path), "--json", *options]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize(
    ("template", "clusters", "ari"),
    [
        ("cluster-moons", 2, 0.99),
        ("cluster-circles", 2, 0.99),
        ("cluster-blobs", 3, 0.88),
        ("cluster-uneven-blobs", 3, 0.95),
        ("cluster-stretched-blobs", 3, 0.88),
        ("cluster-iris", 3, 0.7),
        ("cluster-digits", 10, 0.75),
    ],
)
def test_a_template_finds_what_its_note_says(template: str, clusters: int, ari: float, tmp_path, capsys) -> None:
    found = cluster(template, tmp_path, capsys)
    assert found["clusters"] == clusters
    assert found["scores"]["ari"] >= ari
    assert sum(found["counts"].values()) + found["noise"] == found["samples"]


def test_kmeans_fails_where_the_templates_say_so(tmp_path, capsys) -> None:
    for template in ("cluster-moons", "cluster-uneven-blobs", "cluster-stretched-blobs"):
        options = ("--algorithm", "kmeans", "--set", f"n_clusters={2 if 'moons' in template else 3}")
        found = cluster(template, tmp_path, capsys, *options)
        assert (found["algorithm"], found["scores"]["ari"] < 0.85) == ("kmeans", True)


def test_features_of_a_network_agree_with_the_digits_once_it_has_learned(tmp_path, capsys) -> None:
    early = cluster("cluster-digits-cnn", tmp_path, capsys, "--set", "training.epochs=1", "--device", "cpu")
    late = cluster("cluster-digits-cnn", tmp_path, capsys, "--set", "training.epochs=5", "--device", "cpu")
    assert (early["source"], early["features"], early["samples"]) == ("flatten", 10, 1347)
    assert late["scores"]["ari"] > max(0.8, early["scores"]["ari"] + 0.05)


def test_dbscan_counts_core_border_and_noise(tmp_path, capsys) -> None:
    found = cluster("cluster-moons", tmp_path, capsys, "--set", "eps=0.12", "--set", "min_samples=6")
    assert found["core"] + found["border"] + found["noise"] == 500
    assert found["noise"] > 0
    assert found["params"]["eps"] == 0.12


def test_any_experiment_can_have_its_data_clustered(tmp_path, capsys) -> None:
    path = tmp_path / "iris.dllab"
    save(load_template("iris-softmax"), path)
    assert main(["cluster", str(path)]) == 2
    assert "name one with --algorithm" in capsys.readouterr().err
    assert main(["cluster", str(path), "--algorithm", "kmeans"]) == 0
    assert "KMeans found 3 clusters in 112 samples of 4 features" in capsys.readouterr().out
    assert load(path).experiment == load_template("iris-softmax"), "the file stays as it is"


def test_a_long_fit_gets_a_process_of_its_own_and_finds_the_same(tmp_path, capsys, monkeypatch) -> None:
    here = cluster("cluster-iris", tmp_path, capsys)
    monkeypatch.setattr("dllab.cli.clustering._LONG_S", 0.0)
    there = cluster("cluster-iris", tmp_path, capsys)
    assert {**there, "seconds": 0} == {**here, "seconds": 0}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--algorithm", "kmean"], "there is no algorithm kmean; there are agglomerative, kmeans"),
        (["--set", "eps=-1"], "must be more than 0"),
        (["--set", "radius=1"], "radius"),
        (["--algorithm", "kmeans", "--set", "n_clusters=900"], "900 clusters can't be made of 500 samples"),
        (["--algorithm", "agglomerative", "--set", "data.samples=100000"], "the limit is 20,000 samples"),
    ],
)
def test_what_cant_be_done_is_said_in_one_line(options: list[str], said: str, tmp_path, capsys) -> None:
    path = tmp_path / "moons.dllab"
    save(load_template("cluster-moons"), path)
    assert main(["cluster", str(path), *options]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_there_is_nothing_to_train_in_a_clustering(tmp_path, capsys) -> None:
    path = tmp_path / "moons.dllab"
    save(load_template("cluster-moons"), path)
    assert main(["train", str(path)]) == 2
    assert "there is nothing to train" in capsys.readouterr().err
    assert main(["check", str(path)]) == 0
    assert "dllab cluster" in capsys.readouterr().out


def test_clusters_of_numbers_to_predict_have_no_true_labels(tmp_path, capsys) -> None:
    path = tmp_path / "sine.dllab"
    save(chain(("linear", {"features": 1}), data=Choice(kind="sine")), path)
    assert main(["cluster", str(path), "--algorithm", "kmeans", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["scores"]) == {"silhouette"}


@pytest.mark.parametrize(("missing", "samples"), [("drop", 12), ("mean", 15)])
def test_gaps_of_a_table_are_left_out_or_filled(missing: str, samples: int, tmp_path, capsys) -> None:
    whole = [f"{number % 4},{number * number % 7}" for number in range(12)]
    table, path = tmp_path / "gaps.csv", tmp_path / "gaps.dllab"
    table.write_text("\n".join(["a,b", *whole, "NaN,2", "3,", "inf,4", ""]), encoding="utf-8")
    asked = ["import", str(table), "--as", "table", "--no-target", "--missing", missing, "-o", str(path)]
    assert main(asked) == 0
    capsys.readouterr()
    assert main(["cluster", str(path), "--algorithm", "kmeans", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["samples"], found["clusters"]) == (samples, 3)
