"""Trying learning rates in the recipe: a process that draws as it goes, ends at once, and gives a rate to take."""

import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from examples import moons
from graphs import experiment
from pytestqt.qtbot import QtBot

from dllab.document import edits
from dllab.text import set_language
from ui.document import Document
from ui.inspector.rate_test import RateTest
from ui.lab import Lab


@pytest.fixture
def tried(qtbot: QtBot, make_lab: Callable[[Document], Lab]) -> RateTest:
    widget = RateTest(make_lab(Document(moons(learning_rate=1e-6))))
    qtbot.addWidget(widget)
    widget.resize(260, 220)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def test_the_suggestion_comes_from_a_process_and_is_taken_by_one_click(qtbot: QtBot, tried: RateTest) -> None:
    document = tried._lab.document
    tried.start.click()
    assert tried.process.busy
    assert not tried.start.isEnabled()
    qtbot.waitUntil(tried.take.isVisible, timeout=180_000)
    assert tried.start.isEnabled()
    assert not tried.stop.isVisible()
    rate = tried.picture.suggestion
    assert rate is not None
    assert len(tried.picture.points) > 20
    before = tried.picture.grab().toImage()
    tried.picture.suggestion = None
    assert tried.picture.grab().toImage() != before, "the suggestion is marked"
    tried.picture.suggestion = rate
    tried.take.click()
    assert document.experiment.training.learning_rate == rate
    document.undo_stack.undo()
    assert document.experiment.training.learning_rate == 1e-6
    qtbot.waitUntil(lambda: not tried.process.busy, timeout=30_000)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A program in place of Python, which only says what it is told to."""

    def put(*lines: str) -> None:
        program = tmp_path / "python"
        program.write_text("\n".join(["#!/bin/sh", *lines]))
        program.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(program))

    return put


CHATTY = """
class Chatty(nn.Module):
    def forward(self, x):
        print("no end of line", end="")
        return x
"""

ANSWER = (
    """echo '{"event": "point", "rate": 0.001, "smooth": 2.0}'""",
    """echo '{"event": "point", "rate": 0.01, "smooth": 1.0}'""",
    """echo '{"event": "done", "suggestion": 0.01}'""",
)


def test_a_suggestion_ends_with_the_experiment_it_is_for(
    qtbot: QtBot, tried: RateTest, stand_in: Callable[..., None]
) -> None:
    document = tried._lab.document
    stand_in(*ANSWER)
    tried.start.click()
    qtbot.waitUntil(lambda: tried.take.isVisible() and not tried.process.busy, timeout=20_000)
    document.apply("Other rate", lambda e: edits.set_path(e, "training.learning_rate", 0.5))
    assert tried.take.isVisible(), "whatever the rate is now, this is what was found"
    document.apply("Other seed", lambda e: e.model_copy(update={"seed": 77}))
    assert not any(widget.isVisible() for widget in (tried.take, tried.picture, tried.words))
    stand_in("exec sleep 60")
    tried.start.click()
    document.apply("Other seed", lambda e: e.model_copy(update={"seed": 78}))
    assert not tried.process.busy
    assert tried.start.isEnabled()


def test_what_a_layer_prints_is_no_answer(qtbot: QtBot, tried: RateTest, stand_in: Callable[..., None]) -> None:
    stand_in("echo hello from a layer", "echo '{x: 3}'", """echo '{"x": 3}'""", "echo", *ANSWER)
    tried.start.click()
    qtbot.waitUntil(lambda: tried.take.isVisible() and not tried.process.busy, timeout=20_000)
    assert tried.picture.points == [(0.001, 2.0), (0.01, 1.0)]


def test_every_point_comes_though_a_layer_prints_without_a_new_line(qtbot: QtBot, make_lab: Callable[..., Lab]) -> None:
    layer = ("custom", {"code": CHATTY, "learned": 0})
    lab = make_lab(Document(experiment(layer, ("linear", {"features": 2}), samples=60)))
    lab.trust.add([CHATTY])
    widget = RateTest(lab)
    qtbot.addWidget(widget)
    widget.show()
    widget.start.click()
    qtbot.waitUntil(lambda: not widget.process.busy, timeout=80_000)
    rates = [rate for rate, _loss in widget.picture.points]
    assert len(rates) > 20
    steps = [after / before for before, after in pairwise(rates)]
    assert steps == pytest.approx([steps[0]] * len(steps)), "no point is missing"


def test_a_refusal_is_in_the_language_of_the_window(
    qtbot: QtBot, tried: RateTest, stand_in: Callable[..., None]
) -> None:
    set_language("de")
    stand_in("printf 'some words of a layer' >&2", 'echo "dllab: in $DLLAB_LANGUAGE" >&2', "exit 2")
    tried.start.click()
    qtbot.waitUntil(lambda: tried.words.text() == "in de", timeout=20_000)
    assert tried.start.isEnabled()


def test_what_can_not_be_started_says_so(qtbot: QtBot, tried: RateTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/there/is/no/such/program")
    tried.start.click()
    qtbot.waitUntil(lambda: "could not be started" in tried.words.text(), timeout=20_000)
    assert not tried.process.busy
    assert tried.start.isEnabled()
    assert not tried.stop.isVisible()


def test_stop_and_hiding_end_it(qtbot: QtBot, tried: RateTest) -> None:
    for end in (tried.stop.click, tried.hide):
        tried.show()
        tried.start.click()
        assert tried.process.busy
        end()
        assert not tried.process.busy
        assert tried.start.isEnabled()
        assert not tried.take.isVisibleTo(tried)


def test_what_can_not_be_trained_says_so(qtbot: QtBot, make_lab: Callable[[Document], Lab]) -> None:
    widget = RateTest(make_lab(Document()))
    qtbot.addWidget(widget)
    widget.show()
    widget.start.click()
    assert not widget.process.busy
    assert "can't be trained" in widget.words.text()
