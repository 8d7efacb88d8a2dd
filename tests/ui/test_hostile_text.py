"""R-36: names from files are shown literally wherever they appear: nothing in them is taken for markup, nothing loaded."""

import re
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot

from dllab.document import edits
from dllab.document.experiment import Experiment, Frame, Note
from dllab.templates import load_template
from ui.document import Document
from ui.shell.window import Window

NASTY = ("<img src=file:///etc/passwd>", "<b>bold</b><script>x()</script>", "\u202eright to left", "&amp;&lt;" * 20)


def markup(text: str) -> bool:
    """Whether Qt might take it for HTML, seen more strictly than Qt sees it."""
    return re.search(r"<[a-z!/]", text, re.IGNORECASE) is not None


def nasty(name: str) -> Experiment:
    """A network in which everything that can be named has this name."""
    made = load_template("iris-softmax")
    made = edits.set_path(made, "title", name)
    for node in made.model.nodes:
        made = edits.replace_node(made, node, title=name)
    made = edits.set_note(made, "note", Note(text=name, x=0.0, y=-200.0))
    return edits.set_frame(made, "frame", Frame(title=name, x=0.0, y=-400.0))


def rich(window: Window, name: str) -> Iterator[str]:
    """Whatever holds the name and would be drawn as markup."""
    if not markup(name):
        return
    for widget in [window, *window.findChildren(QWidget)]:
        if name in widget.toolTip() and markup(widget.toolTip()):
            yield f"tooltip of {widget!r}"
        taken = isinstance(widget, QLabel) and widget.textFormat() != Qt.TextFormat.PlainText
        if taken and name in widget.text() and markup(widget.text()):
            yield f"label {widget!r}"
    for action in window.findChildren(QAction):
        if name in action.toolTip() and markup(action.toolTip()):
            yield f"tooltip of {action.objectName()}"


def shown(window: Window, name: str) -> int:
    """In how many places the name stands as it is."""
    texts = [w.text() for kind in (QLabel, QAbstractButton) for w in window.findChildren(kind)]
    return sum(name in text for text in texts) + (name in window.windowTitle())


@pytest.mark.parametrize("path", ["title", "model.nodes.linear.title"])
def test_a_name_of_ten_kilobytes_is_refused_in_words(path: str) -> None:
    with pytest.raises(edits.Refused, match="200"):
        edits.set_path(load_template("iris-softmax"), path, "n" * 10_000)


@pytest.mark.parametrize("name", NASTY)
def test_names_are_text(qtbot: QtBot, make_window: Callable[..., Window], name: str) -> None:
    document = Document()
    document.open(nasty(name))
    window = make_window(document)
    window.lab.link.start()
    qtbot.waitUntil(lambda: window.lab.state == "idle", timeout=20_000)
    window.document.apply("Few", lambda e: edits.set_path(e, "training.epochs", 2))
    for turn in range(2):
        # The second run is labelled with what changed.
        window.document.apply("Rename", lambda e, turn=turn: edits.set_path(e, "note", f"{name} {turn}"))
        window.lab.train()
        qtbot.waitUntil(lambda: window.lab.state == "done", timeout=20_000)
    found: set[str] = set()
    for ids in ([], ["linear"], ["note"], ["frame"], ["linear", "note"]):
        window.canvas.select(ids)
        qtbot.wait(30)
        found |= set(rich(window, name))
    window.document.apply("Break", lambda e: edits.set_param(e, "linear", "features", 9))
    window.show_history()
    qtbot.wait(30)
    found |= set(rich(window, name))
    assert not found
    assert shown(window, name) >= 1
