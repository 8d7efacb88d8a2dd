"""A small drawing of a network: enough to tell a chain from a web, and what it is made of."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from dllab.document.experiment import Experiment, Node
from dllab.layers import LAYERS
from ui.canvas.geometry import NODE_HEIGHT, NODE_WIDTH, Box, input_point, output_point, wire_curve
from ui.shell.icons import glyph, icon_font
from ui.shell.theme import theme


def draw_network(painter: QPainter, room: QRectF, experiment: Experiment) -> None:
    """The graph, centred in `room`, never larger than a third of its size on the canvas."""
    nodes = experiment.model.nodes
    if not nodes:
        return
    boxes = {name: Box(node.x, node.y, NODE_WIDTH, NODE_HEIGHT) for name, node in nodes.items()}
    wires = [_wire(boxes[link.source], boxes[link.target]) for link in experiment.model.links]
    whole = QRectF()
    for area in (*(QRectF(*box) for box in boxes.values()), *(wire.boundingRect() for wire in wires)):
        whole = whole.united(area)
    scale = min(room.width() / whole.width(), room.height() / whole.height(), 0.36)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(room.center())
    painter.scale(scale, scale)
    painter.translate(-whole.center())
    painter.setPen(QPen(QColor(theme.tokens.muted), 2 / scale * 0.6))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for wire in wires:
        painter.drawPath(wire)
    for name, node in nodes.items():
        _draw_node(painter, QRectF(*boxes[name]), node, scale)
    painter.restore()


def _wire(source: Box, target: Box) -> QPainterPath:
    """The same way as on the canvas, from middle to middle."""
    curve = wire_curve(output_point(source, 0, 1), input_point(target, 0, 1))
    path = QPainterPath(QPointF(*curve.start))
    for first, second, end in curve.pieces:
        path.cubicTo(QPointF(*first), QPointF(*second), QPointF(*end))
    return path


def _draw_node(painter: QPainter, box: QRectF, node: Node, scale: float) -> None:
    tokens = theme.tokens
    layer = LAYERS.get(node.kind)
    colour = QColor(tokens.family(layer.family) if layer else tokens.muted)
    shape = QPainterPath()
    shape.addRoundedRect(box, 9, 9)
    painter.fillPath(shape, QColor(tokens.node))
    painter.save()
    painter.setClipPath(shape)
    painter.fillRect(QRectF(box.left(), box.top(), 16, box.height()), colour)
    painter.restore()
    painter.setPen(QPen(QColor(tokens.line), 1 / scale))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(shape)
    if layer and scale > 0.18:
        painter.setPen(colour)
        painter.setFont(icon_font(40))
        painter.drawText(box.adjusted(16, 0, 0, 0), Qt.AlignmentFlag.AlignCenter, glyph(layer.glyph))
