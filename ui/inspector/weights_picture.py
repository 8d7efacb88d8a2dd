"""The weights of one layer as they are now: kernels as small tiles, matrices as heat maps, drawn while looked at."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize
from PySide6.QtGui import QColor, QHelpEvent, QHideEvent, QImage, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget
from shiboken6 import isValid

from dllab.engine.protocol import Picture, unpack
from dllab.layers.base import show_shape
from dllab.text import _
from ui.inspector.sheet import column, label, say
from ui.shell.theme import theme

if TYPE_CHECKING:
    from ui.lab import Lab

_TALLEST = 220
_SMALLEST = 2
"""Pixels a weight, below which nothing can be made out any more."""


def _gap(scale: int) -> int:
    return 3 if scale > 4 else 2


@dataclass(frozen=True)
class Tiling:
    """Where the kernels of a convolution stand: `scale` pixels a weight, `columns` tiles a row."""

    count: int
    tile: QSize
    scale: int
    columns: int

    @property
    def gap(self) -> int:
        """Pixels between two tiles."""
        return _gap(self.scale)

    @property
    def size(self) -> QSize:
        """Extent of all tiles."""
        rows = -(-self.count // self.columns)
        step = self.step
        return QSize(min(self.columns, self.count) * step.width() - self.gap, rows * step.height() - self.gap)

    @property
    def step(self) -> QSize:
        """From one tile to the next."""
        return QSize(self.tile.width() * self.scale + self.gap, self.tile.height() * self.scale + self.gap)

    def place(self, index: int) -> QRect:
        """Where tile `index` is drawn."""
        row, at = divmod(index, self.columns)
        corner = QPoint(at * self.step.width(), row * self.step.height())
        return QRect(corner, self.tile * self.scale)

    def find(self, at: QPoint) -> tuple[int, int, int] | None:
        """(tile, row, column) of the weight under a point."""
        index = at.y() // self.step.height() * self.columns + at.x() // self.step.width()
        place = self.place(index)
        if at.x() < 0 or at.y() < 0 or index >= self.count or not place.contains(at):
            return None
        inner = at - place.topLeft()
        return index, inner.y() // self.scale, inner.x() // self.scale


def tiling(count: int, height: int, width: int, room: int) -> Tiling:
    """The largest tiles that fit: all of them where they do, else the first ones; full rows where that costs little."""
    fitting = []
    for scale in range(10, _SMALLEST - 1, -1):
        columns = min(count, (room + _gap(scale)) // (width * scale + _gap(scale)))
        found = Tiling(count, QSize(width, height), scale, max(1, columns))
        if columns and found.size.height() <= _TALLEST:
            fitting.append(found)
    if not fitting:
        scale = _SMALLEST if width * _SMALLEST <= room else 1
        columns = max(1, (room + _gap(scale)) // (width * scale + _gap(scale)))
        rows = max(1, (_TALLEST + _gap(scale)) // (height * scale + _gap(scale)))
        return Tiling(min(count, rows * columns), QSize(width, height), scale, min(columns, count))
    good = [found for found in fitting if found.scale >= 0.7 * fitting[0].scale and count % found.columns == 0]
    return (good or fitting)[0]


class WeightMap(QWidget):
    """Draws a weight array; a tooltip tells the number under the pointer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.values = np.zeros((0, 0), np.float32)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._pixels = np.zeros((0, 0, 3), np.uint8)

    def show_values(self, values: np.ndarray) -> None:
        """Show weights of one, two (out, in), three or four axes (out, in, height, width)."""
        changed = values.shape != self.values.shape
        self.values = values
        self._colour()
        if changed:
            self.updateGeometry()

    def kernels(self) -> np.ndarray:
        """The weights as tiles (count, height, width); a matrix is one tile."""
        v = self.values
        if v.ndim >= 3:
            height = v.shape[-2] if v.ndim == 4 else 1
            return v.reshape(v.shape[0] * v.shape[1], height, v.shape[-1])
        return v[None] if v.ndim == 2 else v.reshape(1, 1, v.size)

    def tiles(self) -> Tiling:
        """Where the tiles of a convolution stand now."""
        return self._tiles_for(self.width())

    def _tiles_for(self, width: int) -> Tiling:
        count, rows, cols = self.kernels().shape
        return tiling(count, rows, cols, max(width, 40))

    def number_at(self, at: QPoint) -> str:
        """What the weight under a point is, for a tooltip; empty beside the weights."""
        if self.values.ndim >= 3:
            found = self.tiles().find(at)
            if found is None:
                return ""
            index, row, col = found
            out, into = divmod(index, self.values.shape[1])
            text = _("kernel {kernel}, input {input}, row {row}, column {column}: {value}")
            value = self.kernels()[index, row, col]
            return text.format(kernel=out + 1, input=into + 1, row=row + 1, column=col + 1, value=f"{value:.4g}")
        _count, rows, cols = self.kernels().shape
        if not self.rect().contains(at) or not rows * cols:
            return ""
        row, col = at.y() * rows // self.height(), at.x() * cols // self.width()
        text = _("output {row}, input {column}: {value}") if self.values.ndim == 2 else _("{column}: {value}")
        return text.format(row=row + 1, column=col + 1, value=f"{self.kernels()[0, row, col]:.4g}")

    def _colour(self) -> None:
        # The colours of data come with the plotting library, which is not loaded before there is something to plot.
        from ui.views.colours import diverging, shade

        kernels = self.kernels()
        finite = kernels[np.isfinite(kernels)]
        reach = float(np.abs(finite).max()) if finite.size else 0.0
        lut, gap = diverging(theme.tokens.dark), QColor(theme.tokens.bad)
        self._pixels = np.ascontiguousarray(shade(kernels, lut, -(reach or 1.0), reach or 1.0, gap), np.uint8)
        self.update()

    def heightForWidth(self, width: int) -> int:
        if self.values.ndim >= 3:
            return self._tiles_for(width).size.height()
        _count, rows, cols = self.kernels().shape
        cell = min(16.0, max(6.0, width / max(cols, 1)))
        return int(min(_TALLEST, max(16, rows * cell)))

    def sizeHint(self) -> QSize:
        return QSize(240, self.heightForWidth(240))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.number_at(event.pos()), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.values.ndim >= 3:
            painter.drawImage(0, 0, _image(tiled(self._pixels, self.tiles())))
        elif self._pixels.size:
            # More weights than pixels: averaging shows structure where picking single ones would show noise.
            crowded = self._pixels.shape[2] > self.width() or self._pixels.shape[1] > self.height()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, crowded)
            painter.drawImage(self.rect(), _image(self._pixels[0]))
        painter.end()


