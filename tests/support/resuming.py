"""A run that is taken up from its checkpoint by another session, as after a crash."""

from pathlib import Path

from dllab.document.experiment import Experiment
from dllab.training import checkpoint
from dllab.training.session import Session


def taken_up(experiment: Experiment, steps: int, folder: Path) -> Session:
    """A new session that goes on where another one has come to after so many steps."""
    first = Session(experiment, "cpu")
    for _step in range(steps):
        first.advance()
    checkpoint.save(first, folder)
    second = Session(experiment, "cpu")
    checkpoint.load(second, folder)
    return second
