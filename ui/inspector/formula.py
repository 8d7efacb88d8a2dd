r"""Formulas: TeX is laid out once, drawn sharp in any colour and size, and stands inline in a text document.

ziamath takes 8 to 100 ms for a formula and a sixth of a second to import, so both happen when a formula is first needed.
"""

import logging
import re
import warnings
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from PySide6.QtCore import QByteArray, QObject, QRect, QRectF, QSizeF
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPyTextObject,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtSvg import QSvgRenderer

log = logging.getLogger(__name__)

OBJECT_TYPE = QTextFormat.ObjectTypes.UserObject.value + 11
_TEX, _COLOUR, _SIZE = (QTextFormat.Property.UserProperty.value + n for n in (1, 2, 3))
_LAID_OUT_AT = 24.0
_MARKER = "#123457"
_FORMULA = re.compile(r"\$([^$\n]+(?:\n[^$\n]+)*)\$")
_PRIVATE = 0xE000


@dataclass(frozen=True)
class Laid:
    """A formula as SVG at 24 pixels: extents in pixels, `ascent` above the baseline."""

    svg: str
    width: float
    height: float
    ascent: float


@cache
def _ziamath() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of how it reads its font
        import ziamath
    ziamath.config.svg2 = False  # QtSvg draws nothing of SVG 2 symbols, and says nothing either
    return ziamath


@lru_cache(maxsize=512)
def lay_out(tex: str) -> Laid | None:
    """Lay a formula out; None for TeX that can't be read (it is shown as it stands)."""
    try:
        svg = _ziamath().Latex(tex, size=_LAID_OUT_AT, color=_MARKER).svg()
    except Exception:  # its parser raises whatever it stumbled over
        log.warning("this formula can't be read: %s", tex, exc_info=True)
        return None
    box = re.search(r'viewBox="(\S+) (\S+) (\S+) (\S+)"', svg)
    if box is None:
        return None
    _x, top, width, height = map(float, box.groups())
    return Laid(svg, width, height, -top)


@lru_cache(maxsize=512)
def renderer(tex: str, colour: str) -> QSvgRenderer | None:
    """What draws a formula in a colour, at any size."""
    laid = lay_out(tex)
    if laid is None:
        return None
    return QSvgRenderer(QByteArray(laid.svg.replace(_MARKER, colour).encode()))


class FormulaObject(QPyTextObject):
    """Draws the formulas of a text document where they stand, on the baseline of their line."""

    def intrinsicSize(self, doc: QTextDocument, pos: int, form: QTextFormat) -> QSizeF:
        laid = lay_out(str(form.property(_TEX)))
        if laid is None:
            return QSizeF()
        scale = _scale(laid, doc, form)
        above, below = _around_middle(laid, scale, form)
        return QSizeF(laid.width * scale, 2 * max(above, below))

    def drawObject(
        self, painter: QPainter, rect: QRectF | QRect, doc: QTextDocument, pos: int, form: QTextFormat
    ) -> None:
        tex = str(form.property(_TEX))
        laid, draw = lay_out(tex), renderer(tex, str(form.property(_COLOUR)))
        if laid is None or draw is None:
            return
        scale = _scale(laid, doc, form)
        above, _below = _around_middle(laid, scale, form)
        place = QRectF(rect)
        top = place.center().y() - above
        draw.render(painter, QRectF(place.x(), top, laid.width * scale, laid.height * scale))


def _scale(laid: Laid, doc: QTextDocument, form: QTextFormat) -> float:
    """Pixels per laid-out pixel: as asked for, less where the formula is wider than the page."""
    room = doc.textWidth() - 2 * doc.documentMargin() - 4
    wanted = float(form.property(_SIZE)) / _LAID_OUT_AT
    return min(wanted, room / laid.width) if room > 0 and laid.width > 0 else wanted


def _around_middle(laid: Laid, scale: float, form: QTextFormat) -> tuple[float, float]:
    """Extent above and below the line's middle, a quarter of an x above the baseline: there Qt centres an object."""
    middle = QFontMetricsF(form.toCharFormat().font()).xHeight() / 4
    return laid.ascent * scale - middle, (laid.height - laid.ascent) * scale + middle


def without_formulas(markdown: str) -> tuple[str, list[str]]:
    """The text with a private character in place of each $formula$, and the formulas in order."""
    formulas: list[str] = []

    def keep(match: re.Match[str]) -> str:
        formulas.append(" ".join(match[1].split()))
        return chr(_PRIVATE + len(formulas) - 1)

    return _FORMULA.sub(keep, markdown), formulas


def install(document: QTextDocument, owner: QObject) -> None:
    """Let a document draw formulas; `owner` keeps what draws them alive."""
    document.documentLayout().registerHandler(OBJECT_TYPE, FormulaObject(owner))


def put_formulas(document: QTextDocument, formulas: list[str], colour: str, pixels: float) -> None:
    """Replace the private characters of a document by their formulas."""
    for index, tex in enumerate(formulas):
        found = document.find(chr(_PRIVATE + index))
        if found.isNull():
            continue
        if lay_out(tex) is None:
            found.insertText(tex)
            continue
        _insert(found, tex, colour, pixels)


def _insert(cursor: QTextCursor, tex: str, colour: str, pixels: float) -> None:
    form = QTextCharFormat()
    font = QFont(cursor.charFormat().font())
    form.setFont(font)
    form.setObjectType(OBJECT_TYPE)
    form.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignMiddle)
    form.setProperty(_TEX, tex)
    form.setProperty(_COLOUR, QColor(colour).name())
    form.setProperty(_SIZE, pixels)
    form.setToolTip(tex)  # also what a screen reader can say
    cursor.insertText("\ufffc", form)
