"""The loss around the present weights as a map with contour lines."""

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QWidget

from dllab.engine.protocol import Picture, unpack
from dllab.text import N_, _
from ui.shell.theme import theme
from ui.views import LANDSCAPE
from ui.views.base import Rows, View, Want, column
from ui.views.boundary import edges, finer
from ui.views.colours import mixed, rgb, shade, viridis
from ui.views.controls import Caption, Tabs, TextButton
from ui.views.heat import ColourBar
from ui.views.hints import hint
from ui.views.numbers import percent, show
from ui.views.plot import Plot, pen
from ui.views.requests import Reason, Request, RequestBar

if TYPE_CHECKING:
    from ui.lab import Lab

_ALONG = {"random": N_("Random"), "path": N_("Training path")}
_CONTOURS = 9
_ONE_ROW = 440
_FINEST = 10
_STEEP = 30.0
"""Where the highest loss is so many times the lowest, colours follow its logarithm."""


class Landscape(View):
    """Computed when asked for; the run trains on meanwhile."""

    declaration = LANDSCAPE
    empty = N_("Press Train, then compute the loss around the weights.")

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self.request = Request(self, "landscape")
        self._seed = 0
        self._drawn: tuple[Picture | None, bool] = (None, False)
        self._build()
        for signal in (lab.runs.added, lab.runs.removed, lab.state_changed):
            signal.connect(self.mark)

    def _build(self) -> None:
        self.bar = RequestBar(_("Compute"), self.body)
        self.bar.asked.connect(self._compute)
        self.bar.cancelled.connect(self.request.cancel)
        self.other_button = TextButton(_("Other directions"), self.body)
        self.other_button.clicked.connect(self._turn)
        self.along = Tabs(_("Along which directions"), self.body)
        self.along.set_tabs([(key, _(word)) for key, word in _ALONG.items()])
        self.along.chosen.connect(self._on_along)
        self.finesse = Tabs(_("How fine"), self.body)
        self.finesse.set_tabs([(str(n), f"{n} × {n}") for n in (15, 25, 41)])
        self.caption = Caption(self.body)
        self.reason = Reason(self.body)
        self.plot = Plot(self.body)
        self.plot.setAccessibleName(self.title)
        self.plot.plotItem.vb.setAspectLocked(True)
        self.plot.hovered.connect(self._read)
        self.image = pg.ImageItem(axisOrder="row-major")
        self.image.setZValue(-20)
        self.here = pg.ScatterPlotItem(pxMode=True)
        self.here.setZValue(20)
        self.path = pg.PlotCurveItem()
        self.begin = pg.ScatterPlotItem(pxMode=True)
        for item in (self.path, self.begin):
            item.setZValue(10)
        for item in (self.image, self.path, self.begin, self.here):
            self.plot.plotItem.addItem(item)
        self.scale = ColourBar(self.body)
        self._lay_out()

    def _lay_out(self) -> None:
        asking = QHBoxLayout()
        asking.setSpacing(12)
        asking.addWidget(self.bar)
        asking.addWidget(self.other_button)
        asking.addStretch(1)
        self._top = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._top.addWidget(self.along)
        self._top.addWidget(self.finesse)
        self._top.addLayout(asking, 1)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.plot, 1)
        row.addWidget(self.scale)
        row.addStretch(0)
        layout = column(self.body, 2)
        layout.addLayout(self._top)
        layout.addWidget(self.reason)
        layout.addLayout(row, 1)
        layout.addWidget(self.caption)

    # --- asking -----------------------------------------------------------------------------------------------------

    def wants(self) -> dict[str, Want]:
        return self.request.wants()

    def arrived(self, key: str) -> None:
        self.request.arrived(key)

    def _compute(self) -> None:
        asked = {"resolution": int(self.finesse.current), "along": self.along.current, "seed": self._seed}
        self.request.begin(Want("landscape", asked))

    def _on_along(self, _key: str) -> None:
        # What is on the screen is about the other directions.
        if self.request.answer is not None or self.request.under_way:
            self._compute()
        self.request.problem = ""
        self.mark()

    def _turn(self) -> None:
        """Along two other random directions."""
        self._seed += 1
        self._compute()

    def sentence(self) -> str:
        run = self.lab.runs.current
        if self.lab.state in ("idle", "offline") or run is None:
            return hint(self)
        return ""

    def forget(self) -> None:
        self.request.forget()
        super().forget()

    # --- drawing ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        request, answer = self.request, self.request.answer
        self.bar.show_request(request.under_way, request.share)
        self.reason.say(request.problem)
        self.bar.set_words(_("Compute") if answer is None else _("Compute again"))
        other = answer is not None and not request.under_way and self.along.current == "random"
        self.other_button.setVisible(other)
        self.scale.setVisible(answer is not None)
        tall = self.height() >= 260
        self.plot.set_labels(bottom=_("first direction") if tall else "", left=_("second direction") if tall else "")
        if answer is None:
            self.caption.setText(_("How the loss changes when all weights move: takes a few seconds."))
            self.summarise(request.problem or self.caption.text())
            for item in (self.here, self.path, self.begin):
                item.setData([], [])
            self.image.clear()
            return
        self.caption.setText(self._facts(answer))
        self.summarise(self.caption.text())
        self.plot.setAccessibleDescription(self.caption.text())
        if self._drawn[0] is not answer or self._drawn[1] != theme.tokens.dark:
            self._drawn = answer, theme.tokens.dark
            self._draw_map(*(unpack(answer.arrays[name]) for name in ("loss", "places", "heights")))
            self._draw_path(answer)

    def _draw_map(self, loss: np.ndarray, places: np.ndarray, heights: np.ndarray) -> None:
        tokens = theme.tokens
        values = _coloured(loss)
        lut, (low, high) = viridis(), _ends(values)
        times = _FINEST if np.isfinite(values).all() else 1
        smooth = finer(values[:, :, None], times)[0]
        pixels = shade(smooth, lut, low, high, QColor(tokens.surface))
        if times > 1:
            levels = np.linspace(low, high, _CONTOURS + 2)[1:-1]
            pixels[edges(np.searchsorted(levels, smooth))] = rgb(mixed("#FFFFFF", "#808080", 0.75))
        self.image.setImage(pixels, autoLevels=False, levels=None)
        half = float(places[1] - places[0]) / 2
        left, bottom = float(places[0]) - half, float(heights[0]) - half
        side = float(places[-1] - places[0]) + 2 * half
        self.image.setRect(QRectF(left, bottom, side, side))
        self.scale.set_scale(lut, *_ends(loss))
        self.here.setData(x=[0.0], y=[0.0], symbol="+", size=15, pen=pen("#000000", 1.0), brush=pg.mkBrush("#FFFFFF"))
        self.plot.fit()

    def _draw_path(self, answer: Picture) -> None:
        """The way from the first snapshot to the present weights."""
        if "path" not in answer.arrays:
            for item in (self.path, self.begin):
                item.setData([], [])
            return
        places = unpack(answer.arrays["path"])
        # Dark on light and light on dark: the map has both.
        self.path.setData(places[:, 0], places[:, 1], pen=pen("#FFFFFF", 2.0), shadowPen=pen("#000000", 4.0))
        self.begin.setData(
            x=places[:1, 0], y=places[:1, 1], symbol="o", size=10, pen=pen("#000000", 1.0), brush=pg.mkBrush("#FFFFFF")
        )

    def _facts(self, answer: Picture) -> str:
        loss, labels = unpack(answer.arrays["loss"]), answer.labels
        facts = {
            "step": f"{answer.step:,}",
            "loss": show(float(labels["here"])),
            "low": show(float(np.nanmin(loss))),
            "high": show(float(np.nanmax(loss))),
            "count": f"{labels['samples']:,}",
        }
        if labels.get("along") != "path":
            text = _(
                "+ the weights of step {step}: loss {loss} · around it {low} to {high} · {count} validation samples"
            )
            return text.format(**facts)
        first, second = (percent(float(share)) for share in labels["shares"])
        text = _(
            "○ step {first_step} to + step {step}: loss {loss} · the directions hold {first} and {second} of the way · "
            "{count} validation samples"
        )
        return text.format(first_step=f"{labels['steps'][0]:,}", first=first, second=second, **facts)

    # --- reading ----------------------------------------------------------------------------------------------------

    def _read(self, place: tuple[float, float] | None) -> None:
        answer = self.request.answer
        if place is None or answer is None:
            return
        loss, places, heights = (unpack(answer.arrays[name]) for name in ("loss", "places", "heights"))
        step = float(places[1] - places[0])
        column_, row = (round((v - float(along[0])) / step) for v, along in zip(place, (places, heights), strict=True))
        if not (0 <= row < len(places) and 0 <= column_ < len(places)) or not np.isfinite(loss[row, column_]):
            self.plot.readout.hide()
            return
        value = float(loss[row, column_])
        more = value - float(answer.labels["here"])
        lines = [("■", theme.tokens.train, _("loss {value}").format(value=show(value)))]
        if places[column_] or heights[row]:
            words = _("{value} more than here") if more >= 0 else _("{value} less than here")
            lines.append(("+", theme.tokens.muted, words.format(value=show(abs(more)))))
        title = _("{x} · first, {y} · second direction").format(
            x=show(float(places[column_])), y=show(float(heights[row]))
        )
        self.plot.say(title, lines, *place)

    # --- looks and files --------------------------------------------------------------------------------------------

    def restyle(self) -> None:
        self.plot.restyle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= _ONE_ROW
        self._top.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)
        self._top.setSpacing(20 if wide else 0)
        # A square map: a wide frame around it would be empty.
        self.plot.setMaximumWidth(max(self.height(), 200))
        self.mark()

    def rows(self) -> Rows:
        answer = self.request.answer
        if answer is None:
            return [], []
        loss, places, heights = (unpack(answer.arrays[name]) for name in ("loss", "places", "heights"))
        cells = np.ndindex(*loss.shape)
        return ["first", "second", "loss"], ((float(places[j]), float(heights[i]), float(loss[i, j])) for i, j in cells)


def _coloured(loss: np.ndarray) -> np.ndarray:
    """What is turned into colours: the loss, or its logarithm where it is steep."""
    finite = loss[np.isfinite(loss)]
    steep = finite.size > 0 and finite.min() > 0 and finite.max() > _STEEP * finite.min()
    known = np.where(np.isfinite(loss), loss, np.nan)
    return np.log10(known) if steep else known


def _ends(values: np.ndarray) -> tuple[float, float]:
    """Colours go from the least to the most that is there: a landscape has no zero."""
    finite = values[np.isfinite(values)]
    least, most = float(finite.min(initial=np.inf)), float(finite.max(initial=-np.inf))
    return (least, most) if least < most else (least, least + 1.0) if finite.size else (0.0, 1.0)
