"""How much each part of a sample counts, drawn on the sample itself: colours over a picture, shades behind words."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from dllab.text import _
from ui.shell.theme import interface_font, theme
from ui.views.colours import heat, ink, rgb, shade, text_on
from ui.views.heat import Cell, HeatMap
from ui.views.numbers import show
from ui.views.readout import Readout

_STRONGEST = 0.85
"""The picture shows through even where it counts most."""
_FAINT = 0.5


class Overlay(HeatMap):
    """One map of numbers over a picture of the same height and width."""

    def __init__(self, parent: QWidget | None = None, name: str = "") -> None:
        super().__init__(parent, name)
        self._under: np.ndarray | None = None

    def set_overlay(self, values: np.ndarray, under: np.ndarray) -> None:
        """Show numbers (height, width) over an image (channels, height, width)."""
        self._under = under
        self.set_values(values[None])

    def words(self, cell: Cell) -> str:
        _index, row, column = cell
        text = _("row {row}, column {column} counts {value}")
        return text.format(row=row, column=column, value=show(float(self.values[cell])))

    def _recolour(self) -> None:
        super()._recolour()
        if self._pixels is None or self._under is None:
            return
        ground = _grey(self._under)
        most = max(abs(self.low), abs(self.high), 1e-30)
        share = np.clip(np.abs(np.nan_to_num(self.values)) / most, 0, 1)[..., None] * _STRONGEST
        self._pixels = (share * self._pixels + (1 - share) * ground[None]).astype(np.uint8)

    def _paint_numbers(self, painter: QPainter) -> None:
        """None: they would hide the picture."""


def _grey(image: np.ndarray) -> np.ndarray:
    """An image as faint grey pixels, so that colours on it stand out."""
    flat = image.mean(0)
    low, high = min(float(flat.min()), 0.0), float(flat.max())
    pixels = shade(flat, ink(theme.tokens.dark), low, high if high > low else low + 1.0, QColor(theme.tokens.bad))
    faint: np.ndarray = (_FAINT * pixels + (1 - _FAINT) * np.array(rgb(QColor(theme.tokens.surface)))).astype(np.uint8)
    return faint


class ShadedWords(QWidget):
    """Words in reading order, each on a ground that says how much it counts. Arrow keys go from word to word."""

    def __init__(self, parent: QWidget | None = None, name: str = "") -> None:
        super().__init__(parent)
        self.words: list[str] = []
        self.values: np.ndarray = np.zeros(0)
        self._cursor = -1
        self.readout = Readout(self)
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFont(interface_font(14))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def set_words(self, words: Sequence[str], values: np.ndarray) -> None:
        """Show these, one number a word."""
        self.words, self.values = list(words), values
        if self._cursor >= len(self.words):
            self._point(-1)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 120)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 40)

    def places(self) -> list[QRect]:
        """Where each word stands."""
        metrics = self.fontMetrics()
        line, found, x, y = metrics.height() + 10, [], 2, 2
        for word in self.words:
            width = metrics.horizontalAdvance(word) + 10
            if x + width > self.width() - 2 and x > 2:
                x, y = 2, y + line + 4
            found.append(QRect(x, y, width, line))
            x += width + 3
        below = self.height() - (found[-1].bottom() + 2 if found else 0)
        return [rect.translated(0, max(below // 2, 0)) for rect in found]

    def _said(self, index: int) -> str:
        return _("“{word}” counts {value}").format(word=self.words[index], value=show(float(self.values[index])))

    def _point(self, index: int) -> None:
        self._cursor = index
        if index < 0:
            self.readout.hide()
        else:
            text = self._said(index)
            self.readout.say("", [("■", theme.tokens.text, text)], self.places()[index].center() + QPoint(0, 26))
            self.setAccessibleDescription(text)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        self._point(next((i for i, rect in enumerate(self.places()) if rect.contains(place)), -1))

    def leaveEvent(self, event: object) -> None:
        self._point(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()), 0)
        if not move or not self.words:
            super().keyPressEvent(event)
            return
        self._point(min(max(self._cursor + move, 0), len(self.words) - 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.words:
            return
        lut, low, high = heat(self.values, theme.tokens)
        pixels = shade(self.values, lut, low, high, QColor(theme.tokens.bad))
        for index, (word, rect) in enumerate(zip(self.words, self.places(), strict=True)):
            ground = QColor(*(int(v) for v in pixels[index]))
            marked = index == self._cursor
            painter.setPen(QColor(theme.tokens.text) if marked else Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(QRectF(rect), 4, 4)
            painter.setPen(text_on(ground))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, word)
        if self.hasFocus():
            painter.setPen(QColor(theme.tokens.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)
