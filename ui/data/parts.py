"""Pieces that the pages of imports share: words by role, buttons, boxes, fields under their names."""

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QPushButton, QVBoxLayout, QWidget

from dllab.text import _


def words(role: str) -> QLabel:
    """A line of words, empty at first."""
    line = QLabel()
    line.setProperty("role", role)
    line.setTextFormat(Qt.TextFormat.PlainText)
    line.setWordWrap(role in ("good", "bad", "muted"))
    return line


def button(text: str, do: Callable[[], object]) -> QPushButton:
    """A button that does something."""
    made = QPushButton(text)
    made.clicked.connect(lambda: do())
    return made


def box(name: str, items: Mapping[str, str], width: int = 150) -> QComboBox:
    """A box of choices: what each means, and its words."""
    made = QComboBox()
    made.setAccessibleName(name)
    made.setMinimumWidth(width)
    for value, text in items.items():
        made.addItem(_(text), value)
    return made


def pick(chosen: QComboBox, value: Any) -> None:
    """Show a choice, if there is such a one."""
    place = chosen.findData(value)
    if place >= 0:
        chosen.setCurrentIndex(place)


def named(field: QWidget) -> QWidget:
    """A field under its name; a check box says its own."""
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(3)
    name = words("caption")
    if not isinstance(field, QCheckBox):
        name.setText(field.accessibleName())
        name.setBuddy(field)
    column.addWidget(name)
    column.addWidget(field)
    return holder
