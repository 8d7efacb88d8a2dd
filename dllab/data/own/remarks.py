"""What a person should know about how their data was read: one sentence each. Pure: asked by window and command line."""

from collections.abc import Iterator, Mapping
from typing import Any

from dllab.data.base import Dataset
from dllab.data.own.source import UNKNOWN, Column
from dllab.data.own_series import OwnSeries
from dllab.data.table import Table
from dllab.data.texts import Text
from dllab.text import _, ngettext

_MOST = 6


def remarks(facts: Mapping[str, Any], dataset: Dataset) -> list[str]:
    """Sentences about what was left out, filled or cut; the most telling ones."""
    if isinstance(dataset, Table):
        return list(_columns(facts, dataset.columns))[:_MOST]
    if isinstance(dataset, OwnSeries):
        return [*_filled(dataset), *_columns(facts, dataset.columns)][:_MOST]
    if isinstance(dataset, Text):
        return list(_unknown(facts, dataset))
    return []


def _columns(facts: Mapping[str, Any], columns: tuple[Column, ...]) -> Iterator[str]:
    known = {column["name"]: column for column in facts["columns"]}
    for column in columns:
        found = known[column.name]
        if column.type == "number" and found["odd"]:
            text = ngettext(
                "{file}, row {row}: column {name} holds {text!r}, which is no number; it counts as missing.",
                "{file}, row {row}: column {name} holds {text!r}, which is no number, and {others:,} more such cells;"
                " they count as missing.",
                found["odd"],
            )
            row = found["odd_row"] + facts["reading"]["header"]
            yield text.format(
                file=facts["name"], row=row, name=column.name, text=found["odd_text"], others=found["odd"] - 1
            )
    for column in columns:
        found = known[column.name]
        if column.type == "ignore" and _same(found):
            yield _("{name} is left out: it always holds {value!r}.").format(
                name=column.name, value=found["values"][0][:40]
            )
        elif column.type == "text":
            yield _("{name} is left out: it holds text.").format(name=column.name)


def _same(found: Mapping[str, Any]) -> bool:
    return found["values"] is not None and len(found["values"]) == 1


def _filled(series: OwnSeries) -> Iterator[str]:
    if series.filled:
        text = ngettext(
            "{count:,} missing value is taken from the row before it.",
            "{count:,} missing values are taken from the row before them.",
            series.filled,
        )
        yield text.format(count=series.filled)


def _unknown(facts: Mapping[str, Any], text: Text) -> Iterator[str]:
    if UNKNOWN not in text.tokens:
        return
    found = facts["units"][f"small {text.unit}" if text.small else text.unit]
    known = set(text.tokens)
    rest = found["count"] - sum(count for token, count in found["common"] if token in known)
    if text.unit == "word":
        sentence = _(
            "{different:,} different words; the {rest:,} rarest are one, the unknown ({share:.1%} of the text)."
        )
    else:
        sentence = _(
            "{different:,} different characters; the {rest:,} rarest are one, the unknown ({share:.1%} of the text)."
        )
    yield sentence.format(
        different=found["different"], rest=found["different"] - len(known) + 1, share=rest / max(found["count"], 1)
    )
