"""Looking back through a run with the slider, the keyboard and a click on its curve; branching off as a new run."""

from collections.abc import Callable

import numpy as np
import pytest
from examples import moons
from looking import LEFT, Engine, place_of, shown
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from dllab.engine import protocol
from dllab.templates import load_template
from dllab.training.session import Session
from ui.document import Document
from ui.lab import Lab
from ui.link.runs import Run
from ui.shell.window import Window
from ui.views.curves import Curves
from ui.views.plot import Plot
from ui.views.stepper import Stepper
from ui.views.weights import Weights


@pytest.fixture
def trained(qtbot: QtBot, make_lab: Callable[[Document], Lab]) -> Lab:
    """A lab with a real engine and a finished run."""
    document = Document()
    document.open(moons())
    lab = make_lab(document)
    lab.link.start()
    qtbot.waitUntil(lambda: lab.state == "idle", timeout=90_000)
    lab.train()
    qtbot.waitUntil(lambda: lab.state == "done", timeout=90_000)
    return lab


def stand(qtbot: QtBot, lab: Lab, step: int) -> None:
    qtbot.waitUntil(lambda: lab.past.wanted is None and lab.past.step == step, timeout=30_000)


def weights_at(step: int) -> np.ndarray:
    session = Session(moons(), "cpu")
    for _step in range(step):
        session.advance()
    return session.network.layers["linear"].weight.detach().numpy().ravel()


def test_one_slider_moves_every_view_and_a_new_run_branches_off(qtbot: QtBot, trained: Lab) -> None:
    lab = trained
    curves, weights = Curves(lab), Weights(lab)
    shown(qtbot, curves)
    shown(qtbot, weights)
    lab.select("linear")
    strip = curves.strip
    qtbot.waitUntil(lambda: strip.slider.width() > 100, timeout=30_000)
    assert strip.slider.isEnabled()
    assert not strip.branch.isVisible()
    last = strip.slider.maximum()
    assert last == 60
    qtbot.mouseClick(strip.slider, LEFT, pos=strip.slider.rect().center())
    asked = lab.past.step
    assert abs(asked - last / 2) < 3
    stand(qtbot, lab, asked)
    assert strip.branch.isVisible()
    strip.slider.setFocus()
    qtbot.keyClick(strip.slider, Qt.Key.Key_Left)
    stand(qtbot, lab, asked - 1)
    (key,) = [key for key in weights.pictures if key]
    qtbot.waitUntil(lambda: weights.pictures[key].step == asked - 1, timeout=30_000)
    values = protocol.unpack(weights.pictures[key].arrays["weight.values"]).ravel()
    assert (values == weights_at(asked - 1)).all()
    curves.redraw()
    assert curves.stand_mark.isVisible()
    assert curves.stand_mark.value() == asked - 1
    qtbot.mouseClick(strip.branch, LEFT)
    qtbot.waitUntil(lambda: lab.runs.all[-1].state == "done" and len(lab.runs.all) == 2, timeout=60_000)
    first, second = lab.runs.all
    assert second.label == f"Run 2 · from run 1 at step {asked - 1}"
    assert (second.curves["train_loss"].values == first.curves["train_loss"].values[asked - 1 :]).all()
    assert not lab.past.away


def test_a_click_on_the_curve_leads_to_the_sum_behind_a_gradient_of_that_step(qtbot: QtBot, trained: Lab) -> None:
    lab = trained
    curves, stepper = Curves(lab), Stepper(lab)
    shown(qtbot, curves)
    shown(qtbot, stepper, (640, 480))
    lab.select("linear")
    curves.redraw()
    curves.grab()
    qtbot.mouseClick(curves.plot.viewport(), LEFT, pos=place_of(curves.plot, 20, 0.4))
    asked = lab.past.step
    assert 15 < asked < 25
    stand(qtbot, lab, asked)
    with qtbot.waitSignal(lab.walked, timeout=30_000):
        qtbot.mouseClick(stepper.gradient, LEFT)
    assert stepper.walked is not None
    assert (stepper.walked.batch, stepper.walked.phase, stepper.walked.node) == (asked, "backward", "linear")
    assert len(lab.runs.all) == 1
    with qtbot.waitSignal(lab.explained, timeout=30_000):
        qtbot.mouseClick(
            stepper.table.viewport(), LEFT, pos=stepper.table.visualRect(stepper.model_.index(0, 0)).center()
        )
    lab.past.return_to_end()
    stand(qtbot, lab, 60)
    assert not lab.past.away
    # The run has ended: its steps can be opened, and no new one begins.
    with qtbot.waitSignal(lab.walked, timeout=30_000):
        lab.stepping.open(31)
    assert (stepper.walked.batch, stepper.walked.phase) == (30, "batch")
    assert len(lab.runs.all) == 1


