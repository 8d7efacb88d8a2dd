"""`dllab import`: bring a person's own data into the lab; the window runs the same command and reads its JSON lines."""

import argparse
from pathlib import Path
from typing import Any

from dllab.checking import check
from dllab.cli.import_talk import Talk
from dllab.cli.reading import opened
from dllab.cli.said import BadInput
from dllab.data.base import DataProblem, Dataset
from dllab.data.own import store
from dllab.data.own.bringing import bring
from dllab.data.own.choosing import choose
from dllab.data.own.cut import Cut
from dllab.data.own.source import MOST_WORDS, Source
from dllab.data.own.starting import starter
from dllab.document.edits import set_path
from dllab.document.experiment import Choice
from dllab.document.format import save
from dllab.files import in_words
from dllab.text import _


def run(options: argparse.Namespace) -> int:
    """Read a file, say what is in it, and make or change an experiment if one is named."""
    talk = Talk(options.json, options.interrupt)
    try:
        facts = _facts(options, talk)
        talk.found(facts)
        dataset = _chosen(options, facts, talk)
        talk.chosen(facts, dataset)
    except DataProblem as problem:
        if options.json:
            talk.say({"event": "problem", "text": str(problem)})
            return 1
        raise BadInput(str(problem)) from problem
    finally:
        talk.bar.close()
    _use(options, dataset)
    return 0


def _facts(options: argparse.Namespace, talk: Talk) -> dict[str, Any]:
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
        "way": options.way,
        "side": options.side,
        "colour": options.colour,
    }
    return bring(path, given, talk.progress)


def _chosen(options: argparse.Namespace, facts: dict[str, Any], talk: Talk) -> Dataset:
    target = "" if options.no_target else options.target or None
    try:
        return choose(facts, dict(map(_pair, options.types)), target, options.missing, options.way, _cut(options))
    except DataProblem:
        talk.holds(facts, {})  # so that a better choice can be made
        raise


def _cut(options: argparse.Namespace) -> Cut:
    """How text and series are cut. Raises BadInput for what no text and no series could be cut into."""
    limits = {
        "window": (1, 1000),
        "stride": (1, 10_000),
        "horizon": (1, 1000),
        "vocabulary": (2, MOST_WORDS),
        "length": (1, 1000),
    }
    for name, (least, most) in limits.items():
        given = getattr(options, name)
        if given and not least <= given <= most:
            raise BadInput(_("--{name} takes {least:,} to {most:,}").format(name=name, least=least, most=most))
    return Cut(
        unit=options.unit,
        small=None if options.small is None else options.small == "yes",
        words=options.words,
        **{name: getattr(options, name) for name in limits},
    )


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
        raise BadInput(f"{path}: {in_words(problem)}") from problem
    if not options.json:
        text = _("Wrote {path}. Train it with: dllab train {path}")
        if check(experiment).fits_only:
            text = _("Wrote {path}. Cluster it with: dllab cluster {path}")
        print(text.format(path=path))
