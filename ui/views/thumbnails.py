"""Small pictures below the layers on the canvas: what each of them puts out now, for the sample that is looked at."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QObject, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from shiboken6 import isValid

from dllab.checking import Check, check
from dllab.document.experiment import Experiment
from dllab.engine.protocol import Picture, unpack
from ui.canvas.geometry import Box
from ui.canvas.sprites import WORDS_FROM
from ui.shell.theme import theme
from ui.views.colours import heat, shade

if TYPE_CHECKING:
    from ui.canvas import Canvas
    from ui.lab import Lab

_WIDTH, _HEIGHT, _LEAST = 120, 44, 14
_BELOW = 12
"""Between a node and its picture, and between the picture and what comes next."""
_SHARP = 2
"""Pixels to a point: the canvas may be enlarged."""
_EVERY_S = 0.2
_SETTLE_MS = 150
_GAP = 2.0
_LONG = 1.5
"""A single map so much longer than wide is no image."""


class Thumbnails(QObject):
    """One subscription for all layers that are seen; none while they are off, far away or out of sight."""

    def __init__(self, lab: "Lab", canvas: "Canvas") -> None:
        super().__init__(canvas)
        self._lab, self._canvas = lab, canvas
        self._wanted = False
        self._number = 0
        self._picture: Picture | None = None
        self._checked: tuple[Experiment, Check] | None = None
        self._rooms: dict[str, int] = {}
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SETTLE_MS)
        self._soon.timeout.connect(self._ask)
        for signal in (lab.sample_changed, lab.runs.added, lab.state_changed, canvas.view.looked, canvas.scene.moved):
            signal.connect(self._ask_soon)
        canvas.installEventFilter(self)
        theme.changed.connect(self._draw)

    def set_wanted(self, wanted: bool) -> None:
        """Put them on, or take them off."""
        self._wanted = wanted
        self._ask()

    # --- asking -----------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self._ask_soon()
        return False

    def _ask_soon(self) -> None:
        if self._wanted:
            self._soon.start()

    def _ask(self) -> None:
        """Ask for what is seen now; the canvas has come to rest."""
        self._soon.stop()
        nodes = sorted(set(self._seen().values()))
        if not nodes or self._lab.state == "idle":
            self._leave()
            return
        params: dict[str, Any] = {"nodes": nodes, "sample": self._lab.sample, "every": _EVERY_S}
        if self._number:
            self._lab.link.resubscribe(self._number, params)
        else:
            self._number = self._lab.link.subscribe("thumbnails", params, self._received)
        self._rooms = rooms(self._canvas.scene.boxes(), self._seen())
        self._draw()

    def _leave(self) -> None:
        if self._number:
            self._lab.link.unsubscribe(self._number)
        self._number, self._picture = 0, None
        self._canvas.set_pictures(None)

    def _seen(self) -> dict[str, str]:
        """The nodes in sight, with the layer of the run that each of them stands for."""
        canvas, run = self._canvas, self._lab.runs.current
        if not self._wanted or run is None or not canvas.isVisible() or canvas.view.zoom < WORDS_FROM:
            return {}
        if self._checked is None or self._checked[0] is not run.experiment:
            self._checked = run.experiment, check(run.experiment)
        window, found = canvas.view.seen(), {}
        for name, item in canvas.scene.nodes.items():
            layer = self._checked[1].layer_of(canvas.page.whole_id(name))
            if layer in self._checked[1].nodes and item.box.meets(window):
                found[name] = layer
        return found

    # --- drawing ----------------------------------------------------------------------------------------------------

    def _received(self, picture: Picture) -> None:
        if isValid(self) and self._number:
            self._picture = picture
            self._draw()

    def _draw(self) -> None:
        picture = self._picture
        if picture is None or picture.message or not self._wanted:
            self._canvas.set_pictures(None)
            return
        scale = picture.labels["scale"]
        made = {}
        for name, layer in self._seen().items():
            room = self._rooms.get(name, 0)
            if layer in picture.arrays and room >= _LEAST:
                low, high = (float(v) for v in scale[layer])
                values = low + unpack(picture.arrays[layer]).astype(np.float32) * ((high - low) / 255)
                made[name] = thumbnail(values, room)
        self._canvas.set_pictures(made)


def rooms(boxes: dict[str, Box], seen: dict[str, str]) -> dict[str, int]:
    """How high the picture below each of the nodes may be: what stands under a node keeps its place."""
    found = {}
    for name in seen:
        box = boxes[name]
        below = Box(box.x, box.bottom, box.width, _HEIGHT + _BELOW)
        tops = [other.y for key, other in boxes.items() if key != name and other.meets(below)]
        found[name] = int(min([_HEIGHT, *(top - box.bottom - _BELOW for top in tops)]))
    return found


def thumbnail(values: np.ndarray, height: int) -> QImage:
    """Maps (k, h, w) beside each other, or a vector as bars, in a frame as wide as a node allows."""
    image = QImage(_WIDTH * _SHARP, height * _SHARP, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.scale(_SHARP, _SHARP)
    if values.ndim == 1:
        _paint_bars(painter, values, height)
    else:
        _paint_maps(painter, values, height)
    painter.end()
    return image


def _paint_maps(painter: QPainter, values: np.ndarray, height: int) -> None:
    count, rows, columns = values.shape
    across = max(range(1, count + 1), key=lambda n: _cell(n, math.ceil(count / n), values.shape, height))
    cell = _cell(across, math.ceil(count / across), values.shape, height)
    w, h = columns * cell, rows * cell
    if count == 1 and not 1 / _LONG < rows / columns < _LONG:
        w, h = float(_WIDTH), float(height)  # the steps of a sequence, its features below each other
    pixels = shade(values, *heat(values, theme.tokens), QColor(theme.tokens.bad)).reshape(count * rows, columns, 3)
    # One image of all maps on top of each other: pieces of it are drawn where each map goes.
    stack = QImage(
        np.ascontiguousarray(pixels).data, columns, count * rows, 3 * columns, QImage.Format.Format_RGB888
    ).copy()
    left = (_WIDTH - across * w - (across - 1) * _GAP) / 2
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, cell * _SHARP < 1)
    places = [QRectF(left + i % across * (w + _GAP), i // across * (h + _GAP), w, h) for i in range(count)]
    for index, place in enumerate(places):
        painter.drawImage(place, stack, QRectF(0, index * rows, columns, rows))
    painter.setPen(QPen(QColor(theme.tokens.line), 0.5))
    painter.drawRects(places)


def _cell(across: int, down: int, shape: tuple[int, ...], height: int) -> float:
    """How large a cell is when so many maps stand beside and under each other."""
    return min((_WIDTH - (across - 1) * _GAP) / across / shape[2], (height - (down - 1) * _GAP) / down / shape[1])


def _paint_bars(painter: QPainter, values: np.ndarray, height: int) -> None:
    lut, low, high = heat(values, theme.tokens)
    least, most = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    unit = height / ((most - least) or 1.0)
    zero, width = most * unit, min(_WIDTH / len(values), 16.0)
    left = (_WIDTH - width * len(values)) / 2
    gap = min(1.0, width / 4)
    colours = shade(values, lut, low, high, QColor(theme.tokens.bad))
    # The palest colour of signed numbers is that of the ground: bars need to stand out at any length.
    strong = lut[[40, 216]] if low < 0 < high else None
    for index, value in enumerate(values.tolist()):
        colour = colours[index] if strong is None else strong[int(value > 0)]
        top, tall = min(zero, zero - value * unit), max(abs(value) * unit, 0.5)
        place = QRectF(left + index * width, top, max(width - gap, 0.5), tall)
        painter.fillRect(place, QColor(*(int(v) for v in colour)))
    painter.setPen(QPen(QColor(theme.tokens.muted), 0.5))
    painter.drawLine(QLineF(left, zero, left + width * len(values), zero))
