"""Pictures on request: the loss landscape, maps of neighbours; how far they are, and giving them up."""

import numpy as np
import pytest
from looking import LEFT, Engine, hover, place_of, shown
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ui.lab import Lab
from ui.views.base import View
from ui.views.embedding import Embedding
from ui.views.landscape import Landscape

PLACES = np.linspace(-1, 1, 5)
LOSS = 1 + PLACES[None, :] ** 2 + 0.5 * PLACES[:, None]


@pytest.fixture
def engine(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine(lab, monkeypatch)
    engine.begin()
    lab.state = "running"
    return engine


@pytest.fixture
def view(qtbot: QtBot, lab: Lab, engine: Engine) -> Landscape:
    view = Landscape(lab)
    shown(qtbot, view)
    drawn(qtbot, view)
    return view


def drawn(qtbot: QtBot, view: View) -> None:
    qtbot.waitUntil(lambda: not view.message)
    view.redraw()
    for _round in range(2):
        QApplication.processEvents()
        view.grab()


def answer(engine: Engine, loss: np.ndarray = LOSS, progress: float = 1.0) -> None:
    labels = {"samples": 256, "whole": 270, "progress": progress, "here": float(loss[2, 2]), "along": "random"}
    engine.show("landscape", labels, loss=loss, places=PLACES, heights=PLACES)


def test_nothing_is_asked_before_somebody_asks(qtbot: QtBot, view: Landscape, engine: Engine) -> None:
    assert engine.probes() == []
    qtbot.mouseClick(view.bar.ask_button, LEFT)
    assert engine.params("landscape") == {"resolution": 15, "along": "random", "seed": 0, "asked": 1}
    drawn(qtbot, view)
    assert view.bar.cancel_button.isVisible()
    half = np.where(np.arange(25).reshape(5, 5) < 13, LOSS, np.nan)
    answer(engine, half, 0.5)
    drawn(qtbot, view)
    assert view.bar.bar.accessibleDescription() == "50.0 %"
    answer(engine)
    drawn(qtbot, view)
    assert engine.probes() == []
    assert view.bar.ask_button.text() == "Compute again"
    assert view.caption.text() == ("+ the weights of step 800: loss 1 · around it 0.5 to 2.5 · 256 validation samples")
    assert view.scale.accessibleDescription() == "Colours from 0.5 to 2.5"
    assert view.image.image.shape[:2] == (50, 50), "the finished map is drawn, in between the places too"


def test_a_place_tells_its_loss(qtbot: QtBot, view: Landscape, engine: Engine) -> None:
    view._compute()
    answer(engine)
    drawn(qtbot, view)
    hover(qtbot, view.plot.viewport(), place_of(view.plot, 1.0, -0.5))
    assert view.plot.readout.plain == "1 · first, −0.5 · second direction; loss 1.75; 0.75 more than here"
    hover(qtbot, view.plot.viewport(), place_of(view.plot, 0.0, 0.0))
    assert view.plot.readout.plain.endswith("loss 1")
    header, rows = view.rows()
    assert header == ["first", "second", "loss"]
    assert next(iter(rows)) == (-1.0, -1.0, 1.5)


def test_it_can_be_given_up_and_other_directions_tried(qtbot: QtBot, view: Landscape, engine: Engine) -> None:
    view.finesse.choose("41")
    qtbot.mouseClick(view.bar.ask_button, LEFT)
    drawn(qtbot, view)
    qtbot.mouseClick(view.bar.cancel_button, LEFT)
    assert engine.probes() == []
    qtbot.mouseClick(view.bar.ask_button, LEFT)
    answer(engine)
    drawn(qtbot, view)
    qtbot.mouseClick(view.other_button, LEFT)
    assert engine.params("landscape") == {"resolution": 41, "along": "random", "seed": 1, "asked": 3}


def test_along_the_path_of_training_the_way_is_drawn(qtbot: QtBot, view: Landscape, engine: Engine) -> None:
    qtbot.mouseClick(view.bar.ask_button, LEFT)
    answer(engine)
    drawn(qtbot, view)
    view.along.choose("path")
    assert engine.params("landscape") == {"resolution": 15, "along": "path", "seed": 0, "asked": 2}
    way = np.array([[-3.0, -1.0], [-1.0, 0.5], [0.0, 0.0]])
    labels = {
        "samples": 256, "progress": 1.0, "here": 0.25, "along": "path", "steps": [0, 40, 800], "shares": [0.8, 0.15],
    }  # fmt: skip
    engine.show("landscape", labels, loss=LOSS, places=2 * PLACES - 1.5, heights=2 * PLACES - 0.25, path=way)
    drawn(qtbot, view)
    assert view.path.getData()[0].tolist() == [-3, -1, 0]
    assert [point.pos().x() for point in view.begin.points()] == [-3]
    assert not view.other_button.isVisible()
    assert view.caption.text().startswith(
        "○ step 0 to + step 800: loss 0.25 · the directions hold 80.0 % and 15.0 % of the way"
    )
    hover(qtbot, view.plot.viewport(), place_of(view.plot, 0.5, -2.25))
    assert view.plot.readout.plain.startswith("0.5 · first, −2.25 · second direction; loss 1.5")
    _header, rows = view.rows()
    assert next(iter(rows)) == (-3.5, -2.25, 1.5)
    view.along.choose("random")
    answer(engine)
    drawn(qtbot, view)
    assert view.path.getData()[0].size == 0


def test_why_there_is_none_is_said_and_a_reset_forgets(qtbot: QtBot, view: Landscape, engine: Engine, lab: Lab) -> None:
    view._compute()
    engine.show("landscape", {"progress": 1.0}, "This network has no weights to move along.")
    view.redraw()
    assert not view.message
    assert view.reason.isVisible()
    assert view.reason.text() == "This network has no weights to move along."
    assert view.bar.ask_button.isVisible(), "it can be asked again"
    engine.begin()
    view.redraw()
    assert not view.reason.isVisible()
    lab._enter("idle")
    view.redraw()
    assert view.message.startswith("Press Train")
    assert view.request.answer is None


def test_another_run_has_another_landscape_and_a_twin_changes_nothing(
    qtbot: QtBot, view: Landscape, engine: Engine, lab: Lab
) -> None:
    view._compute()
    answer(engine)
    first = lab.runs.current
    assert first is not None
    lab.runs.beside(first, first.experiment, "seed 2")
    assert view.request.answer is not None
    engine.begin()
    assert view.request.answer is None
    view._compute()
    engine.begin()
    assert engine.probes() == [], "what was under way is about weights that are gone"


def test_a_loss_that_is_not_finite_leaves_a_gap(qtbot: QtBot, view: Landscape, engine: Engine) -> None:
    view._compute()
    loss = LOSS * 1e4 ** np.abs(PLACES)[:, None]
    loss[0] = np.inf
    answer(engine, loss)
    drawn(qtbot, view)
    assert view.scale.accessibleDescription().startswith("Colours from 1 to ")


def test_a_map_of_neighbours_is_made_on_request(qtbot: QtBot, lab: Lab, engine: Engine) -> None:
    view = Embedding(lab)
    shown(qtbot, view)
    lab.select("linear")
    view.methods.choose("tsne")
    drawn(qtbot, view)
    assert engine.probes() == ["samples"]
    assert "Press Compute" in view.waiting.text()
    qtbot.mouseClick(view.bar.ask_button, LEFT)
    assert engine.params("neighbours") == {"node": "linear", "method": "tsne", "asked": 1}
    engine.show("neighbours", {"progress": 0.3})
    drawn(qtbot, view)
    assert view.bar.bar.accessibleDescription() == "30.0 %"
    labels = {
        "node": "linear", "method": "tsne", "features": 10, "classes": ["a", "b"], "targets": [], "samples": 3,
        "progress": 1.0,
    }  # fmt: skip
    points = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 6.0]])
    true = np.array([0, 1, 1])
    engine.show("neighbours", labels, points=points, true=true, says=true, loss=np.ones(3))
    drawn(qtbot, view)
    assert view.plot.isVisible()
    assert view.caption.text() == "t-SNE of 10 numbers at step 800: near is alike, far says little · 3 samples"
    assert view._places()[0].tolist() == points.tolist()
    lab.select("conv2d")
    drawn(qtbot, view)
    assert not view.plot.isVisible(), "the map is of another layer"
    view.methods.choose("umap")
    view._compute()
    engine.show("neighbours", {"progress": 1.0}, "UMAP comes with a package of its own.")
    drawn(qtbot, view)
    assert view.waiting.text() == "UMAP comes with a package of its own."
