"""Colours, fonts and the palette, light and dark; canvas, plots and formulas take their colours from the same tokens."""

from dataclasses import dataclass, fields
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from ui.shell.home import resource

Scheme = Literal["system", "light", "dark", "contrast"]
FONT_FAMILIES = [
    "Inter",
    "Segoe UI",
    "SF Pro Text",
    "Noto Sans",
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Microsoft YaHei",
    "PingFang SC",
]


@dataclass(frozen=True)
class Tokens:
    """Colours as #RRGGBB."""

    dark: bool
    background: str
    surface: str
    canvas: str
    node: str
    line: str
    edge: str
    """Around a node."""
    text: str
    muted: str
    accent: str
    on_accent: str
    good: str
    warning: str
    bad: str
    train: str
    validation: str
    field: str
    hover: str
    families: dict[str, str]

    def family(self, name: str) -> str:
        """The colour of a layer family."""
        return self.families.get(name, self.muted)


_FAMILIES = {
    "data": "#475467",
    "dense": "#2563EB",
    "convolution": "#0F766E",
    "shape": "#667085",
    "normalise": "#B45309",
    "regularise": "#7C3AED",
    "activation": "#C2410C",
    "recurrent": "#15803D",
    "attention": "#BE185D",
    "combine": "#4338CA",
    "cluster": "#0E7490",
    "output": "#B91C1C",
}


def _lifted(colour: str, share: float = 0.38) -> str:
    """A family colour for dark ground: part of the way to white."""
    c = QColor(colour)
    mix = [round(v + (255 - v) * share) for v in (c.red(), c.green(), c.blue())]
    return QColor(*mix).name()


LIGHT = Tokens(
    dark=False, background="#F5F6F8", surface="#FFFFFF", canvas="#FAFBFC", node="#FFFFFF", line="#E2E5EA", edge="#D1D4DB",
    text="#1D2433", muted="#667085", accent="#2563EB", on_accent="#FFFFFF", good="#15803D", warning="#B45309",
    bad="#C81E1E", train="#2563EB", validation="#D97706", field="#F5F6F8", hover="#F1F4FA", families=_FAMILIES,
)  # fmt: skip
DARK = Tokens(
    dark=True, background="#14171C", surface="#1C2027", canvas="#171A20", node="#222832", line="#2D333D", edge="#393D46",
    text="#E8EBF1", muted="#98A2B3", accent="#6EA8FE", on_accent="#0B1220", good="#4ADE80", warning="#FBBF24",
    bad="#F87171", train="#6EA8FE", validation="#FBBF24", field="#14171C", hover="#262D38",
    families={name: _lifted(colour) for name, colour in _FAMILIES.items()},
)  # fmt: skip

CONTRAST = Tokens(
    dark=True, background="#000000", surface="#000000", canvas="#000000", node="#000000", line="#98A2B3", edge="#98A2B3",
    text="#FFFFFF", muted="#D0D5DD", accent="#8CC2FF", on_accent="#000000", good="#5CFF8F", warning="#FFD34D",
    bad="#FF9E9E", train="#8CC2FF", validation="#FFD34D", field="#000000", hover="#1F2937",
    families={name: _lifted(colour, 0.55) for name, colour in _FAMILIES.items()},
)  # fmt: skip


class Theme(QObject):
    """The tokens in use; `changed` after a switch, for whatever paints itself."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.scheme: Scheme = "system"
        self.tokens = LIGHT

    def use(self, scheme: Scheme) -> None:
        """Switch to light, dark, high contrast or what the system says."""
        self.scheme = scheme
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        hints = app.styleHints()
        dark = scheme == "dark" or (scheme == "system" and hints.colorScheme() == Qt.ColorScheme.Dark)
        self.tokens = CONTRAST if scheme == "contrast" else DARK if dark else LIGHT
        app.setPalette(palette(self.tokens))
        app.setStyleSheet(style_sheet(self.tokens))
        self.changed.emit()


theme = Theme()


def interface_font(pixels: int = 13, bold: bool = False) -> QFont:
    """The interface font at a size in pixels."""
    font = QFont(FONT_FAMILIES)
    font.setPixelSize(pixels)
    font.setBold(bold)
    return font


def number_font(pixels: int = 12) -> QFont:
    """The monospace font for shapes and numbers."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(pixels)
    return font


