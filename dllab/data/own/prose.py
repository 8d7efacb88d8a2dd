"""Columns of sentences: written down row by row beside the numbers of the table, their words counted."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dllab.data.base import DataProblem
from dllab.data.own import store
from dllab.data.own.source import MOST_WORDS, Source
from dllab.data.own.texts import words_in
from dllab.text import _

_LOOKED_AT = 200
_WORDY = 3.0
"""Words with letters in a cell, on average, from which on a column holds sentences and not names."""
_REMEMBERED = 500_000
"""Different words that are counted at a time."""
_LONGEST = 10_000
"""Characters of a cell that are kept."""


def is_prose(cells: Sequence[str | None]) -> bool:
    """Whether these are sentences: dates, names and codes have no three words."""
    some = [cell for cell in cells if cell][:_LOOKED_AT]
    words = sum(any(letter.isalpha() for letter in word) for cell in some for word in words_in(cell[:_LONGEST]))
    return bool(some) and words >= _WORDY * len(some)


class Prose:
    """Takes the cells of one column as they come."""

    def __init__(self, folder: Path, place: int) -> None:
        self._path = folder / _file(place)
        self._counts: Counter[str] = Counter()
        self._lengths: Counter[int] = Counter()

    def add(self, cells: Sequence[str | None]) -> None:
        """More rows; nothing in a cell is an empty line."""
        lines = [" ".join((cell or "")[:_LONGEST].split()) for cell in cells]
        with self._path.open("ab") as file:
            file.write("".join(line + "\n" for line in lines).encode())
        for line in lines:
            words = words_in(line.lower())
            self._counts.update(words)
            self._lengths[len(words)] += 1
        if len(self._counts) > _REMEMBERED:
            # What has come once in so many words will hardly be among the common ones; memory must not grow with it.
            self._counts = Counter({word: count for word, count in self._counts.items() if count > 1})

    def facts(self) -> dict[str, Any]:
        """How many words there are, which are common, and how many texts have how many."""
        return {
            "count": self._counts.total(),
            "different": len(self._counts),
            "common": [[word, count] for word, count in self._counts.most_common(MOST_WORDS)],
            "lengths": sorted(self._lengths.items()),
        }


def written(source: Source, place: int) -> np.ndarray:
    """Which rows of a column of sentences hold something, bool (rows,). Raises DataProblem."""
    try:
        data = np.memmap(store.place(source.content) / _file(place), np.uint8, "r")
    except (OSError, ValueError) as error:
        raise _damaged(source) from error
    ends = np.flatnonzero(data == 10)
    return np.asarray(np.diff(ends, prepend=-1) > 1)


def lines(source: Source, place: int) -> Iterator[str]:
    """The cells of a column of sentences in small letters, one after the other. Raises DataProblem."""
    try:
        with (store.place(source.content) / _file(place)).open("rb") as file:
            for line in file:
                yield line.decode().lower()
    except (OSError, ValueError) as error:
        raise _damaged(source) from error


def _file(place: int) -> str:
    return f"words-{place}.utf8"


def _damaged(source: Source) -> DataProblem:
    text = _("The lab's copy of {name} is damaged: import the file again.")
    return DataProblem(text.format(name=source.name))
