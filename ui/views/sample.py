"""One sample as what it is: an image, or the named numbers of a row."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.shell.labels import literal
from ui.shell.theme import interface_font, number_font, theme
from ui.views.colours import ink
from ui.views.heat import picture
from ui.views.numbers import show
from ui.views.sequence import paint_lines, words_of

_ROW = 16


class SamplePicture(QWidget):
    """Paints an input (channels, height, width) or (features,), a sequence (length, features) or words."""

    def __init__(self, parent: QWidget | None = None, name: str = "") -> None:
        super().__init__(parent)
        self.values: np.ndarray | None = None
        self.words = ""
        """The sample as text, where it is one."""
        self._features: list[str] = []
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def set_sample(self, values: np.ndarray, features: list[str], tokens: Sequence[str] = ()) -> None:
        """Show this one; `features` name the numbers of a row, `tokens` the indices of a sequence."""
        if self.values is None or self.values.shape != values.shape:
            self.updateGeometry()
        self.values = values
        self.words = words_of(values, tokens) if tokens else ""
        if self.words:
            self.setToolTip(self.words)
            self.setAccessibleDescription(self.words)
        self._features = features if len(features) == values.size else [str(i) for i in range(values.size)]
        if values.ndim == 1 and not self.words:
            lines = [f"{n} {show(float(v))}" for n, v in zip(self._features, values, strict=True)]
            self.setToolTip(literal("\n".join(lines[:40])))
            self.setAccessibleDescription(", ".join(lines[:40]))
        self.update()

    @property
    def is_image(self) -> bool:
        """Whether the sample has height and width."""
        return self.values is not None and self.values.ndim == 3

    def sizeHint(self) -> QSize:
        parent = self.parentWidget()
        room = parent.width() if parent is not None else 300
        share = 0.22 if self.is_image else 0.3
        return QSize(min(max(round(room * share), 56), 150), 60)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.values is None:
            return
        painter = QPainter(self)
        if self.words:
            painter.setFont(interface_font(12))
            painter.setPen(QColor(theme.tokens.text))
            wrap = Qt.TextFlag.TextWordWrap if " " in self.words else Qt.TextFlag.TextWrapAnywhere
            flags = Qt.AlignmentFlag.AlignVCenter | wrap
            painter.drawText(self.rect(), int(flags), self.words)
        elif self.values.ndim == 2:
            height = min(self.height(), self.width())
            place = QRectF(1, (self.height() - height) / 2, self.width() - 2, height).adjusted(0, 4, 0, -4)
            paint_lines(painter, place, self.values, float(self.values.min()), float(self.values.max()))
        elif self.is_image:
            self._paint_image(painter, self.values)
        else:
            self._paint_row(painter, self.values)

    def _paint_image(self, painter: QPainter, values: np.ndarray) -> None:
        height, width = values.shape[-2:]
        scale = min((self.width() - 2) / width, (self.height() - 2) / height)
        scale = max(int(scale), 1) if scale >= 1 else scale
        w, h = round(width * scale), round(height * scale)
        place = QRect((self.width() - w) // 2, (self.height() - h) // 2, w, h)
        low, high = min(float(values.min()), 0.0), max(float(values.max()), 1e-12)
        painter.drawImage(place, picture(values, ink(theme.tokens.dark), low, high))
        painter.setPen(QColor(theme.tokens.line))
        painter.drawRect(place.adjusted(-1, -1, 0, 0))

    def _paint_row(self, painter: QPainter, values: np.ndarray) -> None:
        tokens = theme.tokens
        fits = max(self.height() // _ROW, 1)
        shown = values.size if values.size <= fits else fits - 1
        top = max((self.height() - _ROW * min(values.size, fits)) // 2, 0)
        numbers = [show(float(v)) for v in values[:shown]]
        painter.setFont(number_font(11))
        room = max((painter.fontMetrics().horizontalAdvance(n) for n in numbers), default=0)
        for i, number in enumerate(numbers):
            line = QRect(0, top + i * _ROW, self.width(), _ROW)
            painter.setFont(number_font(11))
            painter.setPen(QColor(tokens.text))
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, number)
            painter.setFont(interface_font(11))
            painter.setPen(QColor(tokens.muted))
            name = painter.fontMetrics().elidedText(
                self._features[i], Qt.TextElideMode.ElideRight, self.width() - room - 6
            )
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, name)
        if shown < values.size:
            painter.drawText(
                QRect(0, top + shown * _ROW, self.width(), _ROW),
                Qt.AlignmentFlag.AlignVCenter,
                f"+ {values.size - shown}",
            )
