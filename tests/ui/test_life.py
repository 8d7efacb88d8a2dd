"""The life of the process: opening, closing in training, signals, exceptions, a lost engine (R-00, 01, 03, 05, 07, 08)."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyqtgraph as pg
import pytest
from pace import within
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from dllab.document import edits
from dllab.document.format import load, to_text
from dllab.templates import load_template
from ui.recovery import find
from ui.shell import log
from ui.shell.window import Window

ROOT = Path(__file__).resolve().parents[2]

# The whole session of the program; `drive` is called when the window is up.
CHILD = """
import sys, os, time
from pathlib import Path
from PySide6.QtCore import QTimer
from ui.session import Session
from dllab.document import edits
from dllab.document.experiment import Node

session = Session("en", "light")
window, lab = session.window, session.lab
window.resize(1200, 800)

def say(*words):
    print(*words, flush=True)

def when(state, do):
    def look(now):
        if now == state:
            lab.state_changed.disconnect(look)
            QTimer.singleShot(50, window, do)
    lab.state_changed.connect(look)

def edit(name="extra"):
    window.document.apply("Add", lambda e: edits.add_node(e, name, Node(kind="relu")))

def drive():
{drive}

session.start(None)
window.files.open_template("digits-cnn")
QTimer.singleShot(0, window, drive)
code = session.run()
say("end", code)
sys.exit(code)
"""

TRAIN = """
    window.document.apply("Longer", lambda e: edits.set_path(e, "training.epochs", 100000))
    window.document.undo_stack.setClean()
    when("idle", lambda: lab.train())
    when("running", lambda: say("running", lab.link.process.processId()))
"""


@contextmanager
def child(drive: str, home: Path, **variables: str) -> "Iterator[subprocess.Popen[str]]":
    code = CHILD.replace("{drive}", "\n".join("    " + line.strip("\n") for line in drive.splitlines()) or "    pass")
    environment = {**os.environ, "DLLAB_HOME": str(home), "OMP_NUM_THREADS": "1", **variables}
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def wait_for(process: "subprocess.Popen[str]", word: str) -> list[str]:
    assert process.stdout is not None
    for line in process.stdout:
        if line.split()[0] == word:
            return line.split()
    assert process.stderr is not None
    raise AssertionError(f"{word} was never said; stderr:\n{process.stderr.read()}")


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_closing_in_training_takes_less_than_a_second_and_leaves_nothing(home: Path) -> None:
    """R-01: exit code 0, no process left, the last checkpoint on disk."""
    with child(
        TRAIN + '    sys.stdin.close()\n    session.application.aboutToQuit.connect(lambda: say("quitting"))', home
    ) as c:
        engine = int(wait_for(c, "running")[1])
        time.sleep(0.5)
        # 200 ms for Python to see the signal, then less than a second.
        with within(1.2):
            c.send_signal(signal.SIGTERM)
            assert c.wait(timeout=20) == 0
        assert c.stderr is not None
        assert "QThread" not in c.stderr.read()
    assert gone(engine)
    assert list((home / "runs").rglob("*.safetensors")), "the last checkpoint"


def test_a_close_by_hand_in_training(home: Path) -> None:
    drive = (
        TRAIN
        + """
    def close():
        say("closing")
        window.close()
        say("closed")
    when("running", lambda: QTimer.singleShot(300, window, close))
"""
    )
    with child(drive, home) as c:
        engine = int(wait_for(c, "running")[1])
        wait_for(c, "closing")
        with within(1.0):
            wait_for(c, "closed")
        assert c.wait(timeout=20) == 0
    assert gone(engine)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_idle_ends_cleanly_and_keeps_unsaved_work(home: Path, number: signal.Signals) -> None:
    """R-05."""
    with child('    edit()\n    say("edited")', home) as c:
        wait_for(c, "edited")
        with within(1.2):
            c.send_signal(number)
            assert c.wait(timeout=20) == 0
    (copy,) = find(home / "recovery").copies
    assert "extra" in copy.experiment.model.nodes
    copy.leave()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_training_ends_cleanly_and_takes_the_engine_along(home: Path, number: signal.Signals) -> None:
    """R-05."""
    with child(TRAIN, home) as c:
        engine = int(wait_for(c, "running")[1])
        c.send_signal(number)
        assert c.wait(timeout=20) == 0
    assert gone(engine)
    assert list((home / "runs").glob("*/checkpoint.safetensors"))


SAVE = """
    from dllab.document.format import save
    window.document.apply("Slower", lambda e: edits.set_path(e, "training.learning_rate", 0.00125))
    window.document.apply("Name", lambda e: edits.set_path(e, "title", "Größe 模型 🙂 İı"))
    save(window.document.experiment, Path(os.environ["DLLAB_HOME"]) / "Größe 模型.dllab")
    window.document.undo_stack.setClean()
    say("saved")
    window.close()
