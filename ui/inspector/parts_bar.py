"""How many samples train, validate and test, as a bar and in numbers."""

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from dllab.text import N_, _
from ui.shell.theme import Tokens, interface_font, theme

_NAMES = (("train", N_("training")), ("validation", N_("validation")), ("test", N_("test, sealed")))


class PartsBar(QWidget):
    """Three stretches of one bar, each with its count and its name below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(_("Samples in each part"))
        self._parts: Mapping[str, int] = {}

    def show_parts(self, parts: Mapping[str, int]) -> None:
        """Show these counts."""
        self._parts = parts
        self.setAccessibleDescription(", ".join(f"{_(name)}: {parts.get(key, 0):,}" for key, name in _NAMES))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 48)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.tokens
        colours = {"train": t.train, "validation": t.validation, "test": t.muted}
        total = sum(self._parts.values())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QPainterPath()
        whole.addRoundedRect(QRectF(0, 0, self.width(), 10), 5, 5)
        painter.setClipPath(whole)
        painter.fillRect(0, 0, self.width(), 10, QColor(t.line))
        left = 0.0
        for key, _name in _NAMES:
            width = self.width() * self._parts.get(key, 0) / total if total else 0.0
            painter.fillRect(QRectF(left, 0, width - 1, 10), QColor(colours[key]))
            left += width
        painter.setClipping(False)
        self._paint_legend(painter, t, colours)
        painter.end()

    def _paint_legend(self, painter: QPainter, t: Tokens, colours: Mapping[str, str]) -> None:
        third = self.width() / len(_NAMES)
        for index, (key, name) in enumerate(_NAMES):
            left = index * third
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours[key]))
            painter.drawRoundedRect(QRectF(left, 19, 8, 8), 2, 2)
            painter.setPen(QColor(t.text))
            painter.setFont(interface_font(12, bold=True))
            count = f"{self._parts[key]:,}" if key in self._parts else "…"
            painter.drawText(QRectF(left + 13, 14, third - 13, 18), int(Qt.AlignmentFlag.AlignVCenter), count)
            painter.setPen(QColor(t.muted))
            painter.setFont(interface_font(11))
            painter.drawText(QRectF(left + 13, 31, third - 13, 16), int(Qt.AlignmentFlag.AlignVCenter), _(name))
