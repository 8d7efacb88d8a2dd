"""Colours of data: classes that colour-blind people can tell apart, and heat maps that are even to the eye."""

from functools import cache

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor

from ui.shell.theme import Tokens

# Chosen so that the first six stay apart with protanopia and deuteranopia, all with contrast >= 3 on the surface.
_LIGHT = (
    "#2563EB", "#D97706", "#12A07C", "#9C2F83", "#6D1717", "#2F97BD", "#3F1A86", "#7E8B0C", "#8C6B52", "#475467",
)  # fmt: skip
_DARK = (
    "#6EA8FE", "#FBBF24", "#2FA98A", "#F58BD0", "#B4632E", "#B5F0FA", "#7C6BE0", "#DDF29B", "#E2557F", "#B8C0CC",
)  # fmt: skip
SYMBOLS = ("o", "s", "t", "d", "star", "t1", "p", "h", "+", "x")
"""A shape for each class as well: nothing is told by colour alone."""
MARKS = ("●", "■", "▼", "◆", "★", "▲", "⬟", "⬢", "✚", "✖")
"""The same shapes in text."""

# Ends and middle of the diverging map: blue is less than zero, orange more.
_DIVERGING_LIGHT = ("#1B4FA8", "#6FA0E0", "#F4F5F7", "#E8995A", "#A8430C")
_DIVERGING_DARK = ("#8CBBFF", "#3E6FB8", "#262C36", "#B8682A", "#FFB870")

Lut = np.ndarray
"""256 colours, uint8 (256, 3)."""

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def class_colour(index: int, tokens: Tokens) -> QColor:
    """The colour of a class; with more than ten they come again."""
    colours = _DARK if tokens.dark else _LIGHT
    return QColor(colours[index % len(colours)])


def class_rgb(count: int, tokens: Tokens) -> np.ndarray:
    """Colours of the first classes as floats (count, 3), 0 to 255."""
    return np.array([rgb(class_colour(i, tokens)) for i in range(count)], float)


def rgb(colour: QColor) -> tuple[int, int, int]:
    """Red, green and blue."""
    return colour.red(), colour.green(), colour.blue()


@cache
def viridis() -> Lut:
    """From dark blue over green to yellow, for values that have no sign."""
    lut: Lut = pg.colormap.get("viridis").getLookupTable(0.0, 1.0, 256)[:, :3].astype(np.uint8)
    return lut


@cache
def diverging(dark: bool) -> Lut:
    """Blue below zero, orange above, the ground's colour in the middle; even steps to the eye (OKLab)."""
    anchors = [rgb(QColor(c)) for c in (_DIVERGING_DARK if dark else _DIVERGING_LIGHT)]
    lab = _lab(np.array(anchors, float))
    places = np.linspace(0, 1, 256)
    between = np.stack([np.interp(places, np.linspace(0, 1, len(lab)), lab[:, i]) for i in range(3)], axis=1)
    return _from_lab(between)


@cache
def ink(dark: bool) -> Lut:
    """Grey images: nothing is the ground, more is more ink."""
    ground, most = ((28, 32, 39), (240, 243, 248)) if dark else ((255, 255, 255), (29, 36, 51))
    steps = np.linspace(0, 1, 256)[:, None]
    result: Lut = (np.array(ground) * (1 - steps) + np.array(most) * steps).round().astype(np.uint8)
    return result


def heat(values: np.ndarray, tokens: Tokens, limits: tuple[float, float] | None = None) -> tuple[Lut, float, float]:
    """Map and range for these numbers: viridis from their least to their most; signed ones diverge around zero."""
    finite = values[np.isfinite(values)] if limits is None else np.array(limits)
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if low < 0 < high:
        reach = max(-low, high)
        return diverging(tokens.dark), -reach, reach
    if low >= 0:
        return viridis(), 0.0, high if high > 0 else 1.0
    return viridis(), low, high if high > low else low + 1.0


def shade(values: np.ndarray, lut: Lut, low: float, high: float, gap: QColor) -> np.ndarray:
    """Pixels (…, 3) for the values; `gap` where a value is no number."""
    with np.errstate(invalid="ignore"):
        places = (values - low) * (255.0 / (high - low))
    known = np.isfinite(places)
    pixels: np.ndarray = lut[np.clip(np.where(known, places, 0), 0, 255).astype(np.uint8)]
    if not known.all():
        pixels = np.where(known[..., None], pixels, np.array(rgb(gap), np.uint8))
    return pixels


def luminance(colour: QColor) -> float:
    """Relative luminance, as WCAG defines it."""
    return float(_linear(np.array(rgb(colour), float)) @ (0.2126, 0.7152, 0.0722))


def text_on(colour: QColor) -> QColor:
    """Black or white, whichever reads better on this colour."""
    return QColor("#000000") if luminance(colour) > 0.179 else QColor("#FFFFFF")


def mixed(one: str, other: str, share: float) -> QColor:
    """`share` of the first colour in the other."""
    a, b = QColor(one), QColor(other)
    return QColor(*(round(share * x + (1 - share) * y) for x, y in zip(rgb(a), rgb(b), strict=True)))


def _linear(colours: np.ndarray) -> np.ndarray:
    c = colours / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def _lab(colours: np.ndarray) -> np.ndarray:
    result: np.ndarray = np.cbrt(_linear(colours) @ _TO_CONES.T) @ _TO_LAB.T
    return result


def _from_lab(lab: np.ndarray) -> np.ndarray:
    linear = np.clip((lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_CONES).T, 0, 1)
    c = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    result: np.ndarray = np.clip(c * 255, 0, 255).round().astype(np.uint8)
    return result
