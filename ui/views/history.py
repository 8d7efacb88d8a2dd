"""What a view has measured while it was looked at: at growing steps, in bounded memory."""

import numpy as np

_MOST = 512


class History:
    """Rows of numbers by step. When they become too many every second one goes, so that all of the time stays covered."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._gap = 0.0
        """Steps that lie between two kept rows at least."""
        self.source: tuple[object, ...] = ()
        """What the rows are about; for anything else it begins anew."""
        self._steps: list[int] = []
        self._rows: list[np.ndarray] = []

    def __len__(self) -> int:
        return len(self._steps)

    def add(self, source: tuple[object, ...], step: int, row: np.ndarray) -> None:
        """One more measurement. The newest is always kept, until the next one comes."""
        if source != self.source or (self._steps and step < self._steps[-1]):
            self.source, self._gap = source, 0.0
            self._steps, self._rows = [], []
        if self._steps and (step == self._steps[-1] or self._too_near()):
            self._steps.pop()
            self._rows.pop()
        self._steps.append(step)
        self._rows.append(row)
        if len(self._steps) > self._most:
            self._steps, self._rows = self._steps[::2], self._rows[::2]
            self._gap = 0.75 * (self._steps[-1] - self._steps[0]) / len(self._steps)

    def _too_near(self) -> bool:
        """Whether the newest row lies too near to the one before it to be kept for good."""
        return len(self._steps) > 1 and self._steps[-1] - self._steps[-2] < self._gap

    @property
    def steps(self) -> np.ndarray:
        """Steps of the kept rows."""
        return np.array(self._steps, np.int64)

    @property
    def rows(self) -> np.ndarray:
        """The kept rows (n, numbers)."""
        return np.stack(self._rows) if self._rows else np.zeros((0, 0))
