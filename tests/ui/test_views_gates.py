"""Gates on the screen: states and gates over steps, and the gradient that vanishes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from looking import Engine, hover, place_of, shown
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dllab.templates import load_template
from ui.document import Document
from ui.lab import Lab
from ui.views.gates import Gates, reach
from ui.views.saving import save_data

STEPS = 6
ARRAYS = {
    name: np.random.default_rng(i).uniform(0, 1, (STEPS, 3)).astype(np.float32)
    for i, name in enumerate(("hidden", "cell", "input", "forget", "candidate", "output"))
}
ARRAYS["hidden"][0, 0] = -0.5
GRADIENT = {"gradient_hidden": 10.0 ** np.arange(-STEPS, 0), "gradient_input": np.full(STEPS, 0.01)}
LABELS: dict[str, Any] = {"node": "lstm", "sample": 0, "count": 5, "true": "1", "says": "1.1", "gates": list(ARRAYS)}
LABELS |= {"steps": [str(n + 1) for n in range(STEPS)], "words": False, "way": 0, "ways": [[0, False]]}
SAMPLE = np.random.default_rng(0).random((STEPS, 2))


@pytest.fixture
def lab(make_lab: Callable[[Document], Lab]) -> Lab:
    document = Document()
    document.open(load_template("adding-lstm"))
    return make_lab(document)


@pytest.fixture
def engine(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine(lab, monkeypatch)
    engine.begin()
    return engine


@pytest.fixture
def view(qtbot: QtBot, lab: Lab, engine: Engine) -> Gates:
    view = Gates(lab)
    shown(qtbot, view)
    engine.show("gates", LABELS, sample=SAMPLE, **ARRAYS, **GRADIENT)
    qtbot.waitUntil(lambda: not view.message)
    redrawn(view)
    return view


def redrawn(view: Gates) -> None:
    view.redraw()
    QApplication.processEvents()
    view.grab()


def test_units_over_steps_in_a_scale_that_stays(qtbot: QtBot, view: Gates) -> None:
    assert view.map.values[0] == pytest.approx(ARRAYS["hidden"].T)
    assert (view.map.low, view.map.high) == (-1, 1)
    view.tabs.choose("forget")
    redrawn(view)
    assert (view.map.low, view.map.high) == (0, 1)
    hover(qtbot, view.map, view.map.cell_rect((0, 2, 4)).center())
    assert view.map.readout.plain == f"unit 2, step 5: {ARRAYS['forget'][4, 2]:.3g}"
    assert view.meaning.text() == "1: the cell is kept; 0: it is cleared"


def test_the_gradient_has_a_logarithmic_axis_and_a_sentence(qtbot: QtBot, view: Gates) -> None:
    view.tabs.choose("gradient")
    redrawn(view)
    assert view.lines["hidden"].getData()[1] == pytest.approx(np.arange(-STEPS, 0))
    assert view.meaning.text().startswith("At step 1 the gradient is 1.0e-5 times what it is at step 6")
    hover(qtbot, view.plot.viewport(), place_of(view.plot, 5, -2))
    assert view.plot.readout.plain == "step 5; hidden state 0.01; input 0.01"
    assert reach(np.zeros(4)) == "No gradient reaches this layer for this sample."


def test_words_stand_under_their_steps(qtbot: QtBot, view: Gates, engine: Engine) -> None:
    words = ["the", "film", "was", "not", "really", "bad"]
    engine.show("gates", LABELS | {"steps": words, "words": True}, sample=SAMPLE, **ARRAYS, **GRADIENT)
    redrawn(view)
    assert not view.sample.isVisible()
    hover(qtbot, view.map, view.map.cell_rect((0, 0, 3)).center())
    assert view.map.readout.plain.startswith("unit 0, step 4 (not): ")


def test_layers_and_directions_have_tabs(view: Gates, engine: Engine) -> None:
    assert not view.ways.isVisible()
    ways = [[0, False], [0, True], [1, False], [1, True]]
    engine.show("gates", LABELS | {"ways": ways}, sample=SAMPLE, **ARRAYS, **GRADIENT)
    redrawn(view)
    assert [word for _key, word in view.ways.tabs] == ["1 forwards", "1 backwards", "2 forwards", "2 backwards"]
    view.ways.choose("3")
    assert engine.params("gates") == {"node": "lstm", "sample": 0, "way": 3}


def test_the_numbers_are_saved(view: Gates, tmp_path: Path) -> None:
    save_data(view, tmp_path / "g.csv")
    lines = (tmp_path / "g.csv").read_text().splitlines()
    assert lines[0] == "step,is,unit,hidden,cell,input,forget,candidate,output"
    assert len(lines) == 1 + STEPS * 3
    assert [float(v) for v in lines[1].split(",")[3:]] == pytest.approx([a[0, 0] for a in ARRAYS.values()])
    view.tabs.choose("gradient")
    save_data(view, tmp_path / "g.csv")
    assert (tmp_path / "g.csv").read_text().splitlines()[1] == "1,1,0.01,1e-06"
