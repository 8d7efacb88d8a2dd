"""Every text that a window shows or tells a screen reader, and which of them never met a translator."""

import re
from collections.abc import Iterator

from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QDockWidget,
    QGroupBox,
    QLabel,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPlainTextEdit,
    QTabBar,
    QTextBrowser,
    QTextEdit,
    QWidget,
)

_KEYS = re.compile(r"\b(?:(?:Ctrl|Shift|Alt|Meta)\+)*(?:F\d+|Home|Del|Space|Backspace|Esc|Return|Tab|(?<=\+)\S)(?!\w)")
_CODE = re.compile(
    r"https?://\S+|</?(?:b|i|br|p|code)/?>|\b(?:torch|nn|sklearn|blocks)\.[\w.]*(?:\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\))?"
)
_LETTERS = re.compile(r"[^\W\d_]{2,}")


def texts(window: QWidget) -> Iterator[tuple[str, str]]:
    """(where, text) for everything in a window."""
    for widget in (window, *window.findChildren(QWidget)):
        where = f"{type(widget).__name__} {widget.objectName()}"
        if widget.objectName().startswith(("qt_", "ScrollLeft", "ScrollRight")):
            continue
        for kind, text in _of(widget):
            yield f"{where} {kind}", text


def _of(widget: QWidget) -> Iterator[tuple[str, str]]:
    yield "tooltip", widget.toolTip()
    yield "accessible name", widget.accessibleName()
    yield "accessible description", widget.accessibleDescription()
    yield "status tip", widget.statusTip()
    yield "what's this", widget.whatsThis()
    if widget.isWindow() or isinstance(widget, QDockWidget):
        yield "title", widget.windowTitle()
    for action in widget.actions():
        yield "action", action.text()
        # Without one of its own, Qt makes an action's tooltip from its text.
        yield "action tooltip", action.toolTip()
    match widget:
        case QAbstractButton() | QLabel() | QMessageBox():
            yield "text", widget.text()
        case QGroupBox() | QMenu():
            yield "title", widget.title()
        case QLineEdit() | QPlainTextEdit():
            yield "placeholder", widget.placeholderText()
        case QTextBrowser():
            yield "page", widget.toPlainText()
        case QTextEdit():
            yield "placeholder", widget.placeholderText()
        case QTabBar():
            for index in range(widget.count()):
                yield "tab", widget.tabText(index)
                yield "tab tooltip", widget.tabToolTip(index)
        case QComboBox():
            for index in range(widget.count()):
                yield "item", widget.itemText(index)
        case QAbstractItemView() if widget.model() is not None:
            yield from _items(widget.model(), QModelIndex())


def _items(model: QAbstractItemModel, parent: QModelIndex) -> Iterator[tuple[str, str]]:
    # PySide hides this method of models that are lists.
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(parent)
    for column in range(columns):
        header = model.headerData(column, Qt.Orientation.Horizontal)
        yield "header", header if isinstance(header, str) else ""
        for row in range(model.rowCount(parent)):
            index = model.index(row, column, parent)
            for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
                text = index.data(role)
                yield "item", text if isinstance(text, str) else ""
            if column == 0:
                yield from _items(model, index)


def untranslated(text: str) -> str:
    """What is left of a text without what a translator has seen, tags, code, keys and numbers."""
    depth, kept = 0, []
    for letter in text.replace("&", ""):
        depth += (letter == "⟦") - (letter == "⟧")
        if depth == 0 and letter != "⟧":
            kept.append(letter)
    left = _CODE.sub(" ", _KEYS.sub(" ", "".join(kept)))
    return left.strip() if _LETTERS.search(left) else ""
