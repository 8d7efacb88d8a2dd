"""Samples beside what the network gives back of them."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from dllab.engine.protocol import unpack
from dllab.text import N_, _
from ui.shell.theme import interface_font, theme
from ui.views import RECONSTRUCTION
from ui.views.base import Rows, View, Want, column
from ui.views.colours import ink
from ui.views.controls import Caption
from ui.views.heat import picture
from ui.views.numbers import show
from ui.views.sequence import paint_lines

if TYPE_CHECKING:
    from ui.lab import Lab

_SIDE, _GAP, _WORDS, _MOST = 44, 3, 15, 200


class Pairs(QWidget):
    """Paints pairs, as many as there is room for; a click or Enter chooses one."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self.given = self.again = np.zeros((0, 1, 1, 1))
        self.error = np.zeros(0)
        self.current = 0
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def set_pairs(self, given: np.ndarray, again: np.ndarray, error: np.ndarray, current: int) -> None:
        """Show these; the two of a pair have one shape."""
        self.given, self.again, self.error, self.current = given, again, error, current
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, 200)

    def _cell(self) -> QSize:
        side = _SIDE
        if len(self.given) and self.given.ndim == 4:
            # Whole pixels look best: a picture of 8 × 8 is drawn six times as large.
            largest = max(self.given.shape[-2:])
            side = largest * max(1, round(_SIDE / largest)) if largest <= _SIDE else _SIDE
        return QSize(2 * side + 3 * _GAP + 8, side + _WORDS + 8)

    def place(self, number: int) -> QRect:
        """Where a pair is drawn."""
        cell = self._cell()
        columns = max(1, self.width() // cell.width())
        return QRect(QPoint(number % columns * cell.width(), number // columns * cell.height()), cell)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(interface_font(11))
        tokens = theme.tokens
        low = min(float(self.given.min(initial=0.0)), 0.0)
        high = max(float(self.given.max(initial=0.0)), 1e-12)
        for number in range(len(self.given)):
            cell = self.place(number)
            if cell.bottom() > self.height():
                break
            if number == self.current:
                painter.setPen(QColor(tokens.accent))
                painter.drawRoundedRect(cell.adjusted(1, 1, -4, -2), 4, 4)
            side = (cell.width() - 8 - 3 * _GAP) // 2
            left = QRect(cell.left() + _GAP + 1, cell.top() + 4, side, side)
            if self.given.ndim == 4:
                for place, values in (
                    (left, self.given[number]),
                    (left.translated(side + _GAP, 0), self.again[number]),
                ):
                    painter.drawImage(place, picture(values, ink(tokens.dark), low, high))
            else:
                lines = np.stack([self.given[number].ravel(), self.again[number].ravel()], 1)
                whole = QRectF(left.left(), left.top(), 2 * side + _GAP, side)
                paint_lines(painter, whole, lines, float(lines.min()), float(lines.max()))
            painter.setPen(QColor(tokens.muted))
            words = QRect(cell.left(), left.bottom() + 1, cell.width() - 4, _WORDS)
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter, show(float(self.error[number])))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for number in range(len(self.given)):
            if self.place(number).contains(event.position().toPoint()):
                self.chosen.emit(number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}
        if event.key() in moves and len(self.given):
            self.chosen.emit((self.current + moves[Qt.Key(event.key())]) % len(self.given))
        else:
            super().keyPressEvent(event)


class Reconstruction(View):
    """Follows `lab.sample`."""

    declaration = RECONSTRUCTION
    empty = N_("Press Train to see what the network gives back.")
    main = "reconstruction"

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self.pairs = Pairs(self.body, _("Samples and what is given back"))
        self.pairs.chosen.connect(lab.look_at_sample)
        self.caption = Caption(self.body, quiet=False)
        layout = column(self.body, 6)
        layout.addWidget(self.pairs, 1)
        layout.addWidget(self.caption)
        lab.sample_changed.connect(self.mark)

    def wants(self) -> dict[str, Want]:
        return {"reconstruction": Want("reconstruction", {"count": _MOST})}

    def draw(self) -> None:
        picture_ = self.pictures["reconstruction"]
        given, again, error = (unpack(picture_.arrays[name]) for name in ("given", "again", "error"))
        self.pairs.set_pairs(given, again, error, self.lab.sample)
        text = _("mean error {error} · left the sample, right given back")
        if given.ndim != 4:
            text = _("mean error {error} · blue the sample, orange given back")
        self.caption.setText(text.format(error=show(float(error.mean()))))
        self.pairs.setAccessibleDescription(self.caption.text())
        self.summarise(self.caption.text())

    def rows(self) -> Rows:
        picture_ = self.pictures.get("reconstruction")
        if picture_ is None or picture_.message:
            return [], []
        given, again = (unpack(picture_.arrays[name]).reshape(-1, 1) for name in ("given", "again"))
        size = max(1, len(given) // max(1, len(unpack(picture_.arrays["error"]))))
        numbers = np.arange(len(given))
        rows = zip(
            (numbers // size).tolist(),
            (numbers % size).tolist(),
            given.ravel().tolist(),
            again.ravel().tolist(),
            strict=True,
        )
        return ["sample", "place", "given", "again"], rows
