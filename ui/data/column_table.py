"""The columns of a table being imported: one line each, with the type to correct and the first values."""

from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from dllab.data.own.dates import said
from dllab.text import N_, _
from ui.shell.labels import literal
from ui.shell.theme import interface_font, number_font, theme

TYPES = {
    "number": N_("number"),
    "category": N_("category"),
    "date": N_("date"),
    "text": N_("text"),
    "ignore": N_("ignore"),
}
_NAME, _TYPE, _MISSING, _HOLDS, _FIRST = range(5)
_ROWS_SHOWN = 4
_Index = QModelIndex | QPersistentModelIndex


class ColumnTable(QTableWidget):
    """`retyped` tells the column and its new type."""

    retyped = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(_("Columns of the file"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.CurrentChanged
            | QAbstractItemView.EditTrigger.SelectedClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setAlternatingRowColors(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(30)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.setItemDelegateForColumn(_TYPE, _TypeChoice(self))
        self._filling = False
        theme.changed.connect(self._restyle)
        self._restyle()
        self.itemChanged.connect(self._on_changed)

    def show_facts(self, facts: dict[str, Any]) -> None:
        """Show what is in a file."""
        self._filling = True
        first = facts["first"][:_ROWS_SHOWN]
        rows = [_("Row {number}").format(number=n + 1) for n in range(len(first))]
        self.setColumnCount(_FIRST + len(first))
        self.setHorizontalHeaderLabels([_("Column"), _("Type"), _("Missing"), _("Holds"), *rows])
        self.setRowCount(len(facts["columns"]))
        for row, column in enumerate(facts["columns"]):
            self._fill(row, column, [cells[row] for cells in first])
        for column in (_NAME, _TYPE, _MISSING, _HOLDS):
            self.resizeColumnToContents(column)
        self.setColumnWidth(_NAME, min(max(self.columnWidth(_NAME), 90), 220))
        self.setColumnWidth(_TYPE, 118)
        self.setColumnWidth(_HOLDS, min(self.columnWidth(_HOLDS) + 8, 280))
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.horizontalHeader().setStretchLastSection(True)
        self._filling = False

    def types(self) -> dict[str, str]:
        """What every column is taken for."""
        rows = range(self.rowCount())
        return {self._cell(r, _NAME).text(): str(self._cell(r, _TYPE).data(Qt.ItemDataRole.UserRole)) for r in rows}

    def set_type(self, name: str, kind: str) -> None:
        """Take a column for something else, without telling anybody."""
        self._filling = True
        for row in range(self.rowCount()):
            if self._cell(row, _NAME).text() == name:
                self._set_type(self._cell(row, _TYPE), kind)
        self._filling = False

    def _cell(self, row: int, column: int) -> QTableWidgetItem:
        item = self.item(row, column)
        assert item is not None
        return item

    def _restyle(self) -> None:
        t = theme.tokens
        self.setStyleSheet(
            f"QTableView {{ border: 1px solid {t.line}; border-radius: 6px; background: {t.surface}; color: {t.text}; }}"
            f"QTableView::item {{ padding: 0 8px; }} QTableView::item:selected {{ background: {t.hover}; color: {t.text}; }}"
            f"QHeaderView::section {{ padding: 6px 8px; }}"
        )

    def _fill(self, row: int, column: dict[str, Any], cells: list[str]) -> None:
        lost = column["missing"] + (column["odd"] if column["guess"] == "number" else 0)
        texts = [column["name"], "", f"{lost:,}" if lost else "", holds(column), *cells]
        for place, text in enumerate(texts):
            item = QTableWidgetItem(text)
            item.setFont(interface_font(12) if place < _FIRST else number_font(11))
            item.setToolTip(literal(text))
            if place != _TYPE:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
            if place == _MISSING:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.setItem(row, place, item)
        self._set_type(self._cell(row, _TYPE), column["guess"])

    def _set_type(self, item: QTableWidgetItem, kind: str) -> None:
        item.setData(Qt.ItemDataRole.UserRole, kind)
        item.setText(f"{_(TYPES[kind])}  ▾")
        item.setToolTip(_("What this column is; click to change it"))

    def _on_changed(self, item: QTableWidgetItem) -> None:
        if self._filling or item.column() != _TYPE:
            return
        kind = str(item.data(Qt.ItemDataRole.UserRole))
        self._filling = True
        self._set_type(item, kind)
        self._filling = False
        self.retyped.emit(self._cell(item.row(), _NAME).text(), kind)


class _TypeChoice(QStyledItemDelegate):
    """The types as a list that opens in place."""

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, _index: _Index) -> QWidget:
        box = QComboBox(parent)
        for kind, words in TYPES.items():
            box.addItem(_(words), kind)
        box.activated.connect(lambda: self._done(box))
        return box

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        assert isinstance(editor, QComboBox)
        editor.setCurrentIndex(editor.findData(index.data(Qt.ItemDataRole.UserRole)))

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        assert isinstance(editor, QComboBox)
        if editor.currentData() != index.data(Qt.ItemDataRole.UserRole):
            model.setData(index, editor.currentData(), Qt.ItemDataRole.UserRole)

    def _done(self, box: QComboBox) -> None:
        self.commitData.emit(box)
        self.closeEditor.emit(box)


def holds(column: dict[str, Any]) -> str:
    """What a column holds, in a few words."""
    values = column["values"]
    if values is not None and len(values) == 1:
        return _("always {value}: tells nothing").format(value=values[0][:40])
    if column["guess"] == "ignore" and column.get("counting"):
        return _("{low:g} … {high:g}: numbers the rows").format(low=column["low"], high=column["high"])
    if column.get("dates") and column["guess"] == "ignore":
        span = (column.get("days") or {}).get("span")
        return _("dates, {first} … {last}").format(first=said(span[0]), last=said(span[1])) if span else _("dates")
    if column["guess"] == "number":
        text = f"{column['low']:g} … {column['high']:g}"
        if column["odd"]:
            return (
                text
                + " · "
                + _("row {row}: {text!r} is no number").format(row=column["odd_row"], text=column["odd_text"])
            )
        return text
    if values is None:
        return _("more than 1,000 different texts")
    if not values:
        return _("nothing")
    return ", ".join(value[:24] for value in values[:6]) + (" …" if len(values) > 6 else "")
