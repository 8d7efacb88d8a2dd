"""Gradients on the screen: lines that grow while one looks, the band of a good pace, clipped steps."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from looking import Engine, hover, place_of, shown
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dllab.engine import protocol
from ui.lab import Lab
from ui.views.gradients import Gradients
from ui.views.history import History
from ui.views.saving import save_data

LAYERS = ["conv2d", "conv2d_2", "linear"]
EDGES = np.linspace(-0.3, 0.3, 7)
COUNTS = np.array([1, 2, 30, 40, 2, 1])
SIZES = np.array([0, 0, 2, 30, 44, 0, 0, 0])


def measured(view: Gradients, step: int, norm: list[float], clipped: bool = False, **labels: Any) -> None:
    """Hand the view what the engine measured at a step."""
    arrays = {"norm": np.array(norm), "ratio": np.array(norm) / 1000, "counts": COUNTS, "edges": EDGES}
    arrays |= {"sizes": SIZES + step, "decades": np.arange(-3.0, 1.5, 0.5)}
    packed = {name: protocol.pack(array) for name, array in arrays.items()}
    facts = {"layers": LAYERS, "node": "conv2d_2", "total": float(np.linalg.norm(norm)), "clipped": clipped}
    facts |= {"clip_norm": 2.0, "clip_value": 0.0, **labels}
    (number, _want) = view._subscriptions["gradients"]
    view.lab.link._deliver(protocol.Picture(number, "run", step, packed, facts))


@pytest.fixture
def view(qtbot: QtBot, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Gradients:
    engine = Engine(lab, monkeypatch)
    engine.begin(clipped=([10.0], [0.25]))
    lab.select("conv2d_2")
    view = Gradients(lab)
    shown(qtbot, view)
    assert engine.params("gradients") == {"node": "conv2d_2"}
    for step, clipped in ((0, False), (10, True), (20, False)):
        measured(view, step, [0.1 * (step + 1), 1.0, 2.0], clipped)
    qtbot.waitUntil(lambda: not view.message)
    redrawn(view)
    return view


def redrawn(view: Gradients) -> None:
    view.redraw()
    QApplication.processEvents()
    view.grab()


def test_lines_grow_by_what_was_measured(qtbot: QtBot, view: Gradients) -> None:
    x, y = view.lines[0].getData()
    assert x.tolist() == [0, 10, 20]
    assert 10**y == pytest.approx([0.1, 1.1, 2.1])
    assert view.events.getData()[0].tolist() == [10]
    assert view.caption.text() == (
        f"length {np.linalg.norm([2.1, 1, 2]):.3g} at step 20 · clipped in 1 of 3 measured steps · in 25.0 % of the last epoch"
    )
    hover(qtbot, view.plot.viewport(), place_of(view.plot, 11, 0))
    assert view.plot.readout.plain == "step 10; Conv2d 1 1.1; Conv2d 2 1; Linear 2; clipped"


def test_updates_have_a_band_of_a_good_pace(view: Gradients) -> None:
    assert not view.band.isVisible()
    view.tabs.choose("ratio")
    redrawn(view)
    assert view.band.isVisible()
    assert not view.events.isVisible()
    assert 10.0 ** np.array(view.band.getRegion()) == pytest.approx([0.000316, 0.00316], rel=1e-2)
    assert view.caption.text().startswith("one step moves Conv2d 2 by 0.001 and Conv2d 1 by 0.0021 of their length")


def test_the_sizes_of_a_layers_gradients_are_kept_over_time(qtbot: QtBot, view: Gradients, lab: Lab) -> None:
    view.tabs.choose("time")
    redrawn(view)
    assert view.times.isVisible()
    assert view.caption.text() == "how large the gradients of Conv2d were at 3 measured steps"
    assert view.times.history.rows[0] == pytest.approx(SIZES / 76)
    pixels = view.times.image.image
    assert pixels.shape[:2] == (7, 21), "a column for every step, a row for every size that occurs, but none for 0"
    first, last = pixels[:, 0].astype(int).sum(1), pixels[:, -1].astype(int).sum(1)
    assert first.argmax() == last.argmax() == 3, "bright where most of them are"
    assert first[3] > last[3], "later they are spread more widely"
    hover(qtbot, view.times.viewport(), place_of(view.times, 1.0, -0.75))
    assert view.times.readout.plain == "step 0; 57.9 % of size 0.1 to 0.316"
    header, rows = view.rows()
    found = list(rows)
    assert header == ["step", "from", "to", "share"]
    assert found[1] == pytest.approx((0, 10**-1.5, 0.1, 30 / 76))
    assert sum(share for step, _low, _high, share in found if step == 20) == pytest.approx(1)
    measured(view, 30, [1.0, 1.0, 1.0], node="linear")
    redrawn(view)
    assert len(view.times.history) == 1, "another layer begins anew"


def test_how_the_gradient_of_a_layer_is_spread(qtbot: QtBot, view: Gradients) -> None:
    view.tabs.choose("now")
    redrawn(view)
    assert view.bins.getData()[1].tolist() == COUNTS.tolist()
    assert view.caption.text() == "76 gradients of Conv2d at step 20"
    hover(qtbot, view.spread.viewport(), place_of(view.spread, 0.05, 10))
    assert view.spread.readout.plain == "0 to 0.1; 40"


def test_another_run_begins_anew(view: Gradients) -> None:
    measured(view, 5, [1.0, 1.0, 1.0])
    assert view.history.steps.tolist() == [5]


def test_what_was_measured_is_saved(view: Gradients, tmp_path: Path) -> None:
    save_data(view, tmp_path / "g.csv")
    lines = (tmp_path / "g.csv").read_text().splitlines()
    assert lines[0] == "step,conv2d,conv2d_2,linear,clipped"
    assert [float(v) for v in lines[2].split(",")] == pytest.approx([10, 1.1, 1.0, 2.0, 1])
    view.tabs.choose("now")
    save_data(view, tmp_path / "g.csv")
    assert (tmp_path / "g.csv").read_text().splitlines()[3].endswith(",30")


def test_history_covers_all_of_the_time_in_bounded_memory() -> None:
    history = History(most=64)
    for step in range(0, 100_000, 7):
        history.add(("run",), step, np.array([float(step)]))
        assert len(history) <= 64
    steps = history.steps
    assert history.rows[:, 0].tolist() == steps.tolist()
    assert steps[0] == 0
    assert steps[-1] == step
    assert np.diff(steps)[:-1].max() < 100_000 / 16
    history.add(("another",), 3, np.array([1.0]))
    assert history.steps.tolist() == [3]
