"""The real window for tests, and a watch that makes the guilty test fail: leaks, uncaught exceptions, Qt warnings."""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from leaks import Leaks, settle
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dllab.templates import load_template
from dllab.text import set_language
from ui import collecting
from ui.document import Document
from ui.lab import Lab
from ui.recovery import Recovery
from ui.shell import home as folders
from ui.shell.theme import interface_font, theme
from ui.shell.window import Window


@pytest.fixture(scope="session")
def qapp(qapp: QApplication) -> QApplication:
    """The application dressed as the lab dresses it."""
    QLocale.setDefault(QLocale.c())
    qapp.setStyle("Fusion")
    qapp.setFont(interface_font())
    qapp.setQuitOnLastWindowClosed(False)
    theme.use("light")
    return qapp


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits end when what they wait for comes; how long they may take says only when to give up on a busy machine."""
    for wait in (QtBot.waitUntil, QtBot.waitSignal, QtBot.waitSignals, QtBot.waitCallback, QtBot.waitExposed):
        monkeypatch.setitem(wait.__kwdefaults__, "timeout", 30_000)


@pytest.fixture(autouse=True)
def _nothing_left(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails the test that leaves a thread, a timer, a window or a process behind, instead of a later one."""
    leaks = Leaks(monkeypatch)
    # The test runner has threads of its own, and what a test leaves is no business of theirs.
    collecting.begin()
    yield
    set_language("en")
    if theme.scheme != "light":
        theme.use("light")
    left = leaks.found()
    gc.collect(1)
    collecting.collect()
    gc.enable()
    if left:
        pytest.fail("left behind:\n" + "\n".join(left), pytrace=False)


@pytest.fixture
def document() -> Document:
    """The digits network, opened and unchanged."""
    document = Document()
    document.open(load_template("digits-cnn"))
    return document


@pytest.fixture
def make_lab(tmp_path: Path) -> Iterator[Callable[[Document], Lab]]:
    """Makes labs and ends them; the engine runs only in tests that start it."""
    made: list[Lab] = []

    def make(document: Document) -> Lab:
        made.append(Lab(document, folders.settings(), folders.folder("runs")))
        return made[-1]

    yield make
    for lab in made:
        lab.close()
        lab.deleteLater()


@pytest.fixture
def lab(document: Document, make_lab: Callable[[Document], Lab]) -> Lab:
    """A lab around the digits network."""
    return make_lab(document)


@pytest.fixture
def make_window(qtbot: QtBot, make_lab: Callable[[Document], Lab]) -> Iterator[Callable[..., Window]]:
    """Makes windows, shows them, and closes them without a question."""
    made: list[Window] = []

    def make(document: Document | None = None, size: tuple[int, int] = (1440, 900)) -> Window:
        document = document or Document()
        recovery = Recovery(document, folders.folder("recovery"))
        window = Window(document, folders.settings(), recovery, lambda: make_lab(document))
        made.append(window)
        window.resize(*size)
        if document.experiment.model.nodes:
            window.files.opened.emit()
        window.show()
        qtbot.waitExposed(window)
        settle()
        return window

    yield make
    for window in made:
        window.end_now()
        window.deleteLater()
    made.clear()
    settle()


@pytest.fixture
def window(make_window: Callable[..., Window], document: Document) -> Window:
    """The whole window with the digits network in it, without an engine."""
    return make_window(document)
