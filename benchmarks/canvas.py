"""Canvas: opening, repainting, zooming and dragging, by number of nodes, with all in view and close to one node."""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from dllab.document.experiment import Choice, Experiment, Graph, Link, Node
from ui.canvas import Canvas
from ui.document import Document
from ui.shell.theme import interface_font, theme

SIZES = (100, 500, 1000)
_KINDS = ("linear", "relu", "dropout", "layer_norm", "tanh")
_ROW = 25


def network(count: int) -> Experiment:
    """A chain of layers laid out in rows, as a page is written."""
    nodes, links, before = {"input": Node(kind="input")}, [], "input"
    for place in range(1, count - 1):
        kind = _KINDS[place % len(_KINDS)]
        params = {"features": 64} if kind == "linear" else {}
        nodes[f"n{place}"] = Node(kind=kind, params=params, x=180.0 * (place % _ROW), y=100.0 * (place // _ROW))
        links.append(Link(source=before, target=f"n{place}"))
        before = f"n{place}"
    nodes["output"] = Node(kind="output", x=180.0 * ((count - 1) % _ROW), y=100.0 * ((count - 1) // _ROW))
    links.append(Link(source=before, target="output"))
    return Experiment(data=Choice(kind="iris"), model=Graph(nodes=nodes, links=tuple(links)))


def measured(do: Callable[[int], object], times: int = 21) -> float:
    """Median milliseconds of one call."""
    taken = []
    for turn in range(times):
        start = time.perf_counter()
        do(turn)
        taken.append((time.perf_counter() - start) * 1e3)
    return round(statistics.median(taken[1:]), 2)


def drag(canvas: Canvas, node: str) -> float:
    """Median milliseconds for the canvas to follow a mouse that drags one node, with painting."""
    view = canvas.view
    at = view.to_view(canvas.scene.nodes[node].box.centre)

    def send(kind: QEvent.Type, place: QPoint, button: Qt.MouseButton, buttons: Qt.MouseButton) -> None:
        everywhere = QPointF(view.viewport().mapToGlobal(place))
        event = QMouseEvent(kind, QPointF(place), everywhere, button, buttons, Qt.KeyboardModifier.AltModifier)
        QApplication.sendEvent(view.viewport(), event)

    def move(turn: int) -> None:
        send(QEvent.Type.MouseMove, at + QPoint(10 + turn, turn), Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton)
        QApplication.processEvents()

    send(QEvent.Type.MouseButtonPress, at, Qt.MouseButton.LeftButton, Qt.MouseButton.LeftButton)
    result = measured(move, 61)
    view.cancel()
    return result


def figures(count: int) -> dict[str, float]:
    """Everything measured for one number of nodes."""
    document = Document()
    canvas = Canvas(document)
    canvas.resize(1200, 800)
    canvas.show()
    QApplication.processEvents()
    experiment = network(count)
    start = time.perf_counter()
    document.open(experiment)
    QApplication.processEvents()
    opened = (time.perf_counter() - start) * 1e3
    canvas.view.fit()
    QApplication.processEvents()
    result = {"open_ms": round(opened, 1)} | figures_of(canvas, f"n{count // 2}")
    canvas.close()
    canvas.deleteLater()
    return result


def figures_of(canvas: Canvas, node: str) -> dict[str, float]:
    """Repainting, zooming, dragging and panning, with the whole network in view and close to one node."""
    view = canvas.view

    def repaint(_turn: int) -> None:
        view.viewport().repaint()

    def zoom(turn: int) -> None:
        view.zoom_by(1.02 if turn % 2 else 1 / 1.02)
        QApplication.processEvents()

    def pan(_turn: int) -> None:
        view.scroll_by(3, 2)
        QApplication.processEvents()

    result = {
        "repaint_all_ms": measured(repaint),
        "zoom_all_ms": measured(zoom),
        "drag_all_in_view_ms": drag(canvas, node),
    }
    view.zoom_to(1.0)
    view.look_at(canvas.scene.nodes[node].box.centre)
    QApplication.processEvents()
    result |= {"repaint_ms": measured(repaint), "zoom_ms": measured(zoom), "drag_ms": drag(canvas, node)}
    return result | {"pan_ms": measured(pan)}


def main() -> None:
    """Print a table, and with --json one JSON object by the number of nodes."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    app.setStyle("Fusion")
    app.setFont(interface_font())
    app.setProperty("reduced_motion", True)
    theme.use("light")
    figures(20)  # fonts, sprites and lazily loaded things
    found = {count: figures(count) for count in SIZES}
    names = list(found[SIZES[0]])
    print(" ".join(f"{name:>20}" for name in ("nodes", *names)))
    for count, row in found.items():
        print(" ".join(f"{value:>20}" for value in (count, *row.values())))
    if "--json" in sys.argv:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
