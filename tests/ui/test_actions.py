"""Every command is declared once and found in its menu, by its key, in the palette and on the page of keys."""

from collections import Counter
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from dllab.document import edits
from dllab.document.experiment import Node
from ui.actions import COMMANDS, MENUS, Command
from ui.shell.command_palette import likeness
from ui.shell.dialogs import AboutPage, HistoryPage, ShortcutsPage
from ui.shell.icons import glyph
from ui.shell.window import Window

BY_ID = {command.id: command for command in COMMANDS}


def add(window: Window, name: str) -> None:
    window.document.apply("Add ReLU", lambda e: edits.add_node(e, name, Node(kind="relu")))


def rows(window: Window) -> list[str]:
    model = window.command_palette.model
    return [model.item(row).text() for row in range(model.rowCount())]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_a_command_is_complete(command: Command) -> None:
    assert command.menu in {menu.id for menu in MENUS}
    assert command.text[0].isupper()
    assert command.tip
    assert command.tip[0].isupper()
    assert not command.tip.endswith(".")
    assert glyph(command.icon)


def test_ids_and_keys_are_taken_once() -> None:
    assert [name for name, count in Counter(c.id for c in COMMANDS).items() if count > 1] == []
    keys = Counter(QKeySequence(k).toString() for c in COMMANDS for k in c.shortcuts)
    assert [key for key, count in keys.items() if count > 1] == []
    assert all(QKeySequence(k).toString() for c in COMMANDS for k in c.shortcuts), "Qt understands every key"


@pytest.mark.parametrize(
    ("keys", "command"),
    {
        "Ctrl+N": "new", "Ctrl+O": "open", "Ctrl+S": "save", "Ctrl+Shift+S": "save_as", "Ctrl+W": "close",
        "Ctrl+Q": "quit", "Ctrl+Z": "undo", "Ctrl+Shift+Z": "redo", "Ctrl+Y": "redo", "Ctrl+X": "cut",
        "Ctrl+C": "copy", "Ctrl+V": "paste", "Ctrl+D": "duplicate", "Del": "delete", "F2": "rename", "M": "mute",
        "Ctrl+0": "zoom_reset", "F11": "full_screen", "Ctrl+Shift+F5": "lock", "Ctrl+Shift+P": "commands",
        "F5": "train", "Shift+F5": "stop", "F10": "step", "Shift+F10": "epoch", "F1": "help",
    }.items(),
)  # fmt: skip
def test_the_keys_that_people_expect(keys: str, command: str) -> None:
    assert keys in BY_ID[command].shortcuts


def test_every_command_stands_in_its_menu_once(window: Window) -> None:
    shown = Counter(action.objectName() for menu in window.menus.values() for action in menu.actions())
    assert {c.id: shown[c.id] for c in COMMANDS} == {c.id: 1 for c in COMMANDS}
    bar = [action.text() for action in window.menuBar().actions()]
    assert bar == ["&File", "&Edit", "&View", "&Run", "&Help"]


def test_every_command_is_in_the_palette_with_its_keys_and_its_reason(window: Window, qtbot: QtBot) -> None:
    window.commands["commands"].trigger()
    model = window.command_palette.model
    assert model.rowCount() == len(COMMANDS)
    for row, command in enumerate(COMMANDS):
        item = model.item(row)
        assert item.data(Qt.ItemDataRole.UserRole + 2) is command
        assert bool(item.data(Qt.ItemDataRole.UserRole + 1)) == (not window.commands[command.id].isEnabled())
    undo = model.item([c.id for c in COMMANDS].index("undo"))
    assert undo.data(Qt.ItemDataRole.UserRole) == "Ctrl+Z"
    assert undo.data(Qt.ItemDataRole.UserRole + 1) == "Nothing has been changed yet."