"""


@pytest.mark.parametrize("language", ["C", "de_DE.UTF-8", "tr_TR.UTF-8", "ar_EG.UTF-8"])
def test_a_file_is_the_same_whatever_the_locale(home: Path, language: str) -> None:
    """R-43."""
    with child(SAVE, home, LC_ALL=language, LANG=language, LANGUAGE=language) as c:
        wait_for(c, "saved")
        assert c.wait(timeout=20) == 0
    path = home / "Größe 模型.dllab"
    made = load_template("digits-cnn")
    for name, value in (("training.learning_rate", 0.00125), ("title", "Größe 模型 🙂 İı")):
        made = edits.set_path(made, name, value)
    assert path.read_bytes() == to_text(made).encode("utf-8")
    assert load(path).experiment == made


def test_a_kill_leaves_the_work_and_the_engine_ends_too(home: Path) -> None:
    drive = (
        TRAIN
        + """
    when("running", edit)
"""
    )
    with child(drive, home) as c:
        engine = int(wait_for(c, "running")[1])
        recovery = home / "recovery"
        deadline = time.monotonic() + 10
        while not list(recovery.glob("*.recovery")) and time.monotonic() < deadline:
            time.sleep(0.02)
        c.kill()
        c.wait()
    deadline = time.monotonic() + 10
    while not gone(engine) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert gone(engine), "an engine whose window has died ends itself"
    (copy,) = find(recovery).copies
    assert "extra" in copy.experiment.model.nodes
    copy.leave()


@pytest.mark.parametrize(
    "end",
    [
        "sys.exit(3)",
        "session.application.quit()",
        "del session.window; session.application.exit(0)",
        "window.deleteLater()",
    ],
)
def test_no_way_to_leave_aborts(home: Path, end: str) -> None:
    """R-03: whatever way the program is left, it never ends by a crash."""
    drive = (
        TRAIN
        + f"""
    def leave():
        say("leaving")
        QTimer.singleShot(1000, session.application, session.application.quit)
        {end}
    when("running", leave)
"""
    )
    with child(drive, home) as c:
        engine = int(wait_for(c, "running")[1])
        code = c.wait(timeout=20)
    assert code not in (134, 139, -6, -11)
    deadline = time.monotonic() + 5
    while not gone(engine) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert gone(engine)


def test_garbage_is_collected_by_the_idle_window_and_by_nothing_else(home: Path) -> None:
    drive = """
    import gc, weakref
    class Knot: pass
    def tie(_facts):
        knot = Knot()
        knot.me = knot
        kept = [[] for _ in range(2000)]
        seen = weakref.ref(knot)
        del knot
        QTimer.singleShot(900, window, lambda: look(seen, kept))
    def look(seen, kept):
        say("collected", seen() is None, "automatically", gc.isenabled(), "kept", gc.get_freeze_count() > 50_000)
        window.end_now()
    lab.link.ready.connect(tie)
    """
    with child(drive, home) as c:
        assert wait_for(c, "collected") == ["collected", "True", "automatically", "False", "kept", "True"]
        assert c.wait(20) == 0


def test_an_exception_in_a_slot_is_logged_and_shown_once(home: Path) -> None:
    """R-07: in slots, timers and paint events; the lab lives."""
    drive = """
    from PySide6.QtWidgets import QWidget
    class Broken(QWidget):
        def paintEvent(self, event):
            raise ValueError("paint is wet")
    broken = Broken(window)
    broken.resize(50, 50)
    broken.show()
    timer = QTimer(window)
    timer.timeout.connect(broken.update)
    timer.start(10)
    def slot():
        raise RuntimeError("no such luck")
    for wait in range(5):
        QTimer.singleShot(wait * 20, window, slot)
    def done():
        say("notices", *[notice.sentence.split("(")[1].split(":")[0] for notice in window.notices.all])
        broken.hide()
        window.close()
    QTimer.singleShot(800, window, done)
"""
    with child(drive, home) as c:
        notices = wait_for(c, "notices")[1:]
        assert c.wait(timeout=10) == 0
    assert sorted(notices) == ["RuntimeError", "ValueError"]
    text = (home / "logs" / "dllab.log").read_text()
    assert text.count("RuntimeError: no such luck") == 5
    assert "paint is wet" in text


def test_exceptions_in_threads_and_messages_of_qt_are_logged(home: Path) -> None:
    drive = """
    import threading
    from PySide6.QtCore import qWarning
    def work():
        raise OSError("in a thread")
    threading.Thread(target=work).start()
    qWarning("from Qt")
    QTimer.singleShot(300, window, window.close)
