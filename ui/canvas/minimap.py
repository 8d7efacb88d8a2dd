"""The whole network in the corner: where one is, and a way to get elsewhere."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from dllab.text import _
from ui.canvas.camera import Camera
from ui.canvas.geometry import Box
from ui.canvas.paints import paints
from ui.shell.theme import theme

_SIZE = QSize(136, 84)
_MARGIN = 10.0
_LARGEST = 0.12
_REDRAW_MS = 80
_MANY = 150


class Minimap(QWidget):
    """Click or drag to look at another place."""

    def __init__(self, camera: Camera, parent: QWidget) -> None:
        super().__init__(parent)
        self._camera = camera
        self._picture = QPixmap()
        self._area: Box | None = None
        self.setFixedSize(_SIZE)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(_("Overview: click to go there"))
        self.setAccessibleName(_("Overview map"))
        # The map lies over the view and is painted with it: the network on it is drawn a few times a second at most.
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._redraw)
        camera.looked.connect(self.update)
        camera.stage.moved.connect(self._redraw_soon)
        camera.stage.selection_changed.connect(lambda _ids: self._redraw_soon())
        theme.changed.connect(self._redraw)

    def _redraw_soon(self) -> None:
        if not self._soon.isActive():
            self._soon.start(_REDRAW_MS)

    def _redraw(self) -> None:
        self._picture = QPixmap()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._look(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons():
            self._look(event.position())

    def _look(self, at: QPointF) -> None:
        if self._picture.isNull():
            self._picture = self._draw()  # the area is known once the network has been drawn
        if self._area is not None:
            scale, left, top = self._map(self._area)
            self._camera.look_at(((at.x() - left) / scale, (at.y() - top) / scale))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture.isNull():
            self._picture = self._draw()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        seen = self._camera.seen()
        if self._area is not None and not seen.covers(self._area):
            use = paints()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(use.accent, 1.5))
            painter.setBrush(use.band)
            there = self._smaller(self._area)(seen)
            painter.drawRoundedRect(there.intersected(QRectF(self.rect()).adjusted(2, 2, -2, -2)), 3, 3)
        painter.end()

    def _draw(self) -> QPixmap:
        use = paints()
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(use.line, 1))
        ground = QColor(use.tokens.surface)
        ground.setAlphaF(0.92)
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        self._area = self._camera.stage.extent()
        if self._area is not None:
            self._draw_network(painter, self._smaller(self._area))
        painter.end()
        return picture

    def _draw_network(self, painter: QPainter, small: Callable[[Box], QRectF]) -> None:
        use, stage = paints(), self._camera.stage
        chosen = set(stage.selection)
        painter.setPen(QPen(use.edge, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for frame in stage.frames.values():
            painter.drawRect(small(frame.box))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(stage.nodes) < _MANY)
        for colour, lit in ((use.wire, False), (use.accent, True)):
            rects = [small(item.box) for name, item in stage.nodes.items() if (name in chosen) is lit]
            painter.setBrush(colour)
            if rects:
                painter.drawRects(rects)

    def _smaller(self, area: Box) -> Callable[[Box], QRectF]:
        """Turns a box of the scene into its place here."""
        scale, left, top = self._map(area)
        return lambda box: QRectF(left + box.x * scale, top + box.y * scale, box.width * scale, box.height * scale)

    def _map(self, area: Box) -> tuple[float, float, float]:
        """(scale, left, top): a place of the scene times the scale, moved by left and top, is its place here."""
        room = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        scale = min(room.width() / max(1.0, area.width), room.height() / max(1.0, area.height), _LARGEST)
        centre = area.centre
        return scale, room.center().x() - centre[0] * scale, room.center().y() - centre[1] * scale
