"""Pieces every sheet of the inspector is made of: labels by role, links, headings, all in the theme's colours."""

import textwrap
from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QLabel, QLayout, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from ui.shell.icons import icon
from ui.shell.theme import Tokens, interface_font, number_font, theme

MARGIN = 16
GAP = 8

_STYLE = """
QLabel { background: transparent; }
QLabel[role="muted"], QLabel[role="caption"], QLabel[role="heading"] { color: {muted}; }
QLabel[role="bad"] { color: {bad}; }
QLabel[role="warning"] { color: {warning}; }
QLabel[role="good"] { color: {good}; }
QPushButton[role="link"] {
  background: transparent; border: none; border-radius: 4px; color: {accent}; padding: 2px 0; text-align: left;
}
QPushButton[role="link"]:hover, QPushButton[role="link"]:focus { text-decoration: underline; }
QPushButton[role="link"]:disabled { color: {muted}; }
QPushButton[role="small"] { padding: 4px 10px; border-radius: 6px; }
QPushButton[role="fix"] { padding: 4px 10px; border-radius: 6px; color: {bad}; border-color: {bad}; font-weight: 600; }
QPushButton[role="fix"][mild="true"] { color: {warning}; border-color: {warning}; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 3px; }
QToolButton:hover { background: {hover}; }
QToolButton:focus { border-color: {accent}; }
QLineEdit, QPlainTextEdit { placeholder-text-color: {muted}; }
QLineEdit[role="title"] { background: transparent; border: 1px solid transparent; padding: 2px 2px; }
QLineEdit[role="title"]:hover { border-color: {line}; }
QLineEdit[role="title"]:focus { border-color: {accent}; background: {field}; }
QFrame[role="line"] { background: {line}; border: none; }
QScrollArea, QScrollArea > QWidget > QWidget[role="page"] { background: {surface}; border: none; }
QTextBrowser[role="help"], QTextBrowser[role="help"]:focus { background: {surface}; border: none; padding: 0; }
QListView { background: {field}; border: 1px solid {line}; border-radius: 6px; outline: none; }
QListView:focus { border-color: {accent}; }
"""


def sheet_style(t: Tokens) -> str:
    """The rules of a sheet; `{name}` stands for the token of that name."""
    style = _STYLE
    for name in ("muted", "bad", "warning", "good", "accent", "line", "hover", "field", "surface"):
        style = style.replace("{" + name + "}", getattr(t, name))
    return style


class Sheet(QWidget):
    """A widget whose labels and buttons follow the theme; subclasses rebuild icons in `restyle`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    def restyle(self) -> None:
        """Called after a switch of the theme; what paints itself reads the tokens when it paints."""

    def _on_theme_changed(self) -> None:
        self.setStyleSheet(sheet_style(theme.tokens))
        self.restyle()


def label(text: str, role: str = "body", wrap: bool = True, selectable: bool = False) -> QLabel:
    """A plain-text label: body, title, heading, muted, caption, mono, good, warning or bad."""
    result = QLabel(text)
    result.setTextFormat(Qt.TextFormat.PlainText)  # names come from files: never markup
    result.setProperty("role", role)
    if role == "mono":
        result.setFont(number_font(12))
    else:
        pixels = {"title": 15, "body": 13, "caption": 11}.get(role, 12)
        result.setFont(interface_font(pixels, bold=role in ("title", "heading")))
    if wrap:
        result.setWordWrap(True)
        result.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    if selectable:
        result.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        result.setCursor(Qt.CursorShape.IBeamCursor)
    return result


def heading(text: str) -> QLabel:
    """The title of a group of rows, nearer to what it names than to what stands above it."""
    result = label(text, "heading")
    result.setContentsMargins(0, 8, 0, 0)
    return result


def say(target: QLabel, text: str) -> None:
    """Show a text, or take the label's place away when there is none."""
    if target.text() != text:
        target.setText(text)
    target.setVisible(bool(text))


def button(text: str, do: Callable[[], object], role: str = "small", tip: str = "") -> QPushButton:
    """A push button: small, link or fix."""
    result = QPushButton(text)
    result.setProperty("role", role)
    result.setAutoDefault(False)
    result.setFont(interface_font(12))
    result.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    if role == "link":
        result.setCursor(Qt.CursorShape.PointingHandCursor)
    result.setToolTip(tip_text(tip))
    result.clicked.connect(lambda: do())
    return result


def icon_button(name: str, tip: str, do: Callable[[], object]) -> QToolButton:
    """A button with a glyph only; `tip` is also its name for screen readers. Set the icon in `restyle`."""
    result = QToolButton()
    result.setIcon(glyph(name))
    result.setIconSize(QSize(16, 16))
    result.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    result.setToolTip(tip_text(tip))
    result.setAccessibleName(tip)
    result.clicked.connect(lambda: do())
    return result


def glyph(name: str, colour: str = "") -> QIcon:
    """An icon of the set in a colour of the theme (muted unless told)."""
    return icon(name, colour or theme.tokens.muted)


def tip_text(text: str) -> str:
    """A tooltip with lines short enough to read: Qt doesn't wrap plain ones."""
    return "\n".join(textwrap.fill(line, 60) for line in text.split("\n"))


def column(*items: QWidget | QLayout, gap: int = GAP, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> QVBoxLayout:
    """Items under each other."""
    result = QVBoxLayout()
    result.setContentsMargins(*margins)
    result.setSpacing(gap)
    for item in items:
        if isinstance(item, QWidget):
            result.addWidget(item)
        else:
            result.addLayout(item)
    return result


def clear(layout: QLayout) -> None:
    """Take everything out of a layout; the widgets go."""
    while (item := layout.takeAt(0)) is not None:
        inner, widget = item.layout(), item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif inner is not None:
            clear(inner)
