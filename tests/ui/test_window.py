"""The window as people see it: nothing clipped, panes that move and come back, colours that can be read, states in words."""

import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from leaks import settle
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from dllab.document import edits
from dllab.document.experiment import Choice, Experiment
from dllab.engine import protocol
from dllab.templates import load_template
from ui.canvas import Canvas
from ui.canvas.items import NodeItem
from ui.document import Document
from ui.shell.icons import icon
from ui.shell.layouts import LAYOUTS
from ui.shell.notices import Action
from ui.shell.panes import Card
from ui.shell.progress import clock
from ui.shell.raised import SHADOW
from ui.shell.theme import CONTRAST, DARK, LIGHT, Tokens
from ui.shell.window import Window
from ui.views import VIEWS

ROOT = Path(__file__).resolve().parents[2]
SMALLEST = (800, 600)
SIZES = [(1440, 900), (1280, 800), (1024, 768), (960, 640), SMALLEST]


def place(widget: QWidget) -> QRect:
    """Where a widget is in its window."""
    return QRect(widget.mapTo(widget.window(), QPoint(0, 0)), widget.size())


def clipped(window: QWidget) -> list[str]:
    """Visible buttons and labels that are smaller than their words, or partly outside of what contains them."""
    found = []
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or widget.visibleRegion().isEmpty() or widget.window() is not window:
            continue
        text = widget.text() if isinstance(widget, QAbstractButton | QLabel) else ""
        if isinstance(widget, QLabel) and widget.wordWrap():
            needed = widget.heightForWidth(widget.width())
            if needed > widget.height() + 1:
                found.append(f"{text!r} needs a height of {needed}, has {widget.height()}")
        elif isinstance(widget, QAbstractButton | QLabel) and text and not _paints_itself(widget):
            lines = text.replace("&", "").split("\n")
            width = max(widget.fontMetrics().horizontalAdvance(line) for line in lines)
            icon = 0 if isinstance(widget, QLabel) or widget.icon().isNull() else widget.iconSize().width()
            if width + icon > widget.width() or widget.fontMetrics().height() > widget.height():
                found.append(f"{text!r} needs a width of {width + icon}, has {widget.size().toTuple()}")
        parent = widget.parentWidget()
        scrolls = parent is not None and parent.objectName() == "qt_scrollarea_viewport"
        if isinstance(widget, QAbstractButton) and not scrolls and not _inside_scroll(widget):
            seen = widget.visibleRegion().boundingRect().size()
            if seen != widget.size():
                found.append(f"{text or widget.accessibleName()!r} shows {seen.toTuple()} of {widget.size().toTuple()}")
    return found


def overlapping(row: QWidget) -> list[str]:
    """Parts of a row that lie over each other or over its ends."""
    parts = [child for child in row.children() if isinstance(child, QWidget) and child.isVisible()]
    parts.sort(key=QWidget.x)
    found = [f"{a!r} over {b!r}" for a, b in pairwise(parts) if a.geometry().intersects(b.geometry())]
    return found + [f"{part!r} outside" for part in parts if not row.rect().contains(part.geometry())]


def _paints_itself(widget: QWidget) -> bool:
    """Whether it shortens its text on its own, or shows an icon in its place."""
    return "paintEvent" in type(widget).__dict__


def _inside_scroll(widget: QWidget) -> bool:
    at: QWidget | None = widget
    while at is not None:
        if at.objectName() == "qt_scrollarea_viewport":
            return True
        at = at.parentWidget()
    return False


def scored_run(window: Window) -> None:
    """A run with scores and progress, without an engine."""
    lab = window.lab
    run = lab.runs.begin(window.document.experiment, "cpu")
    points = {"val_accuracy": ([34, 68], [0.9, 0.978])}
    series = {name: (protocol.pack(_ints(x)), protocol.pack(_floats(y))) for name, (x, y) in points.items()}
    lab.runs.take(protocol.State(run.id, "running"))
    lab._enter("running")
    lab.runs.take(protocol.Scalars(run.id, series))
    lab.runs.take(protocol.Progress(run.id, 240, 680, 6, 20, 812.4, 4.2))


def _ints(values: list[int]):
    import numpy as np

    return np.array(values, dtype=np.int64)


def _floats(values: list[float]):
    import numpy as np

    return np.array(values, dtype=np.float64)


