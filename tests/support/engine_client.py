"""A window without a window: speaks the protocol with a real engine process."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from queue import Empty, Queue
from typing import Any

from dllab.engine import protocol


class Client:
    """Starts an engine; `wait` returns the first event that fits."""

    def __init__(self, credit: int = 60) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "dllab.engine"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.events: list[Any] = []
        self._queue: Queue[Any] = Queue()
        self._credit = credit
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.words = b""
        self._words = threading.Thread(target=self._read_words, daemon=True)
        self._words.start()
        if credit:
            self.send(protocol.Credit(credit))

    def send(self, command: protocol.Command) -> None:
        self.send_bytes(protocol.encode(command))

    def send_bytes(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def wait(self, fits: Callable[[Any], bool], timeout: float = 60) -> Any:
        end = time.monotonic() + timeout
        while True:
            try:
                event = self._queue.get(timeout=max(0.01, end - time.monotonic()))
            except Empty:
                raise AssertionError(f"nothing came; last events {self.events[-5:]}; {self.words[-2000:]!r}") from None
            if event is None:
                raise AssertionError(f"the engine ended: {self.words[-2000:]!r}")
            if fits(event):
                return event

    def state(self, *states: str, run: str = "", timeout: float = 60) -> protocol.State:
        def fits(event: Any) -> bool:
            return isinstance(event, protocol.State) and event.state in states and (not run or event.run == run)

        return self.wait(fits, timeout)

    def curve(self, name: str, run: str) -> tuple[list[float], list[float]]:
        """All points of a curve that have come so far."""
        steps: list[float] = []
        values: list[float] = []
        for event in self.events:
            if isinstance(event, protocol.Scalars) and event.run == run and name in event.series:
                s, v = event.series[name]
                steps += protocol.unpack(s).tolist()
                values += protocol.unpack(v).tolist()
        return steps, values

    def close(self, timeout: float = 20) -> int:
        """End the engine as a window does."""
        assert self.process.stdin is not None
        for end in (lambda: self.send(protocol.Quit()), self.process.stdin.close):
            with contextlib.suppress(BrokenPipeError, ValueError):
                end()
        try:
            code = self.process.wait(timeout)
        finally:
            self.process.kill()
            self._reader.join()
            self._words.join()
            for stream in (self.process.stdout, self.process.stderr):
                assert stream is not None
                stream.close()
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        parts = protocol.Reassembler()
        while data := os.read(self.process.stdout.fileno(), 1 << 16):
            for body in parts.feed(data):
                event = protocol.decode_event(body)
                self.events.append(event)
                self._queue.put(event)
                if self._credit and isinstance(
                    event, protocol.Scalars | protocol.Progress | protocol.Stage | protocol.Epoch | protocol.Picture
                ):
                    with contextlib.suppress(ValueError, OSError):
                        self.send(protocol.Credit(1))
        self._queue.put(None)

    def _read_words(self) -> None:
        assert self.process.stderr is not None
        while data := os.read(self.process.stderr.fileno(), 1 << 16):
            self.words += data
