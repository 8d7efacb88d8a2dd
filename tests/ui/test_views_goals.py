"""Several losses in the window: an Output with its own, what is given back, and the curves of the parts."""

from collections.abc import Callable

import numpy as np
import pytest
from looking import LEFT, Engine, shown
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from dllab.document.experiment import Choice
from dllab.recipe import LOSSES
from dllab.templates import load_template
from ui.canvas.faces import faces
from ui.document import Document
from ui.inspector.inspector import Inspector
from ui.inspector.loss_section import LossSection
from ui.inspector.node_page import NodePage
from ui.lab import Lab
from ui.shell.layouts import fitting
from ui.shell.window import Window
from ui.views.curves import Curves
from ui.views.reconstruction import Reconstruction
from ui.views.series import curve_pen


@pytest.fixture
def coder(make_lab: Callable[[Document], Lab]) -> Lab:
    return make_lab(Document(load_template("autoencoder-digits")))


def test_pairs_are_drawn_and_chosen(qtbot: QtBot, coder: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(coder, monkeypatch)
    engine.begin()
    view = Reconstruction(coder)
    shown(qtbot, view)
    given = np.random.default_rng(0).uniform(0, 16, (12, 1, 8, 8)).astype(np.float32)
    engine.show("reconstruction", {}, given=given, again=given + 1, error=np.full(12, 1.0, np.float32))
    qtbot.waitUntil(lambda: not view.message)
    view.redraw()
    before = view.grab().toImage()
    assert "mean error 1" in view.caption.text()
    qtbot.mouseClick(view.pairs, LEFT, pos=view.pairs.place(3).center())
    assert coder.sample == 3
    view.redraw()
    assert view.grab().toImage() != before
    qtbot.keyClick(view.pairs, Qt.Key.Key_Right)
    assert coder.sample == 4
    header, rows = view.rows()
    found = list(rows)
    assert header == ["sample", "place", "given", "again"]
    assert found[65] == (1, 1, pytest.approx(float(given[1, 0, 0, 1])), pytest.approx(float(given[1, 0, 0, 1]) + 1))


def test_rows_of_numbers_are_lines(qtbot: QtBot, coder: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(coder, monkeypatch)
    engine.begin()
    view = Reconstruction(coder)
    shown(qtbot, view)
    given = np.random.default_rng(0).normal(size=(5, 13)).astype(np.float32)
    engine.show("reconstruction", {}, given=given, again=given * 0.9, error=np.full(5, 0.1, np.float32))
    qtbot.waitUntil(lambda: not view.message)
    view.redraw()
    view.grab()
    assert "orange" in view.caption.text()


def test_an_output_gets_a_loss_of_its_own_and_gives_it_back(qtbot: QtBot, coder: Lab) -> None:
    inspector = Inspector(coder)
    qtbot.addWidget(inspector)
    inspector.show()
    coder.select("output")
    page = inspector.page
    assert isinstance(page, NodePage)
    section = page.extra
    assert isinstance(section, LossSection)
    assert section.loss.isVisibleTo(section)
    section.part.click()
    assert coder.document.experiment.model.nodes["output"].params["loss"] == {"kind": "mse", "params": {}}
    assert section.own.isVisibleTo(section)
    section.own.chooser.picked.emit("huber")
    assert coder.document.experiment.model.nodes["output"].params["loss"]["kind"] == "huber"
    assert coder.document.experiment.training.loss.kind == "mse"
    form = section.own.form
    assert form is not None
    form.edited.emit("delta", 2.0, "")
    assert coder.document.experiment.model.nodes["output"].params["loss"]["params"] == {"delta": 2.0}
    assert coder.document.check.trainable
    face = faces(coder.document.experiment, coder.document.check)["output"]
    assert (face.title, face.detail) == ("Huber", "the input again")
    kinds = {loss.kind for loss in LOSSES if section.own.fits(loss)}
    assert {"mse", "binary_cross_entropy"} <= kinds
    assert "cross_entropy" not in kinds
    section.join.click()
    assert coder.document.experiment.model.nodes["output"].params["loss"] is None
    assert section.loss.isVisibleTo(section)
    for _step in range(4):
        coder.document.undo_stack.undo()
    assert coder.document.experiment == load_template("autoencoder-digits")


def test_every_part_of_the_loss_has_its_curve(qtbot: QtBot, coder: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(coder, monkeypatch)
    steps = [10.0, 20.0]
    parts = {"train_part.again": (steps, [0.5, 0.2]), "val_part.again": (steps, [0.6, 0.3])}
    parts |= {"train_part.prior": (steps, [0.1, 0.4]), "val_part.prior": (steps, [0.1, 0.5])}
    engine.begin(train_loss=(steps, [1.0, 0.5]), mean_loss=(steps, [2.0, 2.0]), **parts)
    view = Curves(coder)
    shown(qtbot, view)
    qtbot.waitUntil(lambda: not view.message)
    view.redraw()
    assert "the mean sample 2" in view.accessibleDescription()
    view.tabs.choose("parts")
    view.redraw()
    words = view.accessibleDescription()
    assert "again, training 0.2" in words
    assert "prior, validation 0.5" in words
    colours = {curve_pen(name, 0, tuple(parts)).color().name() for name in parts}
    assert len(colours) == 2


def test_every_output_has_its_score_among_the_curves(qtbot: QtBot, coder: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(coder, monkeypatch)
    steps = [10.0, 20.0]
    scores = {f"{part}_accuracy{end}": (steps, [0.5, 0.75]) for part in ("train", "val") for end in ("", ".twin")}
    scores |= {"train_r2.again": (steps, [0.1, 0.25]), "val_r2.again": (steps, [0.1, 0.2])}
    engine.begin(train_loss=(steps, [1.0, 0.5]), **scores)
    view = Curves(coder)
    shown(qtbot, view)
    qtbot.waitUntil(lambda: not view.message)
    view.redraw()
    view.tabs.choose("accuracy")
    view.redraw()
    words = view.accessibleDescription()
    assert "validation 75.0 %" in words
    assert "twin, validation 75.0 %" in words
    names = ("train_accuracy", "val_accuracy", "val_accuracy.twin")
    assert len({curve_pen(name, 0, names).color().name() for name in names}) == 3
    view.tabs.choose("r2")
    view.redraw()
    assert "again, validation 0.2" in view.accessibleDescription()
    assert {row[2] for row in view.rows()[1]} >= scores.keys()


def test_the_window_brings_the_view_that_fits(make_window: Callable[..., Window], document: Document) -> None:
    window = make_window(document)
    assert "confusion" in fitting(document.check)
    window.bench.layouts.begin(False) if not window.bench.layouts.begun else None
    document.open(load_template("autoencoder-digits"))
    assert fitting(document.check) == ("reconstruction",)
    assert window.bench.layouts.shown("reconstruction")
    assert not window.bench.layouts.shown("confusion")
    assert Choice(kind="mse") == document.experiment.training.loss
