"""Trying learning rates in the recipe: a process that draws as it goes, ends at once, and gives a rate to take."""

from collections.abc import Callable

import pytest
from examples import moons
from pytestqt.qtbot import QtBot

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
    assert not tried.process.busy or tried.start.isEnabled()
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