@pytest.fixture
def worked(qtbot: QtBot, make_window: Callable[..., Window]) -> Window:
    """The real window with a real engine and a paused run of its own."""
    document = Document()
    experiment = load_template("moons-mlp")
    training = experiment.training.model_copy(update={"epochs": 20_000})
    document.open(experiment.model_copy(update={"training": training}))
    window = make_window(document)
    lab = window.lab
    lab.link.start()
    qtbot.waitUntil(lambda: lab.state == "idle", timeout=90_000)
    lab.train()
    qtbot.waitUntil(lambda: lab.runs.current is not None and lab.runs.current.step > 100, timeout=90_000)
    lab.pause()
    qtbot.waitUntil(lambda: lab.state == "paused", timeout=30_000)
    return window


def curves_of(qtbot: QtBot, window: Window) -> Curves:
    window.layouts.show("curves")
    pane = window.bench.panes["curves"]
    qtbot.waitUntil(lambda: pane.view is not None and pane.view.isVisible() and not pane.view.message, timeout=30_000)
    assert isinstance(pane.view, Curves)
    pane.view.redraw()
    pane.view.grab()
    return pane.view


def loss_at(window: Window, step: int) -> float:
    curve = window.lab.runs.current.curves["train_loss"]
    return float(curve.values[list(curve.steps).index(step)])


def test_from_a_point_of_the_curve_to_a_gradient_of_any_weight_in_four_actions(qtbot: QtBot, worked: Window) -> None:
    lab, actions = worked.lab, []
    curves = curves_of(qtbot, worked)
    (_left, right), (low, high) = curves.plot.plotItem.vb.viewRange()
    qtbot.mouseClick(curves.plot.viewport(), LEFT, pos=place_of(curves.plot, right / 3, (low + high) / 2))
    actions.append("a click on the curve")
    step = lab.past.step
    assert 0 < step < lab.runs.current.step
    canvas = worked.canvas
    item = canvas.scene.nodes["linear_2"]
    at = canvas.view.mapFromScene(item.sceneBoundingRect().center())
    qtbot.mouseClick(canvas.view.viewport(), LEFT, pos=at)
    actions.append("a click on a layer")
    assert lab.selected == "linear_2"
    worked.commands.refresh()
    # The step that was clicked may still be on its way.
    with qtbot.waitSignal(lab.walked, timeout=30_000):
        worked.commands["walk_gradient"].trigger()
    actions.append("Run to its gradient")
    qtbot.waitUntil(lambda: worked.bench.panes["stepper"].view is not None, timeout=30_000)
    stepper = worked.bench.panes["stepper"].view
    assert isinstance(stepper, Stepper)
    qtbot.waitUntil(lambda: stepper.walked is not None and stepper.table.isVisible(), timeout=30_000)
    assert (stepper.walked.batch, stepper.walked.phase, stepper.walked.node) == (step, "backward", "linear_2")
    assert stepper.tabs.current == "gradient.weight"
    cell = stepper.table.visualRect(stepper.model_.index(1, 3)).center()
    with qtbot.waitSignal(lab.explained, timeout=30_000):
        qtbot.mouseClick(stepper.table.viewport(), LEFT, pos=cell)
    actions.append("a click on a number")
    assert stepper.told.toPlainText().startswith("∂L/∂W[1, 3] = ")
    assert len(actions) <= 4, actions


def test_f8_begins_at_the_step_that_the_slider_shows_however_quickly_it_comes(qtbot: QtBot, worked: Window) -> None:
    lab = worked.lab
    strip = curves_of(qtbot, worked).strip
    worked.activateWindow()
    for share in (0.25, 0.75, 0.5):
        place = strip.slider.rect().center()
        place.setX(round(strip.slider.width() * share))
        qtbot.mouseClick(strip.slider, LEFT, pos=place)
    shown_step = lab.past.step
    assert lab.past.wanted == shown_step, "nothing has been waited for"
    with qtbot.waitSignal(lab.walked, timeout=30_000) as walked:
        qtbot.keyClick(worked, Qt.Key.Key_F8)
    assert (walked.args[0].batch, walked.args[0].phase) == (shown_step, "batch")
    qtbot.waitUntil(lambda: lab.past.wanted is None, timeout=30_000)
    assert (lab.past.step, lab.stepping.walked.batch) == (shown_step, shown_step)
    # It goes on over the end of the batch, and the slider with it.
    lab.stepping.until("update")
    qtbot.waitUntil(lambda: lab.stepping.walked is not None and lab.stepping.walked.phase == "update", timeout=30_000)
    lab.stepping.until("loss")
    qtbot.waitUntil(lambda: lab.stepping.walked is not None and lab.stepping.walked.phase == "loss", timeout=30_000)
    assert lab.past.step == shown_step + 1
    curves_of(qtbot, worked)
    assert strip.slider.value() == shown_step + 1
    assert len(lab.runs.all) == 1


