"""`dllab probe`: what a view would show, as arrays in a file."""

import argparse
import json
from typing import Any

import numpy as np

from dllab.cli.reading import changed, opened
from dllab.cli.said import BadInput, table
from dllab.cli.stepping import write_arrays
from dllab.cli.training import refuse_code, refuse_untrainable
from dllab.document.experiment import Experiment
from dllab.engine.trouble import explain, explain_non_finite
from dllab.probes import PROBES, SLOW, DoesNotApply, Shown, compute, load_probes
from dllab.text import _
from dllab.training.run import train
from dllab.training.session import Session


def run(options: argparse.Namespace) -> int:
    """Train as long as asked, then look."""
    if not options.list and not options.output:
        raise BadInput(_("--what needs a file to write: -o OUT.npz"))
    experiment = opened(options.file)
    if options.seed is not None:
        experiment = changed(experiment, [f"seed={options.seed}"])
    refuse_code(experiment, options)
    refuse_untrainable(experiment, options.file)
    load_probes()
    session = _trained(experiment, 0 if options.list else options.epochs or 0, options)
    if options.list:
        rows = [(name, *_applies(session, name)) for name in sorted(PROBES)]
        for line in table(("name", "applies", "arrays, or why not"), rows):
            print(line)
        return 0
    try:
        shown = _look(session, options.what, options.node, options.sample)
    except DoesNotApply as reason:
        raise BadInput(str(reason)) from reason
    facts = json.dumps(shown.labels, ensure_ascii=False, default=str)
    axes = {f"{name}.axes": np.array(shown.axes.get(name, ()), dtype=np.str_) for name in shown.arrays}
    write_arrays(options.output, {**shown.arrays, **axes, "labels": np.array(facts)})
    for name, array in shown.arrays.items():
        print(f"{name}: {array.dtype} {_extents(shown, name)}")
    return 0


def _trained(experiment: Experiment, epochs: int, options: argparse.Namespace) -> Session:
    try:
        if epochs < 1:
            return Session(experiment, "cpu")
        longer = changed(experiment, [f"training.epochs={epochs}"])
        result = train(longer, "cpu", should_stop=lambda: options.interrupt.seen)
    except BadInput:
        raise
    except Exception as problem:
        raise BadInput(explain(problem, None).text) from problem
    options.interrupt.check()
    if result.trouble is not None:
        raise BadInput(explain_non_finite(result.session, result.trouble).text)
    return result.session


def _extents(shown: Shown, name: str) -> str:
    """16 channel × 8 row × 8 column."""
    shape, axes = shown.arrays[name].shape, shown.axes.get(name, ())
    said = [f"{n} {axes[i]}" if len(axes) == len(shape) else str(n) for i, n in enumerate(shape)]
    return " × ".join(said) or "1"


def _applies(session: Session, name: str) -> tuple[str, str]:
    """Whether there is something to show here, and what; or why not."""
    try:
        if name in SLOW:
            # The first piece says whether there will be an answer.
            next(SLOW[name](session, {"node": next(reversed(session.network.plan)).node}))
            return _("yes"), _("(takes a while)")
        shown = _look(session, name, "", 0)
    except DoesNotApply as reason:
        return _("no"), str(reason)
    return _("yes"), ", ".join(shown.arrays)


def _look(session: Session, name: str, node: str, sample: int) -> Shown:
    """One probe; without a layer named, the first that has something to show."""
    params: dict[str, Any] = {"sample": sample, "indices": [sample]}
    nodes = [node] if node else [step.node for step in session.network.plan]
    for place, tried in enumerate(nodes):
        try:
            return compute(session, name, {**params, "node": tried})
        except DoesNotApply:
            if place == len(nodes) - 1:
                raise
    return compute(session, name, params)
