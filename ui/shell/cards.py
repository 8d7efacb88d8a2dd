"""The cards of the welcome page: a template with its network, or something else to start from."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from dllab.document.experiment import Experiment
from ui.shell.icons import glyph, icon_font
from ui.shell.theme import interface_font, theme

_HEIGHT, _PICTURE = 192, 88
_WRAP = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop


class StartCard(QAbstractButton):
    """A picture, a title and one sentence; pressing it starts something."""

    def __init__(self, title: str, sentence: str, icon_name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.sentence, self._icon = title, sentence, icon_name
        self.experiment: Experiment | None = None
        self.setAccessibleName(title)
        self.setAccessibleDescription(sentence)
        self.setToolTip(f"{title}\n{sentence}")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)
        theme.changed.connect(self.update)

    def show_network(self, experiment: Experiment) -> None:
        """Draw this network on the card."""
        self.experiment = experiment
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(236, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.tokens
        lit = self.hasFocus() or self.underMouse()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.accent if lit else tokens.line), 2 if self.hasFocus() else 1))
        painter.setBrush(QColor(tokens.surface))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        self._paint_picture(painter, QRectF(9, 9, self.width() - 18, _PICTURE))
        self._paint_words(painter, QRect(14, _PICTURE + 18, self.width() - 28, _HEIGHT - _PICTURE - 26))
        painter.end()

    def _paint_picture(self, painter: QPainter, room: QRectF) -> None:
        tokens = theme.tokens
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.canvas if self.experiment or not self._icon else tokens.hover))
        painter.drawRoundedRect(room, 6, 6)
        if self.experiment:
            # It knows the canvas' geometry, and the window is on the screen before the canvas is imported.
            from ui.shell.preview import draw_network
            from ui.shell.sketches import draw_data

            side = room.height() - 26
            data = QRectF(room.right() - side - 10, room.top() + 13, side, side)
            network = QRectF(room.left() + 10, room.top() + 8, data.left() - room.left() - 20, room.height() - 16)
            draw_network(painter, network, self.experiment)
            draw_data(painter, data, self.experiment.data.kind)
        elif self._icon:
            painter.setPen(QColor(tokens.accent))
            painter.setFont(icon_font(34))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, glyph(self._icon))

    def _paint_words(self, painter: QPainter, room: QRect) -> None:
        bold = interface_font(13, bold=True)
        used = QFontMetrics(bold).boundingRect(room, int(_WRAP), self.title)
        painter.setFont(bold)
        painter.setPen(QColor(theme.tokens.text))
        painter.drawText(room, int(_WRAP), self.title)
        painter.setFont(interface_font(12))
        painter.setPen(QColor(theme.tokens.muted))
        below = room.adjusted(0, used.height() + 4, 0, 0)
        painter.drawText(below, int(_WRAP), fitted(self.sentence, painter.fontMetrics(), below))


def fitted(text: str, metrics: QFontMetrics, room: QRect) -> str:
    """As many words of a text as there is room for, and an ellipsis if these are not all."""

    def fits(shown: str) -> bool:
        return metrics.boundingRect(QRect(0, 0, room.width(), 10_000), int(_WRAP), shown).height() <= room.height()

    if fits(text):
        return text
    words = text.split(" ")
    return next((short for n in range(len(words) - 1, 0, -1) if fits(short := " ".join(words[:n]) + " …")), "…")
