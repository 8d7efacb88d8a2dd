"""Which learning rate? A run of its own whose rate grows from step to step until the loss grows too."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from dllab.document.experiment import Choice, Experiment
from dllab.training.session import NonFinite, Session

LOWEST, HIGHEST, STEPS = 1e-6, 10.0, 120
_KEEPS, _TOO_MUCH = 0.9, 4.0
_FIRST = 8
"""Points at the beginning that say too little to be suggested."""


@dataclass(frozen=True)
class Point:
    """One step."""

    rate: float
    loss: float
    smooth: float
    """The mean of the losses so far, in which earlier ones fade."""


def sweep(
    experiment: Experiment,
    device: str = "auto",
    lowest: float = LOWEST,
    highest: float = HIGHEST,
    steps: int = STEPS,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Point]:
    """Train a fresh network step by step, every rate the same factor above the one before; ends early where the loss
    has grown to four times the least or is no number.

    Reference: Smith, *Cyclical learning rates for training neural networks*, WACV 2017, 3.3.
    """
    recipe = {"schedule": Choice(kind="constant"), "patience": 0, "keep_best": False, "epochs": 1_000_000}
    training = experiment.training.model_copy(update=recipe)
    session = Session(experiment.model_copy(update={"training": training}), device)
    mean, least = 0.0, math.inf
    for number in range(steps):
        if should_stop():
            return
        rate = lowest * (highest / lowest) ** (number / max(1, steps - 1))
        session.update.set_learning_rate(rate)
        try:
            loss = session.advance().loss
        except NonFinite:
            return
        mean = _KEEPS * mean + (1 - _KEEPS) * loss
        smooth = mean / (1 - _KEEPS ** (number + 1))
        least = min(least, smooth)
        yield Point(rate, loss, smooth)
        if number >= _FIRST and smooth > _TOO_MUCH * least:
            return


def suggested(points: Iterable[Point]) -> float | None:
    """The rate at which the smoothed loss falls fastest on its way to its least; None where it hardly falls at all."""
    found = list(points)
    smooth = np.array([point.smooth for point in found])
    end = int(smooth.argmin()) if len(found) else 0
    if end <= _FIRST or smooth[end] > 0.98 * smooth[_FIRST]:
        return None
    rates = np.log([point.rate for point in found[: end + 1]])
    slopes = np.gradient(smooth[: end + 1], rates)
    steepest = _FIRST + int(slopes[_FIRST:].argmin())
    return float(f"{found[steepest].rate:.2g}")
