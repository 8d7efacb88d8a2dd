"""The doctor: what it sees, what it says, what it installs, and that it never leaves a core dump."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dllab import display, doctor

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def environment(**changes: str | None) -> dict[str, str]:
    wanted = {**os.environ, "PYTHONPATH": str(ROOT), **changes}
    return {name: value for name, value in wanted.items() if value is not None}


def display_check(folder: Path, **changes: str | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dllab.doctor", "--display"],
        capture_output=True, text=True, cwd=folder, timeout=60, env=environment(**changes),
    )  # fmt: skip


WITHOUT_DISPLAY = {
    "none": ({"DISPLAY": None, "WAYLAND_DISPLAY": None, "QT_QPA_PLATFORM": None}, "no display"),
    "xcb-none": ({"DISPLAY": None, "WAYLAND_DISPLAY": None, "QT_QPA_PLATFORM": "xcb"}, "no display"),
    "dead": ({"DISPLAY": ":4711", "WAYLAND_DISPLAY": None, "QT_QPA_PLATFORM": None}, ":4711"),
    "no-such-platform": ({"QT_QPA_PLATFORM": "nosuch"}, "nosuch"),
}
if sys.platform != "linux":  # other systems always have a display
    WITHOUT_DISPLAY = {"no-such-platform": WITHOUT_DISPLAY["no-such-platform"]}


@pytest.mark.parametrize(("changes", "words"), WITHOUT_DISPLAY.values(), ids=list(WITHOUT_DISPLAY))
def test_no_display_is_one_line_and_no_core_dump(changes, words: str, tmp_path: Path) -> None:
    done = display_check(tmp_path, **changes)
    assert done.returncode == 1
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1
    assert words in done.stdout
    assert list(tmp_path.glob("core*")) == []


def test_a_window_that_opened_before_opens_without_asking(monkeypatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    asked = []
    monkeypatch.setattr(display, "probe", lambda: asked.append(1))
    assert doctor.preflight() == []
    assert doctor.preflight() == []
    assert len(asked) == 1


def test_what_worked_before_is_asked_again_when_the_display_has_gone(monkeypatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":4711")
    display.remember("6.11.3")
    assert not display.worked_before("6.11.3")


def test_a_cache_that_can_not_be_written_is_no_obstacle(monkeypatch, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert doctor.preflight() == []


@pytest.mark.parametrize(
    ("qt", "python", "refused"),
    [("6.12.0", (3, 11), True), ("6.11.3", (3, 11), False), ("6.12.0", (3, 12), False), ("", (3, 11), False)],
)
def test_the_qt_that_breaks_this_python_is_refused(qt: str, python: tuple[int, int], refused: bool) -> None:
    assert bool(doctor.refused_qt(qt, python)) == refused


def test_the_refused_qt_stops_the_window(monkeypatch) -> None:
    monkeypatch.setattr(doctor, "_version", lambda package: "6.12.0")
    monkeypatch.setattr(doctor, "refused_qt", lambda version: f"{version} no")
    assert doctor.preflight() == ["6.12.0 no"]


def test_a_missing_library_is_named_with_its_package(monkeypatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(doctor, "_loads", lambda library: library != "libxcb-cursor.so.0")
    (problem,) = doctor.preflight()
    assert problem.endswith("sudo apt-get install -y libxcb-cursor0")
    found = [finding for finding in doctor.look() if finding.packages == ("libxcb-cursor0",)]
    assert len(found) == 1
    assert not found[0].fine


STDERR = {
    'qt.qpa.plugin: Could not find the Qt platform plugin "nosuch" in ""': "nosuch",
    "qt.qpa.xcb: could not connect to display :9\nxcb-cursor0 or libxcb-cursor0 is needed to load": ":9",
    "ImportError: libEGL.so.1: cannot open shared object file: No such file or directory": "libEGL.so.1",
    "ModuleNotFoundError: No module named 'PySide6'": "make run",
    "something new": "something new",
    "": "?",
}


@pytest.mark.parametrize(("stderr", "words"), STDERR.items())
def test_what_qt_prints_becomes_one_sentence(stderr: str, words: str) -> None:
    sentence = display.in_words(stderr)
    assert words in sentence
    assert "\n" not in sentence


class FakeSystem:
    """Stands for subprocess.run: keeps the commands, answers with one exit code each."""

    def __init__(self, codes: dict[str, int]) -> None:
        self.commands: list[list[str]] = []
        self.codes = codes

    def __call__(self, command: list[str], **_options: object) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        code = next((code for word, code in self.codes.items() if word in command), 0)
        return subprocess.CompletedProcess(command, code, "", "E: no such package")


def test_root_installs_without_asking(monkeypatch, capsys) -> None:
    system = FakeSystem({})
    monkeypatch.setattr(subprocess, "run", system)
    monkeypatch.setattr(doctor.shutil, "which", lambda tool: f"/usr/bin/{tool}")
    monkeypatch.setattr(doctor.os, "geteuid", lambda: 0)
    assert doctor.install(["libegl1", "xvfb"])
    assert system.commands[-1][-2:] == ["libegl1", "xvfb"]
    assert "sudo" not in [word for command in system.commands for word in command]


def test_someone_who_must_be_asked_gets_one_line_to_copy(monkeypatch, capsys) -> None:
    monkeypatch.setattr(subprocess, "run", FakeSystem({"sudo": 1}))
    monkeypatch.setattr(doctor.shutil, "which", lambda tool: f"/usr/bin/{tool}")
    monkeypatch.setattr(doctor.os, "geteuid", lambda: 1000)
    assert not doctor.install(["libegl1", "libgl1"])
    assert "sudo apt-get install -y libegl1 libgl1" in capsys.readouterr().out


def test_sudo_without_a_question_is_used(monkeypatch) -> None:
    system = FakeSystem({})
    monkeypatch.setattr(subprocess, "run", system)
    monkeypatch.setattr(doctor.shutil, "which", lambda tool: f"/usr/bin/{tool}")
    monkeypatch.setattr(doctor.os, "geteuid", lambda: 1000)
    assert doctor.install(["libegl1"])
    assert system.commands[-1][:2] == ["sudo", "-n"]


def test_another_system_is_told_what_to_look_for(monkeypatch, capsys) -> None:
    monkeypatch.setattr(doctor.shutil, "which", lambda tool: None)
    assert not doctor.install(["libegl1"])
    assert "libegl1" in capsys.readouterr().out


def test_apt_that_fails_says_why(monkeypatch, capsys) -> None:
    monkeypatch.setattr(subprocess, "run", FakeSystem({"install": 100}))
    monkeypatch.setattr(doctor.shutil, "which", lambda tool: f"/usr/bin/{tool}")
    monkeypatch.setattr(doctor.os, "geteuid", lambda: 0)
    assert not doctor.install(["nosuch"])
    assert "no such package" in capsys.readouterr().out


def test_the_doctor_runs_alone_before_anything_is_installed(tmp_path) -> None:
    # -I -S: no site-packages at all, as with the Python of a fresh system.
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(ROOT / "dllab" / "doctor.py"), "--quiet"],
        capture_output=True, text=True, cwd=tmp_path, timeout=60, env=environment(PYTHONPATH=None),
    )  # fmt: skip
    assert done.stderr == ""
    assert done.returncode in (0, 1)


def test_everything_that_is_needed_is_here(capsys) -> None:
    assert doctor.main(["--quiet"]) == 0, capsys.readouterr().out
