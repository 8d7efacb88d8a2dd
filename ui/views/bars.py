"""A vector as bars: one row a number with its name where there is room, else thin columns."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from dllab.text import _
from ui.shell.theme import interface_font, number_font, theme
from ui.views.numbers import show
from ui.views.readout import Readout

_ROW, _TALLEST = 13, 28


class Bars(QWidget):
    """Bars from zero to the right or left (up or down as columns); one may be marked as the chosen one."""

    def __init__(self, parent: QWidget | None = None, name: str = "") -> None:
        super().__init__(parent)
        self.values: np.ndarray = np.zeros(0)
        self.names: list[str] = []
        self.marked = -1
        self._cursor = -1
        self.readout = Readout(self)
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def set_values(self, values: np.ndarray, names: Sequence[str] = (), marked: int = -1) -> None:
        """Show numbers (n,), with names where they have any; `marked` stands out."""
        self.values, self.names, self.marked = values, list(names), marked
        if self._cursor >= len(values):
            self._cursor = -1
            self.readout.hide()
        elif self._cursor >= 0:
            self._say()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 120)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, 40)

    @property
    def as_rows(self) -> bool:
        """Whether there is room for one readable row a number."""
        return len(self.values) * _ROW <= self.height()

    def words(self, index: int) -> str:
        """A place and its number in words."""
        name = self.names[index] if self.names else _("unit {unit}").format(unit=index)
        return f"{name}: {show(float(self.values[index]))}"

    def index_at(self, place: QPoint) -> int:
        """The number under a point, or -1."""
        for index in range(len(self.values)):
            slot = self._slot(index)
            if slot.top() <= place.y() < slot.bottom() if self.as_rows else slot.left() <= place.x() < slot.right():
                return index
        return -1

    def _range(self) -> tuple[float, float]:
        finite = self.values[np.isfinite(self.values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        low, high = min(low, 0.0), max(high, 0.0)
        return (low, high) if high > low else (0.0, 1.0)

    def _slot(self, index: int) -> QRectF:
        """The strip that belongs to a number."""
        n = max(len(self.values), 1)
        if self.as_rows:
            height = min(self.height() / n, _TALLEST)
            top = (self.height() - height * n) / 2
            return QRectF(0, top + index * height, self.width(), height)
        left = self._axis_room()
        width = (self.width() - left) / n
        return QRectF(left + index * width, 0, width, self.height())

    def _axis_room(self) -> int:
        return 40

    # --- pointing ---------------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(self.index_at(event.position().toPoint()))

    def leaveEvent(self, event: object) -> None:
        self._point(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}
        step = steps.get(Qt.Key(event.key()), 0)
        if not step or not len(self.values):
            super().keyPressEvent(event)
            return
        self._point(min(max(self._cursor + step, 0), len(self.values) - 1))

    def _point(self, index: int) -> None:
        if index != self._cursor:
            self._cursor = index
            self.update()
        if index < 0:
            self.readout.hide()
        else:
            self._say()

    def _say(self) -> None:
        words = self.words(self._cursor)
        self.readout.say(
            "", [("■", self._colour(self._cursor).name(), words)], self._slot(self._cursor).center().toPoint()
        )
        self.setAccessibleDescription(words)

    # --- painting ---------------------------------------------------------------------------------------------------

    def _colour(self, index: int) -> QColor:
        tokens = theme.tokens
        return QColor(
            tokens.accent if index == self.marked else tokens.family("dense") if self.marked < 0 else tokens.muted
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        if not len(self.values):
            return
        painter = QPainter(self)
        if self.as_rows:
            self._paint_rows(painter)
        else:
            self._paint_columns(painter)
        if self.hasFocus():
            painter.setPen(QColor(theme.tokens.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)

    def _paint_rows(self, painter: QPainter) -> None:
        tokens = theme.tokens
        names = self.names or [str(i) for i in range(len(self.values))]
        painter.setFont(interface_font(11))
        name_room = min(max(painter.fontMetrics().horizontalAdvance(n) for n in names) + 8, self.width() // 3)
        painter.setFont(number_font(11))
        number_room = max(painter.fontMetrics().horizontalAdvance(show(float(v))) for v in self.values) + 6
        low, high = self._range()
        left, room = name_room + 4, max(self.width() - name_room - number_room - 8, 10)
        zero = left + room * -low / (high - low)
        for index, value in enumerate(self.values.tolist()):
            slot = self._slot(index)
            bold = index == self.marked
            painter.setFont(interface_font(11, bold=bold))
            painter.setPen(QColor(tokens.text if bold or index == self._cursor else tokens.muted))
            name = painter.fontMetrics().elidedText(names[index], Qt.TextElideMode.ElideRight, name_room - 6)
            painter.drawText(QRectF(2, slot.top(), name_room, slot.height()), Qt.AlignmentFlag.AlignVCenter, name)
            if np.isfinite(value):
                end = left + room * (value - low) / (high - low)
                thick = min(slot.height() - 3, 14)
                bar = QRectF(min(zero, end), slot.center().y() - thick / 2, max(abs(end - zero), 1), thick)
                painter.fillRect(bar, self._colour(index))
            painter.setFont(number_font(11))
            painter.setPen(QColor(tokens.text))
            numbers = QRectF(self.width() - number_room, slot.top(), number_room - 2, slot.height())
            painter.drawText(numbers, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, show(value))
        top = self._slot(0).top()
        painter.fillRect(QRectF(zero, top, 1, self._slot(len(self.values) - 1).bottom() - top), QColor(tokens.muted))

    def _paint_columns(self, painter: QPainter) -> None:
        tokens = theme.tokens
        low, high = self._range()
        top, room = 8.0, self.height() - 16.0
        zero = top + room * high / (high - low)
        painter.setFont(interface_font(10))
        painter.setPen(QColor(tokens.muted))
        for value, y in {high: top, low: top + room, 0.0: zero}.items():
            painter.fillRect(QRectF(self._axis_room(), y, self.width(), 1), QColor(tokens.line))
            numbers = QRectF(0, y - 8, self._axis_room() - 5, 16)
            painter.drawText(numbers, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, show(value))
        # Without smoothing, bars of a pixel and a half would be one pixel here and two there.
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, value in enumerate(self.values.tolist()):
            if not np.isfinite(value):
                continue
            slot = self._slot(index)
            end = top + room * (high - value) / (high - low)
            gap = 1 if slot.width() >= 4 else 0
            bar = QRectF(slot.left(), min(zero, end), max(slot.width() - gap, 1), max(abs(end - zero), 1))
            painter.fillRect(bar, self._colour(index))