# --- size -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nothing_is_clipped(make_window: Callable[..., Window], size: tuple[int, int], qtbot: QtBot) -> None:
    window = make_window(size=size)
    assert clipped(window) == []
    window.files.open_template("digits-cnn")
    QApplication.processEvents()
    qtbot.wait(50)
    assert (window.width(), window.height()) == size
    assert clipped(window) == []
    scored_run(window)
    qtbot.waitUntil(lambda: window.toprow.score.text() != "")
    window.notices.tell("error", "A sentence that is long enough to need two lines in the bar over the canvas. " * 2)
    QApplication.processEvents()
    assert clipped(window) == []
    assert overlapping(window.toprow) == []
    assert overlapping(window.statusline) == []


def test_the_window_gets_no_smaller_than_what_it_can_show(window: Window) -> None:
    window.resize(300, 200)
    QApplication.processEvents()
    assert (window.width(), window.height()) == SMALLEST


def test_chips_without_room_for_words_say_them_in_their_tooltips(window: Window) -> None:
    chip = window.toprow.data_chip
    wide = chip.toolTip()
    window.resize(*SMALLEST)
    assert chip.words == ("", "")
    assert chip.toolTip() == f"Digits · 1,797 · 10 classes\n{wide}"
    assert chip.accessibleName() == "Digits · 1,797 · 10 classes"
    window.resize(1440, 900)
    assert chip.words == ("Digits", "1,797 · 10 classes")
    assert chip.toolTip() == wide


SCALED = """
import sys
sys.path.insert(0, "tests/ui")
sys.path.insert(0, "tests/support")
from PySide6.QtCore import QEventLoop, QTimer
from test_window import clipped
from ui.session import Session

session = Session("en", "light")
session.window.resize(1024, 768)
session.window.files.open_template("digits-cnn")
session.window.show()
loop = QEventLoop()
QTimer.singleShot(400, loop.quit)
loop.exec()
print(session.window.devicePixelRatio(), clipped(session.window))
session.window.end_now()
"""


@pytest.mark.parametrize("scale", ["1.25", "2"])
def test_nothing_is_clipped_at_other_scales(home: Path, scale: str) -> None:
    environment = {**os.environ, "QT_SCALE_FACTOR": scale, "DLLAB_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", SCALED], capture_output=True, text=True, cwd=ROOT, env=environment, timeout=60
    )
    assert done.stdout.split(maxsplit=1) == [str(float(scale)), "[]\n"], done.stderr


def test_a_narrow_window_folds_the_palette_and_the_views(
    make_window: Callable[..., Window], document: Document
) -> None:
    window = make_window(document, (1440, 900))
    wide = [card.objectName() for card in window.bench.cards if not card.visibleRegion().isEmpty()]
    palette = window.bench.panes["palette"].width()
    window.resize(1024, 768)
    settle()
    narrow = [card.objectName() for card in window.bench.cards if not card.visibleRegion().isEmpty()]
    assert len(narrow) < len(wide)
    assert window.bench.panes["palette"].width() < palette
    assert window.canvas.width() > 500
    window.resize(1440, 900)
    QApplication.processEvents()
    assert [card.objectName() for card in window.bench.cards if not card.visibleRegion().isEmpty()] == wide


def test_order_of_the_window(window: Window) -> None:
    row, bench, line = place(window.toprow), place(window.bench), place(window.statusline)
    assert row.bottom() < bench.top()
    assert bench.bottom() < line.top()
    panes = window.bench.panes
    assert place(panes["palette"]).right() < place(window.canvas).left()
    assert place(window.canvas).right() < place(panes["inspector"]).left()
    assert place(window.canvas).bottom() < place(panes["curves"]).top()
    chips = [place(chip).left() for chip in window.toprow.chips.values()]
    buttons = [
        place(b).left() for b in (window.toprow.train, window.toprow.step, window.toprow.stop, window.toprow.reset)
    ]
    assert [*chips, *buttons] == sorted([*chips, *buttons])
    share = panes["curves"].height() / window.bench.height()
    assert 0.25 < share < 0.4


# --- panes and layouts ----------------------------------------------------------------------------------------------


def seen(window: Window) -> set[str]:
    return {name for name, pane in window.bench.panes.items() if not pane.visibleRegion().isEmpty()}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_named_layout(window: Window, layout: str) -> None:
    window.commands[f"layout_{layout}"].trigger()
    QApplication.processEvents()
    heads = {column[0] for column in window.layouts._columns()}
    assert heads <= seen(window)
    assert {"palette", "inspector"} <= seen(window)


