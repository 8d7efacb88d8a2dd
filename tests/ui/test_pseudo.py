"""In a pseudo-locale every text on the screen changes: nothing of the window is left in English."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot
from words import texts, untranslated

from dllab.document import edits
from dllab.document.experiment import Link, Node
from dllab.document.format import save
from dllab.layers import LAYERS
from dllab.templates import load_template
from dllab.text import PSEUDO, set_language
from ui.document import Document
from ui.recovery import find
from ui.shell.window import Window

# Names that belong to people or to programs: they stay as they are in every language.
OURS = {"dllab", "mine.dllab", "SGD", "Adam", "AdamW", "RMSprop"}
PATH = re.compile(r"^/[\w/.…-]+$")


@pytest.fixture(autouse=True)
def _pseudo() -> Iterator[None]:
    set_language(PSEUDO)
    yield
    set_language("en")


def english(window: QWidget) -> list[str]:
    """Every text that no translator has seen."""
    title = window.windowTitle()
    found = set()
    for where, text in texts(window):
        left = untranslated(text.replace("dllab 0", "0").replace("– dllab", ""))
        if left and text != title and left not in OURS and not PATH.match(left):
            found.add(f"{where}: {text!r}")
    return sorted(found)


def test_the_finder_finds() -> None:
    assert untranslated("Save") == "Save"
    assert untranslated("⟦Sàvé⟧") == ""
    assert untranslated("⟦Sàvé⟧ (Ctrl+Shift+S)\n⟦x⟧") == ""
    assert untranslated("⟦Sàvé⟧ now") == "now"
    assert untranslated("⟦{⟦iññér⟧}⟧ 1,797 × 8") == ""


def test_the_welcome_page(make_window: Callable[..., Window], tmp_path: Path) -> None:
    window = make_window()
    path = tmp_path / "mine.dllab"
    save(load_template("xor-mlp"), path)
    window.files.recent.add(path)
    window.files.recent.add(tmp_path / "mine.dllab")
    QApplication.processEvents()
    assert english(window) == []


@pytest.mark.parametrize("template", ["digits-cnn", "spiral-mlp", "diabetes-linear"])
def test_the_window_with_an_experiment(make_window: Callable[..., Window], template: str, qtbot: QtBot) -> None:
    document = Document()
    document.open(load_template(template))
    window = make_window(document)
    for layout in ("build", "inspect", "train"):
        window.layouts.use(layout)
        for card in window.bench.cards:
            card.build()
        qtbot.wait(20)
        assert english(window) == []


@pytest.mark.parametrize("template", ["moons-mlp", "digits-cnn", "cluster-moons"])
def test_every_view_of_a_run(make_window: Callable[..., Window], template: str, qtbot: QtBot) -> None:
    document = Document()
    document.open(load_template(template))
    window = make_window(document)
    document.apply("⟦féw⟧", lambda e: edits.set_path(e, "training.epochs", 1))
    window.lab.link._language = PSEUDO
    window.lab.link.start()
    qtbot.waitUntil(lambda: window.lab.state == "idle", timeout=60_000)
    window.lab.train()
    qtbot.waitUntil(lambda: window.lab.state == "done", timeout=60_000)
    for card in window.bench.cards:
        window.layouts.show(card.objectName())
        card.build()
        view = card.view
        qtbot.waitUntil(lambda view=view: view.isVisible(), timeout=10_000)
        qtbot.waitUntil(lambda view=view: not view.wants() or bool(view.pictures), timeout=60_000)
    qtbot.wait(50)
    assert english(window) == []


def test_every_layer_in_the_inspector(window: Window) -> None:
    for layer in LAYERS:
        name = f"{layer.kind}_x"
        window.document.apply("x", lambda e, n=name, k=layer.kind: edits.add_node(e, n, Node(kind=k)))
        window.lab.select(name)
        window.inspector.edit(name)
        QApplication.processEvents()
        assert english(window) == [], layer.kind


def test_help_on_every_layer(window: Window) -> None:
    for layer in LAYERS:
        window.inspector.show_help(layer.kind)
        for page in [p for p in QApplication.topLevelWidgets() if isinstance(p, QDialog) and p.isVisible()]:
            assert english(page) == [], layer.kind
            page.close()


@pytest.mark.parametrize("chip", ["data", "recipe", "device"])
def test_the_editors(window: Window, chip: str, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.toprow.chips[chip], Qt.MouseButton.LeftButton)
    qtbot.wait(20)
    assert english(window) == []


def test_pages_palette_and_questions(window: Window, qtbot: QtBot) -> None:
    window.document.apply("⟦ädd⟧", lambda e: edits.add_node(e, "extra", Node(kind="relu")))
    for command in ("shortcuts", "history", "about", "commands"):
        window.commands[command].trigger()
    window.files.new()
    qtbot.wait(20)
    assert [text for text in english(window) if "PySide6" not in text] == []
    for page in window.findChildren(QDialog):
        page.close()


def test_every_state_in_words(window: Window) -> None:
    for state in ("offline", "idle", "starting", "running", "paused", "stopped", "done", "failed", "non-finite"):
        window.lab._enter(state)
        window.commands.refresh()
        assert english(window) == [], state


def test_problems_and_refusals(window: Window) -> None:
    window.document.apply("x", lambda e: edits.connect(e, Link(source="relu", target="relu")))
    assert window.notices.all
    window.document.apply("x", lambda e: edits.remove(e, ["flatten"]))
    window.commands.refresh()
    QApplication.processEvents()
    assert english(window) == []


def test_recovered_work(make_window: Callable[..., Window], tmp_path: Path) -> None:
    window = make_window()
    (tmp_path / "1-2.recovery").write_text("{")
    window.recovered.offer(find(tmp_path))
    assert [text for text in english(window) if "1-2.bad" not in text] == []
