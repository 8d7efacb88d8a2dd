"""Unsaved work survives a crash, is offered after one and only then, and never keeps the lab from starting (R-22, 23, 26)."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from dllab.document import edits
from dllab.document.experiment import Experiment, Node
from dllab.document.format import load
from dllab.templates import load_template
from ui.document import Document
from ui.recovery import Found, Recovery, find
from ui.shell.window import Window

ROOT = Path(__file__).resolve().parents[2]

# A window's document without the window: edits, says so, and waits to be killed.
CHILD = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QTimer
from dllab.document import edits
from dllab.document.experiment import Node
from dllab.document.format import load
from ui.document import Document
from ui.recovery import Recovery, find

folder, count, original = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
app = QCoreApplication([])
document = Document()
if original:
    document.open(load(Path(original)).experiment, Path(original))
recovery = Recovery(document, folder)
found = find(folder).copies
if found:
    recovery.take(found[0])
    print("took", found[0].experiment.model.nodes.keys(), flush=True)
number = 0
def edit():
    global number
    if number < count:
        number += 1
        name = f"n{number}"
        document.apply("Add", lambda e: edits.add_node(e, name, Node(kind="relu")))
        print(number, flush=True)
    elif number == count:
        number += 1
        recovery.flush()
        print("idle", flush=True)
timer = QTimer()
timer.timeout.connect(edit)
timer.start(20)
app.exec()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "recovery"
    path.mkdir()
    return path


def crash(folder: Path, edits_made: int, until: str, original: Path | None = None) -> list[str]:
    """Run a child that edits, kill it once it has said `until`; returns what it said."""
    arguments = [sys.executable, "-c", CHILD, str(folder), str(edits_made), str(original or "")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        said = []
        for line in child.stdout:
            said.append(line.strip())
            if said[-1] == until:
                break
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    return said


def leave(found: Found) -> None:
    for copy in found.copies:
        copy.leave()


def add(name: str) -> Callable[[Experiment], Experiment]:
    return lambda experiment: edits.add_node(experiment, name, Node(kind="relu"))


def test_kill_loses_at_most_the_last_edit(folder: Path) -> None:
    crash(folder, 40, until="17")
    (copy,) = find(folder).copies
    assert set(copy.experiment.model.nodes) >= {f"n{i}" for i in range(1, 17)}
    copy.discard()
    assert find(folder) == Found((), ())


def test_what_a_kill_left_half_written_is_swept_up_later(folder: Path) -> None:
    fresh, old = folder / ".dllab-fresh.tmp", folder / ".dllab-old.tmp"
    for file in (fresh, old):
        file.write_bytes(b"half")
    os.utime(old, (1, 1))
    find(folder)
    assert fresh.exists()
    assert not old.exists()


def test_a_crash_leaves_the_copy_and_where_it_came_from(folder: Path, tmp_path: Path) -> None:
    original = tmp_path / "mine.dllab"
    original.write_text((ROOT / "resources/templates/xor-mlp.dllab").read_text())
    crash(folder, 1, "idle", original)
    found = find(folder)
    assert found.bad == ()
    assert found.copies[0].original == original
    assert found.copies[0].experiment == add("n1")(load(original).experiment)
    leave(found)


def test_a_second_crash_right_after_recovery_still_leaves_the_copy(folder: Path) -> None:
    crash(folder, 3, "idle")
    said = crash(folder, 0, "idle")
    assert said[0].startswith("took")
    found = find(folder)
    assert list(found.copies[0].experiment.model.nodes) == ["n1", "n2", "n3"]
    leave(found)


def test_a_living_window_is_no_crash(folder: Path, qtbot: QtBot) -> None:
    document = Document()
    recovery = Recovery(document, folder)
    document.apply("Add", add("a"))
    recovery.flush()
    assert recovery.file.exists()
    code = f"from ui.recovery import find; from pathlib import Path; print(len(find(Path({str(folder)!r})).copies))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert other.stdout.strip() == "0"
    assert recovery.file.exists()
    recovery.close()


def test_nothing_is_written_while_nothing_is_unsaved_and_nothing_stays_after_a_clean_end(folder: Path) -> None:
    document = Document()
    recovery = Recovery(document, folder)
    document.open(load_template("xor-mlp"))
    recovery.flush()
    assert not recovery.file.exists()
    document.apply("Add", add("a"))
    recovery.flush()
    assert recovery.file.exists()
    document.undo_stack.undo()
    recovery.flush()
    assert not recovery.file.exists()
    document.apply("Add", add("b"))
    recovery.close()
    assert list(folder.iterdir()) == []


def test_an_end_by_signal_keeps_unsaved_work(folder: Path) -> None:
    document = Document()
    recovery = Recovery(document, folder)
    document.apply("Add", add("a"))
    recovery.close(keep=True)
    found = find(folder)
    assert list(found.copies[0].experiment.model.nodes) == ["a"]
    leave(found)


def test_recovered_work_stays_in_its_copy_until_it_is_saved(folder: Path, tmp_path: Path) -> None:
    crash(folder, 2, "idle")
    document = Document()
    recovery = Recovery(document, folder)
    (copy,) = find(folder).copies
    recovery.take(copy)
    recovery.flush()
    assert document.modified
    assert copy.file.exists()
    document.saved(tmp_path / "saved.dllab")
    recovery.flush()
    assert not copy.file.exists()
    recovery.close()
    assert list(folder.iterdir()) == []


BROKEN = {
    "empty": b"",
    "half": b'{"dllab_recovery": 1, "original": null, "written": 1.0, "experi',
    "text": b"hello",
    "list": b"[1, 2, 3]",
    "bytes": bytes(range(256)),
    "wrong": json.dumps({"dllab_recovery": 1, "original": None, "written": 1.0, "experiment": "{}"}).encode(),
    "types": json.dumps({"dllab_recovery": "x", "original": 5, "written": None, "experiment": 7}).encode(),
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_a_damaged_copy_is_set_aside(folder: Path, content: bytes) -> None:
    (folder / "77-abc.recovery").write_bytes(content)
    found = find(folder)
    assert found.copies == ()
    assert [path.name for path in found.bad] == ["77-abc.bad"]
    assert (folder / "77-abc.bad").read_bytes() == content
    assert find(folder) == Found((), ()), "told once"


def test_a_huge_copy_is_not_read(folder: Path) -> None:
    with (folder / "77-abc.recovery").open("wb") as file:
        file.truncate(200_000_000)
    assert [path.name for path in find(folder).bad] == ["77-abc.bad"]


def test_a_copy_by_a_newer_version_waits_for_it(folder: Path) -> None:
    text = (
        (ROOT / "resources/templates/xor-mlp.dllab").read_text().replace('"schema_version": 1', '"schema_version": 99')
    )
    content = {"dllab_recovery": 1, "original": None, "written": 1.0, "experiment": text}
    (folder / "77-abc.recovery").write_text(json.dumps(content))
    assert find(folder) == Found((), ())
    assert (folder / "77-abc.recovery").exists()


def test_a_copy_that_may_not_be_read_does_not_stop_the_lab(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "77-abc.recovery").write_bytes(b"x")

    def refuse(*_args: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("ui.recovery.read_limited", refuse)
    monkeypatch.setattr(os, "replace", refuse)
    assert find(folder).copies == ()


def test_a_full_disk_is_told_once(folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path, _data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ui.recovery.write_atomic", full)
    document = Document()
    recovery = Recovery(document, folder)
    told: list[str] = []
    recovery.failed.connect(told.append)
    for name in "abc":
        document.apply("Add", add(name))
        recovery.flush()
    qtbot.waitUntil(lambda: bool(told))
    assert told == ["the disk is full"]
    recovery.close()


def test_the_window_offers_what_a_crash_left(make_window: Callable[..., Window], folder: Path, qtbot: QtBot) -> None:
    crash(folder, 2, "idle")
    window = make_window()
    window.recovered.offer(find(folder))
    row = window.welcome.copy_rows[0]
    qtbot.waitUntil(row.recover.isVisible)
    qtbot.mouseClick(row.recover, Qt.MouseButton.LeftButton)
    assert list(window.document.experiment.model.nodes) == ["n1", "n2"]
    assert window.document.modified
    assert not window.welcoming


def test_the_window_discards_what_is_not_wanted(make_window: Callable[..., Window], folder: Path) -> None:
    crash(folder, 1, "idle")
    window = make_window()
    window.recovered.offer(find(folder))
    window.welcome.copy_rows[0].discard.click()
    assert list(folder.iterdir()) == []
    assert window.welcome.copy_rows == []


def test_what_was_neither_taken_nor_discarded_is_offered_again(
    make_window: Callable[..., Window], folder: Path
) -> None:
    crash(folder, 1, "idle")
    window = make_window()
    window.recovered.offer(find(folder))
    window.close()
    found = find(folder)
    assert len(found.copies) == 1
    leave(found)


def test_a_damaged_copy_is_told_in_the_window(make_window: Callable[..., Window], folder: Path) -> None:
    (folder / "77-abc.recovery").write_bytes(b"{")
    window = make_window()
    window.recovered.offer(find(folder))
    assert "77-abc.bad" in window.notices.all[0].sentence