def choose(plot: Plot, at: QPoint, place: int) -> str:
    """Right-click there, and choose this entry of the menu by its keys; what it says."""
    said: list[str] = []

    def take() -> None:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        action = menu.actions()[place]
        said.append(action.text())
        menu.setActiveAction(action)
        QTest.keyClick(menu, Qt.Key.Key_Return)

    QTimer.singleShot(0, plot, take)
    viewport = plot.viewport()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, viewport.mapToGlobal(at))
    QApplication.sendEvent(viewport, event)
    return said[0]


def test_the_menu_of_a_curve_goes_to_a_step_and_opens_the_batch_that_made_its_loss(
    qtbot: QtBot, worked: Window
) -> None:
    lab = worked.lab
    curves = curves_of(qtbot, worked)
    (_left, right), (low, high) = curves.plot.plotItem.vb.viewRange()
    at = place_of(curves.plot, right / 2, (low + high) / 2)
    words = choose(curves.plot, at, 0)
    step = int("".join(filter(str.isdigit, words)))
    assert words == f"Go to step {step:,}"
    assert abs(step - right / 2) < right / 20
    stand(qtbot, lab, step)
    with qtbot.waitSignal(lab.walked, timeout=30_000):
        assert choose(curves.plot, at, 1) == f"Open step {step:,} operation by operation"
    assert worked.layouts.shown("stepper")
    assert lab.stepping.walked.batch == step - 1
    lab.stepping.until("loss")
    qtbot.waitUntil(lambda: lab.stepping.walked is not None and lab.stepping.walked.phase == "loss", timeout=30_000)
    assert float(protocol.unpack(lab.stepping.walked.arrays["loss"])) == pytest.approx(loss_at(worked, step), rel=1e-6)


@pytest.mark.parametrize("back", [False, True], ids=["on", "and back again"])
def test_walked_from_the_past_beyond_the_end_the_run_goes_on_and_back_again_it_branches_off(
    qtbot: QtBot, make_window: Callable[..., Window], back: bool
) -> None:
    document = Document()
    document.open(moons())
    window = make_window(document)
    lab, stepping = window.lab, window.lab.stepping
    lab.link.start()
    qtbot.waitUntil(lambda: lab.state == "idle", timeout=90_000)
    lab.train("epoch")
    qtbot.waitUntil(lambda: lab.state == "paused", timeout=30_000)
    lab.past.seek(5)
    stand(qtbot, lab, 5)

    def press(do: Callable[[], object]) -> None:
        with qtbot.waitSignal(lab.walked, timeout=30_000):
            do()

    for words in ("Branch", "Resume", "Resume"):
        press(lambda: stepping.until("update", "linear_2"))
        assert window.transport.train_words() == words
    while back and stepping.walked is not None and stepping.walked.batch > 5:
        press(stepping.back)
    assert window.transport.train_words() == ("Branch" if back else "Resume")
    window.transport.train()
    qtbot.waitUntil(lambda: lab.state == "done", timeout=60_000)
    assert [notice.sentence for notice in window.notices.all if notice.severity == "warning"] == []
    curves = [run.curves["train_loss"].steps.tolist() for run in lab.runs.all]
    assert curves == ([list(range(1, 9)), list(range(7, 61))] if back else [list(range(1, 61))])


# --- without an engine ----------------------------------------------------------------------------------------------


