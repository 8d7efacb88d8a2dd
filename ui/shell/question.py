"""A question over the window that must be answered first: closing without saving, writing over somebody's work."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget

_Role = QMessageBox.ButtonRole


@dataclass(frozen=True)
class Answer:
    """A button of a question; the texts are our own because Qt's come in the language of the desktop."""

    text: str
    do: Callable[[], object] | None
    default: bool = False
    cancel: bool = False


class Question(QMessageBox):
    """One sentence, one remark, a few buttons. Nothing waits in a nested event loop: the answers are called."""

    def __init__(self, parent: QWidget, sentence: str, remark: str, answers: Sequence[Answer]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(parent.windowTitle().replace("[*]", ""))
        self.setIcon(QMessageBox.Icon.NoIcon)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(sentence)
        self.setInformativeText(remark)
        self.setStyleSheet("QLabel#qt_msgbox_label { font-weight: 600; }")
        self._answers: dict[QPushButton, Answer] = {}
        for answer in answers:
            role = _Role.RejectRole if answer.cancel else _Role.AcceptRole if answer.default else _Role.DestructiveRole
            button = self.addButton(answer.text, role)
            self._answers[button] = answer
            if answer.default:
                button.setProperty("primary", True)
                button.style().polish(button)
                self.setDefaultButton(button)
            if answer.cancel:
                self.setEscapeButton(button)
        self.buttonClicked.connect(self._answered)

    def press(self, text: str) -> None:
        """Give the answer that is written on a button."""
        next(button for button, answer in self._answers.items() if answer.text == text).click()

    def _answered(self, button: QPushButton) -> None:
        do = self._answers[button].do
        if do is not None:
            do()
