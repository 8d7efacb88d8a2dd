"""docs/reliability.md names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_test_named_for_a_fault_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs" / "reliability.md").read_text("utf-8"))
    assert len(named) > 30
    gone = [
        f"{file}::{name}"
        for file, name in named
        if not re.search(rf"^(def {name}\(|{name} = )", (ROOT / file).read_text("utf-8"), re.MULTILINE)
    ]
    assert gone == []
