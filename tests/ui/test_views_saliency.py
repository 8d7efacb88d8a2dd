"""Saliency on a picture, on words, on features and on a sequence."""

import numpy as np
import pytest
from looking import LEFT, Engine, hover, shown
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dllab.templates import load_template
from ui.lab import Lab
from ui.views.saliency import Saliency

FACTS = {"sample": 3, "count": 270, "true": "7", "says": "1", "confidence": 0.8, "toward": "1"}


@pytest.fixture
def engine(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine(lab, monkeypatch)
    engine.begin()
    return engine


def drawn(qtbot: QtBot, view: Saliency) -> None:
    qtbot.waitUntil(lambda: not view.message)
    view.redraw()
    for _round in range(2):
        QApplication.processEvents()
        view.grab()


def of(lab: Lab, engine: Engine, template: str, qtbot: QtBot) -> Saliency:
    """The view in a lab that trains a template."""
    lab.document.open(load_template(template))
    engine.begin()
    view = Saliency(lab)
    shown(qtbot, view)
    return view


def test_a_picture_is_coloured_where_it_counts(qtbot: QtBot, lab: Lab, engine: Engine) -> None:
    view = of(lab, engine, "digits-cnn", qtbot)
    assert engine.params("saliency") == {"sample": 0, "method": "gradient", "toward": "says"}
    relevance = np.zeros((1, 8, 8), np.float32)
    relevance[0, 2, 3], relevance[0, 5, 1] = 1.0, -1.0
    image = np.full((1, 8, 8), 4.0, np.float32)
    engine.show("saliency", {**FACTS, "method": "gradient"}, relevance=relevance, input=image)
    drawn(qtbot, view)
    overlay = view.overlay
    pixels = overlay.grab().toImage()
    up, down, none = (
        pixels.pixelColor(overlay.cell_rect((0, *cell)).topLeft() + QPoint(4, 4)) for cell in ((2, 3), (5, 1), (0, 0))
    )
    assert up.red() > up.blue() + 40
    assert down.blue() > down.red() + 40
    assert abs(none.red() - none.blue()) < 24
    hover(qtbot, overlay, overlay.cell_rect((0, 2, 3)).center())
    assert overlay.readout.plain == "row 2, column 3 counts 1"
    assert view.foot.caption.text() == "sample 3 · true 7 · ✕ says 1 (80.0 %)"
    assert "raises (orange)" in view.caption.text()
    header, rows = view.rows()
    assert header == ["axis_0", "axis_1", "axis_2", "relevance"]
    assert len(list(rows)) == 64


def test_grad_cam_follows_the_selected_convolution(qtbot: QtBot, lab: Lab, engine: Engine) -> None:
    view = of(lab, engine, "digits-cnn", qtbot)
    tabs = view.methods
    qtbot.mouseClick(tabs, LEFT, pos=tabs.tab_rect("gradcam").center())
    lab.select("conv2d_2")
    assert engine.params("saliency")["node"] == "conv2d_2"
    labels = {**FACTS, "method": "gradcam", "node": "conv2d_2", "cells": [4, 4]}
    engine.show("saliency", labels, relevance=2 * np.eye(8, dtype=np.float32), input=np.ones((1, 8, 8), np.float32))
    drawn(qtbot, view)
    assert view.pages.currentWidget() is view.overlay
    assert view.scale.accessibleDescription() == "Colours from 0 to 2"
    qtbot.mouseClick(view.toward, LEFT, pos=view.toward.tab_rect("true").center())
    assert engine.params("saliency")["toward"] == "true"


def test_words_are_shaded(qtbot: QtBot, lab: Lab, engine: Engine) -> None:
    view = of(lab, engine, "text-gru", qtbot)
    assert [key for key, _word in view.methods.tabs] == ["gradient", "integrated"]
    data = lab.document.check.data
    assert data is not None
    sentence = np.array([5, 6, 7, 0, 0], np.int64)
    labels = {**FACTS, "method": "integrated", "sum": 1.5, "difference": 1.48}
    relevance = np.array([1.0, -0.5, 0.0, 9.0, 9.0], np.float32)
    engine.show("saliency", labels, relevance=relevance, input=sentence)
    drawn(qtbot, view)
    shaded = view.shaded
    assert view.pages.currentWidget() is shaded
    assert shaded.words == [data.tokens[i] for i in (5, 6, 7)]
    hover(qtbot, shaded, shaded.places()[1].center())
    assert shaded.readout.plain == f"“{data.tokens[6]}” counts −0.5"
    qtbot.keyClick(shaded, Qt.Key.Key_Left)
    assert shaded.accessibleDescription() == f"“{data.tokens[5]}” counts 1"
    assert view.caption.text().endswith("adds up to 1.5 of 1.48")


def test_features_have_bars_and_sequences_columns(qtbot: QtBot, lab: Lab, engine: Engine) -> None:
    view = of(lab, engine, "diabetes-linear", qtbot)
    assert not view.toward.isVisible()
    labels = {**FACTS, "confidence": None, "toward": "disease progression", "method": "gradient"}
    relevance = np.arange(10, dtype=np.float32) - 3
    engine.show("saliency", labels, relevance=relevance, input=np.ones(10, np.float32))
    drawn(qtbot, view)
    assert view.pages.currentWidget() is view.bars
    assert view.bars.names[0] == "age"
    assert view.bars.marked == 9
    engine.show("saliency", labels, relevance=np.ones((24, 1), np.float32), input=np.ones((24, 1), np.float32))
    drawn(qtbot, view)
    assert view.heat.values.shape == (1, 1, 24)
