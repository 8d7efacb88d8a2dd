"""Pictures below the layers: asked for only while they are on and seen, one subscription for all."""

import numpy as np
import pytest
from looking import LEFT, Engine
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from ui.canvas.geometry import Box
from ui.shell.theme import theme
from ui.shell.window import Window
from ui.views.thumbnails import rooms, thumbnail


@pytest.fixture
def engine(window: Window, monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine(window.lab, monkeypatch)
    engine.begin()
    return engine


def pictured(window: Window) -> set[str]:
    return {name for name, item in window.canvas.scene.nodes.items() if item.picture is not None}


def show(engine: Engine, **arrays: np.ndarray) -> None:
    labels = {"scale": {name: [-1.0, 1.0] for name in arrays}, "plane": False, "sample": 0, "count": 9}
    engine.show("thumbnails", labels, **arrays)


def asked(qtbot: QtBot, engine: Engine, wanted: bool = True) -> None:
    qtbot.waitUntil(lambda: ("thumbnails" in engine.probes()) == wanted)


def test_nothing_is_asked_until_the_switch_is_on(qtbot: QtBot, window: Window, engine: Engine) -> None:
    button = window.canvas.pictures_button
    assert "thumbnails" not in engine.probes()
    qtbot.mouseClick(button, LEFT)
    asked(qtbot, engine)
    assert button.isChecked()
    assert window.lab.settings.value("pictures") == "true"
    params = engine.params("thumbnails")
    assert set(params["nodes"]) == set(window.document.experiment.model.nodes)
    assert params["every"] == 0.2
    show(engine, conv2d=np.full((4, 8, 8), 255, np.uint8), linear=np.arange(10, dtype=np.uint8))
    assert pictured(window) == {"conv2d", "linear"}
    window.lab.look_at_sample(5)
    qtbot.waitUntil(lambda: engine.params("thumbnails")["sample"] == 5)
    qtbot.mouseClick(button, LEFT)
    asked(qtbot, engine, False)
    assert not button.isChecked()
    assert pictured(window) == set()


def test_from_afar_and_after_a_reset_nothing_is_asked(qtbot: QtBot, window: Window, engine: Engine) -> None:
    window.bench.toggle_pictures()
    asked(qtbot, engine)
    show(engine, conv2d=np.zeros((1, 8, 8), np.uint8))
    window.canvas.view.zoom_to(0.2)
    asked(qtbot, engine, False)
    assert pictured(window) == set()
    window.canvas.fit()
    asked(qtbot, engine)
    window.lab._enter("idle")
    asked(qtbot, engine, False)


def test_only_what_is_in_sight_is_asked_for(qtbot: QtBot, window: Window, engine: Engine) -> None:
    window.bench.toggle_pictures()
    asked(qtbot, engine)
    window.canvas.view.zoom_to(4.0)
    window.canvas.view.reveal(["conv2d"])
    qtbot.waitUntil(lambda: 0 < len(engine.params("thumbnails")["nodes"]) < 5)


def test_what_stands_below_a_node_keeps_its_place() -> None:
    boxes = {"a": Box(0, 0), "b": Box(20, 100), "c": Box(400, 0), "d": Box(0, 400)}
    assert rooms(boxes, dict.fromkeys(boxes, "")) == {"a": 26, "b": 44, "c": 44, "d": 44}


def test_colours_tell_the_sign() -> None:
    maps = np.zeros((2, 4, 4), np.float32)
    maps[0], maps[1] = 1.0, -1.0
    image = thumbnail(maps, 44)
    left, right = QColor(image.pixel(76, 44)), QColor(image.pixel(164, 44))
    assert left.red() > left.blue()
    assert right.blue() > right.red()
    bars = thumbnail(np.array([1.0, -1.0]), 40)
    up, down = (QColor.fromRgba(bars.pixel(x, y)) for x, y in ((104, 20), (136, 60)))
    assert up.red() > up.blue()
    assert down.blue() > down.red()
    assert QColor.fromRgba(bars.pixel(104, 60)).alpha() == 0
    theme.use("dark")
    assert thumbnail(maps, 44) != image


def test_a_switch_that_was_left_on_is_on_again(qtbot: QtBot, window: Window) -> None:
    window.lab.settings.setValue("pictures", "true")
    window.bench._show_pictures()
    assert window.canvas.pictures_button.isChecked()
    assert window.bench.pictures
