"""What a person may change of a run that is under way, as functions that can be carried out again."""

from collections.abc import Callable

from dllab.training.session import Session

Change = Callable[[Session], None]


def learning_rate(value: float) -> Change:
    """Another learning rate from the next step on."""
    return lambda session: session.update.set_learning_rate(value)


def batch_size(count: int) -> Change:
    """Other batches from the next step on."""

    def change(session: Session) -> None:
        session.batch_size = count

    return change


def more_epochs(count: int) -> Change:
    """That many epochs more than were planned, or than are over."""

    def change(session: Session) -> None:
        session.epochs = max(session.epochs, session.epoch) + count
        session.stale = 0

    return change
