"""The lab with its real engine: training from the window's side, and an engine that is killed."""

import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import pytest
from examples import moons
from pace import within
from pytestqt.qtbot import QtBot

from dllab.document import edits
from dllab.engine import protocol
from dllab.templates import load_template
from dllab.training.run import train
from dllab.training.session import Session
from ui.document import Document
from ui.lab import Lab
from ui.link.differences import differences
from ui.link.runs import label


@pytest.fixture
def lab(qtbot: QtBot, make_lab: Callable[[Document], Lab]) -> Lab:
    """Two moons, and an engine that is ready."""
    document = Document()
    document.open(moons(epochs=20))
    lab = make_lab(document)
    lab.link.start()
    qtbot.waitUntil(lambda: lab.state == "idle", timeout=30_000)
    return lab


def until(qtbot: QtBot, lab: Lab, *states: str) -> None:
    qtbot.waitUntil(lambda: lab.state in states, timeout=30_000)


def entering(qtbot: QtBot, lab: Lab, state: str) -> AbstractContextManager[object]:
    """Waits until the lab enters the state anew, however short the states before it last."""
    return qtbot.waitSignal(lab.state_changed, check_params_cb=lambda entered: entered == state, timeout=30_000)


def test_a_run_in_the_window_equals_the_one_without_it_bit_for_bit(qtbot: QtBot, lab: Lab) -> None:
    lab.train()
    assert lab.state == "starting"
    until(qtbot, lab, "done")
    run = lab.runs.current
    assert run is not None
    expected = train(moons(epochs=20), "cpu")
    assert run.curves["train_loss"].values.tolist() == expected.losses
    assert run.best == ("val_accuracy", expected.epochs[-1]["val_accuracy"])


def test_pause_resume_stop_step_and_go_on(qtbot: QtBot, lab: Lab) -> None:
    lab.step()
    until(qtbot, lab, "paused")
    run = lab.runs.current
    assert run is not None
    assert run.step == 1
    lab.step("epoch")
    qtbot.waitUntil(lambda: "val_loss" in run.curves)
    assert run.step == Session(moons(), "cpu").steps_per_epoch
    with entering(qtbot, lab, "done"):
        lab.resume()
    with entering(qtbot, lab, "done"):
        lab.go_on(5)
    assert len(run.curves["val_loss"]) == 25
    assert len(lab.runs.all) == 1


def test_editing_while_training_leaves_the_run_its_snapshot(qtbot: QtBot, lab: Lab) -> None:
    lab.step()
    until(qtbot, lab, "paused")
    before = lab.document.experiment
    lab.document.apply("Change", lambda e: e.model_copy(update={"seed": 5}))
    run = lab.runs.current
    assert run is not None
    assert run.experiment is before
    lab.step()
    qtbot.waitUntil(lambda: len(lab.runs.all) == 2)
    assert "seed 5" in lab.runs.all[1].label
    until(qtbot, lab, "paused")
    assert lab.runs.all[0].state == "stopped"


def test_the_canvas_may_be_emptied_under_a_run(qtbot: QtBot, lab: Lab) -> None:
    """R-12: the layer that trains is deleted, then everything, then another experiment is opened and trained."""
    lab.document.apply("Longer", lambda e: edits.set_path(e, "training.epochs", 100_000))
    lab.train()
    until(qtbot, lab, "running")
    run = lab.runs.current
    assert run is not None
    trained = run.experiment
    for gone in (["linear"], list(trained.model.nodes)):
        lab.document.apply("Delete", lambda e, gone=gone: edits.remove(e, [n for n in gone if n in e.model.nodes]))
        step = run.step
        qtbot.waitUntil(lambda step=step: run.step > step, timeout=30_000)
    assert lab.state == "running"
    assert run.experiment is trained
    lab.document.open(moons(epochs=1))
    with entering(qtbot, lab, "done"):
        lab.train()
    assert (run.state, lab.runs.all[1].state) == ("stopped", "done")
    assert lab.runs.all[1].experiment == moons(epochs=1)


def test_the_learning_rate_of_the_document_is_that_of_the_run_under_way(qtbot: QtBot, lab: Lab) -> None:
    lab.step("epoch")
    until(qtbot, lab, "paused")
    run = lab.runs.current
    assert run is not None
    lab.document.apply("Faster", lambda e: edits.set_path(e, "training.learning_rate", 0.25))
    with entering(qtbot, lab, "paused"):
        lab.resume("epoch")
    lab.document.undo_stack.undo()
    with entering(qtbot, lab, "paused"):
        lab.resume("epoch")
    qtbot.waitUntil(lambda: len(run.curves["learning_rate"]) == 3)
    assert run.curves["learning_rate"].values.tolist() == [0.01, 0.25, 0.01]


