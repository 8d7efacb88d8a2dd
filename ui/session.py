"""One session of the window: builds every part, joins them, and ends them in order. The one place that knows everybody."""

import atexit
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QLibraryInfo, QLocale, Qt, QTimer, QTranslator
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from dllab.text import LANGUAGES, PSEUDO, _, set_language
from ui import collecting, recovery
from ui.document import Document
from ui.shell import home, log
from ui.shell.theme import Scheme, interface_font, theme
from ui.shell.window import Window

if TYPE_CHECKING:
    from ui.lab import Lab

_TICK_MS = 200


class Session:
    """The application and its one window."""

    def __init__(self, language: str | None = None, scheme: str | None = None) -> None:
        self.application = QApplication.instance() or QApplication(sys.argv[:1])
        assert isinstance(self.application, QApplication)
        self.settings = home.settings()
        self.language = language or str(self.settings.value("language", "")) or _system_language()
        self._speak()
        self._dress(scheme)
        logs = home.folder("logs")
        log.write_to(logs)
        collecting.begin()
        self.faults = log.Faults()
        log.catch_all(self.faults, logs)
        self.document = Document()
        keeper = recovery.Recovery(self.document, home.folder("recovery"))
        self.window = Window(self.document, self.settings, keeper, self._make_lab)
        self.faults.seen.connect(self._show_fault)
        self.window.closed.connect(self.application.quit)
        self._listen_to_signals()
        # Whatever ends Python: the engine ends first, and unsaved work is kept.
        atexit.register(_end, self.window)

    @property
    def lab(self) -> "Lab":
        """Engine, runs, selection."""
        return self.window.lab

    def start(self, file: Path | None = None) -> None:
        """Show the window; the engine starts right after its first picture, and what a crash left is offered."""
        if file is not None:
            self.window.files.open(file)
        self.window.show()
        QTimer.singleShot(0, self.window, self._look_for_copies)

    def run(self) -> int:
        """Stay until the window has closed."""
        return int(self.application.exec())

    def _make_lab(self) -> "Lab":
        # Not needed for the first picture of the window, and it brings numpy with it.
        from threadpoolctl import threadpool_limits

        from ui.lab import Lab

        # The cores are the engine's: what the window multiplies is small, and threads waiting for a core hold it up.
        threadpool_limits(1, user_api="blas")
        lab = Lab(self.document, self.settings, home.folder("runs"), language=self.language)
        lab.link.ready.connect(collecting.keep, Qt.ConnectionType.SingleShotConnection)
        lab.link.start()
        return lab

    def _look_for_copies(self) -> None:
        self.window.recovered.offer(recovery.find(home.folder("recovery")))

    def _show_fault(self, line: str, details: str) -> None:
        text = _("Something went wrong inside the lab ({line}). Your work is still here; saving it now is a good idea.")
        self.window.notices.tell_unexpected(text.format(line=line[:120]), details)

    def _speak(self) -> None:
        set_language(self.language)
        # Numbers are typed and written one way everywhere: 0.001.
        QLocale.setDefault(QLocale.c())
        if self.language not in ("en", PSEUDO):
            self._qt_words = QTranslator()
            folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
            if self._qt_words.load(f"qtbase_{self.language}", folder):
                self.application.installTranslator(self._qt_words)

    def _dress(self, scheme: str | None) -> None:
        application = cast(QApplication, self.application)
        application.setApplicationName(home.APPLICATION)
        application.setDesktopFileName(home.APPLICATION)
        application.setStyle("Fusion")
        application.setFont(interface_font())
        application.setWindowIcon(QIcon(str(home.resource("icons") / "dllab.svg")))
        theme.use(cast(Scheme, scheme or self.settings.value("theme", "system")))

    def _listen_to_signals(self) -> None:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._on_signal)
        # Python sees a signal only when it runs: an idle event loop would not let it.
        self._tick = QTimer()
        self._tick.timeout.connect(collecting.collect)
        self._tick.start(_TICK_MS)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        # A second one ends the process at once, should the first hang.
        signal.signal(number, signal.SIG_DFL)
        QTimer.singleShot(0, self.window, self.window.end_now)


def run(file: Path | None, language: str | None, scheme: str | None) -> int:
    """A whole session; returns the exit code."""
    session = Session(language, scheme)
    session.start(file)
    return session.run()


def _end(window: Window) -> None:
    if isValid(window):
        window.end_now()


def _system_language() -> str:
    name = QLocale.system().name()
    return next((code for code in LANGUAGES if name.startswith(code)), "en")
