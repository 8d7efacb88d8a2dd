"""How the command line talks: one line for what went wrong, plain tables for the rest."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Any, TextIO

_kept: TextIO | None = None
"""Standard output, while whatever else is printed goes elsewhere."""


class BadInput(Exception):
    """What was asked for can't be done; the message is one line for people."""


def complain(text: str) -> None:
    """One line on standard error, whatever the text holds."""
    print(f"dllab: {' '.join(text.split())}", file=sys.stderr)


@contextmanager
def only_answers() -> Iterator[None]:
    """Keep standard output for JSON: what a library or a custom layer prints would break into the middle of a line."""
    global _kept
    _kept = sys.stdout
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _kept = None


def answers() -> TextIO:
    """Where JSON goes."""
    return _kept or sys.stdout


def print_json(value: Any) -> None:
    """A value as readable JSON."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False), file=answers())


def print_line(value: Any) -> None:
    """A value as one line of JSON, at once."""
    print(json.dumps(value, ensure_ascii=False, allow_nan=False), file=answers(), flush=True)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lines with columns under each other; a column whose head ends in ">" stands to the right."""
    right = [name.endswith(">") for name in head]
    lines = [[name.rstrip(">") for name in head], *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        cells = (
            cell.rjust(width) if flush else cell.ljust(width)
            for cell, width, flush in zip(line, widths, right, strict=True)
        )
        yield "  ".join(cells).rstrip()
