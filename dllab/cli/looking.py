"""`dllab check`: the shape table of a file, and what keeps it from training."""

import argparse
from typing import Any

from dllab.checking import Check, NodeCheck, check
from dllab.checking.problem import Problem
from dllab.cli.reading import opened
from dllab.cli.said import print_json, table
from dllab.document.experiment import Experiment
from dllab.layers.base import show_shape
from dllab.text import _


def run(options: argparse.Namespace) -> int:
    """Print what checking knows. 1 when the experiment can't train."""
    experiment = opened(options.file)
    checked = check(experiment)
    experiment = checked.experiment
    if options.json:
        print_json(as_json(experiment, checked))
    else:
        _print_table(experiment, checked)
    return 0 if checked.trainable else 1


def as_json(experiment: Experiment, checked: Check) -> dict[str, Any]:
    """The check as plain data."""
    return {
        "title": experiment.title,
        "trainable": checked.trainable,
        "parameters": checked.parameters,
        "output": checked.output,
        "nodes": [_node(experiment, name, checked.nodes[name]) for name in _names(experiment, checked)],
        "problems": [_problem(problem) for problem in checked.problems],
    }


def _node(experiment: Experiment, name: str, node: NodeCheck) -> dict[str, Any]:
    return {
        "id": name,
        "kind": experiment.model.nodes[name].kind,
        "title": _title(experiment, name, node),
        "inputs": node.inputs,
        "outputs": node.shapes,
        "parameters": node.parameters,
        "arithmetic": node.arithmetic,
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "severity": problem.severity,
        "node": problem.node,
        "name": problem.name,
        "text": problem.text,
        "fixes": [fix.text for fix in problem.fixes],
    }


def _names(experiment: Experiment, checked: Check) -> tuple[str, ...]:
    return checked.everything or tuple(experiment.model.nodes)


def _title(experiment: Experiment, name: str, node: NodeCheck) -> str:
    own = experiment.model.nodes[name]
    return own.title or (_(node.layer.title) if node.layer else own.kind)


def _print_table(experiment: Experiment, checked: Check) -> None:
    rows = []
    for name in _names(experiment, checked):
        node = checked.nodes[name]
        shape = ", ".join(show_shape(s) for s in node.shapes.values())
        if not shape and node.inputs and node.inputs[0] is not None and node.layer is not None:
            shape = show_shape(node.inputs[0])  # the end of the network has no output of its own
        count = f"{node.parameters:,}" if node.parameters else ""
        rows.append((name, _title(experiment, name, node), shape or "?", count, node.arithmetic))
    if rows:
        head = (_("node"), _("layer"), _("shape"), _("parameters") + ">", _("arithmetic"))
        print(*table(head, rows), sep="\n")
    print(_("{count:,} parameters in all.").format(count=checked.parameters))
    for problem in checked.problems:
        print(problem_line(problem))
    if checked.trainable and checked.fits_only:
        print(_("It clusters data and trains nothing: dllab cluster FILE."))
        return
    print(_("It can be trained.") if checked.trainable else _("It can't be trained yet."))


def problem_line(problem: Problem) -> str:
    """One problem with its place and what would help."""
    label = _("Problem") if problem.severity == "error" else _("Warning")
    place = f" ({problem.node or problem.name})" if problem.node or problem.name else ""
    ways = " ".join(f"[{fix.text}]" for fix in problem.fixes)
    return f"{label}{place}: {problem.text} {ways}".rstrip()
