"""Columns of dates: written down as days since 1970 beside the numbers of the table. Uses polars."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl

from dllab.data.own.dates import file_of

Order = Literal["ymd", "dmy", "mdy"]
"""In which order year, month and day are written."""
_YEAR_FIRST = r"^(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?:[ T]|$)"
_YEAR_LAST = r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?:[ T]|$)"
_TIME = r"[ T](\d{1,2}):(\d{2})(?::(\d{2}(?:[.,]\d+)?))?"


class Days:
    """Takes the cells of one column as they come; the first ones tell in which order they are written."""

    def __init__(self, folder: Path, place: int, first: pl.Series) -> None:
        self._path = folder / file_of(place)
        self._order = _order(first)
        self._low, self._high = np.inf, -np.inf
        self._read = 0

    def add(self, text: pl.Series) -> None:
        """More rows; what is no date is written as NaN."""
        days = in_days(text, self._order)
        with self._path.open("ab") as file:
            file.write(days.tobytes())
        known = days[~np.isnan(days)]
        self._read += len(known)
        if len(known):
            self._low, self._high = min(self._low, float(known.min())), max(self._high, float(known.max()))

    def facts(self) -> dict[str, Any]:
        """How many dates there are, the first and the last day, and how they were read."""
        span = [float(np.floor(each)) for each in (self._low, self._high)] if self._read else None
        return {"read": self._read, "span": span, "order": self._order}


def in_days(text: pl.Series, order: Order) -> np.ndarray:
    """Days since 1970 with the time of day as a fraction, float64; NaN for what is no date. Time zones are left aside."""
    stripped = text.str.strip_chars()
    pattern = _YEAR_FIRST if order == "ymd" else _YEAR_LAST
    year, month, day = (stripped.str.extract(pattern, 1 + order.index(part)) for part in "ymd")
    day = day.fill_null("1") if order == "ymd" else day
    # Of two figures of a year 69 to 99 are those of the last century, as POSIX has it.
    short = year.cast(pl.Int32, strict=False)
    full = short + pl.Series([1900]) * ((short >= 69) & (short < 100)) + pl.Series([2000]) * (short < 69)
    written = full.cast(pl.String) + "-" + month + "-" + day
    days = written.str.to_date("%Y-%m-%d", strict=False).cast(pl.Int32).cast(pl.Float64)
    parts = [stripped.str.extract(_TIME, n).str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
             for n in (1, 2, 3)]  # fmt: skip
    hours, minutes, seconds = (part.fill_null(0.0) for part in parts)
    found = days + (hours * 3600 + minutes * 60 + seconds) / 86_400
    return found.fill_null(float("nan")).to_numpy().astype(np.float64)


def _order(text: pl.Series) -> Order:
    """Years first where they have four figures; days before months where there is a dot, or where only so all are dates."""
    some = text.drop_nulls().head(10_000).str.strip_chars()
    if bool(some.str.contains(r"^\d{4}").any()):
        return "ymd"
    if bool(some.str.contains(r"^\d{1,2}\.").any()):
        return "dmy"
    read = {order: int(np.isfinite(in_days(some, order)).sum()) for order in ("mdy", "dmy")}
    return "dmy" if read["dmy"] > read["mdy"] else "mdy"
