"""What a screen reader finds on the canvas: a list of nodes with their ports, each with a name and a place."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, QRect
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QAccessibleEvent,
    QAccessibleInterface,
    QAccessibleObject,
    QWindow,
)

from dllab.text import _
from ui.canvas.faces import spoken
from ui.canvas.fitting import Port
from ui.canvas.geometry import PORT_RADIUS, Box
from ui.canvas.view import View

_Text = QAccessible.Text
_kept: list[QAccessibleInterface] = []
# Qt keeps a bare pointer to every interface that was asked for, so none may be collected before the process ends.


class PortAccess(QAccessibleInterface):
    """A port: its name and what it is joined to."""

    def __init__(self, node: "NodeAccess", port: Port) -> None:
        super().__init__()
        self._node, self._port = node, port

    def isValid(self) -> bool:
        return self._node.isValid() and self._node.point(self._port) is not None

    def object(self) -> QObject:
        return None  # type: ignore[return-value]

    def window(self) -> QWindow:
        return None  # type: ignore[return-value]

    def parent(self) -> QAccessibleInterface:
        return self._node

    def child(self, index: int) -> QAccessibleInterface:
        return None  # type: ignore[return-value]

    def childAt(self, x: int, y: int) -> QAccessibleInterface:
        return None  # type: ignore[return-value]

    def childCount(self) -> int:
        return 0

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return -1

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.Graphic

    def state(self) -> QAccessible.State:
        return QAccessible.State()

    def rect(self) -> QRect:
        point = self._node.point(self._port)
        if point is None:
            return QRect()
        r = PORT_RADIUS
        return self._node.on_screen(Box(point[0] - r, point[1] - r, 2 * r, 2 * r))

    def text(self, t: QAccessible.Text) -> str:
        if t != _Text.Name or not self.isValid():
            return ""
        others = self._node.joined(self._port)
        inward = self._port[0] == "in"
        if not others:
            words = _("Input {port}, not connected") if inward else _("Output {port}, not connected")
            return words.format(port=self._port[1])
        words = _("Input {port} from {names}") if inward else _("Output {port} to {names}")
        return words.format(port=self._port[1], names=", ".join(others))

    def setText(self, t: QAccessible.Text, text: str) -> None:
        return


class NodeAccess(QAccessibleInterface):
    """A node: "Conv2d, output 16 × 8 × 8, 160 parameters". Once its node is gone it is merely not valid."""

    def __init__(self, view: View, owner: "CanvasAccess", node_id: str) -> None:
        super().__init__()
        self._view, self._owner, self.node_id = view, owner, node_id
        self._ports: dict[Port, PortAccess] = {}

    def isValid(self) -> bool:
        return self._owner.alive and self.node_id in self._view.stage.nodes

    def point(self, port: Port) -> tuple[float, float] | None:
        """Middle of a port in the scene."""
        return self._view.stage.nodes[self.node_id].port_point(port) if self.isValid() else None

    def joined(self, port: Port) -> list[str]:
        """Names of the layers that a port is joined to."""
        graph, editor = self._view.stage.experiment.model, self._view.editor
        if port[0] == "in":
            return [editor.name(x.source) for x in graph.into(self.node_id) if x.input == port[1]]
        return [editor.name(x.target) for x in graph.out_of(self.node_id) if x.output == port[1]]

    def on_screen(self, box: Box) -> QRect:
        """A box of the scene on the screen."""
        view = self._view
        corner = view.viewport().mapToGlobal(view.to_view((box.x, box.y)))
        return QRect(corner.x(), corner.y(), round(box.width * view.zoom), round(box.height * view.zoom))

    def object(self) -> QObject:
        return None  # type: ignore[return-value]

    def window(self) -> QWindow:
        return None  # type: ignore[return-value]

    def parent(self) -> QAccessibleInterface:
        return self._owner

    def _port_names(self) -> list[Port]:
        if not self.isValid():
            return []
        face = self._view.stage.nodes[self.node_id].face
        ports: list[Port] = [("in", name) for name in face.inputs]
        return ports + [("out", name) for name in face.outputs]

    def child(self, index: int) -> QAccessibleInterface:
        ports = self._port_names()
        if not 0 <= index < len(ports):
            return None  # type: ignore[return-value]
        port = ports[index]
        if port not in self._ports:
            self._ports[port] = PortAccess(self, port)
            _kept.append(self._ports[port])
            QAccessible.registerAccessibleInterface(self._ports[port])
        return self._ports[port]

    def childAt(self, x: int, y: int) -> QAccessibleInterface:
        return None  # type: ignore[return-value]

    def childCount(self) -> int:
        return len(self._port_names())

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return next((i for i in range(self.childCount()) if self.child(i) is child), -1)

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.ListItem

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        state.selectable = state.focusable = state.multiSelectable = True
        if self.isValid():
            chosen = self._view.stage.selection
            state.selected = self.node_id in chosen
            state.focused = bool(chosen) and chosen[-1] == self.node_id and self._view.hasFocus()
        else:
            state.invalid = True
        return state

    def rect(self) -> QRect:
        return self.on_screen(self._view.stage.nodes[self.node_id].box) if self.isValid() else QRect()

    def text(self, t: QAccessible.Text) -> str:
        if not self.isValid():
            return ""
        if t == _Text.Name:
            return spoken(self._view.stage.nodes[self.node_id].face)
        if t == _Text.Description:
            return " ".join(p.text for p in self._view.stage.check.of(self.node_id))
        return ""

    def setText(self, t: QAccessible.Text, text: str) -> None:
        return


class CanvasAccess(QAccessibleObject):
    """The canvas: a list whose children are the nodes, from input to output."""

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self._view = view
        self.alive = True
        self._nodes: dict[str, NodeAccess] = {}
        view.destroyed.connect(self._on_destroyed)

    def node(self, node_id: str) -> NodeAccess:
        """The interface of a node, made when it is first asked for."""
        if node_id not in self._nodes:
            self._nodes[node_id] = NodeAccess(self._view, self, node_id)
            _kept.append(self._nodes[node_id])
            QAccessible.registerAccessibleInterface(self._nodes[node_id])
        return self._nodes[node_id]

    def _on_destroyed(self) -> None:
        self.alive = False

    def _order(self) -> Sequence[str]:
        if not self.alive:
            return ()
        stage = self._view.stage
        return stage.check.everything or tuple(stage.nodes)

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.List

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        state.focusable = state.multiSelectable = True
        state.focused = self.alive and self._view.hasFocus()
        return state

    def text(self, t: QAccessible.Text) -> str:
        if t == _Text.Name:
            return _("Canvas")
        if t == _Text.Description:
            return _("The network. Arrow keys follow the wires, Enter opens the settings, Space adds a layer.")
        return ""

    def parent(self) -> QAccessibleInterface:
        around = self._view.parentWidget() if self.alive else None
        return QAccessible.queryAccessibleInterface(around) if around else None  # type: ignore[return-value]

    def childCount(self) -> int:
        return len(self._order())

    def child(self, index: int) -> QAccessibleInterface:
        order = self._order()
        if not 0 <= index < len(order):
            return None  # type: ignore[return-value]
        return self.node(order[index])

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        order = list(self._order())
        return order.index(child.node_id) if isinstance(child, NodeAccess) and child.node_id in order else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface:
        for name in self._order():
            if self.node(name).rect().contains(x, y):
                return self.node(name)
        return None  # type: ignore[return-value]

    def focusChild(self) -> QAccessibleInterface:
        chosen = [i for i in self._view.stage.selection if i in self._view.stage.nodes] if self.alive else []
        return self.node(chosen[-1]) if chosen else None  # type: ignore[return-value]

    def rect(self) -> QRect:
        if not self.alive:
            return QRect()
        return QRect(self._view.mapToGlobal(self._view.rect().topLeft()), self._view.size())


def _interface(_class_name: str, thing: QObject) -> QAccessibleInterface | None:
    if not isinstance(thing, View):
        return None
    found = CanvasAccess(thing)
    _kept.append(found)
    return found


_installed = False


def install() -> None:
    """Let screen readers find the nodes of every canvas."""
    global _installed
    if not _installed:
        _installed = True
        QAccessible.installFactory(_interface)


def announce(view: View, words: str) -> None:
    """Say something that happened, if anybody listens."""
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(view, words))


def tell_focus(view: View, node_id: str) -> None:
    """Tell that the keyboard is at another node, if anybody listens."""
    if QAccessible.isActive():
        found = QAccessible.queryAccessibleInterface(view)
        if isinstance(found, CanvasAccess):
            QAccessible.updateAccessibility(QAccessibleEvent(found.node(node_id), QAccessible.Event.Focus))