def tiled(pixels: np.ndarray, tiles: Tiling) -> np.ndarray:
    """One picture (height, width, 4) of tiles (count, rows, columns, 3), clear between them."""
    rows = -(-tiles.count // tiles.columns)
    step = tiles.step
    sheet = np.zeros((rows * tiles.columns, step.height(), step.width(), 4), np.uint8)
    large = pixels[: tiles.count].repeat(tiles.scale, axis=1).repeat(tiles.scale, axis=2)
    sheet[: tiles.count, : large.shape[1], : large.shape[2], :3] = large
    sheet[: tiles.count, : large.shape[1], : large.shape[2], 3] = 255
    ordered = sheet.reshape(rows, tiles.columns, step.height(), step.width(), 4).transpose(0, 2, 1, 3, 4)
    return ordered.reshape(rows * step.height(), tiles.columns * step.width(), 4)


def _image(pixels: np.ndarray) -> QImage:
    """An image that owns its pixels."""
    height, width, channels = pixels.shape
    form = QImage.Format.Format_RGBA8888 if channels == 4 else QImage.Format.Format_RGB888
    return QImage(pixels.tobytes(), width, height, channels * width, form).copy()


class WeightsPicture(QWidget):
    """The live picture at the foot of the inspector; it asks the engine only while it is visible."""

    def __init__(self, lab: "Lab", node_id: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lab, self._node, self._number = lab, node_id, 0
        self.map = WeightMap()
        self.map.setAccessibleName(title)
        self.caption = label("", "caption")
        self.map.hide()
        self.setLayout(column(label(title, "heading"), self.map, self.caption, gap=6))
        say(self.caption, _("Press Train to watch them change."))
        theme.changed.connect(self._on_theme_changed)

    def take(self, picture: Picture) -> None:
        """Show what the engine sent."""
        if not isValid(self):
            return
        values = picture.arrays.get("weight.values")
        self.map.setVisible(values is not None)
        if values is not None:
            self.map.show_values(unpack(values))
        say(self.caption, picture.message or self._words(picture))

    def _words(self, picture: Picture) -> str:
        facts = picture.labels.get("parameters", {}).get("weight")
        if facts is None:
            return ""
        shape = tuple(facts["shape"])
        if "weight.values" not in picture.arrays:
            text = _("{shape}: too many to draw here. Mean {mean}, spread {std}.")
        elif len(shape) >= 3 and self.map.tiles().count < shape[0] * shape[1]:
            return _("The first {count} of {all} kernels; blue below 0, orange above.").format(
                count=self.map.tiles().count, all=f"{shape[0] * shape[1]:,}"
            )
        else:
            text = _("{shape}; blue below 0, orange above. Largest {reach}.")
        reach = float(np.abs(self.map.values).max()) if self.map.values.size else 0.0
        return text.format(
            shape=show_shape(shape), mean=f"{facts['mean']:.3g}", std=f"{facts['std']:.3g}", reach=f"{reach:.3g}"
        )

    def _on_theme_changed(self) -> None:
        if self.map.values.size:
            self.map.show_values(self.map.values)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._number:
            self._number = self._lab.link.subscribe("weights", {"node": self._node}, self.take)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.stop()

    def stop(self) -> None:
        """No longer look."""
        if self._number:
            self._lab.link.unsubscribe(self._number)
            self._number = 0
