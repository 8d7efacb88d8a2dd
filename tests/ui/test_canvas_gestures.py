"""Gestures with the mouse: each makes one named step, and Esc leaves no trace."""

import itertools

import pytest
from canvas_stage import Alt, Ctrl, Hands, Key, Left, Middle, NoKey, Right, Shift, annotated, branched, chain
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication


@pytest.fixture(autouse=True)
def _still(qapp):
    qapp.setProperty("reduced_motion", True)
    yield
    qapp.setProperty("reduced_motion", None)


@pytest.fixture
def hands(qtbot):
    return Hands(qtbot, chain())


# --- moving and selecting ---------------------------------------------------------------------------------------------


def test_a_drag_moves_a_node_on_the_grid_in_one_step(hands):
    start = hands.middle("dropout")
    hands.drag(start, start + QPoint(53, 27))
    assert hands.place("dropout") == (240, 220)
    assert (hands.steps, hands.last_step) == (1, "Move Dropout")
    assert hands.canvas.selected() == ("dropout",)
    hands.document.undo_stack.undo()
    assert hands.place("dropout") == (180, 200)
    assert hands.scene.nodes["dropout"].pos().toTuple() == (180, 200)


def test_alt_moves_off_the_grid(hands):
    start = hands.middle("dropout")
    hands.drag(start, start + QPoint(53, 27), held=Alt)
    assert hands.place("dropout") == pytest.approx((233, 227), abs=1.5)


def test_a_small_tremble_is_a_click(hands):
    start = hands.middle("relu")
    hands.drag(start, start + QPoint(2, 1))
    assert (hands.steps, hands.canvas.selected()) == (0, ("relu",))


def test_esc_puts_a_dragged_node_back(hands):
    start = hands.middle("dropout")
    hands.press(start)
    hands.move(start + QPoint(100, 0))
    assert hands.scene.nodes["dropout"].x() > 200
    hands.key(Key.Key_Escape)
    assert hands.scene.nodes["dropout"].pos().toTuple() == (180, 200)
    hands.release(start + QPoint(100, 0))
    assert hands.steps == 0


def test_several_move_together_and_each_wire_is_laid_once(hands, monkeypatch):
    hands.canvas.select(["relu", "linear", "output"])
    start = hands.middle("linear")
    hands.press(start)
    hands.move(start + QPoint(30, 30))
    laid = []
    monkeypatch.setattr(type(hands.scene), "_run_wire", lambda self, wire, link: laid.append(link))
    hands.move(start + QPoint(60, 60))
    assert sorted(map(str, laid)) == sorted(hands.links)
    monkeypatch.undo()
    hands.release(start + QPoint(60, 60))
    assert hands.place("relu") == (240, 60)
    assert hands.last_step == "Move 3 items"


def test_click_ctrl_click_and_shift_click_select(hands):
    hands.click(hands.middle("relu"))
    hands.click(hands.middle("linear"), Ctrl)
    hands.click(hands.middle("output"), Shift)
    assert hands.canvas.selected() == ("relu", "linear", "output")
    hands.click(hands.middle("linear"), Ctrl)
    assert hands.canvas.selected() == ("relu", "output")
    hands.click(hands.middle("output"))
    assert hands.canvas.selected() == ("output",)
    hands.click(hands.at(900, 400))
    assert hands.canvas.selected() == ()


def test_the_selection_is_announced_once(hands, qtbot):
    with qtbot.waitSignal(hands.canvas.selection_changed) as heard:
        hands.click(hands.middle("relu"))
    assert heard.args == [("relu",)]


def test_a_rubber_band_selects_what_it_touches(hands):
    hands.drag(hands.at(160, -40), hands.at(400, 80))
    assert set(hands.canvas.selected()) == {"relu", "linear"}
    hands.drag(hands.at(150, 150), hands.at(350, 300), held=Ctrl)
    assert set(hands.canvas.selected()) == {"relu", "linear", "dropout"}
    assert hands.steps == 0


def test_esc_gives_the_selection_before_the_rubber_band_back(hands):
    hands.canvas.select(["output"])
    hands.press(hands.at(160, -40))
    hands.move(hands.at(400, 80))
    assert set(hands.canvas.selected()) == {"relu", "linear"}
    hands.key(Key.Key_Escape)
    assert hands.canvas.selected() == ("output",)
    hands.release(hands.at(400, 80))


