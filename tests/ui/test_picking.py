"""Linked selection: samples picked in one view are marked in all."""

import numpy as np
import pytest
from looking import LEFT, Engine, draw_around, shown
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dllab.document.edits import set_path
from dllab.engine import protocol
from dllab.engine.summary import summarise
from ui.lab import Lab
from ui.shell.window import Window
from ui.views.base import View
from ui.views.boundary import Boundary
from ui.views.confusion import Confusion
from ui.views.data import Data
from ui.views.matrix import PICKED
from ui.views.picking import inside
from ui.views.predictions import Predictions

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def engine(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine(lab, monkeypatch)
    engine.begin()
    return engine


def drawn(qtbot: QtBot, view: View) -> None:
    qtbot.waitUntil(lambda: not view.message)
    view.redraw()
    for _round in range(2):
        QApplication.processEvents()
        view.grab()


@pytest.fixture
def predictions(qtbot: QtBot, lab: Lab, engine: Engine) -> Predictions:
    view = Predictions(lab)
    shown(qtbot, view)
    true = np.array([[0.0], [1.0], [2.0], [3.0]], np.float32)
    says = np.array([[0.1], [1.2], [1.9], [3.0]], np.float32)
    engine.show("predictions", {"targets": ["t"], "r2": 0.9, "mae": 0.1}, true=true, says=says)
    drawn(qtbot, view)
    return view


def ringed(rings: object) -> list[float]:
    x, _y = rings.getData()  # type: ignore[attr-defined]
    return sorted(np.round(x, 3).tolist())


def test_a_rectangle_with_shift_picks_and_ctrl_adds(qtbot: QtBot, predictions: Predictions, lab: Lab) -> None:
    told: list[object] = []
    lab.picked_changed.connect(told.append)
    draw_around(qtbot, predictions.pairs, [(0.5, 0.5), (2.5, 2.5)], SHIFT)
    assert lab.picked == (1, 2)
    assert [ringed(p.rings) for p in predictions.picking] == [[1, 2], [1.2, 1.9]]
    draw_around(qtbot, predictions.residuals, [(-0.4, 0.05), (0.5, 0.15)], SHIFT | CTRL)
    assert lab.picked == (0, 1, 2)
    draw_around(qtbot, predictions.pairs, [(2.2, 0.1), (2.4, 0.2)], SHIFT)
    assert lab.picked == ()
    assert ringed(predictions.picking[0].rings) == []
    assert told == [(1, 2), (0, 1, 2), ()]


def test_a_free_line_picks_what_it_goes_around(qtbot: QtBot, predictions: Predictions, lab: Lab) -> None:
    picking = predictions.picking[0]
    qtbot.mouseClick(picking.button, LEFT)
    around = [(-0.1, -0.1), (-0.1, 3.2), (3.1, 3.2), (3.1, 2.8), (0.4, 2.8), (0.4, -0.1)]
    draw_around(qtbot, predictions.pairs, around)
    assert lab.picked == (0, 3)
    qtbot.keyClick(predictions.pairs, Qt.Key.Key_Escape)
    assert not picking.button.isChecked()
    assert lab.picked == (0, 3)


def test_inside_is_the_even_odd_rule() -> None:
    bow = np.array([[0, 0], [2, 2], [2, 0], [0, 2]], float)
    points = np.array([[0.2, 1.0], [1.8, 1.0], [1.0, 0.2], [1.0, 1.8], [3.0, 1.0]])
    assert inside(points, bow).tolist() == [True, True, False, False, False]


def test_inside_of_any_outline_agrees_with_the_rule_point_by_point() -> None:
    random = np.random.default_rng(1)
    points, outline = random.normal(size=(300, 2)), random.normal(size=(9, 2))
    edges = list(zip(outline, np.roll(outline, -1, axis=0), strict=True))

    def odd(x: float, y: float) -> bool:
        met = [a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]) for a, b in edges if (a[1] > y) != (b[1] > y)]
        return sum(place > x for place in met) % 2 == 1

    expected = [odd(*point) for point in points]
    assert 0 < sum(expected) < 300
    assert inside(points, outline).tolist() == expected


