"""A canvas on the (offscreen) screen and the hands to work on it: every test goes through real events of its viewport."""

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from dllab.document.experiment import Choice, Experiment, Frame, Graph, Link, Node, Note
from ui.canvas.canvas import Canvas
from ui.canvas.mime import mime_of
from ui.document import Document

Left, Middle, Right = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton
NoKey, Ctrl, Shift, Alt = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
Key = Qt.Key


def node(kind: str, x: float, y: float, title: str = "", muted: bool = False, **params) -> Node:
    return Node(kind=kind, x=x, y=y, title=title, muted=muted, params=params)


def link(source: str, target: str, port: str = "in") -> Link:
    return Link(source=source, target=target, input=port)


def chain() -> Experiment:
    """Input, ReLU, Linear, Output in a row on the iris data; a loose Dropout below."""
    nodes = {
        "input": node("input", 0, 0),
        "relu": node("relu", 180, 0),
        "linear": node("linear", 360, 0, features=3),
        "output": node("output", 540, 0),
        "dropout": node("dropout", 180, 200),
    }
    links = (link("input", "relu"), link("relu", "linear"), link("linear", "output"))
    return Experiment(data=Choice(kind="iris"), model=Graph(nodes=nodes, links=links))


def branched() -> Experiment:
    """A convolutional network on the digits with a branch that comes together in an Add."""
    nodes = {
        "input": node("input", 0, 60),
        "conv2d": node("conv2d", 180, 60, out_channels=16, kernel_size=3, padding=1),
        "relu": node("relu", 360, 0),
        "conv2d_2": node("conv2d", 360, 130, "Conv2d 1×1", out_channels=16, kernel_size=1),
        "add": node("add", 540, 60),
        "flatten": node("flatten", 180, 300),
        "linear": node("linear", 360, 300, features=10),
        "output": node("output", 540, 300),
    }
    links = (
        link("input", "conv2d"), link("conv2d", "relu"), link("conv2d", "conv2d_2"), link("relu", "add", "a"),
        link("conv2d_2", "add", "b"), link("add", "flatten"), link("flatten", "linear"), link("linear", "output"),
    )  # fmt: skip
    return Experiment(model=Graph(nodes=nodes, links=links))


def annotated() -> Experiment:
    """The chain with a note, and a frame around Linear and Output."""
    experiment = chain()
    model = experiment.model.model_copy(
        update={
            "notes": {"note": Note(text="Try more units", x=0, y=120, width=160, height=60)},
            "frames": {"frame": Frame(title="Head", x=340, y=-60, width=360, height=180)},
        }
    )
    return experiment.model_copy(update={"model": model})


