"""A confusion matrix as a table: cells to walk through by keys, shaded by their share of the row."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from dllab.text import _, ngettext
from ui.shell.theme import interface_font, theme
from ui.views.colours import mixed, text_on
from ui.views.numbers import percent

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
SHARE = Role.UserRole
PICKED = Role.UserRole + 1


class Counts(QAbstractTableModel):
    """Counts (true, says) with the names of the classes."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.counts: np.ndarray = np.zeros((0, 0), np.int64)
        self.classes: list[str] = []
        self.picked: np.ndarray = np.zeros((0, 0), np.int64)
        """How many of the samples behind a cell are picked."""

    def set_picked(self, picked: np.ndarray) -> None:
        """Mark these many in each cell."""
        if not np.array_equal(picked, self.picked):
            self.picked = picked
            last = len(self.classes) - 1
            self.dataChanged.emit(self.index(0, 0), self.index(last, last))

    def set_counts(self, counts: np.ndarray, classes: Sequence[str]) -> None:
        """Show these; the selection stays where the classes stay."""
        if list(classes) != self.classes:
            self.beginResetModel()
            self.counts, self.classes = counts, list(classes)
            self.endResetModel()
        elif not np.array_equal(counts, self.counts):
            self.counts = counts
            last = len(classes) - 1
            self.dataChanged.emit(self.index(0, 0), self.index(last, last))

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.counts)

    columnCount = rowCount

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        row, column = index.row(), index.column()
        count = int(self.counts[row, column])
        match role:
            case Role.DisplayRole:
                return f"{count:,}"
            case Role.ToolTipRole | Role.AccessibleTextRole:
                return self.words(row, column)
            case Role.UserRole:
                return count / max(int(self.counts[row].sum()), 1)
            case _ if role == PICKED:
                return int(self.picked[row, column]) if self.picked.shape == self.counts.shape else 0
        return None

    def words(self, row: int, column: int) -> str:
        """A cell as a sentence."""
        count, whole = int(self.counts[row, column]), int(self.counts[row].sum())
        share = percent(count / whole) if whole else "–"
        if row == column:
            text = ngettext(
                "{count} sample of {true} recognised ({share})", "{count} samples of {true} recognised ({share})", count
            )
        else:
            text = ngettext(
                "{count} sample of {true} taken for {says} ({share})",
                "{count} samples of {true} taken for {says} ({share})",
                count,
            )
        text = text.format(count=f"{count:,}", true=self.classes[row], says=self.classes[column], share=share)
        picked = int(self.data(self.index(row, column), PICKED))
        return f"{text} · {_('{count} picked').format(count=f'{picked:,}')}" if picked else text

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if role == Role.DisplayRole:
            return self.classes[section]
        if role in (Role.ToolTipRole, Role.AccessibleTextRole):
            text = _("says {name}") if orientation == Qt.Orientation.Horizontal else _("true {name}")
            return text.format(name=self.classes[section])
        return None


