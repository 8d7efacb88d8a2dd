"""Sentences that come up over the window and never stop the work: what happened, what to do, details for the unexpected."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from dllab.text import N_, _
from ui.shell.icons import glyph, icon, icon_font
from ui.shell.raised import SHADOW, paint_raised
from ui.shell.theme import theme

if TYPE_CHECKING:
    from ui.canvas import Canvas

_ICONS = {
    "info": "information-outline",
    "good": "check-circle-outline",
    "warning": "alert-outline",
    "error": "alert-circle-outline",
}
_NAMES = {"info": N_("Note"), "good": N_("Done"), "warning": N_("Warning"), "error": N_("Problem")}
_LIMIT = 3
_WIDTH = 560
_TOP = 14
_MOVES = frozenset({QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide})
_SECONDS = {"info": 7, "good": 5, "warning": 15}


@dataclass(frozen=True)
class Action:
    """A button on a notice."""

    text: str
    do: Callable[[], object]


class Notice(QWidget):
    """One sentence with its mark, its buttons and a way to be rid of it."""

    def __init__(self, parent: "Notices", severity: str, sentence: str, actions: tuple[Action, ...]) -> None:
        super().__init__(parent)
        self.severity, self.sentence = severity, sentence
        self.label = QLabel(sentence, self)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.closer = QToolButton(self)
        self.closer.setToolTip(_("Dismiss"))
        self.closer.setAccessibleName(_("Dismiss"))
        self.closer.setIconSize(QSize(16, 16))
        self.closer.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(SHADOW + 44, SHADOW + 10, SHADOW + 10, SHADOW + 10)
        row.addWidget(self.label, 1)
        self.buttons = [self._button(action) for action in actions]
        for button in self.buttons:
            row.addWidget(button)
        row.addWidget(self.closer)
        self.setAccessibleName(f"{_(_NAMES[severity])}: {sentence}")
        self._life = QTimer(self)
        self._life.setSingleShot(True)
        self._life.timeout.connect(self.dismiss)
        # A button asks something: the notice waits for the answer.
        if severity in _SECONDS and not actions:
            self._life.start(1000 * _SECONDS[severity])
        theme.changed.connect(self._restyle)
        self._restyle()

    def dismiss(self) -> None:
        """Take it away."""
        self._life.stop()
        parent = self.parentWidget()
        if isinstance(parent, Notices):
            parent.drop(self)

    def _button(self, action: Action) -> QPushButton:
        button = QPushButton(action.text, self)
        button.clicked.connect(lambda _checked=False: self._press(action))
        return button

    def _press(self, action: Action) -> None:
        self.dismiss()
        action.do()

    def _restyle(self) -> None:
        self.closer.setIcon(icon("close", theme.tokens.muted))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.tokens
        colour = QColor(
            {"info": tokens.accent, "good": tokens.good, "warning": tokens.warning}.get(self.severity, tokens.bad)
        )
        paint_raised(self, colour.name())
        painter = QPainter(self)
        painter.setPen(colour)
        painter.setFont(icon_font(20))
        painter.drawText(SHADOW + 12, 0, 24, self.height(), Qt.AlignmentFlag.AlignCenter, glyph(_ICONS[self.severity]))
        painter.end()


class Notices(QWidget):
    """The stack of notices at the top of the window; the oldest goes when there are too many."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._canvas: Canvas | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.all: list[Notice] = []
        self.hide()

    def tell(self, severity: str, sentence: str, *actions: Action) -> None:
        """Show a sentence ("info", "good", "warning" or "error"); the same one twice is shown once."""
        for notice in [n for n in self.all if n.sentence == sentence]:
            self.drop(notice)
        for notice in self.all[: max(0, len(self.all) - _LIMIT + 1)]:
            self.drop(notice)
        notice = Notice(self, severity, sentence, actions)
        self.all.append(notice)
        self._column.addWidget(notice)
        notice.show()
        self.place()

    def tell_unexpected(self, sentence: str, details: str) -> None:
        """Something went wrong inside the lab: the sentence, and the details to copy for a report."""
        self.tell("error", sentence, Action(_("Copy details"), lambda: QGuiApplication.clipboard().setText(details)))

    def drop_remarks(self) -> None:
        """Take away what was only for the moment: the work goes on."""
        for notice in [n for n in self.all if n.severity == "info" and not n.buttons]:
            self.drop(notice)

    def drop(self, notice: Notice) -> None:
        """Take one away."""
        if notice in self.all:
            self.all.remove(notice)
            self._column.removeWidget(notice)
            notice.hide()
            notice.deleteLater()
            self.place()

    def set_canvas(self, canvas: "Canvas") -> None:
        """Come up over the canvas, while it is there, and let it know."""
        self._canvas = canvas
        for widget in (canvas, canvas.breadcrumb):
            widget.installEventFilter(self)

    def place(self) -> None:
        """At the upper edge, in the middle as far as the map leaves it free."""
        self.setVisible(bool(self.all))
        canvas = self._canvas if self._canvas is not None and self._canvas.isVisible() else None
        if self.all:
            place = self._place(canvas)
            corner = canvas.mapTo(self.window(), QPoint(0, 0)) if canvas is not None else QPoint(0, 0)
            self.setGeometry(place.translated(corner).adjusted(-SHADOW, -SHADOW, SHADOW, SHADOW))
            self.raise_()
        if canvas is not None:
            canvas.keep_clear(place if self.all else QRect())

    def _place(self, canvas: "Canvas | None") -> QRect:
        """Where the surfaces of the notices go, without their shadows."""
        whole = canvas if canvas is not None else self.window()
        room = canvas.notice_room() if canvas is not None else whole.rect().adjusted(16, _TOP, -16, -_TOP)
        width = min(_WIDTH, room.width())
        height = sum(notice.heightForWidth(width + 2 * SHADOW) for notice in self.all) - 2 * SHADOW
        return QRect(min((whole.width() - width) // 2, room.right() - width), room.top(), width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _MOVES:
            self.place()
        return False
