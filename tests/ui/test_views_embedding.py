"""The embedding: directions that keep their sign, colours, and samples that are pointed at, followed and picked."""

import numpy as np
import pytest
from looking import LEFT, Engine, draw_around, hover, place_of, shown
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ui.lab import Lab
from ui.shell.theme import theme
from ui.views.clustering import cluster_colour, cluster_symbol
from ui.views.embedding import Embedding

POINTS = np.array([[-3.0, 0.0], [-1.0, 1.0], [1.0, -1.0], [3.0, 0.5]])
TRUE, SAYS = np.array([0, 1, 1, 2]), np.array([0, 1, 2, 2])
LOSS = np.array([0.1, 0.2, 3.0, 0.4])


@pytest.fixture
def engine(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine(lab, monkeypatch)
    engine.begin()
    return engine


@pytest.fixture
def view(qtbot: QtBot, lab: Lab, engine: Engine) -> Embedding:
    view = Embedding(lab)
    shown(qtbot, view)
    show(qtbot, view, engine)
    return view


def show(
    qtbot: QtBot, view: Embedding, engine: Engine, points: np.ndarray = POINTS, clustering: str = "", **more: np.ndarray
) -> None:
    labels = {
        "node": "linear", "features": 64, "explained": [0.5, 0.25], "classes": ["ant", "bee", "cat"], "targets": [],
        "samples": 270,
    }  # fmt: skip
    labels |= {"clustering": clustering} if clustering else {}
    engine.show("embedding", labels, points=points, true=TRUE, says=SAYS, loss=LOSS, **more)
    drawn(qtbot, view)


def drawn(qtbot: QtBot, view: Embedding) -> None:
    qtbot.waitUntil(lambda: not view.message)
    view.redraw()
    for _round in range(2):
        QApplication.processEvents()
        view.grab()


def placed(view: Embedding) -> list[list[float]]:
    """Every point drawn, by its x."""
    parts = [np.column_stack(item.getData()) for item in view.points._items if len(item.data)]
    return sorted(np.concatenate(parts).tolist())


def test_points_keep_their_side_when_a_direction_changes_its_sign(
    qtbot: QtBot, view: Embedding, engine: Engine
) -> None:
    assert placed(view) == POINTS.tolist()
    show(qtbot, view, engine, POINTS * [-1.0, 1.0] * 1.1)
    assert placed(view) == pytest.approx(POINTS * 1.1)
    show(qtbot, view, engine, POINTS * [1.0, -1.0])
    assert placed(view) == POINTS.tolist()


def test_how_much_is_seen_is_said(view: Embedding) -> None:
    assert view.caption.text() == (
        "PCA of 64 numbers: shows 75.0 % of the variance (50.0 % + 25.0 %) · first 4 of 270 samples"
    )
    assert view.accessibleDescription().endswith(view.caption.text())


def test_colours_tell_class_error_loss_and_cluster(qtbot: QtBot, view: Embedding, engine: Engine) -> None:
    assert [len(item.data) for item in view.points._items] == [1, 2, 1]
    view.colours.choose("error")
    drawn(qtbot, view)
    right, wrong = view.points._items
    assert (len(right.data), len(wrong.data)) == (3, 1)
    assert wrong.getData()[0].tolist() == [1.0]
    assert wrong.opts["symbol"] == "x"
    assert right.opts["brush"].color() == QColor(theme.tokens.good)
    view.colours.choose("loss")
    drawn(qtbot, view)
    assert view.scale.isVisible()
    assert view.scale.accessibleDescription() == "Colours from 0 to 3"
    assert placed(view) == POINTS.tolist()
    view.colours.choose("cluster")
    assert engine.params("embedding")["clusters"] == 10
    show(qtbot, view, engine, cluster=np.array([0, 0, 1, 1]))
    assert [len(item.data) for item in view.points._items][:3] == [2, 2, 0]
    assert view.caption.text().startswith("clusters by k-means, as none of the canvas follows this layer · PCA of 64")


def test_clusters_of_the_canvas_look_as_in_their_own_views(qtbot: QtBot, view: Embedding, engine: Engine) -> None:
    view.colours.choose("cluster")
    show(qtbot, view, engine, clustering="flatten", cluster=np.array([2, -2, -1, 2]))
    assert view.caption.text().startswith("clusters of Flatten on the canvas · PCA of 64")
    assert [words for _mark, _colour, words in view.keys._entries] == [
        "not among those clustered",
        "noise",
        "cluster 2",
    ]
    unseen, noise, second = view.points._items
    assert [len(item.data) for item in (unseen, noise, second)] == [1, 1, 2]
    assert noise.opts["symbol"] == "x"
    assert second.opts["symbol"] == cluster_symbol(2)
    assert second.opts["brush"].color() == cluster_colour(2, theme.tokens)
    hover(qtbot, view.plot.viewport(), place_of(view.plot, 3.0, 0.5))
    assert view.plot.readout.plain.endswith("cluster 2")


def test_a_sample_is_read_seen_and_followed(qtbot: QtBot, view: Embedding, engine: Engine, lab: Lab) -> None:
    assert engine.params("samples") == {"indices": [0]}
    place = place_of(view.plot, 1.0, -1.0)
    hover(qtbot, view.plot.viewport(), place)
    assert view.plot.readout.plain == "sample 2; true bee; predicted cat; loss 3"
    assert engine.params("samples") == {"indices": [2]}
    engine.show("samples", {"indices": [2], "true": ["bee"], "says": ["cat"]}, x=np.ones((1, 1, 8, 8), np.float32))
    drawn(qtbot, view)
    assert view.sample.is_image
    qtbot.mouseClick(view.plot.viewport(), LEFT, pos=place_of(view.plot, 1.0, -1.0))
    assert lab.sample == 2


def test_points_are_picked_here_and_ringed(qtbot: QtBot, view: Embedding, lab: Lab) -> None:
    draw_around(qtbot, view.plot, [(-3.4, -0.6), (-0.5, 1.4)], Qt.KeyboardModifier.ShiftModifier)
    assert lab.picked == (0, 1)
    drawn(qtbot, view)
    assert sorted(view.picking.rings.getData()[0].tolist()) == [-3, -1]
    assert view.clear_button.text() == "2 picked · forget"
    qtbot.mouseClick(view.clear_button, LEFT)
    assert lab.picked == ()


def test_by_keys_points_are_read_picked_and_followed(qtbot: QtBot, view: Embedding, lab: Lab) -> None:
    view.plot.setFocus()
    qtbot.keyClick(view.plot, Qt.Key.Key_Right)
    first = view._pointed
    assert view.plot.readout.plain.startswith(f"sample {first};")
    while view._pointed != 3:
        qtbot.keyClick(view.plot, Qt.Key.Key_Right)
    qtbot.keyClick(view.plot, Qt.Key.Key_Space)
    assert lab.picked == (3,)
    qtbot.keyClick(view.plot, Qt.Key.Key_Return)
    assert lab.sample == 3


def test_numbers_are_saved_with_the_names_of_classes(view: Embedding) -> None:
    header, rows = view.rows()
    assert header == ["sample", "x", "y", "true", "says", "loss"]
    assert list(rows)[2] == (2, 1.0, -1.0, "bee", "cat", 3.0)


def test_a_narrow_card_has_no_room_for_the_sample(qtbot: QtBot, view: Embedding, engine: Engine) -> None:
    view.resize(320, 240)
    drawn(qtbot, view)
    assert not view.sample.isVisible()
    assert engine.probes() == ["embedding"]
