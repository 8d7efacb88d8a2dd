"""What the rules know of a run: measured in the engine, put together with its curves in the window."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dllab.checking import Problem, check
from dllab.document.experiment import Experiment
from dllab.text import _

COLUMNS = ("gradient", "weight", "update", "dead", "saturated")
"""What is measured of every layer; NaN where it has no such thing."""


@dataclass(frozen=True)
class LayerFacts:
    """One layer at the present step."""

    node: str
    """Id with all groups laid open."""
    kind: str
    title: str
    gradient: float
    """Root mean square of the numbers in its weights' gradient, those that are 0 left out."""
    weight: float
    """Root mean square of its weights."""
    update: float
    """Length of the next update against that of the weights."""
    dead: float
    """Share of its units that put out 0 for every sample."""
    saturated: float
    """Share of its outputs at one of the two ends."""


@dataclass(frozen=True)
class Facts:
    """A run as far as it was measured."""

    experiment: Experiment
    layers: tuple[LayerFacts, ...]
    step: int
    samples: int
    """Samples that dead and saturated units were counted over."""
    gradient: float
    """Length of the whole gradient before clipping."""
    batch_size: int
    learning_rate: float
    first: float
    """Loss of the very first batch."""
    start: float
    """Mean loss of the first ten."""
    epochs: Sequence[Mapping[str, float]]
    """The numbers at epoch ends."""
    telling: tuple[tuple[str, float], ...] = ()
    """Features that tell the target alone: (name, how well from 0 to 1)."""
    shared: float = 0.0
    """Share of the validation samples that are in the training part too."""
    problems: tuple[Problem, ...] = ()

    def trains(self, name: str) -> list[float]:
        """A number at every epoch end that has it."""
        return [float(epoch[name]) for epoch in self.epochs if name in epoch and math.isfinite(epoch[name])]

    @property
    def pace(self) -> float:
        """Update against weights, in the middle of the layers; NaN without layers."""
        known = [layer.update for layer in self.layers if math.isfinite(layer.update)]
        return float(np.median(known)) if known else math.nan


def put_together(
    arrays: Mapping[str, np.ndarray],
    labels: Mapping[str, Any],
    experiment: Experiment,
    losses: np.ndarray,
    epochs: Sequence[Mapping[str, float]],
) -> Facts:
    """Facts from what the engine measured and from the curves of the run."""
    found = check(experiment)
    rows = zip(labels["nodes"], labels["kinds"], *(arrays[name].tolist() for name in COLUMNS), strict=True)
    layers = tuple(LayerFacts(node, kind, _title(experiment, found, node), *numbers) for node, kind, *numbers in rows)
    return Facts(
        experiment=experiment,
        layers=layers,
        step=int(labels["step"]),
        samples=int(labels["samples"]),
        gradient=float(labels["gradient"]),
        batch_size=int(labels["batch_size"]),
        learning_rate=float(labels["learning_rate"]),
        first=float(losses[0]) if len(losses) else math.nan,
        start=float(np.mean(losses[:10])) if len(losses) else math.nan,
        epochs=epochs,
        telling=tuple((name, score) for name, score in labels["telling"]),
        shared=float(labels["shared"]),
        problems=found.problems,
    )


def _title(experiment: Experiment, found: Any, node: str) -> str:
    laid = found.experiment.model.nodes.get(node)
    if laid is not None and laid.title:
        return str(laid.title)
    known = found.nodes.get(node)
    return _(known.layer.title) if known is not None and known.layer is not None else node
