"""The small controls that views share: flat tabs, icon buttons, captions, the list of marks and names."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QLabel, QSizePolicy, QToolButton, QWidget

from ui.shell.icons import icon
from ui.shell.theme import interface_font, theme

GAP = 14


class Tabs(QWidget):
    """A row of words of which one is chosen; arrow keys move. Where the row is too narrow, long words are cut short."""

    chosen = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tabs: list[tuple[str, str]] = []
        self._hover = -1
        self.current = ""
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setFont(interface_font(12))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    @property
    def tabs(self) -> list[tuple[str, str]]:
        """(key, word) of each tab."""
        return list(self._tabs)

    def set_tabs(self, tabs: Sequence[tuple[str, str]]) -> None:
        """Offer these (key, word); the chosen one stays where it is still offered, else the first is chosen."""
        if list(tabs) == self._tabs:
            return
        self._tabs = list(tabs)
        keys = [key for key, _word in self._tabs]
        if self.current not in keys:
            self.current = keys[0] if keys else ""
        self._describe()
        self.updateGeometry()
        self.update()

    def choose(self, key: str) -> None:
        """Choose a tab, and say so if it is another one."""
        if key != self.current and key in dict(self._tabs):
            self.show_chosen(key)
            self.chosen.emit(key)

    def show_chosen(self, key: str) -> None:
        """Mark a tab as chosen without choosing it: somebody else has."""
        if key != self.current and key in dict(self._tabs):
            self.current = key
            self._describe()
            self.update()

    def tab_rect(self, key: str) -> QRect:
        """Where a tab is."""
        return self._rects()[[k for k, _word in self._tabs].index(key)]

    def sizeHint(self) -> QSize:
        return QSize(sum(self._widths()) + GAP * max(len(self._tabs) - 1, 0), 24)

    def minimumSizeHint(self) -> QSize:
        return QSize(min(40 * len(self._tabs), self.sizeHint().width()), 24)

    def _describe(self) -> None:
        self.setAccessibleDescription(dict(self._tabs).get(self.current, ""))

    def _widths(self) -> list[int]:
        # Room for the bold face, so that choosing moves nothing.
        metrics = self.fontMetrics()
        return [round(metrics.horizontalAdvance(word) * 1.1) + 4 for _key, word in self._tabs]

    def _rects(self) -> list[QRect]:
        widths = self._widths()
        gap = GAP
        if widths and sum(widths) + gap * (len(widths) - 1) > self.width():
            gap = 8
            room = self.width() - gap * (len(widths) - 1)
            widths = [max(room * w // sum(widths), 12) for w in widths]
        rects, left = [], 0
        for width in widths:
            rects.append(QRect(left, 0, width, self.height()))
            left += width + gap
        return rects

    def _at(self, x: float) -> int:
        return next((i for i, r in enumerate(self._rects()) if r.left() - 4 <= x <= r.right() + 4), -1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = self._at(event.position().x())
        self.setToolTip(self._tabs[self._hover][1] if self._hover >= 0 else "")
        self.setCursor(Qt.CursorShape.PointingHandCursor if self._hover >= 0 else Qt.CursorShape.ArrowCursor)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self._at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and index >= 0:
            self.choose(self._tabs[index][0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()), 0)
        keys = [key for key, _word in self._tabs]
        if not move or not keys:
            super().keyPressEvent(event)
            return
        self.choose(keys[(keys.index(self.current) + move) % len(keys)])

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        tokens = theme.tokens
        for i, ((key, word), rect) in enumerate(zip(self._tabs, self._rects(), strict=True)):
            chosen = key == self.current
            painter.setFont(interface_font(12, bold=chosen))
            painter.setPen(QColor(tokens.text if chosen or i == self._hover else tokens.muted))
            fitting = painter.fontMetrics().elidedText(word, Qt.TextElideMode.ElideRight, rect.width())
            painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, fitting)
            if chosen and (self.hasFocus() or len(self._tabs) > 1):
                painter.fillRect(rect.left(), rect.bottom() - 1, rect.width(), 2, QColor(tokens.accent))
        if self.hasFocus():
            painter.setPen(QColor(tokens.accent))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)


class IconButton(QToolButton):
    """A flat button with an icon; its tooltip is its name."""

    def __init__(self, glyph: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._glyph = glyph
        self.setToolTip(name)
        self.setAccessibleName(name)
        self.setFixedSize(24, 24)
        self.setIconSize(QSize(16, 16))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        tokens = theme.tokens
        self.setIcon(icon(self._glyph, tokens.muted, tokens.line))
        self.setStyleSheet(
            "QToolButton { border: 1px solid transparent; border-radius: 6px; background: transparent; padding: 2px; }"
            f"QToolButton:hover {{ background: {tokens.hover}; }}"
            f"QToolButton:checked {{ background: {tokens.hover}; border-color: {tokens.accent}; }}"
            f"QToolButton:focus {{ border-color: {tokens.accent}; }}"
            "QToolButton::menu-indicator { image: none; }"
        )


class TextButton(QAbstractButton):
    """A flat button with words in the accent colour."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setToolTip(text)
        self.setAccessibleName(text)
        self.setFont(interface_font(12))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 14, 24)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = theme.tokens
        if self.underMouse() and self.isEnabled():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.hover))
            painter.drawRoundedRect(self.rect(), 6, 6)
        if self.hasFocus():
            painter.setPen(QColor(tokens.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 6, 6)
        painter.setPen(QColor(tokens.accent if self.isEnabled() else tokens.muted))
        room = self.rect().adjusted(6, 0, -6, 0)
        text = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)


