"""How far a run is, how fast it goes, and how long it will take."""

from dllab.engine import protocol
from dllab.training.session import Session


class Meter:
    """Measures the rate over the last seconds: pauses and new batch sizes are soon forgotten."""

    def __init__(self) -> None:
        self._since, self._began = 0, 0.0

    def start(self, step: int, now: float) -> None:
        """The run stood at this step when it was set going."""
        self._since, self._began = step, now

    def read(self, run: str, session: Session, now: float) -> protocol.Progress:
        """Where it is now."""
        steps = session.step + _steps_left(session)
        elapsed = now - self._began
        rate = (session.step - self._since) / elapsed if elapsed > 0 else 0.0
        if elapsed > 2:
            self.start(session.step - round(rate), now - 1.0)
        left = (steps - session.step) / rate if rate > 0 else 0.0
        return protocol.Progress(run, session.step, steps, session.epoch, session.epochs, rate, left)


def _steps_left(session: Session) -> int:
    whole = max(0, session.epochs - session.epoch) * session.steps_per_epoch
    return max(0, whole - session.cursor // session.batch_size)
