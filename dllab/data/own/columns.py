"""What the columns of a table hold, found out piece by piece while they are written down as numbers. Uses polars."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import polars as pl

from dllab.data.own.days import Days
from dllab.data.own.prose import Prose, is_prose
from dllab.data.own.sniffing import MISSING
from dllab.data.own.source import LARGEST_VOCABULARY, ColumnType

_EXAMPLES = 6
_DATE = (
    r"^(\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?|\d{1,2}[./-]\d{1,2}[./-](\d{4}|\d{2}))"
    r"([ T]+\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?(Z|UTC|[+-]\d{2}:?\d{2}))?)?$"
)
_NUMBERED = 1e9
"""Whole numbers below this may number the rows; squares of larger ones would not fit."""
_MOSTLY = 0.9
"""A column of which more cells than this are numbers is one of numbers with slips, not one of words."""


@dataclass
class ColumnFacts:
    """What has been seen of one column."""

    name: str
    rows: int = 0
    missing: int = 0
    """Cells that hold nothing."""
    numbers: int = 0
    whole: int = 0
    """Of the numbers, how many are whole."""
    odd_row: int = 0
    """The first row (1: the first of values) with something that is neither nothing nor a number."""
    odd_text: str = ""
    low: float = np.inf
    high: float = -np.inf
    values: dict[str, int] | None = field(default_factory=dict)
    """Number of every different value, None when there are too many."""
    counts: list[int] = field(default_factory=list)
    """How often each of the values comes."""
    prose: Prose | None = None
    """The texts, if the column holds sentences."""
    dates: int = 0
    """Cells that hold a date."""
    days: Days | None = None
    """The dates, if the column holds such."""
    total: int = 0
    squares: int = 0
    """Of whole numbers, their sum and that of their squares: both are known where the rows are only numbered."""

    @property
    def odd(self) -> int:
        """Cells that hold something else than a number."""
        return self.rows - self.missing - self.numbers

    @property
    def guess(self) -> ColumnType:
        """What the column most likely is."""
        here = self.rows - self.missing
        if here == 0 or (self.values is not None and len(self.values) < 2):
            return "ignore"  # a constant tells nothing
        if self.dates > _MOSTLY * here:
            return "ignore"
        if self.numbers > _MOSTLY * here:
            return "number"
        if self.values is None or len(self.values) > (20 if self.prose else max(20, here // 2)):
            return "text"
        return "category"

    @property
    def counting(self) -> bool:
        """Whether the column holds 1 to n or 0 to n - 1, in any order."""
        n = self.rows
        if not n or self.whole != n or self.low not in (0.0, 1.0) or self.high - self.low != n - 1:
            return False
        low, high = int(self.low), int(self.high)
        sums = (low + high) * n // 2, high * (high + 1) * (2 * high + 1) // 6
        return (self.total, self.squares) == sums

    def as_json(self) -> dict[str, Any]:
        """For the file beside the numbers, and for the window."""
        facts = {name: getattr(self, name) for name in _PLAIN}
        facts["low"], facts["high"] = (self.low, self.high) if self.numbers else (None, None)
        facts["values"] = list(self.values) if self.values is not None else None
        if self.days is not None:
            facts["days"] = self.days.facts()
        if self.prose is not None:
            facts["words"] = self.prose.facts()
        return {**facts, "odd": self.odd, "guess": self.guess, "counting": self.counting}


_PLAIN = ("name", "rows", "missing", "numbers", "whole", "odd_row", "odd_text", "counts", "dates")


class Columns:
    """Takes pieces of text cells, writes numbers and codes to two files, and the words of sentences into a folder."""

    def __init__(self, numbers: BinaryIO, codes: BinaryIO, folder: Path) -> None:
        self.facts: list[ColumnFacts] = []
        self.rows = 0
        self.first: list[list[str]] = []
        """The first rows as they stand in the file."""
        self._numbers, self._codes, self._folder = numbers, codes, folder

    def begin(self, names: list[str]) -> None:
        """Say what the columns are called."""
        self.facts = [ColumnFacts(name) for name in names]

    def add(self, piece: pl.DataFrame, decimal: str = ".") -> None:
        """More rows."""
        if len(self.first) < _EXAMPLES:
            rows = piece.head(_EXAMPLES - len(self.first)).rows()
            self.first += [["" if cell is None else str(cell)[:80] for cell in row] for row in rows]
        numbers = np.empty(piece.shape, np.float32)
        codes = np.empty(piece.shape, np.int16)
        for place, (facts, series) in enumerate(zip(self.facts, piece.iter_columns(), strict=True)):
            numbers[:, place], codes[:, place] = _look(facts, series, decimal)
            self._read_words(place, facts, series)
            self._read_dates(place, facts, series)
        self.rows += len(piece)
        self._numbers.write(numbers.tobytes())
        self._codes.write(codes.tobytes())

    def _read_words(self, place: int, facts: ColumnFacts, series: pl.Series) -> None:
        """Keep the sentences of a column; whether it holds such is decided by the first rows."""
        if series.dtype != pl.String:
            return
        if not self.rows and facts.odd > facts.numbers and is_prose(series.head(1000).to_list()):
            facts.prose = Prose(self._folder, place)
        if facts.prose is not None:
            facts.prose.add(series.to_list())

    def _read_dates(self, place: int, facts: ColumnFacts, series: pl.Series) -> None:
        """Keep the dates of a column; whether it holds such is decided by the first rows."""
        if series.dtype != pl.String:
            return
        if not self.rows and facts.dates > _MOSTLY * (facts.rows - facts.missing):
            facts.days = Days(self._folder, place, series)
        if facts.days is not None:
            facts.days.add(series)


def _look(facts: ColumnFacts, series: pl.Series, decimal: str) -> tuple[np.ndarray, np.ndarray]:
    """The cells as numbers and as codes; what they are is added to the facts."""
    wordy = series.dtype == pl.String
    text = series.str.strip_chars() if wordy else series.cast(pl.String, strict=False)
    written = text.str.replace(",", ".", literal=True) if decimal == "," else text
    number = (written if wordy else series).cast(pl.Float64, strict=False)
    boundless = (number.is_nan() | number.is_infinite()).fill_null(False)
    if boundless.any():
        text, number = text.set(boundless, None), number.set(boundless, None)
    if wordy and number.null_count() > text.null_count():
        text = text.set(text.str.to_lowercase().is_in(list(MISSING)), None)
    _count(facts, text, number)
    codes = _codes(facts, text)
    facts.rows += len(series)
    return number.fill_null(float("nan")).to_numpy().astype(np.float32), codes


def _count(facts: ColumnFacts, text: pl.Series, number: pl.Series) -> None:
    odd = text.is_not_null() & number.is_null()
    if odd.any():
        facts.dates += int(text.filter(odd).str.contains(_DATE).sum())
    if not facts.odd_row and odd.any():
        at = int(odd.arg_true()[0])
        facts.odd_row, facts.odd_text = facts.rows + at + 1, str(text[at])[:60]
    known = number.drop_nulls()
    facts.missing += text.null_count()
    facts.numbers += len(known)
    if len(known):
        facts.whole += int((known == known.round()).sum())
        if facts.whole == facts.rows + len(number) and float(known.abs().max()) < _NUMBERED:  # type: ignore[arg-type]
            counted = known.to_numpy().astype(np.int64)
            facts.total += int(counted.sum())
            facts.squares += int((counted * counted).sum())
        facts.low = min(facts.low, float(known.min()))  # type: ignore[arg-type]
        facts.high = max(facts.high, float(known.max()))  # type: ignore[arg-type]


def _codes(facts: ColumnFacts, text: pl.Series) -> np.ndarray:
    """A number for every value in the order of appearance; -1 for nothing, and for all once there are too many."""
    nothing = np.full(len(text), -1, np.int16)
    if facts.values is None:
        return nothing
    for value in text.unique(maintain_order=True).drop_nulls():
        facts.values.setdefault(value[:200], len(facts.values))
        if len(facts.values) > LARGEST_VOCABULARY:
            facts.values, facts.counts = None, []
            return nothing
    if not facts.values:
        return nothing
    codes = text.str.slice(0, 200).replace_strict(facts.values, default=None, return_dtype=pl.Int16)
    found = codes.fill_null(-1).to_numpy()
    counts = np.bincount(found[found >= 0], minlength=len(facts.values))
    counts[: len(facts.counts)] += np.array(facts.counts, np.int64)
    facts.counts = counts.tolist()
    return found
