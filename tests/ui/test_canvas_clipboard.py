"""Cut, copy, paste and duplicate: text on the clipboard, between windows too."""

import pytest
from canvas_stage import Ctrl, Hands, Key, annotated, branched, chain
from PySide6.QtGui import QGuiApplication

from dllab.document.experiment import Experiment
from dllab.document.format import graph_from_text


@pytest.fixture(autouse=True)
def _still(qapp):
    qapp.setProperty("reduced_motion", True)
    QGuiApplication.clipboard().setText("")
    yield
    qapp.setProperty("reduced_motion", None)


def test_copy_puts_readable_text_on_the_clipboard(qtbot):
    hands = Hands(qtbot, chain())
    hands.canvas.select(["relu", "linear"])
    hands.key(Key.Key_C, Ctrl)
    part = graph_from_text(QGuiApplication.clipboard().text())
    assert set(part.nodes) == {"relu", "linear"}
    assert [str(x) for x in part.links] == ["relu.out -> linear.in"]
    assert hands.steps == 0


def test_paste_between_windows(qtbot):
    first, second = Hands(qtbot, branched()), Hands(qtbot, Experiment())
    first.canvas.select(["conv2d", "relu"])
    first.key(Key.Key_C, Ctrl)
    second.key(Key.Key_V, Ctrl)
    assert second.links == {"conv2d.out -> relu.in"}
    assert second.graph.nodes["conv2d"].params == branched().model.nodes["conv2d"].params
    assert set(second.canvas.selected()) == {"conv2d", "relu"}
    assert second.last_step == "Paste 2 items"


def test_pasting_twice_never_covers_what_is_there(qtbot):
    hands = Hands(qtbot, chain())
    hands.canvas.select(["relu"])
    hands.canvas.copy()
    hands.canvas.paste()
    hands.canvas.paste()
    places = [(n.x, n.y) for n in hands.graph.nodes.values()]
    assert len(places) == len(set(places)) == 7


def test_cut_is_one_step_and_comes_back(qtbot):
    hands = Hands(qtbot, chain())
    hands.canvas.select(["relu"])
    hands.key(Key.Key_X, Ctrl)
    assert "relu" not in hands.graph.nodes
    assert "input.out -> linear.in" in hands.links
    assert (hands.steps, hands.last_step) == (1, "Cut ReLU")
    hands.canvas.paste()
    assert "relu" in hands.graph.nodes


def test_duplicate_keeps_the_wires_inside_and_leaves_the_clipboard_alone(qtbot):
    hands = Hands(qtbot, annotated())
    QGuiApplication.clipboard().setText("mine")
    hands.canvas.select(["relu", "linear", "note"])
    hands.key(Key.Key_D, Ctrl)
    assert "relu_2.out -> linear_2.in" in hands.links
    assert len(hands.graph.notes) == 2
    assert QGuiApplication.clipboard().text() == "mine"
    assert hands.last_step == "Duplicate 3 items"


@pytest.mark.parametrize(
    "text", ["", "hello", '{"dllab_part": 1}', '{"dllab_part": 1, "nodes": {"A": 1}}', "{" * 10000]
)
def test_anything_else_on_the_clipboard_is_refused_in_words(qtbot, text):
    hands = Hands(qtbot, chain())
    QGuiApplication.clipboard().setText(text)
    hands.key(Key.Key_V, Ctrl)
    assert hands.steps == 0
    assert hands.refusals == ["There are no layers on the clipboard."]


def test_paste_far_out_is_refused_by_the_document_not_by_a_crash(qtbot):
    hands = Hands(qtbot, chain())
    hands.canvas.select(["relu"])
    hands.canvas.editor.move({"relu": (999_990.0, 0.0)})
    hands.canvas.duplicate()
    assert set(hands.graph.nodes) == set(chain().model.nodes)
    assert hands.refusals
