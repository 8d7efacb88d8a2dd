"""Samples picked in one plot and marked in all: draw around points, and rings show what is picked."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent

from dllab.text import _
from ui.shell.theme import theme
from ui.views.controls import IconButton
from ui.views.plot import Plot, pen
from ui.views.spots import Look, Spots, apart

if TYPE_CHECKING:
    from ui.lab import Lab

Places = Callable[[], tuple[np.ndarray, np.ndarray]]
"""Where samples are drawn (n, 2), and which rows they are (n,)."""
_LEAST_STEP = 3
"""Pixels between two corners of the line that is drawn."""
_MOST = 3000
"""Of more rings those that would lie on each other are left out."""
_CELLS = (120, 80)
_MANY = 400
"""Of more rings than this each is small and faint, or nothing could be seen of what they are around."""


class Picking(QObject):
    """For one plot: a drag with Shift held picks in a rectangle, with the button pressed inside a free line.

    Ctrl adds to what is picked already.
    """

    def __init__(self, plot: Plot, lab: "Lab", places: Places) -> None:
        super().__init__(plot)
        self._plot, self._lab, self._places = plot, lab, places
        self._corners: list[QPointF] = []
        self._free = False
        self.rings = Spots()
        self.rings.setZValue(25)
        self._outline = pg.PlotCurveItem()
        self._outline.setZValue(40)
        plot.plotItem.addItem(self.rings, ignoreBounds=True)
        plot.plotItem.addItem(self._outline, ignoreBounds=True)
        words = _("Pick samples: draw around them. Or hold Shift and drag a rectangle.")
        self.button = IconButton("mdi6.lasso", words, plot)
        self.button.setCheckable(True)
        plot.viewport().installEventFilter(self)
        plot.installEventFilter(self)
        lab.picked_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Put rings around the picked samples that are drawn."""
        if not self._lab.picked and not len(self.rings.data):
            return
        x, rows = self._places()
        chosen = x[np.isin(rows, np.array(self._lab.picked, np.int64))]
        if len(chosen) > _MOST:
            area = np.array(self._plot.plotItem.vb.viewRange()).T
            chosen = chosen[apart(chosen, np.zeros(len(chosen), np.int64), area, _CELLS, _MOST)]
        self.rings.show_spots(chosen, [ring_look(len(chosen), 14)])

    # --- drawing around ---------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._plot:
            if event.type() == QEvent.Type.Resize:
                self.button.move(self._plot.width() - 58, 2)
            if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
                return self._leave(event)
            return False
        if not isinstance(event, QMouseEvent):
            return False
        match event.type():
            case QEvent.Type.MouseButtonPress if event.button() == Qt.MouseButton.LeftButton:
                shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
                if shift or self.button.isChecked():
                    self._free = not shift
                    self._corners = [event.position()]
                    return True
            case QEvent.Type.MouseMove if self._corners:
                self._extend(event.position())
                return True
            case QEvent.Type.MouseButtonRelease if self._corners:
                self._extend(event.position())
                self._finish(bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
                return True
        return False

    def _leave(self, event: QKeyEvent) -> bool:
        """Esc gives up the line in hand, then drawing at all; whether there was anything to give up."""
        if event.key() != Qt.Key.Key_Escape or not (self._corners or self.button.isChecked()):
            return False
        if not self._corners:
            self.button.setChecked(False)
        self._clear()
        return True

    def _extend(self, corner: QPointF) -> None:
        if self._free:
            if (corner - self._corners[-1]).manhattanLength() >= _LEAST_STEP:
                self._corners.append(corner)
        else:
            first = self._corners[0]
            across, down = QPointF(corner.x(), first.y()), QPointF(first.x(), corner.y())
            self._corners = [first, across, corner, down]
        outline = self._polygon()
        closed = np.concatenate([outline, outline[:1]])
        accent = QColor(theme.tokens.accent)
        self._outline.setData(closed[:, 0], closed[:, 1], pen=pen(accent, 1.5, (4.0, 3.0)))

    def _polygon(self) -> np.ndarray:
        view = self._plot.plotItem.vb
        corners = [view.mapSceneToView(self._plot.mapToScene(c.toPoint())) for c in self._corners]
        return np.array([(c.x(), c.y()) for c in corners])

    def _finish(self, adding: bool) -> None:
        polygon = self._polygon()
        self._clear()
        x, rows = self._places()
        found = rows[inside(x, polygon)].tolist() if len(polygon) > 2 else []
        self._lab.pick([*self._lab.picked, *found] if adding else found)

    def _clear(self) -> None:
        self._corners = []
        self._outline.setData([], [])


def ring_look(count: int, size: int) -> Look:
    """Rings around picked samples; of many each is small and faint."""
    if count <= _MANY:
        return Look("o", size, pen(theme.tokens.text, 2.0), pg.mkBrush(None))
    return Look("o", round(0.6 * size), pen(theme.tokens.text, alpha=130), pg.mkBrush(None))


def inside(points: np.ndarray, polygon: np.ndarray) -> np.ndarray:
    """Which points (n, 2) lie inside a polygon (k, 2): a ray to the right crosses its edges an odd number of times."""
    order = np.argsort(points[:, 1], kind="stable")
    x, y = points[order].astype(np.float64).T
    odd = np.zeros(len(points), bool)
    for (ax, ay), (bx, by) in zip(polygon.tolist(), np.roll(polygon, -1, axis=0).tolist(), strict=True):
        # Only the points between its ends in height can meet an edge.
        between = slice(*np.searchsorted(y, sorted((ay, by))))
        if between.start < between.stop:
            odd[between] ^= x[between] < ax + (y[between] - ay) / (by - ay) * (bx - ax)
    result = np.empty(len(points), bool)
    result[order] = odd
    return result