@pytest.fixture
def engine(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Engine:
    return Engine(lab, monkeypatch)


def paused(engine: Engine) -> Run:
    run = engine.begin(train_loss=(np.arange(1, 101), np.linspace(2, 1, 100)))
    say(engine, protocol.State(run.id, "paused", 100, 2))
    return run


def say(engine: Engine, event: protocol.Event) -> None:
    engine.lab.link.reported.emit(event)


def seeks(engine: Engine) -> list[int]:
    return [command.step for command in engine.sent if isinstance(command, protocol.Seek)]


def test_of_many_wishes_the_newest_counts(qtbot: QtBot, lab: Lab, engine: Engine) -> None:
    run = paused(engine)
    for step in (80, 60, 40, 20):
        lab.past.seek(step)
    assert seeks(engine) == [80]
    say(engine, protocol.Stands(run.id, 80, 1, 0, 100))
    assert seeks(engine) == [80, 20]
    assert lab.past.wanted == 20
    lab.past.seek(10)
    qtbot.waitUntil(lambda: seeks(engine) == [80, 20, 10], timeout=5_000)
    say(engine, protocol.Stands(run.id, 10, 0, 0, 100))
    assert lab.past.wanted is None
    assert (run.stands, run.step) == (10, 100)
    lab.past.seek(10)
    assert len(seeks(engine)) == 3


def test_resume_from_the_past_is_a_new_run_and_from_the_end_the_same(lab: Lab, engine: Engine) -> None:
    run = paused(engine)
    say(engine, protocol.Stands(run.id, 30, 0, 0, 100))
    lab.resume()
    (branch,) = [command for command in engine.sent if isinstance(command, protocol.Branch)]
    assert lab.runs.current is not None
    assert branch.run == lab.runs.current.id != run.id
    say(engine, protocol.State(run.id, "stopped", 100, 2))
    say(engine, protocol.State(branch.run, "running", 30, 0))
    assert lab.state == "running"
    assert run.ended
    say(engine, protocol.State(branch.run, "paused", 40, 0))
    lab.resume()
    assert isinstance(engine.sent[-1], protocol.Resume)


def test_while_it_trains_there_is_no_looking_back(qtbot: QtBot, lab: Lab, engine: Engine) -> None:
    curves = Curves(lab)
    shown(qtbot, curves)
    assert not curves.strip.isVisibleTo(curves)
    run = paused(engine)
    say(engine, protocol.State(run.id, "running", 100, 2))
    lab.past.seek(20)
    assert seeks(engine) == []
    curves.redraw()
    assert not curves.strip.slider.isEnabled()
    assert curves.strip.caption.text() == "Pause to look back"
    lab._enter("failed")
    curves.redraw()
    assert curves.strip.caption.text() == "Nothing to look back at"
    say(engine, protocol.State(run.id, "paused", 100, 2))
    say(engine, protocol.Complaint("seek", "The network is too large for its past to be kept."))
    assert lab.past.wanted is None


def test_a_run_that_broke_offers_to_show_where(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(window.lab, monkeypatch)
    run = engine.begin(train_loss=([1, 2], [1.0, 2.0]))
    text = "Loss became NaN at step 2, first in Conv2d: 3 of its 512 outputs are not finite."
    say(engine, protocol.State(run.id, "running"))
    assert window.transport.cannot_show_fault()
    say(engine, protocol.State(run.id, "non-finite", 2, 0, "non-finite", text, "conv2d", "forward"))
    (notice,) = [notice for notice in window.notices.all if notice.sentence == text]
    assert not window.layouts.shown("stepper")
    notice.buttons[0].click()
    assert window.layouts.shown("stepper")
    assert protocol.Walk("fault") in engine.sent


def test_a_run_whose_engine_is_lost_while_it_looks_back_stands_at_its_end(lab: Lab, engine: Engine) -> None:
    run = paused(engine)
    say(engine, protocol.Stands(run.id, 50, 0, 0, 100))
    assert lab.past.away
    lab.link.ended.emit("The engine is gone.")
    assert (run.state, run.stands) == ("lost", None)
    lab.resume_lost()
    say(engine, protocol.State(run.id, "paused", 200, 3))
    assert not lab.past.away
    lab.resume()
    assert isinstance(engine.sent[-1], protocol.Resume)
    assert lab.runs.all == [run]


def test_a_run_that_is_taken_up_anew_stands_at_its_end(lab: Lab, engine: Engine) -> None:
    run = paused(engine)
    say(engine, protocol.Stands(run.id, 50, 0, 0, 100))
    run.state = "lost"
    lab.resume_lost()
    assert run.stands is None


def test_a_branch_that_the_engine_refuses_is_taken_back(lab: Lab, engine: Engine) -> None:
    run = paused(engine)
    say(engine, protocol.Stands(run.id, 50, 0, 0, 100))
    lab.resume()
    assert [r.number for r in lab.runs.all] == [1, 2]
    say(engine, protocol.Complaint("branch", "The run stands at its end."))
    assert lab.runs.all == [run]
    assert not lab.past.away
    lab.resume()
    assert isinstance(engine.sent[-1], protocol.Resume)
    say(engine, protocol.State(run.id, "running", 100, 2))
    assert lab.state == "running"
