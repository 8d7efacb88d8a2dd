"""The samples themselves, how many there are of each class, and the range of every feature."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, QTimer
from PySide6.QtGui import QColor, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QStackedWidget, QTableView, QWidget
from shiboken6 import isValid

from dllab.document.experiment import Experiment
from dllab.engine.protocol import DataSummary, Picture, unpack
from dllab.text import N_, _, ngettext
from ui.shell.theme import interface_font, number_font, theme
from ui.views import DATA
from ui.views.bars import Bars
from ui.views.base import Rows, View, Want, column
from ui.views.controls import Caption, Keys, Tabs
from ui.views.gallery import Gallery
from ui.views.heat import ColourBar, HeatMap
from ui.views.numbers import extents, show
from ui.views.plot import Plot
from ui.views.points import Points, class_keys, nearest
from ui.views.sequence import answer_of

if TYPE_CHECKING:
    from ui.lab import Lab

_WAIT_MS = 250
_LIMIT = 400
_PICKED = 500
"""So many picked samples are shown; nobody leafs through more."""
_BINS = 25
_MOST_FREQUENT = 24
Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole


class Ranges(QAbstractTableModel):
    """Least, mean and most of every feature."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.features: list[str] = []
        self.numbers: np.ndarray = np.zeros((0, 3))

    def set_ranges(self, features: list[str], numbers: np.ndarray) -> None:
        """Show these: names, and numbers (n, 3)."""
        self.beginResetModel()
        self.features, self.numbers = features, numbers
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.features)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else 4

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        row, place = index.row(), index.column()
        match role:
            case Role.DisplayRole | Role.ToolTipRole:
                return self.features[row] if place == 0 else show(float(self.numbers[row, place - 1]))
            case Role.TextAlignmentRole if place:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            case Role.FontRole:
                return number_font(11) if place else interface_font(11)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Role.DisplayRole:
            return (_("feature"), _("least"), _("mean"), _("most"))[section]
        if role == Role.TextAlignmentRole and section == 0:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return interface_font(11) if role == Role.FontRole else None


