"""A line to type a value into: strict about what it takes, with the reason when it takes nothing."""

from itertools import count
from typing import Any

from PySide6.QtCore import QEvent, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from dllab.declare import FormField
from dllab.text import _
from ui.inspector.parsing import Refusal, parse_ints, parse_number, show_number
from ui.inspector.sheet import tip_text
from ui.inspector.stepping import bound_refusal, show_bounds, stepped
from ui.shell.theme import interface_font, number_font, theme

_WHEEL_NOTCH = 120
_bursts = count(1)


class LineField(QLineEdit):
    """Shows a value and asks for another: Enter or leaving the field commits, Esc brings the value back.

    What is typed is a draft until then. After a commit the field shows what its owner shows it, not what was typed.
    """

    committed = Signal(object, str)
    """(value, merge): `merge` is the same for all steps of one visit to the field, empty for a typed value."""
    refused = Signal(str)
    """Why the draft was not taken; empty once it is well again."""

    def __init__(self, field: FormField, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.refusal = ""
        self._value: Any = None
        self._draft = False
        self.caption = ""
        self.setAccessibleName(_(field.title))
        self.setFont(number_font(12) if field.type != "text" else interface_font(13))
        if field.optional:
            self.setPlaceholderText(_("automatic"))
        self.textEdited.connect(self._on_edited)
        self._describe()

    @property
    def value(self) -> Any:
        """The value last shown by the owner."""
        return self._value

    def show_value(self, value: Any) -> None:
        """Show a value; a draft survives as long as the value below it stays the same."""
        if value == self._value and type(value) is type(self._value) and self._draft:
            return
        self._value = value
        self.restore()

    def restore(self) -> None:
        """Drop the draft."""
        self._draft = False
        text = self.as_text(self._value)
        if self.text() != text:
            self.setText(text)
            self.setCursorPosition(0)
        self._refuse("")

    def commit(self) -> bool:
        """Take the draft over; False when it is refused (the draft then stays to be mended)."""
        if not self._draft:
            return True
        value = self.read(self.text())
        if isinstance(value, Refusal):
            self._refuse(value.sentence)
            return False
        self._send(value, "")
        return True

    def read(self, text: str) -> Any:
        """The value a text means, or a Refusal."""
        if self.field.optional and text.strip().casefold() in ("", _("automatic").casefold()):
            return None
        return text

    def as_text(self, value: Any) -> str:
        """A value as it is typed."""
        return "" if value is None else str(value)

    def _send(self, value: Any, merge: str) -> None:
        self._draft = False
        self._refuse("")
        if value != self._value or type(value) is not type(self._value):
            self.committed.emit(value, merge)
        self.restore()

    def _on_edited(self) -> None:
        self._draft = True
        self._refuse("")

    def _refuse(self, sentence: str) -> None:
        if sentence == self.refusal:
            return
        self.refusal = sentence
        self._describe()
        self.refused.emit(sentence)
        self.update()

    def _describe(self) -> None:
        parts = (_(self.field.help), show_bounds(self.field))
        self.setToolTip(tip_text("\n".join(filter(None, parts))))
        self.setAccessibleDescription(" ".join(filter(None, (self.refusal, *parts))))

    # --- events

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            return self._on_shortcut(event)
        return super().event(event)

    def _on_shortcut(self, event: QKeyEvent) -> bool:
        """The lab's shortcuts act on what is typed: it is taken over first. Without a draft undo is the lab's."""
        editing = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)
        if any(event.matches(key) for key in editing) and not self._draft:
            event.ignore()
            return True
        if event.key() == Qt.Key.Key_Escape and (self._draft or self.refusal):
            event.accept()
            return True
        super().event(event)
        command = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier)
        if not event.isAccepted() and (command or Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F35):
            self.commit()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.commit():
                self.selectAll()
        elif event.key() == Qt.Key.Key_Escape and (self._draft or self.refusal):
            self.restore()
            self.selectAll()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if event.reason() != Qt.FocusReason.PopupFocusReason:  # its context menu is part of the field
            self.commit()
        super().focusOutEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        if self.refusal:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.tokens.bad), 1.5))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75), 6, 6)
        if self.caption and (self.text() or not self.placeholderText()):
            painter.setFont(interface_font(11))
            painter.setPen(QColor(theme.tokens.muted))
            room = self.width() - 24 - self.fontMetrics().horizontalAdvance(self.text())
            if painter.fontMetrics().horizontalAdvance(self.caption) <= room:
                place = QRect(0, 0, self.width() - 9, self.height())
                painter.drawText(place, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), self.caption)
        painter.end()


class NumberField(LineField):
    """A number, whole or not, with bounds; the arrow keys and the wheel step it while it has the focus."""

    def __init__(self, field: FormField, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.caption = show_bounds(field)
        self._visit = next(_bursts)
        self._wheel = 0

    def read(self, text: str) -> Any:
        if super().read(text) is None:
            return None
        value = parse_number(text, "int" if self.field.type == "int" else "float")
        if isinstance(value, Refusal):
            return value
        return bound_refusal(value, self.field) or value

    def as_text(self, value: Any) -> str:
        return "" if value is None else show_number(value)

    def step(self, up: bool, far: bool = False) -> None:
        """One step from what stands in the field."""
        value = self.read(self.text())
        if isinstance(value, Refusal):
            self._refuse(value.sentence)
            return
        self._send(stepped(value, up, far, self.field), f"step{self._visit}")
        self.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and not self.isReadOnly():
            self.step(event.key() == Qt.Key.Key_Up, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._visit = next(_bursts)
        self._wheel = 0
        super().focusInEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus() or self.isReadOnly():
            event.ignore()  # the panel scrolls instead
            return
        # Shift turns the wheel sideways on some systems.
        self._wheel += event.angleDelta().y() or event.angleDelta().x()
        far = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        while abs(self._wheel) >= _WHEEL_NOTCH:
            up = self._wheel > 0
            self._wheel -= _WHEEL_NOTCH if up else -_WHEEL_NOTCH
            self.step(up, far)
        event.accept()


class IntsField(LineField):
    """Several whole numbers, as in "16, 4, 4"."""

    def read(self, text: str) -> Any:
        return None if super().read(text) is None else parse_ints(text)

    def as_text(self, value: Any) -> str:
        return ", ".join(map(str, value)) if isinstance(value, (tuple, list)) else super().as_text(value)
