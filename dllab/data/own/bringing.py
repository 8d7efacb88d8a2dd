"""Bring a table into the lab's data folder: read once, checked row by row, in memory that does not grow with it."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dllab.data.base import DataProblem
from dllab.data.own import store
from dllab.data.own.chunks import TextTable, unlike
from dllab.data.own.names import PARQUET, TABLES, TARBALLS, TEXTS, is_idx, refusal
from dllab.data.own.sniffing import HEAD, looks_tabular, sniff, sniff_encoding
from dllab.data.own.source import Reading, Source
from dllab.files import in_words, write_atomic
from dllab.text import _

if TYPE_CHECKING:
    import polars as pl

    from dllab.data.own.columns import Columns

Progress = Callable[[int, int], None]
"""(bytes done, bytes in all)"""
_ROWS = 100_000
_NUMBERINGS = ("id", "index", "idx", "no", "no.", "nr", "nr.", "#", "row", "rowid", "row_id", "unnamed: 0", "column 1")
_LONG = 20
"""Rows from which on a first column of 1, 2, 3, … is no accident."""


def bring(path: Path, given: dict[str, Any] | None = None, progress: Progress | None = None) -> dict[str, Any]:
    """Read a file and keep what is in it; `given` fixes fields of the Reading that are guessed otherwise.

    What was found, with its "content" and whether it is "new" here. Raises DataProblem.
    """
    tell = progress or (lambda _done, _all: None)
    if refusal(path):
        raise DataProblem(refusal(path))
    try:
        return _reader(path, given or {})(path, given or {}, tell)
    except OSError as error:
        raise DataProblem(f"{path.name}: {in_words(error)}") from error


def _reader(path: Path, given: dict[str, Any]) -> Callable[[Path, dict[str, Any], Progress], dict[str, Any]]:
    """What reads a file of this name, or one that is to be taken for what `given` says."""
    # Loaded when needed: Pillow and zipfile are not there for those who bring a table.
    if path.is_dir():
        from dllab.data.own.pictures import bring_pictures

        return bring_pictures
    name = path.name.lower()
    if name.endswith(".npz"):
        from dllab.data.own.npz import bring_npz

        return bring_npz
    if is_idx(path):
        from dllab.data.own.idx import bring_idx

        return bring_idx
    if name.endswith(TARBALLS):
        from dllab.data.own.cifar import bring_cifar

        return bring_cifar
    if name.endswith(PARQUET):
        return _bring_parquet
    if not name.endswith((*TABLES, *TEXTS)) and not _is_text(path):
        text = _(
            "{name} can't be read: the lab takes tables (CSV, TSV, Parquet), texts, folders of pictures, .npz and IDX."
        )
        raise DataProblem(text.format(name=path.name))
    way = given.get("way") or ("text" if not name.endswith(TABLES) and not is_table(path) else "")
    if way == "text":
        from dllab.data.own.texts import bring_text

        return bring_text
    return _bring_table


def _is_text(path: Path) -> bool:
    """Whether a file of an unknown kind holds text at least."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    return sniff_encoding(head) == "utf-16" or not any(byte in head for byte in b"\0\x01\x02\x03\x04")


def is_table(path: Path) -> bool:
    """Whether a file of text looks like a table: cells in columns, or one number in every line."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    try:
        return looks_tabular(head)
    except DataProblem:
        return False


def _bring_table(path: Path, given: dict[str, Any], progress: Progress) -> dict[str, Any]:
    size = path.stat().st_size
    with path.open("rb") as file:
        reading = sniff(file.read(HEAD), path.name, given)
    table = TextTable(path, reading, path.name)
    return _kept(
        path,
        reading,
        table.pieces(lambda done: progress(done, size)),
        lambda: table.names,
        lambda: table.content,
    )


def _kept(
    path: Path,
    reading: Reading,
    pieces: "Iterator[pl.DataFrame]",
    names: Callable[[], list[str]],
    content: Callable[[], str],
) -> dict[str, Any]:
    from dllab.data.own.columns import Columns

    with store.adding() as folder:
        with (folder / store.NUMBERS).open("wb") as numbers, (folder / store.CODES).open("wb") as codes:
            columns = Columns(numbers, codes, folder)
            for piece in pieces:
                if not columns.facts:
                    columns.begin(names())
                columns.add(piece, reading.decimal)
        if not columns.rows:
            text = _("{name} has a row of names and no rows of values.") if names() else _("{name} is empty.")
            raise DataProblem(text.format(name=path.name))
        facts = _facts(path.name, reading, columns)
        write_atomic(folder / store.FACTS, json.dumps(facts, allow_nan=False).encode())
        return {**facts, "content": content(), "new": store.keep(folder, content())}


def _facts(name: str, reading: Reading, columns: "Columns") -> dict[str, Any]:
    found = [facts.as_json() for facts in columns.facts]
    for column in numbering(found):
        column["guess"] = "ignore"
    return {
        "kind": "table",
        "name": name,
        "reading": reading.model_dump(mode="json"),
        "rows": columns.rows,
        "columns": found,
        "first": columns.first,
    }


def numbering(columns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The columns that only number the rows: one called so, or the first one of a table with others to learn from."""
    counting = [column for column in columns if column["counting"] and column["guess"] == "number"]
    useful = [column for column in columns if column["guess"] in ("number", "category")]
    first = len(useful) > 2 and columns[0]["rows"] >= _LONG
    return [c for c in counting if c["name"].casefold().strip() in _NUMBERINGS or (first and c is columns[0])]


def source_of(facts: dict[str, Any]) -> Source:
    """What a document says about what was brought."""
    reading = Reading.model_validate_json(json.dumps(facts["reading"]))
    return Source(name=facts["name"][-255:], content=facts["content"], reading=reading)


def _bring_parquet(path: Path, _given: dict[str, Any], progress: Progress) -> dict[str, Any]:
    import polars as pl

    size = path.stat().st_size
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        lazy = pl.scan_parquet(path)
        schema = lazy.collect_schema()
        names = unlike([name[:200] for name in schema.names()])
        kept = [
            pl.col(name).cast(pl.String, strict=False) if _is_wordy(kind) else pl.col(name)
            for name, kind in schema.items()
        ]
        rows = int(lazy.select(pl.len()).collect().item())

        def pieces() -> "Iterator[pl.DataFrame]":
            for start in range(0, rows, _ROWS):
                yield lazy.slice(start, _ROWS).select(kept).collect()
                progress(size * min(rows, start + _ROWS) // rows, size)

        return _kept(path, Reading(), pieces(), lambda: names, lambda: digest)
    except pl.exceptions.PolarsError as error:
        text = _("{name} can't be read as Parquet: {reason}.")
        raise DataProblem(text.format(name=path.name, reason=str(error).splitlines()[0][:200])) from error


def _is_wordy(kind: Any) -> bool:
    """Whether a column holds neither numbers nor plain text (truth values, dates, categories)."""
    return not kind.is_numeric() and kind != "String"