class Hands:
    """A canvas and what a person does to it."""

    def __init__(self, qtbot, experiment: Experiment) -> None:
        self.document = Document(experiment)
        self.canvas = Canvas(self.document)
        self.view, self.scene = self.canvas.view, self.canvas.scene
        self.viewport = self.view.viewport()
        self.refusals: list[str] = []
        self.canvas.refused.connect(self.refusals.append)
        self.document.refused.connect(self.refusals.append)
        qtbot.addWidget(self.canvas)
        self.canvas.resize(1200, 760)
        self.canvas.show()
        qtbot.waitExposed(self.canvas)
        self.canvas.setFocus()

    # --- the document -----------------------------------------------------------------------------------------------

    @property
    def graph(self) -> Graph:
        return self.document.experiment.model

    @property
    def links(self) -> set[str]:
        return {str(x) for x in self.graph.links}

    @property
    def steps(self) -> int:
        return self.document.undo_stack.count()

    @property
    def last_step(self) -> str:
        return self.document.undo_stack.undoText()

    def place(self, item_id: str) -> tuple[float, float]:
        item = {**self.graph.nodes, **self.graph.notes, **self.graph.frames}[item_id]
        return item.x, item.y

    # --- places -----------------------------------------------------------------------------------------------------

    def at(self, x: float, y: float) -> QPoint:
        return self.view.to_view((x, y))

    def middle(self, item_id: str) -> QPoint:
        return self.at(*self.scene.item(item_id).box.centre)

    def port(self, node_id: str, side: str, name: str = "") -> QPoint:
        return self.at(*self.scene.nodes[node_id].port_point((side, name or side)))

    def on_wire(self, text: str) -> QPoint:
        wire = next(w for x, w in self.scene.wires.items() if str(x) == text)
        return self.at(*wire.points[len(wire.points) // 2])

    # --- mouse and keys ---------------------------------------------------------------------------------------------

    def press(self, at: QPoint, button=Left, held=NoKey) -> None:
        QTest.mousePress(self.viewport, button, held, at)

    def move(self, at: QPoint, buttons=Left, held=NoKey) -> None:
        place = QPointF(at)
        everywhere = QPointF(self.viewport.mapToGlobal(at))
        event = QMouseEvent(QEvent.Type.MouseMove, place, everywhere, Qt.MouseButton.NoButton, buttons, held)
        QApplication.sendEvent(self.viewport, event)

    def release(self, at: QPoint, button=Left, held=NoKey) -> None:
        QTest.mouseRelease(self.viewport, button, held, at)

    def drag(self, start: QPoint, end: QPoint, held=NoKey, button=Left) -> None:
        self.press(start, button, held)
        for step in (0.3, 0.7, 1.0):
            self.move(start + (end - start) * step, button, held)
        self.release(end, button, held)

    def click(self, at: QPoint, held=NoKey, button=Left) -> None:
        QTest.mouseClick(self.viewport, button, held, at)

    def double_click(self, at: QPoint) -> None:
        # As a person's fingers do it: two presses, of which the second arrives as a double-click.
        QTest.mouseClick(self.viewport, Left, NoKey, at)
        QTest.mouseDClick(self.viewport, Left, NoKey, at)
        QTest.mouseRelease(self.viewport, Left, NoKey, at)

    def key(self, key: Qt.Key, held=NoKey) -> None:
        QTest.keyClick(self.view, key, held)

    def wheel(self, at: QPoint, turn: int = 0, held=NoKey, pixels: QPoint | None = None) -> None:
        phase = Qt.ScrollPhase.ScrollUpdate if pixels else Qt.ScrollPhase.NoScrollPhase
        event = QWheelEvent(
            QPointF(at), QPointF(self.viewport.mapToGlobal(at)), pixels or QPoint(), QPoint(0, turn),
            Qt.MouseButton.NoButton, held, phase, False,
        )  # fmt: skip
        QApplication.sendEvent(self.viewport, event)

    # --- from the palette -------------------------------------------------------------------------------------------

    def hover_with(self, kind: str, at: QPoint) -> None:
        self._mime = mime_of(kind)
        enter = QDragEnterEvent(at, Qt.DropAction.CopyAction, self._mime, Left, NoKey)
        QApplication.sendEvent(self.viewport, enter)
        move = QDragMoveEvent(at, Qt.DropAction.CopyAction, self._mime, Left, NoKey)
        QApplication.sendEvent(self.viewport, move)

    def drop(self, kind: str, at: QPoint) -> None:
        self.hover_with(kind, at)
        event = QDropEvent(QPointF(at), Qt.DropAction.CopyAction, self._mime, Left, NoKey)
        QApplication.sendEvent(self.viewport, event)
        assert event.isAccepted()

    def leave_with(self) -> None:
        QApplication.sendEvent(self.viewport, QDragLeaveEvent())

    # --- the search -------------------------------------------------------------------------------------------------

    @property
    def search(self):
        menu = self.view.add_menu
        assert menu is not None
        assert menu.isVisible()
        return menu

    def offered(self) -> list[str]:
        model = self.search.list.model()
        return [model.index(row, 0).data() for row in range(model.rowCount())]

    def choose(self, words: str) -> None:
        QTest.keyClicks(self.search.field, words)
        QTest.keyClick(self.search.field, Key.Key_Return)
