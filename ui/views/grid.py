"""A table of numbers whose cells are shaded; a cell can be chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from ui.shell.theme import interface_font, number_font, theme
from ui.views.colours import mixed, text_on

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
_SHADE = Role.UserRole
_ROW = 24
_LEAST = 58
_STRONGEST = 0.75


@dataclass(frozen=True)
class Cell:
    """What stands in one place."""

    text: str
    words: str
    """The same as a sentence, for tooltips and screen readers."""
    shade: float = 0.0
    """From -1 (strongly less) to 1 (strongly more)."""


class _Cells(QAbstractTableModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.cells: list[list[Cell]] = []
        self.across: list[str] = []
        self.down: list[str] = []

    def show(self, cells: list[list[Cell]], across: list[str], down: list[str]) -> None:
        same = (across, down) == (self.across, self.down)
        if same and cells == self.cells:
            return
        if not same:
            self.beginResetModel()
        self.cells, self.across, self.down = cells, across, down
        if not same:
            self.endResetModel()
        elif cells:
            self.dataChanged.emit(self.index(0, 0), self.index(len(down) - 1, len(across) - 1))

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.down)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.across)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        cell = self.cells[index.row()][index.column()]
        match role:
            case Role.DisplayRole:
                return cell.text
            case Role.ToolTipRole | Role.AccessibleTextRole:
                return cell.words
            case Role.UserRole:
                return cell.shade
            case Role.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if role in (Role.DisplayRole, Role.ToolTipRole, Role.AccessibleTextRole):
            return (self.across if orientation == Qt.Orientation.Horizontal else self.down)[section]
        return None


class _Shaded(QStyledItemDelegate):
    """More is the accent colour, less the warning colour; a number says it as well."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens = theme.tokens
        shade = max(-1.0, min(1.0, float(index.data(_SHADE))))
        ground = QColor(tokens.surface)
        if shade:
            ground = mixed(tokens.accent if shade > 0 else tokens.warning, tokens.surface, _STRONGEST * abs(shade))
        place = QRectF(option.rect).adjusted(1, 1, -1, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(place, 3, 3)
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_HasFocus):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.text), 2))
            painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), 3, 3)
        painter.setFont(number_font(12))
        painter.setPen(text_on(ground) if abs(shade) > 0.15 else QColor(tokens.text))
        painter.drawText(place.adjusted(4, 0, -6, 0), int(index.data(Role.TextAlignmentRole).value), index.data())
        painter.restore()


class Grid(QTableView):
    """Keys walk through it; a click or Enter chooses a cell."""

    chosen = Signal(int, int)
    """(row, column)"""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cells = _Cells(self)
        self.setModel(self.cells)
        self.setItemDelegate(_Shaded(self))
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setSectionsClickable(False)
            header.setFont(interface_font(11))
            header.setMinimumSectionSize(20)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setMinimumSectionSize(_LEAST)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(_ROW)
        self.verticalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        self.verticalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for signal in (self.clicked, self.activated):
            signal.connect(lambda index: self.chosen.emit(index.row(), index.column()))
        theme.changed.connect(self.restyle)
        self.restyle()

    def show_cells(self, cells: Sequence[Sequence[Cell]], across: Sequence[str], down: Sequence[str]) -> None:
        """Rows of cells with the names of the columns and of the rows."""
        self.cells.show([list(row) for row in cells], list(across), list(down))
        metrics = self.verticalHeader().fontMetrics()
        longest = max((metrics.horizontalAdvance(name) for name in down), default=0) + 14
        self.verticalHeader().setFixedWidth(min(longest, max(self.width() * 2 // 5, 60)))

    def restyle(self) -> None:
        """Take over the theme's colours."""
        tokens = theme.tokens
        self.setStyleSheet(
            f"QTableView {{ background: {tokens.surface}; border: none; outline: none; }}"
            f"QHeaderView, QTableCornerButton::section, QAbstractScrollArea::corner {{ background: {tokens.surface}; border: none; }}"
            f"QHeaderView::section {{ background: {tokens.surface}; color: {tokens.muted}; border: none; padding: 0 6px; }}"
        )
        self.viewport().update()
