"""A surface that lies over the window, with a soft shadow around it; painted by hand, because effects repaint too much."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from ui.shell.theme import theme

SHADOW = 10
"""Room around the surface for its shadow, in pixels."""
_RADIUS = 8
_STRENGTH = 5


def paint_raised(widget: QWidget, border: str = "") -> None:
    """Paint the ground of a widget that leaves `SHADOW` pixels free on every side."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    box = QRectF(widget.rect()).adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)
    painter.setPen(Qt.PenStyle.NoPen)
    strength = _STRENGTH * (3 if theme.tokens.dark else 1)
    for reach in range(SHADOW - 2, 0, -1):
        painter.setBrush(QColor(0, 0, 0, strength))
        round_box = box.adjusted(-reach, -reach + 2, reach, reach + 2)
        painter.drawRoundedRect(round_box, _RADIUS + reach, _RADIUS + reach)
    painter.setPen(QPen(QColor(border or theme.tokens.line), 1))
    painter.setBrush(QColor(theme.tokens.surface))
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
    painter.end()