class _Cell(QStyledItemDelegate):
    """Right answers in the accent colour and rounded, mistakes in the warning colour and square."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens = theme.tokens
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        right = index.row() == index.column()
        share = float(index.data(SHARE))
        place = QRectF(rect).adjusted(1, 1, -1, -1)
        # A little darker than the accent, so that white numbers stay readable on paler cells too.
        full = (
            (tokens.accent if tokens.dark else mixed("#000000", tokens.accent, 0.14).name())
            if right
            else tokens.warning
        )
        # A single mistake among hundreds must still be seen.
        ground = mixed(full, tokens.surface, 0.14 + 0.86 * share if share else 0.0)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground if share else QColor(tokens.canvas))
        painter.drawRoundedRect(place, 4 if right else 1, 4 if right else 1)
        if state & QStyle.StateFlag.State_Selected or state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.text), 2))
            painter.drawRoundedRect(place.adjusted(0, 0, -1, -1), 3, 3)
        if index.data(PICKED):
            painter.setPen(QPen(QColor(tokens.surface), 1.5))
            painter.setBrush(QColor(tokens.text))
            painter.drawEllipse(place.topRight() + QPointF(-6, 6), 4, 4)
        text = str(index.data())
        if share and rect.height() >= 11:
            painter.setFont(_font(_fitting(text, rect.size()), not right))
            if painter.fontMetrics().horizontalAdvance(text) <= rect.width():
                painter.setPen(text_on(ground))
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
        painter.restore()


@cache
def _font(pixels: int, bold: bool) -> QFont:
    # Making a font costs more than painting a cell with it.
    return interface_font(pixels, bold)


def _fitting(text: str, room: QSize) -> int:
    """The size of type in which a number fits its cell."""
    return max(min(16, room.height() - 6, round((room.width() - 4) / len(text) * 1.5)), 8)


class Matrix(QTableView):
    """The table; a click or Enter on a cell opens it."""

    opened = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model_ = Counts(self)
        self.setModel(self.model_)
        self.setItemDelegate(_Cell(self))
        self.setShowGrid(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setCornerButtonEnabled(False)
        self.setAccessibleName(_("Confusion matrix: rows are the true class, columns what the network says"))
        self.setTabKeyNavigation(False)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.setMinimumSectionSize(8)
            header.setHighlightSections(True)
            header.setSectionsClickable(False)
            header.setFont(interface_font(11))
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
        self.verticalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.clicked.connect(self._open)
        self.activated.connect(self._open)
        theme.changed.connect(self.restyle)
        self.restyle()

    def set_counts(self, counts: np.ndarray, classes: Sequence[str]) -> None:
        """Show these."""
        self.model_.set_counts(counts, classes)
        self._fit()

    def _open(self, index: QModelIndex) -> None:
        self.opened.emit(index.row(), index.column())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Share out the room: all cells alike, names cut short where they would take more than a quarter."""
        n = len(self.model_.classes)
        if not n:
            return
        metrics = self.verticalHeader().fontMetrics()
        longest = max(metrics.horizontalAdvance(name) for name in self.model_.classes) + 14
        names = min(longest, max(self.width() // 4, 24))
        self.verticalHeader().setFixedWidth(names)
        heading = metrics.height() + 6
        self.horizontalHeader().setFixedHeight(heading)
        width = max((self.width() - names - 2) // n, 9)
        height = max((self.height() - heading - 2) // n, 9)
        self.horizontalHeader().setDefaultSectionSize(min(width, max(2 * height, 24)))
        self.verticalHeader().setDefaultSectionSize(min(height, max(width, 18)))

    def restyle(self) -> None:
        """Take over the theme's colours."""
        tokens = theme.tokens
        self.setStyleSheet(
            f"QTableView {{ background: {tokens.surface}; border: none; outline: none; }}"
            f"QHeaderView, QTableCornerButton::section, QAbstractScrollArea::corner {{ background: {tokens.surface}; border: none; }}"
            f"QHeaderView::section {{ background: {tokens.surface}; color: {tokens.muted}; border: none; padding: 0 4px; }}"
            f"QHeaderView::section:checked {{ color: {tokens.text}; font-weight: 600; }}"
        )
        self.viewport().update()


class Framed(QWidget):
    """A matrix with "says" above it and "true" at its side."""

    def __init__(self, matrix: Matrix, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._matrix = matrix
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 13, 0, 0)
        layout.addWidget(matrix)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(interface_font(11))
        painter.setPen(QColor(theme.tokens.muted))
        header, side = self._matrix.horizontalHeader(), self._matrix.verticalHeader()
        across, down = header.length(), side.length()
        left, top = 14 + side.width(), 13 + header.height()
        painter.drawText(QRect(left, 0, across, 14), Qt.AlignmentFlag.AlignCenter, _("says"))
        painter.translate(0, top + down)
        painter.rotate(-90)
        painter.drawText(QRect(0, 0, down, 14), Qt.AlignmentFlag.AlignCenter, _("true"))