class Data(View):
    """Asks for the data of the document whenever something that decides it changes."""

    declaration = DATA
    about = "data"
    empty = N_("Choose data in the top row to see its samples here.")

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self.summary: DataSummary | None = None
        self._asked: tuple[Any, ...] | None = None
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_WAIT_MS)
        self._wait.timeout.connect(self._look)
        self._build()
        self.restyle()
        lab.document.changed.connect(self._document_changed)
        lab.link.ready.connect(self._engine_ready)
        lab.picked_changed.connect(self.ask)
        lab.picked_changed.connect(self.mark)

    def _build(self) -> None:
        self.tabs = Tabs(_("What to see of the data"), self.body)
        self.tabs.chosen.connect(self.mark)
        self.keys = Keys(self.body)
        self.gallery = Gallery(_("Samples"), self.body)
        self.picked = Gallery(_("Picked samples"), self.body)
        self.picked.chosen.connect(self._follow)
        self.plot = Plot(self.body)
        self.plot.setAccessibleName(_("Samples"))
        self.plot.hovered.connect(self._read)
        self.points = Points(self.plot)
        self.bars = Bars(self.body, _("Samples of each class"))
        self.histogram = Plot(self.body, zoom=(True, False))
        self.histogram.setAccessibleName(_("How the values to predict are spread"))
        self.histogram_item = pg.PlotCurveItem([0.0, 1.0], [0.0], stepMode="center", fillLevel=0)
        self.histogram.plotItem.addItem(self.histogram_item)
        self._build_ranges()
        self.heat = HeatMap(self.body, _("Range of every pixel"))
        self.scale = ColourBar(self.body)
        self.heat_page = QWidget(self.body)
        side = QHBoxLayout(self.heat_page)
        side.setContentsMargins(0, 0, 0, 0)
        side.addWidget(self.heat, 1)
        side.addWidget(self.scale)
        self.pages = QStackedWidget(self.body)
        for page in (self.gallery, self.picked, self.plot, self.bars, self.histogram, self.ranges, self.heat_page):
            self.pages.addWidget(page)
        self.caption = Caption(self.body)
        layout = column(self.body, 4)
        layout.addWidget(self.tabs)
        layout.addWidget(self.keys)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.caption)

    def _build_ranges(self) -> None:
        self.ranges = QTableView(self.body)
        self._ranges_model = Ranges(self.body)
        self.ranges.setModel(self._ranges_model)
        self.ranges.setAccessibleName(_("Range of every feature"))
        self.ranges.verticalHeader().hide()
        self.ranges.verticalHeader().setDefaultSectionSize(22)
        self.ranges.setShowGrid(False)
        self.ranges.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.ranges.horizontalHeader().setHighlightSections(False)
        self.ranges.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def wants(self) -> dict[str, Want]:
        return {"picked": Want("samples", {"indices": list(self.lab.picked[:_PICKED])})} if self.lab.picked else {}

    def _follow(self, place: int) -> None:
        """Look at a picked sample in all views."""
        if place < len(self.lab.picked):
            self.lab.look_at_sample(self.lab.picked[place])

    # --- asking -----------------------------------------------------------------------------------------------------

    def _document_changed(self, _old: Experiment, _new: Experiment) -> None:
        if self.isVisible() and self._asked != _deciding(self.lab.document.experiment):
            self._wait.start()

    def _engine_ready(self) -> None:
        # A new engine doesn't know what the old one was asked.
        self._asked = None
        self._look()

    def _look(self) -> None:
        experiment = self.lab.document.experiment
        if not self.isVisible() or not self.lab.link.is_ready or self._asked == _deciding(experiment):
            return
        self._asked = _deciding(experiment)
        self.lab.link.look(experiment, self._received_summary, _LIMIT)

    def _received_summary(self, summary: DataSummary) -> None:
        if isValid(self):
            self.summary = summary
            self.plot.fit()
            self.mark()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()

    def hideEvent(self, event: QHideEvent) -> None:
        self._wait.stop()
        super().hideEvent(event)

    def forget(self) -> None:
        self.mark()

    # --- drawing ----------------------------------------------------------------------------------------------------

    def sentence(self) -> str:
        if self.summary is None:
            return _("Loading the data…") if self._asked is not None else _(self.empty)
        return self.summary.message

    def draw(self) -> None:
        assert self.summary is not None
        labels = self.summary.labels
        classes = [str(c) for c in labels["classes"]]
        spread = _("Classes") if classes else _("Targets")
        ranges = _("Words") if labels.get("tokens") else _("Ranges")
        spreads = [("spread", spread)] if labels["task"] != "none" else []
        tabs = [("samples", _("Samples")), *spreads, ("ranges", ranges)]
        if self.lab.picked:
            tabs.append(("picked", _("Picked ({count})").format(count=f"{len(self.lab.picked):,}")))
        self.tabs.set_tabs(tabs)
        on_plot = self.tabs.current == "samples" and labels["family"] == "points"
        self.keys.set_entries(class_keys(classes) if on_plot else [])
        self.keys.setVisible(on_plot and bool(classes))
        match self.tabs.current:
            case "samples":
                self._draw_samples(self.summary, classes)
            case "spread":
                self._draw_spread(self.summary, classes)
            case "picked":
                self._draw_picked()
            case _:
                self._draw_ranges(self.summary)
        self.caption.setText(self._facts(labels))
        self.caption.setToolTip(_("Shown is the training part. The test part stays sealed until you open it."))
        count = int(labels["samples"])
        text = ngettext("{title} · {count} sample of {shape}", "{title} · {count} samples of {shape}", count)
        shape = extents(tuple(int(n) for n in labels["input"]))
        self.set_subtitle(text.format(title=labels["title"], count=f"{count:,}", shape=shape))
        self.summarise(f"{self.subtitle}: {self.caption.text()}")

    def _draw_samples(self, summary: DataSummary, classes: list[str]) -> None:
        x, y = unpack(summary.arrays["x"]), unpack(summary.arrays["y"])
        features = [str(f) for f in summary.labels["features"]]
        if summary.labels["family"] != "points":
            words = [answer_of(v, classes) for v in y]
            heading = _("class") if classes else ", ".join(str(t) for t in summary.labels["targets"])
            self.gallery.set_samples(x, words, features, heading, [str(t) for t in summary.labels.get("tokens", ())])
            self.pages.setCurrentWidget(self.gallery)
            return
        targets = [str(t) for t in summary.labels["targets"]]
        names = [*features, *targets, "", ""][:2]
        tall = self.height() >= 260
        self.plot.set_labels(bottom=names[0] if tall else "", left=names[1] if tall else "")
        if classes:
            self.points.show_classes(x, y)
        elif x.shape[1] == 1:
            self.points.show_values(x[:, 0], y.reshape(len(y), -1)[:, 0])
        else:
            self.points.show_heights(x, y.reshape(len(y), -1)[:, 0])
        self.plot.setAccessibleDescription(self._facts(summary.labels))
        self.pages.setCurrentWidget(self.plot)

    def _draw_picked(self) -> None:
        """The validation samples that were picked in some view."""
        picture = self.pictures.get("picked")
        self.pages.setCurrentWidget(self.picked)
        if picture is None or picture.message:
            return
        both = zip(picture.labels["true"], picture.labels["says"], strict=True)
        words = [true if true == says else f"{true} → {says}" for true, says in both]
        features, tokens = ([str(t) for t in picture.labels.get(key, ())] for key in ("features", "tokens"))
        self.picked.set_samples(unpack(picture.arrays["x"]), words, features, _("true → says"), tokens)

    def _draw_spread(self, summary: DataSummary, classes: list[str]) -> None:
        if classes:
            counts = unpack(summary.arrays["class_counts"])
            self.bars.set_values(counts.astype(float), classes)
            self.pages.setCurrentWidget(self.bars)
            return
        values = unpack(summary.arrays["y"]).reshape(-1)
        values = values[np.isfinite(values)]
        counts, edges = np.histogram(values, _BINS)
        self.histogram_item.setData(edges, counts.astype(float))
        targets = ", ".join(str(t) for t in summary.labels["targets"])
        self.histogram.set_labels(bottom=targets if self.height() >= 200 else "")
        self.pages.setCurrentWidget(self.histogram)

    def _draw_ranges(self, summary: DataSummary) -> None:
        if "token_counts" in summary.arrays:
            self._draw_tokens(summary)
            return
        numbers = np.column_stack([unpack(summary.arrays[k]) for k in ("minimum", "mean", "maximum")])
        features = [str(f) for f in summary.labels["features"]]
        shape = tuple(int(n) for n in summary.labels["input"])
        if len(shape) == 3:
            names = [name for name in (_("least"), _("mean"), _("most")) for _channel in range(shape[0])]
            self.heat.set_values(numbers.T.reshape(-1, *shape[1:]), names=names)
            self.scale.set_scale(self.heat.lut, self.heat.low, self.heat.high)
            self.pages.setCurrentWidget(self.heat_page)
            return
        features = features if len(features) == len(numbers) else [str(i) for i in range(len(numbers))]
        if features != self._ranges_model.features or not np.array_equal(numbers, self._ranges_model.numbers):
            self._ranges_model.set_ranges(features, numbers)
        self.pages.setCurrentWidget(self.ranges)

    def _draw_tokens(self, summary: DataSummary) -> None:
        """How often the most frequent words or characters occur."""
        counts, tokens = unpack(summary.arrays["token_counts"]), [str(t) for t in summary.labels["tokens"]]
        order = [int(i) for i in np.argsort(-counts, kind="stable") if tokens[int(i)]][:_MOST_FREQUENT]
        self.bars.set_values(counts[order].astype(float), [_visible(tokens[i]) for i in order])
        self.pages.setCurrentWidget(self.bars)

    def _facts(self, labels: dict[str, Any]) -> str:
        numbers = {name: f"{int(count):,}" for name, count in labels["parts"].items()}
        text = _("training {train} · validation {validation} · test {test}").format(**numbers)
        unread = int(labels.get("unread", 0))
        if unread:
            more = ngettext(
                "{count} word only outside training: unknown", "{count} words only outside training: unknown", unread
            )
            text += " · " + more.format(count=f"{unread:,}")
        return text

    def _read(self, place: tuple[float, float] | None) -> None:
        if place is None or self.summary is None or self.summary.message:
            return
        x, y = unpack(self.summary.arrays["x"]), unpack(self.summary.arrays["y"])
        classes = [str(c) for c in self.summary.labels["classes"]]
        flat = x.reshape(len(x), -1)
        places = flat[:, :2] if flat.shape[1] >= 2 else np.column_stack([flat[:, 0], y.reshape(len(y), -1)[:, 0]])
        index = nearest(self.plot, places, place)
        if index < 0:
            self.plot.readout.hide()
            return
        keys = class_keys(classes)
        value = f"{show(float(np.ravel(y[index])[0]))}"
        line = keys[int(y[index])] if classes else ("●", theme.tokens.muted, _("value {value}").format(value=value))
        names = [str(f) for f in self.summary.labels["features"]]
        title = " · ".join(f"{n} {show(float(v))}" for n, v in zip(names, flat[index], strict=False))
        self.plot.say(title, [line], *place)

    # --- looks and files --------------------------------------------------------------------------------------------

    def restyle(self) -> None:
        tokens = theme.tokens
        self.plot.restyle()
        self.histogram.restyle()
        fill = QColor(tokens.train)
        fill.setAlpha(140)
        self.histogram_item.setBrush(pg.mkBrush(fill))
        self.histogram_item.setPen(pg.mkPen(tokens.train))
        self.ranges.setStyleSheet(self.gallery.styleSheet())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.mark()

    def rows(self) -> Rows:
        picked = self.pictures.get("picked")
        if self.tabs.current == "picked" and picked is not None and not picked.message:
            return picked_rows(picked)
        if self.summary is None or self.summary.message:
            return [], []
        x, y = unpack(self.summary.arrays["x"]), unpack(self.summary.arrays["y"])
        classes = [str(c) for c in self.summary.labels["classes"]]
        flat = x.reshape(len(x), -1)
        features = [str(f) for f in self.summary.labels["features"]]
        if len(features) != flat.shape[1]:
            features = [f"x{i}" for i in range(flat.shape[1])]
        targets = ["class"] if classes else [str(t) for t in self.summary.labels["targets"]]
        if y.ndim > (1 if classes else 2):
            targets = [f"{name}{step}" for step in range(y.shape[1]) for name in targets]
        answers = [
            [classes[int(n)] if n >= 0 else "" for n in np.ravel(v)] if classes else np.ravel(v).tolist() for v in y
        ]
        return [*features, *targets], ((*row, *answer) for row, answer in zip(flat.tolist(), answers, strict=True))


def picked_rows(picture: Picture) -> Rows:
    """Picked samples for a file: position, numbers, true and predicted."""
    labels, flat = picture.labels, unpack(picture.arrays["x"])
    flat = flat.reshape(len(flat), -1)
    features = [str(f) for f in labels["features"]]
    names = features if len(features) == flat.shape[1] else [f"x{i}" for i in range(flat.shape[1])]
    rows = zip(labels["indices"], flat.tolist(), labels["true"], labels["says"], strict=True)
    return ["sample", *names, "true", "says"], ((i, *row, true, says) for i, row, true, says in rows)


def _visible(token: str) -> str:
    """A word or character as it can be seen: spaces and line ends are marks of their own."""
    return {" ": "␣", "\n": "⏎"}.get(token, token)


def _deciding(experiment: Experiment) -> tuple[Any, ...]:
    """What the data of an experiment depends on."""
    return experiment.data, experiment.preparation, experiment.split, experiment.seed
