"""The tree says nothing about the machine it was written on."""

import re
from pathlib import Path

from tree import ROOT, text_files

_PERSONAL = re.compile(r"/(?:home|Users)/[A-Za-z]\w*|/root/|[A-Z]:\\Users\\")


def test_no_path_of_a_machine_stands_in_the_project() -> None:
    here = Path(__file__).resolve()
    found = []
    for path in text_files():
        if path == here:
            continue
        text = path.read_text(encoding="utf-8")
        if str(ROOT) in text or _PERSONAL.search(text):
            found.append(path.relative_to(ROOT).as_posix())
    assert found == []
