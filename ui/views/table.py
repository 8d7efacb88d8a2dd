"""A quiet table: words at the left, numbers at the right of their columns; Enter or a click chooses a row."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from ui.shell.theme import interface_font, number_font, theme

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
Header = Sequence[tuple[str, bool]]
"""The word above each column, and whether numbers stand in it."""
_NARROWEST, _WIDEST = 90, 320


class _Rows(QAbstractTableModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.header: list[tuple[str, bool]] = []
        self.rows: list[tuple[str, ...]] = []
        self.pictures: Callable[[int], QPixmap | None] = lambda _row: None
        self.loud: frozenset[int] = frozenset()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.header)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        row, column = index.row(), index.column()
        number = self.header[column][1]
        match role:
            case Role.DisplayRole:
                return self.rows[row][column]
            case Role.ToolTipRole | Role.AccessibleTextRole:
                return self.rows[row][column]
            case Role.DecorationRole if column == 0:
                return self.pictures(row)
            case Role.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft
                return side | Qt.AlignmentFlag.AlignVCenter
            case Role.FontRole:
                return number_font(11) if number else interface_font(11)
            case Role.ForegroundRole if row in self.loud:
                return QColor(theme.tokens.bad)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or section >= len(self.header):
            return None
        word, number = self.header[section]
        if role in (Role.DisplayRole, Role.ToolTipRole):
            return word
        if role == Role.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return interface_font(11) if role == Role.FontRole else None


class Table(QTableView):
    """Rows of text. What is shown comes whole each time; the chosen row and the place scrolled to stay."""

    chosen = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model_ = _Rows(self)
        self.setModel(self.model_)
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.verticalHeader().hide()
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.clicked.connect(lambda index: self.chosen.emit(index.row()))
        self.activated.connect(lambda index: self.chosen.emit(index.row()))
        theme.changed.connect(self.restyle)
        self.restyle()

    def set_rows(
        self,
        header: Header,
        rows: Sequence[tuple[str, ...]],
        pictures: Callable[[int], QPixmap | None] | None = None,
        side: int = 0,
        loud: Sequence[int] = (),
    ) -> None:
        """Show rows; `pictures` gives the one in front of each, `side` pixels high; `loud` rows stand out."""
        model, kept = self.model_, self.currentIndex().row()
        shape = (len(model.rows), len(model.header))
        whole = shape != (len(rows), len(header))
        if whole:
            model.beginResetModel()
        model.header, model.rows, model.loud = list(header), list(rows), frozenset(loud)
        model.pictures = pictures or (lambda _row: None)
        if whole:
            model.endResetModel()
            if 0 <= kept < len(rows):
                self.mark_row(kept)
            self.setIconSize(QSize(side, side))
            self.verticalHeader().setDefaultSectionSize(max(side + 4, 22))
            self._fit()
        elif rows:
            model.dataChanged.emit(model.index(0, 0), model.index(len(rows) - 1, len(header) - 1))

    def mark_row(self, row: int) -> None:
        """Mark a row as the chosen one without choosing it; the table stays where it is scrolled to."""
        if self.currentIndex().row() != row:
            self.setAutoScroll(False)
            self.selectionModel().setCurrentIndex(
                self.model_.index(row, 0),
                QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows,
            )
            self.setAutoScroll(True)

    def _fit(self) -> None:
        """Columns as wide as their words; the widest one takes what room is left, or gives what is missing."""
        self.resizeColumnsToContents()
        widths = [self.columnWidth(column) for column in range(self.model_.columnCount())]
        words = [i for i, (_word, number) in enumerate(self.model_.header) if not number]
        if words:
            elastic = max(words, key=widths.__getitem__)
            others = sum(widths) - widths[elastic]
            room = max(self.viewport().width() - others, _NARROWEST)
            self.setColumnWidth(elastic, min(room, max(widths[elastic], _WIDEST)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit()

    def restyle(self) -> None:
        """Take over the theme's colours."""
        tokens = theme.tokens
        self.setStyleSheet(
            f"QTableView {{ background: {tokens.surface}; color: {tokens.text}; border: none; outline: none; }}"
            f"QTableView::item {{ padding: 1px 6px; }}"
            f"QTableView::item:hover {{ background: {tokens.hover}; }}"
            f"QTableView::item:selected {{ background: {tokens.hover}; color: {tokens.text}; }}"
            f"QTableView:focus {{ border: 1px solid {tokens.accent}; border-radius: 4px; }}"
            f"QHeaderView {{ background: {tokens.surface}; border: none; }}"
            f"QHeaderView::section {{ background: {tokens.surface}; color: {tokens.muted}; border: none;"
            f" border-bottom: 1px solid {tokens.line}; padding: 2px 6px; }}"
            f"QTableCornerButton::section {{ background: {tokens.surface}; border: none; }}"
        )
        palette = self.palette()
        palette.setColor(palette.ColorRole.Base, QColor(tokens.surface))
        self.setPalette(palette)
