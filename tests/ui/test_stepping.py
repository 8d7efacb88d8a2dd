"""Stepping in the window: what is lit on the canvas, what commands, menus and phases ask for, and when it goes on alone."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from looking import Engine, shown
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dllab.document import edits
from dllab.document.experiment import Link
from dllab.engine import protocol
from dllab.engine.protocol import Walked, pack
from ui.canvas import menus
from ui.canvas.spotlight import Light, _on_page, light_of
from ui.document import Document
from ui.lab import Lab
from ui.link.stepping import PACES
from ui.shell.theme import theme
from ui.shell.window import Window
from ui.views.cells import tint
from ui.views.phases import PHASES
from ui.views.stepper import Stepper

COURSE = [("batch", "input"), ("forward", "conv2d"), ("backward", "conv2d"), ("update", "conv2d")]


def walked(phase: str, node: str, taken: int = 1, **arrays: np.ndarray) -> Walked:
    packed = {name.replace("__", "."): pack(array) for name, array in arrays.items()}
    return Walked("run", 0, taken, phase, node, packed, {}, "", COURSE)


@pytest.fixture
def engine(window: Window, monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine(window.lab, monkeypatch)
    made.begin()
    window.lab.state = "paused"
    return made


def dimmed(window: Window) -> set[str]:
    return {name for name, item in window.canvas.scene.nodes.items() if item.dim}


def lit(window: Window) -> dict[str, str]:
    found = {f"{link.source} -> {link.target}": wire.light for link, wire in window.canvas.scene.wires.items()}
    return {name: light for name, light in found.items() if light in ("forward", "back")}


def test_the_operation_in_hand_is_lit_and_everything_else_dims(window: Window, engine: Engine) -> None:
    everything = set(window.canvas.scene.nodes)
    images = np.zeros((32, 1, 8, 8), np.float32)
    window.lab.walked.emit(walked("forward", "conv2d", input=images))
    assert dimmed(window) == everything - {"conv2d"}
    assert lit(window) == {"input -> conv2d": "forward"}
    assert [tag.words for tag in window.canvas.spotlight.tags] == ["32 × 1 × 8 × 8"]
    assert window.canvas.selected() == ("conv2d",)
    window.lab.walked.emit(walked("backward", "conv2d", upstream=np.zeros((32, 16, 8, 8), np.float32)))
    assert lit(window) == {"conv2d -> relu": "back"}
    assert [tag.words for tag in window.canvas.spotlight.tags] == ["∂L/∂y  32 × 16 × 8 × 8"]
    # An edit in between leaves it as it is.
    window.document.apply("Seed", lambda e: e.model_copy(update={"seed": 7}))
    assert lit(window) == {"conv2d -> relu": "back"}
    window.commands.refresh()
    window.commands["walk_leave"].trigger()
    assert dimmed(window) == set()
    assert lit(window) == {}
    assert window.canvas.spotlight.tags == []


@pytest.mark.parametrize("state", ["running", "idle", "done"])
def test_the_canvas_is_as_always_when_the_run_goes_another_way(window: Window, engine: Engine, state: str) -> None:
    window.lab.walked.emit(walked("loss", "output", outputs=np.zeros((32, 10), np.float32)))
    assert lit(window) == {"linear -> output": "forward"}
    window.lab._enter(state)
    assert dimmed(window) == set()
    assert window.lab.stepping.walked is None


def test_what_an_operation_lights() -> None:
    array = np.zeros((2, 3))
    assert light_of(None) is None
    assert light_of(walked("stop", "", epoch=array)) is None
    assert light_of(walked("", "")) is None
    both = walked("forward", "add", input__a=array, input__b=array, output=array)
    assert light_of(both) == Light(("add",), "in", {"a": "2 × 3", "b": "2 × 3"})
    loss = walked("backward", "output", loss=array, gradient__input=array)
    assert light_of(loss) == Light(("output",), "leave", {"": "2 × 3"})
    clip = walked("clip", "", a__weight__clipped=array, a__bias__clipped=array, b__x__weight__clipped=array, norm=array)
    assert light_of(clip) == Light(("a", "b"))
    assert light_of(walked("update", "group/2/linear", weight__new=array)) == Light(("group/linear",))


def test_a_layer_in_a_group_lights_the_group_on_the_page_above() -> None:
    assert _on_page("group/linear", ()) == "group"
    assert _on_page("group/linear", ("group",)) == "linear"
    assert _on_page("group/linear", ("other",)) == ""
    assert _on_page("linear", ("group",)) == ""


def test_commands_step_and_show_the_view_beside_the_network(window: Window, engine: Engine) -> None:
    assert not window.layouts.shown("stepper")
    QTest.keyClick(window, Qt.Key.Key_F8)
    assert engine.sent[-1] == protocol.Walk("next")
    assert window.layouts.name == "step"
    assert window.layouts.shown("stepper")
    window.canvas.select(["linear"])
    window.commands.refresh()
    window.commands["walk_gradient"].trigger()
    assert engine.sent[-1] == protocol.Walk("until", "backward", "linear")
    window.lab.walked.emit(walked("backward", "conv2d"))
    window.commands.refresh()
    QTest.keyClick(window, Qt.Key.Key_F8, Qt.KeyboardModifier.ShiftModifier)
    assert engine.sent[-1] == protocol.Walk("back")
    window.canvas.select(["flatten"])
    window.commands.refresh()
    assert not window.commands["walk_gradient"].isEnabled()
    assert "no such operation" in window.walker.cannot_reach("backward")


def test_the_menu_of_a_layer_runs_to_it_and_to_its_gradient(window: Window, engine: Engine) -> None:
    window.canvas.select(["conv2d"])
    menu = menus.context_menu(window.canvas.view, (0.0, 0.0))
    rows = {action.text().partition("\t")[0]: action for action in menu.actions()}
    rows["Run to here"].trigger()
    assert engine.sent[-1] == protocol.Walk("until", "forward", "conv2d")
    rows["Run to its gradient"].trigger()
    assert engine.sent[-1] == protocol.Walk("until", "backward", "conv2d")
    assert window.layouts.shown("stepper")
    menu.deleteLater()


@pytest.fixture
def view(qtbot: QtBot, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Stepper:
    made = Stepper(lab)
    made.engine = Engine(lab, monkeypatch)
    made.engine.begin()
    lab.state = "paused"
    shown(qtbot, made, (760, 420))
    return made


def test_a_phase_is_gone_to_by_a_click_or_by_keys_where_it_can_be_reached(qtbot: QtBot, view: Stepper) -> None:
    view.lab.walked.emit(walked("forward", "conv2d", taken=2))
    assert view.phases.present == "forward"
    for phase, sent in (("backward", True), ("initialise", False), ("clip", False), ("stop", True)):
        before = len(view.engine.sent)
        qtbot.mouseClick(view.phases, Qt.MouseButton.LeftButton, pos=view.phases.rects()[phase].center())
        assert [c.phase for c in view.engine.sent[before:]] == ([phase] if sent else [])
    for _press in range(3):
        qtbot.keyClick(view.phases, Qt.Key.Key_Right)
    before = len(view.engine.sent)
    qtbot.keyClick(view.phases, Qt.Key.Key_Return)
    assert [c.phase for c in view.engine.sent[before:]] == ["backward"]
    assert "forward" in view.phases.accessibleDescription()


@pytest.mark.parametrize("width", [420, 760, 1300])
def test_the_phases_keep_inside_the_view(qtbot: QtBot, view: Stepper, width: int) -> None:
    view.resize(width, 420)
    QApplication.processEvents()
    rects = list(view.phases.rects().values())
    assert len(rects) == len(PHASES)
    assert rects[-1].right() <= view.phases.width()
    assert all(a.right() < b.left() for a, b in pairwise(rects))


def test_run_slowly_waits_for_the_answer_and_keeps_its_pace(qtbot: QtBot, view: Stepper) -> None:
    stepping = view.lab.stepping
    view.pace.setValue(len(PACES) - 1)
    assert stepping.pace == PACES[-1]
    qtbot.mouseClick(view.slowly, Qt.MouseButton.LeftButton)
    assert [c.way for c in view.engine.sent] == ["next"]
    stepping._tick()
    assert len(view.engine.sent) == 1, "the answer has not come yet"
    view.lab.walked.emit(walked("forward", "conv2d"))
    qtbot.waitUntil(lambda: len(view.engine.sent) == 2)
    view.lab.link.reported.emit(protocol.Complaint("non-finite", "Loss became NaN."))
    assert not stepping.slowly
    assert not view.slowly.isChecked()


def test_pages_turn_through_samples_and_channels(qtbot: QtBot, view: Stepper) -> None:
    array = np.arange(24.0).reshape(2, 3, 2, 2)
    view.lab.walked.emit(walked("forward", "conv2d", output=array))
    assert view.sample.place.text() == "[0, 0]"
    for _page in range(4):
        qtbot.mouseClick(view.sample.later, Qt.MouseButton.LeftButton)
    assert view.sample.place.text() == "[1, 1]"
    assert view.model_.data(view.model_.index(0, 1)) == "17"
    assert view.model_.index_of(0, 1) == (1, 1, 0, 1)


def test_single_numbers_stand_below_each_other_with_their_names(view: Stepper) -> None:
    view.lab.walked.emit(walked("stop", "", epoch=np.array(3), val_loss=np.array(0.5)))
    header = [view.model_.headerData(row, Qt.Orientation.Vertical) for row in range(2)]
    assert header == ["epoch", "val_loss"]
    view.table.setCurrentIndex(view.model_.index(1, 0))
    assert view.engine.sent[-1] == protocol.Explain("val_loss", ())


def test_many_arrays_are_chosen_from_a_list(view: Stepper) -> None:
    arrays = {f"array_{i}": np.full((2, 2), float(i)) for i in range(9)}
    view.lab.walked.emit(walked("update", "conv2d", **arrays))
    assert view.which.isVisible()
    assert not view.tabs.isVisible()
    view.which.setCurrentIndex(7)
    view.which.activated.emit(7)
    assert view.model_.data(view.model_.index(0, 0)) == "7"


def test_on_the_way_back_gradient_local_derivative_and_what_arrived_stand_first(view: Stepper) -> None:
    array = np.ones((2, 2))
    names = ("input", "output", "upstream", "local", "gradient__input")
    view.lab.walked.emit(walked("backward", "relu", **dict.fromkeys(names, array)))
    assert [key for key, _words in view.tabs.tabs] == ["gradient.input", "local", "upstream", "output", "input"]
    view.lab.walked.emit(walked("backward", "output", outputs=array, loss=np.array(0.3), gradient__input=array))
    assert [key for key, _words in view.tabs.tabs] == ["gradient.input", "loss", "outputs"]
    view.lab.walked.emit(walked("loss", "output", outputs=array, targets=array, loss=np.array(0.3)))
    assert view.tabs.current == "loss"


def contrast(one: QColor, other: QColor) -> float:
    def light(colour: QColor) -> float:
        parts = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in colour.getRgbF()[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_numbers_can_be_read_on_every_heat(qapp: QApplication, scheme: str) -> None:
    theme.use(scheme)
    ground, text = QColor(theme.tokens.surface), QColor(theme.tokens.text)
    for share in (-1.0, -0.5, 0.0, 0.5, 1.0):
        heat = tint(share)
        a = heat.alphaF()
        mixed = [a * h + (1 - a) * g for h, g in zip(heat.getRgbF()[:3], ground.getRgbF()[:3], strict=True)]
        assert contrast(QColor.fromRgbF(*mixed), text) >= 4.5


def test_links_of_two_ports_carry_their_own_shapes(make_window: Callable[..., Window]) -> None:
    from graphs import wired

    nodes = {
        "input": "input", "left": ("linear", {"features": 4}), "right": ("linear", {"features": 2}),
        "both": ("concat", {}), "last": ("linear", {"features": 2}), "output": "output",
    }  # fmt: skip
    links = ("input.out -> left.in", "input.out -> right.in", "left.out -> both.a", "right.out -> both.b")
    window = make_window(Document(wired(nodes, *links, "both.out -> last.in", "last.out -> output.in")))
    window.lab.walked.emit(walked("forward", "both", input__a=np.zeros((9, 4)), input__b=np.zeros((9, 2))))
    wires = window.canvas.scene.wires
    assert wires[Link(source="left", target="both", input="a")].light == "forward"
    assert {tag.words for tag in window.canvas.spotlight.tags} == {"9 × 4", "9 × 2"}


def test_a_layer_in_a_group_is_followed_onto_its_page_and_back(window: Window, engine: Engine) -> None:
    window.canvas.select(["relu", "max_pool"])
    group = window.canvas.editor.group_selection()
    window.lab.walked.emit(walked("forward", f"{group}/relu", input=np.zeros((32, 16, 8, 8))))
    assert window.canvas.page.path == (group,)
    assert window.canvas.selected() == ("relu",)
    assert lit(window) == {"in -> relu": "forward"}
    assert "max_pool" in dimmed(window)
    window.lab.walked.emit(walked("forward", "conv2d_2", input=np.zeros((32, 16, 4, 4))))
    assert window.canvas.page.path == ()
    assert lit(window) == {f"{group} -> conv2d_2": "forward"}
    assert dimmed(window) == set(window.canvas.scene.nodes) - {"conv2d_2"}


def said(window: Window, phase: str, node: str, run_id: str) -> None:
    made = walked(phase, node)
    window.lab.link.reported.emit(Walked(run_id, 0, 1, made.phase, made.node, {}, {}, "", COURSE))


def test_an_operation_of_a_layer_that_has_been_deleted_is_shown_without_it(window: Window, engine: Engine) -> None:
    run = window.lab.runs.current
    window.document.apply("Delete", lambda e: edits.remove(e, ["conv2d"]))
    window.canvas.select(["linear"])
    said(window, "forward", "conv2d", run.id)
    assert window.lab.stepping.walked is not None
    assert (window.lab.selected, window.canvas.selected()) == ("linear", ("linear",))
    assert dimmed(window) == set()
    said(window, "forward", "gone/1/linear", run.id)
    assert window.canvas.selected() == ("linear",)


def test_an_operation_of_a_run_that_is_gone_is_dropped(window: Window, engine: Engine) -> None:
    run = window.lab.runs.current
    window.lab.runs.clear()
    explained: list[object] = []
    window.lab.explained.connect(explained.append)
    said(window, "forward", "conv2d", run.id)
    window.lab.link.reported.emit(protocol.Explained("output", (0, 0), ["1 + 1"]))
    assert window.lab.stepping.walked is None
    assert explained == []


def test_nothing_goes_on_alone_where_nothing_could_begin(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, stepping = Engine(window.lab, monkeypatch), window.lab.stepping
    window.lab._enter("idle")
    window.document.apply("Delete", lambda e: edits.remove(e, ["output"]))
    stepping.run_slowly(True)
    assert not stepping.slowly
    stepping.next()
    assert engine.sent == []


def test_code_that_is_trusted_on_the_way_is_walked_and_not_trained_at_once(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, lab = Engine(window.lab, monkeypatch), window.lab
    code = {"conv2d": "x = 1"}
    monkeypatch.setattr(lab.trust, "missing", lambda _experiment: code)
    monkeypatch.setattr(lab.trust, "add", lambda _codes: code.clear())
    lab._enter("idle")
    lab.stepping.run_slowly(True)
    assert not lab.stepping.slowly
    assert engine.sent == []
    assert window.trusting.question is not None
    window.trusting.question.press("Trust and train")
    train, walk = engine.sent
    assert isinstance(train, protocol.Train)
    assert train.pace == "hold"
    assert walk == protocol.Walk("next")


@pytest.mark.parametrize("there", [False, True], ids=["before the engine is there", "while it loads"])
def test_next_operation_is_kept_until_the_engine_is_ready(qtbot: QtBot, window: Window, there: bool) -> None:
    lab = window.lab
    if there:
        lab.link.start()
    QTest.keyClick(window.canvas, Qt.Key.Key_F8)
    assert "the first operation comes in a moment" in window.notices.all[-1].sentence
    assert lab.state == "starting"
    QTest.keyClick(window.canvas, Qt.Key.Key_F8)
    lab.link.start()
    qtbot.waitUntil(lambda: lab.stepping.walked is not None and lab.stepping.walked.taken == 2, timeout=80_000)
    assert len(lab.runs.all) == 1
    assert lab.state == "paused"


def test_what_is_stopped_before_the_engine_is_there_does_not_begin(qtbot: QtBot, window: Window) -> None:
    lab, states = window.lab, []
    QTest.keyClick(window.canvas, Qt.Key.Key_F8)
    window.commands.refresh()
    window.commands["stop"].trigger()
    lab.state_changed.connect(states.append)
    lab.link.start()
    qtbot.waitUntil(lambda: lab.state == "stopped", timeout=80_000)
    assert "running" not in states
    assert lab.stepping.walked is None
