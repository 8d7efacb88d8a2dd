"""Nodes and wires on the canvas. An item holds an id and a snapshot, paints itself by hand, and knows no document."""

from typing import ClassVar

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QStaticText, QTransform
from PySide6.QtWidgets import QGraphicsPathItem, QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from dllab.document.experiment import Link
from ui.canvas.faces import Face
from ui.canvas.fitting import Mark, Port, Side
from ui.canvas.geometry import (
    NODE_WIDTH,
    PORT_RADIUS,
    Box,
    Curve,
    Point,
    bounds,
    curve_points,
    port_offsets,
    wire_curve,
)
from ui.canvas.paints import Paints, paints, pen, shape_font, small_font, title_font
from ui.canvas.sprites import CURVES_FROM, MARGIN, WORDS_FROM, Look, sprite

_TITLE_ROOM = NODE_WIDTH - 37 - 5
_PICTURE_TOP = 6.0
_PICTURE = (120.0, 44.0)
_BOUNDS_PEN = QPen(Qt.GlobalColor.black, 14)
DIM = 0.3
"""Opacity of what steps back."""
_ARROWS = (0.3, 0.75)
"""Shares of the way at which an arrow says where a tensor goes."""


class _Words:
    """A piece of text laid out once: where its upper left corner goes, and in which font."""

    def __init__(self, text: str, font: QFont, left: float, middle: float, room: float, at_right: bool = False) -> None:
        metrics = QFontMetricsF(font)
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        self.font = font
        self.text = QStaticText(text)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
        self.text.prepare(QTransform(), font)
        self.width = metrics.horizontalAdvance(text)
        self.at = QPointF(left - self.width if at_right else left, middle - metrics.height() / 2)

    def paint(self, painter: QPainter) -> None:
        """Draw it in the pen that is set."""
        painter.setFont(self.font)
        painter.drawStaticText(self.at, self.text)


def _title_font(title: str) -> QFont:
    """The largest font in which a title fits, down to the size of captions."""
    sizes = (title_font(13), title_font(12), title_font(11))
    return next((f for f in sizes if QFontMetricsF(f).horizontalAdvance(title) <= _TITLE_ROOM), sizes[0])


class _NodeWords:
    """Title, shape and count of a node; made when it is first painted, as most of a large network isn't seen."""

    def __init__(self, face: Face) -> None:
        middle = face.height / 2
        self._unknown = face.unknown
        self._title = _Words(face.title, _title_font(face.title), 37, middle - 12, _TITLE_ROOM)
        count = _Words(face.count, shape_font(), NODE_WIDTH - 12, middle + 12, 80, at_right=True)
        room = NODE_WIDTH - 15 - (count.width + 18 if face.count else 10)
        times = f"×{face.repeat} · " if face.repeat > 1 else ""
        detail = _Words(times + face.detail, small_font() if face.worded else shape_font(), 15, middle + 12, room)
        self._quiet = [detail, count] if face.count else [detail]

    def paint(self, painter: QPainter, use: Paints) -> None:
        """Draw them all."""
        painter.setPen(use.muted if self._unknown else use.text)
        self._title.paint(painter)
        painter.setPen(use.muted)
        for words in self._quiet:
            words.paint(painter)


