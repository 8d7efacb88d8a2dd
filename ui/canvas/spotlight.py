"""The operation in hand on the canvas: its layer and the wires that carry its tensor are lit, everything else dims."""

from dataclasses import dataclass, field

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from dllab.document.experiment import Link
from dllab.document.flat import home_of
from dllab.document.paths import Path, split_id
from dllab.engine.protocol import Walked
from ui.canvas.geometry import NODE_HEIGHT
from ui.canvas.items import WireItem
from ui.canvas.paints import paints, pen, shape_font
from ui.canvas.scene import Scene

_PAD, _HEIGHT, _ABOVE = 7.0, 20.0, 16.0


@dataclass(frozen=True)
class Light:
    """What is lit: layers by their ids from the top, and how the tensor moves."""

    nodes: tuple[str, ...] = ()
    way: str = ""
    """"in": along the wires that end at the layer; "out": along those that begin there; "back": against these."""
    words: dict[str, str] = field(default_factory=dict)
    """The tensor's shape, by the port at which it meets the layer; "" stands for any."""


def light_of(walked: Walked | None) -> Light | None:
    """What an operation lights; None where everything is as always."""
    if walked is None or not walked.phase or walked.phase in ("zero_grad", "stop"):
        return None
    shapes = {name: walked.whole.get(name, array.shape) for name, array in walked.arrays.items()}
    if walked.phase == "clip":
        homes = {home_of(name.partition(".")[0]) for name in shapes if name.endswith(".clipped")}
        return Light(tuple(sorted(homes)))
    # At the loss and where it sends its gradient back, the one wire of the Output carries it.
    way, prefix = {
        "batch": ("out", "x"),
        "forward": ("in", "input"),
        "loss": ("in", "outputs"),
        "backward": ("back", "upstream"),
    }.get(walked.phase, ("", ""))
    if walked.phase == "backward" and "loss" in shapes:
        way, prefix = "leave", "gradient.input"
    found = {name: shape for name, shape in shapes.items() if name == prefix or name.startswith(f"{prefix}.")}
    words = {name.removeprefix(prefix).removeprefix("."): _extents(shape) for name, shape in found.items()}
    return Light((home_of(walked.node),), way, words)


def _extents(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "1"


class Tag(QGraphicsItem):
    """A pill beside a lit wire: what goes along it, and its shape."""

    def __init__(self, wire: WireItem, words: str, back: bool) -> None:
        super().__init__()
        self.words, self._back = words, back
        self._width = QFontMetricsF(shape_font()).horizontalAdvance(words) + 2 * _PAD
        self.setZValue(6)
        # As large on the screen as ever: what it says is what one looks for.
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        (left, top), (right, bottom) = wire.points[0], wire.points[-1]
        middle = wire.points[len(wire.points) // 2]
        # Between neighbours there is no room beside the wire: it stands above both.
        near = abs(right - left) < self._width + 12 and abs(bottom - top) < NODE_HEIGHT
        height = min(top, bottom) - NODE_HEIGHT / 2 - _ABOVE if near else middle[1] - _ABOVE
        self.setPos((left + right) / 2 if near else middle[0], height)

    def boundingRect(self) -> QRectF:
        return QRectF(-self._width / 2 - 1, -_HEIGHT / 2 - 1, self._width + 2, _HEIGHT + 2)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        use = paints()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen(use.gradient if self._back else use.accent, 1.5))
        painter.setBrush(use.node)
        box = QRectF(-self._width / 2, -_HEIGHT / 2, self._width, _HEIGHT)
        painter.drawRoundedRect(box, _HEIGHT / 2, _HEIGHT / 2)
        painter.setPen(use.text)
        painter.setFont(shape_font())
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.words)


class Spotlight:
    """Lights a scene, and lets it be as it was."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._light: Light | None = None
        self.tags: list[Tag] = []

    def again(self, page: Path) -> None:
        """The scene has changed: light what is still to be lit."""
        if self._light is not None:
            self.show(self._light, page)

    def show(self, light: Light | None, page: Path) -> None:
        """Light this on the page that the scene shows."""
        self._light = light
        for tag in self.tags:
            self._scene.removeItem(tag)
        self.tags = []
        here = frozenset(filter(None, (_on_page(home, page) for home in light.nodes))) if light is not None else None
        lit = here if here and here & self._scene.nodes.keys() else None
        for name, node in self._scene.nodes.items():
            node.show_dim(lit is not None and name not in lit)
        for link, wire in self._scene.wires.items():
            way, port = ("", "") if lit is None or light is None else _way(light, lit, link)
            wire.show_light("dim" if lit is not None and not way else way)
            if way and light is not None:
                words = light.words.get(port) or light.words.get("") or next(iter(light.words.values()), "")
                self.tags.append(Tag(wire, f"∂L/∂y  {words}" if way == "back" else words, way == "back"))
                self._scene.addItem(self.tags[-1])


def _on_page(home: str, page: Path) -> str:
    """The node on a page that is, or holds, a layer; "" when the layer stands elsewhere."""
    path, name = split_id(home)
    whole = (*path, name)
    return whole[len(page)] if whole[: len(page)] == page and len(whole) > len(page) else ""


def _way(light: Light, lit: frozenset[str], link: Link) -> tuple[str, str]:
    """How a tensor moves along a wire: "forward", "back" or not at all, and at which port it meets the layer."""
    if light.way == "in" and link.target in lit:
        return "forward", link.input
    if light.way == "leave" and link.target in lit:
        return "back", link.input
    if light.way == "out" and link.source in lit:
        return "forward", link.output
    if light.way == "back" and link.source in lit:
        return "back", link.output
    return "", ""
