"""A level line in a plot that one takes hold of and moves: by mouse, or with the arrow keys up and down."""

from collections.abc import Callable

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QCursor, QKeyEvent, QMouseEvent

from ui.shell.theme import theme
from ui.views.plot import Plot, pen

_REACH = 7
"""Pixels from the line at which it can be taken hold of."""
_SLACK = 2
"""A hand that only clicks moves so many pixels at most."""


class Handle(QObject):
    """For one plot; what the line means, and where it may stand, is its owner's business."""

    moved = Signal(float)
    """It is held at this height."""
    released = Signal(float)
    """It was let go at this height, or moved there by keys."""
    left = Signal()
    """Esc, or let go without a move: it stays where it was."""

    def __init__(self, plot: Plot, stepped: Callable[[int], float]) -> None:
        super().__init__(plot)
        self._plot = plot
        self._stepped = stepped
        """Where a press of the up (1) or down (-1) key leads."""
        self._held = self._moving = False
        self._pressed = QPointF()
        self._offset = 0.0
        """How far above the pointer the line was when it was taken hold of."""
        self.line = pg.InfiniteLine(angle=0, movable=False)
        self.line.setZValue(50)
        self.words = pg.TextItem(anchor=(1.0, 1.0))
        self.words.setZValue(51)
        for item in (self.line, self.words):
            item.hide()
            plot.plotItem.addItem(item, ignoreBounds=True)
        plot.viewport().installEventFilter(self)
        plot.installEventFilter(self)
        plot.moved.connect(self._place_words)

    @property
    def held(self) -> bool:
        """Whether it is being moved."""
        return self._held

    @property
    def height(self) -> float:
        """Where it stands."""
        return float(self.line.value())

    def put(self, height: float, words: str) -> None:
        """Stand here and say this."""
        self.line.setValue(height)
        self.words.setText(words)
        self.restyle()
        for item in (self.line, self.words):
            item.show()
        self._place_words()

    def hide(self) -> None:
        """There is nothing to move."""
        self.line.hide()
        self.words.hide()

    def restyle(self) -> None:
        """Take over the theme's colours."""
        self.line.setPen(pen(theme.tokens.accent, 2.0, () if self._held else (5.0, 3.0)))
        self.words.setColor(theme.tokens.accent)

    def _place_words(self) -> None:
        (_left, right), (bottom, top) = self._plot.plotItem.vb.viewRange()
        high = self.height > bottom + 0.8 * (top - bottom)
        self.words.setAnchor((1.0, 0.0) if high else (1.0, 1.0))
        self.words.setPos(right, self.height)

    # --- moving -----------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not self.line.isVisible():
            return False
        if watched is self._plot:
            return isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and self._key(event)
        if not isinstance(event, QMouseEvent):
            return False
        match event.type():
            case QEvent.Type.MouseButtonPress if event.button() == Qt.MouseButton.LeftButton:
                if self._near(event.position()) and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                    self._held, self._moving, self._pressed = True, False, event.position()
                    self._offset = self.height - self._height(event.position())
                    self.restyle()
                    return True
            case QEvent.Type.MouseMove if self._held:
                self._moving = self._moving or abs(event.position().y() - self._pressed.y()) > _SLACK
                if self._moving:
                    self.moved.emit(self._height(event.position()) + self._offset)
                return True
            case QEvent.Type.MouseMove if not event.buttons():
                near = self._near(event.position())
                cursor = Qt.CursorShape.SplitVCursor if near else Qt.CursorShape.ArrowCursor
                self._plot.viewport().setCursor(QCursor(cursor))
            case QEvent.Type.MouseButtonRelease if self._held:
                self._held = False
                self.restyle()
                if self._moving:
                    self.released.emit(self._height(event.position()) + self._offset)
                else:
                    self.left.emit()
                return True
        return False

    def _key(self, event: QKeyEvent) -> bool:
        if self._held and event.key() == Qt.Key.Key_Escape:
            self._held = False
            self.left.emit()
            self.restyle()
            return True
        way = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()), 0)
        if way and not self._held:
            self.released.emit(self._stepped(way))
        return bool(way)

    def _height(self, position: QPointF) -> float:
        view = self._plot.plotItem.vb
        return float(view.mapSceneToView(self._plot.mapToScene(position.toPoint())).y())

    def _near(self, position: QPointF) -> bool:
        view = self._plot.plotItem.vb
        there = self._plot.mapFromScene(view.mapViewToScene(QPointF(view.viewRange()[0][0], self.height)))
        inside: bool = view.sceneBoundingRect().contains(self._plot.mapToScene(position.toPoint()))
        return inside and bool(abs(there.y() - position.y()) <= _REACH)
