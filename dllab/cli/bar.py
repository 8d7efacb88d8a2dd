"""A line of progress that is drawn over, on a terminal."""

import shutil
import time
from typing import TextIO

_INTERVAL_S = 0.1
_FULL, _EMPTY = "█", "░"


def clock(seconds: float) -> str:
    """A duration for people: 0:04, 12:30, 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Bar:
    """Drawn at most ten times a second, so that showing costs training nothing."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._next = 0.0
        self._shown = False

    def due(self) -> bool:
        """Whether it is time to draw again."""
        return time.monotonic() >= self._next

    def draw(self, share: float, text: str) -> None:
        """Show how much is done (0 to 1) and a few words."""
        self._next = time.monotonic() + _INTERVAL_S
        full, empty = (_FULL, _EMPTY) if self._can_draw() else ("#", "-")
        done = round(20 * min(max(share, 0.0), 1.0))
        line = f"{full * done}{empty * (20 - done)} {share:4.0%}  {text}"
        width = shutil.get_terminal_size().columns - 1
        self._stream.write("\r" + line[:width].ljust(width))
        self._stream.flush()
        self._shown = True

    def close(self) -> None:
        """Leave the line and go to the next."""
        if self._shown:
            self._stream.write("\n")
            self._stream.flush()
            self._shown = False

    def _can_draw(self) -> bool:
        try:
            _FULL.encode(self._stream.encoding or "ascii")
        except UnicodeEncodeError:
            return False
        return True
