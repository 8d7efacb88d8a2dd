"""The label beside the mouse that says what letting go would do."""

from typing import Literal, NamedTuple

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QWidget

from dllab.text import _
from ui.shell.theme import interface_font, theme

Tone = Literal["accent", "warning", "bad"]
ACCENT: Tone = "accent"
WARNING: Tone = "warning"
BAD: Tone = "bad"
_WIDEST = 380
_MARGIN = 8


class HintText(NamedTuple):
    """A remark and how grave it is."""

    text: str
    tone: Tone = ACCENT


def insert_hint(kind: str, reason: str) -> HintText:
    """What dropping a layer on a wire does."""
    if reason:
        return HintText(_("drop to insert") + "\n" + reason, WARNING)
    return HintText(_("drop to insert"), ACCENT)


class Hint(QLabel):
    """Stands beside a point of its parent, never outside it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._ground = parent
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(interface_font(12))
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setContentsMargins(10, 5, 10, 5)
        self.hide()

    def say(self, hint: HintText | None, at: QPoint | None = None) -> None:
        """Show a remark beside a point, or nothing."""
        if hint is None:
            self.hide()
            return
        # A shape is not broken over two lines.
        hint = hint._replace(text=hint.text.replace(" × ", "\u00a0×\u00a0"))
        if hint.text != self.text() or not self.isVisible():
            self.setText(hint.text)
            self._wear(hint.tone)
            self.setWordWrap(False)
            wide = self.sizeHint().width() > _WIDEST
            self.setWordWrap(wide)
            self.resize(_WIDEST if wide else self.sizeHint().width(), 10)
            self.resize(self.width(), self.heightForWidth(self.width()) if wide else self.sizeHint().height())
        self.move(self._beside(at or QPoint()))
        self.show()
        self.raise_()

    def _beside(self, at: QPoint) -> QPoint:
        parent = self._ground
        right, below = parent.width() - self.width() - _MARGIN, parent.height() - self.height() - _MARGIN
        x = at.x() + 22
        y = at.y() + 18 if at.y() + 18 <= below else at.y() - self.height() - 18
        return QPoint(max(_MARGIN, min(x, right)), max(_MARGIN, min(y, below)))

    def _wear(self, tone: Tone) -> None:
        tokens = theme.tokens
        colour = getattr(tokens, tone)
        self.setStyleSheet(
            f"background: {tokens.surface}; color: {colour}; border: 1px solid {colour}; border-radius: 8px;"
        )
