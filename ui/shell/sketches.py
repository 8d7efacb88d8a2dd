"""What the data of a template looks like, as a sketch: made by hand, because loading the data would load scikit-learn."""

import math
from collections.abc import Callable, Iterator

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from dllab.data import DATASETS
from ui.shell.icons import glyph, icon_font
from ui.shell.theme import theme

Dots = Iterator[tuple[float, float, int]]
"""(x, y, class), x and y from -1 to 1."""

# A three as somebody wrote it, 8 × 8 pixels of 0 to G (16).
_THREE = ("029FE930", "04D89G80", "0006EF30", "000BE200", "0002FB00", "00002F40", "0156DG60", "02CCDB00")


def draw_data(painter: QPainter, room: QRectF, kind: str) -> None:
    """A sketch of a dataset, by its kind; its glyph where nobody has drawn one."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if kind == "digits":
        _draw_digit(painter, room)
    elif kind in _DOTS:
        _draw_dots(painter, room, _DOTS[kind]())
        if kind in _LINES:
            _draw_line(painter, room, _LINES[kind])
    elif kind in DATASETS:
        painter.setPen(QColor(theme.tokens.muted))
        painter.setFont(icon_font(32))
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, glyph(DATASETS[kind].glyph))
    painter.restore()


def _draw_digit(painter: QPainter, room: QRectF) -> None:
    side = math.floor(min(room.width(), room.height()) / 8)
    corner = room.center().toPoint() - QPoint(4 * side, 4 * side)
    for row, line in enumerate(_THREE):
        for column, mark in enumerate(line):
            ink = QColor(theme.tokens.text)
            ink.setAlphaF(0.04 + 0.05 * int(mark, 17))
            painter.fillRect(QRectF(corner.x() + column * side, corner.y() + row * side, side, side), ink)


def _draw_dots(painter: QPainter, room: QRectF, dots: Dots) -> None:
    colours = [QColor(theme.tokens.train), QColor(theme.tokens.validation), QColor(theme.tokens.family("convolution"))]
    painter.setPen(Qt.PenStyle.NoPen)
    for x, y, group in dots:
        painter.setBrush(colours[group])
        painter.drawEllipse(_place(room, x, y), 1.7, 1.7)


def _draw_line(painter: QPainter, room: QRectF, height: Callable[[float], float]) -> None:
    steps = [n / 16 - 1 for n in range(33)]
    painter.setPen(QPen(QColor(theme.tokens.validation), 2))
    painter.drawPolyline(QPolygonF([_place(room, x, height(x)) for x in steps]))


def _place(room: QRectF, x: float, y: float) -> QPointF:
    half = 0.48 * min(room.width(), room.height())
    return room.center() + QPointF(x * half, -y * half)


def _noise(number: int) -> float:
    """From 0 to 1, the same every time."""
    return math.sin(12.9898 * number) * 43758.5453 % 1.0


def _near(number: int, reach: float) -> tuple[float, float]:
    """A place near zero, denser in the middle."""
    angle, far = 2 * math.pi * _noise(2 * number), reach * math.sqrt(_noise(2 * number + 1))
    return far * math.cos(angle), far * math.sin(angle)


def _moons() -> Dots:
    for n in range(60):
        turn, (dx, dy) = math.pi * (n // 2) / 29, _near(n, 0.11)
        if n % 2:
            yield 0.28 - 0.6 * math.cos(turn) + dx, 0.22 - 0.6 * math.sin(turn) + dy, 1
        else:
            yield -0.28 + 0.6 * math.cos(turn) + dx, -0.22 + 0.6 * math.sin(turn) + dy, 0


def _spirals() -> Dots:
    for n in range(80):
        part, (dx, dy) = (n // 2) / 39, _near(n, 0.05)
        turn, far = 2.6 * math.pi * part + math.pi * (n % 2), 0.12 + 0.84 * part
        yield far * math.cos(turn) + dx, far * math.sin(turn) + dy, n % 2


def _circles() -> Dots:
    for n in range(64):
        turn, (dx, dy) = 2 * math.pi * n / 64, _near(n, 0.1)
        far = 0.86 if n % 2 else 0.4
        yield far * math.cos(turn) + dx, far * math.sin(turn) + dy, n % 2


def _xor() -> Dots:
    for n in range(72):
        x, y = (1 if n % 2 else -1), (1 if n // 2 % 2 else -1)
        dx, dy = _near(n, 0.36)
        yield 0.5 * x + dx, 0.5 * y + dy, int(x * y > 0)


def _sine() -> Dots:
    for n in range(34):
        x = n / 16.5 - 1
        yield x, _wave(x) + 0.3 * (_noise(n) - 0.5), 0


def _clusters(*centres: tuple[float, float], reach: float = 0.34) -> Callable[[], Dots]:
    def dots() -> Dots:
        for n in range(66):
            group = n % len(centres)
            dx, dy = _near(n, reach)
            yield centres[group][0] + dx, centres[group][1] + dy, group

    return dots


def _cloud() -> Dots:
    for n in range(46):
        x = n / 22.5 - 1
        yield x, _slope(x) + 0.9 * (_noise(n) - 0.5), 0


def _wave(x: float) -> float:
    return 0.6 * math.sin(3.6 * x)


def _slope(x: float) -> float:
    return 0.55 * x


_DOTS: dict[str, Callable[[], Dots]] = {
    "moons": _moons,
    "spirals": _spirals,
    "circles": _circles,
    "xor": _xor,
    "sine": _sine,
    "iris": _clusters((-0.6, 0.5), (0.15, -0.1), (0.55, -0.5)),
    "wine": _clusters((-0.55, -0.4), (0.0, 0.5), (0.6, -0.35)),
    "breast_cancer": _clusters((-0.4, -0.25), (0.4, 0.3), reach=0.5),
    "diabetes": _cloud,
    "blobs": _clusters((-0.55, -0.45), (0.05, 0.55), (0.6, -0.3), reach=0.26),
}
_LINES: dict[str, Callable[[float], float]] = {"sine": _wave, "diabetes": _slope}