def test_each_layout_is_remembered_as_it_was_left(make_window: Callable[..., Window], document: Document) -> None:
    window = make_window(document)
    window.commands["pane_inspector"].trigger()
    window.commands["layout_build"].trigger()
    QApplication.processEvents()
    assert "inspector" in seen(window)
    window.commands["layout_train"].trigger()
    QApplication.processEvents()
    assert "inspector" not in seen(window)
    window.close()
    again = make_window(document)
    assert "inspector" not in seen(again)
    again.commands["layout_reset"].trigger()
    QApplication.processEvents()
    assert "inspector" in seen(again)


def test_a_damaged_memory_of_the_layout_is_forgotten(make_window: Callable[..., Window], document: Document) -> None:
    window = make_window()
    window.settings.setValue("layout/train/wide", b"rubbish")
    window.settings.setValue("layout/name", "nonsense")
    window.settings.setValue("window/geometry", "rubbish")
    window.close()
    again = make_window(document)
    assert {"curves", "activations", "confusion", "palette", "inspector"} <= seen(again)


def test_a_pane_is_closed_brought_back_and_floated(window: Window, qtbot: QtBot) -> None:
    pane = window.bench.panes["curves"]
    pane.close()
    QApplication.processEvents()
    window.commands.refresh()
    assert not window.commands["pane_curves"].isChecked()
    window.commands["pane_curves"].trigger()
    QApplication.processEvents()
    assert "curves" in seen(window)
    pane.setFloating(True)
    qtbot.waitUntil(pane.isVisible)
    assert pane.isWindow()
    window.commands["layout_reset"].trigger()
    assert not pane.isWindow()


def test_locked_panes_stay(window: Window) -> None:
    window.commands["lock"].trigger()
    movable = [p for p in window.bench.panes.values() if p.features() & p.DockWidgetFeature.DockWidgetMovable]
    assert movable == []
    window.commands["lock"].trigger()
    assert all(p.features() & p.DockWidgetFeature.DockWidgetMovable for p in window.bench.panes.values())


def test_tabs_of_a_card_bring_another_view_to_the_front(window: Window, qtbot: QtBot) -> None:
    card = window.bench.panes["activations"]
    assert isinstance(card, Card)
    qtbot.waitUntil(lambda: card.header.tabs.count() == 3)
    tabs = card.header.tabs
    assert [tabs.tabText(n) for n in range(3)] == ["Activations", "Weights", "Embedding"]
    qtbot.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(1).center())
    qtbot.waitUntil(lambda: "weights" in seen(window))
    assert "activations" not in seen(window)


def test_only_what_is_seen_is_made_and_asked_for(window: Window, qtbot: QtBot) -> None:
    cards = {card.objectName(): card for card in window.bench.cards}
    qtbot.waitUntil(lambda: cards["activations"].view is not None)
    assert cards["weights"].view is None
    window.layouts.show("weights")
    qtbot.waitUntil(lambda: cards["weights"].view is not None and cards["weights"].view.isVisible())
    view = cards["activations"].view
    assert view is not None
    assert not view.isVisible(), "what lies behind a tab is hidden, so it asks the engine for nothing"


def test_views_of_results_suit_the_data(window: Window) -> None:
    assert window.layouts.shown("confusion")
    assert not window.layouts.shown("predictions")
    window.document.apply("Data", lambda e: e.model_copy(update={"data": Choice(kind="diabetes")}))
    assert window.layouts.shown("predictions")
    assert not window.layouts.shown("confusion")
    window.document.apply("Data", lambda e: e.model_copy(update={"data": Choice(kind="moons")}))
    assert window.layouts.shown("boundary")
    assert window.layouts.shown("confusion")
    assert not window.layouts.shown("predictions")


def test_a_plane_brings_its_boundary_whatever_was_open_before(window: Window) -> None:
    assert not window.layouts.shown("boundary")
    window.document.open(load_template("spiral-mlp"))
    assert window.layouts.shown("boundary")
    window.layouts.toggle("confusion")
    window.document.apply("noise", lambda e: edits.set_path(e, "data.params", {"noise": 0.3}))
    assert not window.layouts.shown("confusion"), "a view that was closed stays closed"
    window.document.open(load_template("digits-cnn"))
    assert not window.layouts.shown("boundary")


