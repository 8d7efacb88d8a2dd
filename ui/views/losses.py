"""The samples on which the network is most wrong, or most right, in a table; a click follows one through the network."""

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QWidget

from dllab.engine.protocol import Picture, unpack
from dllab.text import N_, _, ngettext
from ui.views import LOSSES
from ui.views.base import Rows, View, Want, column
from ui.views.controls import Caption, Tabs
from ui.views.gallery import thumbnail
from ui.views.numbers import percent, show
from ui.views.sequence import words_of
from ui.views.table import Table

if TYPE_CHECKING:
    from ui.lab import Lab

_TABS = {"largest": N_("Largest loss"), "smallest": N_("Smallest loss")}
_SIDE = 28
_FEATURES = 4


class Losses(View):
    """Picked samples have a tab of their own."""

    declaration = LOSSES
    empty = N_("Press Train to see which samples are hardest.")
    main = "losses"

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self.tabs = Tabs(_("Which samples"), self.body)
        self.tabs.chosen.connect(self.ask)
        self.table = Table(_("Samples by loss"), self.body)
        self.table.chosen.connect(self._chosen)
        self.caption = Caption(self.body, quiet=False)
        self._pixmaps: tuple[tuple[Any, ...], dict[int, QPixmap]] = ((), {})
        layout = column(self.body, 4)
        layout.addWidget(self.tabs)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.caption)
        self._offer()
        lab.picked_changed.connect(self._picked)
        lab.sample_changed.connect(self.mark)
        lab.runs.added.connect(self.ask)

    def _offer(self) -> None:
        tabs = [(key, _(word)) for key, word in _TABS.items()]
        count = len(self.lab.picked)
        picked = ngettext("{n} picked", "{n} picked", count).format(n=f"{count:,}")
        self.tabs.set_tabs(tabs + ([("picked", picked)] if count else []))

    def _picked(self, _rows: object) -> None:
        self._offer()
        self.ask()

    def wants(self) -> dict[str, Want]:
        if self.tabs.current == "picked":
            return {"losses": Want("losses", {"order": "largest", "indices": list(self.lab.picked)})}
        return {"losses": Want("losses", {"order": self.tabs.current})}

    def _chosen(self, row: int) -> None:
        found = self.pictures.get("losses")
        if found is not None and not found.message:
            positions = unpack(found.arrays["sample"])
            if row < len(positions):
                self.lab.look_at_sample(int(positions[row]))

    # --- drawing ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        found = self.pictures["losses"]
        labels: dict[str, Any] = found.labels
        x, positions = unpack(found.arrays["x"]), unpack(found.arrays["sample"]).tolist()
        sure = any(c is not None for c in labels["confidence"])
        what = self._words(x, labels)
        header = [(_("Sample"), False), (_("True"), False), (_("Says"), False)]
        header[1:1] = [(_("What it is"), False)] if what else []
        header += [(_("Confidence"), True)] if sure else []
        losses = unpack(found.arrays["loss"])
        rows: list[tuple[str, ...]] = []
        wrong: list[int] = []
        for place, position in enumerate(positions):
            true, says = str(labels["true"][place]), str(labels["says"][place])
            wrong += [place] if sure and true != says else []
            row = [str(position), *what[place : place + 1], true, f"✕ {says}" if sure and true != says else says]
            row += [percent(float(labels["confidence"][place]))] if sure else []
            rows.append((*row, show(float(losses[position]))))
        pictures = self._pictures(x, positions) if x.ndim > 2 else None
        self.table.set_rows([*header, (_("Loss"), True)], rows, pictures, _SIDE if pictures else 0, wrong)
        if self.lab.sample in positions:
            self.table.mark_row(positions.index(self.lab.sample))
        text = _("{share} of the loss is that of the {n} hardest of {count} samples · mean {mean}")
        share, hardest = concentration(losses)
        said = text.format(share=percent(share), n=hardest, count=f"{len(losses):,}", mean=show(float(labels["mean"])))
        self.caption.setText(said)
        self.summarise(said)

    def _words(self, x: np.ndarray, labels: dict[str, Any]) -> list[str]:
        """The samples in words where they are text or rows of a table; pictures speak for themselves."""
        if labels["tokens"]:
            return [words_of(one, [str(t) for t in labels["tokens"]]) for one in x]
        if x.ndim != 2:
            return []
        names = [str(name) for name in labels["features"]]
        names = names if len(names) == x.shape[1] else [str(i) for i in range(x.shape[1])]
        more = " …" if x.shape[1] > _FEATURES else ""
        return [
            ", ".join(f"{n} {show(float(v))}" for n, v in zip(names[:_FEATURES], one, strict=False)) + more for one in x
        ]

    def _pictures(self, x: np.ndarray, positions: list[int]) -> Any:
        """Small pictures by row, each made when it is first looked at and kept while the table stays."""
        if self._pixmaps[0] != tuple(positions):
            self._pixmaps = tuple(positions), {}
        made = self._pixmaps[1]
        low, high = min(float(x.min(initial=0.0)), 0.0), float(x.max(initial=1e-12))

        def of(row: int) -> QPixmap:
            if row not in made:
                made[row] = thumbnail(x[row], low, high, _SIDE)
            return made[row]

        return of

    def restyle(self) -> None:
        self._pixmaps = ((), {})

    def rows(self) -> Rows:
        found: Picture | None = self.pictures.get("losses")
        if found is None or found.message:
            return [], []
        losses, labels = unpack(found.arrays["loss"]), found.labels
        rows = (
            (position, labels["true"][i], labels["says"][i], labels["confidence"][i], float(losses[position]))
            for i, position in enumerate(unpack(found.arrays["sample"]).tolist())
        )
        return ["sample", "true", "says", "confidence", "loss"], rows


def concentration(losses: np.ndarray) -> tuple[float, int]:
    """Which share of all loss the hardest tenth of the samples brings, and how many those are."""
    known = np.sort(losses[np.isfinite(losses)])[::-1]
    hardest = max(len(known) // 10, 1)
    whole = float(known.sum())
    return (float(known[:hardest].sum()) / whole if whole > 0 else 0.0), hardest
