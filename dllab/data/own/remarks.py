"""What a person should know about how their data was read: one sentence each. Pure: asked by window and command line."""

from collections.abc import Iterator, Mapping
from typing import Any

from dllab.data.base import Dataset
from dllab.data.own.dates import said
from dllab.data.own.source import UNKNOWN, Column, Unit
from dllab.data.own_series import OwnSeries
from dllab.data.sentences import Sentences
from dllab.data.table import Table
from dllab.data.texts import Text
from dllab.text import _, ngettext

_MOST = 6


def remarks(facts: Mapping[str, Any], dataset: Dataset) -> list[str]:
    """Sentences about what was left out, filled or cut; the most telling ones."""
    if isinstance(dataset, Table):
        said = list(_columns(facts, dataset.columns))[:_MOST]
        if any(c.type == "ignore" and f.get("dates") for c, f in zip(dataset.columns, facts["columns"], strict=True)):
            said.append(_("If the rows follow each other in time, take the table for a series."))
        return said
    if isinstance(dataset, OwnSeries):
        return [*_filled(dataset), *_columns(facts, dataset.columns)][:_MOST]
    if isinstance(dataset, Text):
        found = facts["units"][f"small {dataset.unit}" if dataset.small else dataset.unit]
        return list(_unknown(found, dataset.tokens, dataset.unit))
    if isinstance(dataset, Sentences):
        found = facts["columns"][dataset.place]["words"]
        return [*_unknown(found, dataset.tokens, "word"), *_cut_off(found, dataset), *_unread(facts, dataset)]
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
        if column.type == "ignore" and has_one_value(found):
            text = _("{name} is left out: it always holds {value!r}.")
            yield text.format(name=column.name, value=found["values"][0][:40])
        elif column.type == "ignore" and found.get("counting"):
            yield _("{name} is left out: it only numbers the rows.").format(name=column.name)
        elif column.type == "ignore" and found.get("dates"):
            text = _("{name} is left out: it holds dates.")
            if "days" in found:
                text = _("{name} is left out: it holds dates. As a date it goes in as days, month and weekday.")
            yield text.format(name=column.name)
        elif column.type == "date":
            yield _dated(found)
        elif column.type == "text":
            text = _("{name} is left out: it holds text.")
            if "words" in found:
                text = _("{name} is left out: it holds text. To read its words, take the table for sentences.")
            yield text.format(name=column.name)


def _dated(found: Mapping[str, Any]) -> str:
    first, last = map(said, found["days"]["span"])
    sentence = _("{name} goes in as days since {first} (the last one is {last}), month and weekday.")
    text = sentence.format(name=found["name"], first=first, last=last)
    if found["days"]["order"] != "ymd":
        order = {"dmy": _("day first"), "mdy": _("month first")}[found["days"]["order"]]
        text += " " + _("Its dates are read with the {order}.").format(order=order)
    lost = found["rows"] - found["missing"] - found["days"]["read"]
    if lost:
        more = ngettext(
            "{count:,} cell is no date and counts as missing.",
            "{count:,} cells are no dates and count as missing.",
            lost,
        )
        text += " " + more.format(count=lost)
    return text


def has_one_value(found: Mapping[str, Any]) -> bool:
    """Whether every row of a column holds the same."""
    return found["values"] is not None and len(found["values"]) == 1


def _filled(series: OwnSeries) -> Iterator[str]:
    if series.filled:
        text = ngettext(
            "{count:,} missing value is taken from the row before it.",
            "{count:,} missing values are taken from the row before them.",
            series.filled,
        )
        yield text.format(count=series.filled)


def _unknown(found: Mapping[str, Any], tokens: tuple[str, ...], unit: Unit) -> Iterator[str]:
    if UNKNOWN not in tokens:
        return
    here = set(tokens)
    known = {token: count for token, count in found["common"] if token in here}
    rest = found["count"] - sum(known.values())
    if len(known) == found["different"]:
        return  # a place is kept for words that only a later text will bring
    sentence = _(
        "{different:,} different characters; the {rest:,} rarest are one, the unknown ({share:.1%} of the text)."
    )
    if unit == "word":
        sentence = _(
            "{different:,} different words; the {rest:,} rarest are one, the unknown ({share:.1%} of the text)."
        )
    yield sentence.format(
        different=found["different"], rest=found["different"] - len(known), share=rest / max(found["count"], 1)
    )


def _cut_off(found: Mapping[str, Any], dataset: Sentences) -> Iterator[str]:
    longer = sum(count for length, count in found["lengths"] if length > dataset.length)
    if longer:
        text = ngettext(
            "{count:,} text is longer than {length} words: the rest of it is cut off.",
            "{count:,} texts are longer than {length} words: the rest of them is cut off.",
            longer,
        )
        yield text.format(count=longer, length=dataset.length)


def _unread(facts: Mapping[str, Any], dataset: Sentences) -> Iterator[str]:
    others = [c["name"] for c in facts["columns"] if c["name"] not in (dataset.words, dataset.target)]
    if others:
        text = _("Not used: {columns}. The one Input takes words or numbers, not both: sentences go in alone.")
        yield text.format(columns=", ".join(others[:12]) + (" …" if len(others) > 12 else ""))
