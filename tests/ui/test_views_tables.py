"""Distribution and samples by loss: what stands in the tables, and what a click on a line does."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from looking import LEFT, Engine, hover, shown
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ui.lab import Lab
from ui.views.base import View
from ui.views.distribution import Distribution
from ui.views.losses import Losses, concentration
from ui.views.saving import save_data
from ui.views.table import Table

LAYERS = ["conv2d", "relu", "conv2d_2"]
COUNTS = np.array([[0, 3, 1], [4, 0, 0], [1, 1, 2]])
EDGES = np.array([0.0, 1.0, 2.0, 3.0])


@pytest.fixture
def engine(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine(lab, monkeypatch)
    engine.begin()
    return engine


def redrawn(qtbot: QtBot, view: View) -> None:
    qtbot.waitUntil(lambda: not view.message)
    view.redraw()
    QApplication.processEvents()
    view.grab()


def texts(table: Table) -> list[list[str]]:
    model = table.model()
    return [[model.index(r, c).data() for c in range(model.columnCount())] for r in range(model.rowCount())]


# --- distribution -----------------------------------------------------------------------------------------------------


@pytest.fixture
def distribution(qtbot: QtBot, lab: Lab, engine: Engine) -> Distribution:
    lab.select("conv2d")
    view = Distribution(lab)
    shown(qtbot, view)
    assert engine.params("distribution") == {"node": "conv2d"}
    facts = {"mean": [0.5, 0.25, -1], "spread": [1, 2, 3], "zeros": [0, 0.5, 0], "dead": [0, 0.25, 0]}
    arrays = {f"layer.{name}": np.array(values, float) for name, values in facts.items()}
    arrays["layer.saturated"] = np.array([np.nan, 0.125, np.nan])
    arrays |= {"counts": COUNTS, "edges": EDGES, "dead": np.array([False, True, False])}
    arrays["saturated"] = np.array([True, False, False])
    engine.show("distribution", {"node": "conv2d", "layers": LAYERS, "samples": 256}, **arrays)
    redrawn(qtbot, view)
    return view


def test_a_column_is_a_unit_and_the_least_lies_below(qtbot: QtBot, distribution: Distribution) -> None:
    heat = distribution.map
    assert heat.values[0].T[:, ::-1] == pytest.approx(COUNTS / 4)
    hover(qtbot, heat, heat.cell_rect((0, 0, 2)).center())
    assert heat.readout.plain == "unit 2: 50.0 % lie between 2 and 3"
    assert distribution.caption.text() == "1 of 3 units are always 0 · 1 is saturated · over 256 samples"


def test_every_layer_has_a_line_and_a_click_opens_it(qtbot: QtBot, distribution: Distribution, engine: Engine) -> None:
    distribution.tabs.choose("layers")
    redrawn(qtbot, distribution)
    table = distribution.table
    assert texts(table) == [
        ["Conv2d 1", "0.5", "1", "0.0 %", "0.0 %", "–"],
        ["ReLU", "0.25", "2", "50.0 %", "25.0 %", "12.5 %"],
        ["Conv2d 2", "−1", "3", "0.0 %", "0.0 %", "–"],
    ]
    place = table.visualRect(table.model().index(2, 0)).center()
    qtbot.mouseClick(table.viewport(), LEFT, pos=place)
    assert distribution.tabs.current == "units"
    assert engine.params("distribution") == {"node": "conv2d_2"}


def test_distributions_are_saved(distribution: Distribution, tmp_path: Path) -> None:
    save_data(distribution, tmp_path / "d.csv")
    lines = (tmp_path / "d.csv").read_text().splitlines()
    assert lines[:3] == ["unit,from,to,count", "0,0.0,1.0,0", "0,1.0,2.0,3"]
    distribution.tabs.choose("layers")
    save_data(distribution, tmp_path / "d.csv")
    assert (tmp_path / "d.csv").read_text().splitlines()[2] == "relu,0.25,2.0,0.5,0.25,0.125"


# --- samples by loss --------------------------------------------------------------------------------------------------

IMAGES = np.random.default_rng(0).random((3, 1, 8, 8)).astype(np.float32)
FACTS: dict[str, Any] = {"true": ["7", "1", "3"], "says": ["1", "1", "3"], "confidence": [0.75, 0.5, 1.0], "count": 4}
FACTS |= {"family": "image", "features": [], "tokens": [], "mean": 0.4}
LOSS = np.array([0.1, 0.25, 1.25, 0.0])


@pytest.fixture
def losses(qtbot: QtBot, lab: Lab, engine: Engine) -> Losses:
    view = Losses(lab)
    shown(qtbot, view)
    assert engine.params("losses") == {"order": "largest"}
    engine.show("losses", FACTS, loss=LOSS, sample=np.array([2, 1, 0]), x=IMAGES)
    redrawn(qtbot, view)
    return view


def test_the_hardest_samples_stand_first_with_their_pictures(losses: Losses) -> None:
    assert texts(losses.table) == [
        ["2", "7", "✕ 1", "75.0 %", "1.25"],
        ["1", "1", "1", "50.0 %", "0.25"],
        ["0", "3", "3", "100.0 %", "0.1"],
    ]
    model = losses.table.model()
    picture = model.index(0, 0).data(Qt.ItemDataRole.DecorationRole)
    assert picture.height() == 24
    assert model.index(0, 1).data(Qt.ItemDataRole.ForegroundRole) is not None
    assert model.index(1, 1).data(Qt.ItemDataRole.ForegroundRole) is None
    assert losses.caption.text() == "78.1 % of the loss is that of the 1 hardest of 4 samples · mean 0.4"
    assert concentration(np.full(20, 0.5)) == (0.1, 2)


def test_a_click_follows_the_sample(qtbot: QtBot, losses: Losses, lab: Lab) -> None:
    table = losses.table
    qtbot.mouseClick(table.viewport(), LEFT, pos=table.visualRect(table.model().index(1, 1)).center())
    assert lab.sample == 1
    lab.look_at_sample(2)
    redrawn(qtbot, losses)
    assert table.currentIndex().row() == 0


def test_picked_samples_have_a_tab(losses: Losses, lab: Lab, engine: Engine) -> None:
    lab.pick([3, 1])
    assert losses.tabs.tabs[-1] == ("picked", "2 picked")
    losses.tabs.choose("picked")
    assert engine.params("losses") == {"order": "largest", "indices": [1, 3]}
    lab.pick([])
    assert engine.params("losses") == {"order": "largest"}


def test_samples_that_are_text_or_rows_are_told_in_words(qtbot: QtBot, losses: Losses, engine: Engine) -> None:
    words = FACTS | {"tokens": ["", "good", "bad"]}
    engine.show("losses", words, loss=LOSS, sample=np.array([2, 1, 0]), x=np.array([[1, 2], [2, 0], [1, 1]]))
    redrawn(qtbot, losses)
    assert [row[1] for row in texts(losses.table)] == ["good bad", "bad", "good good"]
    rows = FACTS | {"features": ["age", "size"], "confidence": [None] * 3}
    engine.show("losses", rows, loss=LOSS, sample=np.array([2, 1, 0]), x=np.arange(6.0).reshape(3, 2))
    redrawn(qtbot, losses)
    assert texts(losses.table)[1] == ["1", "age 2, size 3", "1", "1", "0.25"]


def test_samples_are_saved(losses: Losses, tmp_path: Path) -> None:
    save_data(losses, tmp_path / "l.csv")
    lines = (tmp_path / "l.csv").read_text().splitlines()
    assert lines[:2] == ["sample,true,says,confidence,loss", "2,7,1,0.75,1.25"]
