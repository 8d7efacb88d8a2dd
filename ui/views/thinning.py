"""Long curves made short: as many points as the screen has columns, no peak lost, and smoothing that keeps up."""

import numpy as np

_BLOCK = 64


def thinned(
    x: np.ndarray, y: np.ndarray, left: float, right: float, columns: int, averaged: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """The part of a curve between two places; where many points share a column, their least and their most.

    With `averaged` their mean instead, for a curve that is smoothed anyway. `x` must ascend. Columns begin at
    multiples of a power of two, so a growing curve does not shimmer.
    """
    first = max(int(np.searchsorted(x, left)) - 1, 0)
    last = min(int(np.searchsorted(x, right, "right")) + 1, len(x))
    if last - first <= 2 * columns:
        return x[first:last], y[first:last]
    width = 1 << int(np.ceil(np.log2((last - first) / columns)))
    first -= first % width
    whole = first + (last - first) // width * width
    blocks = y[first:whole].reshape(-1, width)
    xs, tail = x[first + width // 2 : whole : width], y[whole:last]
    if averaged:
        ys = blocks.mean(axis=1)
    else:
        # fmin and fmax pass over values that are no numbers.
        low, high = np.fmin.reduce(blocks, axis=1), np.fmax.reduce(blocks, axis=1)
        xs, ys = np.repeat(xs, 2), np.stack([low, high], axis=1).ravel()
    if len(tail) and not averaged:
        xs = np.append(xs, [x[whole], x[whole]])
        ys = np.append(ys, [np.fmin.reduce(tail), np.fmax.reduce(tail)])
    # The curve ends where its newest point is.
    return np.append(xs, x[last - 1]), np.append(ys, y[last - 1])


class Smoothed:
    """Exponential average of a growing curve, without the pull to zero at its beginning; only new points cost."""

    def __init__(self, weight: float) -> None:
        self.weight = weight
        self._values = np.empty(1024)
        self._sum = 0.0
        self._count = 0
        self._last = np.nan

    def of(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The smoothed values of the curve; it starts anew when the curve is not the old one with more points."""
        n = self._count
        if n and (len(x) < n or x[n - 1] != self._last):
            n = self._count = 0
            self._sum = 0.0
        if len(x) > n:
            self._extend(y[n:])
            self._last = x[-1]
        return self._values[: self._count]

    def _extend(self, new: np.ndarray) -> None:
        n, need = self._count, self._count + len(new)
        if need > len(self._values):
            self._values = np.resize(self._values, max(need, 2 * len(self._values)))
        sums = filtered(self._filled(new) * (1 - self.weight), self.weight, self._sum)
        self._sum = float(sums[-1])
        seen = 1.0 - self.weight ** np.arange(n + 1, need + 1)
        self._values[n:need] = sums / seen
        self._count = need

    def _filled(self, new: np.ndarray) -> np.ndarray:
        """New values; in place of one that is no number the one before it."""
        finite = np.isfinite(new)
        if finite.all():
            return new
        before = self._values[self._count - 1] if self._count else 0.0
        known = np.maximum.accumulate(np.where(finite, np.arange(len(new)), -1))
        return np.where(known >= 0, new[known], before)


def filtered(x: np.ndarray, a: float, start: float) -> np.ndarray:
    """y[t] = a y[t-1] + x[t] with y[-1] = start: blocks at once, then what each hands to the next, the same way."""
    if len(x) <= _BLOCK:
        out = np.empty(len(x))
        value = start
        for i, item in enumerate(x.tolist()):
            value = a * value + item
            out[i] = value
        return out
    padded = np.zeros(-(-len(x) // _BLOCK) * _BLOCK)
    padded[: len(x)] = x
    steps = np.arange(_BLOCK)
    decay = np.tril(a ** np.maximum(steps[:, None] - steps[None, :], 0).astype(float))
    inside = padded.reshape(-1, _BLOCK) @ decay.T
    ends = filtered(inside[:, -1], a**_BLOCK, start)
    handed = np.concatenate([[start], ends[:-1]])
    result: np.ndarray = (inside + handed[:, None] * a ** (steps + 1.0)).ravel()[: len(x)]
    return result
