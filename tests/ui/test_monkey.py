"""A hasty person: any command, template, click and key in any order while the engine trains. Nothing may break."""

import random
from collections.abc import Callable

import numpy as np
import pytest
from examples import moons
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot
from thorough import times

from dllab.document import edits
from dllab.templates import TEMPLATES, load_template
from ui.actions import COMMANDS
from ui.document import Document
from ui.shell.question import Question
from ui.shell.window import Window

# These wait for a person in a dialog of the system, or end the window.
_LEFT_OUT = {"new_window", "open", "save", "save_as", "quit", "log", "full_screen"}
_COMMANDS = [command for command in COMMANDS if command.id not in _LEFT_OUT]
_OFTEN = [command for command in COMMANDS if command.menu in ("run", "walk")]
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


def check_curves(window: Window) -> None:
    """Every curve has each of its steps once, in order."""
    for run in window.lab.runs.all:
        for name, curve in run.curves.items():
            assert (np.diff(curve.steps) > 0).all(), (run.label, name, curve.steps.tolist())


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(times(2, 30)))
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
        check_curves(window)
    # After all that the lab still works.
    window.lab.reset()
    window.document.undo_stack.setClean()
    window.files.open_template("iris-softmax")
    monkey._answer()
    qtbot.waitUntil(lambda: window.lab.state == "idle", timeout=20_000)
    window.lab.train()
    qtbot.waitUntil(lambda: window.lab.state in ("done", "failed"), timeout=20_000)
    assert window.lab.state == "done", monkey.done
    check_curves(window)


class Driver:
    """Presses only what has to do with runs: buttons, steps, the time line, rates that change on the way."""

    def __init__(self, window: Window, seed: int) -> None:
        self._window, self._lab, self._random = window, window.lab, random.Random(seed)

    def act(self) -> None:
        """Something."""
        acts = (self._press, self._seek, self._branch, self._lab.past.return_to_end, self._change, self._kill)
        self._random.choices(acts, weights=(60, 20, 6, 4, 9, 1))[0]()
        QTest.qWait(self._random.choice((0, 0, 0, 2, 20, 60)))

    def _press(self) -> None:
        self._window.commands.run(self._random.choice(_OFTEN))

    def _seek(self) -> None:
        run = self._lab.runs.current
        self._lab.past.seek(self._random.randrange(0, (run.step if run else 0) + 2))

    def _branch(self) -> None:
        self._lab.past.branch(self._random.choice(("run", "step", "epoch")))

    def _change(self) -> None:
        name, value = self._random.choice((("learning_rate", 0.1), ("learning_rate", 0.01), ("batch_size", 8)))
        self._window.document.apply(name, lambda e: edits.set_path(e, f"training.{name}", value))

    def _kill(self) -> None:
        self._lab.link.kill()


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(times(1, 30)))
def test_every_step_comes_once_whatever_is_pressed(qtbot: QtBot, make_window: Callable[..., Window], seed: int) -> None:
    document = Document()
    document.open(moons(epochs=(40, 3, 400)[seed % 3]))
    window = make_window(document)
    lab, driver = window.lab, Driver(window, seed)
    for turn in range(times(60, 150)):
        if turn == 5:
            lab.link.start()
        driver.act()
        check_curves(window)
    lab.stepping.halt()
    # Killed three times in a row it has been given up.
    qtbot.waitUntil(lambda: lab.link.try_again() or lab.link.is_ready, timeout=30_000)
    lab.reset()
    qtbot.waitUntil(lambda: lab.state == "idle", timeout=20_000)
    document.apply("Short", lambda e: edits.set_path(e, "training", moons(epochs=2).training))
    lab.train()
    qtbot.waitUntil(lambda: lab.state == "done", timeout=20_000)
    assert lab.runs.current is not None
    assert lab.runs.current.curves["train_loss"].steps[-1] == lab.runs.current.step == 12
    check_curves(window)
