"""What waits to be told to the window: control events in order, curves gathered, pictures newest only.

The training thread only puts things in; a writer thread of its own blocks on the pipe. Without credit from the window
curves and pictures wait here, merged, so neither side queues without bound.
"""

import logging
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from dllab.engine.protocol import (
    Complaint,
    Epoch,
    Event,
    Picture,
    Progress,
    ProtocolError,
    Scalars,
    Stage,
    encode,
    pack,
)
from dllab.engine.series import Series
from dllab.text import _

log = logging.getLogger(__name__)

_GATHER_LIMIT = 16_384


@dataclass
class Points:
    """Curve points since the last flush."""

    series: dict[str, tuple[list[int], list[float]]] = field(default_factory=dict)

    def add(self, name: str, step: int, value: float) -> None:
        """One more point."""
        steps, values = self.series.setdefault(name, ([], []))
        steps.append(step)
        values.append(value)

    def add_epoch(self, step: int, metrics: Mapping[str, float]) -> None:
        """The numbers of an epoch that ended with this step; the training loss has its points already."""
        for name, value in metrics.items():
            if name != "train_loss":
                self.add(name, step, value)


class Outbox:
    """Thread-safe; `close` writes what is left of the control events and ends the writer."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._changed = threading.Condition()
        self._control: deque[Event] = deque()
        self._latest: dict[str, Event] = {}
        self._curves: dict[str, Series] = {}
        self._run = ""
        self._credit = 0
        self._closing = False
        self._writer = threading.Thread(target=self._write, name="writer", daemon=True)
        self._writer.start()

    def control(self, event: Event) -> None:
        """An event that is never dropped and keeps its place."""
        with self._changed:
            self._control.append(event)
            self._changed.notify()

    def latest(self, event: Progress | Stage | Epoch | Picture) -> None:
        """An event that a newer one of its sort replaces."""
        key = f"picture {event.id}" if isinstance(event, Picture) else type(event).__name__
        with self._changed:
            # It takes the place of the one it replaces: at the end of the line what comes often would never leave.
            self._latest[key] = event
            self._changed.notify()

    def scalars(self, run: str, points: dict[str, tuple[list[int], list[float]]]) -> None:
        """New points of curves."""
        with self._changed:
            if run != self._run:
                self._run = run
                self._curves.clear()
            for name, (steps, values) in points.items():
                if steps:
                    series = self._curves.setdefault(name, Series(_GATHER_LIMIT))
                    series.extend(np.asarray(steps, np.float64), np.asarray(values, np.float64))
            self._changed.notify()

    def wants_picture(self, subscription: int) -> bool:
        """Whether the last picture of a subscription has left: computing another earlier would be for nothing."""
        return f"picture {subscription}" not in self._latest

    def forget_picture(self, subscription: int) -> None:
        """Drop a waiting picture that nobody looks at any more."""
        with self._changed:
            self._latest.pop(f"picture {subscription}", None)

    def grant(self, frames: int) -> None:
        """The window can take that many more frames."""
        with self._changed:
            self._credit = min(self._credit + frames, 64)
            self._changed.notify()

    def close(self, timeout: float = 0.5) -> None:
        """Write the control events that are left and end."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._writer.join(timeout)

    def _write(self) -> None:
        while True:
            with self._changed:
                event = self._next()
                while event is None and not self._closing:
                    self._changed.wait()
                    event = self._next()
            if event is None:
                return
            try:
                self._stream.write(_frame(event))
                self._stream.flush()
            except (BrokenPipeError, ValueError, OSError):
                return

    def _next(self) -> Event | None:
        # Points come before the control event that follows them: a finished run's curve is whole when "done" arrives.
        ending = bool(self._control) and bool(self._curves) and type(self._control[0]).__name__ == "State"
        if self._control and not ending:
            return self._control.popleft()
        if self._credit <= 0 and not ending:
            return None
        if self._curves:
            self._credit = max(0, self._credit - 1)
            series = {n: (pack(s.steps.astype(np.int64)), pack(s.values)) for n, s in self._curves.items()}
            self._curves = {}
            return Scalars(self._run, series)
        if self._latest:
            self._credit -= 1
            return self._latest.pop(next(iter(self._latest)))
        return None


def _frame(event: Event) -> bytes:
    """The event as a frame; in place of one that is too large a sentence that says so."""
    try:
        return encode(event)
    except ProtocolError:
        log.exception("%s was not sent", type(event).__name__)
        words = _("What was asked for is too large to show. Choose a smaller layer or batch.")
        if isinstance(event, Picture):
            # The window grants credit for pictures, not for complaints.
            return encode(Picture(event.id, event.run, event.step, {}, {}, words))
        return encode(Complaint("size", words))
