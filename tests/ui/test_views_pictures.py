"""Activations, confusion, boundary, predictions, weights: what they show of a picture, and what a person can do there."""

from pathlib import Path

import numpy as np
import pytest
from looking import LEFT, Engine, hover, place_of, shown
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QListView
from pytestqt.qtbot import QtBot

from dllab.document.experiment import Choice
from dllab.templates import load_template
from ui.lab import Lab
from ui.shell.theme import theme
from ui.views.activations import Activations
from ui.views.base import View
from ui.views.boundary import Boundary
from ui.views.colours import class_colour
from ui.views.confusion import Confusion
from ui.views.predictions import Predictions
from ui.views.saving import save_data
from ui.views.weights import Weights

IMAGE = np.arange(64, dtype=np.float32).reshape(1, 8, 8) / 4
TRUE = np.array([0, 0, 1, 1, 2, 2])
SAYS = np.array([0, 1, 1, 1, 2, 0])


@pytest.fixture
def engine(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine(lab, monkeypatch)
    engine.begin()
    return engine


def drawn(qtbot: QtBot, view: View) -> None:
    """Wait until the view shows its figure, and twice the latest of it."""
    qtbot.waitUntil(lambda: not view.message)
    view.redraw()
    for _round in range(2):
        QApplication.processEvents()
        view.grab()


# --- activations ------------------------------------------------------------------------------------------------------


def sample(number: int = 0, node: str = "conv2d", true: str = "7", says: str = "7") -> dict[str, object]:
    return {"node": node, "sample": number, "count": 270, "true": true, "says": says, "confidence": 0.991}


@pytest.fixture
def activations(qtbot: QtBot, lab: Lab, engine: Engine) -> Activations:
    view = Activations(lab)
    shown(qtbot, view)
    return view


def test_without_a_selection_the_first_layer_with_pictures_is_shown(activations: Activations, engine: Engine) -> None:
    assert engine.params("activations") == {"node": "conv2d", "sample": 0}


def test_maps_tell_their_numbers_to_pointer_and_keys(qtbot: QtBot, activations: Activations, engine: Engine) -> None:
    maps = np.random.default_rng(0).normal(size=(16, 8, 8)).astype(np.float32)
    engine.show("activations", sample(), output=maps, input=IMAGE)
    drawn(qtbot, activations)
    heat = activations.heat
    assert activations.output.currentWidget() is heat
    assert (heat.low, heat.high) == pytest.approx((-np.abs(maps).max(), np.abs(maps).max()))
    cell = (5, 3, 6)
    hover(qtbot, heat, heat.cell_rect(cell).center())
    assert heat.readout.plain == f"map 5, row 3, column 6: {maps[cell]:.3g}".replace("-", "−")
    qtbot.keyClick(heat, Qt.Key.Key_Down)
    assert heat.accessibleDescription() == f"map 5, row 4, column 6: {maps[5, 4, 6]:.3g}".replace("-", "−")
    qtbot.keyClick(heat, Qt.Key.Key_Right)
    qtbot.keyClick(heat, Qt.Key.Key_Right)
    assert heat.accessibleDescription().startswith("map 6, row 4, column 0")
    assert activations.caption.text() == "sample 0 · true 7 · says 7 (99.1 %)"
    assert activations.subtitle == "Conv2d · 16 × 8 × 8"


def test_pixels_are_the_colours_of_the_numbers(qtbot: QtBot, activations: Activations, engine: Engine) -> None:
    maps = np.zeros((1, 2, 2), np.float32)
    maps[0, 0, 0], maps[0, 1, 1] = -1.0, 1.0
    engine.show("activations", sample(), output=maps, input=IMAGE)
    drawn(qtbot, activations)
    heat = activations.heat
    image = heat.grab().toImage()
    # Beside the middle, where the number is written.
    below, above, zero = (
        image.pixelColor(heat.cell_rect(c).topLeft() + QPoint(8, 8)) for c in ((0, 0, 0), (0, 1, 1), (0, 0, 1))
    )
    assert below.blue() > below.red()
    assert above.red() > above.blue()
    assert min(zero.red(), zero.green(), zero.blue()) > 230


def test_vectors_are_bars_with_the_names_of_classes_at_the_output(
    qtbot: QtBot, activations: Activations, engine: Engine, lab: Lab
) -> None:
    lab.select("output")
    assert engine.params("activations")["node"] == "output"
    values = np.arange(10, dtype=np.float32)[::-1].copy()
    engine.show("activations", sample(node="output"), output=values, input=IMAGE)
    drawn(qtbot, activations)
    assert activations.output.currentWidget() is activations.bars
    assert activations.bars.names == [str(i) for i in range(10)]
    assert activations.bars.marked == 0
    hover(qtbot, activations.bars, activations.bars._slot(3).center().toPoint())
    assert activations.bars.readout.plain == "3: 6"
    qtbot.keyClick(activations.bars, Qt.Key.Key_Down)
    assert activations.bars.accessibleDescription() == "4: 5"


@pytest.mark.parametrize("shape", [(2000,), (12, 30), (5,), (3, 40, 40), (600, 2, 2)])
def test_every_shape_has_a_picture(
    qtbot: QtBot, activations: Activations, engine: Engine, shape: tuple[int, ...]
) -> None:
    values = np.random.default_rng(0).random(shape).astype(np.float32)
    engine.show("activations", sample(), output=values, input=IMAGE)
    for size in ((700, 400), (240, 160)):
        activations.resize(*size)
        drawn(qtbot, activations)
        widget = activations.output.currentWidget()
        assert widget is not None
        image = widget.grab().toImage()
        colours = {image.pixel(x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)}
        assert len(colours) > 2
    header, rows = activations.rows()
    assert header == [*(f"axis_{i}" for i in range(len(shape))), "value"]
    assert len(list(rows)) == values.size


def test_samples_go_round_and_the_next_mistake_is_found(
    qtbot: QtBot, activations: Activations, engine: Engine, lab: Lab
) -> None:
    engine.show("activations", sample(), output=np.zeros((1, 2, 2), np.float32), input=IMAGE)
    drawn(qtbot, activations)
    qtbot.mouseClick(activations.previous_button, LEFT)
    assert lab.sample == 269
    assert engine.params("activations")["sample"] == 269
    qtbot.mouseClick(activations.next_button, LEFT)
    assert lab.sample == 0
    for expected in (1, 5, 1):
        qtbot.mouseClick(activations.mistake_button, LEFT)
        engine.show("confusion", {"classes": ["a", "b", "c"]}, counts=np.eye(3), true=TRUE, says=SAYS)
        assert lab.sample == expected
        assert "confusion" not in engine.probes()
    said: list[str] = []
    lab.notice.connect(lambda _kind, text: said.append(text))
    qtbot.mouseClick(activations.mistake_button, LEFT)
    engine.show("confusion", {"classes": ["a", "b", "c"]}, counts=np.eye(3), true=TRUE, says=TRUE)
    assert said == ["The network makes no mistake on the validation samples."]


# --- confusion --------------------------------------------------------------------------------------------------------


@pytest.fixture
def confusion(qtbot: QtBot, lab: Lab, engine: Engine) -> Confusion:
    view = Confusion(lab)
    shown(qtbot, view)
    counts = np.zeros((3, 3), np.int64)
    np.add.at(counts, (TRUE, SAYS), 1)
    engine.show("confusion", {"classes": ["ant", "bee", "cat"]}, counts=counts, true=TRUE, says=SAYS)
    drawn(qtbot, view)
    return view


def test_the_matrix_counts(confusion: Confusion) -> None:
    assert confusion.heading.text() == "66.7 % right · 2 mistakes in 6 samples"
    model = confusion.matrix.model_
    assert [[model.data(model.index(i, j)) for j in range(3)] for i in range(3)] == [
        ["1", "1", "0"],
        ["0", "2", "0"],
        ["1", "0", "1"],
    ]
    assert model.data(model.index(0, 1), Qt.ItemDataRole.AccessibleTextRole) == "1 sample of ant taken for bee (50.0 %)"
    assert confusion.accessibleDescription() == confusion.heading.text()


def test_mistakes_differ_from_right_answers(confusion: Confusion) -> None:
    matrix = confusion.matrix
    image = matrix.viewport().grab().toImage()
    right, wrong, none = (
        image.pixelColor(matrix.visualRect(matrix.model_.index(*cell)).topLeft() + QPoint(6, 6))
        for cell in ((0, 0), (0, 1), (0, 2))
    )
    assert right.blue() > right.red()
    assert wrong.red() > wrong.blue()
    assert none.name() == theme.tokens.canvas.lower()


def test_a_cell_opens_its_samples_and_a_sample_is_followed(
    qtbot: QtBot, confusion: Confusion, engine: Engine, lab: Lab
) -> None:
    matrix = confusion.matrix
    qtbot.mouseClick(matrix.viewport(), LEFT, pos=matrix.visualRect(matrix.model_.index(2, 0)).center())
    assert engine.params("samples") == {"indices": [5]}
    labels = {"family": "image", "features": [], "true": ["cat"], "says": ["ant"]}
    engine.show("samples", labels, x=IMAGE[None])
    drawn(qtbot, confusion)
    view = confusion.gallery.shown
    assert isinstance(view, QListView)
    assert view.model().index(0, 0).data() == "cat → ant"
    qtbot.mouseClick(view.viewport(), LEFT, pos=view.visualRect(view.model().index(0, 0)).center())
    assert lab.sample == 5
    assert confusion.cell_caption.text() == "1 sample of cat taken for ant (50.0 %)"
    qtbot.keyClick(confusion.gallery.shown, Qt.Key.Key_Escape)
    assert confusion.cell is None
    assert "samples" not in engine.probes()


def test_cells_and_samples_by_keys_in_a_narrow_card(
    qtbot: QtBot, confusion: Confusion, engine: Engine, lab: Lab
) -> None:
    confusion.resize(300, 220)
    matrix = confusion.matrix
    matrix.setFocus()
    matrix.setCurrentIndex(matrix.model_.index(0, 0))
    qtbot.keyClick(matrix, Qt.Key.Key_Right)
    qtbot.keyClick(matrix, Qt.Key.Key_Return)
    assert confusion.cell == (0, 1)
    assert not matrix.isVisible()
    labels = {"family": "table", "features": ["length", "width"], "true": ["ant"], "says": ["bee"]}
    engine.show("samples", labels, x=np.array([[1.5, 2.5]], np.float32))
    drawn(qtbot, confusion)
    table = confusion.gallery.table
    assert [table.model().index(0, c).data() for c in range(3)] == ["ant → bee", "1.5", "2.5"]
    assert table.model().headerData(1, Qt.Orientation.Horizontal) == "length"
    table.setCurrentIndex(table.model().index(0, 0))
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert lab.sample == 1
    qtbot.mouseClick(confusion.back_button, LEFT)
    assert matrix.isVisible()


def test_the_open_cell_follows_training(qtbot: QtBot, confusion: Confusion, engine: Engine) -> None:
    confusion.open_cell(0, 1)
    says = SAYS.copy()
    says[0] = 1
    engine.show("confusion", {"classes": ["ant", "bee", "cat"]}, counts=np.eye(3), true=TRUE, says=says)
    assert engine.params("samples") == {"indices": [0, 1]}


@pytest.mark.parametrize("classes", [2, 10, 40])
def test_the_matrix_fits_its_card(qtbot: QtBot, confusion: Confusion, engine: Engine, classes: int) -> None:
    counts = np.full((classes, classes), 123, np.int64)
    names = [f"a class with a long name {i}" for i in range(classes)]
    engine.show("confusion", {"classes": names}, counts=counts, true=TRUE, says=SAYS)
    confusion.resize(300, 220)
    drawn(qtbot, confusion)
    matrix = confusion.matrix
    if classes <= 10:
        assert matrix.visualRect(matrix.model_.index(classes - 1, classes - 1)).bottom() <= matrix.viewport().height()
    assert matrix.columnWidth(0) >= 8


# --- boundary ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def boundary(qtbot: QtBot, lab: Lab, engine: Engine) -> Boundary:
    view = Boundary(lab)
    shown(qtbot, view)
    return view


def half_plane() -> tuple[dict[str, object], dict[str, np.ndarray]]:
    """Right of the line 3 x = y is class "b", surer the further away."""
    xs = np.linspace(-2, 2, 41, dtype=np.float32)
    p = 1 / (1 + np.exp(xs[:, None] - 3 * xs[None, :]))
    grid = np.stack([1 - p, p], axis=-1)
    points = np.array([[-1, 0.5], [1, -0.5], [1.5, 1]], np.float32)
    arrays = {"grid": grid, "x": points, "y": np.array([0, 1, 1]), "validation": np.array([False, False, True])}
    return {"extent": [-2.0, 2.0, -2.0, 2.0], "classes": ["a", "b"], "features": ["x", "y"]}, arrays


def test_the_plane_tells_its_probabilities(qtbot: QtBot, boundary: Boundary, engine: Engine) -> None:
    labels, arrays = half_plane()
    engine.show("boundary", labels, **arrays)
    drawn(qtbot, boundary)
    hover(qtbot, boundary.plot.viewport(), place_of(boundary.plot, -1.0, -1.0))
    shares = [float(word.split()[0]) for word in boundary.plot.readout.plain.replace("b ", "a ").split("a ")[1:]]
    assert shares == pytest.approx([88.1, 11.9], abs=4)
    assert sum(shares) == pytest.approx(100)
    hover(qtbot, boundary.plot.viewport(), place_of(boundary.plot, 1.0, -0.5))
    assert "this point is b" in boundary.plot.readout.plain
    assert boundary.plot.readout.plain.index("b 9") < boundary.plot.readout.plain.index("a ")


def test_classes_have_their_own_symbols_and_validation_is_outlined(
    qtbot: QtBot, boundary: Boundary, engine: Engine
) -> None:
    labels, arrays = half_plane()
    engine.show("boundary", labels, **arrays)
    drawn(qtbot, boundary)
    items = boundary.points._items
    assert [item.opts["symbol"] for item in items] == ["o", "o", "s", "s"]
    filled, outlined = items[2], items[3]
    assert filled.opts["brush"].color() == class_colour(1, theme.tokens)
    assert outlined.opts["brush"].color().name() == theme.tokens.surface.lower()
    assert outlined.opts["pen"].color() == class_colour(1, theme.tokens)
    assert [len(item.data) for item in items] == [1, 0, 1, 1]


def test_the_shades_lie_where_the_classes_are(qtbot: QtBot, boundary: Boundary, engine: Engine) -> None:
    labels, arrays = half_plane()
    engine.show("boundary", labels, **arrays)
    drawn(qtbot, boundary)
    image = boundary.plot.viewport().grab().toImage()
    left, right = (image.pixelColor(place_of(boundary.plot, x, -1.7)) for x in (-1.8, 1.8))
    assert left.blue() > left.red()
    assert right.red() > right.blue()
    for y in (-1.5, 1.5):
        line = place_of(boundary.plot, y / 3, y)
        assert min(image.pixelColor(line + QPoint(dx, 0)).lightness() for dx in range(-3, 4)) < 120
        assert min(image.pixelColor(line + QPoint(dx, 0)).lightness() for dx in range(12, 20)) > 150
    assert boundary.plot.plotItem.vb.viewRange()[0] == pytest.approx([-2, 2])


def test_one_input_gives_a_curve_over_the_points(qtbot: QtBot, boundary: Boundary, engine: Engine) -> None:
    line = np.linspace(-3, 3, 100, dtype=np.float32)
    points = np.array([[-1.0], [0.0], [2.0]], np.float32)
    engine.show(
        "boundary", {"classes": [], "features": ["x"]}, curve_x=line, curve_y=np.sin(line)[:, None], x=points,
        y=np.sin(points), validation=np.array([False, True, False]),
    )  # fmt: skip
    drawn(qtbot, boundary)
    x, y = boundary.curves[0].getData()
    assert y == pytest.approx(np.sin(x), abs=1e-6)
    hover(qtbot, boundary.plot.viewport(), place_of(boundary.plot, 1.57, 0.5))
    assert "predicted 1" in boundary.plot.readout.plain
    assert boundary.rows()[0] == ["x", "predicted_0"]


def test_values_in_the_plane_have_a_scale(qtbot: QtBot, boundary: Boundary, engine: Engine) -> None:
    grid = np.linspace(-1, 3, 100, dtype=np.float32).reshape(10, 10, 1)
    points = np.zeros((2, 2), np.float32)
    engine.show(
        "boundary", {"extent": [0.0, 1.0, 0.0, 1.0], "classes": [], "features": ["x", "y"]}, grid=grid, x=points,
        y=np.array([[0.0], [1.0]], np.float32), validation=np.array([False, True]),
    )  # fmt: skip
    drawn(qtbot, boundary)
    assert boundary.scale.isVisible()
    assert boundary.scale.accessibleDescription() == "Colours from −3 to 3"


# --- predictions ------------------------------------------------------------------------------------------------------


@pytest.fixture
def predictions(qtbot: QtBot, lab: Lab, engine: Engine) -> Predictions:
    view = Predictions(lab)
    shown(qtbot, view)
    true = np.array([[100.0], [200.0], [300.0]], np.float32)
    says = np.array([[110.0], [180.0], [300.0]], np.float32)
    engine.show("predictions", {"targets": ["disease"], "r2": 0.975, "mae": 10.0}, true=true, says=says)
    drawn(qtbot, view)
    return view


def test_points_lie_at_true_and_predicted(predictions: Predictions) -> None:
    x, y = predictions.dots[predictions.pairs].getData()
    assert (x.tolist(), y.tolist()) == ([100, 200, 300], [110, 180, 300])
    x, y = predictions.dots[predictions.residuals].getData()
    assert (x.tolist(), y.tolist()) == ([110, 180, 300], [10, -20, 0])
    assert predictions.caption.text() == "R² 0.975 · mean error 10"
    assert predictions.lines[predictions.pairs].angle == 45


def test_a_point_tells_its_residual_and_is_followed(qtbot: QtBot, predictions: Predictions, lab: Lab) -> None:
    place = place_of(predictions.residuals, 180, -20)
    hover(qtbot, predictions.residuals.viewport(), place)
    assert predictions.residuals.readout.plain == "sample 1; true 200; predicted 180; residual −20"
    qtbot.mouseClick(predictions.residuals.viewport(), LEFT, pos=place)
    assert lab.sample == 1


def test_a_narrow_card_shows_one_plot_at_a_time(qtbot: QtBot, predictions: Predictions) -> None:
    assert predictions.pairs.isVisible()
    assert predictions.residuals.isVisible()
    predictions.resize(300, 220)
    assert not predictions.residuals.isVisible()
    qtbot.mouseClick(predictions.tabs, LEFT, pos=predictions.tabs.tab_rect("residuals").center())
    assert predictions.residuals.isVisible()
    assert not predictions.pairs.isVisible()


def test_several_values_to_predict_are_chosen_by_name(qtbot: QtBot, predictions: Predictions, engine: Engine) -> None:
    both = np.array([[1.0, 10.0], [2.0, 20.0]], np.float32)
    engine.show("predictions", {"targets": ["u", "v"], "r2": 1.0, "mae": 0.0}, true=both, says=both)
    drawn(qtbot, predictions)
    qtbot.mouseClick(predictions.targets, LEFT, pos=predictions.targets.tab_rect("1").center())
    drawn(qtbot, predictions)
    assert predictions.dots[predictions.pairs].getData()[0].tolist() == [10, 20]


# --- weights ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def weights(qtbot: QtBot, lab: Lab, engine: Engine) -> Weights:
    view = Weights(lab)
    shown(qtbot, view)
    values = np.random.default_rng(0).normal(size=(16, 1, 3, 3)).astype(np.float32)
    edges = np.linspace(-3, 3, 7)
    counts = np.histogram(values, edges)[0]
    facts = {
        "weight": {"shape": [16, 1, 3, 3], "mean": 0.5, "std": 1.25, "moved": 0.25},
        "bias": {"shape": [16], "mean": 0.0, "std": 0.1, "moved": 0.0},
    }
    arrays = {"weight.edges": edges, "weight.counts": counts, "weight.initial": counts[::-1]}
    arrays |= {"weight.values": values, "weight.change": values / 2}
    arrays |= {"bias.edges": edges, "bias.counts": counts * 0, "bias.initial": counts * 0 + 2}
    engine.show("weights", {"node": "conv2d", "numbers": "weight", "parameters": facts}, **arrays)
    drawn(qtbot, view)
    return view


def test_histograms_show_now_and_the_start(qtbot: QtBot, weights: Weights) -> None:
    x, y = weights.now.getData()
    assert len(x) == len(y) + 1
    assert weights.initial.getData()[1].tolist() == y.tolist()[::-1]
    assert weights.caption.text() == "mean 0.5 · spread 1.25 · 144 numbers"
    assert weights.subtitle == "Conv2d · 16 × 1 × 3 × 3"
    hover(qtbot, weights.plot.viewport(), place_of(weights.plot, 0.5, 1.0))
    assert weights.plot.readout.plain == f"0 to 1; now {int(y[3])}; at the start {int(y[2])}"
    qtbot.keyClick(weights.tabs, Qt.Key.Key_Right)
    drawn(qtbot, weights)
    assert weights.initial.getData()[1].tolist() == [2.0] * 6


def test_the_numbers_themselves(qtbot: QtBot, weights: Weights) -> None:
    weights.tabs.choose("values")
    drawn(qtbot, weights)
    assert weights.heat.values.shape == (16, 3, 3)
    header, rows = weights.rows()
    assert header == ["axis_0", "axis_1", "axis_2", "axis_3", "value"]
    numbers = [row[-1] for row in map(list, rows)]
    assert len(numbers) == 144
    weights.tabs.choose("change")
    drawn(qtbot, weights)
    assert (weights.heat.values * 2 == np.array(numbers).reshape(-1, 3, 3)).all()
    assert "25.0 % as long" in weights.caption.text()


def test_the_change_is_since_the_start_or_in_the_last_step(qtbot: QtBot, weights: Weights, engine: Engine) -> None:
    assert not weights.since.isVisible()
    weights.tabs.choose("change")
    weights.redraw()
    assert weights.since.isVisible()
    assert weights.caption.text().startswith("now minus at the start")
    assert engine.params("weights") == {"node": "conv2d"}
    weights.since.choose("step")
    assert engine.params("weights") == {"node": "conv2d", "since": "step"}
    facts = {"weight": {"shape": [2, 1, 2, 2], "mean": 0.0, "std": 0.1, "moved": 0.00123}}
    labels = {"node": "conv2d", "numbers": "weight", "parameters": facts, "since": "step", "step": 8}
    edges, counts = np.linspace(-1, 1, 3), np.array([4, 4])
    arrays = {"weight.edges": edges, "weight.counts": counts, "weight.initial": counts}
    values = np.arange(8.0).reshape(2, 1, 2, 2)
    engine.show("weights", labels, **arrays, **{"weight.values": values, "weight.change": values / 1000})
    weights.redraw()
    assert weights.caption.text() == "after step 8 minus before it: the change is 0.123 % as long as the weights"
    assert list(weights.rows()[1])[-1] == (1, 0, 1, 1, 0.007)
    engine.show("weights", labels, **arrays, **{"weight.values": values})
    weights.redraw()
    assert weights.caption.text() == "What a step changes is known as soon as the next one is trained."
    weights.tabs.choose("values")
    assert engine.params("weights") == {"node": "conv2d"}


def test_weights_follow_the_selection(weights: Weights, engine: Engine, lab: Lab) -> None:
    lab.select("linear")
    assert engine.params("weights") == {"node": "linear"}
    lab.select("")
    assert engine.params("weights") == {"node": "linear"}


# --- all --------------------------------------------------------------------------------------------------------------


def test_a_view_of_data_that_has_gone_keeps_quiet(qtbot: QtBot, lab: Lab, engine: Engine, tmp_path: Path) -> None:
    lab.document.open(load_template("moons-mlp"))
    lab.document.apply("data", lambda e: e.model_copy(update={"data": Choice(kind="no such data")}))
    lab.runs.clear()
    for kind in (Activations, Weights):
        view = kind(lab)
        shown(qtbot, view)
        save_data(view, tmp_path / "empty.csv")
        assert view.message