def test_undo_in_the_middle_of_a_drag_ends_it(hands):
    hands.drag(hands.middle("dropout"), hands.middle("dropout") + QPoint(40, 40))
    start = hands.middle("relu")
    hands.press(start)
    hands.move(start + QPoint(0, 100))
    hands.document.undo_stack.undo()
    hands.release(start + QPoint(0, 100))
    assert hands.place("relu") == (180, 0)
    assert hands.scene.nodes["relu"].pos().toTuple() == (180, 0)


# --- wires --------------------------------------------------------------------------------------------------------------


def test_a_wire_is_drawn_from_an_output_to_an_input(hands):
    hands.drag(hands.port("input", "out"), hands.port("dropout", "in"))
    assert "input.out -> dropout.in" in hands.links
    assert hands.last_step == "Connect Input to Dropout"


def test_a_wire_is_drawn_backwards_too(hands):
    hands.drag(hands.port("dropout", "in"), hands.port("input", "out"))
    assert "input.out -> dropout.in" in hands.links


def test_letting_go_over_the_body_of_a_node_is_enough(hands):
    hands.drag(hands.port("input", "out"), hands.middle("dropout"))
    assert "input.out -> dropout.in" in hands.links


def test_an_input_takes_one_wire(hands):
    hands.drag(hands.port("input", "out"), hands.port("linear", "in"))
    assert "input.out -> linear.in" in hands.links
    assert "relu.out -> linear.in" not in hands.links
    assert hands.steps == 1


def test_ports_that_would_close_a_loop_are_crossed_out_and_refused(hands):
    hands.press(hands.port("linear", "out"))
    hands.move(hands.port("relu", "in"))
    marks = {name: item.marks for name, item in hands.scene.nodes.items()}
    assert marks["relu"] == {("in", "in"): "refused"}
    assert marks["output"] == {("in", "in"): "fits"}
    assert "loop" in hands.view.hint.text()
    hands.release(hands.port("relu", "in"))
    assert hands.steps == 0
    assert "loop" in hands.refusals[-1]
    assert all(item.marks is None for item in hands.scene.nodes.values())


def test_a_port_that_would_not_fit_is_greyed_with_the_reason_but_can_be_connected(qtbot):
    hands = Hands(qtbot, branched())
    hands.press(hands.port("flatten", "out"))
    hands.move(hands.port("add", "in", "b"))
    assert hands.scene.nodes["add"].marks[("in", "b")] == "refused", "it would close a loop"
    hands.key(Key.Key_Escape)
    hands.release(hands.port("add", "in", "b"))
    hands.press(hands.port("input", "out"))
    hands.move(hands.port("add", "in", "b"))
    assert hands.scene.nodes["add"].marks[("in", "b")] == "misfit"
    assert "Add needs equal shapes" in hands.view.hint.text()
    hands.release(hands.port("add", "in", "b"))
    assert "input.out -> add.b" in hands.links
    assert not hands.document.check.trainable


def test_esc_leaves_no_wire_behind(hands):
    hands.press(hands.port("input", "out"))
    hands.move(hands.port("dropout", "in"))
    hands.key(Key.Key_Escape)
    hands.release(hands.port("dropout", "in"))
    assert hands.steps == 0
    assert not hands.view.hint.isVisible()
    assert all(item.link is not None for item in hands.scene.items() if hasattr(item, "link"))


def test_two_clicks_draw_a_wire_without_dragging(hands):
    hands.click(hands.port("input", "out"))
    hands.move(hands.port("dropout", "in"), Qt.MouseButton.NoButton)
    hands.click(hands.port("dropout", "in"))
    assert "input.out -> dropout.in" in hands.links


def test_the_end_of_a_wire_can_be_moved_to_another_input(hands):
    hands.drag(hands.port("output", "in"), hands.port("dropout", "in"))
    assert "linear.out -> dropout.in" in hands.links
    assert "linear.out -> output.in" not in hands.links
    assert hands.steps == 1