def palette(t: Tokens) -> QPalette:
    """Qt's palette from the tokens."""
    roles = QPalette.ColorRole
    result = QPalette()
    for role, colour in {
        roles.Window: t.background, roles.WindowText: t.text, roles.Base: t.surface, roles.AlternateBase: t.background,
        roles.Text: t.text, roles.PlaceholderText: t.muted, roles.Button: t.surface, roles.ButtonText: t.text,
        roles.BrightText: t.bad, roles.Highlight: t.accent, roles.HighlightedText: t.on_accent, roles.Link: t.accent,
        roles.LinkVisited: t.accent, roles.ToolTipBase: t.surface, roles.ToolTipText: t.text, roles.Light: t.surface,
        roles.Midlight: t.line, roles.Mid: t.line, roles.Dark: t.muted, roles.Shadow: t.line,
    }.items():  # fmt: skip
        result.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(t.muted))
    return result


def style_sheet(t: Tokens) -> str:
    """The few rules that a palette can't say; `{name}` stands for the token of that name."""
    values = {f.name: getattr(t, f.name) for f in fields(t) if isinstance(getattr(t, f.name), str)}
    # Forward slashes and quotes: the path may hold spaces, and backslashes mean something else in a style sheet.
    values["icons"] = (resource("icons") / ("dark" if t.dark else "light")).as_posix()
    text = _STYLE
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


_STYLE = """
QToolTip { color: {text}; background: {surface}; border: 1px solid {line}; padding: 4px 6px; }
QMenuBar { background: {surface}; color: {text}; padding: 1px 8px; border: none; }
QMenuBar::item { background: transparent; padding: 4px 9px; border-radius: 6px; }
QMenuBar::item:selected { background: {hover}; }
QMenu { background: {surface}; color: {text}; border: 1px solid {line}; padding: 4px; }
QMenu::item { padding: 5px 28px 5px 10px; border-radius: 6px; }
QMenu::item:selected { background: {hover}; color: {text}; }
QMenu::item:disabled { color: {muted}; }
QMenu::separator { height: 1px; background: {line}; margin: 4px 8px; }
QMenu::icon { padding-left: 8px; }
QLineEdit, QComboBox, QSpinBox, QPlainTextEdit, QTextEdit {
  background: {field}; color: {text}; border: 1px solid {line}; border-radius: 6px; padding: 4px 8px;
  selection-background-color: {accent}; selection-color: {on_accent};
}
QLineEdit:focus, QComboBox:focus, QSpinBox:focus, QPlainTextEdit:focus, QTextEdit:focus { border: 1px solid {accent}; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: url("{icons}/down.svg"); width: 14px; height: 14px; }
QComboBox QAbstractItemView {
  background: {surface}; color: {text}; border: 1px solid {line}; padding: 4px; outline: none;
  selection-background-color: {hover}; selection-color: {text};
}
QPushButton {
  background: {surface}; color: {text}; border: 1px solid {line}; border-radius: 8px; padding: 6px 14px;
}
QPushButton:hover { background: {hover}; }
QPushButton:pressed { background: {line}; }
QPushButton:focus { border: 1px solid {accent}; }
QPushButton:disabled { color: {muted}; }
QPushButton[primary="true"] { background: {accent}; color: {on_accent}; border: 1px solid {accent}; font-weight: 600; }
QPushButton[primary="true"]:focus { border: 2px solid {text}; padding: 5px 13px; }
QPushButton[primary="true"]:disabled { background: {line}; border-color: {line}; color: {muted}; }
QToolButton {
  background: transparent; color: {text}; border: 1px solid transparent; border-radius: 6px; padding: 3px;
}
QToolButton:hover { background: {hover}; }
QToolButton:pressed, QToolButton:checked { background: {line}; }
QToolButton:focus { border: 1px solid {accent}; }
QToolButton:disabled { color: {muted}; }
QToolButton::menu-indicator { image: none; }
QCheckBox, QRadioButton { spacing: 8px; }
QCheckBox::indicator, QRadioButton::indicator { width: 15px; height: 15px; border: 1px solid {muted}; background: {field}; }
QCheckBox::indicator { border-radius: 4px; }
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:hover, QCheckBox::indicator:focus, QRadioButton::indicator:focus { border: 1px solid {accent}; }
QCheckBox::indicator:checked { background: {accent}; border-color: {accent}; image: url("{icons}/check.svg"); }
QRadioButton::indicator:checked { background: {accent}; border-color: {accent}; image: url("{icons}/dot.svg"); }
QScrollArea { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: {line}; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: {muted}; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractItemView { outline: none; }
QTreeView, QListView {
  background: {surface}; color: {text}; border: 1px solid {line}; border-radius: 6px; padding: 4px;
  selection-background-color: {hover}; selection-color: {text};
}
QTreeView::item, QListView::item { padding: 3px 2px; border-radius: 4px; }
QTreeView::item:selected, QListView::item:selected { background: {hover}; color: {text}; }
QHeaderView::section { background: {surface}; color: {muted}; border: none; padding: 4px 2px; }
QProgressBar { background: {line}; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: {accent}; border-radius: 3px; }
QMainWindow::separator { background: transparent; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: {accent}; }
"""
