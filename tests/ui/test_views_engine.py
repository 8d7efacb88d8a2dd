"""Views on models that were really trained: the numbers shown, checked against numpy."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from looking import shown
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dllab.document.edits import set_path
from dllab.engine.protocol import unpack
from dllab.templates import load_template
from ui.document import Document
from ui.lab import Lab
from ui.views.activations import Activations
from ui.views.attention import Attention
from ui.views.base import View
from ui.views.boundary import Boundary
from ui.views.confusion import Confusion
from ui.views.curves import Curves
from ui.views.data import Data
from ui.views.distribution import Distribution
from ui.views.gates import Gates
from ui.views.gradients import Gradients
from ui.views.losses import Losses
from ui.views.predictions import Predictions
from ui.views.saving import save_data
from ui.views.weights import Weights


@pytest.fixture
def trained(qtbot: QtBot, make_lab: Callable[[Document], Lab]) -> Callable[[str, int], Lab]:
    """Trains a template for some epochs with the real engine."""

    def train(template: str, epochs: int) -> Lab:
        document = Document()
        document.open(set_path(load_template(template), "training.epochs", epochs))
        lab = make_lab(document)
        lab.link.start()
        qtbot.waitUntil(lambda: lab.state == "idle", timeout=30_000)
        lab.train()
        qtbot.waitUntil(lambda: lab.state == "done", timeout=30_000)
        return lab

    return train


def seen(qtbot: QtBot, view: View) -> None:
    """Put a view on the screen and wait for its figure."""
    shown(qtbot, view)
    qtbot.waitUntil(lambda: not view.message, timeout=10_000)
    QApplication.processEvents()


def saved(view: View, path: Path) -> list[list[str]]:
    """The rows of a view's numbers, without their header."""
    save_data(view, path)
    with path.open(newline="") as file:
        return list(csv.reader(file))[1:]


def test_digits(qtbot: QtBot, trained: Callable[[str, int], Lab], tmp_path: Path) -> None:
    lab = trained("digits-cnn", 4)
    run = lab.runs.current
    assert run is not None

    confusion = Confusion(lab)
    seen(qtbot, confusion)
    picture = confusion.pictures["confusion"]
    true, says = unpack(picture.arrays["true"]), unpack(picture.arrays["says"])
    counts = np.zeros((10, 10), int)
    for t, s in zip(true, says, strict=True):
        counts[t, s] += 1
    assert [[int(n) for n in row[1:]] for row in saved(confusion, tmp_path / "c.csv")] == counts.tolist()
    model = confusion.matrix.model_
    assert model.data(model.index(3, 3)) == str(counts[3, 3])
    assert confusion.heading.text().startswith(f"{100 * (true == says).mean():.1f} % right")

    curves = Curves(lab)
    seen(qtbot, curves)
    assert np.isclose(run.curves["val_accuracy"].values, (true == says).mean()).any()
    steps_per_epoch = int(run.curves["val_loss"].steps[0])
    assert len(run.curves["train_loss"]) == run.step == 4 * steps_per_epoch

    # The last layer adds a bias to W x: what is left over must be the same for every sample.
    weights = Weights(lab)
    seen(qtbot, weights)
    lab.select("linear")
    qtbot.waitUntil(lambda: weights.pictures["weights"].labels.get("node") == "linear")
    w = unpack(weights.pictures["weights"].arrays["weight.values"])
    assert weights._facts(weights.pictures["weights"].labels["parameters"]["weight"]).startswith(
        f"mean {w.mean():.3g}".replace("-", "−")
    )
    activations = Activations(lab)
    seen(qtbot, activations)
    left_over = []
    for number in (0, 1):
        lab.look_at_sample(number)
        found = {node: activation(qtbot, lab, activations, node, number) for node in ("dropout", "linear")}
        left_over.append(found["linear"] - w @ found["dropout"])
        assert activations.caption.text().startswith(f"sample {number} · true {true[number]} · ")
        assert str(says[number]) in activations.caption.text()
        assert found["linear"].argmax() == says[number]
    assert left_over[0] == pytest.approx(left_over[1], abs=1e-4)

    wrong = np.flatnonzero(true != says)
    activations.seek_mistake()
    qtbot.waitUntil(lambda: lab.sample in wrong)
    t, s = true[lab.sample], says[lab.sample]
    confusion.open_cell(int(t), int(s))
    qtbot.waitUntil(lambda: "samples" in confusion.pictures)
    confusion.redraw()
    assert confusion.gallery.images.model().rowCount() == counts[t, s]
    assert confusion.gallery.images.model().index(0, 0).data() == f"{t} → {s}"


def activation(qtbot: QtBot, lab: Lab, view: Activations, node: str, sample: int) -> np.ndarray:
    """What a node puts out for a sample, once the view has it."""
    lab.select(node)

    def there() -> bool:
        labels = view.pictures["activations"].labels
        return (labels.get("node"), labels.get("sample")) == (node, sample)

    qtbot.waitUntil(there)
    view.redraw()
    return unpack(view.pictures["activations"].arrays["output"])


