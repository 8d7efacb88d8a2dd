"""A hundred thousand clustered samples in the lab's own window: how late its event loop is while they come and move.

`python -m benchmarks.crowd minibatch_kmeans` prints one trial as JSON; without a name all of them.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_API"] = "pyside6"

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

from benchmarks.window import Heartbeat, bring_out, open_cards
from dllab.document import edits
from dllab.document.experiment import Experiment
from dllab.document.format import save
from dllab.templates import load_template
from ui.session import Session
from ui.shell.layouts import CLUSTER_LAYOUTS, SHAPES

SAMPLES = 100_000
ALGORITHMS: dict[str, dict[str, Any]] = {
    "minibatch_kmeans": {"n_clusters": 3},
    "dbscan": {"eps": 0.03, "min_samples": 10},
}
_SETTLE_MS = 4000
"""So long after the last step of a phase what it set off is watched."""
_STEP_MS = 30
_NONE = Qt.KeyboardModifier.NoModifier


def experiment(kind: str) -> Experiment:
    """Blobs, so many that nobody draws them one by one."""
    made = load_template("cluster-blobs")
    data = made.data.model_copy(update={"params": {**made.data.params, "samples": SAMPLES}})
    node = next(name for name, node in made.model.nodes.items() if node.kind != "input")
    return edits.replace_node(made.model_copy(update={"data": data}), node, kind=kind, params=ALGORITHMS[kind])


class Trial:
    """One window in which one algorithm clusters, with all views of its layout open."""

    def __init__(self, kind: str, home: Path) -> None:
        path = home / "experiment.dllab"
        save(experiment(kind), path)
        self.session = Session("en", "light")
        # The lab keeps faults in its log; here they should be seen.
        sys.excepthook = sys.__excepthook__
        self.session.window.resize(1440, 900)
        self._path = path
        self._heart = Heartbeat()
        self.facts: dict[str, Any] = {}

    def run(self) -> dict[str, Any]:
        """Cluster, move, pick, close."""
        self.session.lab.state_changed.connect(self._state_changed)
        self.session.start(self._path)
        self.session.run()
        return self.facts

    def _state_changed(self, state: str) -> None:
        if state == "idle" and "fitting" not in self.facts:
            self.facts["fitting"] = {}
            QTimer.singleShot(_SETTLE_MS, self.session.window, self._open_views)
        elif state == "done":
            self._phase_ends("fitting")
            QTimer.singleShot(_SETTLE_MS, self.session.window, self._arrived)

    def _open_views(self) -> None:
        layout = CLUSTER_LAYOUTS["train"]
        names = {name for column in layout.wide for name in column} | set(SHAPES)
        bring_out(card for card in self.session.window.bench.cards if card.objectName() in names)
        QTimer.singleShot(_SETTLE_MS // 2, self.session.window, self._begin)

    def _begin(self) -> None:
        self.facts["views"] = [card.objectName() for card in open_cards(self.session)]
        self._heart.start()
        self.session.lab.train()

    def _phase_ends(self, name: str) -> None:
        self.facts[name] = self._heart.facts()
        self._heart.late_ms.clear()

    def _arrived(self) -> None:
        self._phase_ends("arriving")
        (view,) = [card.view for card in open_cards(self.session) if card.objectName().endswith("clusters")]
        self._hands = Hands(view.plot)
        self._go(self._hands.zoom(), lambda: self._ended("zooming", self._pan))

    def _ended(self, name: str, then: Callable[[], None]) -> None:
        self._phase_ends(name)
        then()

    def _pan(self) -> None:
        self._go(self._hands.pan(), lambda: self._ended("panning", self._hover))

    def _hover(self) -> None:
        self._go(self._hands.hover(), lambda: self._ended("hovering", self._pick))

    def _pick(self) -> None:
        self._go(self._hands.pick(), self._picked)

    def _picked(self) -> None:
        self._phase_ends("picking")
        self.facts["picked"] = len(self.session.lab.picked)
        self.session.window.end_now()

    def _go(self, steps: Iterator[None], then: Callable[[], None]) -> None:
        """One step after the other, each a turn of the event loop; then wait for what they set off."""
        window = self.session.window

        def step() -> None:
            if next(steps, self) is self:
                QTimer.singleShot(_SETTLE_MS // 4, window, then)
            else:
                QTimer.singleShot(_STEP_MS, window, step)

        step()


class Hands:
    """What a person does with a plot, event by event."""

    def __init__(self, plot: Any) -> None:
        self._plot = plot
        area = plot.viewport().rect()
        self._centre, self._width, self._height = area.center(), area.width(), area.height()

    def zoom(self) -> Iterator[None]:
        """In, out, and everything again."""
        for key in (Qt.Key.Key_Plus,) * 12 + (Qt.Key.Key_Minus,) * 8 + (Qt.Key.Key_Home,):
            QApplication.sendEvent(self._plot, QKeyEvent(QEvent.Type.KeyPress, key, _NONE))
            yield

    def pan(self) -> Iterator[None]:
        """A drag to and fro."""
        way = [QPoint(round(4 * step), round(2 * step)) for step in (*range(20), *range(20, -20, -1))]
        yield from self._drag([self._centre + part for part in way], _NONE)

    def hover(self) -> Iterator[None]:
        """Along a line, no button held."""
        for step in range(40):
            self._mouse(QEvent.Type.MouseMove, self._centre + QPoint(3 * step - 60, step - 20), held=False)
            yield

    def pick(self) -> Iterator[None]:
        """A rectangle over most of the plot."""
        corner = QPoint(self._width // 3, self._height // 3)
        way = [self._centre - corner + corner * 2 * step / 20 for step in range(21)]
        yield from self._drag(way, Qt.KeyboardModifier.ShiftModifier)

    def _drag(self, way: list[QPoint], keys: Qt.KeyboardModifier) -> Iterator[None]:
        self._mouse(QEvent.Type.MouseButtonPress, way[0], keys)
        for place in way[1:]:
            yield
            self._mouse(QEvent.Type.MouseMove, place, keys)
        yield
        self._mouse(QEvent.Type.MouseButtonRelease, way[-1], keys)

    def _mouse(self, kind: QEvent.Type, place: QPoint, keys: Qt.KeyboardModifier = _NONE, held: bool = True) -> None:
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        button = none if kind == QEvent.Type.MouseMove else left
        down = left if held and kind != QEvent.Type.MouseButtonRelease else none
        area = self._plot.viewport()
        event = QMouseEvent(kind, QPointF(place), QPointF(area.mapToGlobal(place)), button, down, keys)
        QApplication.sendEvent(area, event)


def trial(kind: str) -> dict[str, Any]:
    """One algorithm, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.crowd", kind], stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main(arguments: list[str]) -> None:
    """Print one trial, or all."""
    names = [name for name in arguments if not name.startswith("-")]
    if names:
        with tempfile.TemporaryDirectory(prefix="dllab-") as home:
            os.environ["DLLAB_HOME"] = home
            print(json.dumps(Trial(names[0], Path(home)).run()))
    else:
        print(json.dumps({kind: trial(kind) for kind in ALGORITHMS}))


if __name__ == "__main__":
    main(sys.argv[1:])
