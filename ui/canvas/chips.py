"""A layer in the palette: a chip to drag onto the canvas, or to press."""

import html

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDrag,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QWidget

from dllab.text import _
from ui.canvas.catalogue import Entry
from ui.canvas.mime import mime_of
from ui.canvas.paints import glyph_character
from ui.shell.icons import icon, icon_font
from ui.shell.theme import interface_font, theme

HEIGHT = 30
COMPACT = QSize(40, 34)
_TEXT_LEFT = 29
_TEXT_RIGHT = 4
_SIZES = (12, 11)
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -2, Qt.Key.Key_Down: 2}


class Chip(QAbstractButton):
    """One layer: family band, glyph, name. Its help shows on hover."""

    wanted = Signal(str)
    """Enter or a double-click: put it on the canvas."""
    unwanted = Signal(str)
    """The key of a saved group: take it out of the palette."""
    stepped = Signal(object, int)
    """(this chip, steps): an arrow key."""

    def __init__(self, entry: Entry, parent: QWidget) -> None:
        super().__init__(parent)
        self.entry = entry
        self.compact = False
        self._pressed: QPoint | None = None
        self.setText(entry.title)
        self.setAccessibleName(entry.title)
        self.setAccessibleDescription(entry.reason or entry.summary)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setToolTip(self._tip())
        if entry.kind:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        theme.changed.connect(self.update)

    def fits(self, width: int) -> bool:
        """Whether the whole name can be read at this width."""
        return any(self._text_width(pixels) <= width - _TEXT_LEFT - _TEXT_RIGHT for pixels in _SIZES)

    def sizeHint(self) -> QSize:
        return COMPACT if self.compact else QSize(_TEXT_LEFT + self._text_width(_SIZES[0]) + _TEXT_RIGHT, HEIGHT)

    def _text_width(self, pixels: int) -> int:
        return QFontMetrics(interface_font(pixels)).horizontalAdvance(self.entry.title)

    def make_drag(self) -> QDrag:
        """What travels with the mouse to the canvas."""
        drag = QDrag(self)
        drag.setMimeData(mime_of(self.entry.kind))
        drag.setPixmap(self.grab())
        drag.setHotSpot(QPoint(self.width() // 2, self.height() // 2))
        return drag

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and self.entry.kind:
            self._pressed = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        far = QApplication.startDragDistance()
        if self._pressed is not None and (event.position().toPoint() - self._pressed).manhattanLength() >= far:
            self._pressed = None
            self.setDown(False)
            self.make_drag().exec(Qt.DropAction.CopyAction)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.entry.kind:
            self.wanted.emit(self.entry.kind)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.entry.kind:
            self.wanted.emit(self.entry.kind)
        elif key == Qt.Key.Key_Delete and self.entry.saved:
            self.unwanted.emit(self.entry.saved)
        elif key in _STEPS:
            self.stepped.emit(self, _STEPS[key])
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not self.entry.saved:
            super().contextMenuEvent(event)
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        remove = menu.addAction(icon("mdi6.delete-outline", theme.tokens.text), _("Remove from palette…"))
        remove.triggered.connect(lambda: self.unwanted.emit(self.entry.saved))
        menu.popup(event.globalPos())

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, broken = theme.tokens, not self.entry.kind
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        colour = QColor(tokens.muted if broken else tokens.family(self.entry.band))
        lit = self.hasFocus()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(rect, 7, 7)
        # The band is what the ground leaves free of the coloured shape behind it.
        painter.setBrush(QColor(tokens.hover if self.underMouse() and not broken else tokens.node))
        painter.setClipRect(QRectF(4, 0, self.width(), self.height()))
        painter.drawRoundedRect(rect, 7, 7)
        painter.setClipping(False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        style = Qt.PenStyle.DashLine if broken else Qt.PenStyle.SolidLine
        painter.setPen(QPen(QColor(tokens.accent if lit else tokens.line), 2 if lit else 1, style))
        painter.drawRoundedRect(rect, 7, 7)
        if not lit:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.setClipRect(QRectF(0, 0, 4, self.height()))
            painter.drawRoundedRect(rect, 7, 7)
            painter.setClipping(False)
        self._paint_words(painter, colour)
        painter.end()

    def _paint_words(self, painter: QPainter, colour: QColor) -> None:
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.setFont(icon_font(16))
        painter.setPen(colour)
        place = QRectF(4, 0, self.width() - 4, self.height()) if self.compact else QRectF(6, 0, 20, self.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, glyph_character(self.entry.glyph))
        if self.compact:
            return
        room = self.width() - _TEXT_LEFT - _TEXT_RIGHT
        font = interface_font(next((p for p in _SIZES if self._text_width(p) <= room), _SIZES[-1]))
        painter.setFont(font)
        painter.setPen(QColor(theme.tokens.text if self.entry.kind else theme.tokens.muted))
        name = QFontMetrics(font).elidedText(self.entry.title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(_TEXT_LEFT, 0, room + 4, self.height()), middle, name)

    def _tip(self) -> str:
        entry = self.entry
        lines = [f"<b>{html.escape(entry.title)}</b>", html.escape(entry.summary)]
        if entry.reason:
            lines.append(html.escape(entry.reason))
        if entry.kind:
            lines.append(f"<i>{html.escape(_('Drag it onto the canvas, or double-click.'))}</i>")
        if entry.saved:
            lines.append(f"<i>{html.escape(_('A right-click offers to remove it.'))}</i>")
        return "<br>".join(lines)