def test_moons(qtbot: QtBot, trained: Callable[[str, int], Lab], tmp_path: Path) -> None:
    lab = trained("moons-mlp", 12)
    boundary, confusion, data = Boundary(lab), Confusion(lab), Data(lab)
    for view in (boundary, confusion, data):
        seen(qtbot, view)
    rows = np.array([[float(v) for v in row] for row in saved(boundary, tmp_path / "b.csv")])
    assert rows[:, 2:].sum(axis=1) == pytest.approx(np.ones(len(rows)), abs=1e-5)
    picture = boundary.pictures["boundary"]
    points, y = unpack(picture.arrays["x"]), unpack(picture.arrays["y"])
    validation = unpack(picture.arrays["validation"])
    nearest = [np.argmin(np.hypot(*(rows[:, :2] - p).T)) for p in points[validation]]
    says = rows[nearest, 2:].argmax(axis=1)
    counted = unpack(confusion.pictures["confusion"].arrays["counts"])
    right = np.trace(counted) / counted.sum()
    assert (says == y[validation]).mean() == pytest.approx(right, abs=0.03)
    assert right > 0.8
    assert sum(len(item.data) for item in boundary.points._items) == len(points)
    summary = data.summary
    assert summary is not None
    assert unpack(summary.arrays["class_counts"]).tolist() == np.bincount(y[~validation]).tolist()


def test_diabetes(qtbot: QtBot, trained: Callable[[str, int], Lab], tmp_path: Path) -> None:
    lab = trained("diabetes-linear", 30)
    predictions = Predictions(lab)
    seen(qtbot, predictions)
    rows = np.array([[float(v) for v in row] for row in saved(predictions, tmp_path / "p.csv")])
    true, says = rows[:, 1], rows[:, 2]
    r2 = 1 - ((true - says) ** 2).sum() / ((true - true.mean()) ** 2).sum()
    mae = np.abs(true - says).mean()
    assert predictions.caption.text() == f"R² {r2:.3g} · mean error {mae:.3g}"
    x, residuals = predictions.dots[predictions.residuals].getData()
    assert residuals == pytest.approx(says - true, abs=1e-4)
    assert x == pytest.approx(says, abs=1e-4)
    confusion = Confusion(lab)
    shown(qtbot, confusion)
    qtbot.waitUntil(lambda: "classes" in confusion.message)
    activations = Activations(lab)
    seen(qtbot, activations)
    assert not activations.mistake_button.isVisible()
    assert activations.sample.values is not None
    assert activations.sample._features[0] == "age"


def test_inside_the_digits_network(qtbot: QtBot, trained: Callable[[str, int], Lab], tmp_path: Path) -> None:
    lab = trained("digits-cnn", 2)
    lab.select("relu")
    views = Losses(lab), Distribution(lab), Gradients(lab), Confusion(lab)
    for view in views:
        seen(qtbot, view)
    losses, distribution, gradients, confusion = views
    truth = {name: unpack(confusion.pictures["confusion"].arrays[name]) for name in ("true", "says", "confidence")}
    for number, true, says, sure, loss in saved(losses, tmp_path / "l.csv"):
        right = true == says
        assert (true, says) == (str(truth["true"][int(number)]), str(truth["says"][int(number)]))
        if right:
            assert float(loss) == pytest.approx(-np.log(float(sure)), abs=1e-4)
        else:
            assert float(loss) > np.log(2)
    counts = unpack(distribution.pictures["distribution"].arrays["counts"])
    assert np.array([row[3] for row in saved(distribution, tmp_path / "d.csv")], int).sum() == counts.sum() > 0
    assert distribution.map.edges[0] == 0, "nothing that leaves a ReLU is below 0"
    ((step, *norms, _clipped),) = saved(gradients, tmp_path / "g.csv")
    assert int(step) == lab.runs.current.step
    assert all(float(norm) > 0 for norm in norms)


def test_attention_and_gates_of_a_real_run(qtbot: QtBot, trained: Callable[[str, int], Lab], tmp_path: Path) -> None:
    attention = Attention(trained("copy-attention", 1))
    seen(qtbot, attention)
    rows: dict[tuple[str, str], float] = {}
    for head, query, _key, _asks, _asked, weight in saved(attention, tmp_path / "a.csv"):
        rows[head, query] = rows.get((head, query), 0.0) + float(weight)
    assert list(rows.values()) == pytest.approx([1.0] * len(rows), abs=1e-5)
    gates = Gates(trained("text-gru", 1))
    seen(qtbot, gates)
    header, found = gates.rows()
    values = np.array([row[3:] for row in found])
    by_name = dict(zip(header[3:], values.T, strict=True))
    assert ((by_name["update"] > 0) & (by_name["update"] < 1)).all()
    assert (np.abs(by_name["hidden"]) < 1).all()
