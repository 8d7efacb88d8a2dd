"""The step-by-step view with a real engine and real clicks: from nothing to the sum behind a weight's gradient."""

from collections.abc import Callable

import pytest
from examples import moons
from looking import shown
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from dllab.stepping import Stepper as Walker
from dllab.stepping.explain import explain
from dllab.training.session import Session
from ui.document import Document
from ui.lab import Lab
from ui.views.stepper import Stepper


@pytest.fixture
def lab(qtbot: QtBot, make_lab: Callable[[Document], Lab]) -> Lab:
    document = Document()
    document.open(moons(epochs=200))
    made = make_lab(document)
    made.link.start()
    qtbot.waitUntil(lambda: made.state == "idle", timeout=30_000)
    return made


def press(qtbot: QtBot, view: Stepper, button: str) -> tuple[str, str]:
    with qtbot.waitSignal(view.lab.walked, timeout=10_000):
        qtbot.mouseClick(getattr(view, button), Qt.MouseButton.LeftButton)
    assert view.walked is not None
    return view.walked.phase, view.walked.node


def click(qtbot: QtBot, view: Stepper, row: int, column: int) -> str:
    cell = view.table.visualRect(view.model_.index(row, column)).center()
    with qtbot.waitSignal(view.lab.explained, timeout=10_000):
        qtbot.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=cell)
    return view.told.toPlainText()


def test_next_and_back_walk_through_a_step(qtbot: QtBot, lab: Lab) -> None:
    view = Stepper(lab)
    view.resize(640, 480)
    shown(qtbot, view)
    seen = [press(qtbot, view, "next") for _press in range(4)]
    assert seen == [("batch", "input"), ("forward", "linear"), ("forward", "relu"), ("forward", "linear_2")]
    assert lab.selected == "linear_2"
    assert view.heading.text() == "Batch 1 · forward · Linear"
    assert press(qtbot, view, "back") == ("forward", "relu")
    assert press(qtbot, view, "next") == ("forward", "linear_2")


def test_the_sum_behind_a_weights_gradient_is_two_clicks_from_a_training_run(qtbot: QtBot, lab: Lab) -> None:
    view = Stepper(lab)
    view.resize(640, 480)
    shown(qtbot, view)
    lab.select("linear")
    lab.train()
    qtbot.waitUntil(lambda: lab.state == "running", timeout=10_000)
    assert press(qtbot, view, "gradient") == ("backward", "linear")
    assert lab.state == "paused"
    assert view.tabs.current == "gradient.weight"
    assert view.walked is not None
    text = click(qtbot, view, 2, 1)
    session = Session(moons(epochs=200), "cpu")
    for _step in range(view.walked.batch):
        session.advance()
    walker = Walker(session)
    expected = explain(session, walker.until("backward", "linear"), "gradient.weight", (2, 1))
    assert text == "\n".join(line.text(40) for line in expected)


def test_run_slowly_goes_on_by_itself_until_it_is_pressed_again(qtbot: QtBot, lab: Lab) -> None:
    view = Stepper(lab)
    shown(qtbot, view)
    press(qtbot, view, "slowly")
    with qtbot.waitSignal(lab.walked, timeout=10_000):
        pass
    qtbot.mouseClick(view.slowly, Qt.MouseButton.LeftButton)
    assert not view._slow.isActive()
    view.forget()
    assert view.walked is None
