"""The engine process as the window sees it: commands go in, events come out; when it dies a new one is started."""

import logging
import os
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from dllab.document.experiment import Experiment
from dllab.document.format import to_text
from dllab.engine import protocol
from dllab.text import _

log = logging.getLogger("dllab.engine")

_ROOT = Path(__file__).resolve().parent.parent.parent
_CREDIT = 12
_QUICK_DEATH_S = 5.0
_DEATHS_LIMIT = 3
_LEAVE_MS = 3000
"""A process that has been let go ends by itself within this, or is ended."""

OnPicture = Callable[[protocol.Picture], None]
OnSummary = Callable[[protocol.DataSummary], None]


class EngineLink(QObject):
    """Owns the QProcess. Subscriptions outlive the process: a new one is told of them."""

    ready = Signal(object)
    """protocol.Ready: the engine takes commands."""
    reported = Signal(object)
    """Any event besides Ready, pictures and data summaries."""
    ended = Signal(str)
    """The process ended without being asked to; one sentence for people."""

    def __init__(self, parent: QObject | None = None, language: str = "en") -> None:
        super().__init__(parent)
        self.is_ready = False
        self.process: QProcess | None = None
        self._language = language
        self._closing = False
        self._leaving: list[QProcess] = []
        self._parts = protocol.Reassembler()
        self._pictures: dict[int, tuple[protocol.Subscribe, OnPicture]] = {}
        self._summaries: dict[int, OnSummary] = {}
        self._numbers = 0
        self._started = 0.0
        self._deaths = 0
        self._words: deque[str] = deque(maxlen=200)
        self._retry = QTimer(self)
        self._retry.setSingleShot(True)
        self._retry.timeout.connect(self.start)

    def start(self) -> None:
        """Start the engine; `ready` follows when torch has loaded there."""
        if self.process is not None or self._closing:
            return
        process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        # -P keeps the folder the person happens to be in off the module path.
        path = os.pathsep.join(filter(None, [str(_ROOT), environment.value("PYTHONPATH")]))
        environment.insert("PYTHONPATH", path)
        environment.insert("DLLAB_LANGUAGE", self._language)
        process.setProcessEnvironment(environment)
        process.setProgram(sys.executable)
        process.setArguments(["-P", "-m", "dllab.engine"])
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._read_words)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        self.process = process
        self._parts = protocol.Reassembler()
        self._started = time.monotonic()
        process.start()
        self.send(protocol.Credit(_CREDIT))

    def try_again(self) -> None:
        """Start once more what was given up because it ended again and again."""
        if self._deaths >= _DEATHS_LIMIT and self.process is None:
            self._deaths = _DEATHS_LIMIT - 1
            self.start()

    def send(self, command: protocol.Command) -> bool:
        """Tell the engine something; False when there is no engine to hear it."""
        if self.process is None:
            return False
        self.process.write(protocol.encode(command))
        return True

    def subscribe(self, probe: str, params: dict[str, Any], callback: OnPicture, watch: bool = False) -> int:
        """Keep pictures coming to `callback` until `unsubscribe`; returns the subscription's number."""
        number = self._next_number()
        command = protocol.Subscribe(number, probe, dict(params), watch)
        self._pictures[number] = (command, callback)
        self.send(command)
        return number

    def resubscribe(self, number: int, params: dict[str, Any]) -> None:
        """Look at something else through the same subscription."""
        command, callback = self._pictures[number]
        if params != command.params:
            command = protocol.Subscribe(number, command.probe, dict(params))
            self._pictures[number] = (command, callback)
            self.send(command)

    def unsubscribe(self, number: int) -> None:
        """No longer looking."""
        if self._pictures.pop(number, None) is not None:
            self.send(protocol.Unsubscribe(number))

    def look(self, experiment: Experiment, callback: OnSummary, limit: int = 400) -> None:
        """Ask what the data of an experiment looks like; `callback` gets the answer once."""
        number = self._next_number()
        self._summaries[number] = callback
        self.send(protocol.Look(number, to_text(experiment), limit))

    def close(self, deadline_ms: int = 700) -> None:
        """End the process: it writes a checkpoint and goes; after the deadline it is killed."""
        self._closing = True
        self._retry.stop()
        self._dismiss()
        while self._leaving:
            process = self._leaving.pop()
            if process.state() != QProcess.ProcessState.NotRunning and not process.waitForFinished(deadline_ms):
                process.kill()
                process.waitForFinished(1000)

    def leave(self) -> None:
        """Let the process go without waiting for it; what it still says is not heard. `start` begins another."""
        process = self.process
        self._dismiss()
        if process is not None:
            process.finished.connect(self._on_left)
            QTimer.singleShot(_LEAVE_MS, process, process.kill)

    def _dismiss(self) -> None:
        process = self.process
        if process is None:
            return
        self.send(protocol.Quit())
        process.closeWriteChannel()
        process.readyReadStandardOutput.disconnect(self._read)
        process.readyReadStandardError.disconnect(self._read_words)
        process.finished.disconnect(self._on_finished)
        process.errorOccurred.disconnect(self._on_error)
        self._leaving.append(process)
        self.process, self.is_ready = None, False

    def _on_left(self) -> None:
        for process in [p for p in self._leaving if p.state() == QProcess.ProcessState.NotRunning]:
            self._leaving.remove(process)
            process.deleteLater()

    def kill(self) -> None:
        """End a process that no longer listens; a new one starts."""
        if self.process is not None:
            self.process.kill()

    def _next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _read(self) -> None:
        process = self.process
        if process is None:
            return
        try:
            for body in self._parts.feed(bytes(process.readAllStandardOutput().data())):
                self._deliver(protocol.decode_event(body))
        except protocol.ProtocolError:
            log.exception("the engine does not speak our protocol")
            process.kill()

    def _deliver(self, event: Any) -> None:
        match event:
            case protocol.Ready():
                self.is_ready = True
                for command, _callback in self._pictures.values():
                    self.send(command)
                self.ready.emit(event)
            case protocol.Picture():
                self.send(protocol.Credit(1))
                if event.id in self._pictures:
                    self._pictures[event.id][1](event)
            case protocol.DataSummary():
                callback = self._summaries.pop(event.id, None)
                if callback is not None:
                    callback(event)
            case protocol.Scalars() | protocol.Progress() | protocol.Stage() | protocol.Epoch():
                self.send(protocol.Credit(1))
                self.reported.emit(event)
            case _:
                self.reported.emit(event)

    def _read_words(self) -> None:
        if self.process is not None:
            said = bytes(self.process.readAllStandardError().data()).decode("utf-8", "replace")
            for line in said.splitlines():
                self._words.append(line)
                log.info("%s", line)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self.process is not None:
            reason = self.process.errorString()
            self._gone(_("The training process could not be started: {reason}").format(reason=reason))

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        crashed = status == QProcess.ExitStatus.CrashExit
        how = -code if crashed else code
        text = _("The training process ended ({code}). Your network and curves are still here; a new one is starting.")
        self._gone(text.format(code=how))

    def _gone(self, text: str) -> None:
        process, self.process = self.process, None
        self.is_ready = False
        self._summaries.clear()
        if process is not None:
            process.deleteLater()
        quick = time.monotonic() - self._started < _QUICK_DEATH_S
        self._deaths = self._deaths + 1 if quick else 0
        log.warning("engine gone: %s; last words: %s", text, list(self._words)[-5:])
        if self._deaths >= _DEATHS_LIMIT:
            text = _("The training process ends again and again right after its start; the log says why.")
        self.ended.emit(text)
        if self._deaths < _DEATHS_LIMIT:
            self._retry.start(50)
