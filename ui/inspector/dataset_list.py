"""The datasets to choose from, as a list that can be searched."""

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from dllab.data import DATASETS
from dllab.text import _
from ui.inspector.sheet import column, glyph, label, tip_text
from ui.inspector.words import target_words
from ui.shell.theme import interface_font, theme

_ROW = 30
_ROWS_SHOWN = 6
_KIND, _GLYPH, _DETAIL = (Qt.ItemDataRole.UserRole + n for n in range(3))
_Index = QModelIndex | QPersistentModelIndex


class DatasetList(QWidget):
    """Search field and list. It shows which dataset is in use and reports which is picked."""

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chosen = ""
        self.search = _Search()
        self.search.setPlaceholderText(_("Search data"))
        self.search.setAccessibleName(_("Search data"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.search.leave.connect(self._enter_list)
        self.search.returnPressed.connect(self._pick_first)
        self.list = QListWidget()
        self.list.setAccessibleName(_("Data"))
        self.list.setItemDelegate(_Row(self.list))
        self.list.setFixedHeight(_ROWS_SHOWN * _ROW + 4)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMouseTracking(True)
        self.list.itemClicked.connect(self._pick)
        self.list.itemActivated.connect(self._pick)
        self._nothing = label(_("No data of that name."), "muted")
        self._nothing.hide()
        self.setLayout(column(self.search, self.list, self._nothing))
        for declaration in DATASETS:
            self._add(declaration)

    def show_kind(self, kind: str) -> None:
        """Mark the dataset in use."""
        self._chosen = kind
        for row in range(self.list.count()):
            item = self.list.item(row)
            if item.data(_KIND) == kind:
                self.list.setCurrentItem(item)
                return
        self.list.setCurrentRow(-1)

    def _add(self, declaration: Any) -> None:
        spec = declaration().spec()
        detail = _("import…") if declaration.own else f"{spec.samples:,} · {target_words(spec)}"
        item = QListWidgetItem(_(declaration.title))
        item.setData(_KIND, declaration.kind)
        item.setData(_GLYPH, declaration.glyph)
        item.setData(_DETAIL, detail)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{_(declaration.title)}, {detail}")
        item.setToolTip(tip_text(declaration.summary()))
        self.list.addItem(item)

    def _filter(self, text: str) -> None:
        wanted = text.casefold().split()
        for row in range(self.list.count()):
            item = self.list.item(row)
            heard = f"{item.text()} {item.data(_KIND)} {item.toolTip()} {item.data(_DETAIL)}".casefold()
            item.setHidden(not all(word in heard for word in wanted))
        found = self._visible()
        self.list.setVisible(bool(found))
        self._nothing.setVisible(not found)

    def _visible(self) -> list[QListWidgetItem]:
        items = (self.list.item(row) for row in range(self.list.count()))
        return [item for item in items if not item.isHidden()]

    def _enter_list(self) -> None:
        found = self._visible()
        if found:
            self.list.setFocus(Qt.FocusReason.TabFocusReason)
            self.list.setCurrentItem(found[0])

    def _pick_first(self) -> None:
        found = self._visible()
        if found and self.search.text():
            self._pick(found[0])

    def _pick(self, item: QListWidgetItem) -> None:
        kind = item.data(_KIND)
        if kind != self._chosen:
            self.picked.emit(kind)


class _Search(QLineEdit):
    """A search field from which the down key leads into the list."""

    leave = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.leave.emit()
        else:
            super().keyPressEvent(event)


class _Row(QStyledItemDelegate):
    """Glyph, name, and how much of what."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(120, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        t = theme.tokens
        place: QRect = option.rect
        state = option.state
        current = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if current or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(t.hover))
            painter.drawRoundedRect(QRectF(place).adjusted(2, 1, -2, -1), 5, 5)
        colour = t.accent if current else t.muted
        glyph(index.data(_GLYPH), colour).paint(painter, QRect(place.x() + 10, place.y() + 7, 16, 16))
        painter.setFont(interface_font(11))
        painter.setPen(QColor(t.muted))
        right = place.adjusted(0, 0, -12, 0)
        detail = index.data(_DETAIL)
        painter.drawText(right, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), detail)
        room = place.width() - 34 - 22 - painter.fontMetrics().horizontalAdvance(detail)
        painter.setFont(interface_font(13, bold=current))
        painter.setPen(QColor(t.text))
        name = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, room)
        painter.drawText(place.adjusted(34, 0, 0, 0), int(Qt.AlignmentFlag.AlignVCenter), name)
        painter.restore()
