"""What is wrong with a node or the experiment, each with its best fixes as buttons."""

from collections.abc import Callable, Collection, Sequence
from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from dllab.checking import Fix, Problem
from ui.inspector.sheet import button, clear, glyph, label
from ui.shell.theme import theme

_FIXES_SHOWN = 3
_MARKS = {"error": "mdi6.alert-circle-outline", "warning": "mdi6.alert-outline"}


class Problems(QWidget):
    """One card a problem: a mark, the sentence, and a button for each fix."""

    def __init__(self, mend: Callable[[Fix], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mend = mend
        self._shown: tuple[tuple[Problem, bool], ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self.hide()

    def show_problems(self, problems: Sequence[Problem], said: Collection[str] = ()) -> None:
        """Show these problems; the sentences in `said` stand elsewhere already and only their fixes are shown."""
        shown = tuple((p, p.text not in said) for p in problems if p.fixes or p.text not in said)
        if shown == self._shown:
            return
        self._shown = shown
        clear(self._column)
        for problem, speak in shown:
            self._column.addWidget(_Card(problem, speak, self._mend))
        self.setVisible(bool(shown))


class _Card(QWidget):
    """A problem with its fixes, in a frame of its colour."""

    def __init__(self, problem: Problem, speak: bool, mend: Callable[[Fix], object]) -> None:
        super().__init__()
        self._problem = problem
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        column = QVBoxLayout(self)
        column.setContentsMargins(*((34, 9, 10, 9) if speak else (0, 0, 0, 0)))
        column.setSpacing(8)
        self._speaks = speak
        if speak:
            column.addWidget(label(problem.text, "body"))
        row = QHBoxLayout()
        row.setSpacing(6)
        for fix in problem.fixes[:_FIXES_SHOWN]:
            push = button(fix.text, partial(mend, fix), "fix")
            push.setProperty("mild", problem.severity == "warning")
            if row.sizeHint().width() + push.sizeHint().width() > 190 and row.count():
                row.addStretch(1)
                column.addLayout(row)
                row = QHBoxLayout()
            row.addWidget(push)
        row.addStretch(1)
        if problem.fixes:
            column.addLayout(row)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._speaks:
            return
        colour = theme.tokens.bad if self._problem.severity == "error" else theme.tokens.warning
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colour), 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        mark = glyph(_MARKS[self._problem.severity], colour)
        mark.paint(painter, 10, 9, 17, 17, Qt.AlignmentFlag.AlignCenter)
        painter.end()

    def minimumSizeHint(self) -> QSize:
        return QSize(120, super().minimumSizeHint().height())
