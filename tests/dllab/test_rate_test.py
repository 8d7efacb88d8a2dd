"""Trying learning rates: exact steps, an early end, a suggestion that trains, and the command that says so."""

import json
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from examples import moons
from graphs import experiment

from dllab.cli import main
from dllab.document import edits
from dllab.document.experiment import Choice
from dllab.document.format import save
from dllab.training.rate_test import Point, suggested, sweep
from dllab.training.session import Session


def test_every_step_is_one_of_training_at_its_rate() -> None:
    made = moons(optimiser=Choice(kind="sgd"), schedule=Choice(kind="cosine"))
    points = list(sweep(made, "cpu", 1e-3, 1e-1, 10))
    ratios = [after.rate / before.rate for before, after in pairwise(points)]
    assert ratios == pytest.approx([100 ** (1 / 9)] * 9)
    session = Session(
        made.model_copy(update={"training": made.training.model_copy(update={"schedule": Choice(kind="constant")})}),
        "cpu",
    )
    for point in points[:3]:
        _stop, x, targets = session.take()
        loss = session.loss(session.network(x), targets)
        assert float(loss.detach()) == point.loss
        loss.backward()
        with torch.no_grad():
            for parameter in session.network.parameters():
                parameter -= point.rate * parameter.grad
        session.close(_stop, float(loss.detach()), session.network(x).detach(), targets, {})


def test_it_goes_on_over_the_ends_of_epochs_and_stops_where_the_loss_explodes() -> None:
    points = list(sweep(moons(optimiser=Choice(kind="sgd"), batch_size=100), "cpu", 1e-4, 1e6, 60))
    assert 10 < len(points) < 60
    assert points[-1].smooth > 2 * min(point.smooth for point in points)
    assert list(sweep(moons(), "cpu", should_stop=lambda: True)) == []


def test_the_suggestion_is_where_the_smoothed_loss_falls_fastest() -> None:
    rates = np.geomspace(1e-5, 10, 100)
    fall = 1 / (1 + (rates / 1e-2) ** 2)  # steepest against the logarithm where the rate is 1e-2
    points = [Point(float(r), 0.0, float(v)) for r, v in zip(rates, fall, strict=True)]
    assert suggested(points) == pytest.approx(1e-2, rel=0.1)
    assert suggested([Point(float(r), 0.0, 1.0) for r in rates]) is None
    assert suggested([]) is None


def test_what_is_suggested_trains(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = moons(epochs=3, learning_rate=1e-6)
    save(made, tmp_path / "moons.dllab")
    assert main(["lr", str(tmp_path / "moons.dllab"), "--json", "--steps", "80"]) == 0
    *points, done = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {point["event"] for point in points} == {"point"}
    rate = done["suggestion"]
    assert 1e-4 < rate < 1.0
    better = Session(edits.set_path(made, "training.learning_rate", rate), "cpu")
    while (outcome := better.advance()).metrics is None or better.epoch < 3:
        pass
    assert outcome.metrics["val_accuracy"] > 0.8
    assert main(["lr", str(tmp_path / "moons.dllab"), "--steps", "12", "--to", "1e-5"]) == 1
    assert "hardly falls" in capsys.readouterr().out
    assert main(["lr", str(tmp_path / "moons.dllab"), "--from", "1", "--to", "0.1"]) == 2
    assert main(["lr", str(tmp_path / "moons.dllab"), "--to", "inf"]) == 2


CHATTY = """
class Chatty(nn.Module):
    def forward(self, x):
        print("no end of line", end="")
        return x
"""


@pytest.mark.parametrize("command", [["lr", "--steps", "12"], ["train", "--epochs", "1", "--device", "cpu"], ["step"]])
def test_what_a_layer_prints_stays_out_of_the_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    path = tmp_path / "chatty.dllab"
    save(experiment(("custom", {"code": CHATTY, "learned": 0}), ("linear", {"features": 2}), samples=60), path)
    main([command[0], str(path), *command[1:], "--json", "--trust"])
    said = capsys.readouterr()
    events = [json.loads(line) for line in said.out.splitlines()]
    assert len(events) >= 2
    assert "no end of line" in said.err
    sys.stdout.write("seen\n")
    assert capsys.readouterr().out == "seen\n", "standard output is back in its place"
