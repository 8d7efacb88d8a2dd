"""Loss and scores over a part of any size, counted piece by piece, and scores of every Output."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from examples import chain, moons
from graphs import wired
from sklearn.metrics import accuracy_score, r2_score

from dllab.checking import check
from dllab.cli import main
from dllab.document import edits
from dllab.document.experiment import Choice, Experiment, Split
from dllab.document.format import to_text
from dllab.templates import load_template
from dllab.training import session as sessions
from dllab.training.session import Session


def lost(experiment: Experiment, kind: str, **params: Any) -> Experiment:
    return edits.set_path(experiment, "training.loss", Choice(kind=kind, params=params))


def summing(**loss: Any) -> Experiment:
    """An answer for every step, of which the padded ones have none."""
    made = chain(
        ("embedding", {"embedding_dim": 8}), ("gru", {"hidden_size": 8}), ("linear", {"features": 11}),
        data=Choice(kind="reverse", params={"samples": 200, "symbols": 11}),
    )  # fmt: skip
    made = edits.replace_node(made, "output", params={"target": "input"})
    return lost(made, "cross_entropy", **loss)


def three() -> Experiment:
    """Digits told apart twice, once by another loss, and drawn again."""
    nodes = {
        "input": "input", "flat": "flatten", "code": ("linear", {"features": 16}), "act": "tanh",
        "score": ("linear", {"features": 10}), "label": "output",
        "second": ("linear", {"features": 10}),
        "twin": ("output", {"loss": {"kind": "kl_divergence", "params": {}}, "weight": 0.5}),
        "pixels": ("linear", {"features": 64}), "square": ("reshape", {"extents": (1, 8, 8)}),
        "again": ("output", {"target": "input", "weight": 0.3, "loss": {"kind": "mse", "params": {}}}),
    }  # fmt: skip
    links = (
        "input.out -> flat.in", "flat.out -> code.in", "code.out -> act.in", "act.out -> score.in",
        "score.out -> label.in", "act.out -> second.in", "second.out -> twin.in", "act.out -> pixels.in",
        "pixels.out -> square.in", "square.out -> again.in",
    )  # fmt: skip
    return wired(nodes, *links, data="digits")


RUNS: dict[str, Callable[[], Experiment]] = {
    "classes": moons,
    "balanced": lambda: lost(
        load_template("wine-mlp"), "cross_entropy", class_weights="balanced", label_smoothing=0.1
    ),
    "numbers": lambda: load_template("diabetes-linear"),
    "steps": summing,
    "steps, balanced": lambda: summing(class_weights="balanced"),
    "several ends": three,
    "a prior": lambda: load_template("vae-digits"),
}  # fmt: skip


@pytest.mark.parametrize("run", RUNS)
def test_pieces_come_to_what_all_at_once_comes_to(run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = RUNS[run]()
    assert check(experiment).trainable, [p.text for p in check(experiment).problems]
    session = Session(experiment.model_copy(update={"split": Split(validation=0.6)}), "cpu")
    for _step in range(3):
        session.advance()
    whole = session.evaluate(*session.validation)
    count = len(session.validation.x)
    monkeypatch.setattr(sessions, "_CHUNK", 37)
    monkeypatch.setattr(sessions, "_GATHERED", 1)
    made = [sessions.samples(outputs) for outputs in sessions.pieces(session, session.validation.x, 1)]
    assert len(made) == -(-count // 37)
    assert sum(made) == count
    found = session.evaluate(*session.validation)
    assert found.keys() == whole.keys()
    for name, value in whole.items():
        assert found[name] == pytest.approx(value, rel=2e-6), name


def test_no_more_outputs_are_held_than_are_counted_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(moons(), "cpu")
    x = torch.randn(30_000, 2)
    monkeypatch.setattr(sessions, "_GATHERED", 4096)
    largest = max(outputs.numel() for outputs in sessions.pieces(session, x, 4096))
    assert largest == 4096
    scores = session.evaluate(x, torch.zeros(30_000, dtype=torch.int64), torch.zeros(30_000, dtype=torch.int64))
    with torch.no_grad():
        logits = session.network(x)
    assert scores["accuracy"] == pytest.approx(float((logits.argmax(1) == 0).float().mean()))
    expected = torch.nn.functional.cross_entropy(logits, torch.zeros(30_000, dtype=torch.int64))
    assert scores["loss"] == pytest.approx(float(expected), rel=1e-6)


def test_every_output_has_its_score() -> None:
    session = Session(three(), "cpu")
    outcome = session.advance()
    while outcome.metrics is None:
        outcome = session.advance()
    x, _targets, labels = session.validation
    with session.looking():
        label, twin, again = session.network(x)
    expected = {
        "accuracy": accuracy_score(labels, label.argmax(1)),
        "accuracy.twin": accuracy_score(labels, twin.argmax(1)),
        "r2.again": r2_score(x.flatten(), again.flatten()),
    }
    for name, value in expected.items():
        assert outcome.metrics[f"val_{name}"] == pytest.approx(value, rel=1e-5), name
        assert f"train_{name}" in outcome.metrics
    assert set(session.open_test()) >= set(expected)


def test_a_lone_output_is_told_as_ever() -> None:
    session = Session(moons(), "cpu")
    outcome = session.advance()
    while outcome.metrics is None:
        outcome = session.advance()
    assert set(outcome.metrics) == {"train_loss", "train_accuracy", "val_loss", "val_accuracy"}


def test_a_class_from_one_number_is_scored_beside_another_output() -> None:
    """Its targets are 0.0 and 1.0, not class numbers."""
    nodes = {
        "input": "input", "code": ("linear", {"features": 8}), "act": "tanh", "score": ("linear", {"features": 2}),
        "label": "output", "one": ("linear", {"features": 1}),
        "sure": ("output", {"loss": {"kind": "binary_cross_entropy", "params": {}}}),
    }  # fmt: skip
    links = (
        "input.out -> code.in", "code.out -> act.in", "act.out -> score.in", "score.out -> label.in",
        "act.out -> one.in", "one.out -> sure.in",
    )  # fmt: skip
    session = Session(wired(nodes, *links, data="moons"), "cpu")
    for _step in range(20):
        session.advance()
    x, _targets, labels = session.validation
    with session.looking():
        _score, sure = session.network(x)
    found = session.evaluate(*session.validation)["accuracy.sure"]
    assert found == pytest.approx(accuracy_score(labels, sure[:, 0] > 0))


def test_scores_of_every_output_go_on_from_the_middle_of_an_epoch() -> None:
    whole = Session(three(), "cpu")
    expected = [whole.advance() for _step in range(whole.steps_per_epoch)][-1].metrics
    first = Session(three(), "cpu")
    for _step in range(7):
        first.advance()
    tensors, facts = first.state()
    second = Session(three(), "cpu")
    second.restore({name: value.clone() for name, value in tensors.items()}, facts)
    outcome = second.advance()
    while outcome.metrics is None:
        outcome = second.advance()
    assert outcome.metrics == expected


def test_the_line_of_an_epoch_tells_every_score(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "three.dllab"
    path.write_text(to_text(three()))
    assert main(["train", str(path), "--epochs", "1", "--json"]) == 0
    epoch, done = map(json.loads, capsys.readouterr().out.splitlines())
    assert list(epoch) == [
        "event", "epoch", "train_loss", "val_loss", "val_accuracy", "val_accuracy.twin", "val_r2.again",
    ]  # fmt: skip
    assert {"accuracy", "accuracy.twin", "r2.again"} <= done["test"].keys()
    assert main(["train", str(path), "--epochs", "1"]) == 0
    assert "twin: validation accuracy" in capsys.readouterr().out
