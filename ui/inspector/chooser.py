"""Controls for values that are chosen, not typed: one of several, on or off."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QSizePolicy, QWidget

from dllab.text import _
from ui.inspector.sheet import glyph
from ui.shell.theme import interface_font, theme

HEIGHT = 28


class Chooser(QComboBox):
    """One of several values. It shows what it is told to and reports what is picked."""

    picked = Signal(object)

    def __init__(self, options: Sequence[tuple[Any, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFont(interface_font(13))
        self.setFixedHeight(HEIGHT)
        self.setMinimumContentsLength(4)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._value: Any = None
        self.offer(options)
        self.activated.connect(self._on_activated)

    def offer(self, options: Sequence[tuple[Any, str]], tips: Sequence[str] = ()) -> None:
        """The (value, text) pairs to choose from."""
        self._options = list(options)
        self.clear()
        for row, (_value, text) in enumerate(options):
            self.addItem(text)
            if row < len(tips):
                self.setItemData(row, tips[row], Qt.ItemDataRole.ToolTipRole)
        self.show_value(self._value)

    def show_value(self, value: Any) -> None:
        """Show a value; one that is not among the options is shown as it is."""
        self._value = value
        row = self._row(value)
        self.setCurrentIndex(row)
        self.setPlaceholderText("" if row >= 0 or value is None else str(value))

    def _row(self, value: Any) -> int:
        # 1 == True in Python, but not here.
        same = (
            i
            for i, (v, _text) in enumerate(self._options)
            if v == value and isinstance(v, bool) == isinstance(value, bool)
        )
        return next(same, -1)

    def _on_activated(self, row: int) -> None:
        chosen = self._options[row][0]
        if self._row(self._value) != row:
            self.picked.emit(chosen)
        self.show_value(self._value)  # the owner decides what stands here

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(t.accent if self.hasFocus() else t.line), 1))
        painter.setBrush(QColor(t.hover if self.underMouse() and self.isEnabled() else t.field))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setPen(QColor(t.text if self.isEnabled() else t.muted))
        text = self.currentText() or self.placeholderText()
        place = self.rect().adjusted(9, 0, -24, 0)
        shown = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)
        size = QSize(16, 16)
        corner = QPoint(self.width() - 21, (self.height() - size.height()) // 2)
        painter.drawPixmap(corner, glyph("mdi6.chevron-down").pixmap(size, self.devicePixelRatioF()))
        painter.end()


class Switch(QCheckBox):
    """On or off, with the word beside it. It shows what it is told to and reports what is asked for."""

    picked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFont(interface_font(13))
        self.setFixedHeight(HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._value = False
        self.clicked.connect(self._on_clicked)

    def show_value(self, value: Any) -> None:
        """Show on or off."""
        self._value = bool(value)
        self.setChecked(self._value)
        self.setText(_("on") if self._value else _("off"))

    def _on_clicked(self, checked: bool) -> None:
        self.picked.emit(checked)
        self.show_value(self._value)  # the owner decides what stands here

    def sizeHint(self) -> QSize:
        return QSize(46 + max(self.fontMetrics().horizontalAdvance(w) for w in (_("on"), _("off"))), HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave, QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(0.5, (self.height() - 18) / 2, 32, 18)
        on = self.isChecked()
        painter.setPen(QPen(QColor(t.accent if on else t.muted), 1))
        painter.setBrush(QColor(t.accent if on else t.field))
        painter.drawRoundedRect(track, 9, 9)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.on_accent if on else t.muted))
        painter.drawEllipse(QRectF(track.right() - 15 if on else track.left() + 3, track.top() + 3, 12, 12))
        painter.setPen(QColor(t.text))
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(self.rect().adjusted(41, 0, 0, 0), flags, self.text())
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(t.accent), 1.5))
            painter.drawRoundedRect(track.adjusted(0, -2.5, 2.5, 2.5), 11, 11)
        painter.end()