class NodeItem(QGraphicsRectItem):
    """A layer: family band, glyph, name, output shape, parameter count, ports.

    A rectangle item for its bounds alone: Qt asks for those several times a frame, and each call into Python would cost
    as much as a good part of the painting.
    """

    ratio: ClassVar[float] = 1.0
    """Pixels to a point on the screen that is painted now; the view sets it before it paints."""

    def __init__(self, node_id: str, face: Face) -> None:
        super().__init__()
        self.node_id = node_id
        self.face = face
        self.selected = False
        self.ringed = False
        """Where the keyboard is."""
        self.marks: dict[Port, Mark] | None = None
        """While a wire is drawn: what each port would say to it."""
        self.hot: Port | None = None
        """The port under the wire's end."""
        self.picture: QImage | None = None
        self.dim = False
        """Whether something else is looked at."""
        self._look: Look
        self.setPen(Qt.PenStyle.NoPen)
        self.setZValue(2)
        self._lay_out()

    @property
    def box(self) -> Box:
        """Where it lies now, in the middle of a gesture too."""
        return Box(self.x(), self.y(), NODE_WIDTH, self._height)

    def show_face(self, face: Face) -> None:
        """Take on another look."""
        self.face = face
        self._lay_out()
        self.update()

    def show_picture(self, picture: QImage | None) -> None:
        """A small picture below the node, or none."""
        self.picture = picture
        self._set_bounds()
        self.update()

    def show_dim(self, dim: bool) -> None:
        """Step back, or no longer."""
        if dim != self.dim:
            self.dim = dim
            self.update()

    def show_state(self, selected: bool, ringed: bool) -> None:
        """Selected or not, under the keyboard or not."""
        if (selected, ringed) != (self.selected, self.ringed):
            self.selected, self.ringed = selected, ringed
            self._look = self._look._replace(selected=selected, ringed=ringed)
            self.setZValue(3 if selected else 2)
            self.update()

    def show_marks(self, marks: dict[Port, Mark] | None, hot: Port | None = None) -> None:
        """Grey out ports that a wire doesn't fit; None when no wire is drawn."""
        if (marks, hot) != (self.marks, self.hot):
            self.marks, self.hot = marks, hot
            self._look = self._look._replace(ports=marks is None)
            self.update()

    def ports(self) -> list[Port]:
        """Its inputs and outputs."""
        return [("in", name) for name in self.face.inputs] + [("out", name) for name in self.face.outputs]

    def port_point(self, port: Port) -> Point | None:
        """Middle of a port in the scene; None if the node has no such port."""
        names = self.face.inputs if port[0] == "in" else self.face.outputs
        if port[1] not in names:
            return None
        down = port_offsets(len(names), self.face.height)[names.index(port[1])]
        return self.x() + (0.0 if port[0] == "in" else NODE_WIDTH), self.y() + down

    def _lay_out(self) -> None:
        face = self.face
        self._height = face.height
        self._words: _NodeWords | None = None
        self._look = Look(
            face.family, face.glyph, len(face.inputs), len(face.outputs), face.height, face.severity, face.muted,
            face.unknown, self.selected, self.ringed, self.marks is None, face.layers is not None,
        )  # fmt: skip
        self._set_bounds()

    def _set_bounds(self) -> None:
        below = _PICTURE_TOP + _PICTURE[1] if self.picture is not None else 0.0
        self.setRect(-MARGIN, -MARGIN, NODE_WIDTH + 2 * MARGIN, self.face.height + 2 * MARGIN + below)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        transform = painter.worldTransform()
        scale = transform.m11()
        use = paints()
        if self.marks is not None and not any(mark == "fits" for mark in self.marks.values()):
            painter.setOpacity(0.4)
        if self.dim:
            painter.setOpacity(DIM)
        self._copy_sprite(painter, transform, scale, use)
        if scale < WORDS_FROM:
            return
        painter.setWorldTransform(transform)
        if self.face.muted:
            painter.setOpacity(painter.opacity() * 0.5)
        if self._words is None:
            self._words = _NodeWords(self.face)
        self._words.paint(painter, use)
        if self.marks is not None or self.hot is not None:
            self._paint_marks(painter, use, self.marks)
        if self.picture is not None:
            self._paint_picture(painter, self.picture)

    def _copy_sprite(self, painter: QPainter, transform: QTransform, scale: float, use: Paints) -> None:
        ratio = NodeItem.ratio
        picture = sprite(self._look, scale, ratio, use.tokens.dark)
        # Pixel for pixel: through a scaling transform every copy would be resampled.
        left = round((transform.dx() - MARGIN * scale) * ratio) / ratio
        top = round((transform.dy() - MARGIN * scale) * ratio) / ratio
        painter.setWorldTransform(QTransform(1, 0, 0, 1, left, top))
        painter.drawPixmap(0, 0, picture)

    def _paint_marks(self, painter: QPainter, use: Paints, marks: dict[Port, Mark] | None) -> None:
        painter.setOpacity(1.0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        sides: tuple[tuple[Side, tuple[str, ...], float], ...] = (
            ("in", self.face.inputs, 0.0),
            ("out", self.face.outputs, NODE_WIDTH),
        )
        for side, names, x in sides:
            for name, y in zip(names, port_offsets(len(names), self.face.height), strict=True):
                port: Port = (side, name)
                if marks is not None:
                    self._paint_port(painter, use, port, marks.get(port), QPointF(x, y))
                elif port == self.hot:
                    self._paint_port(painter, use, port, "fits", QPointF(x, y))

    def _paint_port(self, painter: QPainter, use: Paints, port: Port, mark: Mark | None, at: QPointF) -> None:
        fits, hot = mark == "fits", self.hot == port
        colour = use.accent if fits else use.warning if hot and mark == "misfit" else use.edge
        if hot:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(use.glow)
            painter.drawEllipse(at, 12, 12)
        radius = PORT_RADIUS + (1.5 if fits or hot else -0.5)
        painter.setPen(pen(colour, 2))
        painter.setBrush(use.node if port[0] == "in" else colour)
        painter.drawEllipse(at, radius, radius)
        if mark == "refused":
            painter.drawLine(QLineF(at.x() - 3, at.y() + 3, at.x() + 3, at.y() - 3))

    def _paint_picture(self, painter: QPainter, picture: QImage) -> None:
        width, height = picture.width(), picture.height()
        fit = min(_PICTURE[0] / max(1, width), _PICTURE[1] / max(1, height))
        left = (NODE_WIDTH - width * fit) / 2
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, fit < 1)
        painter.drawImage(QRectF(left, self.face.height + _PICTURE_TOP, width * fit, height * fit), picture)


