"""Writing in place: a title over its node, the text of a note over the note."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit

from dllab.text import _
from ui.canvas.geometry import NODE_WIDTH, Box
from ui.shell.theme import interface_font

if TYPE_CHECKING:
    from ui.canvas.view import View

_LONGEST_TITLE = 200
_Key = Qt.Key
_OWN_WITH_CONTROL = {_Key.Key_A, _Key.Key_C, _Key.Key_D, _Key.Key_G, _Key.Key_V, _Key.Key_X, _Key.Key_Y, _Key.Key_Z}


class _Ending(QObject):
    """Ends the writing once: Enter or leaving keeps it, Esc doesn't."""

    def __init__(self, field: "TitleEditor | NoteEditor") -> None:
        super().__init__(field)
        self._field = field
        self.over = False

    def end(self, keep: bool) -> None:
        """Take the field away, with or without its text."""
        if self.over:
            return
        self.over = True
        field, view = self._field, self._field.view
        had_focus = field.hasFocus()
        field.hide()
        field.deleteLater()
        if view.inline is field:
            view.inline = None
        if had_focus:
            view.setFocus()
        if keep and field.item_id in view.stage:
            field.write()


class TitleEditor(QLineEdit):
    """A title, over its node or frame."""

    def __init__(self, view: "View", item_id: str) -> None:
        super().__init__(view)
        self.view, self.item_id = view, item_id
        self._ending = _Ending(self)
        item = view.stage.item(item_id)
        node = item_id in view.stage.nodes
        box = item.box
        place = Box(box.x + 4, box.y + 5, NODE_WIDTH - 8, 26) if node else Box(box.x + 4, box.y + 2, 220, 26)
        corner = view.to_view((place.x, place.y))
        self.setGeometry(corner.x(), corner.y(), max(120, round(place.width * view.zoom)), 28)
        self.setFont(interface_font(13, bold=True))
        self.setMaxLength(_LONGEST_TITLE)
        self.setAccessibleName(_("Name"))
        self.setPlaceholderText(_("Name"))
        self.setText(view.editor.name(item_id))
        self.selectAll()
        self.returnPressed.connect(self.commit)
        self.show()
        self.setFocus()
        view.looked.connect(self.commit)

    def commit(self) -> None:
        """Keep what was typed."""
        self._ending.end(keep=True)

    def write(self) -> None:
        """Make the edit."""
        if self.text().strip() != self.view.editor.name(self.item_id):
            self.view.editor.rename(self.item_id, self.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._ending.end(keep=False)
        else:
            super().keyPressEvent(event)
        # What the field has no use for must not reach the canvas behind it.
        event.accept()

    def event(self, event: QEvent) -> bool:
        return _keep_keys(event) or super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.commit()


class NoteEditor(QPlainTextEdit):
    """The text of a note, over the note."""

    def __init__(self, view: "View", item_id: str) -> None:
        super().__init__(view)
        self.view, self.item_id = view, item_id
        self._ending = _Ending(self)
        box = view.stage.notes[item_id].box
        corner = view.to_view((box.x, box.y))
        width, height = round(box.width * view.zoom), round(box.height * view.zoom)
        self.setGeometry(corner.x(), corner.y(), max(160, width), max(64, height))
        self.setFont(interface_font(13))
        self.setAccessibleName(_("Note"))
        self.setPlaceholderText(_("Write a note. Esc leaves it as it was."))
        self.setTabChangesFocus(True)
        self.setPlainText(view.stage.notes[item_id].note.text)
        self.selectAll()
        self.show()
        self.setFocus()
        view.looked.connect(self.commit)

    def commit(self) -> None:
        """Keep what was written."""
        self._ending.end(keep=True)

    def write(self) -> None:
        """Make the edit."""
        if self.toPlainText() != self.view.stage.notes[self.item_id].note.text:
            self.view.editor.write_note(self.item_id, self.toPlainText())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape:
            self._ending.end(keep=False)
        elif enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.commit()
        else:
            super().keyPressEvent(event)
        event.accept()

    def event(self, event: QEvent) -> bool:
        return _keep_keys(event) or super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.commit()


def _keep_keys(event: QEvent) -> bool:
    """Keys that are shortcuts of the canvas around belong to the text while one writes."""
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    if event.modifiers() & Qt.KeyboardModifier.ControlModifier and event.key() not in _OWN_WITH_CONTROL:
        return False
    event.accept()
    return True
