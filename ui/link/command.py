"""A `dllab` command in a process of its own: the window stays quick, and to give it up is to end the process."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

from dllab.text import _, language

_ROOT = Path(__file__).resolve().parent.parent.parent
_WORDS_LIMIT = 16_384


class JsonCommand(QObject):
    """One at a time. It answers in lines of JSON; a subclass says what they mean."""

    refused = Signal(str)
    """One sentence why there is no answer."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._rest = self._words = b""
        self._answered = False

    @property
    def busy(self) -> bool:
        """Whether it is under way."""
        return self._process is not None

    # --- what a subclass says ---------------------------------------------------------------------------------------

    def take(self, event: dict[str, Any]) -> bool:
        """An answer came; whether it is the last."""
        raise NotImplementedError

    def ended(self, words: str) -> str:
        """The sentence for an end without an answer; `words` are the last ones of the process, if any."""
        raise NotImplementedError

    def clear(self) -> None:
        """The process is over."""

    # --- the process ------------------------------------------------------------------------------------------------

    def begin(self, arguments: list[str]) -> None:
        """Begin anew with these arguments of `dllab`; what was under way is ended."""
        process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("PYTHONPATH", os.pathsep.join(filter(None, [str(_ROOT), environment.value("PYTHONPATH")])))
        environment.insert("DLLAB_LANGUAGE", language())
        environment.insert("PYTHONIOENCODING", "utf-8")
        process.setProcessEnvironment(environment)
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._read_words)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        self._process, self._rest, self._words, self._answered = process, b"", b"", False
        process.start(sys.executable, ["-P", "-m", "dllab", *arguments])

    def stop(self) -> None:
        """End what is under way; nothing of it is kept."""
        process, self._process = self._process, None
        if process is None:
            return
        process.readyReadStandardOutput.disconnect(self._read)
        process.readyReadStandardError.disconnect(self._read_words)
        process.finished.disconnect(self._on_finished)
        process.errorOccurred.disconnect(self._on_error)
        process.kill()
        process.waitForFinished(1000)
        process.deleteLater()
        self.clear()

    def _read(self) -> None:
        process = self._process
        if process is None:
            return
        *lines, self._rest = (self._rest + process.readAllStandardOutput().data()).split(b"\n")
        for line in lines:
            event = _event(line)
            if event is not None and self._process is process:
                last = self.take(event)
                if last and self._process is process:
                    self._answered = True

    def _read_words(self) -> None:
        if self._process is not None:
            # The last ones are enough; a custom layer may print as much as it likes.
            self._words = (self._words + self._process.readAllStandardError().data())[-_WORDS_LIMIT:]

    def _on_finished(self, _code: int, _status: QProcess.ExitStatus) -> None:
        process = self._process
        self._read()
        # Whoever heard the last lines may have begun anew.
        if process is not None and self._process is process:
            self._read_words()
            said = self._words.decode("utf-8", "replace").strip().splitlines()
            # What was printed before without a new line stands in the same line.
            self._over(self.ended(said[-1].rpartition("dllab: ")[2] if said else ""))

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            text = _("A process for this could not be started: {reason}")
            self._over(text.format(reason=self._process.errorString()))

    def _over(self, why: str) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        self.clear()
        if not self._answered:
            self.refused.emit(why)


def _event(line: bytes) -> dict[str, Any] | None:
    """What a line says; None for what code of one's own has printed."""
    if not line.startswith(b"{"):
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if "event" in event else None
