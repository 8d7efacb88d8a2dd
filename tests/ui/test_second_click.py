"""Double clicks as the screen sends them: what came up under the pointer meanwhile was not meant."""

from collections.abc import Callable

import pytest
from leaks import settle
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from dllab.templates import load_template
from ui.document import Document
from ui.shell.window import Window


def double_click(window: Window, widget: QWidget, at: QPoint | None = None) -> None:
    """Through the window of the screen, which finds the widgets itself, the second click's anew."""
    place = widget.mapTo(window, at if at is not None else widget.rect().center())
    QTest.mouseDClick(window.windowHandle(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    settle()


def searches(window: Window) -> bool:
    menu = window.canvas.view.add_menu
    return menu is not None and menu.isVisible()


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_template_that_is_double_clicked_opens_as_it_is(make_window: Callable[..., Window], number: int) -> None:
    window = make_window()
    card = window.welcome.examples.cards[number]
    double_click(window, card)
    assert not window.welcoming
    assert window.document.undo_stack.count() == 0
    assert not searches(window)
    assert window.document.experiment in [load_template(name) for name in ("digits-cnn", "digits-mlp", "lenet-digits")]


def test_on_one_and_the_same_a_double_click_is_one(window: Window) -> None:
    canvas, edited = window.canvas, []
    canvas.edit_requested.connect(edited.append)
    box = canvas.scene.nodes["conv2d"].box
    double_click(window, canvas.view.viewport(), canvas.view.to_view(box.centre))
    assert edited == ["conv2d"]
    QTest.qWait(QApplication.doubleClickInterval() + 50)
    double_click(window, canvas.view.viewport(), QPoint(30, canvas.height() - 10))
    assert searches(window)


def test_a_notice_that_is_double_clicked_away_leaves_the_canvas_alone(window: Window, qtbot: QtBot) -> None:
    window.notices.tell("error", "Something happened.")
    settle()
    double_click(window, window.notices.all[0].closer)
    assert window.notices.all == []
    assert not searches(window)
    assert window.document.undo_stack.count() == 0


def test_a_command_that_is_double_clicked_in_the_palette_is_done_once(window: Window) -> None:
    window.show_commands()
    window.command_palette.line.setText("arrange")
    settle()
    results = window.command_palette.list
    double_click(window, results.viewport(), results.visualRect(results.model().index(0, 0)).center())
    assert not window.command_palette.isVisible()
    assert not searches(window)
    assert window.document.undo_stack.count() <= 1


def test_two_clicks_on_different_things_both_count_once_the_time_is_over(make_window: Callable[..., Window]) -> None:
    document = Document()
    document.open(load_template("digits-cnn"))
    window = make_window(document)
    window.notices.tell("error", "First.")
    window.notices.tell("error", "Second.")
    settle()
    for _notice in range(2):
        closer = window.notices.all[0].closer
        place = closer.mapTo(window, closer.rect().center())
        QTest.mouseClick(window.windowHandle(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
        settle()
        QTest.qWait(QApplication.doubleClickInterval() + 50)
    assert window.notices.all == []
