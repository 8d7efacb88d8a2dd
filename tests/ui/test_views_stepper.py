"""The step-by-step view with a real engine and real clicks: from nothing to the sum behind a weight's gradient."""

from collections.abc import Callable

import numpy as np
import pytest
from examples import moons
from looking import shown
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from dllab.engine.protocol import Walked, pack
from dllab.stepping import Stepper as Walker
from dllab.stepping.explain import explain
from dllab.training.session import Session
from ui.document import Document
from ui.lab import Lab
from ui.views.stepper import Stepper


@pytest.fixture
def lab(qtbot: QtBot, make_lab: Callable[[Document], Lab]) -> Lab:
    document = Document()
    document.open(moons(epochs=20_000))
    made = make_lab(document)
    made.link.start()
    qtbot.waitUntil(lambda: made.state == "idle", timeout=120_000)
    return made


def press(qtbot: QtBot, view: Stepper, button: str) -> tuple[str, str]:
    with qtbot.waitSignal(view.lab.walked, timeout=120_000):
        qtbot.mouseClick(getattr(view, button), Qt.MouseButton.LeftButton)
    assert view.walked is not None
    return view.walked.phase, view.walked.node


def click(qtbot: QtBot, view: Stepper, row: int, column: int) -> str:
    cell = view.table.visualRect(view.model_.index(row, column)).center()
    with qtbot.waitSignal(view.lab.explained, timeout=120_000):
        qtbot.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=cell)
    return view.told.toPlainText()


def test_next_and_back_walk_through_a_step(qtbot: QtBot, lab: Lab) -> None:
    view = Stepper(lab)
    view.resize(640, 480)
    shown(qtbot, view)
    seen = [press(qtbot, view, "next") for _press in range(6)]
    assert seen[:2] == [("initialise", "linear"), ("initialise", "linear_2")]
    assert seen[2:] == [("batch", "input"), ("forward", "linear"), ("forward", "relu"), ("forward", "linear_2")]
    assert lab.selected == "linear_2"
    assert view.heading.text() == "Batch 1 · forward · Linear"
    assert press(qtbot, view, "back") == ("forward", "relu")
    assert press(qtbot, view, "next") == ("forward", "linear_2")


def expected_sum(batch: int) -> str:
    """What is behind a gradient of the first layer in this batch, from a run that nobody has looked at."""
    session = Session(moons(epochs=20_000), "cpu")
    for _step in range(batch):
        session.advance()
    walker = Walker(session)
    found = walker.until("backward", "linear")
    assert found is not None
    return "\n".join(line.text(40) for line in explain(session, found, "gradient.weight", (2, 1)))


def test_the_sum_behind_a_weights_gradient_is_few_actions_from_a_run_and_from_any_point_of_its_curve(
    qtbot: QtBot, lab: Lab
) -> None:
    view = Stepper(lab)
    shown(qtbot, view)
    lab.select("linear")
    lab.train()
    run = lab.runs.current
    assert run is not None
    qtbot.waitUntil(lambda: lab.state == "running" and run.step > 5, timeout=120_000)
    # Two actions while it trains: to the gradient, and a click on the number.
    assert press(qtbot, view, "gradient") == ("backward", "linear")
    assert lab.state == "paused"
    assert view.tabs.current == "gradient.weight"
    assert view.walked is not None
    assert click(qtbot, view, 2, 1) == expected_sum(view.walked.batch)
    # From a point of the curve one more: a click on the curve seeks that step.
    lab.past.seek(3)
    assert lab.stepping.walked is None
    qtbot.waitUntil(lambda: lab.past.wanted is None, timeout=120_000)
    assert press(qtbot, view, "gradient") == ("backward", "linear")
    assert view.walked.batch == 3
    assert click(qtbot, view, 2, 1) == expected_sum(3)


def test_an_array_that_was_cut_says_so(qtbot: QtBot, lab: Lab) -> None:
    view = Stepper(lab)
    shown(qtbot, view)
    array = pack(np.zeros((3, 4)))
    lab.walked.emit(Walked("run", 0, 1, "batch", "input", {"x": array, "y": array}, {"x": (60, 4)}))
    assert view.notice.isVisible()
    assert view.notice.text() == "Only the first 3 × 4 of 60 × 4 numbers are shown."
    view.tabs.choose("y")
    assert not view.notice.isVisible()
    view.forget()
    assert view.walked is None
