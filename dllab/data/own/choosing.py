"""From what an import found to a dataset: what it is taken for, what each column is, which one is the target."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from dllab.data import DATASETS
from dllab.data.base import DataProblem, Dataset
from dllab.data.own.bringing import source_of
from dllab.data.own.choosing_words import choose_sentences, choose_text, words_column
from dllab.data.own.cut import AS_IT_COMES, Cut
from dllab.data.own.names import TEXTS
from dllab.data.own.remarks import has_one_value
from dllab.data.own.sniffing import is_number
from dllab.data.own.source import LARGEST_VOCABULARY, Column, ColumnType
from dllab.data.own_series import OwnSeries
from dllab.data.sentences import Sentences
from dllab.data.table import Table
from dllab.text import _

_TARGET_NAMES = ("target", "label", "class", "y", "species", "outcome")
_LONG = 20
"""Rows from which on a single column of numbers is taken for a series."""
_FEW = 20
"""A target of at most so many whole numbers is a class, if each comes often enough."""


def choose(
    facts: Mapping[str, Any],
    types: Mapping[str, str] = {},
    target: str | None = None,
    missing: str = "",
    way: str = "",
    cut: Cut = AS_IT_COMES,
) -> Dataset:
    """What was brought as a dataset; what is not given is guessed. `way` is one of `ways`. Types, target and missing are
    for tables. An empty target: there is nothing to predict, all columns are only clustered.

    Raises DataProblem for a column that is not there or can't be what it is said to be.
    """
    if way and way not in ways(facts):
        text = _("{file} can't be taken for {way}; it can be: {ways}.")
        raise DataProblem(text.format(file=facts["name"], way=way, ways=", ".join(ways(facts))))
    if facts["kind"] == "text":
        return choose_text(facts, cut)
    if facts["kind"] != "table":
        return DATASETS.make(facts["kind"], _as_it_is(facts))
    _refuse_unknown(facts, (*types, *([target] if target else [])))
    _refuse_unknown(facts, (cut.words,) if cut.words else ())
    taken_for = way or _guess_way(facts, types, target)
    if taken_for == "series":
        return _series(facts, types, target, cut)
    if taken_for == "sentences":
        return _sentences(facts, types, target, cut)
    return _table(facts, types, target, missing)


def ways(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The kinds of data that can be made of what was brought, most likely first."""
    if facts["kind"] == "text":
        return ("text", "table")
    if facts["kind"] != "table":
        return tuple(facts.get("ways", (facts["kind"],)))
    columns = facts["columns"]
    made = ("table", *(["series"] if any(c["numbers"] for c in columns) else []))
    made = (*made, *(["sentences"] if any("words" in c for c in columns) and len(columns) > 1 else []))
    wordy = facts["name"].lower().endswith(TEXTS) or (len(columns) == 1 and "words" in columns[0])
    return (*made, "text") if wordy else made


def _guess_way(facts: Mapping[str, Any], types: Mapping[str, str], target: str | None) -> str:
    """A table whose one useful column is a number can only be its own past, or be told from sentences."""
    kinds = [types.get(column["name"], column["guess"]) for column in facts["columns"]]
    useful = [kind for kind in kinds if kind in ("number", "category", "date")]
    if len(useful) == 1 and target != "" and any("words" in c and c["guess"] == "text" for c in facts["columns"]):
        return "sentences"
    # A column that is called the target and tells nothing is to be spoken of, not to be passed over.
    named = any(c["name"].casefold() in _TARGET_NAMES and has_one_value(c) for c in facts["columns"])
    alone = useful == ["number"] and target is None and facts["rows"] >= _LONG
    return "series" if alone and not named else "table"


def _refuse_unknown(facts: Mapping[str, Any], names: tuple[str, ...]) -> None:
    known = [column["name"] for column in facts["columns"]]
    for name in names:
        if name not in known:
            text = _("{file} has no column {name}; it has {names}.")
            raise DataProblem(text.format(file=facts["name"], name=name, names=", ".join(known[:12])))


