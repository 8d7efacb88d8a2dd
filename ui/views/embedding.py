"""How the samples lie in what a layer puts out: one point a sample."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QWidget

from dllab.engine.protocol import Picture, unpack
from dllab.text import N_, _, ngettext
from ui.shell.theme import interface_font, theme
from ui.views import EMBEDDING
from ui.views.base import Rows, View, Want, column
from ui.views.cloud import clusters_of, facts, heights, kinds, numbers, sample_lines
from ui.views.colours import heat
from ui.views.controls import Caption, Keys, Tabs, TextButton
from ui.views.heat import ColourBar
from ui.views.nodes import Looking
from ui.views.picking import Picking
from ui.views.plot import Plot
from ui.views.points import Points, nearest
from ui.views.requests import Request, RequestBar
from ui.views.sample import SamplePicture

if TYPE_CHECKING:
    from ui.lab import Lab

_WIDE = 460
_ONE_ROW = 560
_CLUSTERS = 5
"""How many clusters to look for where there are no classes."""


class Embedding(View):
    """Follows `lab.selected`; the sample under the pointer, else the one that is followed, is drawn beside the plot."""

    declaration = EMBEDDING
    empty = N_("Press Train, then select a layer to see how it tells samples apart.")
    main = "embedding"
    interval = 0.12

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self._looking = Looking(lab)
        self._pointed = -1
        """The row under the pointer."""
        self._before: tuple[str, np.ndarray] = ("", np.zeros((0, 2)))
        """Layer and points drawn last, for directions that keep their sign."""
        self.request = Request(self, "map")
        self._build()
        for signal in (lab.selection_changed, lab.sample_changed, lab.runs.added):
            signal.connect(self.ask)
        lab.sample_changed.connect(self.mark)
        lab.picked_changed.connect(self.mark)

    def _build(self) -> None:
        self.methods = Tabs(_("How the points are placed"), self.body)
        self.methods.set_tabs([("pca", _("PCA")), ("tsne", _("t-SNE")), ("umap", _("UMAP"))])
        self.methods.chosen.connect(self._method_chosen)
        self.bar = RequestBar(_("Compute"), self.body)
        self.bar.asked.connect(self._compute)
        self.bar.cancelled.connect(self.request.cancel)
        self.colours = Tabs(_("What the colours mean"), self.body)
        self.colours.chosen.connect(self.ask)
        self.colours.chosen.connect(self.mark)
        self.clear_button = TextButton("", self.body)
        self.clear_button.clicked.connect(lambda: self.lab.pick(()))
        self.keys = Keys(self.body)
        self.plot = Plot(self.body)
        self.plot.setAccessibleName(self.title)
        self.plot.plotItem.vb.setAspectLocked(True)
        self.plot.hovered.connect(self._point)
        self.plot.clicked.connect(self._follow)
        self.points = Points(self.plot)
        self.picking = Picking(self.plot, self.lab, self._places)
        self.scale = ColourBar(self.body)
        self.sample = SamplePicture(self.body, _("The sample pointed at"))
        self.caption = Caption(self.body)
        self.waiting = QLabel(self.body)
        self.waiting.setWordWrap(True)
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.waiting.setFont(interface_font(13))
        self._top = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._top.addLayout(_row(10, self.methods, self.bar, None))
        self._top.addLayout(_row(10, self.colours, None, self.clear_button), 1)
        row = _row(10, self.plot, self.waiting, self.scale, self.sample)
        row.setStretch(0, 1)
        row.setStretch(1, 1)
        layout = column(self.body, 2)
        layout.addLayout(self._top)
        layout.addWidget(self.keys)
        layout.addLayout(row, 1)
        layout.addWidget(self.caption)

    # --- asking -----------------------------------------------------------------------------------------------------

    def wants(self) -> dict[str, Want]:
        node = self._looking.node()
        if not node:
            return {}
        wanted = {} if self.sample.isHidden() else {"sample": Want("samples", {"indices": [self._shown_row]})}
        if self.methods.current == "pca":
            clusters = self._cluster_count() if self.colours.current == "cluster" else 0
            return {"embedding": Want("embedding", {"node": node, "clusters": clusters}), **wanted}
        return {**self.request.wants(), **wanted}

    def arrived(self, key: str) -> None:
        self.request.arrived(key)

    def _compute(self) -> None:
        params = {"node": self._looking.node(), "method": self.methods.current}
        self.request.begin(Want("neighbours", params))

    def _method_chosen(self, _method: str) -> None:
        if self.request.under_way:
            self.request.cancel()
        self.request.problem = ""
        self.ask()
        self.mark()

    @property
    def _shown_row(self) -> int:
        """The sample drawn beside the plot."""
        return self._pointed if self._pointed >= 0 else self.lab.sample

    def _cluster_count(self) -> int:
        data = self._looking.check.data
        return len(data.classes) if data is not None and data.classes and not data.positions else _CLUSTERS

    def picture(self) -> Picture | None:
        """What is drawn: points and what is known of them."""
        if self.methods.current == "pca":
            found = self.pictures.get("embedding")
            return None if found is None or found.message else found
        asked = self._looking.node(), self.methods.current
        made = self.request.answer
        return made if made is not None and (made.labels["node"], made.labels["method"]) == asked else None

    def sentence(self) -> str:
        if self.methods.current == "pca" or self.lab.runs.current is None or self.lab.state in ("idle", "offline"):
            return super().sentence()
        return ""

    # --- drawing ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        picture = self.picture()
        for widget, seen in (
            (self.bar, self.methods.current != "pca"),
            (self.plot, picture is not None),
            (self.waiting, picture is None),
        ):
            widget.setVisible(seen)
        self.bar.show_request(self.request.under_way, self.request.share)
        self.bar.set_words(_("Compute") if picture is None else _("Compute again"))
        if picture is None:
            self._draw_nothing()
            return
        node = str(picture.labels["node"])
        points = self._settled(node, unpack(picture.arrays["points"]))
        self._offer_colours(picture)
        self._draw_points(picture, points)
        self.picking.refresh()
        self._draw_sample()
        count = len(self.lab.picked)
        self.clear_button.setVisible(bool(count))
        words = ngettext("{count} picked · forget", "{count} picked · forget", count).format(count=f"{count:,}")
        self.clear_button.setText(words)
        self.clear_button.setToolTip(_("Forget which samples are picked (Esc)"))
        self.clear_button.setAccessibleName(words)
        self.clear_button.updateGeometry()
        self.set_subtitle(self._looking.subtitle(node))
        words = facts(picture, len(points), dict(self.methods.tabs)[self.methods.current])
        if self.colours.current == "cluster":
            title = self._looking.title(str(picture.labels.get("clustering", "")))
            words = f"{clusters_of(title)} · {words}"
        self.caption.setText(words)
        self.summarise(f"{self.subtitle}: {self.caption.text()}")

    def _draw_nothing(self) -> None:
        """Before a map has been asked for, or why there is none."""
        self._before = "", np.zeros((0, 2))
        self.points.show_kinds(self._before[1], np.zeros(0, int), [])
        self.picking.refresh()
        self.scale.hide()
        self.keys.hide()
        waits = _(
            "Press Compute: this map keeps neighbours together. It takes a few seconds and does not follow training."
        )
        self.waiting.setText(self.request.problem or ("" if self.request.under_way else waits))
        self.caption.setText("")
        self.summarise(self.waiting.text())

    def _settled(self, node: str, points: np.ndarray) -> np.ndarray:
        """The points, mirrored where a direction has only changed its sign since the last drawing."""
        key = f"{self.methods.current} {node}"
        last, before = self._before
        if last == key and before.shape == points.shape:
            points = points * np.where((points * before).sum(0) < 0, -1.0, 1.0)
        elif last != key:
            self.plot.fit()
        self._before = key, points
        return points

    def _offer_colours(self, picture: Picture) -> None:
        named, known = bool(picture.labels["classes"]), "true" in picture.arrays
        tabs = [("class", _("Class")), ("error", _("Right or wrong"))] if named and known else []
        tabs += [("value", _("Value"))] if known and not named else []
        groups = [("cluster", _("Cluster"))] if self.methods.current == "pca" else []
        self.colours.set_tabs([*tabs, ("loss", _("Loss")), *groups])

    def _draw_points(self, picture: Picture, points: np.ndarray) -> None:
        keys: list[tuple[str, str, str]] = []
        high = heights(picture, self.colours.current)
        if high is not None:
            self.points.show_heights(points, high)
            self.scale.set_scale(*heat(high, theme.tokens))
        else:
            kind, looks, keys = kinds(picture, self.colours.current, self._cluster_count())
            self.points.show_kinds(points, kind, looks)
        self.scale.setVisible(high is not None)
        self.keys.set_entries(keys)
        self.keys.setVisible(bool(keys))

    def _draw_sample(self) -> None:
        picture = self.pictures.get("sample")
        data = self._looking.check.data
        if picture is None or picture.message or data is None or not picture.labels["indices"]:
            return
        self.sample.set_sample(unpack(picture.arrays["x"])[0], list(data.features), data.tokens)

    # --- reading ----------------------------------------------------------------------------------------------------

    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        """Where the samples are drawn, and which they are."""
        points = self._before[1]
        return points, np.arange(len(points))

    def _point(self, place: tuple[float, float] | None) -> None:
        before = self._pointed
        self._pointed = -1 if place is None else self._found(place)
        if self._pointed != before:
            self.ask()
        picture = self.picture()
        if self._pointed < 0 or picture is None:
            self.plot.readout.hide()
            return
        at = self._before[1][self._pointed]
        text = _("sample {number}").format(number=self._pointed)
        self.plot.say(text, sample_lines(picture, self._pointed), float(at[0]), float(at[1]))

    def _found(self, place: tuple[float, float]) -> int:
        points = self._before[1]
        if self.plot.at is not None and len(points):
            # Keys move a line across: the next point in its way is read, at whatever height.
            return int(np.argmin(np.abs(points[:, 0] - place[0])))
        return nearest(self.plot, points, place)

    def _follow(self, x: float, y: float) -> None:
        row = nearest(self.plot, self._before[1], (x, y))
        if row >= 0:
            self.lab.look_at_sample(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if self._pointed >= 0 and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.lab.look_at_sample(self._pointed)
        elif self._pointed >= 0 and key == Qt.Key.Key_Space:
            self.lab.pick(set(self.lab.picked) ^ {self._pointed})
        else:
            super().keyPressEvent(event)

    # --- looks and files --------------------------------------------------------------------------------------------

    def restyle(self) -> None:
        self.plot.restyle()
        self.waiting.setStyleSheet(f"color: {theme.tokens.muted}; background: transparent;")

    def forget(self) -> None:
        self._before = "", np.zeros((0, 2))
        self.request.forget()
        self.plot.fit()
        super().forget()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= _WIDE
        across = QBoxLayout.Direction.LeftToRight
        self._top.setDirection(across if self.width() >= _ONE_ROW else QBoxLayout.Direction.TopToBottom)
        self._top.setSpacing(28 if self.width() >= _ONE_ROW else 0)
        if wide == self.sample.isHidden():
            self.sample.setVisible(wide)
            self.ask()
        self.mark()

    def rows(self) -> Rows:
        picture = self.picture()
        return numbers(picture) if picture is not None else ([], [])


def _row(spacing: int, *widgets: QWidget | None) -> QHBoxLayout:
    """Widgets beside each other; None takes the room that is left."""
    row = QHBoxLayout()
    row.setSpacing(spacing)
    for widget in widgets:
        if widget is None:
            row.addStretch(1)
        else:
            row.addWidget(widget)
    return row