def test_the_end_of_a_wire_let_go_in_empty_space_removes_it(hands):
    hands.press(hands.port("output", "in"))
    hands.move(hands.at(560, 300))
    assert "remove" in hands.view.hint.text()
    hands.release(hands.at(560, 300))
    assert "linear.out -> output.in" not in hands.links
    assert hands.last_step == "Remove 1 wire"


def test_a_wire_put_back_where_it_was_changes_nothing(hands):
    hands.press(hands.port("output", "in"))
    hands.move(hands.at(560, 300))
    hands.move(hands.port("output", "in"))
    hands.release(hands.port("output", "in"))
    assert hands.steps == 0
    assert all(wire.isVisible() for wire in hands.scene.wires.values())


def test_a_wire_let_go_in_empty_space_offers_the_layers_that_fit(qtbot):
    hands = Hands(qtbot, branched())
    hands.drag(hands.port("input", "out"), hands.at(180, 220))
    offered = hands.offered()
    assert offered[0] == "Conv2d"
    assert "Conv1d" not in offered
    assert "Output" not in offered
    hands.choose("maxp")
    assert "input.out -> max_pool.in" in hands.links
    assert hands.steps == 1
    assert hands.canvas.selected() == ("max_pool",)
    assert hands.place("max_pool")[0] == pytest.approx(180, abs=20)


def test_a_wire_let_go_backwards_offers_what_could_feed_it(hands):
    hands.drag(hands.port("dropout", "in"), hands.at(60, 320))
    assert "Input" not in hands.offered()
    assert "Output" not in hands.offered()
    hands.choose("linear")
    assert "linear_2.out -> dropout.in" in hands.links


def test_leaving_the_offer_makes_nothing(hands):
    hands.drag(hands.port("input", "out"), hands.at(180, 320))
    QTest.keyClick(hands.search.field, Key.Key_Escape)
    assert hands.steps == 0
    assert not hands.view.add_menu.isVisible()


def test_a_wire_is_selected_by_a_click_and_deleted(hands):
    hands.click(hands.on_wire("relu.out -> linear.in"))
    assert {str(x) for x in hands.scene.selected_links} == {"relu.out -> linear.in"}
    hands.key(Key.Key_Delete)
    assert "relu.out -> linear.in" not in hands.links
    assert set(hands.graph.nodes) == set(chain().model.nodes)


# --- dropping -----------------------------------------------------------------------------------------------------------


def test_a_layer_dropped_on_the_canvas_stands_there(hands):
    hands.drop("tanh", hands.at(500, 300))
    assert hands.place("tanh") == pytest.approx((430, 269), abs=10.1)
    assert hands.canvas.selected() == ("tanh",)
    assert hands.last_step == "Add Tanh"


def test_a_layer_dropped_on_a_node_finds_a_free_place(hands):
    hands.drop("tanh", hands.middle("relu"))
    boxes = hands.scene.boxes()
    tanh = boxes.pop("tanh")
    assert not any(tanh.meets(box) for box in boxes.values())


def test_a_layer_dropped_on_a_wire_goes_into_it_and_pushes_neighbours_aside(hands):
    at = hands.on_wire("relu.out -> linear.in")
    hands.hover_with("tanh", at)
    lit = [str(x) for x, wire in hands.scene.wires.items() if wire.hot]
    assert lit == ["relu.out -> linear.in"]
    assert hands.view.hint.isVisible()
    assert hands.view.hint.text() == "drop to insert"
    hands.drop("tanh", at)
    assert {"relu.out -> tanh.in", "tanh.out -> linear.in"} <= hands.links
    assert "relu.out -> linear.in" not in hands.links
    assert hands.steps == 1
    boxes = hands.scene.boxes()
    row = [boxes[n] for n in ("input", "relu", "tanh", "linear", "output")]
    assert all(left.right + 20 <= right.x for left, right in itertools.pairwise(row))
    assert {box.y for box in row} == {0}
    assert not hands.view.hint.isVisible()
    hands.document.undo_stack.undo()
    assert hands.document.experiment == chain()


def test_a_layer_that_would_not_fit_into_a_wire_says_why(hands):
    hands.hover_with("conv2d", hands.on_wire("relu.out -> linear.in"))
    assert hands.view.hint.text().startswith("drop to insert\nConv2d")
    hands.leave_with()


