"""The main job from end to end in the real window with the real engine, by mouse and keys only."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pytest
from canvas_stage import Hands
from pace import within
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QDrag
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from dllab.templates import load_template
from ui.shell.window import Window
from ui.views.activations import Activations
from ui.views.base import View
from ui.views.confusion import Confusion
from ui.views.curves import Curves

Key, LEFT = Qt.Key, Qt.MouseButton.LeftButton
LONG = 60_000


class Strays(QObject):
    """Windows that came up beside the one window: a part that is shown before it has a parent flashes and takes the focus."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.found: list[str] = []
        QApplication.instance().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            usual = watched is self.parent() or watched.windowType() in (Qt.WindowType.Popup, Qt.WindowType.ToolTip)
            self.found += [] if usual else [repr(watched)]
        return False


class Person(Hands):
    """Hands on the canvas of a whole window, and what they do beside it."""

    def __init__(self, qtbot: QtBot, window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
        self.qtbot, self.window, self.lab = qtbot, window, window.lab
        self.document, self.canvas = window.document, window.canvas
        self.view, self.scene = self.canvas.view, self.canvas.scene
        self.viewport = self.view.viewport()
        self._carried: list[QDrag] = []
        # A drag waits in Qt's own loop for a mouse that a test without a screen doesn't have.
        monkeypatch.setattr(QDrag, "exec", lambda drag, *_actions: self._carried.append(drag))
        self.strays = Strays(window)

    def start_engine(self) -> None:
        self.lab.link.start()

    def push(self, button: QAbstractButton) -> None:
        self.qtbot.waitUntil(lambda: button.isVisible() and button.isEnabled())
        self.qtbot.mouseClick(button, LEFT)

    def take_from_palette(self, kind: str) -> None:
        """Press a chip and move until it is dragged."""
        chip = next(c for c in self.window.bench.palette_.shelf.chips if c.entry.kind == kind)
        self.window.bench.palette_._area.ensureWidgetVisible(chip)
        start = chip.rect().center()
        self.qtbot.mousePress(chip, LEFT, pos=start)
        self.qtbot.mouseMove(chip, start + QPoint(30, 4))
        self.qtbot.mouseRelease(chip, LEFT, pos=start + QPoint(30, 4))

    def bring(self, kind: str, at: QPoint) -> None:
        """From the palette to a place of the canvas."""
        self.take_from_palette(kind)
        drag = self._carried.pop()
        assert drag.mimeData().formats() == ["application/x-dllab-layer"]
        self.drop(kind, at)
        drag.deleteLater()

    def until(self, *states: str) -> None:
        self.qtbot.waitUntil(lambda: self.lab.state in states, timeout=LONG)

    def shown(self, kind: type[View]) -> View:
        """The view of a kind, once it is there and draws."""
        found: list[View] = []

        def drawn() -> bool:
            found[:] = [v for v in self.window.findChildren(kind) if v.isVisible() and not v.message]
            return bool(found)

        self.qtbot.waitUntil(drawn, timeout=LONG)
        return found[0]


@pytest.fixture
def person(qtbot: QtBot, make_window: Callable[..., Window], monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    QApplication.instance().setProperty("reduced_motion", True)
    person = Person(qtbot, make_window(), monkeypatch)
    yield person
    QApplication.instance().removeEventFilter(person.strays)
    QApplication.instance().setProperty("reduced_motion", None)
    assert person.strays.found == []


def ink(widget: QWidget) -> float:
    """Share of pixels that are not the ground: whether anything is drawn."""
    image = widget.grab().toImage().convertToFormat(widget.grab().toImage().Format.Format_RGB32)
    pixels = np.frombuffer(bytes(image.constBits()), np.uint32)
    return 1 - np.bincount(np.unique(pixels, return_inverse=True)[1]).max() / pixels.size


def test_from_the_welcome_page_to_two_runs_side_by_side_and_back(person: Person) -> None:
    person.start_engine()
    window, lab, qtbot = person.window, person.lab, person.qtbot

    card = next(c for c in window.welcome.examples.cards if "Digits, convolutional network" in c.accessibleName())
    qtbot.mouseClick(card, LEFT)
    template = load_template("digits-cnn")
    assert person.document.experiment == template
    assert not window.welcoming
    for name, item in person.scene.nodes.items():
        found = person.document.check.nodes[name]
        assert item.face.detail not in ("", "–"), name
        assert item.face.count == (f"{found.parameters:,}" if found.parameters else "")
    assert person.document.check.trainable

    person.click(person.middle("conv2d"))
    assert lab.selected == "conv2d"
    person.until("idle")
    person.key(Key.Key_F5)
    curves = person.shown(Curves)
    qtbot.waitUntil(lambda: {"train_loss", "val_loss", "val_accuracy"} <= lab.runs.all[0].curves.keys(), timeout=LONG)
    activations = person.shown(Activations)
    assert activations.pictures["activations"].labels["node"] == "conv2d"
    assert "Conv2d" in activations.subtitle
    confusion = person.shown(Confusion)
    assert sum(sum(row) for row in confusion.rows()[1] for row in [row[1:]]) == 270
    assert ink(curves.plot) > 0.01
    assert ink(activations.heat) > 0.1
    first = lab.runs.all[0]
    person.until("done")
    assert first.curves["val_accuracy"].values.max() >= 0.95
    assert window.toprow.score.text().startswith("val ")
    qtbot.waitUntil(lambda: window.toprow.train.text() == "Train")

    wire = "relu.out -> max_pool.in"
    steps = person.steps
    person.bring("dropout", person.on_wire(wire))
    assert {"relu.out -> dropout_2.in", "dropout_2.out -> max_pool.in"} <= person.links
    assert wire not in person.links
    assert person.steps == steps + 1
    assert person.scene.nodes["dropout_2"].face.detail == person.scene.nodes["relu"].face.detail
    assert person.document.check.trainable

    person.push(window.toprow.train)
    person.until("running")
    second = lab.runs.current
    assert second is not first
    assert second.label == "Run 2 · with Dropout"
    qtbot.waitUntil(lambda: len(second.curves.get("val_loss", ())) > 0, timeout=LONG)
    qtbot.waitUntil(lambda: "Run 1" in [row.entry.words for row in curves.legend.rows])
    assert first.visible
    assert len(first.curves["train_loss"]) == first.step

    person.push(window.toprow.train)
    person.until("paused")
    qtbot.waitUntil(lambda: window.toprow.train.text() == "Resume")
    at = second.step
    person.push(window.toprow.train)
    qtbot.waitUntil(lambda: second.step > at, timeout=LONG)
    person.push(window.toprow.stop)
    person.until("stopped")
    qtbot.waitUntil(lambda: not window.toprow.stop.isEnabled())

    person.canvas.setFocus()
    while person.document.undo_stack.canUndo():
        person.key(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert person.document.experiment == template
    assert set(person.scene.nodes) == set(template.model.nodes)

    person.key(Key.Key_F5)
    person.until("running")
    with within(1.0):
        window.close()
    assert lab.link.process is None


def test_a_network_built_by_mouse_alone_from_an_empty_canvas_trains(person: Person) -> None:
    person.start_engine()
    window, qtbot = person.window, person.qtbot
    person.push(window.welcome.empty)
    assert not person.document.experiment.model.nodes
    kinds = ("input", "flatten", "linear", "output")
    for column, kind in enumerate(kinds):
        person.bring(kind, QPoint(100 + 190 * column, 300))
    assert person.steps == 4
    for source, target in pairwise(kinds):
        person.drag(person.port(source, "out"), person.port(target, "in"))
    assert person.links == {"input.out -> flatten.in", "flatten.out -> linear.in", "linear.out -> output.in"}
    bar = person.canvas.bar
    while bar.problem is not None:
        assert bar.problem.fixes
        person.push(bar._fix)
    assert person.document.experiment.model.nodes["linear"].params["features"] == 10
    person.push(window.toprow.train)
    person.until("running", "done")
    run = person.lab.runs.current
    qtbot.waitUntil(lambda: len(run.curves.get("val_accuracy", ())) > 3, timeout=LONG)
    assert run.curves["val_accuracy"].values[-1] > 0.7
    for _step in range(person.steps):
        person.key(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not person.document.experiment.model.nodes


def test_a_network_built_by_keys_alone_from_an_empty_canvas_trains(person: Person) -> None:
    person.start_engine()
    window, qtbot = person.window, person.qtbot
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, Key.Key_N, control)
    assert not window.welcoming

    def type_into(words: str, end: Key = Key.Key_Return) -> None:
        QTest.keyClicks(QApplication.focusWidget(), words)
        QTest.keyClick(QApplication.focusWidget(), end)

    def add(words: str) -> None:
        person.key(Key.Key_Space)
        qtbot.waitUntil(lambda: person.view.add_menu is not None and person.view.add_menu.isVisible())
        type_into(words)
        # Without a window manager nobody hands the activity back that a popup had.
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)

    for words in ("input", "flatten", "linear"):
        add(words)
    assert person.canvas.selected() == ("linear",)
    person.key(Key.Key_Return)
    qtbot.waitUntil(lambda: isinstance(QApplication.focusWidget(), QLineEdit))
    QApplication.focusWidget().selectAll()
    type_into("10")
    assert person.document.experiment.model.nodes["linear"].params == {"features": 10}
    QTest.keyClick(QApplication.focusWidget(), Key.Key_Escape)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is person.view)
    add("output")
    assert person.links == {"input.out -> flatten.in", "flatten.out -> linear.in", "linear.out -> output.in"}
    assert person.document.check.trainable, [p.text for p in person.document.check.problems]
    qtbot.waitUntil(lambda: window.commands["train"].isEnabled())
    person.until("idle")
    person.key(Key.Key_F5)
    person.until("running", "done")
    run = person.lab.runs.current
    qtbot.waitUntil(lambda: run.step > 20, timeout=LONG)
    person.key(Key.Key_F5, shift)
    person.until("stopped", "done")
