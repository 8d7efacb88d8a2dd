"""The lab's data folder: every import under the SHA-256 of its content, so that a document needs no path.

A folder of a table holds `facts.json`, `numbers.f32` (rows × columns, row after row, NaN where there is no number) and
`codes.i16` (the same for categories; -1 where there is none). Nothing in it is executed.
"""

import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import platformdirs

from dllab.data.base import DataProblem
from dllab.data.own.source import Source
from dllab.files import new_folder, read_limited
from dllab.text import _

FACTS = "facts.json"
NUMBERS = "numbers.f32"
CODES = "codes.i16"
_CONTENT = re.compile(r"^[0-9a-f]{64}$")
_FACTS_LIMIT = 200_000_000
_STALE_S = 3600.0


def folder() -> Path:
    """Where imported data is kept; `DLLAB_HOME` puts it beside the rest."""
    own = os.environ.get("DLLAB_HOME")
    path = Path(own) / "data" if own else platformdirs.user_data_path("dllab", appauthor=False) / "data"
    path.mkdir(parents=True, exist_ok=True)
    return path


def place(content: str) -> Path:
    """The folder of this content, there or not. Raises ValueError for what is no content."""
    if not _CONTENT.match(content):
        raise ValueError(content)
    return folder() / content


def is_here(content: str) -> bool:
    """Whether the data is on this computer."""
    return bool(_CONTENT.match(content)) and (folder() / content / FACTS).is_file()


def facts(source: Source) -> dict[str, Any]:
    """What the import found. Raises DataProblem with the way back when the data is not here."""
    if not source.content:
        raise DataProblem(_("No file is chosen yet: use File > Import data…"))
    if not is_here(source.content):
        text = _("{name} is not on this computer: import the same file again (File > Import data…) to bring it back.")
        raise DataProblem(text.format(name=source.name or _("The data")))
    try:
        found = json.loads(read_limited(place(source.content) / FACTS, _FACTS_LIMIT))
    except (OSError, ValueError) as error:
        text = _("The lab's copy of {name} is damaged: import the file again.")
        raise DataProblem(text.format(name=source.name)) from error
    return found if isinstance(found, dict) else {}


@contextmanager
def adding() -> Iterator[Path]:
    """A new, empty folder in the store; what is in it at the end is kept by `keep`, or else removed."""
    _sweep()
    with new_folder(folder()) as path:
        yield path


def _sweep() -> None:
    """Remove what imports left behind that were killed."""
    for path in folder().glob(".dllab-*.tmp"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _STALE_S:
                shutil.rmtree(path)


def keep(temporary: Path, content: str) -> bool:
    """Give a finished folder its name. False where this content was there already."""
    target = place(content)
    # What an earlier version has kept may lack what this one reads.
    if is_here(content) and {path.name for path in temporary.iterdir()} <= {path.name for path in target.iterdir()}:
        return False
    if target.exists():  # a damaged one
        shutil.rmtree(target)
    os.replace(temporary, target)
    return True


def forget(content: str) -> None:
    """Remove data that nobody will use."""
    shutil.rmtree(place(content), ignore_errors=True)
