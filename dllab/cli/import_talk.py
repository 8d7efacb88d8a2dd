"""What `dllab import` tells: a bar, a table and sentences for people, or JSON lines for the window."""

import sys
import time
from typing import Any

from dllab.cli.bar import Bar, clock
from dllab.cli.interrupt import Interrupt
from dllab.cli.said import print_line, table
from dllab.data.base import DataProblem, Dataset, DataSpec
from dllab.data.own.remarks import remarks
from dllab.text import _

_EVERY_S = 0.1


class Talk:
    """Tells how far an import is, what is in the file, and what will be used of it."""

    def __init__(self, as_json: bool, interrupt: Interrupt) -> None:
        self._json, self._interrupt = as_json, interrupt
        self.bar = Bar(sys.stderr)
        self._began, self._told = time.monotonic(), -_EVERY_S

    def say(self, event: dict[str, Any]) -> None:
        """One line, if lines are asked for."""
        if self._json:
            print_line(event)

    def progress(self, done: int, total: int) -> None:
        """At once, then at most ten times a second. Raises KeyboardInterrupt after Ctrl-C: nothing of the file is kept then."""
        self._interrupt.check()
        now = time.monotonic()
        if now - self._told < _EVERY_S:
            return
        self._told = now
        left = (now - self._began) * (total - done) / max(done, 1)
        self.say({"event": "progress", "done": done, "total": total, "left": left})
        if not self._json and sys.stderr.isatty():
            self.bar.draw(done / max(total, 1), _("{left} left").format(left=clock(left)))

    def found(self, facts: dict[str, Any]) -> None:
        """What is in the file, before anything is chosen."""
        self.say({"event": "found", "facts": facts})
        self.bar.close()

    def holds(self, facts: dict[str, Any], types: dict[str, str]) -> None:
        """What is in the file, for people; a table with what its columns are taken for."""
        if self._json:
            return
        if facts["kind"] == "table":
            print(_("{name}: {rows:,} rows").format(name=facts["name"], rows=facts["rows"]))
            head = (_("column"), _("type"), _("missing") + ">", _("holds"))
            rows = [_line(column, facts["first"], place, types) for place, column in enumerate(facts["columns"])]
            print(*table(head, rows), sep="\n")
        elif facts["kind"] == "text":
            text = _("{name}: {characters:,} characters, {words:,} words")
            counts = {unit: facts["units"][unit]["count"] for unit in ("character", "word")}
            print(text.format(name=facts["name"], characters=counts["character"], words=counts["word"]))
        else:
            for name, count in zip(facts["classes"], facts["counts"], strict=True):
                print(f"{name}  {count:,}")

    def chosen(self, facts: dict[str, Any], dataset: Dataset) -> None:
        """What an experiment will use. Raises DataProblem when it could not be trained on."""
        self.say({"event": "chosen", "kind": dataset.kind, "params": dataset.model_dump(mode="json")})
        if self._json:
            return
        goal = getattr(dataset, "goal", None)
        columns = (*getattr(dataset, "columns", ()), *([goal] if goal else []))
        self.holds(facts, {column.name: column.type for column in columns})
        if dataset.problem():
            raise DataProblem(dataset.problem())
        for sentence in remarks(facts, dataset):
            print(sentence)
        spec = dataset.spec()
        inputs = " × ".join(map(str, spec.input))
        if spec.task == "none":
            text = _("{samples:,} samples of {inputs}; nothing to predict: they can be clustered.")
            print(text.format(samples=spec.samples, inputs=inputs))
            return
        text = _("{samples:,} samples of {inputs}; to predict: {target}.")
        print(text.format(samples=spec.samples, inputs=inputs, target=_goal(dataset, spec)))


def _goal(dataset: Dataset, spec: DataSpec) -> str:
    if spec.positions:
        return _("what comes next, one of {count}").format(count=len(spec.classes))
    if spec.targets:
        return ", ".join(spec.targets[:6])
    classes = _("{count} classes").format(count=len(spec.classes))
    name = getattr(dataset, "target", "")
    return f"{name} ({classes})" if name else classes


def _line(
    column: dict[str, Any], first: list[list[str]], place: int, types: dict[str, str]
) -> tuple[str, str, str, str]:
    kind = types.get(column["name"], column["guess"])
    values = column["values"]
    if kind == "number" and column["numbers"]:
        holds = f"{column['low']:g} … {column['high']:g}"
    elif values is not None:
        holds = ", ".join(values[:6]) + (" …" if len(values) > 6 else "")
    else:
        holds = ", ".join(row[place] for row in first[:3]) + " …"
    missing = column["missing"] + (column["odd"] if kind == "number" else 0)
    return column["name"], kind, f"{missing:,}" if missing else "", holds[:60]
