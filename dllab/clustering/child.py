"""A process of its own that is asked once: it can be ended at any moment, and running out of memory ends nothing else."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO


class Child:
    """Runs a module of the laboratory, gives it `request` on stdin, and lets `hear` read what it answers in a thread.

    What goes in and out are JSON and plain arrays; nothing is pickled.
    """

    def __init__(self, module: str, request: bytes, hear: Callable[[IO[bytes]], None], **environment: str) -> None:
        root = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": path, **environment},
        )  # fmt: skip
        self._thread = threading.Thread(target=self._talk, args=(request, hear), daemon=True)
        self._thread.start()

    def _talk(self, request: bytes, hear: Callable[[IO[bytes]], None]) -> None:
        given, said = self._process.stdin, self._process.stdout
        assert given is not None
        assert said is not None
        # Where the process is ended, there is no more to read.
        with said, contextlib.suppress(OSError, ValueError):
            with given:
                given.write(request)
            hear(said)
        self._process.wait()

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return not self._thread.is_alive()

    @property
    def failed(self) -> bool:
        """Whether it ended otherwise than it should."""
        return bool(self._process.returncode)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end; False when it is not there yet."""
        self._thread.join(seconds)
        return self.done

    def cancel(self) -> None:
        """End the process now, whatever it is doing."""
        self._process.kill()
        self._thread.join()
