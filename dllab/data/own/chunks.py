"""A text table in pieces of some megabytes, every row checked for its number of cells. Loads polars when called."""

import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from dllab.data.base import DataProblem
from dllab.data.own.source import Reading
from dllab.text import _

if TYPE_CHECKING:
    import polars as pl

BLOCK = 4_000_000
"""Characters in a piece; memory grows with this, not with the file."""
_LONGEST_ROW = 4 * BLOCK
_MOST_COLUMNS = 20_000


class HashingFile(io.RawIOBase):
    """A file whose bytes are hashed as they pass."""

    def __init__(self, file: BinaryIO, digest: "hashlib._Hash") -> None:
        self._file, self._digest = file, digest
        self.passed = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._digest.update(data)
        self.passed += len(data)
        return len(data)


class TextTable:
    """Reads a table once, from beginning to end."""

    def __init__(self, path: Path, reading: Reading, name: str) -> None:
        self._path, self._reading, self._name = path, reading, name
        self._digest = hashlib.sha256(reading.model_dump_json().encode())
        self._lines = 0
        """Lines that have been given out."""
        self.names: list[str] = []
        """Of the columns, known once the first piece has come."""

    @property
    def content(self) -> str:
        """Name of what was read and how, once all of it has been."""
        return self._digest.hexdigest()

    def pieces(self, progress: Callable[[int], None]) -> Iterator["pl.DataFrame"]:
        """Rows as text, columns called `c0`, `c1`, …; `progress` is told the bytes read. Raises DataProblem, OSError."""
        with self._path.open("rb") as file:
            raw = HashingFile(file, self._digest)
            text = io.TextIOWrapper(io.BufferedReader(raw, 1 << 20), self._reading.encoding, newline=None)
            for piece in self._whole_rows(text):
                frame = self._frame(piece)
                self._lines += piece.count("\n")
                progress(raw.passed)
                if frame is not None and len(frame):
                    yield frame

    def _whole_rows(self, text: io.TextIOWrapper) -> Iterator[str]:
        """Pieces that end where a row ends: a line break inside quotation marks does not end one."""
        rest = ""
        while True:
            try:
                block = text.read(BLOCK)
            except UnicodeDecodeError as error:
                raise self._wrong_bytes(error, rest) from error
            if not block:
                break
            rest += block
            cut = _last_row_end(rest)
            if cut:
                yield rest[:cut]
                rest = rest[cut:]
            if len(rest) > _LONGEST_ROW:
                complaint = _("{name}, row {row}: a quotation mark is opened and never closed.")
                raise DataProblem(complaint.format(name=self._name, row=self._lines + 1))
        if rest:
            yield rest if rest.endswith("\n") else rest + "\n"

    def _wrong_bytes(self, error: UnicodeDecodeError, rest: str) -> DataProblem:
        line = self._lines + rest.count("\n") + error.object[: error.start].count(b"\n") + 1
        text = _("{name}, row {row}: the bytes are not text in {encoding}. Choose another encoding.")
        encoding = self._reading.encoding.removesuffix("-sig").upper()
        return DataProblem(text.format(name=self._name, row=line, encoding=encoding))

    def _frame(self, piece: str) -> "pl.DataFrame | None":
        import polars as pl

        if '"' in piece:
            rows = self._parsed(piece)
            if not rows:
                return None
            columns = list(zip(*rows, strict=True))
            return pl.DataFrame({f"c{n}": column for n, column in enumerate(columns)}, schema_overrides=None)
        data = piece.encode()
        data = self._checked(data)
        if not self.names:
            head, _break, data = data.partition(b"\n")
            row = head.decode().split(self._reading.delimiter)
            data = data if self._begin(row) else head + b"\n" + data
        if not data:
            return None
        names = [f"c{n}" for n in range(len(self.names))]
        return pl.read_csv(
            data,
            has_header=False,
            new_columns=names,
            separator=self._reading.delimiter,
            quote_char=None,
            infer_schema=False,
        )

    def _parsed(self, piece: str) -> list[list[str]]:
        """The rows of a piece with quotation marks."""
        rows: list[list[str]] = []
        reader = csv.reader(io.StringIO(piece), delimiter=self._reading.delimiter)
        try:
            for row in reader:
                if not row:
                    continue
                if not self.names:
                    if self._begin(row):
                        continue
                elif len(row) != len(self.names):
                    raise self._ragged(self._lines + reader.line_num, len(row))
                rows.append(row)
        except csv.Error as error:
            text = _("{name}, row {row}: {reason}.")
            text = text.format(name=self._name, row=self._lines + reader.line_num, reason=error)
            raise DataProblem(text) from error
        return rows

    def _begin(self, row: list[str]) -> bool:
        """Take the first row. Whether it holds names and no values."""
        if len(row) > _MOST_COLUMNS:
            text = _("{name} has {count:,} columns; at most {limit:,} can be read.")
            raise DataProblem(text.format(name=self._name, count=len(row), limit=_MOST_COLUMNS))
        given = [cell.strip()[:200] for cell in row] if self._reading.header else [""] * len(row)
        self.names = unlike([name or _("column {number}").format(number=n + 1) for n, name in enumerate(given)])
        return self._reading.header

    def _checked(self, data: bytes) -> bytes:
        """The same without empty lines; every other line has as many cells as there are columns."""
        array = np.frombuffer(data, np.uint8)
        ends = np.flatnonzero(array == 10)
        starts = np.concatenate(([0], ends[:-1] + 1))
        marks = np.concatenate(([0], np.cumsum(array == ord(self._reading.delimiter), dtype=np.int64)))
        cells = marks[ends] - marks[starts] + 1
        empty = ends == starts
        width = len(self.names) or (int(cells[~empty][0]) if not empty.all() else 1)
        wrong = np.flatnonzero((cells != width) & ~empty)
        if len(wrong):
            if not self.names:
                self._begin([""] * width)
            raise self._ragged(self._lines + int(wrong[0]) + 1, int(cells[wrong[0]]))
        if not empty.any():
            return data
        return b"".join(line + b"\n" for line in data.split(b"\n") if line)

    def _ragged(self, row: int, found: int) -> DataProblem:
        text = _("{name}, row {row}: {found} cells instead of {wanted}. Mend the row or choose another delimiter.")
        return DataProblem(text.format(name=self._name, row=row, found=found, wanted=len(self.names)))


def _last_row_end(text: str) -> int:
    """Where the last whole row ends; 0 if none does."""
    end = text.rfind("\n") + 1
    if '"' not in text:
        return end
    quotes = text.count('"', 0, end)
    while end and quotes % 2:
        before = text.rfind("\n", 0, end - 1) + 1
        quotes -= text.count('"', before, end)
        end = before
    return end


def unlike(names: list[str]) -> list[str]:
    """The names with a number behind those that were there before."""
    taken: set[str] = set()
    result = []
    for name in names:
        fresh, number = name, 2
        while fresh in taken:
            fresh, number = f"{name} ({number})", number + 1
        taken.add(fresh)
        result.append(fresh)
    return result
