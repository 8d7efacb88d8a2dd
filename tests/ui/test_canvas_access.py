"""What a screen reader finds."""

import gc

import pytest
import shiboken6
from canvas_stage import Ctrl, Hands, Key, branched
from PySide6.QtGui import QAccessible

from dllab.document import edits
from dllab.text import set_language
from ui.canvas.access import CanvasAccess
from ui.canvas.canvas import Canvas
from ui.document import Document

Name, Description = QAccessible.Text.Name, QAccessible.Text.Description


@pytest.fixture
def hands(qtbot, qapp):
    qapp.setProperty("reduced_motion", True)
    yield Hands(qtbot, branched())
    qapp.setProperty("reduced_motion", None)


def reader(hands: Hands) -> CanvasAccess:
    found = QAccessible.queryAccessibleInterface(hands.view)
    assert isinstance(found, CanvasAccess)
    return found


def test_nodes_are_children_with_names_from_input_to_output(hands):
    canvas = reader(hands)
    names = [canvas.child(i).text(Name) for i in range(canvas.childCount())]
    assert names[0] == "Input, output 1 × 8 × 8"
    assert "Conv2d, output 16 × 8 × 8, 160 parameters" in names
    assert names[-1] == "Cross-entropy, 10 classes"
    assert canvas.role() == QAccessible.Role.List
    assert canvas.child(0).role() == QAccessible.Role.ListItem
    assert canvas.child(99) is None
    assert [canvas.indexOfChild(canvas.child(i)) for i in range(3)] == [0, 1, 2]
    assert canvas.child(0).parent() is canvas


def test_ports_are_named_with_what_they_are_joined_to(hands):
    node = reader(hands).node("add")
    names = [node.child(i).text(Name) for i in range(node.childCount())]
    assert names == ["Input a from ReLU", "Input b from Conv2d 1×1", "Output out to Flatten"]
    assert node.child(0).parent() is node
    assert node.rect().contains(node.child(0).rect().center()) or node.rect().left() >= node.child(0).rect().left()


def test_nodes_lie_where_they_are_on_the_screen(hands):
    canvas = reader(hands)
    rect = canvas.node("relu").rect()
    there = hands.viewport.mapToGlobal(hands.middle("relu"))
    assert rect.contains(there)
    assert canvas.childAt(there.x(), there.y()) is canvas.node("relu")
    assert canvas.childAt(-5000, -5000) is None


def test_the_selected_node_has_the_focus(hands):
    hands.canvas.select(["relu"])
    canvas = reader(hands)
    assert canvas.focusChild() is canvas.node("relu")
    assert canvas.node("relu").state().selected
    assert not canvas.node("add").state().selected


def test_a_problem_is_told(hands):
    hands.document.apply("break", lambda e: edits.set_param(e, "linear", "features", 12))
    node = reader(hands).node("output")
    assert "has a problem" in node.text(Name)
    assert "puts out 12" in node.text(Description)


def test_names_are_translated(hands):
    set_language("pseudo")
    assert "⟦" in reader(hands).text(Name)
    assert "⟦" in reader(hands).node("relu").text(Name)


def test_an_interface_outlives_its_node(hands):
    node = reader(hands).node("relu")
    port = node.child(0)
    hands.canvas.select(["relu"])
    hands.key(Key.Key_Delete)
    assert not node.isValid()
    assert not port.isValid()
    assert (node.text(Name), port.text(Name)) == ("", "")
    assert node.childCount() == 0
    assert node.rect().isEmpty()
    assert port.rect().isEmpty()
    hands.document.undo_stack.undo()
    assert node.isValid()


def test_an_interface_outlives_its_window(qapp):
    other = Canvas(Document(branched()))
    canvas = QAccessible.queryAccessibleInterface(other.view)
    node = canvas.node("relu")
    assert node.isValid()
    shiboken6.delete(other)
    gc.collect()
    assert not node.isValid()
    assert canvas.childCount() == 0
    assert canvas.parent() is None


def test_moving_by_keyboard_tells_the_reader(hands, monkeypatch):
    told = []
    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(QAccessible, "updateAccessibility", told.append)
    hands.canvas.select(["input"])
    hands.key(Key.Key_Right)
    kinds = [event.type() for event in told]
    assert QAccessible.Event.Focus in kinds
    assert any(getattr(event, "message", str)().startswith("Conv2d, output") for event in told)
    told.clear()
    hands.key(Key.Key_Right, Ctrl)
    assert [event.message() for event in told if hasattr(event, "message")] == ["Move Conv2d"]
