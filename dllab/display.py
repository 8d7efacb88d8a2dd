"""Whether a window can open here, found out before Qt is asked: without a display Qt aborts and Python can't catch it.

Standard library only.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from dllab.text import _

_WITHOUT_SCREEN = ("offscreen", "minimal", "vnc")
_PATIENCE_S = 20

# Dumpable off: the abort that is expected here leaves no core file and starts no crash reporter.
_PROBE = """
import ctypes, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
from PySide6.QtGui import QGuiApplication
QGuiApplication([])
"""


def platform_named(environment: Mapping[str, str]) -> str:
    """The Qt platform that the environment asks for; empty when Qt may choose."""
    return environment.get("QT_QPA_PLATFORM", "").split(";")[0].split(":")[0].strip()


def no_display(environment: Mapping[str, str] = os.environ) -> str | None:
    """One sentence if the environment names no place for a window; None if it names one, answering or not."""
    if sys.platform != "linux" or platform_named(environment) not in ("", "xcb", "wayland"):
        return None
    if environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"):
        return None
    return _(
        "There is no display here: neither DISPLAY nor WAYLAND_DISPLAY is set. "
        "Start the lab from a desktop, or over ssh with: ssh -X HOST"
    )


def display_answers(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a display on this machine can be reached: quick, and no promise that Qt likes it."""
    if sys.platform != "linux" or platform_named(environment) in _WITHOUT_SCREEN:
        return True
    return any(map(_listens, _addresses(environment)))


def _addresses(environment: Mapping[str, str]) -> list[str]:
    """Unix sockets of the displays named; forwarded ones (host:10) are left to the probe."""
    found = []
    local = re.fullmatch(r"(?:unix)?:(\d+)(?:\.\d+)?", environment.get("DISPLAY", ""))
    if local:
        path = f"/tmp/.X11-unix/X{local[1]}"
        found += [path, "\0" + path]
    wayland = environment.get("WAYLAND_DISPLAY", "")
    if wayland:
        found.append(os.path.join(environment.get("XDG_RUNTIME_DIR", ""), wayland))
    return found


def _listens(address: str) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as line:
        line.settimeout(1.0)
        line.connect(address)
        return True
    return False


def probe() -> str | None:
    """Let a child process open Qt's platform: one sentence if it can't, None if it can."""
    try:
        child = subprocess.run(
            [sys.executable, "-c", _PROBE], capture_output=True, text=True, errors="replace", timeout=_PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        return _("The display does not answer: Qt waited {seconds} s for it.").format(seconds=_PATIENCE_S)
    return None if child.returncode == 0 else in_words(child.stderr)


def in_words(stderr: str) -> str:
    """What Qt or the linker printed, as one sentence that says what to do."""
    patterns = {
        r"could not connect to display ?(\S*)": _(
            "The display {name} does not answer: check DISPLAY, or log in with: ssh -X HOST"
        ),
        r"Failed to create wl_display": _("The Wayland display does not answer: check WAYLAND_DISPLAY."),
        r'Could not find the Qt platform plugin "([^"]+)"': _(
            "Qt knows no platform called {name}: run it with: env -u QT_QPA_PLATFORM"
        ),
        r"(\S+): cannot open shared object file": _(
            "The library {name} is missing. See which package brings it with: dllab doctor"
        ),
        r"(lib\S+) is needed to load": _("The package {name} is missing. Install it with: dllab doctor --install"),
        r"No module named '(PySide6)": _("{name} is not installed. Set the lab up with: make run"),
    }
    for pattern, sentence in patterns.items():
        found = re.search(pattern, stderr)
        if found:
            return sentence.format(name=found[1] if found.groups() else "")
    last = (stderr.strip().splitlines() or ["?"])[-1]
    return _("Qt can't open a window here: {reason}").format(reason=last)


def _stamp(versions: str) -> Path:
    """The file that says that Qt opened here before: one for each environment that decides it."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "XDG_SESSION_TYPE", "XAUTHORITY", "QT_QPA_PLATFORM")
    facts = [versions, sys.prefix, socket.gethostname(), *(os.environ.get(name, "") for name in names)]
    with contextlib.suppress(OSError):
        # A package that came or went may have taken a library along.
        facts.append(str(os.stat("/var/lib/dpkg/status").st_mtime_ns))
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "dllab" / f"window-{hashlib.sha256(chr(0).join(facts).encode()).hexdigest()[:16]}"


def worked_before(versions: str) -> bool:
    """Whether a window opened here before with these versions, and the display still answers."""
    try:
        return _stamp(versions).exists() and display_answers()
    except RuntimeError:  # no home folder
        return False


def remember(versions: str) -> None:
    """Note that a window can open here, so that the next start asks nobody."""
    with contextlib.suppress(OSError, RuntimeError):
        stamp = _stamp(versions)
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()
