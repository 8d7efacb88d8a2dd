"""Histograms over time: how large the numbers of a layer were at every step that was measured."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from dllab.text import _
from ui.shell.theme import theme
from ui.views.base import Rows
from ui.views.colours import shade, viridis
from ui.views.history import History
from ui.views.numbers import percent, show
from ui.views.plot import Plot

_SEEN = 0.002
"""Sizes that fewer of the numbers ever have would only make the others small."""
_COLUMNS = 240
"""Steps lie evenly along the axis, measurements do not: each column shows the one nearest to it."""


class SpreadOverTime(Plot):
    """Steps from left to right, sizes from small to large; bright is where many numbers are."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, zoom=(True, True))
        self.set_scale(logarithmic=True)
        self.setAccessibleName(_("How large the gradients were over time"))
        self.history = History()
        self.decades = np.zeros(2)
        self.image = pg.ImageItem(axisOrder="row-major")
        self.image.setZValue(-20)
        self.plotItem.addItem(self.image)
        self.hovered.connect(self._read)

    def add(self, source: tuple[object, ...], step: int, sizes: np.ndarray, decades: np.ndarray) -> None:
        """One more measurement."""
        self.decades = decades
        self.history.add(source, step, sizes / max(int(sizes.sum()), 1))

    def show_all(self) -> None:
        """Draw what has been measured, from the smallest size that occurs to the largest."""
        shares, steps = self.history.rows, self.history.steps
        if not len(steps):
            self.image.clear()
            return
        # The first counts what is 0 and whatever is smaller than all others: it lies far below them.
        used = np.flatnonzero(shares[:, 1:].max(0) >= _SEEN) + 1
        low, high = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, shares.shape[1])
        first, last = float(steps[0]), float(max(steps[-1], steps[0] + 1))
        columns = np.linspace(first, last, min(_COLUMNS, int(last - first) + 1))
        nearest = np.abs(steps[None, :] - columns[:, None]).argmin(1)
        values = shares[nearest, low:high].T
        pixels = shade(values, viridis(), 0.0, float(shares.max()), QColor(theme.tokens.surface))
        self.image.setImage(pixels, autoLevels=False, levels=None)
        bottom, top = float(self.decades[low]), float(self.decades[high])
        self.image.setRect(QRectF(first, bottom, last - first, top - bottom))

    def numbers(self) -> Rows:
        """What has been measured, for a file; sizes that no number had are left out."""
        ends, shares = 10.0**self.decades, self.history.rows
        found = (
            (int(self.history.steps[row]), float(ends[bin_]), float(ends[bin_ + 1]), float(shares[row, bin_]))
            for row, bin_ in np.argwhere(shares)
        )
        return ["step", "from", "to", "share"], found

    def _read(self, place: tuple[float, float] | None) -> None:
        steps = self.history.steps
        if place is None or not len(steps):
            return
        row = int(np.abs(steps - place[0]).argmin())
        bin_ = int(np.searchsorted(self.decades, place[1], "right")) - 1
        if not 0 <= bin_ < self.history.rows.shape[1]:
            self.readout.hide()
            return
        low, high = (10.0 ** float(self.decades[bin_ + i]) for i in (0, 1))
        words = _("{share} of size {low} to {high}")
        share = percent(float(self.history.rows[row, bin_]))
        line = words.format(share=share, low=show(low), high=show(high))
        self.say(_("step {number}").format(number=f"{int(steps[row]):,}"), [("■", theme.tokens.train, line)], *place)