def test_the_boundary_rings_validation_points_only(qtbot: QtBot, lab: Lab, engine: Engine) -> None:
    view = Boundary(lab)
    shown(qtbot, view)
    points = np.array([[0.2, 0.2], [0.8, 0.8], [0.4, 0.4]], np.float32)
    labels = {"extent": [0.0, 1.0, 0.0, 1.0], "classes": ["a", "b"], "features": ["x", "y"]}
    arrays = {"x": points, "y": np.array([0, 1, 1]), "validation": np.array([False, True, True])}
    engine.show("boundary", labels, grid=np.full((9, 9, 2), 0.5, np.float32), **arrays)
    drawn(qtbot, view)
    lab.pick([1])
    assert ringed(view.picking.rings) == [0.4]
    draw_around(qtbot, view.plot, [(0.1, 0.1), (0.9, 0.9)], SHIFT)
    assert lab.picked == (0, 1)


def test_cells_of_picked_samples_are_marked_and_a_cell_picks_its_own(qtbot: QtBot, lab: Lab, engine: Engine) -> None:
    view = Confusion(lab)
    shown(qtbot, view)
    true, says = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    counts = np.array([[1, 1], [0, 2]])
    engine.show("confusion", {"classes": ["ant", "bee"]}, counts=counts, true=true, says=says)
    lab.pick([1, 3])
    drawn(qtbot, view)
    model = view.matrix.model_
    assert [[model.data(model.index(i, j), PICKED) for j in (0, 1)] for i in (0, 1)] == [[0, 1], [0, 1]]
    assert model.words(0, 1).endswith("· 1 picked")
    view.open_cell(1, 1)
    engine.show("samples", {"features": ["f"], "true": ["bee", "bee"], "says": ["bee", "bee"]}, x=np.eye(2))
    drawn(qtbot, view)
    rows = view.gallery.table.model()
    assert [rows.index(i, 0).data() for i in (0, 1)] == ["bee", "◉ bee"]
    qtbot.mouseClick(view.pick_button, LEFT)
    assert lab.picked == (2, 3)


def test_the_data_view_shows_what_is_picked(qtbot: QtBot, lab: Lab, engine: Engine) -> None:
    lab.link.is_ready = True
    view = Data(lab)
    shown(qtbot, view)
    look = [c for c in engine.sent if isinstance(c, protocol.Look)][-1]
    lab.link._deliver(summarise(look))
    drawn(qtbot, view)
    lab.pick([4, 7])
    assert engine.params("samples") == {"indices": [4, 7]}
    labels = {"features": [], "indices": [4, 7], "true": ["4", "7"], "says": ["4", "1"]}
    engine.show("samples", labels, x=np.ones((2, 1, 8, 8), np.float32))
    drawn(qtbot, view)
    assert view.tabs.tabs[-1] == ("picked", "Picked (2)")
    view.tabs.choose("picked")
    drawn(qtbot, view)
    images = view.picked.images
    assert [images.model().index(i, 0).data() for i in (0, 1)] == ["4", "7 → 1"]
    qtbot.mouseClick(images.viewport(), LEFT, pos=images.visualRect(images.model().index(1, 0)).center())
    assert lab.sample == 7
    header, rows = view.rows()
    assert (header[:2], header[-2:]) == (["sample", "x0"], ["true", "says"])
    assert [(row[0], row[-1]) for row in rows] == [(4, "4"), (7, "1")]
    lab.pick(())
    drawn(qtbot, view)
    assert view.tabs.current == "samples"
    assert engine.probes() == []


def test_other_data_forgets_what_was_picked(lab: Lab) -> None:
    lab.pick([3, 1, 3, -2])
    assert lab.picked == (1, 3)
    lab.document.apply("rate", lambda e: set_path(e, "training.learning_rate", 0.5))
    assert lab.picked == (1, 3)
    lab.document.apply("seed", lambda e: set_path(e, "seed", 9))
    assert lab.picked == ()


def test_escape_forgets_what_was_picked_before_it_goes_to_the_canvas(qtbot: QtBot, window: Window) -> None:
    window.lab.pick([1])
    pane = window.bench.panes["curves"]
    qtbot.keyClick(pane, Qt.Key.Key_Escape)
    assert window.lab.picked == ()
