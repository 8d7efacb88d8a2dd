"""A growing curve in bounded memory: an even cover from the first point to the last that keeps every spike."""

import numpy as np


class Series:
    """Points (step, value) in order. While they fit all are kept; then of every bucket only its least and its most.

    When the buffer is full the *bucket* doubles. Halving the buffer itself would thin old points again and again and
    keep little but the newest; plain striding would lose single spikes.
    """

    def __init__(self, capacity: int = 65_536) -> None:
        self._steps = np.empty(256)
        self._values = np.empty(256)
        self._capacity = capacity
        self._bucket = 2
        self._kept = 0
        """Points that stand for whole buckets; raw ones of the bucket under way follow them."""
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def steps(self) -> np.ndarray:
        """Steps of the kept points (float64, read-only view)."""
        return self._view(self._steps)

    @property
    def values(self) -> np.ndarray:
        """Values of the kept points (float64, read-only view)."""
        return self._view(self._values)

    def extend(self, steps: np.ndarray, values: np.ndarray) -> None:
        """Add points."""
        for start in range(0, len(steps), self._capacity // 4):
            part = slice(start, start + self._capacity // 4)
            self._append(steps[part], values[part])

    def _append(self, steps: np.ndarray, values: np.ndarray) -> None:
        while self._count + len(steps) > self._capacity:
            # Two neighbouring pairs become one: half as many points for buckets twice as long.
            self._reduce(0, self._kept // 4 * 4, 4)
            self._bucket *= 2
            self._take_in()
        need = self._count + len(steps)
        if need > len(self._steps):
            size = min(max(need, 2 * len(self._steps)), self._capacity)
            self._steps, self._values = np.resize(self._steps, size), np.resize(self._values, size)
        self._steps[self._count : need] = steps
        self._values[self._count : need] = values
        self._count = need
        self._take_in()

    def _take_in(self) -> None:
        """Turn the whole buckets among the raw points into pairs; the newest point stays raw, to be read off exactly."""
        whole = (self._count - self._kept - 1) // self._bucket
        if whole:
            start = self._kept
            self._reduce(start, start + whole * self._bucket, self._bucket)
            self._kept = start + 2 * whole

    def _reduce(self, start: int, stop: int, size: int) -> None:
        """Leave of every `size` points between `start` and `stop` the lowest and the highest, in their order."""
        if size > 2 and stop > start:
            values = self._values[start:stop].reshape(-1, size)
            # A value that is no number must stay visible: it counts as the highest.
            keys = np.where(np.isnan(values), np.inf, values)
            low, high = keys.argmin(1), keys.argmax(1)
            low, high = np.where(low == high, 0, low), np.where(low == high, size - 1, high)
            places = np.sort(np.stack([low, high], 1), axis=1) + np.arange(start, stop, size)[:, None]
            index = np.concatenate([places.ravel(), np.arange(stop, self._count)])
            gone = stop - start - places.size
            self._steps[start : self._count - gone] = self._steps[index]
            self._values[start : self._count - gone] = self._values[index]
            self._count -= gone
            if start == 0:
                self._kept -= gone

    def _view(self, buffer: np.ndarray) -> np.ndarray:
        view = buffer[: self._count]
        view.flags.writeable = False
        return view
