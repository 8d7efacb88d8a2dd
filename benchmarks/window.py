"""The lab's own window in training, with its views live: steps per second, and how late the event loop is.

`python -m benchmarks.window mlp 6` prints both as JSON; `python -m benchmarks.window start` the times of a start.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_API"] = "pyside6"

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer

from benchmarks.experiments import experiment
from dllab.document.format import save
from dllab.engine import protocol
from ui.session import Session

WARM_UP_S = 2.0
BEAT_MS = 5
_CARD = (480, 360)


class Heartbeat(QObject):
    """A timer every 5 ms; how much later than that it comes is how long something else held the window."""

    def __init__(self) -> None:
        super().__init__()
        self.late_ms: list[float] = []
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """From now on."""
        self._clock.start()
        self._timer.start(BEAT_MS)

    def _beat(self) -> None:
        self.late_ms.append(max(0.0, self._clock.nsecsElapsed() / 1e6 - BEAT_MS))
        self._clock.start()

    def facts(self) -> dict[str, float]:
        """Median, 99th percentile and maximum of the lateness in milliseconds."""
        late = np.array(self.late_ms)
        return {
            "late_ms_p50": round(float(np.percentile(late, 50)), 2),
            "late_ms_p99": round(float(np.percentile(late, 99)), 2),
            "late_ms_max": round(float(late.max()), 2),
        }


def bring_out(cards: Iterable[Any]) -> None:
    """Let cards float: behind a tab a view would rest, and Qt does not tell a card that it has come out from there."""
    for card in cards:
        card.setFloating(True)
        card.resize(*_CARD)
        card.show()
        card.build()
        card.view.show()


def open_cards(session: Session) -> list[Any]:
    """Those whose views are seen."""
    return [card for card in session.window.bench.cards if card.view is not None and card.view.isVisible()]


class Trial:
    """One window that trains for some seconds."""

    def __init__(self, name: str, seconds: float, home: Path, everything: bool = False) -> None:
        self._seconds = seconds
        self._everything = everything
        self._path = home / "experiment.dllab"
        save(experiment(name), self._path)
        self.session = Session("en", "light")
        # The lab keeps faults in its log; here they should be seen.
        sys.excepthook = sys.__excepthook__
        self.session.window.resize(1440, 900)
        self.heartbeat = Heartbeat()
        self._points: list[tuple[float, int]] = []
        self.facts: dict[str, Any] = {}

    def run(self) -> dict[str, Any]:
        """Train, measure, close."""
        lab = self.session.lab
        lab.link.reported.connect(self._on_event)
        self.session.start(self._path)
        _once(lab.state_changed, lambda state: state == "idle", self._train)
        self.session.run()
        return self.facts

    def _train(self) -> None:
        # A layer is selected, as by somebody who looks: the activations view has something to show.
        nodes = self.session.document.experiment.model.nodes
        self.session.window.canvas.select([next(n for n in nodes if nodes[n].kind in ("conv2d", "linear"))])
        if self._everything:
            bring_out(self.session.window.bench.cards)
        warm_up = round(1000 * WARM_UP_S)
        begin = partial(QTimer.singleShot, warm_up, self.session.window, self._begin)
        _once(self.session.lab.state_changed, lambda state: state == "running", begin)
        self.session.lab.train()

    def _begin(self) -> None:
        self._points.clear()
        self.heartbeat.start()
        QTimer.singleShot(round(1000 * self._seconds), self.session.window, self._end)

    def _end(self) -> None:
        (t0, s0), (t1, s1) = self._points[0], self._points[-1]
        self.facts = {"steps_per_second": (s1 - s0) / (t1 - t0), **self.heartbeat.facts()}
        self.facts["views"] = [card.objectName() for card in open_cards(self.session)]
        self.session.lab.stop()
        self.session.window.end_now()

    def _on_event(self, event: object) -> None:
        if isinstance(event, protocol.Progress):
            self._points.append((time.perf_counter(), event.step))


def _once(signal: Any, fits: Callable[[Any], bool], do: Callable[[], None]) -> None:
    done = []

    def check(value: Any) -> None:
        if not done and fits(value):
            done.append(True)
            do()

    signal.connect(check)


def main(arguments: list[str]) -> None:
    """Run one trial and print what it found."""
    with tempfile.TemporaryDirectory(prefix="dllab-") as home:
        os.environ["DLLAB_HOME"] = home
        name, seconds = arguments[-2:]
        print(json.dumps(Trial(name, float(seconds), Path(home), "--everything" in arguments).run()))


if __name__ == "__main__":
    main(sys.argv[1:])
