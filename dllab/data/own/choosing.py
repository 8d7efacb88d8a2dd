"""From what an import found to a dataset: what each column is, which one is the target, how many rows remain."""

from collections.abc import Mapping
from typing import Any, get_args

from dllab.data import DATASETS
from dllab.data.base import DataProblem, Dataset
from dllab.data.own.bringing import source_of
from dllab.data.own.sniffing import is_number
from dllab.data.own.source import LARGEST_VOCABULARY, Column, ColumnType
from dllab.data.table import Table
from dllab.text import _

_TARGET_NAMES = ("target", "label", "class", "y", "species", "outcome")
_FEW = 20
"""A target of at most so many whole numbers is a class, if each comes often enough."""


def choose(
    facts: Mapping[str, Any], types: Mapping[str, str] = {}, target: str | None = None, missing: str = ""
) -> Dataset:
    """What was brought as a dataset. The choices are for tables; what is not given is guessed. An empty target: there is
    nothing to predict, all columns are only clustered.

    Raises DataProblem for a column that is not there or can't be what it is said to be.
    """
    if facts["kind"] != "table":
        return DATASETS.make(facts["kind"], _as_it_is(facts))
    known = {column["name"]: column for column in facts["columns"]}
    for name in (*types, *([target] if target else [])):
        if name not in known:
            text = _("{file} has no column {name}; it has {names}.")
            raise DataProblem(text.format(file=facts["name"], name=name, names=", ".join(list(known)[:12])))
    goal = guess_target(facts, types) if target is None else target
    kinds = {
        name: types.get(name) or (guess_goal(found) if name == goal else found["guess"])
        for name, found in known.items()
    }
    if goal and kinds[goal] not in ("number", "category"):
        text = _(
            "{file}: column {name} can't be predicted: its values are neither numbers nor up to {limit:,} classes."
        )
        raise DataProblem(text.format(file=facts["name"], name=goal, limit=LARGEST_VOCABULARY))
    columns = tuple(_column(facts, known[name], kind) for name, kind in kinds.items())
    rows, complete = _rows(facts, columns, goal)
    fill = missing or ("drop" if complete >= 0.8 * rows else "mean")
    source = source_of(dict(facts))
    return Table(source=source, columns=columns, target=goal, rows=rows, complete=complete, missing=fill)  # type: ignore[arg-type]


def _as_it_is(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of data in which there is nothing to choose."""
    return {
        "source": source_of(dict(facts)).model_dump(mode="json"),
        "samples": facts["rows"],
        "extents": facts["shape"],
        "classes": facts["classes"],
        "targets": facts["targets"],
    }


def guess_target(facts: Mapping[str, Any], types: Mapping[str, str]) -> str:
    """The column that is most likely to be predicted: one called so, else the last one that can be."""
    able = [c for c in facts["columns"] if types.get(c["name"], c["guess"]) in ("number", "category")]
    if not able:
        raise DataProblem(_("{file}: no column holds numbers or classes to predict.").format(file=facts["name"]))
    named = [c["name"] for c in able if c["name"].casefold() in _TARGET_NAMES]
    return str(named[0] if named else able[-1]["name"])


def guess_goal(found: Mapping[str, Any]) -> str:
    """What a column is when it is the target: few whole numbers are classes."""
    values = found["values"]
    few = values is not None and 2 <= len(values) <= _FEW and len(values) * 10 <= found["numbers"]
    if found["guess"] == "number" and few and found["whole"] == found["numbers"]:
        return "category"
    return str(found["guess"])


def _column(facts: Mapping[str, Any], found: Mapping[str, Any], kind: str) -> Column:
    name = found["name"]
    if kind not in get_args(ColumnType):
        text = _("{kind} is no type of column; there are {kinds}.")
        raise DataProblem(text.format(kind=kind, kinds=", ".join(get_args(ColumnType))))
    if kind == "number" and not found["numbers"] and found["rows"] > found["missing"]:
        text = _(
            "{file}, row {row}: column {name} holds {text!r}, which is no number. Make it a category or ignore it."
        )
        row = found["odd_row"] + facts["reading"]["header"]
        raise DataProblem(text.format(file=facts["name"], row=row, name=name, text=found["odd_text"]))
    if kind == "category" and found["values"] is None:
        text = _("{file}: column {name} has more than {limit:,} different values, too many for categories.")
        raise DataProblem(text.format(file=facts["name"], name=name, limit=LARGEST_VOCABULARY))
    values = in_order(found["values"]) if kind == "category" else ()
    return Column(name=name, type=kind, values=values)  # type: ignore[arg-type]


def in_order(values: list[str]) -> tuple[str, ...]:
    """Values as people list them: numbers by size, words by the alphabet."""
    if all(is_number(value) for value in values):
        return tuple(sorted(values, key=float))
    return tuple(sorted(values))


def _rows(facts: Mapping[str, Any], columns: tuple[Column, ...], target: str) -> tuple[int, int]:
    """(rows with a target, all where there is none; of these the ones that lack nothing)."""
    from dllab.data.own.loading import Stored

    stored = Stored(source_of(dict(facts)))
    known = next((stored.known(c) for c in columns if c.name == target), stored.all_rows())
    rows = int(known.sum())
    gappy = {c["name"] for c in facts["columns"] if c["missing"] or c["odd"]}
    for column in columns:
        if column.type in ("number", "category") and column.name in gappy:
            known &= stored.known(column)
    return rows, int(known.sum())
