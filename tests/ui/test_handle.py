"""A line that is taken hold of: a click leaves it alone, a drag moves it by as much as the pointer moves."""

from collections.abc import Iterator

import pytest
from looking import LEFT, place_of
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ui.views.handle import Handle
from ui.views.plot import Plot


@pytest.fixture
def handle(qtbot: QtBot) -> Iterator[Handle]:
    frame = QWidget()
    qtbot.addWidget(frame)
    plot = Plot(frame)
    plot.resize(400, 300)
    plot.plotItem.plot([0.0, 1.0], [0.0, 1.0])
    frame.resize(400, 300)
    frame.show()
    qtbot.waitExposed(frame)
    plot.grab()
    handle = Handle(plot, lambda way: float(way))
    handle.put(0.5, "here")
    # The frame lives as long as this does not end.
    yield handle
    frame.close()


def test_a_click_beside_the_line_moves_nothing(qtbot: QtBot, handle: Handle) -> None:
    released: list[float] = []
    left: list[bool] = []
    handle.released.connect(released.append)
    handle.left.connect(lambda: left.append(True))
    plot = handle._plot
    place = place_of(plot, 0.5, 0.5) + QPoint(0, 4)
    qtbot.mousePress(plot.viewport(), LEFT, pos=place)
    assert handle.held
    qtbot.mouseMove(plot.viewport(), place + QPoint(2, 1))
    qtbot.mouseRelease(plot.viewport(), LEFT, pos=place + QPoint(2, 1))
    assert not handle.held
    assert (released, left) == ([], [True])


def test_a_drag_moves_it_by_as_much_as_the_pointer(qtbot: QtBot, handle: Handle) -> None:
    moved: list[float] = []
    released: list[float] = []
    handle.moved.connect(moved.append)
    handle.released.connect(released.append)
    plot = handle._plot
    off = QPoint(0, 4)
    qtbot.mousePress(plot.viewport(), LEFT, pos=place_of(plot, 0.5, 0.5) + off)
    qtbot.mouseMove(plot.viewport(), place_of(plot, 0.5, 0.8) + off)
    qtbot.mouseRelease(plot.viewport(), LEFT, pos=place_of(plot, 0.5, 0.8) + off)
    pixel = 1.1 / plot.height()
    assert moved == pytest.approx([0.8], abs=2 * pixel)
    assert released == moved
