"""What every view keeps to: it asks only while it is seen, draws on one clock, says what to do, saves what it shows."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from looking import Engine, shown
from PySide6.QtGui import QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from dllab.document.edits import set_path
from dllab.text import PSEUDO, _, set_language
from ui.lab import Lab
from ui.shell.theme import theme
from ui.views import VIEWS
from ui.views.base import View
from ui.views.clock import Clock
from ui.views.controls import Keys
from ui.views.declared import Declaration
from ui.views.saving import save_data, save_picture

ANSWERS = {"confusion", "activations", "boundary", "predictions", "weights"}


@pytest.fixture
def engine(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Engine:
    return Engine(lab, monkeypatch)


def test_what_views_say_of_themselves_is_known_without_the_plotting_library() -> None:
    code = (
        "import sys; from ui.views import VIEWS; assert all(v.title and v.help for v in VIEWS);"
        "assert not {'pyqtgraph', 'torch', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_ids_are_unique() -> None:
    assert len({v.id for v in VIEWS}) == len(VIEWS)


@pytest.mark.parametrize("declaration", VIEWS, ids=lambda v: v.id)
def test_a_view_asks_only_while_it_is_seen(qtbot: QtBot, lab: Lab, engine: Engine, declaration: Declaration) -> None:
    view = declaration(lab)
    assert isinstance(view, View)
    assert view.declaration is declaration
    assert engine.looking() == {}
    shown(qtbot, view)
    wanted = {want.probe for want in view.wants().values()}
    assert set(engine.probes()) == wanted
    assert wanted or declaration.id not in ANSWERS
    view.hide()
    assert engine.looking() == {}
    view.show()
    assert set(engine.probes()) == wanted


@pytest.mark.parametrize("declaration", VIEWS, ids=lambda v: v.id)
def test_an_empty_view_says_what_to_do(qtbot: QtBot, lab: Lab, engine: Engine, declaration: Declaration) -> None:
    view = declaration(lab)
    shown(qtbot, view, (300, 200))
    nothing = "Nothing is clustered in this experiment: add a clustering from the palette first."
    assert view.message == (nothing if view.about == "clusters" else _(view.empty))
    assert view.accessibleName() == _(declaration.title)
    assert view.accessibleDescription() == view.message


@pytest.mark.parametrize("probe", sorted(ANSWERS))
def test_a_probe_that_does_not_apply_gives_one_sentence(qtbot: QtBot, lab: Lab, engine: Engine, probe: str) -> None:
    view = next(v for v in VIEWS if v.id == probe)(lab)
    shown(qtbot, view)
    engine.show(probe, {}, message="There is nothing to see here.")
    qtbot.waitUntil(lambda: view.message == "There is nothing to see here.")


@pytest.mark.parametrize("declaration", VIEWS, ids=lambda v: v.id)
def test_every_text_of_a_view_is_translated(qtbot: QtBot, lab: Lab, engine: Engine, declaration: Declaration) -> None:
    set_language(PSEUDO)
    view = declaration(lab)
    shown(qtbot, view)
    for widget in [view, *view.findChildren(QWidget)]:
        texts = [widget.toolTip(), widget.accessibleName(), widget.windowTitle()]
        if isinstance(widget, (QLabel, QAbstractButton)):
            texts.append(widget.text())
        for text in texts:
            assert not any(c.isalpha() for c in text) or text.startswith("⟦"), (widget, text)


def test_colours_follow_the_theme_and_nothing_keeps_a_dead_view(qtbot: QtBot, lab: Lab, engine: Engine) -> None:
    for declaration in VIEWS:
        view = declaration(lab)
        shown(qtbot, view)
        theme.use("dark")
        view.close()
        view.deleteLater()
        qtbot.waitUntil(lambda: not lab.findChildren(View))
    lab.select("linear")
    lab.look_at_sample(3)
    lab.document.apply("seed", lambda e: set_path(e, "seed", 3))
    theme.use("light")
    lab.state_changed.emit("idle")


class Counting:
    """Counts how often it is drawn."""

    def __init__(self, interval: float) -> None:
        self.interval, self.drawn = interval, 0

    def redraw(self) -> None:
        self.drawn += 1


def test_the_clock_draws_what_is_marked_no_faster_than_it_wants_and_then_stands_still(qtbot: QtBot) -> None:
    clock = Clock()
    quick, slow, idle = Counting(0.0), Counting(3600.0), Counting(0.0)
    clock.mark(quick)
    clock.mark(slow)
    qtbot.waitUntil(lambda: (quick.drawn, slow.drawn) == (1, 1))
    clock.mark(quick)
    clock.mark(slow)
    clock.mark(idle)
    clock.forget(idle)
    qtbot.waitUntil(lambda: quick.drawn == 2)
    assert (slow.drawn, idle.drawn) == (1, 0)
    clock.forget(slow)
    qtbot.waitUntil(lambda: clock._timer is not None and not clock._timer.isActive())


def test_a_reset_empties_the_views_of_the_model(qtbot: QtBot, lab: Lab, engine: Engine) -> None:
    view = next(v for v in VIEWS if v.id == "confusion")(lab)
    shown(qtbot, view)
    counts = np.eye(2, dtype=np.int64)
    engine.show("confusion", {"classes": ["a", "b"]}, counts=counts, true=np.arange(2), says=np.arange(2))
    qtbot.waitUntil(lambda: not view.message)
    lab.state_changed.emit("idle")
    qtbot.waitUntil(lambda: view.message == view.empty)


def test_pictures_and_numbers_are_saved(qtbot: QtBot, lab: Lab, engine: Engine, tmp_path: Path) -> None:
    view = next(v for v in VIEWS if v.id == "confusion")(lab)
    shown(qtbot, view, (400, 300))
    counts = np.array([[5, 1], [0, 7]])
    engine.show("confusion", {"classes": ["a", "b"]}, counts=counts, true=np.arange(2), says=np.arange(2))
    qtbot.waitUntil(lambda: not view.message)
    save_picture(view, tmp_path / "shot.png")
    image = QImage(str(tmp_path / "shot.png"))
    assert (image.width(), image.height()) == (800, 600)
    assert len({image.pixel(x, 300) for x in range(image.width())}) >= 3
    save_picture(view, tmp_path / "shot.svg")
    assert QSvgRenderer(str(tmp_path / "shot.svg")).isValid()
    save_data(view, tmp_path / "numbers.csv")
    with (tmp_path / "numbers.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["true", "a", "b"], ["a", "5", "1"], ["b", "0", "7"]]
    with pytest.raises(OSError, match=r"."):
        save_picture(view, tmp_path / "no such folder" / "shot.png")


def test_keys_that_do_not_fit_into_one_row_take_two(qtbot: QtBot) -> None:
    ground = QWidget()
    qtbot.addWidget(ground)
    layout = QVBoxLayout(ground)
    keys = Keys(ground)
    layout.addWidget(keys)
    layout.addWidget(QWidget(ground), 1)
    ground.resize(300, 200)
    ground.show()
    entry = ("●", "#000000", "a word or two of a line")
    keys.set_entries([entry])
    qtbot.waitUntil(lambda: keys.height() == keys.heightForWidth(keys.width()) > 0)
    before = keys.height()
    keys.set_entries([entry, entry, entry])
    qtbot.waitUntil(lambda: keys.height() == keys.heightForWidth(keys.width()) > 1.5 * before)