def _series(facts: Mapping[str, Any], types: Mapping[str, str], target: str | None, cut: Cut) -> OwnSeries:
    from dllab.data.own.loading import Stored

    known = {column["name"]: column for column in facts["columns"]}
    if target == "":
        text = _("{file}: a series is there to be forecast, so one column must be predicted.")
        raise DataProblem(text.format(file=facts["name"]))
    goal = target or guess_future(facts, types)
    if not known[goal]["numbers"]:
        text = _("{file}: column {name} can't be predicted: it holds no numbers.")
        raise DataProblem(text.format(file=facts["name"], name=goal))
    kinds = {name: types.get(name) or ("number" if found["guess"] == "number" else "ignore")
             for name, found in known.items()}  # fmt: skip
    columns = tuple(_column(facts, known[name], kind) for name, kind in kinds.items())
    stored = Stored(source_of(dict(facts)))
    here = [stored.known(c) for c in (*columns, Column(name=goal)) if c.goes_in]
    begins = max(int(rows.argmax()) if rows.any() else stored.rows for rows in here)
    filled = sum(int((~rows[begins:]).sum()) for rows in here[:-1] or here)
    rows = stored.rows - begins
    window = cut.window or min(24, max(1, rows // 5))
    return OwnSeries(source=source_of(dict(facts)), columns=columns, target=goal, rows=rows, filled=filled,
                     window=window, horizon=cut.horizon or 1)  # fmt: skip


def _sentences(facts: Mapping[str, Any], types: Mapping[str, str], target: str | None, cut: Cut) -> Sentences:
    if target == "":
        text = _("{file}: sentences are read to find something out, so one column must be predicted.")
        raise DataProblem(text.format(file=facts["name"]))
    read = cut.words or words_column(facts, target or "")
    goal = guess_target(facts, {read: "text", **types}) if target is None else target
    return choose_sentences(facts, _goal(facts, types, goal), replace(cut, words=read))


def _goal(facts: Mapping[str, Any], types: Mapping[str, str], name: str) -> Column:
    """The column to predict. Raises DataProblem when it is none that can be."""
    (found,) = (column for column in facts["columns"] if column["name"] == name)
    _refuse_one_value(facts, found)
    kind = types.get(name) or guess_goal(found)
    if kind in ("ignore", "date") and found.get("dates"):
        text = _("{file}: column {name} holds dates, which can't be predicted. Make it a category if they are classes.")
        raise DataProblem(text.format(file=facts["name"], name=name))
    if kind not in ("number", "category"):
        text = _(
            "{file}: column {name} can't be predicted: its values are neither numbers nor up to {limit:,} classes."
        )
        raise DataProblem(text.format(file=facts["name"], name=name, limit=LARGEST_VOCABULARY))
    return _column(facts, found, kind)


def _refuse_one_value(facts: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    if has_one_value(found):
        text = _(
            "{file}: {name} has only one value, {value}: there is nothing to tell apart. Choose another column to predict."
        )
        raise DataProblem(text.format(file=facts["name"], name=found["name"], value=found["values"][0][:60]))


def guess_future(facts: Mapping[str, Any], types: Mapping[str, str]) -> str:
    """The column whose future is most likely asked for: one called so, else the last one of numbers."""
    able = [c["name"] for c in facts["columns"] if c["numbers"] and types.get(c["name"], c["guess"]) == "number"]
    if not able:
        raise DataProblem(_("{file}: no column holds numbers to predict.").format(file=facts["name"]))
    named = [name for name in able if name.casefold() in _TARGET_NAMES]
    return str(named[0] if named else able[-1])


def _table(facts: Mapping[str, Any], types: Mapping[str, str], target: str | None, missing: str) -> Table:
    known = {column["name"]: column for column in facts["columns"]}
    goal = guess_target(facts, types) if target is None else target
    kinds = {
        name: types.get(name) or (guess_goal(found) if name == goal else found["guess"])
        for name, found in known.items()
    }
    if goal:
        _goal(facts, types, goal)
    columns = tuple(_column(facts, known[name], kind) for name, kind in kinds.items())
    rows, complete = _rows(facts, columns, goal)
    fill = missing or ("drop" if complete >= 0.8 * rows else "mean")
    source = source_of(dict(facts))
    return Table(source=source, columns=columns, target=goal, rows=rows, complete=complete, missing=fill)  # type: ignore[arg-type]


def _as_it_is(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of data in which there is nothing to choose."""
    more = {name: facts[name] for name in ("positions", "vocabulary", "padded")} if facts["kind"] == "sequences" else {}
    return {
        "source": source_of(dict(facts)).model_dump(mode="json"),
        "samples": facts["rows"],
        "extents": facts["shape"],
        "classes": facts["classes"],
        "targets": facts["targets"],
        **more,
    }


def guess_target(facts: Mapping[str, Any], types: Mapping[str, str]) -> str:
    """The column that is most likely to be predicted: one called so, else the last one that can be."""
    for found in facts["columns"]:
        if found["name"].casefold() in _TARGET_NAMES and found["name"] not in types:
            _refuse_one_value(facts, found)
    able = [c for c in facts["columns"] if types.get(c["name"], c["guess"]) in ("number", "category")]
    if not able:
        raise DataProblem(_("{file}: no column holds numbers or classes to predict.").format(file=facts["name"]))
    named = [c["name"] for c in able if c["name"].casefold() in _TARGET_NAMES]
    return str(named[0] if named else able[-1]["name"])


def guess_goal(found: Mapping[str, Any]) -> str:
    """What a column is when it is the target: few whole numbers are classes."""
    values = found["values"]
    few = values is not None and 2 <= len(values) <= _FEW and len(values) * 10 <= found["numbers"]
    if found.get("counting"):
        return "number"
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
            "{file}, row {row}: column {name} holds {text!r}, which is no number, as in {count:,} rows."
            " Make it a category or ignore it."
        )
        row = found["odd_row"] + facts["reading"]["header"]
        count = found["odd"]
        raise DataProblem(text.format(file=facts["name"], row=row, name=name, text=found["odd_text"], count=count))
    if kind == "category" and found["values"] is None:
        text = _("{file}: column {name} has more than {limit:,} different values, too many for categories.")
        raise DataProblem(text.format(file=facts["name"], name=name, limit=LARGEST_VOCABULARY))
    if kind == "date" and not (found.get("days") or {}).get("read"):
        text = _("{file}: column {name} holds no dates. Make it a number or a category, or ignore it.")
        raise DataProblem(text.format(file=facts["name"], name=name))
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
        if column.goes_in and column.name in gappy:
            known &= stored.known(column)
    return rows, int(known.sum())
