"""Buttons of the window: one that follows a command, and the chips that open an editor."""

from typing import Literal

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QPushButton, QSizePolicy, QWidget

from ui.shell.icons import glyph, icon, icon_font
from ui.shell.labels import literal
from ui.shell.theme import interface_font, theme

ICON_AND_GAP = QSize(21, 16)
"""An icon of 16 pixels and the space before a text."""
_BARE = 44
"""Width of a chip without words."""

Fold = Literal["no", "remarks", "words"]
"""What a chip leaves out."""


class CommandButton(QPushButton):
    """Presses a command's action and shows its text, tooltip and whether it can be done now."""

    def __init__(self, action: QAction, icon_name: str, primary: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._action, self._icon, self._primary, self._compact = action, icon_name, primary, False
        self.setProperty("primary", primary)
        self.setObjectName(action.objectName())
        self.setIconSize(ICON_AND_GAP)
        self.setMinimumHeight(32)
        self.clicked.connect(lambda _checked=False: action.trigger())
        action.changed.connect(self._follow)
        theme.changed.connect(self._follow)
        self._follow()

    def show_icon(self, name: str) -> None:
        """Wear another icon: what the button does has changed."""
        if name != self._icon:
            self._icon = name
            self._follow()

    def set_compact(self, compact: bool) -> None:
        """Only the icon, where there is little room."""
        self._compact = compact
        self._follow()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # What has been begun by the first click would be halted by the second; steps may follow each other as quickly.
        if not self._primary:
            super().mouseDoubleClickEvent(event)

    def hold_width(self, texts: list[str]) -> None:
        """Be wide enough for each of these texts, so that the row doesn't jump."""
        metrics = QFontMetrics(self.font())
        self.setMinimumWidth(max(metrics.horizontalAdvance(text) for text in texts) + 64)

    def _follow(self) -> None:
        words = self._action.text().rstrip("…")
        self.setText("" if self._compact else words)
        self.setIconSize(QSize(16, 16) if self._compact else ICON_AND_GAP)
        self.setAccessibleName(words)
        self.setToolTip(self._action.toolTip())
        self.setEnabled(self._action.isEnabled())
        tokens = theme.tokens
        self.setIcon(icon(self._icon, tokens.on_accent if self._primary else tokens.text, tokens.muted))


class Chip(QAbstractButton):
    """A pill with an icon, a choice and a remark: what is chosen, and where to change it."""

    def __init__(self, icon_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon, self._title, self._detail, self._tip = icon_name, "", "", ""
        self._fold: Fold = "no"
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme.changed.connect(self.update)

    def say(self, title: str, detail: str, tip: str) -> None:
        """Show a choice and a remark."""
        if (title, detail, tip) != (self._title, self._detail, self._tip):
            self._title, self._detail, self._tip = title, detail, tip
            self.setAccessibleName(" · ".join(filter(None, (title, detail))))
            self.setAccessibleDescription(tip)
            self._follow()

    def set_fold(self, fold: Fold) -> None:
        """Leave the remark out, or all words but those of the tooltip."""
        self._fold = fold
        self._follow()

    def _follow(self) -> None:
        said = self.accessibleName() if self._fold == "words" else ""
        self.setToolTip(literal("\n".join(filter(None, (said, self._tip)))))
        self.updateGeometry()
        self.update()

    @property
    def words(self) -> tuple[str, str]:
        """The choice and the remark as they stand there now."""
        return "" if self._fold == "words" else self._title, self._detail if self._fold == "no" else ""

    def sizeHint(self) -> QSize:
        title, detail = self.words
        if not title:
            return QSize(_BARE, 32)
        width = 38 + QFontMetrics(interface_font(13)).horizontalAdvance(title) + 16
        if detail:
            width += 12 + QFontMetrics(interface_font(11)).horizontalAdvance(detail)
        return QSize(width, 32)

    def minimumSizeHint(self) -> QSize:
        return QSize(64 if self.words[0] else _BARE, 32)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lit = self.isChecked() or self.hasFocus()
        ground = tokens.hover if self.underMouse() or self.isChecked() else tokens.background
        painter.setPen(QPen(QColor(tokens.accent if lit else tokens.line), 1))
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 16, 16)
        painter.setFont(icon_font(16))
        painter.setPen(QColor(tokens.muted))
        at = 13 if self.words[0] else (self.width() - 18) / 2
        painter.drawText(QRectF(at, 0, 18, self.height()), Qt.AlignmentFlag.AlignCenter, glyph(self._icon))
        self._paint_words(painter)
        painter.end()

    def _paint_words(self, painter: QPainter) -> None:
        title, detail = self.words
        room = self.width() - 38 - 14
        metrics = QFontMetrics(interface_font(13))
        shown = metrics.elidedText(title, Qt.TextElideMode.ElideRight, room)
        baseline = (self.height() + metrics.ascent() - metrics.descent()) // 2
        painter.setFont(interface_font(13))
        painter.setPen(QColor(theme.tokens.text))
        painter.drawText(QPoint(38, baseline), shown)
        used = metrics.horizontalAdvance(shown) + 10
        if detail and room > used:
            small = QFontMetrics(interface_font(11))
            painter.setFont(interface_font(11))
            painter.setPen(QColor(theme.tokens.muted))
            left = small.elidedText(detail, Qt.TextElideMode.ElideRight, room - used)
            painter.drawText(QPoint(38 + used, baseline), left)
