"""What the network says everywhere in the plane of two inputs, or along the line of one."""

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from dllab.engine.protocol import Picture, unpack
from dllab.text import N_, _, ngettext
from ui.shell.theme import Tokens, theme
from ui.views import BOUNDARY
from ui.views.base import Rows, View, Want, column
from ui.views.colours import class_rgb, heat, mixed, rgb, shade
from ui.views.controls import Keys
from ui.views.heat import ColourBar
from ui.views.numbers import percent, show
from ui.views.picking import Picking
from ui.views.plot import Plot, pen
from ui.views.points import Points, class_keys, nearest
from ui.views.readout import Line

if TYPE_CHECKING:
    from ui.lab import Lab

_RESOLUTION = 80
_FINEST = 4
_WIDE = 480


class Boundary(View):
    """For data with two inputs a shaded plane, with one input a curve."""

    declaration = BOUNDARY
    empty = N_("Press Train to see where the network draws the line.")
    main = "boundary"

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self.plot = Plot(self.body)
        self.plot.setAccessibleName(self.title)
        self.plot.hovered.connect(self._read)
        self.image = pg.ImageItem(axisOrder="row-major")
        self.image.setZValue(-20)
        self.plot.plotItem.addItem(self.image)
        self.curves: list[pg.PlotDataItem] = []
        self.points = Points(self.plot)
        self.picking = Picking(self.plot, lab, self._places)
        self.keys = Keys(self.body)
        self.side_keys = Keys(self.body)
        self.side_keys.setFixedWidth(120)
        self.scale = ColourBar(self.body)
        self._extent: list[float] = []
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.plot, 1)
        row.addWidget(self.scale)
        row.addWidget(self.side_keys, 0, Qt.AlignmentFlag.AlignTop)
        layout = column(self.body, 2)
        layout.addWidget(self.keys)
        layout.addLayout(row, 1)

    def wants(self) -> dict[str, Want]:
        return {"boundary": Want("boundary", {"resolution": _RESOLUTION})}

    # --- drawing ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        picture = self.pictures["boundary"]
        features = [str(f) for f in picture.labels.get("features", ())]
        classes = [str(c) for c in picture.labels.get("classes", ())]
        tall = self.height() >= 260
        plane = "grid" in picture.arrays
        names = [*features, "", ""][:2]
        self.plot.set_labels(bottom=names[0] if tall else "", left=names[1] if tall and plane else "")
        self.image.setVisible(plane)
        self.scale.setVisible(plane and not classes)
        if plane:
            self._draw_plane(picture, classes)
        else:
            self._draw_curve(picture)
        keys = class_keys(classes) if plane else [("━", theme.tokens.train, _("network"))]
        if not classes:
            keys += [("●", theme.tokens.muted, _("training"))]
        keys.append(("○", theme.tokens.text if classes else theme.tokens.validation, _("validation")))
        for widget in (self.keys, self.side_keys):
            widget.set_entries(keys)
        self.picking.refresh()
        self.plot.setAccessibleDescription(self._spoken(picture, classes))
        self.summarise(self._spoken(picture, classes))

    def _draw_plane(self, picture: Picture, classes: list[str]) -> None:
        self._show_curves(0)
        grid = unpack(picture.arrays["grid"])
        extent = [float(v) for v in picture.labels["extent"]]
        x, y = unpack(picture.arrays["x"]), unpack(picture.arrays["y"])
        if classes:
            pixels = shaded(grid, theme.tokens, self._times(grid))
            self.points.show_classes(x, y, unpack(picture.arrays["validation"]))
        else:
            lut, low, high = heat(grid, theme.tokens)
            pixels = shade(finer(grid, self._times(grid))[0], lut, low, high, QColor(theme.tokens.bad))
            self.points.show_heights(x, y.reshape(len(y), -1)[:, 0])
            self.scale.set_scale(lut, low, high)
        self.image.setImage(pixels, autoLevels=False, levels=None)
        # The grid's values stand in the middle of their cells.
        half = [(extent[1] - extent[0]) / (grid.shape[1] - 1) / 2, (extent[3] - extent[2]) / (grid.shape[0] - 1) / 2]
        self.image.setRect(
            QRectF(
                extent[0] - half[0],
                extent[2] - half[1],
                extent[1] - extent[0] + 2 * half[0],
                extent[3] - extent[2] + 2 * half[1],
            )
        )
        if extent != self._extent:
            self._extent = extent
            self.plot.plotItem.setRange(xRange=extent[:2], yRange=extent[2:], padding=0)

    def _times(self, grid: np.ndarray) -> int:
        """How much finer than the grid the screen is."""
        pixels = max(self.plot.width(), self.plot.height())
        finest: int = min(max(pixels // max(grid.shape[:2]), 1), _FINEST)
        return finest

    def _draw_curve(self, picture: Picture) -> None:
        x, y = unpack(picture.arrays["x"])[:, 0], unpack(picture.arrays["y"])
        line, says = unpack(picture.arrays["curve_x"]), unpack(picture.arrays["curve_y"])
        self._show_curves(says.shape[1])
        for number, curve in enumerate(self.curves):
            curve.setData(line, says[:, number], pen=pen(theme.tokens.train, 2.5, () if number == 0 else (4.0, 3.0)))
        targets = y.reshape(len(y), -1)
        validation = unpack(picture.arrays["validation"])
        self.points.show_values(x, targets[:, 0], validation)

    def _show_curves(self, count: int) -> None:
        while len(self.curves) > count:
            self.plot.plotItem.removeItem(self.curves.pop())
        while len(self.curves) < count:
            curve = pg.PlotDataItem(antialias=True)
            curve.setZValue(30)
            self.plot.plotItem.addItem(curve)
            self.curves.append(curve)

    def _spoken(self, picture: Picture, classes: list[str]) -> str:
        count = len(unpack(picture.arrays["y"]))
        if not classes:
            return ngettext("Prediction with {count} point", "Prediction with {count} points", count).format(
                count=f"{count:,}"
            )
        text = ngettext("Regions of {classes} with {count} point", "Regions of {classes} with {count} points", count)
        return text.format(classes=", ".join(classes), count=f"{count:,}")

    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        """Where the validation samples are drawn, and their positions."""
        picture = self.pictures.get("boundary")
        if picture is None or picture.message:
            return np.zeros((0, 2)), np.arange(0)
        x, y = unpack(picture.arrays["x"]), unpack(picture.arrays["y"])
        chosen = unpack(picture.arrays["validation"])
        places = x if x.shape[1] == 2 else np.column_stack([x[:, 0], y.reshape(len(y), -1)[:, 0]])
        return places[chosen], np.arange(int(chosen.sum()))

    # --- reading ----------------------------------------------------------------------------------------------------

    def _read(self, place: tuple[float, float] | None) -> None:
        picture = self.pictures.get("boundary")
        if place is None or picture is None or picture.message:
            return
        lines, at = self._plane_lines(picture, place) if "grid" in picture.arrays else self._curve_lines(picture, place)
        if not lines:
            self.plot.readout.hide()
            return
        features = [str(f) for f in picture.labels.get("features", ())] or ["x", "y"]
        title = " · ".join(f"{name} {show(value)}" for name, value in zip(features, at, strict=False))
        self.plot.say(title, lines, *place)

    def _plane_lines(self, picture: Picture, place: tuple[float, float]) -> tuple[list[Line], tuple[float, ...]]:
        grid = unpack(picture.arrays["grid"])
        x0, x1, y0, y1 = picture.labels["extent"]
        column_, row = (
            round((place[0] - x0) / (x1 - x0) * (grid.shape[1] - 1)),
            round((place[1] - y0) / (y1 - y0) * (grid.shape[0] - 1)),
        )
        if not (0 <= column_ < grid.shape[1] and 0 <= row < grid.shape[0]):
            return [], place
        says = grid[row, column_]
        classes = [str(c) for c in picture.labels.get("classes", ())]
        if not classes:
            return [("■", theme.tokens.train, _("predicted {value}").format(value=show(float(says[0]))))], place
        keys = class_keys(classes)
        order = np.argsort(-says)[:4]
        lines = [(keys[i][0], keys[i][1], f"{classes[i]} {percent(float(says[i]))}") for i in order]
        points = unpack(picture.arrays["x"])
        index = nearest(self.plot, points, place, 6.0)
        if index >= 0:
            kind = int(unpack(picture.arrays["y"])[index])
            lines.append((keys[kind][0], keys[kind][1], _("this point is {name}").format(name=classes[kind])))
        return lines, place

    def _curve_lines(self, picture: Picture, place: tuple[float, float]) -> tuple[list[Line], tuple[float, ...]]:
        line, says = unpack(picture.arrays["curve_x"]), unpack(picture.arrays["curve_y"])
        if not line[0] <= place[0] <= line[-1]:
            return [], ()
        values = [float(np.interp(place[0], line, says[:, i])) for i in range(says.shape[1])]
        lines = [("━", theme.tokens.train, _("predicted {value}").format(value=show(v))) for v in values]
        points = np.column_stack(
            [unpack(picture.arrays["x"])[:, 0], unpack(picture.arrays["y"]).reshape(-1, says.shape[1])[:, 0]]
        )
        index = nearest(self.plot, points, place)
        if index >= 0:
            lines.append(("●", theme.tokens.muted, _("true {value}").format(value=show(float(points[index, 1])))))
        return lines, (place[0],)

    # --- looks and files --------------------------------------------------------------------------------------------

    def restyle(self) -> None:
        self.plot.restyle()

    def forget(self) -> None:
        self._extent = []
        self.plot.fit()
        super().forget()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= _WIDE
        self.side_keys.setVisible(wide)
        self.keys.setVisible(not wide)
        # A plane stretched far out of shape would lie about distances.
        self.plot.setMaximumWidth(max(round(self.height() * 1.7), 200))
        self.mark()

    def rows(self) -> Rows:
        picture = self.pictures.get("boundary")
        if picture is None or picture.message:
            return [], []
        if "grid" not in picture.arrays:
            line, says = unpack(picture.arrays["curve_x"]), unpack(picture.arrays["curve_y"])
            header = ["x", *(f"predicted_{i}" for i in range(says.shape[1]))]
            return header, ((float(x), *row) for x, row in zip(line, says.tolist(), strict=True))
        grid = unpack(picture.arrays["grid"])
        x0, x1, y0, y1 = picture.labels["extent"]
        xs, ys = np.linspace(x0, x1, grid.shape[1]), np.linspace(y0, y1, grid.shape[0])
        names = [str(c) for c in picture.labels.get("classes", ())] or ["predicted"]
        places = np.ndindex(*grid.shape[:2])
        return ["x", "y", *names], ((float(xs[j]), float(ys[i]), *grid[i, j].tolist()) for i, j in places)


def finer(grid: np.ndarray, times: int) -> np.ndarray:
    """The grid (rows, columns, values) with values in between, so that edges are smooth: (values, rows, columns)."""
    values = np.ascontiguousarray(grid.transpose(2, 0, 1), np.float32)
    if times == 1:
        return values
    up, across = (_between(n, times) for n in grid.shape[:2])
    result: np.ndarray = up @ values @ across.T
    return result


@lru_cache(maxsize=8)
def _between(n: int, times: int) -> np.ndarray:
    """The matrix that puts values between n values, on straight lines."""
    places = np.linspace(0, n - 1, n * times)
    low = np.clip(places.astype(int), 0, n - 2)
    matrix = np.zeros((n * times, n), np.float32)
    rows = np.arange(n * times)
    matrix[rows, low + 1] = places - low
    matrix[rows, low] = 1 - (places - low)
    return matrix


def shaded(grid: np.ndarray, tokens: Tokens, times: int) -> np.ndarray:
    """Pixels for class probabilities: the colours mixed by them over the ground, a line where the choice changes."""
    count = grid.shape[2]
    shares = np.clip(np.nan_to_num(grid), 0, None)
    shares = shares / np.maximum(shares.sum(axis=2, keepdims=True), 1e-12)
    ground = np.array(rgb(QColor(tokens.surface)), float)
    # Sure places are stronger than doubtful ones; points must stand out from both.
    sure = 0.12 + 0.3 * (shares.max(axis=2, keepdims=True) * count - 1) / max(count - 1, 1)
    pixels = finer((1 - sure) * ground + sure * (shares @ class_rgb(count, tokens)), times)
    result: np.ndarray = np.ascontiguousarray(pixels.transpose(1, 2, 0)).astype(np.uint8)
    result[edges(finer(shares, times).argmax(axis=0))] = rgb(mixed(tokens.text, tokens.muted, 0.75))
    return result


def edges(chosen: np.ndarray) -> np.ndarray:
    """Where neighbours differ, two pixels wide."""
    edge = np.zeros(chosen.shape, bool)
    across, up = chosen[:, 1:] != chosen[:, :-1], chosen[1:] != chosen[:-1]
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= up
    return edge
