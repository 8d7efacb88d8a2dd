"""How the samples lie in what a layer puts out: one point a sample."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from dllab.engine.protocol import Picture, unpack
from dllab.text import N_, _, ngettext
from ui.shell.theme import theme
from ui.views import EMBEDDING
from ui.views.base import Rows, View, Want, column
from ui.views.colours import MARKS, SYMBOLS, class_colour, heat
from ui.views.controls import Caption, Keys, Tabs, TextButton
from ui.views.heat import ColourBar
from ui.views.nodes import Looking
from ui.views.numbers import percent, show
from ui.views.picking import Picking
from ui.views.plot import Plot
from ui.views.points import Points, class_keys, nearest
from ui.views.readout import Line
from ui.views.sample import SamplePicture

if TYPE_CHECKING:
    from ui.lab import Lab

_WIDE = 460
_CLUSTERS = 5
"""How many clusters to look for where there are no classes."""


class Embedding(View):
    """Follows `lab.selected`; the sample under the pointer, else the one that is followed, is drawn beside the plot."""

    declaration = EMBEDDING
    empty = N_("Press Train, then select a layer to see how it tells samples apart.")
    main = "embedding"

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self._looking = Looking(lab)
        self._pointed = -1
        """The row under the pointer."""
        self._before: tuple[str, np.ndarray] = ("", np.zeros((0, 2)))
        """Layer and points drawn last, for directions that keep their sign."""
        self._build()
        for signal in (lab.selection_changed, lab.sample_changed, lab.runs.added):
            signal.connect(self.ask)
        lab.sample_changed.connect(self.mark)
        lab.picked_changed.connect(self.mark)

    def _build(self) -> None:
        self.colours = Tabs(_("What the colours mean"), self.body)
        self.colours.chosen.connect(self._colour_chosen)
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
        self._top = QHBoxLayout()
        self._top.setSpacing(14)
        self._top.addWidget(self.colours)
        self._top.addStretch(1)
        self._top.addWidget(self.clear_button)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.plot, 1)
        row.addWidget(self.scale)
        row.addWidget(self.sample)
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
        clusters = self._cluster_count() if self.colours.current == "cluster" else 0
        wanted = {"embedding": Want("embedding", {"node": node, "clusters": clusters})}
        if not self.sample.isHidden():
            wanted["sample"] = Want("samples", {"indices": [self._shown_row]})
        return wanted

    @property
    def _shown_row(self) -> int:
        """The sample drawn beside the plot."""
        return self._pointed if self._pointed >= 0 else self.lab.sample

    def _cluster_count(self) -> int:
        data = self._looking.check.data
        return len(data.classes) if data is not None and data.classes and not data.positions else _CLUSTERS

    def _colour_chosen(self, _key: str) -> None:
        self.ask()
        self.mark()

    def picture(self) -> Picture | None:
        """What is drawn: points and what is known of them."""
        found = self.pictures.get("embedding")
        return None if found is None or found.message else found

    # --- drawing ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        picture = self.picture()
        assert picture is not None
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
        self.caption.setText(self._facts(picture, len(points)))
        self.summarise(f"{self.subtitle}: {self.caption.text()}")

    def _settled(self, node: str, points: np.ndarray) -> np.ndarray:
        """The points, mirrored where a direction has only changed its sign since the last drawing."""
        last, before = self._before
        if last == node and before.shape == points.shape:
            points = points * np.where((points * before).sum(0) < 0, -1.0, 1.0)
        elif last != node:
            self.plot.fit()
        self._before = node, points
        return points

    def _offer_colours(self, picture: Picture) -> None:
        named, known = bool(picture.labels["classes"]), "true" in picture.arrays
        tabs = [("class", _("Class")), ("error", _("Right or wrong"))] if named and known else []
        tabs += [("value", _("Value"))] if known and not named else []
        self.colours.set_tabs([*tabs, ("loss", _("Loss")), ("cluster", _("Cluster"))])

    def _draw_points(self, picture: Picture, points: np.ndarray) -> None:
        keys: list[tuple[str, str, str]] = []
        heights = self._heights(picture)
        if heights is not None:
            self.points.show_heights(points, heights)
            self.scale.set_scale(*heat(heights, theme.tokens))
        else:
            kinds, looks, keys = self._kinds(picture)
            self.points.show_kinds(points, kinds, looks)
        self.scale.setVisible(heights is not None)
        self.keys.set_entries(keys)
        self.keys.setVisible(bool(keys))

    def _heights(self, picture: Picture) -> np.ndarray | None:
        """What the points are coloured by, where that is a number."""
        name = {"loss": "loss", "value": "true"}.get(self.colours.current, "")
        return unpack(picture.arrays[name]) if name else None

    def _kinds(self, picture: Picture) -> tuple[np.ndarray, list[tuple[str, QColor]], list[tuple[str, str, str]]]:
        """Which kind each point is of, what the kinds look like, and their names."""
        tokens = theme.tokens
        classes = [str(c) for c in picture.labels["classes"]]
        if self.colours.current == "error":
            wrong = (unpack(picture.arrays["true"]) != unpack(picture.arrays["says"])).astype(int)
            looks = [("o", QColor(tokens.good)), ("x", QColor(tokens.bad))]
            counts = np.bincount(wrong, minlength=2)
            keys = [
                ("●", tokens.good, _("right ({count})").format(count=f"{counts[0]:,}")),
                ("✖", tokens.bad, _("wrong ({count})").format(count=f"{counts[1]:,}")),
            ]
            return wrong, looks, keys
        if self.colours.current == "cluster":
            count = max(self._cluster_count(), 1)
            found = picture.arrays.get("cluster")
            kinds = unpack(found) if found is not None else np.zeros(len(unpack(picture.arrays["loss"])), int)
            names = [_("cluster {number}").format(number=i + 1) for i in range(count)]
        else:
            kinds, names = unpack(picture.arrays["true"]), classes
        looks = [(SYMBOLS[i % len(SYMBOLS)], class_colour(i, tokens)) for i in range(len(names))]
        return kinds, looks, class_keys(names)

    def _facts(self, picture: Picture, count: int) -> str:
        first, second = (float(v) for v in picture.labels["explained"])
        text = _("PCA of {numbers} numbers: shows {share} of the variance ({first} + {second})")
        facts = text.format(
            numbers=f"{picture.labels['features']:,}",
            share=percent(first + second),
            first=percent(first),
            second=percent(second),
        )
        whole = int(picture.labels["samples"])
        if whole > count:
            return facts + " · " + _("first {count} of {whole} samples").format(count=f"{count:,}", whole=f"{whole:,}")
        return facts + " · " + ngettext("{count} sample", "{count} samples", count).format(count=f"{count:,}")

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
        self.plot.say(text, self._lines(picture, self._pointed), float(at[0]), float(at[1]))

    def _found(self, place: tuple[float, float]) -> int:
        points = self._before[1]
        if self.plot.at is not None and len(points):
            # Keys move a line across: the next point in its way is read, at whatever height.
            return int(np.argmin(np.abs(points[:, 0] - place[0])))
        return nearest(self.plot, points, place)

    def _lines(self, picture: Picture, row: int) -> list[Line]:
        tokens = theme.tokens
        lines: list[Line] = []
        if "true" in picture.arrays:
            true, says = (unpack(picture.arrays[name])[row] for name in ("true", "says"))
            classes = [str(c) for c in picture.labels["classes"]]
            words = [classes[int(v)] if classes else show(float(v)) for v in (true, says)]
            mark = (MARKS[int(true) % len(MARKS)], class_colour(int(true), tokens).name()) if classes else None
            lines.append((*(mark or ("●", tokens.text)), _("true {value}").format(value=words[0])))
            wrong = bool(classes) and true != says
            colour = tokens.bad if wrong else tokens.good if classes else tokens.train
            lines.append(("✖" if wrong else "●", colour, _("predicted {value}").format(value=words[1])))
        loss = float(unpack(picture.arrays["loss"])[row])
        lines.append(("↕", tokens.muted, _("loss {value}").format(value=show(loss))))
        if "cluster" in picture.arrays:
            number = int(unpack(picture.arrays["cluster"])[row])
            lines.append(("◇", tokens.muted, _("cluster {number}").format(number=number + 1)))
        return lines

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

    def forget(self) -> None:
        self._before = "", np.zeros((0, 2))
        self.plot.fit()
        super().forget()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= _WIDE
        if wide == self.sample.isHidden():
            self.sample.setVisible(wide)
            self.ask()
        self.mark()

    def rows(self) -> Rows:
        picture = self.picture()
        if picture is None:
            return [], []
        names = [name for name in ("true", "says", "loss", "cluster") if name in picture.arrays]
        columns = [unpack(picture.arrays[name]).tolist() for name in names]
        classes = [str(c) for c in picture.labels["classes"]]
        columns = [
            [classes[v] for v in values] if classes and name in ("true", "says") else values
            for name, values in zip(names, columns, strict=True)
        ]
        points = unpack(picture.arrays["points"]).tolist()
        both = enumerate(zip(points, *columns, strict=True))
        return ["sample", "x", "y", *names], ((i, *point, *rest) for i, (point, *rest) in both)
