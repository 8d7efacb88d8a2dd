"""The `*.dllab` file: JSON text with a schema version, read strictly, migrated forward, never executed."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dllab.declare import field_messages
from dllab.document.experiment import Experiment, Graph
from dllab.files import read_limited, write_atomic
from dllab.text import _

SCHEMA_VERSION = 1
SUFFIX = ".dllab"
SIZE_LIMIT = 10_000_000
_LIMITS = {"nodes": 10_000, "links": 40_000, "notes": 10_000, "frames": 10_000}
_VALUE_LIMIT = 400_000
_DEPTH_LIMIT = 64

# One pure function per step: the document of version n as a dict -> that of version n + 1.
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


class FileProblem(ValueError):
    """A file that can't be opened as an experiment, with the reason for people."""


@dataclass(frozen=True)
class Opened:
    """A document from a file; `newer` means a later version wrote it, so it must not be written over."""

    experiment: Experiment
    newer: bool = False


def to_text(experiment: Experiment) -> str:
    """The experiment as the text of a file."""
    content = {"schema_version": SCHEMA_VERSION, **experiment.model_dump(mode="json")}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def from_text(text: str) -> Opened:
    """Read the text of a file. Raises FileProblem."""
    content = _parse(text)
    version = content.pop("schema_version", None)
    if type(version) is not int or version < 1:
        raise FileProblem(_("This is not a dllab experiment: it has no schema version."))
    while version in MIGRATIONS and version < SCHEMA_VERSION:
        content = MIGRATIONS[version](content)
        version += 1
    newer = version > SCHEMA_VERSION
    if newer:
        content = _known_part(content)
    return Opened(_validate(Experiment, content), newer)


def save(experiment: Experiment, path: Path) -> None:
    """Write the experiment to a file, whole or not at all. Raises OSError."""
    write_atomic(path, to_text(experiment).encode("utf-8", "strict"))


def load(path: Path) -> Opened:
    """Open a file. Raises OSError (can't be read) or FileProblem (can't be understood)."""
    data = read_limited(path, SIZE_LIMIT)
    try:
        return from_text(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise FileProblem(_("This is not a dllab experiment: it is not text in UTF-8.")) from error


def graph_to_text(graph: Graph) -> str:
    """A part of a graph as clipboard text."""
    return json.dumps({"dllab_part": SCHEMA_VERSION, **graph.model_dump(mode="json")}, indent=1, ensure_ascii=False)


def graph_from_text(text: str) -> Graph | None:
    """A part of a graph from clipboard text, or None if the text is something else."""
    if "dllab_part" not in text or len(text) > SIZE_LIMIT:
        return None
    try:
        return part_from_text(text)
    except FileProblem:
        return None


def part_from_text(text: str) -> Graph:
    """A part of a graph as `graph_to_text` writes it. Raises FileProblem."""
    content = _parse(text)
    if content.pop("dllab_part", None) != SCHEMA_VERSION:
        raise FileProblem(_("This is no part of a network, or one that a later version wrote."))
    graph: Graph = _validate(Graph, content)
    return graph


def _parse(text: str) -> dict[str, Any]:
    # Counting is a thousand times quicker than parsing what is then refused.
    if len(text) > SIZE_LIMIT or text.count("{") > _VALUE_LIMIT // 4:
        raise FileProblem(_("The file holds too much: more than {limit:,} values.").format(limit=_VALUE_LIMIT))
    try:
        content = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except FileProblem:
        raise
    except (ValueError, RecursionError) as error:
        where = f" ({error})" if isinstance(error, json.JSONDecodeError) else ""
        raise FileProblem(_("The file is damaged: it is not readable as JSON{where}.").format(where=where)) from error
    if not isinstance(content, dict):
        raise FileProblem(_("This is not a dllab experiment."))
    _limit(content)
    return content


def _no_constant(name: str) -> Any:
    raise FileProblem(_("The file is damaged: {name} is not a number that a file may hold.").format(name=name))


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        double = next(name for name, count in Counter(name for name, _value in pairs).items() if count > 1)
        raise FileProblem(_("The file is damaged: {name!r} stands in it twice.").format(name=double[:80]))
    return result


def _limit(content: dict[str, Any]) -> None:
    """Refuse what would take long or much to look at closely."""
    model = content.get("model", content)
    for name, limit in _LIMITS.items():
        found = model.get(name) if isinstance(model, dict) else None
        if isinstance(found, (dict, list)) and len(found) > limit:
            text = _("The file has {count:,} {name}; at most {limit:,} can be opened.")
            raise FileProblem(text.format(count=len(found), name=name, limit=limit))
    level: list[Any] = [content]
    total = 0
    for _depth in range(_DEPTH_LIMIT):
        total += len(level)
        if total > _VALUE_LIMIT:
            text = _("The file holds too much: more than {limit:,} values.")
            raise FileProblem(text.format(limit=_VALUE_LIMIT))
        level = [
            inner
            for item in level
            for inner in (item.values() if isinstance(item, dict) else item if isinstance(item, list) else ())
        ]
        if not level:
            return
    raise FileProblem(_("The file is damaged: it is nested too deeply."))


def _known_part(content: dict[str, Any]) -> dict[str, Any]:
    """What this version understands of a newer file; the rest is only not shown, never saved over."""
    try:
        Experiment.model_validate_json(json.dumps(content))
    except ValidationError as error:
        for item in error.errors():
            if item["type"] == "extra_forbidden":
                _drop(content, item["loc"])
    except ValueError:
        pass  # whatever else is wrong is said when the known part is read
    return content


def _drop(content: Any, place: tuple[int | str, ...]) -> None:
    for name in place[:-1]:
        if not isinstance(content, dict) or name not in content:
            return
        content = content[name]
    if isinstance(content, dict):
        content.pop(place[-1], None)


def _validate(model: type[Any], content: dict[str, Any]) -> Any:
    try:
        return model.model_validate_json(json.dumps(content))
    except ValidationError as error:
        places = [f"{name} {sentence}" for name, sentence in field_messages(error)]
        more = _(" (and {count} more)").format(count=len(places) - 1) if len(places) > 1 else ""
        raise FileProblem(
            _("The file can't be understood: {place}{more}.").format(place=places[0], more=more)
        ) from error
    except (ValueError, RecursionError) as error:
        raise FileProblem(_("The file can't be understood: {reason}.").format(reason=str(error)[:200])) from error
