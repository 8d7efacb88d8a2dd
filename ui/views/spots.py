"""Very many spots in a plot: each look is worked out once, and of spots that lie on each other one is drawn."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QBrush, QPen

_MARKS = 8_000_000
"""A map of all places of all groups may hold so many; where there are more, the spots are sorted instead."""
_ROUNDS = 4
_KEPT = 1000
"""Looks that have been drawn are kept up to so many."""


class Look(NamedTuple):
    """What a spot looks like."""

    symbol: str
    size: int
    pen: QPen
    brush: QBrush


class Spots(pg.ScatterPlotItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Spots of a few looks in one item: pyqtgraph asks every spot for its own, which takes ten times as long."""

    looks: tuple[Look, ...] = ()
    which = np.zeros(0, np.int64)
    """(n,): the place of every spot's look among the looks."""

    def __init__(self) -> None:
        super().__init__(pxMode=True, useCache=True)

    def show_spots(self, x: np.ndarray, looks: Sequence[Look], which: np.ndarray | None = None) -> None:
        """Spots at (n, 2); without `which` all have the first look."""
        self.looks = tuple(looks)
        self.which = np.zeros(len(x), np.int64) if which is None else which
        self.setData(x=x[:, 0], y=x[:, 1])

    def updateSpots(self, dataSet: Any = None) -> None:  # noqa: N803  # the name is pyqtgraph's
        if len(self.which) == len(self.data) > 0:
            if len(self.fragmentAtlas) > _KEPT:
                self.fragmentAtlas.clear()
            places = np.array(self.fragmentAtlas[self.looks], dtype=self.data["sourceRect"].dtype)
            self.data["sourceRect"] = places[self.which]
        self._updateMaxSpotSizes(data=self.data)
        self.invalidate()


def apart(x: np.ndarray, groups: np.ndarray, area: np.ndarray, cells: tuple[int, int], most: int) -> np.ndarray:
    """Rows of the spots (n, 2) in an area (2, 2) from lower left to upper right, in order: all of them up to so many.

    Of more one of each group (n,), numbered from 0, in each cell, and larger cells where these are still too many: what
    lies alone is always among them.
    """
    (left, bottom), (right, top) = area.tolist()
    across, up = np.ascontiguousarray(x.T)
    rows = np.flatnonzero((across >= left) & (across <= right) & (up >= bottom) & (up <= top))
    if len(rows) <= most:
        return rows
    column = (across[rows] - left) / max(right - left, 1e-300)
    row = (up[rows] - bottom) / max(top - bottom, 1e-300)
    share = 1.0
    for _round in range(_ROUNDS):
        wide, high = (max(round(count * share), 1) for count in cells)
        place = (groups[rows] * (wide + 1) + (column * wide).astype(np.int32)) * (high + 1)
        kept = _firsts(place + (row * high).astype(np.int32))
        rows, column, row = np.asarray(rows[kept]), column[kept], row[kept]
        if len(rows) <= most:
            return rows
        share *= 0.9 * float(np.sqrt(most / len(rows)))
    return np.asarray(np.sort(np.random.default_rng(0).choice(rows, most, replace=False)))


def _firsts(places: np.ndarray) -> np.ndarray:
    """Where each number stands for the first time, in order."""
    size = int(places.max()) + 1
    if size > _MARKS:
        return np.sort(np.unique(places, return_index=True)[1])
    first = np.full(size, -1, np.int32)
    # Written backwards, so that the first one stays.
    first[places[::-1]] = np.arange(len(places), dtype=np.int32)[::-1]
    return np.sort(first[first >= 0])
