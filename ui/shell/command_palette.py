"""Ctrl+Shift+P: every command by a few letters of its name, with its keys, and why it can't be done now."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtWidgets import (
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from dllab.text import _
from ui.actions import COMMANDS, MENUS, Command
from ui.shell.icons import glyph, icon_font
from ui.shell.menus import keys_text
from ui.shell.raised import SHADOW, paint_raised
from ui.shell.theme import interface_font, theme

if TYPE_CHECKING:
    from ui.shell.window import Window

_WIDTH, _ROW, _ROWS = 560, 38, 10
_KEYS, _REASON, _COMMAND = (Qt.ItemDataRole.UserRole + n for n in range(3))
_Index = QModelIndex | QPersistentModelIndex


def likeness(query: str, text: str) -> int | None:
    """How well the letters of the query are found in the text, in their order; None if they are not. More is better."""
    place, score, last = 0, 0, -2
    lower = text.casefold()
    for letter in query.casefold().replace(" ", ""):
        place = lower.find(letter, place)
        if place < 0:
            return None
        starts_word = place == 0 or not lower[place - 1].isalnum()
        score += 8 * (place == last + 1) + 10 * starts_word - min(place - last, 6)
        last, place = place, place + 1
    return score - len(text) // 8


class CommandPalette(QWidget):
    """A line to type in, and the commands that match it."""

    def __init__(self, window: "Window") -> None:
        super().__init__(window)
        self._window = window
        self.line = QLineEdit(self)
        self.line.setPlaceholderText(_("Type what you want to do"))
        self.line.setAccessibleName(_("Search commands"))
        self.line.setClearButtonEnabled(False)
        self.model = QStandardItemModel(self)
        self.list = QListView(self)
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Row(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMouseTracking(True)
        self.list.setAccessibleName(_("Commands"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[SHADOW + 10] * 4)
        layout.addWidget(self.line)
        layout.addWidget(self.list)
        self.line.textChanged.connect(self._search)
        self.line.installEventFilter(self)
        self.list.clicked.connect(lambda _index: self.accept())
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def open(self) -> None:
        """Come up with an empty line and every command."""
        self.line.clear()
        self._search("")
        self.place()
        self.show()
        self.raise_()
        self.line.setFocus(Qt.FocusReason.PopupFocusReason)

    def place(self) -> None:
        """At the top of the window, in the middle."""
        width = min(_WIDTH, self._window.width() - 32)
        height = min(self.line.sizeHint().height() + _ROWS * _ROW + 40, self._window.height() - 90)
        box = QRect((self._window.width() - width) // 2, 60, width, height)
        self.setGeometry(box.adjusted(-SHADOW, -SHADOW, SHADOW, SHADOW))

    def accept(self) -> None:
        """Do the chosen command; one that can't be done now stays there with its reason."""
        index = self.list.currentIndex()
        if index.isValid() and not index.data(_REASON):
            command: Command = index.data(_COMMAND)
            self.hide()
            self._window.commands.run(command)

    def _search(self, query: str) -> None:
        found = []
        titles = {menu.id: _(menu.title).replace("&", "") for menu in MENUS}
        for place, command in enumerate(COMMANDS):
            words = self._window.commands.words(command)
            if titles[command.menu] not in words and command.menu in ("panes", "layouts", "theme", "align"):
                words = f"{titles[command.menu]}: {words}"
            score = likeness(query, words)
            if score is not None:
                found.append((-score if query else 0, place, words.rstrip("…"), command))
        self.model.clear()
        for _score, _place, words, command in sorted(found, key=lambda entry: entry[:2]):
            item = QStandardItem(words)
            item.setEditable(False)
            item.setData(keys_text(command), _KEYS)
            item.setData(self._window.commands.reason(command), _REASON)
            item.setData(command, _COMMAND)
            item.setToolTip(_(command.tip) if command.tip else "")
            self.model.appendRow(item)
        self.list.setCurrentIndex(self.model.index(0, 0))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(Qt.Key(event.key()))
        if isinstance(event, QFocusEvent) and event.lostFocus():
            self.setVisible(event.reason() == Qt.FocusReason.ActiveWindowFocusReason)
        return False

    def _key(self, key: Qt.Key) -> bool:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -_ROWS, Qt.Key.Key_PageDown: _ROWS}
        if key == Qt.Key.Key_Escape:
            self._window.take_focus_back()
            self.hide()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.accept()
        elif key in steps and self.model.rowCount():
            row = min(max(self.list.currentIndex().row() + steps[key], 0), self.model.rowCount() - 1)
            self.list.setCurrentIndex(self.model.index(row, 0))
        else:
            return False
        return True

    def _restyle(self) -> None:
        self.list.setStyleSheet("QListView { background: transparent; border: none; }")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_raised(self)


class _Row(QStyledItemDelegate):
    """Icon, name, and at the right the keys; below the name the reason if it can't be done."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(200, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        tokens = theme.tokens
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        reason, keys, command = index.data(_REASON), index.data(_KEYS), index.data(_COMMAND)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.hover))
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 6, 6)
        if command.icon:
            painter.setFont(icon_font(17))
            painter.setPen(QColor(tokens.muted))
            painter.drawText(rect.adjusted(10, 0, 0, 0), _LEFT, glyph(command.icon))
        small, normal = QFontMetrics(interface_font(11)), QFontMetrics(interface_font(13))
        used = small.horizontalAdvance(keys) + 24
        painter.setFont(interface_font(11))
        painter.setPen(QColor(tokens.muted))
        painter.drawText(rect.adjusted(0, 0, -12, 0), _RIGHT, keys)
        words = rect.adjusted(38, 3 if reason else 0, -used, -rect.height() // 2 if reason else 0)
        if reason:
            below = rect.adjusted(38, rect.height() // 2, -used, -3)
            painter.drawText(below, _LEFT, small.elidedText(reason, Qt.TextElideMode.ElideRight, below.width()))
        painter.setFont(interface_font(13))
        painter.setPen(QColor(tokens.muted if reason else tokens.text))
        painter.drawText(words, _LEFT, normal.elidedText(index.data(), Qt.TextElideMode.ElideRight, words.width()))
        painter.restore()


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
