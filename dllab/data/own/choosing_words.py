"""From a text to a dataset: characters or words, how many of them are known, how long the windows are."""

from collections.abc import Mapping
from typing import Any

from dllab.data.own.bringing import source_of
from dllab.data.own.cut import Cut
from dllab.data.own.source import UNKNOWN, Unit
from dllab.data.texts import Text

_KNOWN: dict[Unit, int] = {"character": 200, "word": 1000}
_WINDOW: dict[Unit, int] = {"character": 32, "word": 16}
_STRIDE: dict[Unit, int] = {"character": 4, "word": 2}
_ENOUGH = 20_000
"""Windows; of a longer text they are cut further apart, up to one after the other."""


def choose_text(facts: Mapping[str, Any], cut: Cut) -> Text:
    """A text as windows; what is not given is chosen by its unit."""
    unit: Unit = cut.unit or "character"
    small = unit == "word" if cut.small is None else cut.small
    found = facts["units"][f"small {unit}" if small else unit]
    window = cut.window or min(_WINDOW[unit], max(2, found["count"] // 20))
    stride = cut.stride or min(max(_STRIDE[unit], found["count"] // _ENOUGH), max(window, _STRIDE[unit]))
    return Text(
        source=source_of(dict(facts)),
        unit=unit,
        small=small,
        tokens=known_tokens(found["common"], found["different"], cut.vocabulary or _KNOWN[unit]),
        length=found["count"],
        window=window,
        stride=stride,
    )


def known_tokens(common: list[list[Any]], different: int, vocabulary: int) -> tuple[str, ...]:
    """The most common tokens, characters by the alphabet, and at the end one for all others if there are others."""
    known = [str(token) for token, _count in common[:vocabulary] if token != UNKNOWN]
    if all(len(token) == 1 for token in known):
        known.sort()
    return (*known, UNKNOWN) if different > len(known) else tuple(known)
