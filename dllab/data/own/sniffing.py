"""How a text table is written, guessed from its beginning: encoding, delimiter, decimal sign, header."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

from dllab.data.base import DataProblem
from dllab.data.own.source import DELIMITERS, Encoding, Reading
from dllab.text import _

HEAD = 262_144
"""Bytes that are looked at."""
MISSING = frozenset(("", "na", "n/a", "nan", "null", "none", "#n/a", "?", "-", "inf", "-inf", "+inf", "infinity"))
"""Cells that hold nothing, in small letters; infinite numbers can't be learned from either."""
_NUMBER = re.compile(r"^[+-]?(\d+([.]\d*)?|[.]\d+)([eE][+-]?\d+)?$")
_COMMA_NUMBER = re.compile(r"^[+-]?\d*,\d+$")
_ROWS = 50
_ALIKE = 0.9
"""More lines of a table than this have as many cells as the others."""


def is_number(text: str, decimal: str = ".") -> bool:
    """Whether a cell holds a finite number."""
    return bool(_NUMBER.match(text.strip().replace(decimal, ".") if decimal != "." else text.strip()))


def sniff(head: bytes, name: str, given: Mapping[str, Any] = {}) -> Reading:
    """Guess from the first bytes of a file what is not given. Raises DataProblem when it is empty or no text."""
    if not head.strip():
        raise DataProblem(_("{name} is empty: choose a file with a row of names and rows of values.").format(name=name))
    encoding = given.get("encoding") or sniff_encoding(head)
    if encoding != "utf-16" and b"\0" in head:
        text = _("{name} is not a text table: it holds bytes that no text has. Save it as CSV in UTF-8 first.")
        raise DataProblem(text.format(name=name))
    lines = _lines(head, encoding)
    delimiter: Any = given.get("delimiter") or _delimiter(lines)
    try:
        rows = list(csv.reader(lines[:_ROWS], delimiter=delimiter))
    except csv.Error as error:
        raise DataProblem(_("{name} can't be read as a table: {reason}.").format(name=name, reason=error)) from error
    decimal = given.get("decimal") or _decimal(rows, delimiter)
    header = given.get("header")
    header = _has_header(rows, decimal) if header is None else header
    return Reading(encoding=encoding, delimiter=delimiter, decimal=decimal, header=header)


def looks_tabular(head: bytes) -> bool:
    """Whether text is a table: nearly all lines have as many cells, and these are numbers or parted by a plain mark."""
    reading = sniff(head, "")
    lines = _lines(head, reading.encoding)[:_ROWS]
    rows = [row for row in csv.reader(lines, delimiter=reading.delimiter) if row]
    counts = Counter(len(row) for row in rows)
    cells, most = counts.most_common(1)[0]
    if most < _ALIKE * len(rows):
        return False
    body = [cell for row in rows[1:] or rows for cell in row]
    numbers = sum(is_number(cell, reading.decimal) for cell in body)
    if cells == 1:
        return len(rows) > 2 and numbers > _ALIKE * len(body)
    return numbers * 5 >= len(body) or (reading.delimiter != "," and len(rows) > 2)


def _decimal(rows: list[list[str]], delimiter: str) -> Literal[".", ","]:
    cells = [cell.strip() for row in rows[1:] for cell in row]
    with_comma = sum(bool(_COMMA_NUMBER.match(cell)) for cell in cells)
    with_point = sum(is_number(cell) and "." in cell for cell in cells)
    return "," if delimiter != "," and with_comma > with_point else "."


def sniff_encoding(head: bytes) -> Encoding:
    """UTF-8 wherever the bytes allow it; of the others the one whose rules they keep."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if _decodes(head, "utf-8"):
        return "utf-8-sig"
    # Chinese text comes in pairs of high bytes; a lone one between letters is an accent of Western Europe.
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", head)]
    pairs = sum(length for length in runs if length % 2 == 0)
    if pairs > 0.8 * sum(runs) and _decodes(head, "gb18030"):
        return "gb18030"
    return "cp1252"


def _decodes(head: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _lines(head: bytes, encoding: str) -> list[str]:
    lines = codecs.getincrementaldecoder(encoding)("replace").decode(head).splitlines()
    whole = lines[:-1] if len(head) >= HEAD and len(lines) > 1 else lines
    return [line for line in whole if line.strip()]


def _delimiter(lines: list[str]) -> str:
    """The character that cuts most lines into the same number of cells, more than one."""
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        try:
            counts = Counter(len(row) for row in csv.reader(lines[:_ROWS], delimiter=delimiter) if row)
        except csv.Error:
            continue
        cells, rows = counts.most_common(1)[0]
        score = rows / counts.total() * min(cells, 8)
        if cells > 1 and score > best_score:
            best, best_score = delimiter, score
    return best


def _has_header(rows: list[list[str]], decimal: str) -> bool:
    first = rows[0]
    if any(is_number(cell, decimal) for cell in first):
        return False
    return len(set(first)) > 1 or len(rows) < 2 or rows[1] != first
