"""The one timer on which all views draw: producers mark, the screen draws on its own clock."""

from math import inf
from time import monotonic
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QTimer

TICK = 33
"""Milliseconds: about 30 pictures a second."""


class Drawable(Protocol):
    """What the clock draws."""

    interval: float
    """Seconds between two drawings at least."""

    def redraw(self) -> None:
        """Draw what is known now."""


class Clock(QObject):
    """Draws whatever was marked, no more often than each wants; stands still when nothing is marked."""

    def __init__(self) -> None:
        super().__init__()
        self._marked: dict[Drawable, None] = {}
        self._drawn: dict[Drawable, float] = {}
        self._timer: QTimer | None = None

    def mark(self, view: Drawable) -> None:
        """Draw this one at its next turn."""
        self._marked[view] = None
        if self._timer is None:
            # Made late: a timer needs the application's event loop.
            self._timer = QTimer(self)
            self._timer.setTimerType(Qt.TimerType.PreciseTimer)
            self._timer.timeout.connect(self.tick)
        if not self._timer.isActive():
            self._timer.start(TICK)

    def forget(self, view: Drawable) -> None:
        """Hidden or gone: draw it no more."""
        self._marked.pop(view, None)
        self._drawn.pop(view, None)

    def tick(self) -> None:
        """Draw the one that has waited longest of those whose turn has come."""
        assert self._timer is not None
        now = monotonic()
        # Half a tick early is on time: a picture every 100 ms must not wait for the tick at 132.
        soon = now + TICK / 2000
        due = [view for view in self._marked if soon - self._drawn.get(view, -inf) >= view.interval]
        if due:
            view = min(due, key=lambda view: self._drawn.get(view, -inf))
            del self._marked[view]
            self._drawn[view] = now
            view.redraw()
        # The others follow at once, but what waits in the event loop comes in between.
        if len(due) > 1:
            self._timer.start(0)
        elif self._marked:
            self._timer.start(TICK)
        else:
            self._timer.stop()


clock = Clock()
