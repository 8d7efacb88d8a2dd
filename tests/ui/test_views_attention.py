"""Attention on the screen: what a person reads off it, and where its numbers go."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from looking import LEFT, Engine, hover, shown
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dllab.templates import load_template
from ui.document import Document
from ui.lab import Lab
from ui.shell.theme import theme
from ui.views.attention import Attention, pieces
from ui.views.saving import save_data, save_picture

WORDS = ["the", "cat", "sat"]
WEIGHTS = np.array([[[1, 0, 0], [0.25, 0.75, 0], [0.5, 0.2, 0.3]], [[1, 0, 0], [0.5, 0.5, 0], [0.1, 0.1, 0.8]]])
MASK = np.triu(np.ones((3, 3), bool), 1)


@pytest.fixture
def lab(make_lab: Callable[[Document], Lab]) -> Lab:
    document = Document()
    document.open(load_template("text-attention"))
    return make_lab(document)


@pytest.fixture
def view(qtbot: QtBot, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Attention:
    engine = Engine(lab, monkeypatch)
    engine.begin()
    view = Attention(lab)
    shown(qtbot, view)
    assert engine.params("attention") == {"node": "transformer_encoder", "sample": 0}
    labels = {"node": "transformer_encoder", "sample": 0, "count": 9, "true": "praises", "says": "blames"}
    labels |= {"layers": ["transformer_encoder", "transformer_encoder_2"], "queries": WORDS, "keys": WORDS, "grid": []}
    arrays = {"weights": WEIGHTS.astype(np.float32), "mask": MASK, "input": np.arange(3)}
    engine.show("attention", labels | {"confidence": 0.75}, **arrays)
    qtbot.waitUntil(lambda: not view.message)
    redrawn(view)
    return view


def redrawn(view: Attention) -> None:
    view.redraw()
    QApplication.processEvents()
    view.grab()


def test_all_heads_stand_beside_each_other_and_a_click_opens_one(qtbot: QtBot, view: Attention) -> None:
    assert view.heads.tabs == [("all", "All heads"), ("0", "1"), ("1", "2"), ("average", "Average")]
    # Words stand at the left of the first map and under both, in room that the maps leave.
    first, second = view.map.map_rect(0), view.map.map_rect(1)
    assert first.left() >= view.map._aside() > 20
    image = view.map.grab().toImage()
    ground = image.pixelColor(2, 2)
    for below in (first, second):
        under = [
            (x, y) for x in range(below.left(), below.right()) for y in range(below.bottom() + 4, view.map.height() - 4)
        ]
        assert sum(image.pixelColor(x, y) != ground for x, y in under) > 20
    aside = [(x, y) for x in range(first.left() - view.map._aside(), first.left() - 4) for y in range(first.height())]
    assert sum(image.pixelColor(x, first.top() + y) != ground for x, y in aside) > 20
    hover(qtbot, view.map, view.map.cell_rect((1, 2, 0)).center())
    assert view.map.readout.plain == "Head 2: sat takes 0.1 from the"
    qtbot.mouseClick(view.map, LEFT, pos=view.map.cell_rect((1, 2, 0)).center())
    assert view.heads.current == "1"
    redrawn(view)
    assert view.map.values.tolist() == [WEIGHTS[1].astype(np.float32).tolist()]
    assert view.map.labelled
    hover(qtbot, view.map, view.map.cell_rect((0, 1, 1)).center())
    assert view.map.readout.plain == "cat takes 0.5 from cat"
    view.heads.choose("average")
    redrawn(view)
    assert view.map.values[0] == pytest.approx(WEIGHTS.mean(0))


def test_what_the_mask_hides_is_hatched_and_says_so(qtbot: QtBot, view: Attention) -> None:
    view.heads.choose("0")
    redrawn(view)
    hover(qtbot, view.map, view.map.cell_rect((0, 0, 2)).center())
    assert view.map.readout.plain == "the may not look at sat: it comes later"
    view.map._point(None)
    view.map.readout.hide()
    image = view.map.grab(view.map.cell_rect((0, 0, 2))).toImage()
    seen = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert {QColor(theme.tokens.surface).name(), QColor(theme.tokens.muted).name()} <= seen


def test_layers_are_chosen_on_the_canvas_or_by_their_tab(view: Attention, lab: Lab) -> None:
    assert [word for _key, word in view.layers.tabs] == ["Layer 1", "Layer 2"]
    view.layers.choose("transformer_encoder_2")
    assert view.wants()["attention"].params["node"] == "transformer_encoder_2"
    lab.select("transformer_encoder")
    assert view.wants()["attention"].params["node"] == "transformer_encoder"
    lab.select("linear")
    assert view.wants()["attention"].params["node"] == "transformer_encoder"


def test_the_next_sample_is_the_next_for_every_view(qtbot: QtBot, view: Attention, lab: Lab) -> None:
    assert view.foot.caption.text() == "sample 0 · true praises · ✕ says blames (75.0 %)"
    qtbot.mouseClick(view.foot.previous_button, LEFT)
    assert lab.sample == 8
    qtbot.mouseClick(view.foot.next_button, LEFT)
    assert lab.sample == 0


def test_the_numbers_are_saved_with_the_words(view: Attention, tmp_path: Path) -> None:
    save_data(view, tmp_path / "a.csv")
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines[0] == "head,query,key,query_is,key_is,weight"
    assert lines[4] == "1,1,0,cat,the,0.25"
    assert len(lines) == 1 + WEIGHTS.size
    save_picture(view, tmp_path / "a.svg")
    assert b"<svg" in (tmp_path / "a.svg").read_bytes()


def test_an_image_is_cut_into_the_pieces_that_are_the_steps() -> None:
    image = np.arange(16, dtype=np.float32).reshape(1, 4, 4)
    cut = pieces(image, [2, 2])
    assert [(p.width(), p.height()) for p in cut] == [(2, 2)] * 4
    tones = [p.pixelColor(0, 0).lightness() for p in cut]
    assert tones == sorted(tones, reverse=True)
