"""`dllab step`: one line an operation of a training step, and the arrays of each as a file."""

import argparse
import io
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from dllab.checking import check
from dllab.cli import clustersteps
from dllab.cli.reading import changed, opened
from dllab.cli.said import BadInput, print_line
from dllab.cli.training import refuse_code, refuse_untrainable
from dllab.engine.trouble import explain as explain_trouble
from dllab.engine.trouble import explain_non_finite
from dllab.files import in_words, write_atomic
from dllab.stepping import Operation, walk
from dllab.stepping.saying import say
from dllab.text import _
from dllab.training.session import NonFinite, Session


def run(options: argparse.Namespace) -> int:
    """Walk through the batches asked for. 1 when the loss is no number."""
    if options.batches < 1:
        raise BadInput(_("--batches takes a number from 1 on, not {given}").format(given=options.batches))
    experiment = opened(options.file)
    if options.seed is not None:
        experiment = changed(experiment, [f"seed={options.seed}"])
    refuse_code(experiment, options)
    refuse_untrainable(experiment, options.file)
    checked = check(experiment)
    if checked.fits_only:
        labels = clustersteps.run(checked, options)
        if options.output:
            write_arrays(options.output, labels)
        return 0
    try:
        session = Session(experiment, "cpu")
    except Exception as problem:
        raise BadInput(explain_trouble(problem, None).text) from problem
    arrays: dict[str, np.ndarray] = {}
    try:
        for _batch in range(options.batches):
            for operation in walk(session):
                options.interrupt.check()
                _say(operation, say(session, operation), options.json)
                if options.output:
                    arrays |= _kept(operation)
    except NonFinite as trouble:
        raise BadInput(explain_non_finite(session, trouble).text) from trouble
    if options.output:
        write_arrays(options.output, arrays)
    return 0


def write_arrays(path: str, arrays: dict[str, np.ndarray]) -> None:
    """An .npz of plain arrays. Raises BadInput."""
    whole = io.BytesIO()
    np.savez(whole, **arrays)  # type: ignore[arg-type]  # numpy takes its own options by name, too
    try:
        write_atomic(Path(path), whole.getvalue())
    except OSError as problem:
        raise BadInput(f"{path}: {in_words(problem)}") from problem


def _kept(operation: Operation) -> dict[str, np.ndarray]:
    where = "/".join(filter(None, (str(operation.batch), operation.phase, operation.node)))
    return {f"{where}/{name}": array for name, array in operation.numbers().items()}


def _say(operation: Operation, text: str, as_json: bool) -> None:
    numbers = operation.numbers()
    if as_json:
        print_line(_line(operation, numbers, text))
        return
    shapes = ", ".join(f"{name} {'×'.join(map(str, array.shape)) or '1'}" for name, array in numbers.items())
    said = text if operation.phase in ("clip", "stop") else f"{shapes}  {text}"
    print(f"{operation.batch:>3}  {operation.phase:<10}  {operation.node:<16}  {said}".rstrip())


def _line(operation: Operation, numbers: dict[str, np.ndarray], text: str) -> dict[str, Any]:
    line: dict[str, Any] = {"batch": operation.batch, "phase": operation.phase, "node": operation.node}
    for scalar in ("loss", "norm", "epoch", "epochs"):
        if scalar in numbers:
            value = numbers[scalar].item()
            line[scalar] = value if isfinite(value) else None
    if operation.phase == "stop":
        line["finished"] = operation.outcome.finished if operation.outcome is not None else ""
    if text:
        line["text"] = text
    line["arrays"] = {name: list(array.shape) for name, array in numbers.items()}
    return line
