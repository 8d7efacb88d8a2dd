"""The canvas as something to look at: zoom, pan, fit, and the dotted ground."""

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QInputDevice,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPolygonF,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QGraphicsView, QWidget

from ui.canvas.geometry import GRID, Box, Point, united
from ui.canvas.items import NodeItem
from ui.canvas.paints import paints, pen
from ui.canvas.scene import Scene

CLOSEST, FARTHEST = 4.0, 0.05
STEP = 1.25
_MARGIN = 48
_NEAREST_DOTS = 14.0
_WHEEL = 1.0015
_LINE = 48


class Camera(QGraphicsView):
    """Looks at a scene; the scene doesn't know from where."""

    looked = Signal()
    """Another part is seen, or at another size."""

    def __init__(self, stage: Scene, parent: QWidget | None = None) -> None:
        super().__init__(stage, parent)
        self.stage = stage
        self.corners: list[QRect] = []
        """What lies over the right-hand corners and the upper edge: a fitted network stays clear of it."""
        self.bottom = 0
        """Height of what lies over the lower edge."""
        self._fitted = True
        self._dots: tuple[tuple[float, int, int], QPolygonF] = ((0.0, 0, 0), QPolygonF())
        self.setFrameShape(QGraphicsView.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheBackground)

    # --- where we look ----------------------------------------------------------------------------------------------

    @property
    def zoom(self) -> float:
        """Pixels for one unit of the scene."""
        return self.transform().m11()

    def to_scene(self, at: QPoint | QPointF) -> Point:
        """A place of the view in the scene."""
        point = self.viewportTransform().inverted()[0].map(QPointF(at))
        return point.x(), point.y()

    def to_view(self, point: Point) -> QPoint:
        """A place of the scene in the view."""
        return self.mapFromScene(QPointF(*point))

    def seen(self) -> Box:
        """The part of the scene that is seen."""
        left, top = self.to_scene(QPoint(0, 0))
        return Box(left, top, self.viewport().width() / self.zoom, self.viewport().height() / self.zoom)

    def middle(self) -> Point:
        """The middle of what is seen."""
        return self.seen().centre

    def scroll_by(self, dx: float, dy: float) -> None:
        """Move over the scene, in pixels."""
        self._fitted = False
        self._shift(dx, dy)

    def zoom_by(self, factor: float, at: QPoint | None = None) -> None:
        """Come closer or go away; the place under `at` (else the middle) stays where it is."""
        self._fitted = False
        at = at or self.viewport().rect().center()
        before = self.to_scene(at)
        scale = max(FARTHEST, min(CLOSEST, self.zoom * factor))
        self.setTransform(QTransform.fromScale(scale, scale))
        after = self.to_scene(at)
        self._shift((before[0] - after[0]) * scale, (before[1] - after[1]) * scale)
        self.looked.emit()

    def zoom_to(self, scale: float) -> None:
        """Show at a size."""
        self.zoom_by(scale / self.zoom)

    def look_at(self, point: Point) -> None:
        """Put a place in the middle."""
        self._fitted = False
        self.centerOn(QPointF(*point))
        self.looked.emit()

    def fit(self) -> None:
        """Show everything, not larger than life."""
        extent = self.stage.extent()
        if extent is None:
            self.setTransform(QTransform())
            self.centerOn(QPointF(0, 0))
        else:
            self._fit(extent)
        self._fitted = True
        self.looked.emit()

    def fit_again(self) -> None:
        """Show everything as before, if everything is shown: there is more room, or less."""
        if self._fitted:
            self.fit()

    def reveal(self, ids: list[str]) -> None:
        """Scroll as far as needed to see these."""
        if ids:
            box = united([self.stage.item(item_id).box for item_id in ids]).grown(GRID)
            view = self.seen()
            dx = min(0.0, box.x - view.x) or max(0.0, box.right - view.right)
            dy = min(0.0, box.y - view.y) or max(0.0, box.bottom - view.bottom)
            if dx or dy:
                self.scroll_by(dx * self.zoom, dy * self.zoom)

    def uncover(self, item_id: str) -> None:
        """Scroll up as far as needed that the problem bar hides no part of this."""
        box, view = self.stage.item(item_id).box.grown(GRID / 2), self.seen()
        hidden = box.bottom - (view.bottom - self.bottom / self.zoom)
        if hidden > 0 and box.y < view.bottom:
            self.scroll_by(0, hidden * self.zoom)

    def _fit(self, extent: Box) -> None:
        whole = QRect(self.viewport().rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        whole.setBottom(max(whole.top() + 80, whole.bottom() - self.bottom))
        rooms = [whole]
        # Twice: making way for one corner may bring the network under another.
        for corner in (*self.corners, *self.corners):
            rooms = [clear for room in rooms for clear in self._clear(extent, room, corner)]
        room = max(rooms, key=lambda r: self._scale(extent, r))
        scale = self._scale(extent, room)
        self.setTransform(QTransform.fromScale(scale, scale))
        middle = self.viewport().rect().center() - room.center()
        x, y = extent.centre
        self.centerOn(QPointF(x + middle.x() / scale, y + middle.y() / scale))

    def _clear(self, extent: Box, room: QRect, corner: QRect) -> list[QRect]:
        """Rooms in which the corner hides nothing: this one, or what is left of it beyond and beside the corner."""
        scale, middle = self._scale(extent, room), QRectF(room).center()
        left, top = middle.x() - extent.width * scale / 2, middle.y() - extent.height * scale / 2
        hidden = QRectF(corner).adjusted(-_MARGIN / 4, -_MARGIN / 4, _MARGIN / 4, _MARGIN / 4)
        places = (
            QRectF(left + (b.x - extent.x) * scale, top + (b.y - extent.y) * scale, b.width * scale, b.height * scale)
            for b in self.stage.boxes().values()
        )
        if not any(place.intersects(hidden) for place in places):
            return [room]
        beyond, beside = QRect(room), QRect(room)
        if corner.center().y() < self.viewport().rect().center().y():
            beyond.setTop(max(room.top(), corner.bottom() + _MARGIN // 2))
        else:
            beyond.setBottom(min(room.bottom(), corner.top() - _MARGIN // 2))
        beside.setRight(min(room.right(), corner.left() - _MARGIN // 2))
        return [beyond, beside]

    def _scale(self, extent: Box, room: QRect) -> float:
        fit = min(room.width() / max(1.0, extent.width), room.height() / max(1.0, extent.height))
        return max(FARTHEST, min(1.0, fit))

    def _shift(self, dx: float, dy: float) -> None:
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(round(across.value() + dx))
        down.setValue(round(down.value() + dy))
        self.looked.emit()

    # --- events -----------------------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        held = event.modifiers()
        touch = event.device().type() == QInputDevice.DeviceType.TouchPad
        touch = touch or event.phase() != Qt.ScrollPhase.NoScrollPhase
        pixels, angle = event.pixelDelta(), event.angleDelta()
        if held & Qt.KeyboardModifier.ShiftModifier and not held & Qt.KeyboardModifier.ControlModifier:
            turn = angle.y() or angle.x()
            self.scroll_by(-turn / 120 * _LINE, 0)
        elif touch and not pixels.isNull() and not held & Qt.KeyboardModifier.ControlModifier:
            self.scroll_by(-pixels.x(), -pixels.y())
        else:
            self.zoom_by(_WHEEL ** (angle.y() or angle.x()), event.position().toPoint())
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom_by(1 + event.value(), event.position().toPoint())
            return True
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_again()
        self.looked.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        NodeItem.ratio = self.devicePixelRatioF()
        super().paintEvent(event)

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        use = paints()
        transform = self.viewportTransform()
        painter.save()
        painter.resetTransform()
        painter.fillRect(self.viewport().rect(), use.canvas)
        step = GRID * transform.m11()
        while step < _NEAREST_DOTS:
            step *= 2
        painter.translate(transform.dx() % step - step, transform.dy() % step - step)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(pen(use.dot, 1))
        painter.drawPoints(self._dot_grid(step))
        painter.restore()

    def _dot_grid(self, step: float) -> QPolygonF:
        """Points that cover the view, made once for a zoom and a size."""
        columns = int(self.viewport().width() / step) + 3
        rows = int(self.viewport().height() / step) + 3
        key = (step, columns, rows)
        if self._dots[0] != key:
            points = [QPointF(c * step, r * step) for r in range(rows) for c in range(columns)]
            self._dots = (key, QPolygonF(points))
        return self._dots[1]
