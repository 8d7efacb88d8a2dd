"""A lab whose engine is the test: what views ask for is written down, and pictures are handed to them."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from dllab.engine import protocol
from dllab.templates import load_template
from ui.document import Document
from ui.lab import Lab
from ui.link.runs import Run
from ui.views.base import View


class Engine:
    """Stands in for the process: remembers commands, sends pictures."""

    def __init__(self, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lab = lab
        self.sent: list[protocol.Command] = []
        monkeypatch.setattr(lab.link, "send", self._hear)

    def _hear(self, command: protocol.Command) -> bool:
        self.sent.append(command)
        return True

    def looking(self) -> dict[int, tuple[str, dict[str, Any]]]:
        """Probe and parameters of the subscriptions that are in force."""
        found: dict[int, tuple[str, dict[str, Any]]] = {}
        for command in self.sent:
            if isinstance(command, protocol.Subscribe):
                found[command.id] = command.probe, command.params
            elif isinstance(command, protocol.Unsubscribe):
                del found[command.id]
        return found

    def probes(self) -> list[str]:
        """Names of the probes in force."""
        return [probe for probe, _params in self.looking().values()]

    def params(self, probe: str) -> dict[str, Any]:
        """Parameters of the one subscription to a probe."""
        ((_name, params),) = [found for found in self.looking().values() if found[0] == probe]
        return params

    def show(self, probe: str, labels: dict[str, Any], /, message: str = "", **arrays: np.ndarray) -> None:
        """Send a picture to everyone who looks at the probe."""
        packed = {name: protocol.pack(np.ascontiguousarray(array)) for name, array in arrays.items()}
        for number, (name, _params) in self.looking().items():
            if name == probe:
                self.lab.link._deliver(protocol.Picture(number, "run", 800, packed, labels, message))

    def begin(self, **curves: tuple[list[float] | np.ndarray, list[float] | np.ndarray]) -> Run:
        """A run with these curves."""
        run = self.lab.runs.begin(self.lab.document.experiment, "cpu")
        self.add(run, **curves)
        return run

    def add(self, run: Run, **curves: tuple[list[float] | np.ndarray, list[float] | np.ndarray]) -> None:
        """More points for a run."""
        series = {
            name: (protocol.pack(np.asarray(steps, np.int64)), protocol.pack(np.asarray(values, np.float64)))
            for name, (steps, values) in curves.items()
        }
        self.lab.runs.take(protocol.Scalars(run.id, series))


def shown(qtbot: QtBot, view: View, size: tuple[int, int] = (700, 400)) -> None:
    """Put a view on the screen."""
    qtbot.addWidget(view)
    view.resize(*size)
    view.show()
    qtbot.waitExposed(view)


Kind = TypeVar("Kind", bound=View)


def clustered(
    qtbot: QtBot, make_lab: Callable[[Document], Lab], template: str, view: type[Kind], size: tuple[int, int]
) -> Kind:
    """A view of this template, clustered by a real engine."""
    document = Document()
    document.open(load_template(template))
    lab = make_lab(document)
    lab.link.start()
    qtbot.waitUntil(lambda: lab.state == "idle", timeout=60_000)
    made = view(lab)
    shown(qtbot, made, size)
    lab.train()
    qtbot.waitUntil(lambda: lab.state == "done" and not made.message, timeout=60_000)
    return made


def hover(qtbot: QtBot, widget: QWidget, place: QPoint) -> None:
    """Move the pointer there; twice, because the first move only enters."""
    qtbot.mouseMove(widget, place + QPoint(1, 1))
    qtbot.mouseMove(widget, place)


def place_of(plot: Any, x: float, y: float) -> QPoint:
    """Where a point of a plot is on its viewport."""
    found: QPoint = plot.mapFromScene(plot.plotItem.vb.mapViewToScene(QPointF(x, y)))
    return found


LEFT = Qt.MouseButton.LeftButton

NO_KEY = Qt.KeyboardModifier.NoModifier


def draw_around(
    qtbot: QtBot, plot: Any, corners: list[tuple[float, float]], held: Qt.KeyboardModifier = NO_KEY
) -> None:
    """Press at the first corner (in the plot's numbers), move over the others, and let go at the last."""
    places = [place_of(plot, *corner) for corner in corners]
    qtbot.mousePress(plot.viewport(), LEFT, held, places[0])
    for place in places[1:]:
        qtbot.mouseMove(plot.viewport(), place)
    qtbot.mouseRelease(plot.viewport(), LEFT, held, places[-1])
