"""Groups on the canvas: made, opened, edited inside, left, renamed, laid open again, by mouse and by keyboard."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from dllab.document import edits
from dllab.document.paths import graph_at, within
from dllab.layers.base import show_shape
from dllab.templates import load_template
from tests.support.canvas_stage import Hands, branched
from ui.canvas import menus

Key = Qt.Key
Ctrl = Qt.KeyboardModifier.ControlModifier
Shift = Qt.KeyboardModifier.ShiftModifier


def grouped(qtbot) -> Hands:
    """The branched network with its two branches in a group called Block."""
    hands = Hands(qtbot, branched())
    hands.canvas.select(["relu", "conv2d_2", "add"])
    hands.key(Key.Key_G, Ctrl)
    QTest.keyClicks(hands.view.inline, "Block")
    QTest.keyClick(hands.view.inline, Key.Key_Return)
    return hands


def test_ctrl_g_makes_a_group_and_asks_for_its_name(qtbot) -> None:
    hands = grouped(qtbot)
    assert hands.graph.nodes["group"].title == "Block"
    assert hands.links >= {"conv2d.out -> group.in", "group.out -> flatten.in"}
    assert hands.canvas.selected() == ("group",)
    face = hands.scene.nodes["group"].face
    assert (face.layers, face.inputs, face.outputs) == (3, ("in",), ("out",))
    assert face.detail == show_shape(hands.scene.check.nodes["group"].shapes["out"])
    assert "group of 3 layers" in hands.view.spoken("group")
    hands.document.undo_stack.undo()
    hands.document.undo_stack.undo()
    assert hands.document.experiment == branched()


def test_a_double_click_opens_it_and_esc_leads_back(qtbot) -> None:
    hands = grouped(qtbot)
    hands.double_click(hands.middle("group"))
    assert set(hands.scene.nodes) == {"relu", "conv2d_2", "add", "in", "out"}
    assert hands.canvas.breadcrumb.isVisible()
    assert hands.canvas.breadcrumb.here.text() == "Block"
    hands.key(Key.Key_Escape)
    assert "group" in hands.scene.nodes
    assert hands.canvas.selected() == ("group",)
    assert not hands.canvas.breadcrumb.isVisible()


def test_enter_opens_it_and_the_breadcrumb_leads_back(qtbot) -> None:
    hands = grouped(qtbot)
    hands.key(Key.Key_Return)
    (step,) = hands.canvas.breadcrumb.buttons
    assert step.accessibleName() == "Back to Network"
    step.click()
    assert hands.canvas.selected() == ("group",)


def test_edits_inside_are_steps_of_the_document(qtbot) -> None:
    hands = grouped(qtbot)
    before = hands.document.experiment
    hands.key(Key.Key_Return)
    hands.canvas.select(["relu"])
    hands.key(Key.Key_M)
    assert graph_at(hands.document.experiment, ("group",)).nodes["relu"].muted
    hands.key(Key.Key_Delete)
    inner = graph_at(hands.document.experiment, ("group",))
    assert "relu" not in inner.nodes
    assert "in.out -> add.a" in {str(link) for link in inner.links}
    hands.document.undo_stack.undo()
    hands.document.undo_stack.undo()
    assert hands.document.experiment == before
    assert hands.canvas.page.path == ("group",)


def test_a_problem_inside_is_marked_outside_and_mended_inside(qtbot) -> None:
    hands = grouped(qtbot)
    hands.document.apply(
        "break", lambda e: within(e, ("group",), lambda p: edits.set_param(p, "conv2d_2", "out_channels", 3))
    )
    assert hands.scene.nodes["group"].face.severity == "error"
    hands.key(Key.Key_Return)
    assert hands.scene.nodes["add"].face.severity == "error"
    (problem,) = [p for p in hands.scene.check.problems if p.node == "add"]
    hands.canvas.editor.mend(problem.fixes[0])
    assert hands.document.check.trainable, hands.document.check.problems


def test_undoing_the_group_while_it_is_open_leads_back(qtbot) -> None:
    hands = grouped(qtbot)
    hands.key(Key.Key_Return)
    hands.document.undo_stack.undo()
    hands.document.undo_stack.undo()
    assert hands.canvas.page.path == ()
    assert set(hands.scene.nodes) == set(branched().model.nodes)


def test_ctrl_shift_g_puts_the_layers_back(qtbot) -> None:
    hands = grouped(qtbot)
    hands.key(Key.Key_G, Ctrl | Shift)
    assert {n: (x.kind, x.params) for n, x in hands.graph.nodes.items()} == {
        n: (x.kind, x.params) for n, x in branched().model.nodes.items()
    }
    assert set(hands.graph.links) == set(branched().model.links)
    assert set(hands.canvas.selected()) == {"relu", "conv2d_2", "add"}
    hands.canvas.select(["relu"])
    hands.key(Key.Key_G, Ctrl | Shift)
    assert "Select the group first" in hands.refusals[-1]


def test_groups_in_groups_and_copies_of_their_own(qtbot) -> None:
    hands = grouped(qtbot)
    hands.key(Key.Key_D, Ctrl)
    (copy,) = hands.canvas.selected()
    hands.key(Key.Key_Return)
    hands.canvas.select(["relu"])
    hands.canvas.group_selected()
    hands.view.close_inline()
    hands.canvas.select(["group"])
    hands.key(Key.Key_Return)
    assert hands.canvas.page.path == (copy, "group")
    assert len(hands.canvas.breadcrumb.buttons) == 2
    assert hands.canvas.breadcrumb.accessibleDescription() == "Network › Block › Group"
    hands.canvas.breadcrumb.buttons[0].click()
    assert hands.canvas.selected() == (copy,)
    assert "relu" in graph_at(hands.document.experiment, ("group",)).nodes
    assert "relu" not in graph_at(hands.document.experiment, (copy,)).nodes


def test_what_can_t_be_grouped_says_why(qtbot) -> None:
    hands = Hands(qtbot, branched())
    hands.canvas.select(["input", "conv2d"])
    hands.key(Key.Key_G, Ctrl)
    assert "stay outside a group" in hands.refusals[-1]
    hands.canvas.select(["conv2d", "add"])
    hands.key(Key.Key_G, Ctrl)
    assert "lies between" in hands.refusals[-1]
    assert hands.steps == 0


def test_a_layer_alone_becomes_a_group_with_its_own_ports(qtbot) -> None:
    hands = Hands(qtbot, branched())
    hands.drop("add", hands.at(0, 300))
    hands.key(Key.Key_G, Ctrl)
    (group,) = hands.canvas.selected()
    assert hands.scene.nodes[group].face.inputs == ("in", "in_2")
    assert hands.scene.nodes[group].face.outputs == ("out",)


def test_a_new_group_from_the_palette_passes_its_input_on(qtbot) -> None:
    hands = Hands(qtbot, branched())
    hands.drop("group", hands.on_wire("flatten.out -> linear.in"))
    assert hands.document.check.trainable
    hands.canvas.select(["group"])
    hands.key(Key.Key_Return)
    assert set(hands.scene.nodes) == {"in", "out"}
    hands.drop("relu", hands.on_wire("in.out -> out.in"))
    assert set(graph_at(hands.document.experiment, ("group",)).nodes) == {"in", "out", "relu"}
    assert hands.document.check.trainable
    assert "group/relu" in hands.document.check.order


def test_a_transformer_block_opens_into_its_parts(qtbot) -> None:
    hands = Hands(qtbot, load_template("vit-digits"))
    block = next(name for name, node in hands.graph.nodes.items() if node.kind == "transformer_encoder")
    hands.canvas.select([block])
    texts = [action.text() for action in menus.context_menu(hands.view, hands.middle(block)).actions()]
    assert any(text.startswith("Open into its parts") for text in texts)
    before = hands.document.check.parameters
    hands.view.editor.take_apart(block)
    assert hands.graph.nodes[block].kind == "group"
    assert hands.document.check.parameters == before
    assert hands.document.check.trainable
    assert hands.canvas.selected() == (block,)
    hands.document.undo_stack.undo()
    assert hands.document.experiment == load_template("vit-digits")
    hands.canvas.select(["input"])
    texts = [action.text() for action in menus.context_menu(hands.view, hands.middle("input")).actions()]
    assert not any(text.startswith("Open into") for text in texts)
