"""The bar at the foot of the canvas: the most important problem, its arithmetic, and a button that mends it."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEasingCurve, QPoint, QPropertyAnimation, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from dllab.checking import Problem
from dllab.text import _
from ui.canvas.motion import MOTION_MS, reduced_motion
from ui.canvas.paints import mixed
from ui.shell.icons import icon
from ui.shell.theme import interface_font, theme

_WIDEST = 920
_NARROWEST = 440
_MARKS = {"error": "mdi6.alert-circle", "warning": "mdi6.alert"}


class ProblemBar(QWidget):
    """Slides in when there is something to say."""

    mend = Signal(object)
    """A Fix was chosen."""
    shown = Signal(str)
    """The bar was clicked: the node it speaks of."""
    moved_room = Signal()
    """It came, went, or takes another height."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._ground = parent
        self._problems: tuple[Problem, ...] = ()
        self._index = 0
        self._present = False
        self._bottom = 16
        self.beside = 0
        """Width of what stands to the right of it, where there is room for both."""
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(_("Problem"))
        self._make_parts()
        self._lay_out()
        self._slide = QPropertyAnimation(self, b"pos", self)
        self._slide.setDuration(MOTION_MS)
        self._slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._slide.finished.connect(self._on_slid)
        theme.changed.connect(self._wear)
        self.hide()

    def _make_parts(self) -> None:
        self._mark = QLabel(self)
        self._text = QLabel(self)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setFont(interface_font(13))
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._fix = QPushButton(self)
        self._fix.setFont(interface_font(13, bold=True))
        self._fix.setCursor(Qt.CursorShape.PointingHandCursor)
        self._fix.clicked.connect(lambda: self._mend(0))
        self._others = QToolButton(self)
        self._others.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self._others)
        self._others.setMenu(self._menu)
        self._others.setToolTip(_("Other remedies"))
        self._others.setAccessibleName(_("Other remedies"))
        self._before, self._after = QToolButton(self), QToolButton(self)
        self._count = QLabel(self)
        self._count.setFont(interface_font(11))
        for button, words, step in (
            (self._before, _("Previous problem"), -1),
            (self._after, _("Next problem"), 1),
        ):
            button.setToolTip(words)
            button.setAccessibleName(words)
            button.clicked.connect(partial(self._step, step))

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 8, 8)
        row.setSpacing(10)
        row.addWidget(self._mark)
        row.addWidget(self._text, 1)
        row.addWidget(self._fix)
        row.addWidget(self._others)
        paging = QHBoxLayout()
        paging.setSpacing(0)
        for widget in (self._before, self._count, self._after):
            paging.addWidget(widget)
        row.addLayout(paging)

    @property
    def problem(self) -> Problem | None:
        """The one that is shown."""
        return self._problems[self._index] if self._present and self._problems else None

    @property
    def room(self) -> int:
        """Height that it takes from the canvas now."""
        return self.height() + self._bottom if self._present else 0

    def say(self, problems: Sequence[Problem], selected: Sequence[str]) -> None:
        """Show the gravest problem of the selection, else of the whole graph; none slides the bar away."""
        problems = tuple(problems)
        own = [i for i, p in enumerate(problems) if p.node and p.node in selected]
        if problems != self._problems or own:
            kept = self.problem
            self._problems = problems
            self._index = own[0] if own else problems.index(kept) if kept in problems else 0
        if problems:
            self._show()
        elif self._present:
            self._present = False
            self._slide_to(self._hidden_place())
            self.moved_room.emit()

    def place(self) -> None:
        """Take the place at the foot of the parent."""
        self._fit_width()
        place = self._shown_place() if self._present else self._hidden_place()
        if self._slide.state() == QPropertyAnimation.State.Running:
            self._slide.setEndValue(place)
        else:
            self.move(place)

    def _show(self) -> None:
        problem = self._problems[self._index]
        self._text.setText(problem.text)
        self.setAccessibleDescription(problem.text)
        self.setToolTip(_("Click to show the layer") if problem.node else "")
        self._fix.setVisible(bool(problem.fixes))
        if problem.fixes:
            self._fix.setText(problem.fixes[0].text)
        self._menu.clear()
        for index, fix in enumerate(problem.fixes[1:], 1):
            self._menu.addAction(fix.text).triggered.connect(partial(self._mend, index))
        self._others.setVisible(len(problem.fixes) > 1)
        several = len(self._problems) > 1
        for widget in (self._before, self._count, self._after):
            widget.setVisible(several)
        self._count.setText(_("{index} of {count}").format(index=self._index + 1, count=len(self._problems)))
        self._wear()
        self._fit_width()
        if not self._present:
            self._present = True
            self.move(self._hidden_place())
            self.show()
            self._slide_to(self._shown_place())
            self.raise_()
        elif self._slide.state() != QPropertyAnimation.State.Running:
            self.move(self._shown_place())
        self.moved_room.emit()

    def _wear(self) -> None:
        if not self._problems:
            return
        tokens, severity = theme.tokens, self._problems[self._index].severity
        colour = tokens.bad if severity == "error" else tokens.warning
        self._mark.setPixmap(icon(_MARKS[severity], colour).pixmap(QSize(20, 20), self.devicePixelRatioF()))
        soft, softer = (mixed(colour, tokens.surface, share).name() for share in (0.88, 0.8))
        self._fix.setStyleSheet(
            f"QPushButton {{ background: {soft}; color: {colour}; border: 1px solid {soft}; border-radius: 6px;"
            f" padding: 5px 12px; }} QPushButton:hover {{ background: {softer}; }}"
            f" QPushButton:focus {{ border: 1px solid {colour}; }}"
        )
        self._count.setStyleSheet(f"color: {tokens.muted};")
        for button, name in (
            (self._others, "mdi6.chevron-down"),
            (self._before, "mdi6.chevron-left"),
            (self._after, "mdi6.chevron-right"),
        ):
            button.setIcon(icon(name, tokens.text))
            button.setIconSize(QSize(18, 18))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        problem = self._problems[self._index] if self._problems else None
        tokens = theme.tokens
        colour = tokens.warning if problem and problem.severity == "warning" else tokens.bad
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colour), 1))
        painter.setBrush(QColor(tokens.surface))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 9, 9)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._problems and self._problems[self._index].node:
            self.shown.emit(self._problems[self._index].node)

    def _step(self, by: int, _checked: bool = False) -> None:
        self._index = (self._index + by) % len(self._problems)
        problem = self._problems[self._index]
        self._show()
        if problem.node:
            self.shown.emit(problem.node)

    def _mend(self, index: int, _checked: bool = False) -> None:
        self.mend.emit(self._problems[self._index].fixes[index])

    def _fit_width(self) -> None:
        room = self._ground.width() - 32
        if room - self.beside - 16 >= _NARROWEST:
            room -= self.beside + 16
        layout = self.layout()
        assert layout is not None
        layout.activate()
        self._text.setWordWrap(False)
        wanted = self.sizeHint().width()
        self._text.setWordWrap(True)
        width = max(120, min(room, _WIDEST, wanted))
        self.resize(width, max(46, layout.totalHeightForWidth(width)))

    def _shown_place(self) -> QPoint:
        return QPoint(16, self._ground.height() - self.height() - self._bottom)

    def _hidden_place(self) -> QPoint:
        return QPoint(16, self._ground.height() + 4)

    def _slide_to(self, place: QPoint) -> None:
        if reduced_motion() or not self._ground.isVisible():
            self.move(place)
            self._on_slid()
            return
        self._slide.stop()
        self._slide.setEndValue(place)
        self._slide.start()

    def _on_slid(self) -> None:
        if not self._present:
            self.hide()
