"""The list of lines in a chart: how each is drawn, what it is, its last value; click to hide, × to remove."""

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from dllab.text import _
from ui.shell.labels import literal
from ui.shell.theme import interface_font, number_font, theme
from ui.views.controls import IconButton

ROW = 22


@dataclass(frozen=True)
class Entry:
    """One row."""

    key: str
    words: str
    value: str
    pen: QPen
    shown: bool = True
    removable: bool = False
    strong: bool = False


class LegendRow(QAbstractButton):
    """A row that shows or hides its line; with the keyboard: Space, and Delete to remove."""

    removed = Signal(str)

    def __init__(self, entry: Entry, parent: QWidget) -> None:
        super().__init__(parent)
        self.entry = entry
        self.setCheckable(True)
        self.setFixedHeight(ROW)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.remove_button = IconButton("mdi6.close", _("Remove this run"), self)
        self.remove_button.setFixedSize(18, 18)
        self.remove_button.setIconSize(QSize(12, 12))
        self.remove_button.clicked.connect(lambda: self.removed.emit(self.entry.key))
        theme.changed.connect(self.update)
        self.show_entry(entry)

    def show_entry(self, entry: Entry) -> None:
        """Show this entry."""
        self.entry = entry
        self.setChecked(entry.shown)
        self.remove_button.setVisible(entry.removable)
        self.setText(entry.words)
        self.setAccessibleName(f"{entry.words} {entry.value}".strip())
        hint = _("Click to hide") if entry.shown else _("Click to show")
        self.setToolTip(literal(f"{entry.words} {entry.value}\n{hint}"))
        self.update()

    def sizeHint(self) -> QSize:
        words = self.fontMetrics().horizontalAdvance(self.entry.words)
        return QSize(30 + words + 52 + (20 if self.entry.removable else 0), ROW)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.remove_button.move(self.width() - 19, 2)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self.entry.removable:
            self.removed.emit(self.entry.key)
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        tokens, entry = theme.tokens, self.entry
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.hasFocus():
            painter.setPen(QColor(tokens.accent) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.hover))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 6, 6)
        sample = QPen(entry.pen)
        sample.setWidthF(max(sample.widthF(), 2.0))
        middle = ROW // 2
        if entry.shown:
            painter.setPen(sample)
            painter.drawLine(4, middle, 22, middle)
        else:
            painter.setPen(QPen(QColor(tokens.muted), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(9, middle - 4, 8, 8)
        right = self.width() - (22 if entry.removable else 4)
        painter.setFont(number_font(11))
        value = painter.fontMetrics().horizontalAdvance(entry.value)
        painter.setPen(QColor(tokens.text if entry.shown else tokens.muted))
        painter.drawText(right - value, 0, value, ROW, Qt.AlignmentFlag.AlignVCenter, entry.value)
        painter.setFont(interface_font(11, bold=entry.strong))
        room = right - value - 34
        words = painter.fontMetrics().elidedText(entry.words, Qt.TextElideMode.ElideRight, room)
        painter.setPen(QColor(tokens.text if entry.shown and entry.strong else tokens.muted))
        painter.drawText(28, 0, room, ROW, Qt.AlignmentFlag.AlignVCenter, words)


class Legend(QScrollArea):
    """The rows, scrolling when there are many."""

    toggled = Signal(str, bool)
    removed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, LegendRow] = {}
        self._inside = QWidget()
        self._column = QVBoxLayout(self._inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self.setWidget(self._inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(_("Lines in the chart"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        self._inside.setAutoFillBackground(False)

    @property
    def rows(self) -> list[LegendRow]:
        """The rows from top to bottom."""
        return list(self._rows.values())

    def set_entries(self, entries: list[Entry]) -> None:
        """Show these, keeping the rows that stay (and the focus in them)."""
        if [e.key for e in entries] != list(self._rows):
            for key in [k for k in self._rows if k not in {e.key for e in entries}]:
                row = self._rows.pop(key)
                self._column.removeWidget(row)
                row.hide()
                row.deleteLater()
            kept = self._rows
            self._rows = {e.key: kept.get(e.key) or self._new_row(e) for e in entries}
            for place, row in enumerate(self._rows.values()):
                self._column.insertWidget(place, row)
            self.updateGeometry()
        for entry in entries:
            if self._rows[entry.key].entry != entry:
                self._rows[entry.key].show_entry(entry)

    def _new_row(self, entry: Entry) -> LegendRow:
        row = LegendRow(entry, self._inside)
        row.clicked.connect(lambda shown, key=entry.key: self.toggled.emit(key, shown))
        row.removed.connect(self.removed)
        return row

    def sizeHint(self) -> QSize:
        widest = max((row.sizeHint().width() for row in self.rows), default=0)
        return QSize(min(max(widest, 130), 220), ROW * max(len(self._rows), 1) + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(100, ROW)
