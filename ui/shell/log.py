"""One rotating log file for everything that goes wrong, from Python, Qt and threads alike; nothing ends the lab quietly."""

import faulthandler
import logging
import logging.handlers
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TextIO

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

log = logging.getLogger("dllab")

_SIZE, _FILES = 1_000_000, 3
_QUIET_S = 5.0
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class Faults(QObject):
    """Exceptions that nobody caught: all logged, one of a kind shown every few seconds."""

    seen = Signal(str, str)
    """(one line, the whole traceback)"""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shown: dict[str, float] = {}

    def take(self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        """Log an exception and tell whoever listens, unless the same was told just now."""
        log.error("uncaught exception", exc_info=(kind, error or kind(), trace))
        details = "".join(traceback.format_exception(kind, error, trace))
        place = traceback.extract_tb(trace)[-1:] if trace else []
        key = f"{kind.__name__} {[(frame.filename, frame.lineno) for frame in place]}"
        now = time.monotonic()
        # A fault in a paint event comes back sixty times a second.
        if now - self._shown.get(key, -_QUIET_S) >= _QUIET_S:
            self._shown[key] = now
            self.seen.emit(f"{kind.__name__}: {error}", details)


def write_to(folder: Path) -> Path:
    """Send all log records to a file in `folder`; returns the file."""
    file = folder / "dllab.log"
    handler = logging.handlers.RotatingFileHandler(file, maxBytes=_SIZE, backupCount=_FILES, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    return file


def catch_all(faults: Faults, folder: Path) -> None:
    """Route uncaught exceptions, Qt's messages and native crashes into the log."""

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_type is not SystemExit:
            faults.take(args.exc_type, args.exc_value, args.exc_traceback)

    def unraisable(args: "sys.UnraisableHookArgs") -> None:
        log.error(
            "exception in %r",
            args.object,
            exc_info=(args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback),
        )

    sys.excepthook = _forward(faults.take)
    threading.excepthook = in_thread
    sys.unraisablehook = unraisable
    qInstallMessageHandler(_qt_message)
    # Kept open for the life of the process: a crash can't open files.
    _crashes.append((folder / "crash.log").open("a", encoding="utf-8"))
    faulthandler.enable(_crashes[-1])


_crashes: list[TextIO] = []


def _forward(take: Callable[..., None]) -> Callable[..., None]:
    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        take(kind, error, trace)

    return hook


def _qt_message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    logging.getLogger("qt").log(_LEVELS[kind], "%s (%s)", text, context.category)
