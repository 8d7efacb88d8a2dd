"""The phases of a training step in a row, the present one lit; a press goes to the next of that phase."""

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from dllab.text import N_, _
from ui.shell.theme import interface_font, theme

PHASES = {
    "initialise": N_("initialise"),
    "batch": N_("take a batch"),
    "forward": N_("forward"),
    "loss": N_("loss"),
    "zero_grad": N_("zero_grad"),
    "backward": N_("backward"),
    "clip": N_("clip"),
    "update": N_("update"),
    "stop": N_("stop criterion"),
}
_PAD, _GAP, _HEIGHT = 6, 10, 24


class Phases(QWidget):
    """Arrow keys move over the phases, Return goes there."""

    wanted = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.present = ""
        self._open: frozenset[str] = frozenset(PHASES)
        self._hover = self._cursor = -1
        self.setAccessibleName(_("Phases of training"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setFont(interface_font(12))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_phase(self, present: str, reachable: frozenset[str]) -> None:
        """Light this one; the others that can be gone to."""
        self.present, self._open = present, reachable
        words = _(PHASES[present]) if present else _("none yet")
        self.setAccessibleDescription(_("Now: {phase}").format(phase=words))
        self.update()

    def rects(self) -> dict[str, QRect]:
        """Where each phase stands; where there is no room all but the present one are narrower than their words."""
        metrics, bold = self.fontMetrics(), QFontMetrics(interface_font(12, bold=True))
        widths = {
            phase: (bold if phase == self.present else metrics).horizontalAdvance(_(word)) + 2 * _PAD
            for phase, word in PHASES.items()
        }
        room = self.width() - _GAP * (len(widths) - 1)
        kept = widths.get(self.present, 0)
        share = min(1.0, (room - kept) / (sum(widths.values()) - kept))
        left, rects = 0.0, {}
        for phase, width in widths.items():
            taken = width if phase == self.present else max(width * share, 2.0 * _PAD)
            rects[phase] = QRect(round(left), 0, round(taken), self.height())
            left += taken + _GAP
        return rects

    def sizeHint(self) -> QSize:
        return QSize(620, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, _HEIGHT)

    def _at(self, event: QMouseEvent) -> int:
        place = event.position().toPoint()
        return next((i for i, rect in enumerate(self.rects().values()) if rect.contains(place)), -1)

    def _go(self, index: int) -> None:
        phase = list(PHASES)[index] if index >= 0 else ""
        if phase in self._open:
            self.wanted.emit(phase)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = self._at(event)
        phase = list(PHASES)[self._hover] if self._hover >= 0 else ""
        tip = _("Go on to: {phase}").format(phase=_(PHASES[phase])) if phase in self._open else ""
        self.setToolTip(tip or (_("This batch has no such operation ahead.") if phase else ""))
        self.setCursor(Qt.CursorShape.PointingHandCursor if tip else Qt.CursorShape.ArrowCursor)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._go(self._at(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()), 0)
        if move:
            present = list(PHASES).index(self.present) if self.present else 0
            self._cursor = ((self._cursor if self._cursor >= 0 else present) + move) % len(PHASES)
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._go(self._cursor)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = theme.tokens
        for i, (phase, rect) in enumerate(self.rects().items()):
            now = phase == self.present
            if now or (self.hasFocus() and i == self._cursor):
                painter.setPen(QColor(tokens.accent))
                painter.setBrush(QColor(tokens.accent) if now else Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(rect.adjusted(1, 2, -1, -2), 9, 9)
            colour = tokens.text if phase in self._open else tokens.muted
            painter.setPen(QColor(tokens.on_accent if now else tokens.accent if i == self._hover else colour))
            painter.setFont(interface_font(12, bold=now))
            inner = rect.adjusted(_PAD // 2, 0, -_PAD // 2, 0)
            words = painter.fontMetrics().elidedText(_(PHASES[phase]), Qt.TextElideMode.ElideRight, inner.width())
            painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, words)
            if i:
                painter.setPen(QColor(tokens.muted))
                painter.setFont(interface_font(12))
                between = QRect(rect.left() - _GAP, 0, _GAP, self.height())
                painter.drawText(between, Qt.AlignmentFlag.AlignCenter, "›")
        painter.end()