def test_input_and_output_never_go_into_a_wire(hands):
    for kind in ("input", "output"):
        hands.hover_with(kind, hands.on_wire("relu.out -> linear.in"))
        assert not any(wire.hot for wire in hands.scene.wires.values())
        hands.leave_with()


def test_leaving_with_a_layer_leaves_no_trace(hands):
    hands.hover_with("tanh", hands.on_wire("relu.out -> linear.in"))
    hands.leave_with()
    assert hands.view.gesture is None
    assert not hands.view.hint.isVisible()
    assert not any(wire.hot for wire in hands.scene.wires.values())
    assert hands.steps == 0


def test_something_else_dragged_over_the_canvas_is_not_accepted(hands):
    from PySide6.QtCore import QMimeData
    from PySide6.QtGui import QDragEnterEvent

    data = QMimeData()
    data.setText("relu")
    event = QDragEnterEvent(QPoint(10, 10), Qt.DropAction.CopyAction, data, Left, NoKey)
    QApplication.sendEvent(hands.viewport, event)
    assert not event.isAccepted()


def test_a_loose_node_dragged_onto_a_wire_goes_into_it(hands):
    hands.press(hands.middle("dropout"))
    target = hands.on_wire("relu.out -> linear.in")
    hands.move(hands.middle("dropout") + QPoint(20, 0))
    hands.move(target)
    assert hands.view.hint.text() == "drop to insert"
    hands.release(target)
    assert {"relu.out -> dropout.in", "dropout.out -> linear.in"} <= hands.links
    assert (hands.steps, hands.last_step) == (1, "Insert Dropout")


def test_a_connected_node_dragged_over_a_wire_only_moves(hands):
    hands.drag(hands.middle("output"), hands.on_wire("input.out -> relu.in"))
    assert hands.links == {str(x) for x in chain().model.links}


# --- looking ------------------------------------------------------------------------------------------------------------


def test_the_wheel_zooms_to_the_mouse(hands):
    at = hands.middle("relu")
    before = hands.view.to_scene(at)
    zoom = hands.view.zoom
    hands.wheel(at, 240)
    assert hands.view.zoom > zoom
    assert hands.view.to_scene(at) == pytest.approx(before, abs=1.5)
    for _turn in range(60):
        hands.wheel(at, -240)
    assert hands.view.zoom == pytest.approx(0.05)


def test_the_middle_button_pans(hands):
    before = hands.view.to_scene(QPoint(0, 0))
    hands.drag(QPoint(300, 300), QPoint(250, 340), button=Middle)
    after = hands.view.to_scene(QPoint(0, 0))
    assert (after[0] - before[0], after[1] - before[1]) == pytest.approx((50, -40), abs=1)
    assert hands.steps == 0


def test_space_and_drag_pans_and_does_not_open_the_search(hands):
    before = hands.view.to_scene(QPoint(0, 0))
    QTest.keyPress(hands.view, Key.Key_Space)
    hands.drag(hands.middle("relu"), hands.middle("relu") + QPoint(-60, 0))
    QTest.keyRelease(hands.view, Key.Key_Space)
    assert hands.view.to_scene(QPoint(0, 0))[0] - before[0] == pytest.approx(60, abs=1)
    assert hands.view.add_menu is None
    assert hands.steps == 0


def test_a_touchpad_pans_and_shift_wheel_goes_sideways(hands):
    before = hands.view.to_scene(QPoint(0, 0))
    hands.wheel(QPoint(100, 100), 30, pixels=QPoint(-20, 10))
    after = hands.view.to_scene(QPoint(0, 0))
    assert (after[0] - before[0], after[1] - before[1]) == pytest.approx((20, -10), abs=1)
    hands.wheel(QPoint(100, 100), 120, held=Shift)
    assert hands.view.to_scene(QPoint(0, 0))[0] < after[0]
    assert hands.view.zoom == 1.0