def test_an_arrangement_kept_with_other_data_suits_the_data_of_now(window: Window) -> None:
    window.layouts.use("inspect")
    window.layouts.use("train")
    window.layouts.use("inspect")
    window.document.open(load_template("spiral-mlp"))
    window.layouts.use("train")
    assert window.layouts.shown("boundary")


def test_views_inside_layers_suit_the_network(window: Window) -> None:
    layouts = window.layouts
    assert not layouts.shown("attention")
    assert not layouts.shown("gates")
    window.document.open(load_template("text-attention"))
    assert layouts.shown("attention")
    layouts.use("inspect")
    assert layouts._columns()[0][0] == "attention"
    window.document.open(load_template("adding-lstm"))
    assert layouts.shown("gates")
    assert not layouts.shown("attention")
    layouts.use("build")
    assert not layouts.shown("gates")


def test_a_card_saves_its_picture_and_its_data(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    card = next(card for card in window.bench.cards if card.objectName() == "curves")
    for what, name in (("picture", "a.png"), ("picture", "a.svg"), ("data", "a.csv")):
        window.bench.save_card(card, what, tmp_path / name)
        assert (tmp_path / name).stat().st_size > 0
    assert window.notices.all[-1].sentence == "a.csv is saved."
    window.bench.save_card(card, "data", tmp_path / "no such folder" / "a.csv")
    assert window.notices.all[-1].sentence == "a.csv could not be saved: there is no such file or folder."


def test_a_card_says_what_one_looks_at(window: Window, qtbot: QtBot) -> None:
    card = window.bench.panes["curves"]
    assert isinstance(card, Card)
    qtbot.mouseClick(card.header.help, Qt.MouseButton.LeftButton)
    labels = [label.text() for label in window.findChildren(QLabel) if label.isVisible()]
    assert VIEWS[0].help in labels


# --- top row and status line ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["data", "recipe", "device"])
def test_a_chip_opens_its_editor_and_escape_closes_it(window: Window, qtbot: QtBot, name: str) -> None:
    chip = window.toprow.chips[name]
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    panel = window.toprow._panels[chip]
    assert panel.isVisible()
    assert window.rect().contains(place(panel))
    assert place(panel).top() >= place(chip).bottom()
    assert panel.isAncestorOf(QApplication.focusWidget())
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert not panel.isVisible()
    assert chip.hasFocus()


def test_a_press_beside_a_panel_closes_it(window: Window, qtbot: QtBot) -> None:
    chip = window.toprow.recipe_chip
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    panel = window.toprow._panels[chip]
    view = window.canvas.view.viewport()
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(view.width() - 30, 300))
    assert not panel.isVisible()
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert panel.isVisible()
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert not panel.isVisible()


def test_chips_follow_the_document(window: Window) -> None:
    assert window.toprow.data_chip.words == ("Digits", "1,797 · 10 classes")
    window.document.apply("Rate", lambda e: edits.set_path(e, "training.learning_rate", 0.05))
    assert window.toprow.recipe_chip.words == ("Adam · 0.05", "batch 32")
    window.document.undo_stack.undo()
    assert window.toprow.recipe_chip.words == ("Adam · 0.002", "batch 32")


def test_a_run_is_shown_as_it_goes(window: Window, qtbot: QtBot) -> None:
    scored_run(window)
    row = window.toprow
    qtbot.waitUntil(lambda: row.score.text() == "val 97.8 %")
    assert row.progress.epoch.text() == "Epoch 7 of 20"
    assert row.progress.rate.text() == "0:04 left · 812 steps/s"
    assert row.progress.bar.value() == 353
    window.commands.refresh()
    assert row.train.text() == "Pause"
    assert not row.step.isEnabled()
    assert window.statusline.state.whole == "Training on Device"
    assert window.statusline.sealed.whole == "450 test samples sealed"


def test_the_test_score_is_shown_only_once_opened_and_openings_are_counted(window: Window, qtbot: QtBot) -> None:
    scored_run(window)
    run = window.lab.runs.current
    assert run is not None
    assert run.test is None
    sealed = window.statusline.sealed
    qtbot.waitUntil(lambda: sealed.whole == "450 test samples sealed")
    for times, words in ((1, "test 97.1 % · opened 1 time"), (2, "test 97.1 % · opened 2 times")):
        window.lab.runs.take(protocol.TestScore(run.id, {"loss": 0.1, "accuracy": 0.971}, times))
        qtbot.waitUntil(lambda words=words: sealed.whole == words)


