"""A hasty person: any command, template, click and key in any order while the engine trains. Nothing may break."""

import random
from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from dllab.templates import TEMPLATES, load_template
from ui.actions import COMMANDS
from ui.document import Document
from ui.shell.question import Question
from ui.shell.window import Window

# These wait for a person in a dialog of the system, or end the window.
_LEFT_OUT = {"new_window", "open", "save", "save_as", "quit", "log", "full_screen"}
_COMMANDS = [command for command in COMMANDS if command.id not in _LEFT_OUT]
_OFTEN = [command for command in COMMANDS if command.menu == "run"]
_KINDS = ["linear", "relu", "dropout", "conv2d", "flatten", "batch_norm", "softmax", "add", "output", "input"]
_KEYS = [Qt.Key.Key_Delete, Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Tab, Qt.Key.Key_Left, Qt.Key.Key_M]


class Monkey:
    """Does one thing after the other, chosen by a seed; `done` tells what."""

    def __init__(self, window: Window, seed: int) -> None:
        self._window, self._random = window, random.Random(seed)
        self.done: list[str] = []

    def act(self) -> None:
        """Something."""
        acts = (self._command, self._run, self._add, self._open, self._click, self._key, self._type, self._select)
        chosen = self._random.choices(acts, weights=(4, 6, 3, 1, 3, 3, 1, 3))[0]
        self.done.append(chosen())
        QTest.qWait(self._random.choice((0, 0, 1, 5, 30)))
        self._answer()

    def _command(self) -> str:
        command = self._random.choice(_COMMANDS)
        self._window.commands.run(command)
        return command.id

    def _run(self) -> str:
        command = self._random.choice(_OFTEN)
        self._window.commands.run(command)
        return command.id

    def _add(self) -> str:
        kind = self._random.choice(_KINDS)
        self._window.canvas.add_layer(kind)
        return f"add {kind}"

    def _open(self) -> str:
        template = self._random.choice(TEMPLATES).id
        self._window.files.open_template(template)
        return f"open {template}"

    def _click(self) -> str:
        target = self._random.choice([self._window.canvas.view.viewport(), self._window.toprow, self._window.inspector])
        at = QPoint(self._random.randrange(max(1, target.width())), self._random.randrange(max(1, target.height())))
        act = self._random.choice((QTest.mouseClick, QTest.mouseDClick, self._drag))
        act(target, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
        return f"click {type(target).__name__} {at.x()},{at.y()}"

    def _drag(self, target, button, held, at: QPoint) -> None:
        QTest.mousePress(target, button, held, at)
        for _step in range(3):
            at = at + QPoint(self._random.randrange(-80, 80), self._random.randrange(-80, 80))
            move = QMouseEvent(QEvent.Type.MouseMove, at, target.mapToGlobal(at), Qt.MouseButton.NoButton, button, held)
            QApplication.sendEvent(target, move)
        QTest.mouseRelease(target, button, held, at)

    def _key(self) -> str:
        key = self._random.choice(_KEYS)
        QTest.keyClick(QApplication.focusWidget() or self._window, key)
        return str(key)

    def _type(self) -> str:
        text = self._random.choice(("0", "-1", "1e9", "abc", "0.01", "64"))
        QTest.keyClicks(QApplication.focusWidget() or self._window, text)
        return f"type {text}"

    def _select(self) -> str:
        nodes = list(self._window.document.experiment.model.nodes)
        chosen = self._random.sample(nodes, min(len(nodes), self._random.choice((0, 1, 1, 3))))
        self._window.canvas.select(chosen)
        return f"select {chosen}"

    def _answer(self) -> None:
        """Close what asks: some by their default, some by Escape."""
        for dialog in self._window.findChildren(QDialog):
            if not dialog.isVisible():
                continue
            if isinstance(dialog, Question):
                # "Don't save" comes last but one; "Save" would wait for a dialog of the system.
                dialog.press(self._random.choice(["Cancel", "Don't save"]))
            else:
                dialog.reject()
        popup = QApplication.activePopupWidget()
        if popup is not None:
            popup.close()


@pytest.mark.parametrize("seed", range(2))
def test_nothing_breaks_under_a_hasty_person(
    qtbot: QtBot, make_window: Callable[..., Window], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    document = Document()
    document.open(load_template("moons-mlp"))
    window = make_window(document)
    window.lab.link.start()
    monkey = Monkey(window, seed)
    for _turn in range(100):
        monkey.act()
    # After all that the lab still works.
    window.lab.reset()
    window.document.undo_stack.setClean()
    window.files.open_template("iris-softmax")
    monkey._answer()
    qtbot.waitUntil(lambda: window.lab.state == "idle", timeout=20_000)
    window.lab.train()
    qtbot.waitUntil(lambda: window.lab.state in ("done", "failed"), timeout=20_000)
    assert window.lab.state == "done", monkey.done
