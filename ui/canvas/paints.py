"""Pens, brushes and fonts of the canvas, made once for each theme from its tokens."""

from functools import cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPen

from ui.shell.icons import glyph, icon_font
from ui.shell.theme import Tokens, interface_font, number_font, theme

FALLBACK_GLYPH = "mdi6.cube-outline"


def mixed(colour: str, ground: str, share: float) -> QColor:
    """A colour with `share` of the ground mixed in."""
    a, b = QColor(colour), QColor(ground)
    return QColor.fromRgbF(
        a.redF() + (b.redF() - a.redF()) * share,
        a.greenF() + (b.greenF() - a.greenF()) * share,
        a.blueF() + (b.blueF() - a.blueF()) * share,
    )


def pen(colour: QColor | str, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen with round ends."""
    return QPen(QBrush(QColor(colour)), width, style, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)


class Paints:
    """Everything that items paint with."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.canvas = QColor(tokens.canvas)
        self.node = QColor(tokens.node)
        self.line = QColor(tokens.line)
        self.text = QColor(tokens.text)
        self.muted = QColor(tokens.muted)
        self.accent = QColor(tokens.accent)
        self.warning = QColor(tokens.warning)
        self.bad = QColor(tokens.bad)
        self.dot = mixed(tokens.muted, tokens.canvas, 0.72 if tokens.dark else 0.66)
        self.edge = QColor(tokens.edge)
        self.shade = QColor(0, 0, 0, 70) if tokens.dark else QColor(16, 24, 40, 16)
        self.wire = mixed(tokens.muted, tokens.canvas, 0.22)
        self.wire_pen = pen(self.wire, 2)
        self.lit_pen = pen(self.accent, 3)
        self.gradient = QColor(tokens.validation)
        self.gradient_pen = pen(self.gradient, 3)
        self.broken_pen = pen(self.bad, 2, Qt.PenStyle.DashLine)
        wires = (self.wire_pen, self.lit_pen, self.gradient_pen, self.broken_pen)
        self._thin = {id(wire): QPen(wire.color(), 0) for wire in wires}
        self.note = mixed(tokens.validation, tokens.node, 0.91)
        self.note_edge = mixed(tokens.validation, tokens.node, 0.66)
        self.glow = QColor(tokens.accent)
        self.glow.setAlphaF(0.28)
        self.frame = QColor(tokens.muted)
        self.frame.setAlphaF(0.07)
        self.band = QColor(tokens.accent)
        self.band.setAlphaF(0.1)
        self._families = {name: QColor(tokens.family(name)) for name in (*tokens.families, "")}

    def thin(self, wire: QPen) -> QPen:
        """The pen of a wire seen from afar."""
        return self._thin[id(wire)]

    def family(self, name: str) -> QColor:
        """The colour of a layer family."""
        return self._families.get(name, self.muted)


_made: dict[bool, Paints] = {}


def paints() -> Paints:
    """Those of the theme in use."""
    found = _made.get(theme.tokens.dark)
    if found is None or found.tokens is not theme.tokens:
        found = _made[theme.tokens.dark] = Paints(theme.tokens)
    return found


@cache
def title_font(pixels: int = 13) -> QFont:
    """Of a node's name."""
    return interface_font(pixels, bold=True)


@cache
def body_font() -> QFont:
    """Of notes."""
    return interface_font(13)


@cache
def caption_font() -> QFont:
    """Of frames and remarks."""
    return interface_font(11, bold=True)


@cache
def small_font() -> QFont:
    """Of words in a node's second line."""
    return interface_font(11)


@cache
def shape_font() -> QFont:
    """Of shapes and counts."""
    return number_font(11)


@cache
def glyph_font() -> QFont:
    """Of a node's glyph."""
    return icon_font(17)


@cache
def glyph_character(name: str) -> str:
    """The character of a glyph; a plugin may name one that doesn't exist."""
    try:
        return glyph(name)
    except KeyError:
        return glyph(FALLBACK_GLYPH)