def test_training_that_cannot_be_is_explained(window: Window) -> None:
    window.document.apply("Clear", lambda e: Experiment())
    window.commands.refresh()
    assert not window.commands["train"].isEnabled()
    assert "The network has no Input" in window.commands["train"].toolTip()


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (4.4, "0:04"), (75, "1:15"), (3605, "1:00:05"), (1e12, "99:59:59"), (-3, "0:00")]
)
def test_time_left(seconds: float, text: str) -> None:
    assert clock(seconds) == text


# --- notices --------------------------------------------------------------------------------------------------------


def test_notices_stack_repeat_and_go(window: Window, qtbot: QtBot) -> None:
    for text in ("one", "two", "two", "three", "four"):
        window.notices.tell("error", text)
    assert [notice.sentence for notice in window.notices.all] == ["two", "three", "four"]
    QApplication.processEvents()
    qtbot.mouseClick(window.notices.all[1].closer, Qt.MouseButton.LeftButton)
    assert [notice.sentence for notice in window.notices.all] == ["two", "four"]


def hidden_by_notices(window: Window) -> list[str]:
    """What of the canvas lies below a notice."""
    canvas, found = window.canvas, []
    for notice in window.notices.all:
        surface = place(notice).adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)
        surface.translate(-place(canvas).topLeft())
        found += [name for name, item in canvas.scene.nodes.items() if surface.intersects(seen_at(canvas, item))]
        found += ["map"] if canvas.minimap.isVisible() and surface.intersects(canvas.minimap.geometry()) else []
    return found


def seen_at(canvas: Canvas, item: NodeItem) -> QRect:
    box = item.box
    return QRect(canvas.view.to_view((box.x, box.y)), canvas.view.to_view((box.right, box.bottom)))


LONG = "A sentence that is long enough to need two lines in the bar over the canvas, and some of a third. "


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), SMALLEST], ids=str)
def test_a_fitted_network_makes_way_for_notices(
    make_window: Callable[..., Window], document: Document, size: tuple[int, int]
) -> None:
    window = make_window(document, size)
    canvas = window.canvas
    before = {name: seen_at(canvas, item) for name, item in canvas.scene.nodes.items()}
    for count in (1, 2) if size != SMALLEST else (1,):
        window.notices.tell("error", f"{count}. {LONG}")
        settle()
        assert len(window.notices.all) == count
        assert hidden_by_notices(window) == []
        assert window.canvas.rect().contains(canvas.minimap.geometry())
    for notice in list(window.notices.all):
        notice.dismiss()
    settle()
    assert {name: seen_at(canvas, item) for name, item in canvas.scene.nodes.items()} == before


def test_notices_follow_the_canvas_below_the_way_into_a_group(window: Window) -> None:
    window.notices.tell("error", LONG)
    settle()
    middle = place(window.notices).center().x()
    window.commands["pane_inspector"].trigger()
    settle()
    assert place(window.notices).center().x() > middle
    group = next(iter(group_of(window, ["relu"])))
    window.document.page.enter(group)
    settle()
    assert window.canvas.breadcrumb.isVisible()
    assert place(window.notices).top() + SHADOW > place(window.canvas.breadcrumb).bottom()


def group_of(window: Window, ids: list[str]) -> set[str]:
    before = set(window.document.experiment.model.nodes)
    window.canvas.select(ids)
    window.canvas.group_selected()
    window.canvas.view.close_inline()
    return set(window.document.experiment.model.nodes) - before


def test_nothing_moves_away_under_a_hand_and_what_was_zoomed_stays(window: Window, qtbot: QtBot) -> None:
    canvas = window.canvas
    item = canvas.scene.nodes["conv2d"]
    held = seen_at(canvas, item)
    qtbot.mousePress(canvas.view.viewport(), Qt.MouseButton.LeftButton, pos=held.center())
    qtbot.mouseMove(canvas.view.viewport(), held.center() + QPoint(1, 0))
    assert canvas.view.gesture is not None
    zoom = canvas.view.zoom
    for number in (1, 2, 3):
        window.notices.tell("error", f"{number}. {LONG}")
    settle()
    assert canvas.view.zoom == zoom
    assert seen_at(canvas, canvas.scene.nodes["relu"]).height() == held.height()
    qtbot.mouseRelease(canvas.view.viewport(), Qt.MouseButton.LeftButton, pos=held.center())
    canvas.zoom_reset()
    there = seen_at(canvas, item)
    window.notices.tell("error", f"4. {LONG}")
    settle()
    assert seen_at(canvas, item) == there