"""
    with child(drive, home) as c:
        assert c.wait(timeout=10) == 0
    text = (home / "logs" / "dllab.log").read_text()
    assert "OSError: in a thread" in text
    assert "WARNING qt: from Qt" in text


def test_faults_are_rate_limited() -> None:
    faults = log.Faults()
    seen: list[str] = []
    faults.seen.connect(lambda line, _details: seen.append(line))
    for _round in range(50):
        for text in ("a", "b"):
            try:
                raise ValueError(text)
            except ValueError as error:
                faults.take(ValueError, error, error.__traceback__)
    assert seen == ["ValueError: a"], "one place, one notice"


def test_an_engine_that_dies_leaves_the_window_and_its_curves(window: Window, qtbot: QtBot) -> None:
    """R-08."""
    lab = window.lab
    lab.link.start()
    qtbot.waitUntil(lambda: lab.state == "idle", timeout=20_000)
    window.document.apply(
        "Longer", lambda e: e.model_copy(update={"training": e.training.model_copy(update={"epochs": 9999})})
    )
    window.commands.refresh()
    window.commands["train"].trigger()
    qtbot.waitUntil(lambda: lab.runs.current is not None and lab.runs.current.step > 40, timeout=20_000)
    before = window.document.experiment
    process = lab.link.process
    assert process is not None
    os.kill(process.processId(), signal.SIGKILL)
    qtbot.waitUntil(lambda: lab.state == "offline")
    assert "The training process ended (-9)" in window.notices.all[-1].sentence
    assert window.document.experiment is before
    assert len(lab.runs.all) == 1
    assert len(lab.runs.all[0].curves["train_loss"]) > 40
    qtbot.waitUntil(lambda: lab.state == "idle", timeout=20_000)
    window.commands.refresh()
    assert window.commands["train"].isEnabled()


def test_the_version_that_aborts_is_refused(tmp_path: Path) -> None:
    """R-00: PySide6 6.12.0 on Python below 3.12 is refused with a sentence, before Qt is imported."""
    code = (
        "import sys, importlib.metadata as m\n"
        "real = m.version\n"
        "m.version = lambda name: '6.12.0' if name.lower().startswith('pyside6') else real(name)\n"
        "sys.version_info = (3, 11, 7, 'final', 0)\n"
        "from ui.app import main\n"
        "code = main(['dllab'])\n"
        "assert not [n for n in sys.modules if n.startswith('PySide6')]\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 1
    assert "6.12.0" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_references_to_none_do_not_drift(qtbot: QtBot) -> None:
    """R-00: each void call of the broken version loses one."""
    widget = QWidget()
    qtbot.addWidget(widget)
    before = sys.getrefcount(None)
    for _round in range(2000):
        widget.update()
    plot = pg.PlotWidget()
    qtbot.addWidget(plot)
    plot.show()
    curve = plot.plot()
    for _round in range(300):
        curve.setData([0.0, 1.0], [0.0, 1.0])
        plot.viewport().repaint()
    assert sys.getrefcount(None) - before > -50


def test_importing_the_window_brings_no_torch(tmp_path: Path) -> None:
    code = "import sys, ui.app, ui.session; print([n for n in ('torch', 'sklearn', 'scipy') if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_first_picture_waits_for_nothing_that_it_does_not_show(tmp_path: Path) -> None:
    code = """
import os, sys
from ui.session import Session
session = Session("en", "light")
session.start()
session.window.repaint()
print([n for n in ("numpy", "pyqtgraph", "ui.lab", "ui.canvas.canvas", "ui.inspector.inspector") if n in sys.modules])
os._exit(0)
"""
    done = subprocess.run(
        [sys.executable, "-uc", code], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True,
        env={**os.environ, "DLLAB_HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout.strip() == "[]"


def test_a_thread_left_behind_is_found(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The watch over the tests itself: R-09."""
    from leaks import Leaks

    leaks = Leaks(monkeypatch)
    timer, widget = QTimer(), QWidget()
    timer.start(1000)
    sleeper = subprocess.Popen(["sleep", "60"])
    monkeypatch.setattr("leaks._PATIENCE_S", 0.0)
    found = "\n".join(leaks.found())
    assert "QTimer" in found
    assert "QWidget" in found
    assert "sleep" in found
    sleeper.kill()
    sleeper.wait()
    timer.stop()
    widget.deleteLater()
    assert leaks.found() == []
