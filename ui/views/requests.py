"""Pictures that take a while: asked for once, with how far they are and a way to give them up."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from dllab.document.experiment import Experiment
from dllab.engine.protocol import Picture
from dllab.text import _
from ui.link.runs import Run
from ui.shell.theme import interface_font, theme
from ui.views.base import View, Want
from ui.views.controls import TextButton
from ui.views.numbers import percent

Outlives = Callable[[Picture, Experiment, Experiment], bool]
"""Whether an answer about the first experiment holds for a run of the second as well."""


class Request(QObject):
    """What a view asks for under one key, and the last answer. Another question replaces the one under way; another run
    ends it, unless what it is about is the same there."""

    def __init__(self, view: View, key: str, outlives: Outlives | None = None) -> None:
        super().__init__(view)
        self._view, self._key, self._outlives = view, key, outlives
        self._about: Experiment | None = None
        """What the run in hand trained when this was asked."""
        self._asked = 0
        self._pending: Want | None = None
        self.share = 0.0
        self.answer: Picture | None = None
        """The last one that is complete; while one is on its way with something to draw, that."""
        self.problem = ""
        """Why there is no answer."""
        view.lab.runs.added.connect(self._on_added)

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
        run = self._view.lab.runs.current
        self._about = run.experiment if run is not None else None
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

    def _on_added(self, run: Run) -> None:
        # A run beside the one in hand changes nothing about that.
        if run is self._view.lab.runs.current and not self._holds_for(run):
            self.forget()
            self._view.mark()

    def _holds_for(self, run: Run) -> bool:
        if self._outlives is None or self.answer is None or self._about is None:
            return False
        return self._outlives(self.answer, self._about, run.experiment)

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


class Reason(QLabel):
    """Why there is no answer, as long as it takes; the button that asks stays beside it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setFont(interface_font(13))
        self.hide()
        theme.changed.connect(self._restyle)
        self._restyle()

    def say(self, text: str) -> None:
        """Show it; nothing takes no room."""
        self.setText(text)
        self.setVisible(bool(text))

    def _restyle(self) -> None:
        self.setStyleSheet(f"color: {theme.tokens.text}; background: transparent;")


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
