"""The part of a node that many nodes share (body, band, glyph, ports, mark), painted once for a zoom and then copied."""

from functools import lru_cache
from math import ceil
from typing import NamedTuple

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen, QPixmap

from ui.canvas.geometry import NODE_WIDTH, PORT_RADIUS, port_offsets
from ui.canvas.paints import Paints, glyph_character, glyph_font, paints, pen

MARGIN = 14.0
"""Around a node: ports, mark and focus ring stand out."""
WORDS_FROM, CURVES_FROM = 0.4, 0.2
"""Zoom from which words and curves are drawn; below, they would be specks."""
_BAND = 5.0
_RADIUS = 9.0


class Look(NamedTuple):
    """Everything that decides the shared part."""

    family: str
    glyph: str
    inputs: int
    outputs: int
    height: float
    severity: str
    muted: bool
    unknown: bool
    selected: bool = False
    ringed: bool = False
    ports: bool = True
    stacked: bool = False
    """Whether a second card shows behind it: a group."""


@lru_cache(maxsize=1024)
def sprite(look: Look, scale: float, ratio: float, dark: bool) -> QPixmap:
    """The picture of a look at a zoom, for a screen with `ratio` pixels to a point and a light or dark theme."""
    width, height = NODE_WIDTH + 2 * MARGIN, look.height + 2 * MARGIN
    pixmap = QPixmap(ceil(width * scale * ratio), ceil(height * scale * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.scale(scale, scale)
    painter.translate(MARGIN, MARGIN)
    _paint(painter, look, scale)
    painter.end()
    return pixmap


def _paint(painter: QPainter, look: Look, scale: float) -> None:
    use = paints()
    if scale < CURVES_FROM:
        _paint_far(painter, look, use)
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if look.muted:
        painter.setOpacity(0.5)
    _paint_body(painter, look, use, scale)
    if scale >= WORDS_FROM / 2:
        _paint_glyph(painter, look, use)
    if look.ports:
        _paint_ports(painter, look, use)
    painter.setOpacity(1.0)
    if look.severity:
        _paint_mark(painter, look, use)


def _paint_far(painter: QPainter, look: Look, use: Paints) -> None:
    error = look.severity == "error"
    painter.fillRect(QRectF(0, 0, NODE_WIDTH, look.height), use.accent if look.selected else use.edge)
    painter.fillRect(QRectF(0, 0, 16, look.height), use.family(look.family))
    if error:
        painter.fillRect(QRectF(NODE_WIDTH - 40, 0, 40, 40), use.bad)


def _paint_body(painter: QPainter, look: Look, use: Paints, scale: float) -> None:
    rect = QRectF(0, 0, NODE_WIDTH, look.height)
    if look.ringed:
        painter.setPen(pen(use.glow, 4))
        painter.drawRoundedRect(rect.adjusted(-3, -3, 3, 3), _RADIUS + 3, _RADIUS + 3)
    painter.setPen(Qt.PenStyle.NoPen)
    if not look.muted:
        painter.setBrush(use.shade)
        painter.drawRoundedRect(rect.translated(0, 1.5), _RADIUS, _RADIUS)
    if look.stacked:
        painter.setBrush(use.node)
        for step in (2, 1):
            painter.setPen(_outline(look, use, scale) if look.selected else pen(use.edge, 1))
            painter.drawRoundedRect(rect.adjusted(4.0 * step, -3.5 * step, -4.0 * step, -20), _RADIUS, _RADIUS)
        painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(use.node)
    painter.drawRoundedRect(rect, _RADIUS, _RADIUS)
    whole, strip = QPainterPath(), QPainterPath()
    whole.addRoundedRect(rect, _RADIUS, _RADIUS)
    strip.addRect(0, 0, _BAND, look.height)
    painter.fillPath(whole.intersected(strip), use.muted if look.unknown else use.family(look.family))
    painter.setPen(_outline(look, use, scale))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    inside = 1.0 if look.selected else 0.5
    painter.drawRoundedRect(rect.adjusted(inside, inside, -inside, -inside), _RADIUS - inside, _RADIUS - inside)


def _outline(look: Look, use: Paints, scale: float) -> QPen:
    dashed = look.muted or look.unknown
    style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
    if look.selected:
        # What is selected must be seen from afar, too.
        return pen(use.accent, max(2.0, 1.8 / scale), style)
    if look.severity == "error":
        return pen(use.bad, 1.2, style)
    return pen(use.muted if dashed else use.edge, 1.2 if dashed else 1, style)


def _paint_glyph(painter: QPainter, look: Look, use: Paints) -> None:
    painter.setFont(glyph_font())
    painter.setPen(use.muted if look.unknown else use.family(look.family))
    place = QRectF(13, look.height / 2 - 23, 22, 22)
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, glyph_character(look.glyph))


def _paint_ports(painter: QPainter, look: Look, use: Paints) -> None:
    colour = use.muted if look.unknown else use.family(look.family)
    painter.setPen(pen(colour, 2))
    painter.setBrush(use.node)
    for down in port_offsets(look.inputs, look.height):
        painter.drawEllipse(QPointF(0, down), PORT_RADIUS, PORT_RADIUS)
    painter.setBrush(colour)
    for down in port_offsets(look.outputs, look.height):
        painter.drawEllipse(QPointF(NODE_WIDTH, down), PORT_RADIUS, PORT_RADIUS)


def _paint_mark(painter: QPainter, look: Look, use: Paints) -> None:
    """A round mark for what can't be trained, a triangle for what can but shouldn't."""
    centre = QPointF(NODE_WIDTH - 4, 3)
    error = look.severity == "error"
    painter.setPen(pen(use.canvas, 2))
    painter.setBrush(use.bad if error else use.warning)
    if error:
        painter.drawEllipse(centre, 9, 9)
    else:
        painter.drawPolygon([centre + QPointF(0, -10), centre + QPointF(11, 8), centre + QPointF(-11, 8)])
    painter.setPen(pen(use.canvas, 2.2))
    top, low = (-4.5, 1.0) if error else (-3.5, 1.5)
    painter.drawLine(QLineF(centre.x(), centre.y() + top, centre.x(), centre.y() + low))
    painter.drawPoint(centre + QPointF(0, 4.6 if error else 5.2))
