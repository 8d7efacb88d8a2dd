"""Reading a file in a process of its own: the window stays quick, and cancelling is ending the process."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

from dllab.text import _, language

_ROOT = Path(__file__).resolve().parent.parent.parent


class Importer(QObject):
    """Runs `dllab import … --json`, one at a time, and tells what it says."""

    progressed = Signal(float, float)
    """(share done, seconds left)"""
    found = Signal(dict)
    """What is in the file."""
    chosen = Signal(str, dict)
    """(kind of dataset, parameters): ready to be used."""
    refused = Signal(str)
    """One sentence why not."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._rest = b""
        self._answered = False

    @property
    def busy(self) -> bool:
        """Whether a file is being read."""
        return self._process is not None

    def read(self, arguments: list[str]) -> None:
        """Begin anew with these arguments; what was under way is ended."""
        self.stop()
        process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("PYTHONPATH", os.pathsep.join(filter(None, [str(_ROOT), environment.value("PYTHONPATH")])))
        environment.insert("DLLAB_LANGUAGE", language())
        environment.insert("PYTHONIOENCODING", "utf-8")
        process.setProcessEnvironment(environment)
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        self._process, self._rest, self._answered = process, b"", False
        process.start(sys.executable, ["-P", "-m", "dllab", "import", "--json", *arguments])

    def stop(self) -> None:
        """End what is under way; nothing of it is kept."""
        process, self._process = self._process, None
        if process is None:
            return
        process.readyReadStandardOutput.disconnect(self._read)
        process.finished.disconnect(self._on_finished)
        process.errorOccurred.disconnect(self._on_error)
        process.kill()
        process.waitForFinished(1000)
        process.deleteLater()

    def _read(self) -> None:
        if self._process is None:
            return
        *lines, self._rest = (self._rest + self._process.readAllStandardOutput().data()).split(b"\n")
        for line in lines:
            self._take(json.loads(line))

    def _take(self, event: dict[str, Any]) -> None:
        match event["event"]:
            case "progress":
                self.progressed.emit(event["done"] / max(event["total"], 1), event["left"])
            case "found":
                self.found.emit(event["facts"])
            case "chosen":
                self._answered = True
                self.chosen.emit(event["kind"], event["params"])
            case "problem":
                self._answered = True
                self.refused.emit(event["text"])

    def _on_finished(self, _code: int, _status: QProcess.ExitStatus) -> None:
        self._read()
        process, self._process = self._process, None
        if process is None:
            return
        words = bytes(process.readAllStandardError().data()).decode("utf-8", "replace").strip().splitlines()
        process.deleteLater()
        if not self._answered:
            reason = words[-1].removeprefix("dllab: ") if words else _("not enough memory, perhaps")
            self.refused.emit(_("Reading ended before the file did: {reason}").format(reason=reason))

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            self._process = None
            self.refused.emit(_("The process that reads files could not be started."))
