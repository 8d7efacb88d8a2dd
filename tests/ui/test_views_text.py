"""Samples of text: what is asked for, what is shown, and Again."""

from collections.abc import Callable

import numpy as np
import pytest
from looking import Engine, shown
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from dllab.templates import load_template
from ui.document import Document
from ui.lab import Lab
from ui.shell.layouts import fitting
from ui.views.sampled_text import SampledText


def test_it_shows_what_was_written_and_asks_again(
    qtbot: QtBot, make_lab: Callable[[Document], Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = make_lab(Document(load_template("char-lm")))
    assert fitting(lab.document.check) == ("sampled_text",)
    engine = Engine(lab, monkeypatch)
    engine.begin()
    view = SampledText(lab)
    shown(qtbot, view)
    assert engine.params("sampled_text") == {"prompt": "", "temperature": 0.8, "length": 140, "seed": 0}
    chance = np.full(5, 0.5, np.float32)
    engine.show(
        "sampled_text", {"prompt": "shall ", "text": "i\nnot"}, token=np.arange(5, dtype=np.int64), chance=chance
    )
    qtbot.waitUntil(lambda: not view.message)
    view.redraw()
    assert view.text.toPlainText() == "shall i\nnot"
    assert "50.0 % sure" in view.caption.text()
    assert len(list(view.rows()[1])) == 5
    view.again.click()
    qtbot.waitUntil(lambda: engine.params("sampled_text")["seed"] == 1)
    view.prompt.setText("my love")
    view.temperature.selectAll()
    QTest.keyClicks(view.temperature, "2e-1")
    QTest.keyClick(view.temperature, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: engine.params("sampled_text")["prompt"] == "my love")
    assert engine.params("sampled_text")["temperature"] == 0.2
