"""What a test left running: threads, timers, windows, child processes, each with the place it came from."""

import os
import threading
import time
import traceback
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread, QTimer
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from shiboken6 import isValid

_PATIENCE_S = 2.0


class Leaks:
    """Looks before a test, and again after it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._started: list[tuple[weakref.ref[QObject], str]] = []
        self._threads = set(threading.enumerate())
        self._children = children()
        self._windows = windows()
        for kind in (QTimer, QThread):
            monkeypatch.setattr(kind, "start", self._noting(kind.start))

    def found(self) -> list[str]:
        """What is still there that was not there before, after giving it time to end."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            settle()
            left = self._left()
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(0.01)

    def _left(self) -> list[str]:
        left = [f"thread {t.name}" for t in set(threading.enumerate()) - self._threads]
        left += [f"child process {pid}: {name}" for pid, name in children().items() if pid not in self._children]
        left += [f"window {window!r}" for window in windows() - self._windows]
        for reference, place in self._started:
            thing = reference()
            if thing is not None and isValid(thing) and _is_running(thing):
                left.append(f"{thing!r} started at\n{place}")
        return left

    def _noting(self, start: Callable[..., object]) -> Callable[..., object]:
        def noted(thing: QObject, *args: object) -> object:
            place = "".join(traceback.format_list(traceback.extract_stack(limit=4)[:-1]))
            self._started.append((weakref.ref(thing), place))
            return start(thing, *args)

        return noted


def settle() -> None:
    """Let everything happen that was only waiting for the event loop, deletions included."""
    for _round in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()


def windows() -> set[QWidget]:
    """Windows on the screen or hidden. A closed menu is none: plots keep theirs as long as anything knows the plot."""
    return {w for w in QApplication.topLevelWidgets() if not (isinstance(w, QMenu) and w.isHidden())}


def children() -> dict[int, str]:
    """Processes that this one has started and that have not ended, by number."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            name, _paren, rest = (entry / "stat").read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue
        state, parent = rest.split()[:2]
        if int(parent) == os.getpid() and state != "Z":
            found[int(entry.name)] = name
    return found


def _is_running(thing: QObject) -> bool:
    # A timer without a parent dies with its last reference, so one that is only forgotten is not found here.
    return thing.isActive() if isinstance(thing, QTimer) else thing.isRunning()  # type: ignore[attr-defined]
