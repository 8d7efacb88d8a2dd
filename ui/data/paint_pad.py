"""The surface on which points are painted: a brush that sprays, an eraser, strokes that can be taken back."""

import math
from random import Random

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from dllab.data.painted import MOST_POINTS
from dllab.text import _
from ui.shell.theme import theme
from ui.views.colours import class_colour

Point = tuple[float, float, int]
_SPRAY = 4
"""Points for each dab of the brush."""
_DOT = 3.0
_STEP = 0.04
_KEYS = {
    Qt.Key.Key_Left: (-_STEP, 0.0), Qt.Key.Key_Right: (_STEP, 0.0), Qt.Key.Key_Up: (0.0, _STEP),
    Qt.Key.Key_Down: (0.0, -_STEP),
}  # fmt: skip


class PaintPad(QWidget):
    """Points with coordinates from -1 to 1; `changed` after every stroke."""

    changed = Signal()

    def __init__(self, points: list[Point], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(_("Painting surface"))
        self.setAccessibleDescription(_("Arrow keys move the brush, Space paints; the mouse does both."))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(280, 280)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.points = list(points)
        self.number = 0
        """The class that is painted."""
        self.radius = 0.12
        self.erasing = False
        self._past: list[list[Point]] = []
        self._brush = (0.0, 0.0)
        self._last: tuple[float, float] | None = None
        self._random = Random(0)
        theme.changed.connect(self.update)

    # --- painting -----------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """A stroke starts; `undo` goes back to here."""
        self._past.append(list(self.points))

    def dab(self, x: float, y: float) -> None:
        """Put points around a place, or take away those that are there."""
        if self.erasing:
            self.points = [p for p in self.points if math.hypot(p[0] - x, p[1] - y) > self.radius]
        else:
            for _dot in range(min(_SPRAY, MOST_POINTS - len(self.points))):
                angle, reach = self._random.uniform(0, math.tau), self.radius * math.sqrt(self._random.random())
                place = (x + reach * math.cos(angle), y + reach * math.sin(angle))
                self.points.append((*(round(min(max(v, -1.0), 1.0), 3) for v in place), self.number))  # type: ignore[arg-type]
        self.update()

    def end(self) -> None:
        """A stroke is over; one that changed nothing is no stroke."""
        self._last = None
        if self._past and self._past[-1] == self.points:
            self._past.pop()
        self.changed.emit()

    @property
    def can_undo(self) -> bool:
        """Whether there is a stroke to take back."""
        return bool(self._past)

    def undo(self) -> None:
        """Take the last stroke back."""
        if self._past:
            self.points = self._past.pop()
            self.update()
            self.changed.emit()

    def clear(self) -> None:
        """Take everything away; one stroke, like any other."""
        self.begin()
        self.points = []
        self.update()
        self.end()

    # --- mouse and keys -----------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.begin()
            self._go(event.position(), True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._go(event.position(), bool(event.buttons() & Qt.MouseButton.LeftButton) and self._last is not None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._last is not None:
            self.end()

    def _go(self, position: QPointF, paints: bool) -> None:
        box = self._box()
        x = 2 * (position.x() - box.left()) / box.width() - 1
        y = 1 - 2 * (position.y() - box.top()) / box.height()
        self._brush = (x, y)
        # A dab for every third of the brush on the way: a slow hand paints no denser than a quick one.
        if paints and (self._last is None or math.dist(self._last, (x, y)) > self.radius / 3):
            self._last = (x, y)
            self.dab(x, y)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _KEYS.get(Qt.Key(event.key()))
        if step is not None:
            self._brush = tuple(min(max(v + d, -1.0), 1.0) for v, d in zip(self._brush, step, strict=True))  # type: ignore[assignment]
            self.update()
        elif event.key() == Qt.Key.Key_Space:
            self.begin()
            self.dab(*self._brush)
            self.end()
        else:
            super().keyPressEvent(event)

    # --- looks --------------------------------------------------------------------------------------------------------

    def _box(self) -> QRectF:
        """The square from -1 to 1, as large as there is room."""
        side = float(min(self.width(), self.height())) - 8
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def place(self, x: float, y: float) -> QPointF:
        """Where coordinates are on the widget."""
        box = self._box()
        return QPointF(box.left() + (x + 1) / 2 * box.width(), box.top() + (1 - y) / 2 * box.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        t, box = theme.tokens, self._box()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(t.accent if self.hasFocus() else t.line), 1))
        painter.setBrush(QColor(t.canvas))
        painter.drawRoundedRect(box.adjusted(-3.5, -3.5, 3.5, 3.5), 6, 6)
        painter.setPen(QPen(QColor(t.line), 1))
        painter.drawLine(self.place(-1, 0), self.place(1, 0))
        painter.drawLine(self.place(0, -1), self.place(0, 1))
        painter.setPen(Qt.PenStyle.NoPen)
        for x, y, number in self.points:
            painter.setBrush(class_colour(number, t))
            painter.drawEllipse(self.place(x, y), _DOT, _DOT)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(t.muted) if self.erasing else class_colour(self.number, t), 1.5))
        reach = self.radius * box.width() / 2
        painter.drawEllipse(self.place(*self._brush), reach, reach)
        painter.end()
