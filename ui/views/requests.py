"""Pictures that take a while: asked for once, with how far they are and a way to give them up."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from dllab.engine.protocol import Picture
from dllab.text import _
from ui.shell.theme import theme
from ui.views.base import View, Want
from ui.views.controls import TextButton
from ui.views.numbers import percent


class Request:
    """What a view asks for under one key, and the last answer. Another question replaces the one under way."""

    def __init__(self, view: View, key: str) -> None:
        self._view, self._key = view, key
        self._asked = 0
        self._pending: Want | None = None
        self.share = 0.0
        self.answer: Picture | None = None
        """The last one that is complete; while one is on its way with something to draw, that."""
        self.problem = ""
        """Why there is no answer."""

    @property
    def under_way(self) -> bool:
        """Whether an answer is being computed."""
        return self._pending is not None

    def wants(self) -> dict[str, Want]:
        """For the view's own `wants`."""
        return {self._key: self._pending} if self._pending is not None else {}

    def begin(self, want: Want) -> None:
        """Ask for this."""
        self._asked += 1
        self._pending = Want(want.probe, {**want.params, "asked": self._asked})
        self.share, self.problem = 0.0, ""
        self._view.ask()
        self._view.mark()

    def cancel(self) -> None:
        """Give it up."""
        self._pending = None
        self._view.ask()
        self._view.mark()

    def forget(self) -> None:
        """Drop the answer too: what it was about is gone."""
        self._pending, self.answer, self.problem = None, None, ""
        self._view.ask()

    def arrived(self, key: str) -> None:
        """For the view's own `arrived`."""
        if key != self._key or self._pending is None:
            return
        picture = self._view.pictures.pop(key)
        self.share, self.problem = float(picture.labels.get("progress", 1.0)), picture.message
        if picture.arrays:
            self.answer = picture
        if picture.message or self.share >= 1.0:
            self.cancel()


class RequestBar(QWidget):
    """A button that asks; while the answer is on its way, a bar and a button that gives it up."""

    asked = Signal()
    cancelled = Signal()

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ask_button = TextButton(words, self)
        self.ask_button.clicked.connect(self.asked)
        self.bar = _Bar(self)
        self.cancel_button = TextButton(_("Cancel"), self)
        self.cancel_button.clicked.connect(self.cancelled)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for widget in (self.ask_button, self.bar, self.cancel_button):
            row.addWidget(widget)
        self.show_request(False, 0.0)

    def show_request(self, under_way: bool, share: float) -> None:
        """How far it is."""
        self.ask_button.setVisible(not under_way)
        self.bar.setVisible(under_way)
        self.cancel_button.setVisible(under_way)
        self.bar.set_share(share)

    def set_words(self, words: str) -> None:
        """What the button says."""
        if words != self.ask_button.text():
            self.ask_button.setText(words)
            self.ask_button.setToolTip(words)
            self.ask_button.setAccessibleName(words)
            self.ask_button.updateGeometry()


class _Bar(QWidget):
    """A thin bar."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._share = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(_("How far it is"))

    def set_share(self, share: float) -> None:
        self._share = share
        self.setToolTip(percent(share))
        self.setAccessibleDescription(percent(share))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(90, 24)

    def minimumSizeHint(self) -> QSize:
        return QSize(30, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        track = QRectF(0, self.height() / 2 - 2, self.width(), 4)
        painter.setBrush(QColor(theme.tokens.line))
        painter.drawRoundedRect(track, 2, 2)
        painter.setBrush(QColor(theme.tokens.accent))
        painter.drawRoundedRect(QRectF(track.left(), track.top(), track.width() * self._share, 4), 2, 2)
