"""The curves view: lines, smoothing, scales, earlier runs, values under the pointer, a million points."""

import csv
from pathlib import Path

import numpy as np
import pytest
from looking import LEFT, Engine, hover, place_of, shown
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dllab.engine import protocol
from ui.lab import Lab
from ui.link.runs import Run
from ui.views.base import View
from ui.views.curves import Curves
from ui.views.saving import save_data

STEPS = np.arange(1, 801)
LOSS = 2 * np.exp(-STEPS / 200) + 0.1
EPOCHS = np.arange(40, 801, 40)


@pytest.fixture
def engine(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Engine:
    return Engine(lab, monkeypatch)


@pytest.fixture
def view(qtbot: QtBot, lab: Lab, engine: Engine) -> Curves:
    view = Curves(lab)
    shown(qtbot, view)
    return view


def train(engine: Engine, shift: float = 0.0) -> Run:
    """A run of 800 steps and 20 epochs."""
    validation = 2 * np.exp(-EPOCHS / 200) + 0.12 + shift
    run = engine.begin(
        train_loss=(STEPS, LOSS + shift),
        val_loss=(EPOCHS, validation),
        train_accuracy=(EPOCHS, 1 - validation / 3),
        val_accuracy=(EPOCHS, 0.98 - validation / 3),
        learning_rate=(STEPS, np.full(800, 0.002)),
    )
    engine.lab.runs.take(protocol.State(run.id, "done", 800, 20))
    return run


def drawn(view: View, qtbot: QtBot) -> None:
    """Wait for the next drawing."""
    with qtbot.waitCallback() as called:
        draw = view.draw

        def once() -> None:
            draw()
            view.draw = draw  # type: ignore[method-assign]
            called()

        view.draw = once  # type: ignore[method-assign]
        view.mark()
    # The plot follows its data when it paints, and its axes then take the room they need.
    for _round in range(2):
        QApplication.processEvents()
        view.grab()


def test_lines_are_the_points(qtbot: QtBot, view: Curves, engine: Engine) -> None:
    view.set_smoothing(0.0)
    run = train(engine)
    drawn(view, qtbot)
    assert not view.message
    x, y = view._lines[run.id, "train_loss"]._front.getData()
    assert (x == STEPS).all()
    assert y == pytest.approx(LOSS)
    assert [(e.words, e.value) for e in view._entries()] == [("training", "0.137"), ("validation", "0.157")]
    assert view.accessibleDescription() == "Loss: training 0.137, validation 0.157, after 800 steps"


def test_smoothing_keeps_the_raw_line_behind_and_leaves_validation_alone(
    qtbot: QtBot, view: Curves, engine: Engine
) -> None:
    run = train(engine)
    view.smoother.slider.setValue(90)
    drawn(view, qtbot)
    line = view._lines[run.id, "train_loss"]
    assert line._raw.isVisible()
    expected, total = [], 0.0
    for n, value in enumerate(LOSS, 1):
        total = 0.9 * total + 0.1 * value
        expected.append(total / (1 - 0.9**n))
    assert line.shown == pytest.approx(np.array(expected))
    assert view._lines[run.id, "val_loss"].shown == pytest.approx(view._lines[run.id, "val_loss"].values)
    view.smoother.slider.setValue(0)
    drawn(view, qtbot)
    assert not line._raw.isVisible()


def test_a_logarithmic_scale_leaves_out_what_has_no_logarithm(qtbot: QtBot, view: Curves, engine: Engine) -> None:
    view.set_smoothing(0.0)
    run = engine.begin(train_loss=([1, 2, 3], [1.0, 0.0, 0.01]))
    qtbot.mouseClick(view.log_button, LEFT)
    drawn(view, qtbot)
    _x, y = view._lines[run.id, "train_loss"]._front.getData()
    assert y[[0, 2]] == pytest.approx([0.0, -2.0])
    assert np.isnan(y[1])
    assert "0.1" in view.plot.axes["left"].tickStrings([-1.0], 1, 1)


def test_choices_are_remembered(qtbot: QtBot, view: Curves, lab: Lab) -> None:
    view.smoother.slider.setValue(35)
    view.log_button.click()
    other = Curves(lab)
    qtbot.addWidget(other)
    assert (other.smoothing, other.logarithmic) == (0.35, True)
    assert other.log_button.isChecked()
    assert other.smoother.slider.value() == 35


def test_tabs_show_accuracy_rate_and_for_regression_r2(qtbot: QtBot, view: Curves, engine: Engine) -> None:
    run = train(engine)
    drawn(view, qtbot)
    qtbot.mouseClick(view.tabs, LEFT, pos=view.tabs.tab_rect("accuracy").center())
    drawn(view, qtbot)
    assert view._entries()[1].value == "94.0 %" or view._entries()[1].value.endswith("%")
    assert (run.id, "val_accuracy") in view._lines
    assert (run.id, "val_loss") not in view._lines
    qtbot.keyClick(view.tabs, Qt.Key.Key_Right)
    drawn(view, qtbot)
    assert [e.words for e in view._entries()] == ["learning rate"]
    engine.begin(train_loss=([1], [1.0]), val_r2=([1], [0.4]))
    drawn(view, qtbot)
    assert [key for key, _word in view.tabs.tabs] == ["loss", "r2", "rate"]


def test_earlier_runs_stay_dashed_and_can_be_hidden_and_removed(
    qtbot: QtBot, view: Curves, engine: Engine, lab: Lab
) -> None:
    first, second, third = train(engine, 0.2), train(engine, 0.1), train(engine)
    drawn(view, qtbot)
    pens = [view._lines[run.id, "val_loss"]._front.opts["pen"] for run in (first, second, third)]
    assert [bool(p.dashPattern()) and p.style() != Qt.PenStyle.SolidLine for p in pens] == [True, True, False]
    assert pens[0].dashPattern() != pens[1].dashPattern()
    assert pens[0].color() != pens[1].color()
    rows = {row.entry.key: row for row in view.legend.rows}
    qtbot.mouseClick(rows[second.id], LEFT, pos=QPoint(40, 10))
    drawn(view, qtbot)
    assert not second.visible
    assert not view._lines[second.id, "val_loss"]._front.isVisible()
    qtbot.mouseClick(rows[first.id].remove_button, LEFT)
    assert lab.runs.all == [second, third]
    drawn(view, qtbot)
    assert (first.id, "val_loss") not in view._lines
    qtbot.keyClick(rows[second.id], Qt.Key.Key_Delete)
    assert lab.runs.all == [third]
    qtbot.mouseClick(rows["val_loss"], LEFT, pos=QPoint(40, 10))
    drawn(view, qtbot)
    assert not view._lines[third.id, "val_loss"]._front.isVisible()
    assert view._lines[third.id, "train_loss"]._front.isVisible()


def test_the_pointer_reads_every_run(qtbot: QtBot, view: Curves, engine: Engine) -> None:
    view.set_smoothing(0.0)
    train(engine, 0.1)
    train(engine)
    drawn(view, qtbot)
    hover(qtbot, view.plot.viewport(), place_of(view.plot, 400, 1.0))
    assert view.plot.readout.isVisible()
    step = view._reading(view.plot.line.value())[1]
    assert f"step {step:.0f}" in view.plot.readout.plain
    assert abs(step - 400) < 4
    assert f"training {LOSS[int(step) - 1]:.3g}" in view.plot.readout.plain
    assert "Run 1 0." in view.plot.readout.plain
    assert view.plot.rect().contains(view.plot.readout.geometry())
    QApplication.processEvents()
    qtbot.mouseMove(view.tabs)
    view.plot.hovered.emit(None)
    assert not view.plot.readout.isVisible()


def test_keys_read_zoom_and_fit(qtbot: QtBot, view: Curves, engine: Engine) -> None:
    train(engine)
    drawn(view, qtbot)
    qtbot.keyClick(view.plot, Qt.Key.Key_Right)
    first = view.plot.readout.plain
    qtbot.keyClick(view.plot, Qt.Key.Key_Right)
    assert view.plot.readout.plain != first
    assert view.plot.accessibleDescription() == view.plot.readout.plain
    qtbot.keyClick(view.plot, Qt.Key.Key_Plus)
    assert not view.plot.fitting
    left, right, _columns = view.plot.bounds()
    assert right - left < 800
    qtbot.keyClick(view.plot, Qt.Key.Key_Home)
    assert view.plot.fitting


def test_the_view_follows_new_points_until_someone_zooms(qtbot: QtBot, view: Curves, engine: Engine) -> None:
    run = train(engine)
    drawn(view, qtbot)
    engine.add(run, train_loss=([1600], [0.1]))
    drawn(view, qtbot)
    QApplication.processEvents()
    assert view.plot.plotItem.vb.viewRange()[0][1] > 1600
    place = place_of(view.plot, 800, 1.0)
    wheel = QWheelEvent(
        QPointF(place), QPointF(view.plot.mapToGlobal(place)), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view.plot.viewport(), wheel)
    assert not view.plot.fitting
    before = view.plot.bounds()[:2]
    engine.add(run, train_loss=([5000], [0.1]))
    drawn(view, qtbot)
    assert view.plot.bounds()[:2] == before
    qtbot.mouseClick(view.plot.fit_button, LEFT)
    drawn(view, qtbot)
    QApplication.processEvents()
    assert view.plot.plotItem.vb.viewRange()[0][1] > 5000


def test_new_points_are_painted_once(
    qtbot: QtBot, view: Curves, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train(engine)
    drawn(view, qtbot)
    painted = []
    view.plot.scene().sigPrepareForPaint.connect(lambda: painted.append(len(run.curves["train_loss"])))
    for turn in range(1, 11):
        engine.add(run, train_loss=([800 + 100 * turn], [0.1]))
        with qtbot.waitCallback() as called:
            monkeypatch.setattr(view, "draw", lambda called=called: (Curves.draw(view), called()))
        for _round in range(5):
            QApplication.processEvents()
    assert len(set(painted)) == 10
    # Another label of an axis may take room that it needs after all.
    assert len(painted) <= 12


def test_where_the_loss_stopped_being_a_number_is_marked(qtbot: QtBot, view: Curves, engine: Engine, lab: Lab) -> None:
    run = engine.begin(train_loss=([1, 2, 3], [1.0, 40.0, np.nan]))
    text = "Loss became NaN at step 3."
    lab.runs.take(protocol.State(run.id, "non-finite", 3, 1, "non-finite", text, "conv2d"))
    drawn(view, qtbot)
    assert view.stop_mark.isVisible()
    assert view.stop_mark.value() == 3
    assert "step 3" in view.stop_mark.label.format
    low, high = view.plot.plotItem.vb.viewRange()[1]
    assert np.isfinite([low, high]).all()


@pytest.mark.parametrize("values", [[np.nan], [np.inf, -np.inf], [1e308, -1e308], [-1e308, -1.0], [1e-310], [0.0, 0.0]])
def test_odd_values_draw_without_complaint(qtbot: QtBot, view: Curves, engine: Engine, values: list[float]) -> None:
    run = engine.begin(train_loss=(np.arange(len(values)) + 1, values))
    for on in (False, True):
        view.set_logarithmic(on)
        drawn(view, qtbot)
        shown_values = view._lines[run.id, "train_loss"]._front.getOriginalDataset()[1]
        # Beyond this Qt's coordinates overflow, and it crashes.
        assert shown_values is None or np.abs(shown_values[np.isfinite(shown_values)]).max() <= 1e60


def test_a_million_points_become_a_few_thousand(qtbot: QtBot, view: Curves, engine: Engine) -> None:
    count = 1_000_000
    run = engine.begin(train_loss=(np.arange(1, count + 1), np.random.default_rng(0).random(count)))
    drawn(view, qtbot)
    line = view._lines[run.id, "train_loss"]
    for item in (line._front, line._raw):
        assert 100 < len(item.getData()[0]) <= 2 * view.plot.bounds()[2] + 3
    view.set_smoothing(0.0)
    drawn(view, qtbot)
    assert line._front.opts["pen"].widthF() == 1.0
    assert not line._front.opts["antialias"]


def test_the_menu_offers_it_all_in_a_narrow_card(qtbot: QtBot, view: Curves, engine: Engine, lab: Lab) -> None:
    view.resize(300, 200)
    first, second = train(engine, 0.2), train(engine)
    drawn(view, qtbot)
    assert not view.legend.isVisible()
    assert view.keys.isVisible()
    view.menu.aboutToShow.emit()
    actions = {a.text(): a for a in view.menu.actions() if a.text()}
    actions[next(t for t in actions if t.startswith("Run 1"))].trigger()
    assert not first.visible
    actions["Logarithmic scale"].trigger()
    assert view.logarithmic
    actions["Remove earlier runs"].trigger()
    assert lab.runs.all == [second]


def test_numbers_are_saved(qtbot: QtBot, view: Curves, engine: Engine, tmp_path: Path) -> None:
    engine.begin(train_loss=([1, 2], [0.5, 0.25]), val_loss=([2], [0.3]))
    save_data(view, tmp_path / "curves.csv")
    with (tmp_path / "curves.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["run", "label", "series", "step", "value"],
            ["1", "Run 1", "train_loss", "1", "0.5"],
            ["1", "Run 1", "train_loss", "2", "0.25"],
            ["1", "Run 1", "val_loss", "2", "0.3"],
        ]


def test_agreement_of_clusters_has_a_tab_of_its_own(qtbot: QtBot, view: Curves, engine: Engine) -> None:
    train(engine)
    drawn(view, qtbot)
    assert "clusters" not in dict(view.tabs.tabs)
    engine.begin(train_loss=(STEPS, LOSS), cluster_ari=([40, 80], [0.2, 0.7]), cluster_nmi=([40, 80], [0.3, 0.8]))
    drawn(view, qtbot)
    assert dict(view.tabs.tabs)["clusters"] == "Clusters"
    view.tabs.choose("clusters")
    drawn(view, qtbot)
    assert next(entry.words for entry in view._entries()) == "ARI: clusters against classes, run 2"
