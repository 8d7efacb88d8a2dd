"""Icons from the Material Design font that comes with qtawesome, drawn sharp at every scale.

qtawesome itself is not imported: it loads eleven icon fonts and all of Qt again, half a second before the window shows.
"""

import importlib.util
import json
from functools import cache
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap

_FONT_FILES = ("materialdesignicons6-webfont-*.ttf", "materialdesignicons6-webfont-charmap-*.json")


def icon(name: str, colour: str, disabled: str = "") -> QIcon:
    """The icon of a name such as "mdi6.play" in a colour; raises KeyError for a name the font doesn't have."""
    return QIcon(_Glyph(glyph(name), QColor(colour), QColor(disabled or colour)))


def glyph(name: str) -> str:
    """The character of the icon font behind a name."""
    return chr(int(_font()[1][name.removeprefix("mdi6.")], 16))


def icon_font(pixels: int) -> QFont:
    """The icon font, for those who paint glyphs themselves."""
    font = QFont(_font()[0])
    font.setPixelSize(pixels)
    return font


@cache
def _font() -> tuple[str, dict[str, str]]:
    """Family of the icon font and its code points by name."""
    found = importlib.util.find_spec("qtawesome")
    if found is None or found.origin is None:
        raise FileNotFoundError("qtawesome, which brings the icon font, is not installed")
    folder = Path(found.origin).parent / "fonts"
    (font_file,), (names_file,) = (sorted(folder.glob(pattern))[-1:] for pattern in _FONT_FILES)
    number = QFontDatabase.addApplicationFontFromData(font_file.read_bytes())
    families = QFontDatabase.applicationFontFamilies(number)
    return families[0], json.loads(names_file.read_text("utf-8"))


class _Glyph(QIconEngine):
    """One character of the icon font in one colour."""

    def __init__(self, character: str, colour: QColor, disabled: QColor) -> None:
        super().__init__()
        self._character, self._colour, self._disabled = character, colour, disabled

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        if rect.isEmpty():
            return
        painter.save()
        painter.setFont(icon_font(round(rect.height() * 0.96)))
        painter.setPen(self._disabled if mode == QIcon.Mode.Disabled else self._colour)
        # In a wide rectangle the glyph keeps to the left: what remains is the gap before a button's text.
        square = QRect(rect.left(), rect.top(), min(rect.width(), rect.height()), rect.height())
        painter.drawText(square, Qt.AlignmentFlag.AlignCenter, self._character)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        if size.isEmpty():
            # A button that is squeezed to nothing asks for it.
            return QPixmap()
        # Since Qt 6.8 the size counts device-independent pixels.
        pixmap = QPixmap(size * scale)
        pixmap.setDevicePixelRatio(scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap
