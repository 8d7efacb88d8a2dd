"""Painting points: strokes by mouse and keys, eraser, undo, and an experiment that trains on them."""

from collections.abc import Callable

import pytest
from pydantic import ValidationError
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from dllab.data.painted import MOST_POINTS, Painted, painted
from dllab.data.prepare import prepare
from dllab.document.format import from_text, to_text
from ui.data.paint_page import PaintPage
from ui.shell.window import Window


@pytest.fixture
def page(window: Window) -> PaintPage:
    return window.imports.paint()


def stroke(page: PaintPage, start: tuple[float, float], end: tuple[float, float], steps: int = 12) -> None:
    """Press, move in a line, release."""
    pad = page.pad
    points = [tuple(a + (b - a) * n / steps for a, b in zip(start, end, strict=True)) for n in range(steps + 1)]
    places = [pad.place(*point).toPoint() for point in points]
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=places[0])
    for place in places[1:]:
        # QTest.mouseMove tells Qt of no button that is held.
        _drag(pad, place)
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=places[-1])


def _drag(pad: object, place: QPoint) -> None:
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    left = Qt.MouseButton.LeftButton
    event = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(place), QPointF(place), left, left, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(pad, event)


def test_two_strokes_make_an_experiment(window: Window, page: PaintPage, qtbot: QtBot) -> None:
    assert not page.use.isEnabled()
    stroke(page, (-0.7, 0.6), (0.7, 0.6))
    assert "can only be clustered" in page.trouble.text()
    qtbot.mouseClick(page.classes[2], Qt.MouseButton.LeftButton)
    stroke(page, (-0.7, -0.6), (0.7, -0.6))
    assert {number for _x, _y, number in page.pad.points} == {0, 2}
    assert all(y > 0.4 for _x, y, number in page.pad.points if number == 0), "within the brush"
    count = len(page.pad.points)
    assert count > 40
    assert page.words.text().startswith(f"{count} points · A ")
    page.fresh.click()
    made = window.document.experiment
    assert made.data.kind == "painted"
    assert window.document.check.trainable
    assert from_text(to_text(made)).experiment == made
    prepared = prepare(made)
    assert len(prepared.train) + len(prepared.validation) + len(prepared.test) == count
    assert prepared.spec.classes == ("class A", "class B"), "unused classes are left out"


def test_points_of_one_class_are_there_to_cluster(window: Window, page: PaintPage) -> None:
    stroke(page, (-0.7, 0.6), (0.7, 0.6))
    page.fresh.click()
    made = window.document.experiment
    assert made.data.kind == "painted"
    assert window.document.check.fits_only
    assert not [p for p in window.document.check.problems if p.severity == "error"]
    prepared = prepare(made)
    assert prepared.spec.task == "none"
    assert prepared.train.y.shape == (len(prepared.train), 0)


def test_undo_eraser_and_clear(page: PaintPage) -> None:
    stroke(page, (-0.5, 0.0), (0.5, 0.0))
    first = list(page.pad.points)
    page.eraser.click()
    stroke(page, (0.0, 0.0), (0.02, 0.0), steps=1)
    left = page.pad.points
    assert 0 < len(left) < len(first)
    assert all(x * x + y * y > 0.1**2 for x, y, _number in left)
    page.clear.click()
    assert page.pad.points == []
    for expected in (left, first, []):
        assert page.undo.isEnabled()
        page.undo.click()
        assert page.pad.points == expected
    assert not page.undo.isEnabled()


def test_by_keys_alone(page: PaintPage) -> None:
    page.pad.setFocus()
    QTest.keyClick(page.pad, Qt.Key.Key_Space)
    for _step in range(10):
        QTest.keyClick(page.pad, Qt.Key.Key_Right)
    QTest.keyClick(page, Qt.Key.Key_2)
    QTest.keyClick(page.pad, Qt.Key.Key_Space)
    assert [number for _x, _y, number in page.pad.points] == [0] * 4 + [1] * 4
    assert page.use.isEnabled()
    QTest.keyClick(page, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(page.pad.points) == 4


def test_the_brush_has_a_size_and_stays_on_the_surface(page: PaintPage) -> None:
    page.brush.setValue(40)
    page.pad.begin()
    for _dab in range(50):
        page.pad.dab(1.0, 1.0)
    page.pad.end()
    assert all(-1 <= v <= 1 for x, y, _number in page.pad.points for v in (x, y))
    assert min(x for x, _y, _number in page.pad.points) < 0.8
    assert "class H" not in [b.text() for b in page.classes]
    for _class in range(4):
        page._add_class()
    assert len(page.classes) == 8
    assert not page._more.isEnabled()


def test_painting_goes_on_where_it_was(window: Window, page: PaintPage) -> None:
    stroke(page, (-0.5, 0.5), (0.5, 0.5))
    page.classes[1].click()
    stroke(page, (-0.5, -0.5), (0.5, -0.5))
    page.use.click()
    assert window.document.undo_stack.undoText() == "Use Painted points"
    again = window.imports.paint()
    assert again.pad.points == [tuple(p) for p in window.document.experiment.data.params["points"]]
    again.reject()


def test_from_the_welcome_page(make_window: Callable[..., Window]) -> None:
    page = make_window().imports.paint()
    assert page.use.isHidden()
    page.reject()


def test_what_is_no_painting_is_refused() -> None:
    for params in (
        {"points": ((0.0, 0.0, 3),), "classes": 2},
        {"points": ((0.0, 2.0, 0),), "classes": 2},
        {"points": ((0.0, 0.0, 0),) * (MOST_POINTS + 1), "classes": 2},
        {"points": ((0.0, 0.0),), "classes": 2},
    ):
        with pytest.raises(ValidationError):
            Painted(**params)
    assert painted([]).problem()
