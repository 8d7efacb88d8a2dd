"""`dllab import`: bring a person's own data into the lab; the window runs the same command and reads its JSON lines."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from dllab.checking import check
from dllab.cli.bar import Bar, clock
from dllab.cli.interrupt import Interrupt
from dllab.cli.reading import opened
from dllab.cli.said import BadInput, table
from dllab.data.base import DataProblem, Dataset
from dllab.data.own import store
from dllab.data.own.bringing import bring
from dllab.data.own.choosing import choose
from dllab.data.own.source import Source
from dllab.data.own.starting import starter
from dllab.document.edits import set_path
from dllab.document.experiment import Choice
from dllab.document.format import save
from dllab.text import _

_EVERY_S = 0.1


def run(options: argparse.Namespace) -> int:
    """Read a file, say what is in it, and make or change an experiment if one is named."""
    talk = Talk(options.json, options.interrupt)
    try:
        facts = _facts(options, talk)
        talk.found(facts)
        target = "" if options.no_target else options.target or None
        dataset = choose(facts, dict(map(_pair, options.types)), target, options.missing)
        talk.chosen(dataset)
    except DataProblem as problem:
        if options.json:
            talk.say({"event": "problem", "text": str(problem)})
            return 1
        raise BadInput(str(problem)) from problem
    finally:
        talk.bar.close()
    _use(options, dataset)
    return 0


def _facts(options: argparse.Namespace, talk: "Talk") -> dict[str, Any]:
    """Of a file that is read now, or of content that has been read before."""
    if options.content:
        try:
            content = Source(content=options.content, name=options.content[:8])
        except ValueError as error:
            raise DataProblem(_("{given!r} names no content.").format(given=options.content[:80])) from error
        return {**store.facts(content), "content": options.content, "new": False}
    if options.download:
        from dllab.data.own.downloads import fetch
        from dllab.data.own.published import DOWNLOADS

        return fetch(DOWNLOADS[options.download], talk.progress, options.base)
    if not options.file:
        raise BadInput(_("Name a file to import."))
    path = Path(options.file)
    if options.side is not None and not 4 <= options.side <= 512:
        raise BadInput(_("--side takes 4 to 512 pixels"))
    if not path.exists():
        raise DataProblem(_("{path}: there is no such file").format(path=options.file))
    given = {
        "encoding": options.encoding,
        "delimiter": "\t" if options.delimiter == "tab" else options.delimiter,
        "decimal": options.decimal,
        "header": options.header == "yes" if options.header else None,
        "side": options.side,
        "colour": options.colour,
    }
    return bring(path, given, talk.progress)


def _pair(text: str) -> tuple[str, str]:
    name, sign, kind = text.rpartition("=")
    if not sign:
        raise BadInput(_("--type takes COLUMN=TYPE, not {given!r}").format(given=text))
    return name, kind


def _use(options: argparse.Namespace, dataset: Dataset) -> None:
    """Write the experiment that was asked for."""
    params = dataset.model_dump(mode="json")
    choice = Choice(kind=dataset.kind, params=params)
    if options.into:
        experiment, path = set_path(opened(options.into), "data", choice), Path(options.into)
    elif options.output:
        path = Path(options.output)
        if path.exists() and not options.force:
            raise BadInput(_("{path} is there already; --force writes over it").format(path=path))
        experiment = starter(Path(dataset.name()).stem, choice, dataset.spec())
    else:
        return
    try:
        save(experiment, path)
    except OSError as problem:
        raise BadInput(f"{path}: {problem.strerror or problem}") from problem
    if not options.json:
        text = _("Wrote {path}. Train it with: dllab train {path}")
        if check(experiment).fits_only:
            text = _("Wrote {path}. Cluster it with: dllab cluster {path}")
        print(text.format(path=path))


class Talk:
    """What an import tells: a bar and a table for people, or JSON lines."""

    def __init__(self, as_json: bool, interrupt: Interrupt) -> None:
        self._json, self._interrupt = as_json, interrupt
        self.bar = Bar(sys.stderr)
        self._began = self._told = time.monotonic()

    def say(self, event: dict[str, Any]) -> None:
        """One line, if lines are asked for."""
        if self._json:
            print(json.dumps(event, allow_nan=False), flush=True)

    def progress(self, done: int, total: int) -> None:
        """At most ten times a second. Raises KeyboardInterrupt after Ctrl-C: nothing of the file is kept then."""
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
        """What is in the file."""
        self.say({"event": "found", "facts": facts})
        if self._json:
            return
        self.bar.close()
        if facts["kind"] != "table":
            for name, count in zip(facts["classes"], facts["counts"], strict=True):
                print(f"{name}  {count:,}")
            return
        print(_("{name}: {rows:,} rows").format(name=facts["name"], rows=facts["rows"]))
        head = (_("column"), _("type"), _("missing") + ">", _("holds"))
        print(
            *table(head, [_line(column, facts["first"], place) for place, column in enumerate(facts["columns"])]),
            sep="\n",
        )

    def chosen(self, dataset: Dataset) -> None:
        """What an experiment will use."""
        self.say({"event": "chosen", "kind": dataset.kind, "params": dataset.model_dump(mode="json")})
        if self._json:
            return
        if dataset.problem():
            raise DataProblem(dataset.problem())
        spec = dataset.spec()
        if spec.task == "none":
            text = _("{samples:,} samples of {inputs}; nothing to predict: they can be clustered.")
            print(text.format(samples=spec.samples, inputs=" × ".join(map(str, spec.input))))
            return
        target = spec.targets[0] if spec.targets else _("{count} classes").format(count=len(spec.classes))
        if getattr(dataset, "target", ""):
            target = f"{dataset.target} ({target})" if spec.classes else target  # type: ignore[attr-defined]
        text = _("{samples:,} samples of {inputs}; to predict: {target}.")
        print(text.format(samples=spec.samples, inputs=" × ".join(map(str, spec.input)), target=target))


def _line(column: dict[str, Any], first: list[list[str]], place: int) -> tuple[str, str, str, str]:
    values = column["values"]
    if column["guess"] == "number":
        holds = f"{column['low']:g} … {column['high']:g}"
    elif values is not None:
        holds = ", ".join(values[:6]) + (" …" if len(values) > 6 else "")
    else:
        holds = ", ".join(row[place] for row in first[:3]) + " …"
    return column["name"], column["guess"], f"{column['missing']:,}" if column["missing"] else "", holds[:60]
