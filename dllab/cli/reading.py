"""What a command is given: an experiment file, and values to change in it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from dllab.cli.said import BadInput
from dllab.document import edits
from dllab.document.experiment import Experiment
from dllab.document.format import FileProblem, load
from dllab.files import in_words
from dllab.text import _


def opened(path: str) -> Experiment:
    """The experiment in a file. Raises BadInput."""
    try:
        return load(Path(path)).experiment
    except FileProblem as problem:
        raise BadInput(f"{path}: {problem}") from problem
    except FileNotFoundError as problem:
        raise BadInput(_("{path}: there is no such file").format(path=path)) from problem
    except OSError as problem:
        raise BadInput(f"{path}: {in_words(problem)}") from problem
    except ValueError as problem:  # a name that no file can have
        raise BadInput(f"{path!r}: {problem}") from problem


def changed(experiment: Experiment, settings: Sequence[str]) -> Experiment:
    """The experiment with every `PATH=VALUE` carried out. Raises BadInput."""
    for setting in settings:
        path, sign, text = setting.partition("=")
        if not sign or not path:
            raise BadInput(_("--set takes PATH=VALUE, not {given!r}").format(given=setting))
        experiment = _set(experiment, path.strip(), text)
    return experiment


def _set(experiment: Experiment, path: str, text: str) -> Experiment:
    """A value is read as JSON; what isn't JSON, or doesn't fit as such (a title "2024"), is text."""
    try:
        value: Any = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        value = text
    try:
        return edits.set_path(experiment, path, value)
    except edits.Refused as reason:
        if value != text and reason.code == "value":
            try:
                return edits.set_path(experiment, path, text)
            except edits.Refused:
                pass
        raise BadInput(f"--set {path}: {str(reason).removeprefix(path).lstrip(' :')}") from reason


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
