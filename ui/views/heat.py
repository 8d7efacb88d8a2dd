"""Numbers as coloured cells: one map or many beside each other, the number under the pointer, or in the cell."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from dllab.text import _
from ui.shell.theme import interface_font, number_font, theme
from ui.views.colours import Lut, heat, rgb, shade, text_on, viridis
from ui.views.numbers import show
from ui.views.readout import Readout

Cell = tuple[int, int, int]
"""Map, row, column."""
_GAP = 4


@dataclass(frozen=True)
class Grid:
    """Where the maps lie in a widget: how many columns of maps, and the size of one cell in pixels."""

    columns: int
    rows: int
    cell_w: float
    cell_h: float
    gap: int
    shown: int
    """How many maps fit."""
    label: int = 0
    """Pixels above each map for its name."""


@lru_cache(maxsize=32)
def arrange(count: int, height: int, width: int, room: tuple[int, int], square: bool, label: int = 0) -> Grid:
    """The arrangement of `count` maps of height × width cells, each under a label, that makes the cells largest."""
    if not square:
        return Grid(1, count, room[0] / width, (room[1] - _GAP * (count - 1)) / count / height, _GAP, count)
    best = Grid(1, 1, 0.0, 0.0, _GAP, 1)
    gap = _GAP if count * height * width < 60_000 else 2
    for columns in range(1, count + 1):
        rows = math.ceil(count / columns)
        cell = min(
            (room[0] - gap * (columns - 1)) / columns / width,
            ((room[1] - gap * (rows - 1)) / rows - label) / height,
        )
        if cell > best.cell_w:
            best = Grid(columns, rows, cell, cell, gap, count)
    least = 12 / max(height, width)
    if best.cell_w >= least:
        # Whole pixels keep small images crisp and all cells alike.
        cell = math.floor(best.cell_w) if best.cell_w >= 2 else best.cell_w
        return Grid(best.columns, best.rows, cell, cell, gap, count, label)
    columns = max(int((room[0] + gap) // (width * least + gap)), 1)
    rows = max(int((room[1] + gap) // (height * least + gap)), 1)
    return Grid(columns, rows, least, least, gap, min(count, columns * rows))


class HeatMap(QWidget):
    """Maps (count, height, width) in one colour scale. Arrow keys move a cursor over the cells."""

    def __init__(self, parent: QWidget | None = None, name: str = "") -> None:
        super().__init__(parent)
        self.values: np.ndarray = np.zeros((0, 1, 1))
        self.low, self.high = 0.0, 1.0
        self._square = True
        self._kind = ""
        self._names: list[str] = []
        self._limits: tuple[float, float] | None = None
        self._pixels: np.ndarray | None = None
        self._montage: QPixmap | None = None
        self._cursor: Cell | None = None
        self.lut: Lut = viridis()
        self.readout = Readout(self)
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self._recolour)

    def set_values(
        self,
        values: np.ndarray,
        square: bool = True,
        kind: str = "",
        names: Sequence[str] = (),
        limits: tuple[float, float] | None = None,
    ) -> None:
        """Show maps (count, height, width), with their names above; `kind` "vector" words places as units. `limits` are
        the ends of the colours, where they are known, so that pictures can be compared."""
        if values.shape != self.values.shape:
            self._cursor = None
            self.readout.hide()
        self.values, self._square, self._kind, self._names = values, square, kind, list(names)
        self._limits = limits
        self._recolour()
        if self._cursor is not None:
            self._say(self._cursor)

    def sizeHint(self) -> QSize:
        return QSize(200, 120)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, 40)

    @property
    def frame(self) -> QRect:
        """The part of the widget that the maps may fill."""
        return self.rect().adjusted(1, 1, -1, -1)

    @property
    def grid(self) -> Grid:
        """The arrangement at the widget's present size."""
        count, height, width = self.values.shape
        label = 16 if self._names else 0
        room = self.frame.size()
        return arrange(max(count, 1), height, width, (room.width(), room.height()), self._square, label)

    def _recolour(self) -> None:
        if self.values.size:
            self.lut, self.low, self.high = heat(self.values, theme.tokens, self._limits)
            self._pixels = shade(self.values, self.lut, self.low, self.high, QColor(theme.tokens.bad))
        self._montage = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._montage = None

    def map_rect(self, index: int) -> QRect:
        """Where a map is drawn."""
        grid = self.grid
        _count, height, width = self.values.shape
        w, h = round(width * grid.cell_w), round(height * grid.cell_h)
        row, column = divmod(index, grid.columns)
        frame = self.frame
        aside = max((frame.width() - grid.columns * (w + grid.gap) + grid.gap) // 2, 0) if self._square else 0
        pitch = h + grid.gap + grid.label
        above = max((frame.height() - grid.rows * pitch + grid.gap) // 2, 0) + grid.label
        return QRect(frame.left() + aside + column * (w + grid.gap), frame.top() + above + row * pitch, w, h)

    def cell_at(self, place: QPoint) -> Cell | None:
        """The cell under a point."""
        _count, height, width = self.values.shape
        for index in range(self.grid.shown if self.values.size else 0):
            rect = self.map_rect(index)
            if rect.contains(place):
                row = min((place.y() - rect.top()) * height // rect.height(), height - 1)
                return index, row, min((place.x() - rect.left()) * width // rect.width(), width - 1)
        return None

    def cell_rect(self, cell: Cell) -> QRect:
        """Where a cell is drawn."""
        index, row, column = cell
        rect, (_count, height, width) = self.map_rect(index), self.values.shape
        left, top = rect.width() * column // width, rect.height() * row // height
        right, bottom = rect.width() * (column + 1) // width, rect.height() * (row + 1) // height
        return QRect(rect.left() + left, rect.top() + top, max(right - left, 1), max(bottom - top, 1))

    def words(self, cell: Cell) -> str:
        """A place and its number in words."""
        index, row, column = cell
        value = show(float(self.values[cell]))
        if self._kind == "vector":
            return _("unit {unit}: {value}").format(unit=row * self.values.shape[2] + column, value=value)
        if self._names:
            text = _("{name}, row {row}, column {column}: {value}")
            return text.format(name=self._names[index], row=row, column=column, value=value)
        if len(self.values) == 1:
            return _("row {row}, column {column}: {value}").format(row=row, column=column, value=value)
        text = _("map {map}, row {row}, column {column}: {value}")
        return text.format(map=index, row=row, column=column, value=value)

    # --- pointing ---------------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(self.cell_at(event.position().toPoint()))

    def leaveEvent(self, event: object) -> None:
        self._point(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        move = moves.get(Qt.Key(event.key()))
        if move is None or not self.values.size:
            super().keyPressEvent(event)
            return
        self._point(self._next(*move))

    def _next(self, down: int, right: int) -> Cell:
        """The cell beside the cursor; over the edge of a map it goes on in the next one."""
        if self._cursor is None:
            return 0, 0, 0
        index, row, column = self._cursor
        _count, height, width = self.values.shape
        grid = self.grid
        row, column = row + down, column + right
        if not 0 <= column < width:
            index, column = index + (1 if column >= width else -1), column % width
        if not 0 <= row < height:
            index, row = index + (grid.columns if row >= height else -grid.columns), row % height
        return (index, row, column) if 0 <= index < grid.shown else self._cursor

    def _point(self, cell: Cell | None) -> None:
        if cell != self._cursor:
            self._cursor = cell
            self.update()
        if cell is None:
            self.readout.hide()
        else:
            self._say(cell)

    def _say(self, cell: Cell) -> None:
        words = self.words(cell)
        self.readout.say("", [("■", self._colour(cell).name(), words)], self.cell_rect(cell).center())
        self.setAccessibleDescription(words)

    def _colour(self, cell: Cell) -> QColor:
        pixel = shade(self.values[cell], self.lut, self.low, self.high, QColor(theme.tokens.bad))
        return QColor(*(int(v) for v in pixel))

    # --- painting ---------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._pixels is None or not self.values.size:
            return
        painter = QPainter(self)
        grid = self.grid
        if self._montage is None:
            self._montage = _montage(self._pixels[: grid.shown], grid, self.map_rect(0).size())
        painter.drawPixmap(self.map_rect(0).topLeft(), self._montage)
        for index, name in enumerate(self._names if grid.label else ()):
            painter.setFont(interface_font(11))
            painter.setPen(QColor(theme.tokens.muted))
            rect = self.map_rect(index)
            place = QRect(rect.left(), rect.top() - grid.label, rect.width(), grid.label)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip, name)
        if grid.cell_h >= 13 and self._number_width() + 4 <= grid.cell_w:
            self._paint_numbers(painter)
        if self._cursor is not None:
            painter.setPen(QPen(QColor(theme.tokens.surface), 3))
            painter.drawRect(self.cell_rect(self._cursor))
            painter.setPen(QPen(QColor(theme.tokens.text), 1))
            painter.drawRect(self.cell_rect(self._cursor))
        if self.hasFocus():
            painter.setPen(QColor(theme.tokens.accent))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)

    def _number_width(self) -> int:
        """Pixels that the longest number takes; a sample of them tells."""
        some = self.values.reshape(-1)[:200]
        return max(len(show(float(v))) for v in some) * 7

    def _paint_numbers(self, painter: QPainter) -> None:
        painter.setFont(number_font(10))
        for index in np.ndindex(self.grid.shown, *self.values.shape[1:]):
            cell = (index[0], index[1], index[2])
            painter.setPen(text_on(self._colour(cell)))
            painter.drawText(self.cell_rect(cell), Qt.AlignmentFlag.AlignCenter, show(float(self.values[cell])))


def _montage(pixels: np.ndarray, grid: Grid, size: QSize) -> QPixmap:
    """One picture of all maps (count, height, width, 3) in their places: drawing each by itself takes too long."""
    count, height, width, _channels = pixels.shape
    w, h = max(size.width(), 1), max(size.height(), 1)
    if h < height or w < width:
        tiles = np.stack([_smooth(one, w, h) for one in pixels])
    else:
        down, across = np.arange(h) * height // h, np.arange(w) * width // w
        coloured = pixels.astype(np.uint32)
        flat = 0xFF000000 | coloured[..., 0] << 16 | coloured[..., 1] << 8 | coloured[..., 2]
        tiles = flat[:, down[:, None], across]
    rows = math.ceil(count / grid.columns)
    whole = np.zeros((rows, h + grid.gap + grid.label, grid.columns, w + grid.gap), np.uint32)
    filled = np.zeros((rows * grid.columns, h, w), np.uint32)
    filled[:count] = tiles
    whole[:, :h, :, :w] = filled.reshape(rows, grid.columns, h, w).transpose(0, 2, 1, 3)
    flat = whole.reshape(rows * whole.shape[1], -1)
    image = QImage(
        flat.tobytes(), flat.shape[1], flat.shape[0], 4 * flat.shape[1], QImage.Format.Format_ARGB32_Premultiplied
    )
    return QPixmap.fromImage(image)


def _smooth(pixels: np.ndarray, w: int, h: int) -> np.ndarray:
    """One map made smaller, as pixels (h, w)."""
    height, width, _channels = pixels.shape
    image = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
    mode = Qt.TransformationMode.SmoothTransformation
    small = image.scaled(w, h, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
    small = small.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    return np.frombuffer(small.constBits(), np.uint32).reshape(h, small.bytesPerLine() // 4)[:, :w].copy()


class ColourBar(QWidget):
    """What the colours mean: a strip with the lowest, the highest and, for signed values, zero."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lut: Lut = viridis()
        self._low, self._high = 0.0, 1.0
        self.setAccessibleName(_("Colour scale"))
        self.setFont(interface_font(10))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def set_scale(self, lut: Lut, low: float, high: float) -> None:
        """Colours from `low` to `high`."""
        if (low, high) != (self._low, self._high) or lut is not self._lut:
            self._lut, self._low, self._high = lut, low, high
            text = _("Colours from {low} to {high}").format(low=show(low), high=show(high))
            self.setAccessibleDescription(text)
            self.setToolTip(text)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        words = max(self.fontMetrics().horizontalAdvance(show(v)) for v in (self._low, self._high, -8.88))
        return QSize(words + 16, 80)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.sizeHint().width(), 30)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        strip = QRect(0, 6, 8, self.height() - 12)
        gradient = QLinearGradient(strip.bottomLeft(), strip.topLeft())
        for place in range(0, 256, 15):
            gradient.setColorAt(place / 255, QColor(*(int(v) for v in self._lut[place])))
        painter.setPen(QColor(theme.tokens.line))
        painter.setBrush(gradient)
        painter.drawRect(strip)
        painter.setPen(QColor(theme.tokens.muted))
        marks = [(self._high, 0.0), (self._low, 1.0)]
        if self._low < 0 < self._high and self.height() >= 60:
            marks.append((0.0, self._high / (self._high - self._low)))
        ascent = painter.fontMetrics().ascent()
        for value, share in marks:
            baseline = strip.top() + share * strip.height() + ascent / 2 - 1
            painter.drawText(QPoint(13, round(baseline)), show(value))


def picture(values: np.ndarray, lut: Lut, low: float, high: float) -> QImage:
    """An image (height, width) or (channels, height, width) as pixels; three channels are red, green and blue."""
    if values.ndim == 3 and len(values) == 3:
        scaled = np.clip((values - low) / max(high - low, 1e-12) * 255, 0, 255).astype(np.uint8)
        pixels = np.ascontiguousarray(scaled.transpose(1, 2, 0))
    else:
        flat = values[0] if values.ndim == 3 else values
        pixels = np.ascontiguousarray(shade(flat, lut, low, high, QColor(*rgb(QColor(theme.tokens.bad)))))
    height, width, _channels = pixels.shape
    return QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
