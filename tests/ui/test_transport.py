"""Run buttons and steps go by what is under way, whatever the document has become meanwhile."""

from collections.abc import Callable

import pytest
from looking import Engine

from dllab.document import edits
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
    network = load_template("iris-softmax")
    changed = {"model": network.model, "training": network.training}
    window.document.apply("Network", lambda e: e.model_copy(update=changed))
    assert not window.document.check.fits_only
    window.commands.refresh()
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