class Caption(QLabel):
    """One line of small text that is cut short where it doesn't fit; the whole is its tooltip."""

    def __init__(self, parent: QWidget | None = None, pixels: int = 11, quiet: bool = True, bold: bool = False) -> None:
        super().__init__(parent)
        self._quiet = quiet
        self.setFont(interface_font(pixels, bold))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def setText(self, text: str) -> None:
        if text != self.text():
            super().setText(text)
            self.setToolTip(text)

    def minimumSizeHint(self) -> QSize:
        return QSize(20, self.fontMetrics().height() + 2)

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 2, self.fontMetrics().height() + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(QColor(theme.tokens.muted if self._quiet else theme.tokens.text))
        text = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), self.alignment() | Qt.AlignmentFlag.AlignVCenter, text)


class Keys(QWidget):
    """What marks and colours mean: (mark, colour, words) each, in a row that wraps."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: list[tuple[str, str, str]] = []
        self.setFont(interface_font(11))
        # Fixed would hold it at the height of its hint, which is that of a single row.
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.changed.connect(self.update)

    def set_entries(self, entries: Sequence[tuple[str, str, str]]) -> None:
        """Show these."""
        if list(entries) != self._entries:
            self._entries = list(entries)
            self.setAccessibleName(", ".join(words for _mark, _colour, words in entries))
            self.updateGeometry()
            self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        places = self._places(width)
        return places[-1][1] + self.fontMetrics().height() + 2 if places else 0

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        whole = sum(28 + metrics.horizontalAdvance(words) for _mark, _colour, words in self._entries)
        return QSize(whole, self.heightForWidth(max(whole, 60)))

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self.fontMetrics().height() + 2 if self._entries else 0)

    def _places(self, width: int) -> list[tuple[int, int]]:
        places, x, y = [], 0, 0
        metrics = self.fontMetrics()
        for _mark, _colour, words in self._entries:
            w = 16 + metrics.horizontalAdvance(words)
            if x and x + w > width:
                x, y = 0, y + metrics.height() + 3
            places.append((x, y))
            x += w + 12
        return places

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        metrics = self.fontMetrics()
        for (mark, colour, words), (x, y) in zip(self._entries, self._places(self.width()), strict=True):
            painter.setPen(QColor(colour))
            painter.drawText(x, y + metrics.ascent(), mark)
            painter.setPen(QColor(theme.tokens.text))
            painter.drawText(
                x + 16,
                y + metrics.ascent(),
                metrics.elidedText(words, Qt.TextElideMode.ElideRight, self.width() - x - 16),
            )
