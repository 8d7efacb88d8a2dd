"""Which classes are taken for which, and the samples behind each number."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QWidget

from dllab.engine.protocol import Picture, unpack
from dllab.text import N_, _, ngettext
from ui.views import CONFUSION
from ui.views.base import Rows, View, Want, column
from ui.views.controls import Caption, IconButton, TextButton
from ui.views.gallery import Gallery
from ui.views.matrix import Framed, Matrix
from ui.views.numbers import percent

if TYPE_CHECKING:
    from ui.lab import Lab

_WIDE = 520
_MOST = 200
_EVERY_S = 0.3
"""The whole validation part is asked for it: more often would be felt in training and hardly be seen."""


class Confusion(View):
    """The matrix; a chosen cell opens its samples, beside it or in its place."""

    declaration = CONFUSION
    empty = N_("Press Train to see which classes are mixed up.")
    main = "confusion"

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self._cell: tuple[int, int] | None = None
        self._indices: list[int] = []
        self.matrix = Matrix(self.body)
        self.matrix.opened.connect(self.open_cell)
        self.heading = Caption(self.body, quiet=False)
        self._samples = QWidget(self.body)
        self.back_button = IconButton("mdi6.arrow-left", _("Back to the matrix"), self._samples)
        self.back_button.clicked.connect(self.close_cell)
        self.pick_button = TextButton(_("Mark in all views"), self._samples)
        self.pick_button.clicked.connect(self._pick)
        self.cell_caption = Caption(self._samples, quiet=False)
        self.gallery = Gallery(_("Samples behind the chosen cell"), self._samples)
        self.gallery.chosen.connect(self._look_at)
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self.back_button)
        top.addWidget(self.cell_caption, 1)
        top.addWidget(self.pick_button)
        side = column(self._samples, 2)
        side.addLayout(top)
        side.addWidget(self.gallery, 1)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setSpacing(12)
        self._framed = Framed(self.matrix, self.body)
        self._row.addWidget(self._framed, 3)
        self._row.addWidget(self._samples, 2)
        layout = column(self.body, 4)
        layout.addWidget(self.heading)
        layout.addLayout(self._row, 1)
        self._samples.hide()
        back = QShortcut(QKeySequence.StandardKey.Cancel, self._samples)
        back.activated.connect(self.close_cell)
        lab.picked_changed.connect(self.mark)

    def wants(self) -> dict[str, Want]:
        wanted = {"confusion": Want("confusion", {"every": _EVERY_S})}
        if self._cell is not None:
            wanted["samples"] = Want("samples", {"indices": self._indices})
        return wanted

    # --- the cell ---------------------------------------------------------------------------------------------------

    @property
    def cell(self) -> tuple[int, int] | None:
        """(true, says) of the open cell."""
        return self._cell

    def open_cell(self, true: int, says: int) -> None:
        """Show the samples of a class that were taken for a class."""
        self._cell = (true, says)
        self.matrix.setCurrentIndex(self.matrix.model_.index(true, says))
        self._find_indices()
        self.pictures.pop("samples", None)
        self.ask()
        self._arrange()
        self.mark()
        if not self.matrix.isVisible():
            self.gallery.shown.setFocus()

    def close_cell(self) -> None:
        """Back to the matrix alone."""
        self._cell = None
        self.ask()
        self._arrange()
        self.matrix.setFocus()

    def _find_indices(self) -> None:
        picture = self.pictures.get("confusion")
        if picture is None or picture.message or self._cell is None:
            self._indices = []
            return
        true, says = unpack(picture.arrays["true"]), unpack(picture.arrays["says"])
        self._indices = np.flatnonzero((true == self._cell[0]) & (says == self._cell[1]))[:_MOST].tolist()

    def _look_at(self, place: int) -> None:
        if place < len(self._indices):
            self.lab.look_at_sample(self._indices[place])

    def _pick(self) -> None:
        self.lab.pick(self._indices)

    def arrived(self, key: str) -> None:
        if key == "confusion" and self._cell is not None:
            # Training moved samples between cells: the open one follows.
            before = self._indices
            self._find_indices()
            if before != self._indices:
                self.ask()

    def forget(self) -> None:
        self._cell = None
        super().forget()
        self._arrange()

    # --- drawing ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        picture = self.pictures["confusion"]
        counts = unpack(picture.arrays["counts"])
        self.matrix.set_counts(counts, [str(name) for name in picture.labels["classes"]])
        total, right = int(counts.sum()), int(np.trace(counts))
        text = ngettext(
            "{share} right · {mistakes} mistake in {total} samples",
            "{share} right · {mistakes} mistakes in {total} samples",
            total - right,
        )
        share = percent(right / total) if total else "–"
        self.heading.setText(text.format(share=share, mistakes=f"{total - right:,}", total=f"{total:,}"))
        self.summarise(self.heading.text())
        self._mark_picked(picture, len(counts))
        if self._cell is not None:
            self._draw_samples()

    def _mark_picked(self, picture: Picture, classes: int) -> None:
        true, says = unpack(picture.arrays["true"]), unpack(picture.arrays["says"])
        picked = [row for row in self.lab.picked if row < len(true)]
        counts = np.zeros((classes, classes), np.int64)
        np.add.at(counts, (true[picked], says[picked]), 1)
        self.matrix.model_.set_picked(counts)
        self.gallery.set_picked(place for place, row in enumerate(self._indices) if row in set(picked))

    def _draw_samples(self) -> None:
        assert self._cell is not None
        self.cell_caption.setText(self.matrix.model_.words(*self._cell))
        picture = self.pictures.get("samples")
        if picture is None or picture.message:
            return
        words = [
            true if true == says else f"{true} → {says}"
            for true, says in zip(picture.labels["true"], picture.labels["says"], strict=True)
        ]
        x = unpack(picture.arrays["x"])
        tokens = [str(t) for t in picture.labels.get("tokens", ())]
        self.gallery.set_samples(x, words, [str(f) for f in picture.labels["features"]], _("true → says"), tokens)

    def _arrange(self) -> None:
        wide = self.width() >= _WIDE
        opened = self._cell is not None
        self._samples.setVisible(opened)
        self._framed.setVisible(wide or not opened)
        self.heading.setVisible(wide or not opened)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def rows(self) -> Rows:
        picture = self.pictures.get("confusion")
        if picture is None or picture.message:
            return [], []
        classes = [str(name) for name in picture.labels["classes"]]
        counts = unpack(picture.arrays["counts"])
        return ["true", *classes], ((name, *row) for name, row in zip(classes, counts.tolist(), strict=True))
