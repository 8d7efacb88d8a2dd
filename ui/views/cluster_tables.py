"""Two tables: what the clusters are like, and how they fit the true classes."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QWidget

from dllab.layers.analysing import NOISE
from dllab.text import N_, _, ngettext
from ui.views.base import Rows, column
from ui.views.cluster_declarations import CONTINGENCY, PROFILE
from ui.views.clustering import ClusterView, cluster_mark, cluster_words, found_words, score_words
from ui.views.controls import Caption
from ui.views.grid import Cell, Grid
from ui.views.numbers import percent, show

if TYPE_CHECKING:
    from ui.lab import Lab


_COLUMNS = 60
"""So many clusters have a column: nobody reads more, and thousands would take seconds to lay out."""


class _Table(ClusterView):
    """What stands above it, a grid whose places can be chosen, and a note below."""

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self.caption, self.note = Caption(self.body, quiet=False), Caption(self.body)
        self.grid = Grid(self.title, self.body)
        self.grid.chosen.connect(self._pick)
        layout = column(self.body, 4)
        layout.addWidget(self.caption)
        layout.addWidget(self.grid, 1)
        layout.addWidget(self.note)

        self._shown = np.arange(0)
        """Which clusters have a column."""

    def _choose(self, sizes: np.ndarray) -> str:
        """Give the largest clusters a column; a sentence where that is not all."""
        self._shown = np.sort(np.argsort(-sizes, kind="stable")[:_COLUMNS])
        if len(sizes) <= _COLUMNS:
            return ""
        text = _("The {shown} largest of {count} columns; the saved data holds all.")
        return text.format(shown=_COLUMNS, count=f"{len(sizes):,}")

    def _pick(self, row: int, place: int) -> None:
        """Mark the samples behind a place of the grid."""
        raise NotImplementedError(f"{type(self).__name__}._pick")


class Profile(_Table):
    """A column for each cluster, a row for each feature."""

    declaration = PROFILE
    empty = N_("Press Cluster to see what the clusters are like.")
    main = "profile"

    def draw(self) -> None:
        picture = self.pictures[self.main]
        features = [str(name) for name in picture.labels["features"]]
        total, few = int(self.array("sizes").sum()), self._choose(self.array("sizes"))
        names, sizes = self.array("names")[self._shown].tolist(), self.array("sizes")[self._shown].tolist()
        across = [_("all"), *(f"{cluster_mark(n)} {_head(n)}" for n in names)]
        counts = [Cell(f"{total:,}", _("{count} samples in all").format(count=f"{total:,}"))]
        for number, size in zip(names, sizes, strict=True):
            text = ngettext("{name}: {count} sample ({share})", "{name}: {count} samples ({share})", size)
            words = text.format(name=cluster_words(number), count=f"{size:,}", share=percent(size / total))
            counts.append(Cell(f"{size:,}", words))
        self.grid.show_cells([counts, *self._features(names, features)], across, [_("samples"), *features])
        self.caption.setText(found_words(picture.labels))
        self.note.setText(" ".join(filter(None, [few, self._remark(len(features))])))
        self.summarise(f"{self.caption.text()}. {self.note.text()}")

    def _features(self, names: list[int], features: list[str]) -> list[list[Cell]]:
        """A row for each feature: its mean over all, then in each cluster, shaded by how far off that is."""
        means, spreads = self.array("means")[self._shown], self.array("spreads")[self._shown]
        mean, spread = self.array("mean"), self.array("spread")
        rows = []
        for place, feature in enumerate(features):
            text = _("{feature}: mean {mean}, spread {spread} over all samples")
            whole, wide = float(mean[place]), float(spread[place])
            row = [Cell(_number(whole, wide), text.format(feature=feature, mean=show(whole), spread=show(wide)))]
            for number, value, own in zip(names, means[:, place].tolist(), spreads[:, place].tolist(), strict=True):
                off = (value - whole) / wide if wide > 0 else 0.0
                text = _("{feature} in {name}: mean {mean}, spread {spread}; {off} spreads from the mean of all")
                words = text.format(
                    feature=feature, name=cluster_words(number), mean=show(value), spread=show(own), off=show(off)
                )
                row.append(Cell(_number(value, wide), words, off / 2))
            rows.append(row)
        return rows

    def _remark(self, shown: int) -> str:
        assert self.picture is not None
        width, own = int(self.picture.labels["width"]), bool(self.picture.labels["own"])
        said = [] if own else [_("In what the layer puts out.")]
        if shown < width:
            text = _("The {shown} of {width} features that differ most between clusters.")
            said.append(text.format(shown=shown, width=f"{width:,}"))
        return " ".join([_("Means; shaded by how far they are from the mean of all."), *said])

    def _pick(self, _row: int, place: int) -> None:
        labels, names = self.array("labels"), self.array("names")
        self.lab.pick([] if place == 0 else np.flatnonzero(labels == names[self._shown[place - 1]]).tolist())

    def rows(self) -> Rows:
        if self.picture is None:
            return [], []
        features = [str(name) for name in self.picture.labels["features"]]
        numbers, sizes, means = (self.array(name).tolist() for name in ("names", "sizes", "means"))
        whole = ["all", sum(sizes), *self.array("mean").tolist()]
        return ["cluster", "size", *features], [
            whole,
            *([n, size, *row] for n, size, row in zip(numbers, sizes, means, strict=True)),
        ]


class Contingency(_Table):
    """A row for each true class, a column for each cluster."""

    declaration = CONTINGENCY
    empty = N_("Press Cluster to compare the clusters with the true classes.")
    main = "contingency"

    def draw(self) -> None:
        picture = self.pictures[self.main]
        few, totals = self._choose(self.array("counts").sum(0)), self.array("counts").sum(1).tolist()
        counts, names = self.array("counts")[:, self._shown], self.array("names")[self._shown].tolist()
        classes = [str(name) for name in picture.labels["classes"]]
        cells = []
        for row, name, whole in zip(counts.tolist(), classes, totals, strict=True):
            total = max(whole, 1)
            text = _("{count} of the {total} samples of {name} are in {cluster} ({share})")
            cells.append(
                [
                    Cell(
                        f"{count:,}",
                        text.format(
                            count=f"{count:,}", total=f"{whole:,}", name=name, cluster=cluster_words(number),
                            share=percent(count / total),
                        ),
                        count / total,
                    )
                    for number, count in zip(names, row, strict=True)
                ]
            )  # fmt: skip
        self.grid.show_cells(cells, [f"{cluster_mark(n)} {_head(n)}" for n in names], classes)
        scores = {name: value for name, value in picture.labels["scores"].items() if name != "silhouette"}
        self.caption.setText(" · ".join(score_words(scores)))
        said = _("Samples of every class in every cluster; shaded by their share of the class.")
        self.note.setText(" ".join(filter(None, [few, said])))
        self.summarise(f"{found_words(picture.labels)}. {self.caption.text()}")

    def _pick(self, row: int, place: int) -> None:
        chosen = (self.array("true") == row) & (self.array("labels") == self.array("names")[self._shown[place]])
        self.lab.pick(np.flatnonzero(chosen).tolist())

    def rows(self) -> Rows:
        if self.picture is None:
            return [], []
        classes = [str(name) for name in self.picture.labels["classes"]]
        header = ["class", *("noise" if n == NOISE else f"cluster_{n}" for n in self.array("names").tolist())]
        return header, ((name, *row) for name, row in zip(classes, self.array("counts").tolist(), strict=True))


def _head(number: int) -> str:
    """A cluster above its column."""
    return _("noise") if number == NOISE else str(number)


def _number(value: float, spread: float) -> str:
    """A mean; what is left over by rounding is nothing."""
    return show(0.0 if abs(value) < 1e-9 * spread else value)