def test_a_killed_engine_leaves_curves_and_comes_back_from_its_checkpoint(qtbot: QtBot, lab: Lab) -> None:
    lab.document.apply("More", lambda e: moons(epochs=40))
    lab.step("epoch")
    until(qtbot, lab, "paused")
    run = lab.runs.current
    assert run is not None
    qtbot.waitUntil(lambda: (lab.checkpoint_folder(run) / "checkpoint.safetensors").exists())
    points = len(run.curves["train_loss"])
    assert lab.link.process is not None
    with qtbot.waitSignal(lab.notice, check_params_cb=lambda _severity, text: "(-9)" in text):
        os.kill(lab.link.process.processId(), signal.SIGKILL)
    assert run.state == "lost"
    assert len(run.curves["train_loss"]) == points
    until(qtbot, lab, "idle")
    with entering(qtbot, lab, "done"):
        lab.resume_lost()
    curve = run.curves["train_loss"]
    assert curve.values.tolist() == train(moons(epochs=40), "cpu").losses
    assert (np.diff(curve.steps) == 1).all()


def test_a_run_asked_for_without_an_engine_begins_with_the_next_one(qtbot: QtBot, lab: Lab) -> None:
    assert lab.link.process is not None
    lab.link.process.kill()
    until(qtbot, lab, "offline")
    assert lab.link.process is None
    with entering(qtbot, lab, "done"):
        lab.train()


def test_subscriptions_outlive_the_engine(qtbot: QtBot, lab: Lab) -> None:
    pictures: list[protocol.Picture] = []
    number = lab.link.subscribe("weights", {"node": "linear"}, pictures.append)
    lab.step()
    qtbot.waitUntil(lambda: bool(pictures), timeout=20_000)
    assert lab.link.process is not None
    lab.link.process.kill()
    until(qtbot, lab, "offline")
    until(qtbot, lab, "idle")
    pictures.clear()
    lab.train("step")
    qtbot.waitUntil(lambda: bool(pictures), timeout=20_000)
    lab.link.resubscribe(number, {"node": "linear_2"})
    qtbot.waitUntil(lambda: pictures[-1].labels["node"] == "linear_2", timeout=20_000)
    lab.link.unsubscribe(number)


def test_closing_while_training_is_quick_and_writes_a_checkpoint(qtbot: QtBot, lab: Lab) -> None:
    lab.document.apply("Long", lambda e: moons(epochs=1_000_000))
    lab.train()
    until(qtbot, lab, "running")
    run = lab.runs.current
    assert run is not None
    qtbot.waitUntil(lambda: run.step > 50)
    process = lab.link.process
    assert process is not None
    with within(1.0):
        lab.close()
    assert process.exitCode() == 0
    assert (lab.checkpoint_folder(run) / "checkpoint.safetensors").exists()


def test_what_can_not_train_says_why_and_starts_nothing(qtbot: QtBot, lab: Lab) -> None:
    lab.document.apply("Break", lambda e: e.model_copy(update={"model": e.model.model_copy(update={"links": ()})}))
    with qtbot.waitSignal(lab.notice) as said:
        lab.train()
    assert said.args[0] == "error"
    assert not lab.runs.all


def test_reset_ends_the_run_that_trains(qtbot: QtBot, lab: Lab) -> None:
    lab.link.start()
    lab.train()
    qtbot.waitUntil(lambda: lab.state == "running", timeout=60_000)
    lab.reset()
    qtbot.waitUntil(lambda: lab.state == "idle", timeout=10_000)
    assert [run.state for run in lab.runs.all] == ["stopped"]


def test_labels_name_what_is_different() -> None:
    base = moons()
    faster = base.model_copy(update={"training": base.training.model_copy(update={"learning_rate": 0.5})})
    assert label(2, faster, base) == "Run 2 · Learning rate 0.5"
    assert label(3, base, base) == "Run 3"


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("data.params", {"samples": 1000, "noise": 0.3}, "Noise 0.3"),
        ("data", {"kind": "circles"}, "Circles"),
        ("split.validation", 0.3, "Validation part 0.3"),
        ("preparation.scaling", "none", "Scale inputs none"),
        ("training.optimiser.params", {"beta1": 0.8}, "Beta 1 0.8"),
        ("model.nodes.linear.muted", True, "Linear muted"),
        ("model.nodes.linear.params", {"features": 32, "bias": False}, "Linear: Bias off"),
        ("model.nodes.linear.frozen", True, "Linear changed"),
        ("model.nodes.linear.x", 7.0, ""),
        ("seed", 4, "seed 4"),
    ],
)
def test_every_difference_that_matters_to_a_run_is_named(path: str, value: object, words: str) -> None:
    base = load_template("moons-mlp")
    assert ", ".join(differences(base, edits.set_path(base, path, value))) == words


def test_layers_and_wires_that_came_and_went_are_named() -> None:
    base = load_template("moons-mlp")
    without = edits.remove(base, ["relu"])
    assert "without ReLU" in differences(base, without)
    assert "with ReLU" in differences(without, base)
    (_first, *others) = base.model.links
    unwired = base.model_copy(update={"model": base.model.model_copy(update={"links": tuple(others)})})
    assert differences(base, unwired) == ["other wires"]