def test_a_notice_offers_something_to_do(window: Window, qtbot: QtBot) -> None:
    done: list[str] = []
    window.notices.tell("info", "Something happened.", Action("Mend it", lambda: done.append("mended")))
    QApplication.processEvents()
    qtbot.mouseClick(window.notices.all[0].buttons[0], Qt.MouseButton.LeftButton)
    assert done == ["mended"]
    assert window.notices.all == []


def test_details_of_the_unexpected_can_be_copied(window: Window, qtbot: QtBot) -> None:
    window.notices.tell_unexpected("Something went wrong.", "Traceback …")
    QApplication.processEvents()
    qtbot.mouseClick(window.notices.all[0].buttons[0], Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == "Traceback …"


def test_a_refused_edit_is_told(window: Window) -> None:
    window.document.apply("Loop", lambda e: edits.set_path(e, "training.batch_size", 0))
    assert window.notices.all[0].severity == "warning"


# --- theme ----------------------------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4

    c = QColor(colour)
    return 0.2126 * linear(c.redF()) + 0.7152 * linear(c.greenF()) + 0.0722 * linear(c.blueF())


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("tokens", [LIGHT, DARK, CONTRAST], ids=["light", "dark", "contrast"])
def test_texts_can_be_read(tokens: Tokens) -> None:
    for ground in (tokens.background, tokens.surface, tokens.canvas, tokens.node, tokens.field, tokens.hover):
        for text in ("text", "muted", "accent", "good", "warning", "bad"):
            wanted = 7 if tokens is CONTRAST else 4.5
            assert contrast(getattr(tokens, text), ground) >= wanted, f"{text} on {ground}"
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5
    for name, colour in tokens.families.items():
        assert contrast(colour, tokens.node) >= 3, name
    for mark in (tokens.train, tokens.validation):
        assert contrast(mark, tokens.surface) >= 3


def test_the_theme_is_switched_and_remembered(window: Window) -> None:
    window.commands["theme_dark"].trigger()
    assert QApplication.palette().window().color() == QColor(DARK.background)
    assert window.grab().toImage().pixelColor(4, window.height() - 6) == QColor(DARK.background)
    assert window.settings.value("theme") == "dark"
    window.commands["theme_switch"].trigger()
    assert window.grab().toImage().pixelColor(4, window.height() - 6) == QColor(LIGHT.background)


@pytest.mark.parametrize("size", [QSize(0, 0), QSize(16, 0), QSize(-1, 16), QSize(16, 16)], ids=str)
def test_an_icon_may_be_asked_for_at_any_size(qtbot: QtBot, size: QSize) -> None:
    target = QPixmap(20, 20)
    target.fill(Qt.GlobalColor.white)
    before = target.toImage()
    painter = QPainter(target)
    icon("play", "#000000").paint(painter, QRect(QPoint(2, 2), size))
    painter.end()
    assert icon("play", "#000000").pixmap(size).isNull() == size.isEmpty()
    assert (target.toImage() != before) == (not size.isEmpty())


# --- access ---------------------------------------------------------------------------------------------------------


def test_everything_that_can_be_pressed_has_a_name_and_a_tooltip_or_text(window: Window) -> None:
    nameless = [
        f"{button!r}"
        for button in window.findChildren(QAbstractButton)
        if not (button.text() or button.accessibleName()) or not (button.text() or button.toolTip())
        if button.isVisible() and not isinstance(button.parent(), QTabBar | QLineEdit)
    ]
    assert nameless == []


def test_the_window_is_walked_by_tab(window: Window, qtbot: QtBot) -> None:
    window.toprow.data_chip.setFocus()
    visited: list[QWidget] = []
    for _step in range(60):
        focused = QApplication.focusWidget()
        if focused is None or focused in visited:
            break
        visited.append(focused)
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    assert set(window.toprow.chips.values()) <= set(visited)
    assert {window.toprow.train, window.toprow.step, window.toprow.reset} & set(visited)


def test_templates_open_and_fit(window: Window) -> None:
    for template in ("spiral-mlp", "digits-cnn"):
        window.files.open_template(template)
        assert window.document.experiment == load_template(template)
