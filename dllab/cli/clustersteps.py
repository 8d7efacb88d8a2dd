"""`dllab step` on an experiment that only clusters: one line a step of the algorithm."""

import argparse
from typing import Any

import numpy as np

from dllab.checking import Check
from dllab.cli.clustering import Ways
from dllab.cli.said import BadInput, complain, print_line
from dllab.clustering.chain import clusterings, reduced, seen
from dllab.clustering.fit import ClusterProblem
from dllab.clustering.steps import Step, Trace, follow
from dllab.data.prepare import DataProblem, prepare
from dllab.layers.analysing import Clustering
from dllab.text import _


def run(checked: Check, options: argparse.Namespace) -> dict[str, np.ndarray]:
    """Print every step of every clustering; the labels after each, by "node/step/labels". Raises BadInput."""
    arrays: dict[str, np.ndarray] = {}
    try:
        samples = seen(prepare(checked.experiment))
        for node in clusterings(checked):
            layer = checked.nodes[node].layer
            assert isinstance(layer, Clustering)
            rows = reduced(checked, node, samples.x, Ways(options.interrupt).reduce)
            trace = follow(layer, rows, checked.experiment.seed)
            if len(trace.index) < len(rows):
                text = _("{node}: followed on {count:,} of {all:,} samples, drawn at random.")
                complain(text.format(node=node, count=len(trace.index), all=len(rows)))
            arrays |= _told(node, trace, options)
    except (ClusterProblem, DataProblem) as problem:
        raise BadInput(f"{options.file}: {problem}") from problem
    return arrays


def _told(node: str, trace: Trace, options: argparse.Namespace) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {f"{node}/index": trace.index}
    for number, step in enumerate(trace.steps):
        options.interrupt.check()
        if options.json:
            print_line(_line(node, number, step))
        else:
            print(f"{number + 1:>4}  {step.what:<7}  {step.text}", flush=True)
        if options.output:
            arrays[f"{node}/{number + 1}/labels"] = step.labels
    return arrays


def _line(node: str, number: int, step: Step) -> dict[str, Any]:
    found = len(np.unique(step.labels[step.labels >= 0]))
    return {"node": node, "step": number + 1, "what": step.what, **step.facts, "found": found, "text": step.text}
