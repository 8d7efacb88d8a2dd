"""Columns of a kept table as arrays, mapped from the disk."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dllab.data.base import DataProblem
from dllab.data.own import dates, store
from dllab.data.own.source import Column, Source
from dllab.text import _

_ROWS = 200_000
"""Taken at a time, so that memory holds what is wanted and not the whole file."""


class Stored:
    """The columns of one kept table. Raises DataProblem when they are not there."""

    def __init__(self, source: Source) -> None:
        self._source = source
        facts = store.facts(source)
        try:
            self.rows = int(facts["rows"])
            self._facts: dict[str, dict[str, Any]] = {column["name"]: column for column in facts["columns"]}
            self._places = {name: place for place, name in enumerate(self._facts)}
            shape = (self.rows, len(self._places))
            folder = store.place(source.content)
            self._numbers = np.memmap(folder / store.NUMBERS, np.float32, "r", shape=shape)
            self._codes = np.memmap(folder / store.CODES, np.int16, "r", shape=shape)
        except (KeyError, TypeError, ValueError, OSError) as error:
            text = _("The lab's copy of {name} is damaged: import the file again.")
            raise DataProblem(text.format(name=source.name)) from error

    def known(self, column: Column) -> np.ndarray:
        """Which rows hold a value, bool (rows,)."""
        place = self._place(column)
        if column.type == "category":
            table = self._renumbering(column)
            return np.asarray(table[self._codes[:, place]] >= 0)
        if column.type == "date":
            return np.asarray(~np.isnan(_days(self._source, place, self.rows)))
        return np.asarray(~np.isnan(self._numbers[:, place]))

    def all_rows(self) -> np.ndarray:
        """Every row is known where nothing is asked, bool (rows,)."""
        return np.ones(self.rows, np.bool_)

    def nothing(self, wanted: np.ndarray) -> np.ndarray:
        """float32 (wanted rows, 0): what there is to predict where there is no target."""
        return np.empty((int(wanted.sum()), 0), np.float32)

    def inputs(self, columns: Sequence[Column], wanted: np.ndarray, width: int) -> np.ndarray:
        """float32 (wanted rows, width): numbers as they are, a category as one 0 or 1 for each value, NaN for nothing."""
        rows = np.flatnonzero(wanted)
        result = np.zeros((len(rows), width), np.float32)
        for start in range(0, len(rows), _ROWS):
            some = rows[start : start + _ROWS]
            block = result[start : start + len(some)]
            at = 0
            for column in columns:
                at = self._write(block, at, column, some)
        return result

    def target(self, column: Column, wanted: np.ndarray) -> np.ndarray:
        """int64 (rows,) for a category, float32 (rows, 1) for a number."""
        place = self._place(column)
        if column.type == "category":
            return np.asarray(self._renumbering(column)[self._codes[wanted, place]], np.int64)
        return np.asarray(self._numbers[wanted, place], np.float32)[:, None]

    def _write(self, block: np.ndarray, at: int, column: Column, rows: np.ndarray) -> int:
        place = self._place(column)
        if column.type == "number":
            block[:, at] = self._numbers[rows, place]
            return at + 1
        if column.type == "date":
            written = _days(self._source, place, self.rows)[rows]
            block[:, at : at + dates.WIDTH] = _dated(written, self._facts[column.name]["days"]["span"][0])
            return at + dates.WIDTH
        codes = self._renumbering(column)[self._codes[rows, place]]
        known = codes >= 0
        block[np.flatnonzero(known), at + codes[known]] = 1.0
        block[~known, at : at + len(column.values)] = np.nan
        return at + len(column.values)

    def _place(self, column: Column) -> int:
        if column.name not in self._places:
            text = _("{name} has no column {column}: import the file again.")
            raise DataProblem(text.format(name=self._source.name, column=column.name))
        return self._places[column.name]

    def _renumbering(self, column: Column) -> np.ndarray:
        """From the order of appearance to the order in the document; the last entry is for -1, nothing."""
        seen = self._facts[column.name]["values"] or []
        order = {value: number for number, value in enumerate(column.values)}
        return np.array([*(order.get(value, -1) for value in seen), -1], np.int64)


def carried(values: np.ndarray) -> np.ndarray:
    """The rows with the last value before it in place of each that is missing; the first row lacks none."""
    missing = np.isnan(values)
    if not missing.any():
        return values
    rows = np.where(missing, 0, np.arange(len(values))[:, None])
    return np.take_along_axis(values, np.maximum.accumulate(rows, axis=0), axis=0)


def _days(source: Source, place: int, rows: int) -> np.ndarray:
    """The days of a column, mapped from the disk. Raises DataProblem."""
    try:
        return np.memmap(store.place(source.content) / dates.file_of(place), np.float64, "r", shape=(rows,))
    except (OSError, ValueError) as error:
        text = _("The lab's copy of {name} is damaged: import the file again.")
        raise DataProblem(text.format(name=source.name)) from error


def _dated(days: np.ndarray, first: float) -> np.ndarray:
    """(dates, dates.WIDTH) float32: days since the first one, then 0 or 1 for each month and weekday; NaN for no date."""
    result = np.zeros((len(days), dates.WIDTH), np.float32)
    known = ~np.isnan(days)
    result[:, 0] = days - first
    whole = np.floor(days[known]).astype("datetime64[D]")
    months = (whole.astype("datetime64[M]").astype(np.int64)) % dates.MONTHS
    weekdays = (whole.astype(np.int64) + 3) % dates.WEEKDAYS  # the first of January 1970 was a Thursday
    rows = np.flatnonzero(known)
    result[rows, 1 + months] = 1.0
    result[rows, 1 + dates.MONTHS + weekdays] = 1.0
    result[~known] = np.nan
    return result
