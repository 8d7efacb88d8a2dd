"""Train an experiment from start to end without a window: what the command line and notebooks call."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from dllab.document.experiment import Experiment
from dllab.training.device import threads
from dllab.training.session import NonFinite, Outcome, Session


@dataclass
class Result:
    """A finished run."""

    session: Session
    losses: list[float] = field(default_factory=list)
    """Training loss of every step."""
    epochs: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    reason: str = "epochs"
    """"epochs", "early-stop", "stopped" or "non-finite"."""
    trouble: NonFinite | None = None


def train(
    experiment: Experiment,
    device: str = "auto",
    on_epoch: Callable[[Result], object] = lambda result: None,
    on_step: Callable[[Session, Outcome], object] = lambda session, outcome: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Result:
    """Run to the end of the recipe (or until `should_stop`), then put the best weights in place if they are kept."""
    torch.set_num_threads(threads())
    session = Session(experiment, device)
    result = Result(session)
    start = time.perf_counter()
    finished = ""
    while not finished:
        try:
            outcome = session.advance()
        except NonFinite as trouble:
            result.trouble, finished = trouble, "non-finite"
            break
        result.losses.append(outcome.loss)
        on_step(session, outcome)
        if outcome.metrics is not None:
            result.epochs.append(outcome.metrics)
            result.seconds = time.perf_counter() - start
            on_epoch(result)
        finished = outcome.finished or ("stopped" if should_stop() else "")
    result.reason = finished
    result.seconds = time.perf_counter() - start
    if finished != "stopped":
        session.show_best()
    return result
