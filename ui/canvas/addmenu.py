"""The searchable list of layers that opens at the mouse."""

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QGuiApplication, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from dllab.text import _
from ui.canvas.catalogue import Entry, entries, family_title, search
from ui.canvas.paints import glyph_character
from ui.shell.icons import icon_font
from ui.shell.theme import interface_font, theme

_WIDTH = 300
_ROW = 34
_ROWS_SHOWN = 9
_ENTRY = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class AddMenu(QFrame):
    """Type to search, arrows and Enter to choose, Esc to leave."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget, kinds: Sequence[str] | None = None, only: bool = False) -> None:
        """Offer all layers; with `kinds` these first, in this order, or these only."""
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("addmenu")
        self.setAccessibleName(_("Add layer"))
        self._rows = _in_order(kinds, only)
        self._model = _Rows(self)
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(_("Layers that fit here") if only else _("Search layers"))
        self.field.setAccessibleName(_("Search layers"))
        self.field.setFont(interface_font(13))
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.list = QListView(self)
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Row(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName(_("Layers"))
        self.list.clicked.connect(self._choose)
        self.list.entered.connect(self.list.setCurrentIndex)
        self._nothing = QLabel(_("No layer is called that."), self)
        self._nothing.setContentsMargins(10, 8, 10, 8)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        for widget in (self.field, self.list, self._nothing):
            column.addWidget(widget)
        self._wear()
        self._search("")

    def open_at(self, at: QPoint) -> None:
        """Show with the field near a place of the screen."""
        screen = QGuiApplication.screenAt(at) or self.screen()
        room = screen.availableGeometry()
        x = max(room.left(), min(at.x() - 24, room.right() - self.width()))
        y = max(room.top(), min(at.y() - 24, room.bottom() - self.height()))
        self.move(x, y)
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        match event.key():
            case Qt.Key.Key_Down | Qt.Key.Key_Tab:
                self._step(1)
            case Qt.Key.Key_Up | Qt.Key.Key_Backtab:
                self._step(-1)
            case Qt.Key.Key_PageDown:
                self._step(_ROWS_SHOWN)
            case Qt.Key.Key_PageUp:
                self._step(-_ROWS_SHOWN)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._choose(self.list.currentIndex())
            case Qt.Key.Key_Escape:
                self.close()
            case _:
                return False
        return True

    def _step(self, by: int) -> None:
        count = self._model.rowCount()
        if count:
            row = self.list.currentIndex().row()
            to = (row + by) % count if abs(by) == 1 else max(0, min(count - 1, row + by))
            self.list.setCurrentIndex(self._model.index(to))

    def _search(self, words: str) -> None:
        found = [row for row in search(words, self._rows) if row.kind]
        self._model.show_rows(found)
        self._nothing.setVisible(not found)
        self.list.setVisible(bool(found))
        self.list.setFixedHeight(_ROW * max(1, min(_ROWS_SHOWN, len(found))) + 2)
        self.setFixedWidth(_WIDTH)
        self.adjustSize()
        if found:
            self.list.setCurrentIndex(self._model.index(0))

    def _choose(self, index: Index) -> None:
        if index.isValid():
            entry: Entry = index.data(_ENTRY)
            self.close()
            self.chosen.emit(entry.kind)

    def _wear(self) -> None:
        tokens = theme.tokens
        self.setStyleSheet(
            f"#addmenu {{ background: {tokens.surface}; border: 1px solid {tokens.line}; border-radius: 10px; }}"
            f"QListView {{ background: {tokens.surface}; }} QLabel {{ color: {tokens.muted}; }}"
        )


def _in_order(kinds: Sequence[str] | None, only: bool) -> list[Entry]:
    rows = entries()
    if kinds is None:
        return rows
    by_kind = {row.kind: row for row in rows}
    first = [by_kind[kind] for kind in kinds if kind in by_kind]
    return first if only else first + [row for row in rows if row.kind not in kinds]


class _Rows(QAbstractListModel):
    """What is found, as a model."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._entries: list[Entry] = []

    def show_rows(self, rows: list[Entry]) -> None:
        """Show these instead."""
        self.beginResetModel()
        self._entries = rows
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self._entries[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return entry.title
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleDescriptionRole:
                return entry.summary
            case Qt.ItemDataRole.UserRole:
                return entry
        return None


class _Row(QStyledItemDelegate):
    """Glyph, name, and the family at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: Entry = index.data(_ENTRY)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        tokens = theme.tokens
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(QColor(tokens.accent), 1))
            painter.setBrush(QColor(tokens.hover))
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 6, 6)
        painter.setPen(QColor(tokens.family(entry.band)))
        painter.setFont(icon_font(17))
        middle = Qt.AlignmentFlag.AlignVCenter
        glyph_place = QRect(rect.x() + 8, rect.y(), 24, rect.height())
        painter.drawText(glyph_place, Qt.AlignmentFlag.AlignCenter, glyph_character(entry.glyph))
        painter.setFont(interface_font(11))
        painter.setPen(QColor(tokens.muted))
        family = family_title(entry.family)
        painter.drawText(rect.adjusted(0, 0, -10, 0), middle | Qt.AlignmentFlag.AlignRight, family)
        room = rect.width() - 52 - QFontMetrics(interface_font(11)).horizontalAdvance(family)
        painter.setFont(interface_font(13))
        painter.setPen(QColor(tokens.text))
        title = QFontMetrics(interface_font(13)).elidedText(entry.title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(rect.adjusted(38, 0, 0, 0), middle | Qt.AlignmentFlag.AlignLeft, title)
        painter.restore()