def test_the_canvas_moves_on_at_its_edge_while_dragging(hands, qtbot):
    before = hands.view.to_scene(QPoint(0, 0))
    hands.press(hands.middle("dropout"))
    edge = QPoint(hands.viewport.width() - 5, 300)
    hands.move(edge - QPoint(100, 0))
    hands.move(edge)
    qtbot.waitUntil(lambda: hands.view.to_scene(QPoint(0, 0))[0] > before[0] + 30, timeout=3000)
    hands.release(edge)
    assert hands.place("dropout")[0] > before[0] + 30


# --- double-clicks, notes and frames ----------------------------------------------------------------------------------


def test_a_double_click_on_a_node_edits_it(hands, qtbot):
    with qtbot.waitSignal(hands.canvas.edit_requested) as heard:
        hands.double_click(hands.middle("relu"))
    assert heard.args == ["relu"]
    assert hands.steps == 0


def test_a_double_click_on_empty_canvas_opens_the_search_there(hands):
    hands.double_click(hands.at(500, 320))
    hands.choose("sigmoid")
    assert hands.place("sigmoid") == pytest.approx((430, 289), abs=10.1)


def test_a_double_click_on_a_wire_offers_what_it_could_take_in(hands):
    hands.double_click(hands.on_wire("relu.out -> linear.in"))
    assert "Conv2d" not in hands.offered()
    hands.choose("tanh")
    assert {"relu.out -> tanh.in", "tanh.out -> linear.in"} <= hands.links


def test_a_frame_takes_along_what_lies_inside(qtbot):
    hands = Hands(qtbot, annotated())
    hands.drag(hands.at(420, -46), hands.at(440, -6))
    assert hands.place("frame") == (360, -20)
    assert hands.place("linear") == (380, 40)
    assert hands.place("output") == (560, 40)
    assert hands.place("relu") == (180, 0)
    assert hands.steps == 1


def test_inside_a_frame_the_rubber_band_selects(qtbot):
    hands = Hands(qtbot, annotated())
    hands.drag(hands.at(350, 70), hands.at(420, 40))
    assert hands.canvas.selected() == ("linear",)
    assert hands.place("frame") == (340, -60)


def test_the_corner_of_a_note_makes_it_larger(qtbot):
    hands = Hands(qtbot, annotated())
    hands.click(hands.middle("note"))
    hands.drag(hands.at(156, 176), hands.at(216, 216))
    note = hands.graph.notes["note"]
    assert (note.width, note.height) == (220, 100)
    assert hands.last_step == "Resize note"
    hands.document.undo_stack.undo()
    assert hands.scene.notes["note"].size == (160, 60)


def test_a_note_is_written_in_place(qtbot):
    hands = Hands(qtbot, annotated())
    hands.double_click(hands.middle("note"))
    QTest.keyClicks(hands.view.inline, "more layers")
    QTest.keyClick(hands.view.inline, Key.Key_Return, Ctrl)
    assert hands.graph.notes["note"].text == "more layers"
    assert hands.view.inline is None
    hands.double_click(hands.middle("note"))
    QTest.keyClicks(hands.view.inline, "no")
    QTest.keyClick(hands.view.inline, Key.Key_Escape)
    assert hands.graph.notes["note"].text == "more layers"


def test_a_click_elsewhere_keeps_what_was_written(qtbot):
    hands = Hands(qtbot, annotated())
    hands.double_click(hands.middle("note"))
    QTest.keyClicks(hands.view.inline, "kept")
    hands.click(hands.at(900, 400))
    assert hands.graph.notes["note"].text == "kept"


def test_a_right_click_selects_and_opens_a_menu(hands):
    hands.click(hands.middle("relu"), button=Right)
    from PySide6.QtGui import QContextMenuEvent

    at = hands.middle("relu")
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, hands.viewport.mapToGlobal(at))
    QApplication.sendEvent(hands.viewport, event)
    texts = [action.text().partition("\t")[0] for action in hands.view.popup.actions() if action.text()]
    assert hands.canvas.selected() == ("relu",)
    assert {"Settings", "Rename", "Draw wire", "Mute", "Delete", "Duplicate"} <= set(texts)
    mute = next(a for a in hands.view.popup.actions() if a.text().startswith("Mute"))
    mute.trigger()
    assert hands.graph.nodes["relu"].muted
    hands.view.popup.close()
