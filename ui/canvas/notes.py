"""Notes and frames: what is written around the network."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from dllab.document.experiment import Frame, Note
from dllab.text import _
from ui.canvas.geometry import Box, Point
from ui.canvas.paints import Paints, body_font, caption_font, paints, pen
from ui.canvas.sprites import WORDS_FROM

TITLE_HEIGHT = 28.0
CORNER = 16.0
"""Size of the corner by which notes and frames are made larger."""
_PADDING = 12.0
_EDGE = 6.0


class _Sized(QGraphicsItem):
    """A rectangle that can be selected, moved and made larger."""

    def __init__(self, item_id: str, size: Point) -> None:
        super().__init__()
        self.item_id = item_id
        self.size = size
        self.selected = self.ringed = False

    @property
    def box(self) -> Box:
        """Where it lies now, in the middle of a gesture too."""
        return Box(self.x(), self.y(), *self.size)

    def stretch(self, size: Point) -> None:
        """Be as large as this."""
        if size != self.size:
            self.prepareGeometryChange()
            self.size = size
            self.update()

    def show_state(self, selected: bool, ringed: bool) -> None:
        """Selected or not, under the keyboard or not."""
        if (selected, ringed) != (self.selected, self.ringed):
            self.selected, self.ringed = selected, ringed
            self.update()

    def corner(self) -> Box:
        """The corner to pull at, in the scene."""
        box = self.box
        return Box(box.right - CORNER, box.bottom - CORNER, CORNER, CORNER)

    def boundingRect(self) -> QRectF:
        return QRectF(-6, -6, self.size[0] + 12, self.size[1] + 12)

    def _rect(self) -> QRectF:
        return QRectF(0, 0, *self.size)

    def _paint_outline(self, painter: QPainter, use: Paints, radius: float) -> None:
        rect = self._rect()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.ringed:
            painter.setPen(pen(use.glow, 3))
            painter.drawRoundedRect(rect.adjusted(-4, -4, 4, 4), radius + 4, radius + 4)
        if self.selected:
            painter.setPen(pen(use.accent, 2))
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), radius - 1, radius - 1)
            painter.setPen(pen(use.accent, 1.5))
            for inset in (5.0, 9.0):
                end = QPointF(rect.right() - 4, rect.bottom() - 4)
                painter.drawLine(end - QPointF(inset, 0), end - QPointF(0, inset))


class NoteItem(_Sized):
    """A piece of text on the canvas."""

    def __init__(self, item_id: str, note: Note) -> None:
        super().__init__(item_id, (note.width, note.height))
        self.note = note
        self.setZValue(0.5)

    def show_note(self, note: Note) -> None:
        """Take on another text and size."""
        self.note = note
        self.stretch((note.width, note.height))
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        use = paints()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen(use.note_edge, 1))
        painter.setBrush(use.note)
        painter.drawRoundedRect(self._rect().adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        if painter.worldTransform().m11() >= WORDS_FROM:
            painter.setFont(body_font())
            painter.setPen(use.text if self.note.text else use.muted)
            area = self._rect().adjusted(_PADDING, _PADDING - 3, -_PADDING, -_PADDING + 3)
            painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
            flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
            painter.drawText(area, flags, self.note.text or _("Double-click to write"))
            painter.setClipping(False)
        self._paint_outline(painter, use, 8)


class FrameItem(_Sized):
    """A titled rectangle behind nodes."""

    def __init__(self, item_id: str, frame: Frame) -> None:
        super().__init__(item_id, (frame.width, frame.height))
        self.frame = frame
        self.setZValue(-1)

    def show_frame(self, frame: Frame) -> None:
        """Take on another title and size."""
        self.frame = frame
        self.stretch((frame.width, frame.height))
        self.update()

    def title_box(self) -> Box:
        """The strip to take hold of, in the scene."""
        return Box(self.x(), self.y(), self.size[0], TITLE_HEIGHT)

    def grip(self, point: Point) -> bool:
        """Whether a point is where the frame is taken hold of: its title or its edge. Inside it, one selects."""
        box = self.box
        return box.grown(_EDGE / 2).holds(point) and (
            self.title_box().holds(point) or not box.grown(-_EDGE).holds(point)
        )

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(QRectF(0, 0, self.size[0], TITLE_HEIGHT))
        return path

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        use = paints()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen(use.edge, 1))
        painter.setBrush(use.frame)
        painter.drawRoundedRect(self._rect().adjusted(0.5, 0.5, -0.5, -0.5), 12, 12)
        if painter.worldTransform().m11() >= WORDS_FROM:
            painter.setFont(caption_font())
            painter.setPen(use.muted)
            width = self.size[0] - 2 * _PADDING
            title = QFontMetricsF(caption_font()).elidedText(self.frame.title, Qt.TextElideMode.ElideRight, width)
            strip = QRectF(_PADDING, 2, width, TITLE_HEIGHT)
            painter.drawText(strip, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)
        self._paint_outline(painter, use, 12)
