"""Text files: decoded, counted by characters and by words, and kept as UTF-8."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from dllab.data.base import DataProblem
from dllab.data.own import store
from dllab.data.own.sniffing import HEAD, sniff_encoding
from dllab.data.own.source import MOST_WORDS, UNKNOWN, Reading, Source, Unit
from dllab.files import read_limited, write_atomic
from dllab.text import _

TEXT = "text.utf8"
LARGEST = 50_000_000
"""Bytes of a text file that are taken in."""
_PIECE = 1_000_000
_BATCH = 100_000
_SHOWN = 2_000
"""Characters from the beginning that are told, to be shown before anything is chosen."""
# Chinese and Japanese set no spaces: every sign is a word. A line break is one too, as verse needs it.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+(?:['’][^\W\d_]+)*|\n|[^\w\s]")
_ODD = re.compile(r"[\x00-\x08\x0e-\x1f]")


def bring_text(path: Path, given: Mapping[str, Any], progress: Callable[[int, int], None]) -> dict[str, Any]:
    """Keep a text and say how many characters and words it has, and which are common. Raises DataProblem."""
    size = path.stat().st_size
    if size > LARGEST:
        text = _("{name} has {size:,} MB; at most {limit:,} MB of text can be read: cut it into smaller files.")
        raise DataProblem(text.format(name=path.name, size=size // 1_000_000, limit=LARGEST // 1_000_000))
    data = path.read_bytes()
    encoding = given.get("encoding") or sniff_encoding(data[:HEAD])
    text = _decoded(path.name, data, encoding)
    reading = Reading(encoding=encoding)
    facts = {
        "kind": "text",
        "name": path.name,
        "reading": reading.model_dump(mode="json"),
        "rows": text.count("\n") + (not text.endswith("\n")),
        "units": dict(_units(text, progress)),
        "first": text[:_SHOWN],
    }
    content = hashlib.sha256(b"text" + text.encode()).hexdigest()
    with store.adding() as folder:
        write_atomic(folder / TEXT, text.encode())
        write_atomic(folder / store.FACTS, json.dumps(facts, allow_nan=False).encode())
        return {**facts, "content": content, "new": store.keep(folder, content)}


def _decoded(name: str, data: bytes, encoding: str) -> str:
    """The text with plain line breaks. Raises DataProblem for what is none."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        complaint = _("{name}, line {row}: the bytes are not text in {encoding}. Choose another encoding.")
        row = data.count(b"\n", 0, error.start) + 1
        encoding = encoding.removesuffix("-sig").upper()
        raise DataProblem(complaint.format(name=name, row=row, encoding=encoding)) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise DataProblem(_("{name} is empty: choose a file with text in it.").format(name=name))
    odd = len(_ODD.findall(text[:HEAD]))
    if odd > len(text[:HEAD]) // 100:
        complaint = _("{name} is no text: it holds bytes that no text has. Save it as plain text in UTF-8 first.")
        raise DataProblem(complaint.format(name=name))
    return text


def _units(text: str, progress: Callable[[int, int], None]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What there is of characters and words, as they are and in small letters."""
    size, small = len(text), text.lower()
    for part, (name, whole, unit) in enumerate(
        (("character", text, "character"), ("small character", small, "character"),
         ("word", text, "word"), ("small word", small, "word"))
    ):  # fmt: skip
        count = _characters if unit == "character" else _words
        found = count(whole, lambda done, part=part: progress(size * part + done, 4 * size))  # type: ignore[misc]
        common = [[token, number] for token, number in found.most_common(MOST_WORDS)]
        yield name, {"count": found.total(), "different": len(found), "common": common}


def _characters(text: str, progress: Callable[[int], None]) -> Counter[str]:
    counts = np.zeros(0x110000, np.int64)
    for start in range(0, len(text), _PIECE):
        counts += np.bincount(_points(text[start : start + _PIECE]), minlength=len(counts))
        progress(start)
    return Counter({chr(point): int(counts[point]) for point in np.flatnonzero(counts)})


def _words(text: str, progress: Callable[[int], None]) -> Counter[str]:
    counts: Counter[str] = Counter()
    matches = _WORD.finditer(text)
    while batch := list(islice(matches, _BATCH)):
        counts.update(match.group() for match in batch)
        progress(batch[-1].end())
    return counts


def _points(text: str) -> np.ndarray:
    return np.array(np.frombuffer(text.encode("utf-32-le"), "<u4"), np.int64)


def words_in(text: str) -> list[str]:
    """The words of a text, each mark of punctuation one of its own."""
    return _WORD.findall(text)


def numbered(text: str, unit: Unit, small: bool, tokens: Sequence[str]) -> np.ndarray:
    """The text as places in `tokens`, int64; what is not among them gets the place of UNKNOWN."""
    if small:
        text = text.lower()
    places = {token: place for place, token in enumerate(tokens)}
    unknown = places.get(UNKNOWN, -1)
    if unit == "word":
        return np.array([places.get(word, unknown) for word in words_in(text)], np.int64)
    table = np.full(0x110000, unknown, np.int64)
    for token, place in places.items():
        table[ord(token)] = place
    return np.asarray(table[_points(text)])


def kept_text(source: Source) -> str:
    """The text as it was kept. Raises DataProblem."""
    store.facts(source)
    try:
        return read_limited(store.place(source.content) / TEXT, 4 * LARGEST).decode()
    except (OSError, ValueError) as error:
        text = _("The lab's copy of {name} is damaged: import the file again.")
        raise DataProblem(text.format(name=source.name)) from error
