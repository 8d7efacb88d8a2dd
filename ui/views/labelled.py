"""A heat map with names along its edges, and with places that a mask hides."""

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QImage, QPainter, QPaintEvent

from ui.shell.theme import interface_font, number_font, theme
from ui.views.heat import HeatMap

_MOST = 92
"""Pixels that a name may take."""
_PICTURE = 14
_TITLE = 20
"""Pixels above each of several maps for its own name."""
_ROOMY = 180
"""From this width and height in pixels several maps have names around them."""
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


class LabelledHeat(HeatMap):
    """Names at the left of a map and under it; of several maps, around all of them together."""

    around_several = False
    """Whether several maps share their rows and columns."""

    def __init__(self, parent: object = None, name: str = "") -> None:
        self.row_names: list[str] = []
        self.column_names: list[str] = []
        self.pictures: list[QImage] = []
        """Small pictures in place of names, for steps that are pieces of an image."""
        self.hidden: np.ndarray | None = None
        self._plain = False
        self._room = (0, 0)
        """Pixels that the widest name of a row and of a column takes; measuring takes too long to do it again."""
        super().__init__(parent, name)  # type: ignore[arg-type]

    def set_names(
        self, rows: Sequence[str], columns: Sequence[str], pictures: Sequence[QImage] = (), plain: bool = False
    ) -> None:
        """Name rows and columns; `plain` for numbers, of which some may be left out."""
        self.row_names, self.column_names, self.pictures = list(rows), list(columns), list(pictures)
        self._plain = plain
        self._room = (self._widest(self.row_names), self._widest(self.column_names))
        self._montage = None
        self.update()

    def set_hidden(self, hidden: np.ndarray | None) -> None:
        """Hatch these places (height, width)."""
        self.hidden = hidden if hidden is not None and hidden.any() else None
        self.update()

    @property
    def labelled(self) -> bool:
        """Whether there are names for the columns and room for them."""
        named: bool = len(self.column_names) == self.values.shape[2]
        if len(self.values) == 1:
            return named
        return bool(named and self.around_several and min(self.width(), self.height()) >= _ROOMY)

    @property
    def frame(self) -> QRect:
        frame = super().frame
        if not self.labelled:
            return frame
        return frame.adjusted(self._aside(), 2, -2, -self._below())

    def _font(self) -> QFont:
        return number_font(10) if self._plain else interface_font(11)

    def _widest(self, names: Sequence[str]) -> int:
        metrics = QFontMetrics(self._font())
        return min(max((metrics.horizontalAdvance(name) for name in names), default=0), _MOST)

    def _aside(self) -> int:
        return (_PICTURE if self.pictures else self._room[0]) + 6

    def _upright(self) -> bool:
        """Whether the names of the columns must stand on end to find room."""
        count, height, width = self.values.shape
        # How many maps stand beside each other hangs on this; about as many as below each other.
        beside = math.ceil(math.sqrt(count))
        each = (self.width() - self._aside() - 4) / max(width * beside, 1)
        if self._square:
            rows = math.ceil(count / beside)
            titles = _TITLE * rows if count > 1 else 0
            each = min(each, (self.height() - 20 - titles) / max(height * rows, 1))
        return not self.pictures and not self._plain and self._room[1] + 8 > each

    def _below(self) -> int:
        if self.pictures:
            return _PICTURE + 4
        return self._room[1] + 6 if self._upright() else 18

    def sizeHint(self) -> QSize:
        return QSize(240, 160)

    # --- painting ---------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.values.size:
            return
        painter = QPainter(self)
        if self.hidden is not None and self.hidden.shape == self.values.shape[1:]:
            self._paint_hidden(painter)
        if self.labelled:
            self._paint_names(painter)

    def _paint_hidden(self, painter: QPainter) -> None:
        """Grey and hatched: nothing can be there, which is not the same as a small number."""
        assert self.hidden is not None
        ground, lines = QColor(theme.tokens.surface), QBrush(QColor(theme.tokens.muted), Qt.BrushStyle.BDiagPattern)
        for index in range(self.grid.shown):
            for row, columns in enumerate(self.hidden):
                for start, stop in _stretches(columns):
                    first, last = self.cell_rect((index, row, start)), self.cell_rect((index, row, stop - 1))
                    place = first.united(last)
                    painter.fillRect(place, ground)
                    painter.fillRect(place, lines)

    def _paint_names(self, painter: QPainter) -> None:
        painter.setFont(self._font())
        painter.setPen(QColor(theme.tokens.muted))
        grid = self.grid
        for index in range(0, grid.shown, grid.columns):
            self._paint_rows(painter, index)
        for index in range(max(grid.shown - grid.columns, 0), grid.shown):
            self._paint_columns(painter, index)

    def _paint_rows(self, painter: QPainter, index: int) -> None:
        """The names at the left of a map."""
        box, height = self.map_rect(index), self.values.shape[1]
        if self.pictures:
            for row, image in enumerate(self.pictures[:height]):
                cell = self.cell_rect((index, row, 0))
                side = min(_PICTURE, cell.height() - 1)
                self._paint_picture(painter, image, box.left() - 4 - side, cell.center().y() - side // 2, side)
            return
        line = painter.fontMetrics().height()
        every = -(-line * height // max(box.height(), 1))
        for row in range(0, height if self.row_names else 0, every):
            cell = self.cell_rect((index, row, 0))
            place = QRect(box.left() - self._aside(), cell.center().y() - line // 2, self._aside() - 5, line + 1)
            painter.drawText(place, _RIGHT, _fitting(painter, self.row_names[row], place.width()))

    def _paint_columns(self, painter: QPainter, index: int) -> None:
        """The names under a map."""
        box, width = self.map_rect(index), self.values.shape[2]
        if self.pictures:
            for column, image in enumerate(self.pictures[:width]):
                cell = self.cell_rect((index, 0, column))
                side = min(_PICTURE, cell.width() - 1)
                self._paint_picture(painter, image, cell.center().x() - side // 2, box.bottom() + 4, side)
            return
        line, upright = painter.fontMetrics().height(), self._upright()
        wide = line if upright else self._room[1] + 8
        every = -(-wide * width // max(box.width(), 1))
        for column in range(0, width, every):
            cell = self.cell_rect((index, 0, column))
            painter.save()
            painter.translate(cell.center().x(), box.bottom() + 4)
            name = self.column_names[column]
            if upright:
                painter.rotate(-90)
                place = QRect(-_MOST, -line // 2, _MOST, line)
                painter.drawText(place, _RIGHT, _fitting(painter, name, _MOST))
            else:
                painter.drawText(QRect(-60, 0, 120, line), Qt.AlignmentFlag.AlignHCenter, name)
            painter.restore()

    def _paint_picture(self, painter: QPainter, image: QImage, left: int, top: int, side: int) -> None:
        place = QRect(left, top, side, side)
        painter.setPen(QColor(theme.tokens.line))
        painter.drawImage(place, image)
        painter.drawRect(place.adjusted(-1, -1, 0, 0))


def _stretches(marked: np.ndarray) -> list[tuple[int, int]]:
    """From where to where a row is marked."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _fitting(painter: QPainter, name: str, room: int) -> str:
    return painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room)