class WireItem(QGraphicsPathItem):
    """A wire from an output to an input."""

    def __init__(self, link: Link | None) -> None:
        super().__init__()
        self.link = link
        """None for the wire that is being drawn."""
        self.selected = self.hot = self.broken = False
        self.light = ""
        """"forward" or "back" while a tensor is shown on it, "dim" while it is on another wire."""
        self.flow: float | None = None
        """How far the moving line has come; None when no data flows."""
        self._curve = wire_curve((0, 0), (0, 0))
        self._straight: QLineF | None = None
        self._short = QLineF()
        self._points: tuple[Point, ...] = ()
        self.setPen(_BOUNDS_PEN)
        self.setZValue(1)

    @property
    def points(self) -> tuple[Point, ...]:
        """Points along the wire, to measure distances to."""
        if not self._points:
            self._points = curve_points(self._curve)
        return self._points

    @property
    def box(self) -> Box:
        """The box around it."""
        return bounds(self.points).grown(4)

    def run(self, start: Point, end: Point) -> None:
        """Lie between two points."""
        curve = wire_curve(start, end)
        if curve == self._curve:
            return
        self._curve, self._points = curve, ()
        self._short = QLineF(*start, *end)
        self._straight = self._short if start[1] == end[1] and start[0] <= end[0] else None
        self.setPath(_path(curve))

    def show_state(self, selected: bool = False, hot: bool = False) -> None:
        """Selected, or about to take something in."""
        if (selected, hot) != (self.selected, self.hot):
            self.selected, self.hot = selected, hot
            self.setZValue(1.5 if selected or hot else 1)
            self.update()

    def show_light(self, light: str) -> None:
        """A tensor goes along here, or somewhere else, or nobody asks."""
        if light != self.light:
            self.light = light
            self.setZValue(1.6 if light in ("forward", "back") else 1)
            self.update()

    def show_broken(self, broken: bool) -> None:
        """Whether one of its ends is at a port that doesn't exist."""
        if broken != self.broken:
            self.broken = broken
            self.update()

    def show_flow(self, flow: float | None) -> None:
        """Move the line that says that data flows."""
        self.flow = flow
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        use = paints()
        if self.light == "dim":
            painter.setOpacity(DIM)
        if painter.worldTransform().m11() < CURVES_FROM:
            painter.setPen(use.thin(self._pen(use)))
            painter.drawLine(self._short)
            return
        self._draw(painter, self._pen(use))
        if self.light in ("forward", "back"):
            self._point(painter)
        if self.flow is not None and not (self.selected or self.hot):
            moving = pen(use.accent, 2)
            moving.setDashPattern([3.0, 11.0])
            moving.setDashOffset(-self.flow)
            self._draw(painter, moving)

    def _point(self, painter: QPainter) -> None:
        """Arrows in the direction of the tensor."""
        path = self.path()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for share in _ARROWS:
            turn = -path.angleAtPercent(share) + (180 if self.light == "back" else 0)
            painter.save()
            painter.translate(path.pointAtPercent(share))
            painter.rotate(turn)
            painter.drawPolyline([QPointF(-4, -5), QPointF(2, 0), QPointF(-4, 5)])
            painter.restore()

    def _pen(self, use: Paints) -> QPen:
        if self.light in ("forward", "back"):
            return use.lit_pen if self.light == "forward" else use.gradient_pen
        if self.selected or self.hot:
            return use.lit_pen
        return use.broken_pen if self.broken else use.wire_pen

    def _draw(self, painter: QPainter, with_pen: QPen) -> None:
        painter.setPen(with_pen)
        if self._straight is not None:
            painter.drawLine(self._straight)
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self.path())


def _path(curve: Curve) -> QPainterPath:
    path = QPainterPath(QPointF(*curve.start))
    for first, second, end in curve.pieces:
        path.cubicTo(QPointF(*first), QPointF(*second), QPointF(*end))
    return path
