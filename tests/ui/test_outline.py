"""The outline: the same graph and the same selection, by keyboard."""

import pytest
from canvas_stage import Ctrl, Hands, Key, annotated, branched
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from dllab.document import edits
from dllab.text import set_language
from ui.canvas import Outline


@pytest.fixture
def hands(qtbot, qapp):
    qapp.setProperty("reduced_motion", True)
    yield Hands(qtbot, branched())
    qapp.setProperty("reduced_motion", None)


@pytest.fixture
def outline(hands, qtbot) -> Outline:
    return make(hands, qtbot)


def make(hands: Hands, qtbot) -> Outline:
    outline = Outline(hands.document, hands.canvas)
    qtbot.addWidget(outline)
    outline.resize(320, 500)
    outline.show()
    qtbot.waitExposed(outline)
    outline.setFocus()
    return outline


def texts(outline: Outline) -> list[str]:
    model = outline.model
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def choose(outline: Outline, item_id: str) -> None:
    outline.tree.setCurrentIndex(outline.model.index_of(item_id))


def key(outline: Outline, what: Qt.Key, held=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(outline.tree, what, held)


def test_layers_from_input_to_output_with_their_inputs(outline):
    assert texts(outline)[0] == "Input"
    assert texts(outline)[-1] == "Cross-entropy"
    add = outline.model.index_of("add")
    assert [outline.model.index(row, 0, add).data() for row in range(2)] == ["a: from ReLU", "b: from Conv2d 1×1"]
    assert outline.tree.isExpanded(add)
    conv = outline.model.index_of("conv2d")
    assert [conv.siblingAtColumn(c).data() for c in range(3)] == ["Conv2d", "16 × 8 × 8", "160"]
    assert conv.data(Qt.ItemDataRole.AccessibleTextRole) == "Conv2d, output 16 × 8 × 8, 160 parameters"


def test_qt_finds_the_model_sound(outline, qtmodeltester):
    qtmodeltester.check(outline.model)


def test_the_selection_is_the_same_on_both_sides(outline, hands):
    choose(outline, "relu")
    assert hands.canvas.selected() == ("relu",)
    hands.canvas.select(["add", "flatten"])
    assert outline._selected() == {"add", "flatten"}
    heard = []
    hands.canvas.selection_changed.connect(heard.append)
    hands.canvas.select(["linear"])
    assert heard == [("linear",)], "no echo"


def test_selecting_an_input_selects_its_layer(outline, hands):
    add = outline.model.index_of("add")
    outline.tree.setCurrentIndex(outline.model.index(1, 0, add))
    assert hands.canvas.selected() == ("add",)


def test_it_follows_edits_and_undo(outline, hands):
    hands.document.apply("rename", lambda e: edits.replace_node(e, "relu", title="Bend"))
    assert "Bend" in texts(outline)
    hands.document.apply("remove", lambda e: edits.remove(e, ["flatten"]))
    assert len(texts(outline)) == 7
    hands.document.undo_stack.undo()
    hands.document.undo_stack.undo()
    assert len(texts(outline)) == 8
    assert "ReLU" in texts(outline)


def test_it_catches_up_when_it_is_shown_again(outline, hands):
    outline.hide()
    hands.document.apply("remove", lambda e: edits.remove(e, ["flatten"]))
    hands.canvas.select(["relu"])
    outline.show()
    assert len(texts(outline)) == 7
    assert outline._selected() == {"relu"}


def test_a_layer_is_added_behind_the_selected_one(outline, hands):
    choose(outline, "relu")
    key(outline, Key.Key_Insert)
    QTest.keyClicks(outline.add_menu.field, "tanh")
    QTest.keyClick(outline.add_menu.field, Key.Key_Return)
    assert {"relu.out -> tanh.in", "tanh.out -> add.a"} <= hands.links
    assert outline._selected() == {"tanh"}


def test_a_layer_is_renamed_in_its_row(outline, hands, qtbot):
    choose(outline, "relu")
    key(outline, Key.Key_F2)
    field = outline.tree.findChild(QLineEdit)
    QTest.keyClick(field, Key.Key_A, Ctrl)
    QTest.keyClicks(field, "Bend")
    QTest.keyClick(field, Key.Key_Return)
    qtbot.waitUntil(lambda: hands.graph.nodes["relu"].title == "Bend", timeout=1000)
    assert hands.steps == 1


def test_a_layer_is_deleted_and_the_chain_stays_joined(outline, hands):
    choose(outline, "flatten")
    key(outline, Key.Key_Delete)
    assert "add.out -> linear.in" in hands.links


def test_a_wire_is_removed_at_its_input(outline, hands):
    add = outline.model.index_of("add")
    outline.tree.setCurrentIndex(outline.model.index(1, 0, add))
    key(outline, Key.Key_Delete)
    assert "conv2d_2.out -> add.b" not in hands.links
    assert "add" in hands.graph.nodes
    assert outline.model.index(1, 0, outline.model.index_of("add")).data() == "b: not connected"


def test_a_wire_is_drawn_from_a_list_of_ends(outline, hands):
    choose(outline, "input")
    key(outline, Key.Key_L)
    entries = {a.text().partition(" –")[0]: a for a in outline.menu.actions()}
    assert "Add, a" in entries
    entries["Add, a"].trigger()
    assert "input.out -> add.a" in hands.links
    outline.menu.close()


def test_the_list_of_ends_greys_out_loops_with_the_reason(outline):
    choose(outline, "flatten")
    key(outline, Key.Key_L)
    conv = next(a for a in outline.menu.actions() if a.text().startswith("Conv2d, in"))
    assert not conv.isEnabled()
    assert "loop" in conv.text()
    outline.menu.close()


def test_an_input_chooses_its_source(outline, hands):
    add = outline.model.index_of("add")
    outline.tree.setCurrentIndex(outline.model.index(0, 0, add))
    key(outline, Key.Key_L)
    next(a for a in outline.menu.actions() if a.text().startswith("Conv2d, out")).trigger()
    assert "conv2d.out -> add.a" in hands.links
    outline.menu.close()


def test_enter_edits_and_m_mutes(outline, hands, qtbot):
    choose(outline, "relu")
    with qtbot.waitSignal(hands.canvas.edit_requested) as heard:
        key(outline, Key.Key_Return)
    assert heard.args == ["relu"]
    key(outline, Key.Key_M)
    assert hands.graph.nodes["relu"].muted
    assert "muted" in outline.model.index_of("relu").data(Qt.ItemDataRole.AccessibleTextRole)


def test_notes_and_frames_are_there_too(qtbot, hands):
    other = Hands(qtbot, annotated())
    outline = make(other, qtbot)
    assert texts(outline)[-2:] == ["Try more units", "Head"]
    other.canvas.select(["note", "relu"])
    assert outline._selected() == {"note", "relu"}
    assert set(other.canvas.selected()) == {"note", "relu"}


def test_a_problem_is_told_in_its_row(outline, hands):
    hands.document.apply("break", lambda e: edits.set_param(e, "linear", "features", 12))
    row = outline.model.index_of("output")
    assert "puts out 12" in row.data(Qt.ItemDataRole.ToolTipRole)
    assert "has a problem" in row.data(Qt.ItemDataRole.AccessibleTextRole)


def test_every_word_is_translated(qtbot, hands):
    set_language("pseudo")
    other = Hands(qtbot, annotated())
    outline = make(other, qtbot)
    headers = [outline.model.headerData(c, Qt.Orientation.Horizontal) for c in range(3)]
    tips = [button.toolTip() for button, _name in outline._buttons]
    rows = [t for t in texts(outline) if t not in ("Try more units", "Head")]
    assert all("⟦" in text for text in (*headers, *tips, *rows))
