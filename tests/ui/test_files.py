"""Open, save, close in the real window: questions before anything is lost, one sentence for every failure (R-27, R-29)."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from dllab.document import edits
from dllab.document.experiment import Experiment, Node
from dllab.document.format import load, save
from dllab.templates import TEMPLATES, load_template
from ui.shell.question import Question
from ui.shell.window import Window

ROOT = Path(__file__).resolve().parents[2]


def change(window: Window, name: str = "extra") -> None:
    window.document.apply("Add", lambda e: edits.add_node(e, name, Node(kind="relu")))


def question(window: Window) -> Question:
    (found,) = [q for q in window.findChildren(Question) if q.isVisible()]
    return found


def answer(window: Window, text: str) -> None:
    """Press the button of the open question with a real click."""
    asked = question(window)
    button = next(b for b in asked.findChildren(QPushButton) if b.text() == text)
    button.click()
    QApplication.processEvents()


def choose(window: Window, path: Path) -> None:
    """Type a path into the open file dialog and accept it."""
    (dialog,) = [d for d in window.findChildren(QFileDialog) if d.isVisible()]
    line = dialog.findChild(QLineEdit)
    assert line is not None
    line.setText(str(path))
    dialog.accept()
    QApplication.processEvents()


def sentences(window: Window) -> list[str]:
    return [notice.sentence for notice in window.notices.all]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.dllab"
    save(load_template("xor-mlp"), path)
    return path


def test_a_file_is_opened_changed_and_saved(window: Window, file: Path) -> None:
    window.files.open(file)
    assert window.document.path == file
    assert window.windowTitle() == "mine.dllab[*] – dllab"
    assert not window.isWindowModified()
    change(window)
    assert window.isWindowModified()
    assert "changed" in window.statusline.file.whole
    window.commands["save"].trigger()
    assert not window.isWindowModified()
    assert "extra" in load(file).experiment.model.nodes
    assert "saved" in window.statusline.file.whole


def test_opening_in_another_window_size_keeps_the_document(make_window: Callable[..., Window], file: Path) -> None:
    window = make_window(size=(1024, 768))
    window.files.open(file)
    assert window.document.experiment == load(file).experiment
    assert not window.welcoming


def test_a_template_opens_as_a_copy_without_a_file(make_window: Callable[..., Window], qtbot: QtBot) -> None:
    window = make_window()
    assert window.welcoming
    for template, card in zip(TEMPLATES, window.welcome.examples.cards, strict=True):
        assert card.title == template.title
    qtbot.mouseClick(window.welcome.examples.cards[3], Qt.MouseButton.LeftButton)
    assert not window.welcoming
    assert window.document.path is None
    assert window.document.experiment == load_template(TEMPLATES[3].id)
    assert not window.document.modified


def test_the_welcome_page_works_by_keyboard(make_window: Callable[..., Window], qtbot: QtBot) -> None:
    window = make_window()
    first = window.welcome.examples.cards[0]
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Right)
    second = window.welcome.examples.cards[1]
    qtbot.waitUntil(second.hasFocus)
    qtbot.keyClick(second, Qt.Key.Key_Space)
    assert window.document.experiment == load_template(TEMPLATES[1].id)


def test_examples_are_found_by_typing(make_window: Callable[..., Window], qtbot: QtBot) -> None:
    window = make_window()
    examples = window.welcome.examples
    examples.cards[0].setFocus()
    qtbot.keyClick(examples.cards[0], Qt.Key.Key_S)
    assert examples.search.hasFocus()
    qtbot.keyClicks(examples.search, "PIRAL")
    shown = [card for card in examples.cards if card.isVisible()]
    assert [card.title for card in shown] == ["Spirals, multilayer perceptron"]
    headings = {label.text() for label in examples.findChildren(QLabel) if label.isVisible()}
    assert "Points in the plane, curves" in headings
    assert "Tables" not in headings
    qtbot.keyClicks(examples.search, "xyz")
    assert "No example is called that." in {
        label.text() for label in examples.findChildren(QLabel) if label.isVisible()
    }
    qtbot.keyClick(examples.search, Qt.Key.Key_Escape)
    assert all(card.isVisible() for card in examples.cards)
    qtbot.keyClick(examples.search, Qt.Key.Key_Down)
    assert examples.cards[0].hasFocus()
    qtbot.keyClicks(examples.search, "spiral")
    qtbot.keyClick(examples.search, Qt.Key.Key_Return)
    assert window.document.experiment.data.kind == "spirals"


def test_saving_without_a_file_asks_for_one(window: Window, tmp_path: Path) -> None:
    window.commands["save"].trigger()
    path = tmp_path / "new.dllab"
    choose(window, path)
    assert load(path).experiment == window.document.experiment
    assert window.document.path == path
    assert window.files.recent.paths[0] == path


@pytest.mark.parametrize("name", ["with space", "测试 é 🙂", "a&b", "per%cent"])
def test_saved_under_any_name_and_opened_again(window: Window, tmp_path: Path, name: str) -> None:
    path = tmp_path / f"{name}.dllab"
    window.files._write(path)
    window.files.new()
    window.files.open(path)
    assert window.document.path == path
    assert window.document.experiment == load_template("digits-cnn")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EACCES, "access to it is not allowed"),
        (errno.EROFS, "the disk can only be read"),
    ],
)
def test_a_failed_save_is_one_sentence_and_loses_nothing(
    window: Window, file: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    window.files.open(file)
    change(window)

    def fail(_experiment: Experiment, _path: Path) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("ui.shell.files.save", fail)
    window.commands["save"].trigger()
    assert sentences(window) == [
        f"mine.dllab could not be saved: {words}. Your work is still here; save it somewhere else."
    ]
    assert window.document.modified
    assert "extra" not in load(file).experiment.model.nodes


BAD = {
    "empty": b"",
    "binary": bytes(range(256)),
    "not json": b"hello",
    "no version": b"{}",
    "wrong": b'{"schema_version": 1, "seed": "x"}',
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_a_file_that_is_none_is_one_sentence(window: Window, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.dllab"
    path.write_bytes(content)
    before = window.document.experiment
    window.files.open(path)
    assert len(sentences(window)) == 1
    assert sentences(window)[0].startswith("bad.dllab can't be opened")
    assert window.document.experiment is before


def test_a_file_that_is_gone_is_one_sentence(window: Window, tmp_path: Path) -> None:
    window.files.open(tmp_path / "gone.dllab")
    assert sentences(window) == ["gone.dllab can't be opened: there is no such file or folder."]


def test_a_newer_file_is_read_only(window: Window, file: Path, tmp_path: Path) -> None:
    text = file.read_text().replace('"schema_version": 1', '"schema_version": 99')
    file.write_text(text)
    window.files.open(file)
    assert window.document.read_only
    assert "newer version" in sentences(window)[0]
    change(window)
    window.commands["save"].trigger()
    choose(window, tmp_path / "copy.dllab")
    assert file.read_text() == text, "the newer file is as it was"
    assert window.document.path == tmp_path / "copy.dllab"
    assert not window.document.read_only


def test_a_file_changed_by_another_program_is_not_written_over_unasked(window: Window, file: Path) -> None:
    window.files.open(file)
    change(window)
    save(load_template("moons-mlp"), file)
    window.commands["save"].trigger()
    assert question(window).text() == "mine.dllab was changed by another program"
    answer(window, "Cancel")
    assert load(file).experiment == load_template("moons-mlp")
    assert window.document.modified
    window.commands["save"].trigger()
    answer(window, "Write over it")
    assert "extra" in load(file).experiment.model.nodes


def test_a_file_touched_but_unchanged_is_saved_without_a_question(window: Window, file: Path) -> None:
    window.files.open(file)
    change(window)
    os.utime(file, (1, 1))
    window.commands["save"].trigger()
    assert "extra" in load(file).experiment.model.nodes


def test_a_deleted_file_is_written_again(window: Window, file: Path) -> None:
    window.files.open(file)
    change(window)
    file.unlink()
    window.commands["save"].trigger()
    assert "extra" in load(file).experiment.model.nodes


@pytest.mark.parametrize("leave", ["new", "close", "quit", "template", "open"])
def test_leaving_unsaved_work_asks_first(window: Window, file: Path, leave: str) -> None:
    commands: dict[str, Callable[[], object]] = {
        "new": window.commands["new"].trigger,
        "close": window.commands["close"].trigger,
        "quit": window.close,
        "template": lambda: window.files.open_template("moons-mlp"),
        "open": lambda: window.files.open(file),
    }
    change(window)
    changed = window.document.experiment
    commands[leave]()
    answer(window, "Cancel")
    assert window.document.experiment is changed
    assert window.isVisible()
    commands[leave]()
    answer(window, "Don't save")
    assert window.document.experiment is not changed or not window.isVisible()


def test_save_and_close_saves_first(window: Window, file: Path) -> None:
    window.files.open(file)
    change(window)
    window.close()
    answer(window, "Save")
    assert not window.isVisible()
    assert "extra" in load(file).experiment.model.nodes


def test_a_save_that_fails_keeps_the_window_open(window: Window, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    window.files.open(file)
    change(window)

    def fail(_experiment: Experiment, _path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("ui.shell.files.save", fail)
    window.close()
    answer(window, "Save")
    assert window.isVisible()
    assert window.document.modified


def test_recent_files_are_fifteen_and_missing_ones_are_grey(window: Window, tmp_path: Path) -> None:
    for number in range(18):
        path = tmp_path / f"{number:02}.dllab"
        save(Experiment(), path)
        window.files.open(path)
    assert [path.name for path in window.files.recent.paths] == [f"{n:02}.dllab" for n in range(17, 2, -1)]
    (tmp_path / "17.dllab").unlink()
    window.files.recent.changed.emit()
    actions = window.menus["recent"].actions()
    assert not actions[0].isEnabled()
    assert actions[1].isEnabled()
    actions[1].trigger()
    assert window.document.path == tmp_path / "16.dllab"


def test_the_newest_file_is_one_key_away(window: Window, tmp_path: Path) -> None:
    window.commands.refresh()
    assert not window.commands["open_latest"].isEnabled()
    path = tmp_path / "mine.dllab"
    save(load_template("xor-mlp"), path)
    window.files.recent.add(path)
    window.commands.refresh()
    window.commands["open_latest"].trigger()
    assert window.document.path == path
    window.commands["clear_recent"].trigger()
    assert window.files.recent.paths == []


def _drop(window: Window, *urls: QUrl) -> bool:
    data = QMimeData()
    data.setUrls(list(urls))
    place, buttons, keys = QPoint(20, 10), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(place, Qt.DropAction.CopyAction, data, buttons, keys)
    QApplication.sendEvent(window, enter)
    if enter.isAccepted():
        drop = QDropEvent(QPointF(place), Qt.DropAction.CopyAction, data, buttons, keys)
        QApplication.sendEvent(window, drop)
    return enter.isAccepted()


def test_a_file_dropped_on_the_window_is_opened(window: Window, file: Path, tmp_path: Path, qtbot: QtBot) -> None:
    assert _drop(window, QUrl.fromLocalFile(str(file)))
    qtbot.waitUntil(lambda: window.document.path == file)
    assert not _drop(window, QUrl.fromLocalFile(str(tmp_path / "photo.png")))
    assert not _drop(window, QUrl("https://example.org/x.dllab"))
    assert not _drop(window, QUrl.fromLocalFile(str(file)), QUrl.fromLocalFile(str(file)))


def test_closing_leads_to_the_welcome_page_and_back(window: Window, file: Path, qtbot: QtBot) -> None:
    window.files.open(file)
    window.commands["welcome"].trigger()
    assert window.welcoming
    qtbot.waitUntil(window.welcome.back.isVisible)
    qtbot.mouseClick(window.welcome.back, Qt.MouseButton.LeftButton)
    assert not window.welcoming
    assert window.document.path == file
    window.commands["close"].trigger()
    assert window.welcoming
    assert window.document.path is None
    assert window.welcome.back.isHidden()


def test_names_in_files_are_shown_as_they_are(window: Window, tmp_path: Path) -> None:
    """R-36: markup in a title stays text."""
    nasty = "<img src=file:///etc/passwd><b>x</b>"
    path = tmp_path / "nasty.dllab"
    save(Experiment(title=nasty), path)
    window.files.open(path)
    window.document.path = None
    window.document.file_changed.emit()
    assert window.windowTitle() == f"{nasty}[*] – dllab"
    assert window.notices.all == []
