"""The little card beside the pointer that says the numbers there."""

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QWidget

from ui.shell.theme import interface_font, theme

Line = tuple[str, str, str]
"""A mark, its colour, and words."""


class Readout(QLabel):
    """Lives inside the widget it speaks about and never leaves it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._room = parent
        self.plain = ""
        """What it says, for screen readers."""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setFont(interface_font(11))
        self.hide()

    def say(self, title: str, lines: Sequence[Line], at: QPoint) -> None:
        """Show a title and lines beside a place in the parent."""
        tokens = theme.tokens
        self.setStyleSheet(
            f"color: {tokens.text}; background: {tokens.surface}; border: 1px solid {tokens.line};"
            "border-radius: 6px; padding: 4px 7px;"
        )
        parts = [f"<span style='color:{tokens.muted}'>{escape(title)}</span>"] if title else []
        parts += [
            f"<span style='color:{c}'>{escape(mark)}</span>&nbsp;&nbsp;{escape(words)}" for mark, c, words in lines
        ]
        self.setText("<div style='white-space:pre'>" + "<br>".join(parts) + "</div>")
        self.plain = "; ".join([title, *(words for _mark, _colour, words in lines)]).strip("; ")
        self.adjustSize()
        self._place(at)
        self.show()
        self.raise_()

    def _place(self, at: QPoint) -> None:
        room = self._room.size()
        x = at.x() + 14 if at.x() + 14 + self.width() <= room.width() else at.x() - 14 - self.width()
        y = at.y() - self.height() // 2
        self.move(_kept(x, room.width() - self.width()), _kept(y, room.height() - self.height()))


def _kept(place: int, most: int) -> int:
    return max(min(place, most - 2), 2)
