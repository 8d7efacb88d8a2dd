"""Run buttons and steps go by what is under way, whatever the document has become meanwhile."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from looking import NO_KEY, Engine
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from dllab.document import edits
from dllab.document.experiment import Graph
from dllab.engine import protocol
from dllab.templates import load_template
from ui.canvas import menus
from ui.document import Document
from ui.link.runs import Run
from ui.shell.window import Window

ONLY = "This experiment only clusters: there are no batches to train on."


@pytest.fixture
def opened(make_window: Callable[..., Window], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple]:
    def open_(template: str) -> tuple[Window, Engine]:
        document = Document()
        document.open(load_template(template))
        window = make_window(document)
        engine = Engine(window.lab, monkeypatch)
        window.lab._enter("idle")
        window.commands.refresh()
        return window, engine

    return open_


def say(window: Window, state: str, step: int = 1, text: str = "", phase: str = "") -> Run:
    run = window.lab.runs.current
    assert run is not None
    window.lab.link.reported.emit(protocol.State(run.id, state, step, 0, "", text, "", phase))
    window.commands.refresh()
    return run


def test_a_network_in_training_is_paused_though_only_clusters_are_left(
    opened: Callable[[str], tuple[Window, Engine]],
) -> None:
    window, engine = opened("cluster-digits-cnn")
    window.transport.train()
    run = say(window, "running")
    window.document.apply("Delete", lambda e: edits.remove(e, ["output"]))
    assert window.document.check.fits_only
    window.commands.refresh()
    assert window.transport.train_words() == "Pause"
    assert window.transport.cannot_step() == "Pause first."
    assert window.walker.cannot() == ""
    window.transport.train()
    assert engine.sent[-1] == protocol.Pause()
    assert window.lab.runs.all == [run]
    say(window, "paused")
    assert window.transport.train_words() == "Resume"
    assert window.transport.cannot_step() == ONLY, "a step would begin a run of what is on the canvas"
    window.walker.next()
    assert engine.sent[-1] == protocol.Walk("next")
    say(window, "stopped")
    assert window.transport.train_words() == "Cluster"


def test_a_clustering_is_never_paused_though_there_is_a_network_now(
    opened: Callable[[str], tuple[Window, Engine]],
) -> None:
    window, engine = opened("cluster-iris")
    window.transport.train()
    say(window, "running")
    window.document.apply("Seed", lambda e: e.model_copy(update={"seed": 5}))
    window.statusline.refresh()
    assert window.statusline.state.whole == "Clustering… · edited since: press Cluster"
    empty = window.document.experiment.model_copy(update={"model": Graph()})
    window.document.apply("Empty", lambda e: empty)
    window.statusline.refresh()
    assert window.statusline.state.whole == "Clustering… · edited since: the run goes by what it began with"
    window.document.undo_stack.undo()
    network = load_template("iris-softmax")
    changed = {"model": network.model, "training": network.training}
    window.document.apply("Network", lambda e: e.model_copy(update=changed))
    assert not window.document.check.fits_only
    window.commands.refresh()
    window.statusline.refresh()
    assert window.statusline.state.whole == "Clustering… · edited since: press Train"
    assert window.transport.train_words() == "Train"
    assert "stop it first" in window.transport.cannot_step()
    assert "stop it first" in window.walker.cannot()
    window.transport.train()
    assert isinstance(engine.sent[-1], protocol.Train)
    say(window, "running")
    assert window.transport.train_words() == "Pause"


def test_what_only_clusters_has_no_operations_to_walk_through(opened: Callable[[str], tuple[Window, Engine]]) -> None:
    window, engine = opened("cluster-blobs")
    assert window.walker.cannot() == window.walker.cannot_reach("forward") == ONLY
    assert not window.commands["walk_next"].isEnabled()
    assert not window.commands["walk_slowly"].isEnabled()
    (node,) = [name for name, item in window.document.experiment.model.nodes.items() if item.kind == "input"]
    window.canvas.select([node])
    menu = menus.context_menu(window.canvas.view, (0.0, 0.0))
    rows = {action.text().partition("\t")[0]: action for action in menu.actions()}
    rows["Run to here"].trigger()
    menu.deleteLater()
    assert ONLY in [notice.sentence for notice in window.notices.all]
    window.lab.stepping.run_slowly(True)
    assert not window.lab.stepping.slowly
    assert engine.sent == []
    assert not window.layouts.shown("stepper")


def test_a_fault_can_be_shown_again_until_the_run_goes_on(opened: Callable[[str], tuple[Window, Engine]]) -> None:
    window, engine = opened("digits-cnn")
    window.transport.train()
    say(window, "running")
    assert window.transport.cannot_show_fault()
    say(window, "non-finite", 2, "Loss became NaN at step 2.", "forward")
    window.transport.show_fault()
    say(window, "paused", 2)
    assert window.transport.cannot_show_fault() == ""
    window.transport.show_fault()
    assert engine.sent[-2:] == [protocol.Walk("fault")] * 2
    say(window, "running", 3)
    say(window, "paused", 4)
    assert window.transport.cannot_show_fault()


def test_two_quick_clicks_on_train_do_not_begin_and_pause(
    opened: Callable[[str], tuple[Window, Engine]], qtbot: QtBot
) -> None:
    window, engine = opened("digits-cnn")
    for click in (qtbot.mouseClick, qtbot.mouseDClick):
        click(window.toprow.train, Qt.MouseButton.LeftButton)
    assert [type(command) for command in engine.sent if not isinstance(command, protocol.Subscribe)] == [protocol.Train]
    say(window, "running")
    qtbot.mouseClick(window.toprow.train, Qt.MouseButton.LeftButton)
    assert engine.sent[-1] == protocol.Pause()


@pytest.mark.parametrize("field", [False, True], ids=["on the canvas", "in a field"])
def test_keys_that_can_do_nothing_say_why(
    opened: Callable[[str], tuple[Window, Engine]], qtbot: QtBot, field: bool
) -> None:
    window, engine = opened("digits-cnn")
    engine.sent.clear()
    window.document.apply("Delete", lambda e: edits.remove(e, ["output"]))
    window.commands.refresh()
    focused = window.bench.palette_.field if field else window.canvas.view
    focused.setFocus()
    for key, held in (
        (Qt.Key.Key_F5, NO_KEY),
        (Qt.Key.Key_F8, NO_KEY),
        (Qt.Key.Key_F8, Qt.KeyboardModifier.ShiftModifier),
    ):
        window.notices.drop_remarks()
        assert window.notices.all == []
        qtbot.keyClick(focused, key, held)
        (notice,) = window.notices.all
        back = held != NO_KEY
        assert notice.sentence == (window.walker.cannot_go_back() if back else window.transport.cannot_train())
    assert [command for command in engine.sent if isinstance(command, protocol.Train | protocol.Walk)] == []
    window.document.undo_stack.undo()
    window.commands.refresh()
    qtbot.keyClick(focused, Qt.Key.Key_F8)
    assert [type(c) for c in engine.sent if isinstance(c, protocol.Train | protocol.Walk)] == [
        protocol.Train,
        protocol.Walk,
    ]


def test_steps_that_follow_each_other_quickly_begin_one_run(
    opened: Callable[[str], tuple[Window, Engine]], qtbot: QtBot
) -> None:
    window, _engine = opened("digits-cnn")
    # Before the button looks at the new state.
    for _press in range(3):
        window.transport.step("step")
    assert len(window.lab.runs.all) == 1


def test_an_engine_that_was_given_up_is_started_once_more_by_training(
    make_window: Callable[..., Window], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, tmp_path: Path
) -> None:
    window, program = make_window(Document(load_template("digits-cnn"))), tmp_path / "python"
    link = window.lab.link
    program.write_text(f"#!/bin/sh\necho . >> {tmp_path / 'starts'}\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    link.start()
    qtbot.waitUntil(lambda: "again and again" in " ".join(n.sentence for n in window.notices.all), timeout=30_000)
    assert (tmp_path / "starts").read_text().count(".") == 3
    assert link.process is None
    window.commands["train"].trigger()
    qtbot.waitUntil(lambda: (tmp_path / "starts").read_text().count(".") == 4, timeout=30_000)
    qtbot.waitUntil(lambda: link.process is None, timeout=30_000)
    assert window.lab.runs.current is not None
    assert window.lab.runs.current.state == "lost"
