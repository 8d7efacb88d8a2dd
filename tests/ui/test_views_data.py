"""The data view: asks when the data changes, shows samples as what they are."""

from collections.abc import Callable

import numpy as np
import pytest
from looking import LEFT, Engine, hover, place_of, shown
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dllab.document.edits import set_path
from dllab.document.experiment import Experiment
from dllab.document.format import from_text
from dllab.engine import protocol
from dllab.engine.summary import summarise
from dllab.templates import load_template
from ui.lab import Lab
from ui.views.data import Data


@pytest.fixture
def engine(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine(lab, monkeypatch)
    lab.link.is_ready = True
    return engine


@pytest.fixture
def view(qtbot: QtBot, lab: Lab, engine: Engine) -> Data:
    view = Data(lab)
    shown(qtbot, view)
    return view


def asked(engine: Engine) -> list[Experiment]:
    """The experiments whose data was asked for."""
    return [from_text(c.experiment).experiment for c in engine.sent if isinstance(c, protocol.Look)]


def answer(qtbot: QtBot, view: Data, engine: Engine) -> None:
    """What the real engine says of the data asked for last."""
    look = [c for c in engine.sent if isinstance(c, protocol.Look)][-1]
    view.lab.link._deliver(summarise(look))
    qtbot.waitUntil(lambda: not view.message)
    settled(view)


def settled(view: Data) -> None:
    view.redraw()
    for _round in range(2):
        QApplication.processEvents()
        view.grab()


def test_it_asks_once_and_again_only_when_the_data_changes(qtbot: QtBot, view: Data, engine: Engine, lab: Lab) -> None:
    assert len(asked(engine)) == 1
    lab.document.apply("rate", lambda e: set_path(e, "training.learning_rate", 0.5))
    lab.document.apply("title", lambda e: set_path(e, "title", "Other"))
    assert not view._wait.isActive()
    for seed in (1, 2, 3):
        lab.document.apply("seed", lambda e, seed=seed: set_path(e, "seed", seed))  # type: ignore[misc]
    qtbot.waitUntil(lambda: len(asked(engine)) == 2)
    assert asked(engine)[1].seed == 3
    view.hide()
    lab.document.apply("seed", lambda e: set_path(e, "seed", 9))
    assert not view._wait.isActive()
    view.show()
    assert asked(engine)[2].seed == 9


def test_a_new_engine_is_asked_again(view: Data, engine: Engine, lab: Lab) -> None:
    lab.link.ready.emit(protocol.Ready(1, "", [], 1))
    assert len(asked(engine)) == 2


def test_images_with_their_classes_and_counts(qtbot: QtBot, view: Data, engine: Engine) -> None:
    answer(qtbot, view, engine)
    assert view.subtitle == "Digits · 1,797 samples of 1 × 8 × 8"
    assert view.caption.text() == "training 1,077 · validation 270 · test 450"
    model = view.gallery.images.model()
    assert model.rowCount() == 400
    assert not model.index(0, 0).data(Qt.ItemDataRole.DecorationRole).isNull()
    summary = view.summary
    assert summary is not None
    assert model.index(3, 0).data() == str(protocol.unpack(summary.arrays["y"])[3])
    qtbot.mouseClick(view.tabs, LEFT, pos=view.tabs.tab_rect("spread").center())
    settled(view)
    assert view.pages.currentWidget() is view.bars
    assert view.bars.values.sum() == 1077
    view.tabs.choose("ranges")
    settled(view)
    assert view.pages.currentWidget() is view.heat_page
    mean = protocol.unpack(summary.arrays["mean"]).reshape(8, 8)
    assert view.heat.values[1] == pytest.approx(mean)
    assert view.heat.words((1, 2, 3)).startswith("mean, row 2, column 3: ")


def test_tables_with_the_names_of_features(
    qtbot: QtBot, view: Data, engine: Engine, lab: Lab, make_lab: Callable[..., Lab]
) -> None:
    lab.document.open(load_template("diabetes-linear"))
    qtbot.waitUntil(lambda: len(asked(engine)) == 2)
    answer(qtbot, view, engine)
    table = view.gallery.table
    header = [table.model().headerData(i, Qt.Orientation.Horizontal) for i in range(3)]
    assert header[1:] == ["age", "sex"]
    view.tabs.choose("ranges")
    settled(view)
    model = view.ranges.model()
    summary = view.summary
    assert summary is not None
    assert model.index(0, 0).data() == "age"
    assert float(model.index(0, 1).data()) == protocol.unpack(summary.arrays["minimum"])[0]
    assert [tab for _key, tab in view.tabs.tabs] == ["Samples", "Targets", "Ranges"]
    view.tabs.choose("spread")
    settled(view)
    assert view.histogram_item.getData()[1].sum() == len(protocol.unpack(summary.arrays["y"]))


def test_points_as_points(qtbot: QtBot, view: Data, engine: Engine, lab: Lab) -> None:
    lab.document.open(load_template("moons-mlp"))
    qtbot.waitUntil(lambda: len(asked(engine)) == 2)
    answer(qtbot, view, engine)
    assert view.pages.currentWidget() is view.plot
    summary = view.summary
    assert summary is not None
    x, y = (protocol.unpack(summary.arrays[name]) for name in ("x", "y"))
    far = int(np.argmax(x[:, 0]))
    hover(qtbot, view.plot.viewport(), place_of(view.plot, *map(float, x[far])))
    assert view.plot.readout.plain.endswith(str(summary.labels["classes"][int(y[far])]))
    header, rows = view.rows()
    assert header == ["x", "y", "class"]
    assert next(iter(rows))[2] == summary.labels["classes"][int(y[0])]


def test_data_that_cannot_be_loaded_says_why(qtbot: QtBot, view: Data, engine: Engine, lab: Lab) -> None:
    look = [c for c in engine.sent if isinstance(c, protocol.Look)][-1]
    lab.link._deliver(protocol.DataSummary(look.id, {}, {}, "The file is not there."))
    qtbot.waitUntil(lambda: view.message == "The file is not there.")
    assert view.rows() == ([], [])
