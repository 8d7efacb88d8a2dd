"""From words to a dataset: how many of them are known, and how long the samples are."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dllab.data.base import DataProblem
from dllab.data.own.bringing import source_of
from dllab.data.own.cut import Cut
from dllab.data.own.source import UNKNOWN, Column, Unit
from dllab.data.sentences import Sentences
from dllab.data.texts import Text
from dllab.text import _

_KNOWN: dict[Unit, int] = {"character": 200, "word": 1000}
_WINDOW: dict[Unit, int] = {"character": 32, "word": 16}
_STRIDE: dict[Unit, int] = {"character": 4, "word": 2}
_MOST_OFTEN = 0.95
"""Of the texts, how many are no longer than a sample, if that is not too long."""
_USUAL_LENGTH = 100
_ENOUGH = 20_000
"""Windows; of a longer text they are cut further apart, up to one after the other."""


def choose_text(facts: Mapping[str, Any], cut: Cut) -> Text:
    """A text as windows; what is not given is chosen by its unit."""
    unit: Unit = cut.unit or "character"
    small = unit == "word" if cut.small is None else cut.small
    found = facts["units"][f"small {unit}" if small else unit]
    window = max(2, cut.window) if cut.window else min(_WINDOW[unit], max(2, found["count"] // 20))
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


def choose_sentences(facts: Mapping[str, Any], goal: Column, cut: Cut) -> Sentences:
    """The words of one column, with what another one says about them. Raises DataProblem."""
    from dllab.data.own.loading import Stored
    from dllab.data.own.prose import written

    name = cut.words or words_column(facts, goal.name)
    (place,) = (n for n, column in enumerate(facts["columns"]) if column["name"] == name)
    found = facts["columns"][place].get("words")
    if found is None or name == goal.name:
        text = _("{file}: column {name} holds no sentences to read.")
        raise DataProblem(text.format(file=facts["name"], name=name))
    source = source_of(dict(facts))
    rows = Stored(source).known(goal) & written(source, place)
    known = known_tokens(found["common"], found["different"], cut.vocabulary or _KNOWN["word"])
    return Sentences(
        source=source,
        words=name,
        place=place,
        goal=goal,
        # Even where all words are known, the training part will lack some.
        tokens=("", *known, *(() if UNKNOWN in known else (UNKNOWN,))),
        rows=int(rows.sum()),
        length=cut.length or min(_USUAL_LENGTH, _longest(found["lengths"])),
    )


def words_column(facts: Mapping[str, Any], target: str) -> str:
    """The column of sentences with the most words. Raises DataProblem when there is none beside the target."""
    able = {str(c["name"]): int(c["words"]["count"]) for c in facts["columns"] if "words" in c and c["name"] != target}
    if not able:
        raise DataProblem(_("{file}: no column holds sentences to read.").format(file=facts["name"]))
    return max(able, key=lambda name: able[name])


def _longest(lengths: list[list[int]]) -> int:
    """A length that most texts do not exceed."""
    counts = np.cumsum([count for length, count in lengths if length])
    kept = [length for length, _count in lengths if length]
    return int(kept[int(np.searchsorted(counts, _MOST_OFTEN * counts[-1]))]) if kept else 1


def known_tokens(common: list[list[Any]], different: int, vocabulary: int) -> tuple[str, ...]:
    """The most common tokens, characters by the alphabet, and at the end one for all others if there are others."""
    known = [str(token) for token, _count in common[:vocabulary] if token != UNKNOWN]
    if all(len(token) == 1 for token in known):
        known.sort()
    return (*known, UNKNOWN) if different > len(known) else tuple(known)
