"""Ctrl-C as a mark that is looked at between two batches.

An exception thrown into the middle of a library's import is swallowed now and then, and leaves half a library behind:
of thirty runs interrupted while torch loaded, one went on training and one broke off with a RecursionError.
"""

import signal
import threading
from types import FrameType
from typing import Any


class Interrupt:
    """While it is entered, the first Ctrl-C sets `seen`; a second one breaks in."""

    def __init__(self) -> None:
        self.seen = False
        self._before: Any = None

    def __enter__(self) -> "Interrupt":
        usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        # Somebody who ignores the signal (a job in the background) goes on ignoring it.
        if usual and threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._mark)
        return self

    def __exit__(self, *_error: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _mark(self, _number: int, _frame: FrameType | None) -> None:
        if self.seen:
            raise KeyboardInterrupt
        self.seen = True

    def check(self) -> None:
        """Raise KeyboardInterrupt if Ctrl-C was pressed meanwhile."""
        if self.seen:
            raise KeyboardInterrupt
