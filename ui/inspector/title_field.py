"""A name that is edited where it stands, and a text of several lines."""

from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from dllab.declare import FormField
from dllab.text import N_
from ui.inspector.number import LineField
from ui.shell.labels import literal
from ui.shell.theme import interface_font

_NAME = FormField("title", N_("Name"), "", "text", "", None, None, (False, False), (), False)
_LONGEST_TITLE = 200
_PAUSE_MS = 600
_SIZES = (15, 14, 13, 12)
_AROUND = 14
"""Pixels of a line field that hold no text."""


class TitleField(LineField):
    """Looks like a heading until it has the focus. An empty name brings the usual one back."""

    def __init__(self, usual: str = "", parent: QWidget | None = None) -> None:
        self._usual = usual
        super().__init__(_NAME, parent)
        self.setProperty("role", "title")
        self.setMaxLength(_LONGEST_TITLE)
        self.textChanged.connect(self._fit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As large as the width allows; what is still too long is told by the tooltip."""
        room = self.width() - _AROUND
        fonts = [interface_font(pixels, bold=True) for pixels in _SIZES]
        fitting = [font for font in fonts if QFontMetrics(font).horizontalAdvance(self.text()) <= room]
        self.setFont((fitting or fonts[-1:])[0])
        self.setToolTip("" if fitting else literal(self.text()))

    def read(self, text: str) -> Any:
        text = text.strip()
        return "" if text == self._usual else text

    def as_text(self, value: Any) -> str:
        return str(value or self._usual)


class NoteField(QPlainTextEdit):
    """Plain text of several lines; committed when the typing pauses and when the field is left."""

    committed = Signal(str)

    def __init__(self, name: str, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setPlaceholderText(hint)
        self.setTabChangesFocus(True)
        self.setFont(interface_font(13))
        self._value = ""
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self.commit)
        self.textChanged.connect(self._on_changed)

    def show_value(self, text: str) -> None:
        """Show a text; what is being typed stays while the text below it is the same."""
        if text == self._value:
            return
        self._value = text
        if text != self.toPlainText():
            self.setPlainText(text)
            self._pause.stop()

    def commit(self) -> None:
        """Hand over what was typed."""
        self._pause.stop()
        if self.toPlainText() != self._value:
            self.committed.emit(self.toPlainText())

    def _on_changed(self) -> None:
        if self.toPlainText() != self._value:
            self._pause.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.commit()
            event.ignore()  # leaving is the window's affair; what was typed is kept
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.commit()
        super().focusOutEvent(event)