def test_the_palette_finds_and_does(window: Window, qtbot: QtBot) -> None:
    add(window, "extra")
    before = window.document.experiment
    qtbot.keyClick(window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    line = window.command_palette.line
    qtbot.waitUntil(line.isVisible)
    qtbot.keyClicks(line, "undo")
    assert rows(window)[0] == "Undo: Add ReLU"
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert window.document.experiment is not before
    assert not window.command_palette.isVisible()


def test_the_palette_keeps_what_cannot_be_done(window: Window, qtbot: QtBot) -> None:
    window.show_commands()
    line = window.command_palette.line
    qtbot.keyClicks(line, "redo")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert window.command_palette.isVisible()
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert not window.command_palette.isVisible()


def test_the_palette_is_walked_by_arrows_and_the_mouse(window: Window, qtbot: QtBot) -> None:
    window.show_commands()
    palette = window.command_palette
    qtbot.keyClicks(palette.line, "dark")
    while "Dark" not in palette.list.currentIndex().data():
        before = palette.list.currentIndex().row()
        qtbot.keyClick(palette.line, Qt.Key.Key_Down)
        assert palette.list.currentIndex().row() == before + 1
    place = palette.list.visualRect(palette.list.currentIndex()).center()
    qtbot.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.scheme == "dark"


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("save", "Save", "Save as…"),
        ("sa", "Save", "Keyboard shortcuts"),
        ("zi", "Zoom in", "Resize it"),
        ("train", "Train", "Step through the rain"),
    ],
)
def test_likeness(query: str, better: str, worse: str) -> None:
    first, second = likeness(query, better), likeness(query, worse)
    assert first is not None
    assert second is None or first > second
    assert likeness("xyz", better) is None


def test_undo_and_redo_say_what(window: Window) -> None:
    add(window, "one")
    window.commands.refresh()
    assert window.commands["undo"].text() == "Undo: Add ReLU"
    window.commands["undo"].trigger()
    window.commands.refresh()
    assert window.commands["redo"].text() == "Redo: Add ReLU"
    assert not window.commands["undo"].isEnabled()
    assert "Nothing has been changed yet." in window.commands["undo"].toolTip()


def test_keys_of_the_canvas_leave_other_widgets_alone(window: Window, qtbot: QtBot) -> None:
    """Backspace, M and Space type in a field and press a button; they must not edit the network there."""
    before = window.document.experiment
    window.canvas.select_all()
    button = window.toprow.reset
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Delete)
    qtbot.keyClick(button, Qt.Key.Key_M)
    assert window.document.experiment is before
    window.canvas.setFocus()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_M)
    assert all(node.muted for node in window.document.experiment.model.nodes.values() if node.kind == "relu")


def test_the_welcome_page_has_nothing_to_edit(make_window: Callable[..., Window]) -> None:
    window = make_window()
    enabled = {c.id for c in COMMANDS if window.commands[c.id].isEnabled()}
    assert {"new", "open", "templates", "commands", "quit", "about", "theme_dark"} <= enabled
    assert not enabled & {"undo", "paste", "train", "fit", "layout_train", "pane_curves", "save"}


def test_the_pages(window: Window, qtbot: QtBot) -> None:
    window.commands["shortcuts"].trigger()
    (page,) = window.findChildren(ShortcutsPage)
    shown = []
    for top in range(page.tree.topLevelItemCount()):
        head = page.tree.topLevelItem(top)
        assert head is not None
        shown += [head.child(n).text(0) for n in range(head.childCount())]
    assert len(shown) == len([c for c in COMMANDS if c.shortcuts])
    window.commands["shortcuts"].trigger()
    assert len(window.findChildren(ShortcutsPage)) == 1, "the one that is open comes to the front"
    window.commands["about"].trigger()
    (about,) = window.findChildren(AboutPage)
    window.commands["history"].trigger()
    (history,) = window.findChildren(HistoryPage)
    for opened in (page, about, history):
        assert opened.isVisible()
        opened.close()


def test_menus_say_what_a_thing_does(window: Window) -> None:
    menu = window.menus["run"]
    assert isinstance(menu, QMenu)
    assert menu.toolTipsVisible()
    assert "F5" in window.commands["train"].toolTip()
