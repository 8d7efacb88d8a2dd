"""Texts that may come from a file: shortened where there is no room, and never taken for markup."""

import html

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


def literal(text: str) -> str:
    """A tooltip that shows this text as it is: Qt takes whatever looks like HTML for HTML, and loads its pictures."""
    return f"<p style='white-space: pre-wrap'>{html.escape(text)}</p>" if "<" in text or "&" in text else text


class Elided(QLabel):
    """One line of plain text, never cut off without an ellipsis."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.whole = ""
        self._tip = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def say(self, text: str, tip: str = "") -> None:
        """Show a text; `tip` is more than the text says."""
        if (text, tip) != (self.whole, self._tip):
            self.whole, self._tip = text, tip
            self.setAccessibleName(text)
            self._fit()
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        margins = self.contentsMargins()
        width = self.fontMetrics().horizontalAdvance(self.whole) + margins.left() + margins.right() + 2
        return QSize(width, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(min(48, self.sizeHint().width()), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self.whole, Qt.TextElideMode.ElideRight, self.contentsRect().width())
        self.setText(shown)
        self.setToolTip(literal("\n".join(filter(None, (self.whole if shown != self.whole else "", self._tip)))))
