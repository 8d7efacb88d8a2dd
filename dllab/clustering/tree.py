"""A tree of merges: cut anywhere, and laid out to be drawn."""

from dataclasses import dataclass

import numpy as np


def cut_at(merges: np.ndarray, distance: float) -> np.ndarray:
    """(n,) int64: clusters when every merge below the distance has been made, numbered by their first sample.

    Same rule as scikit-learn's `distance_threshold`: at or above it, clusters are not merged.
    """
    return _numbered(merges, int((merges[:, 2] >= distance).sum()) + 1)


def cut_into(merges: np.ndarray, clusters: int) -> np.ndarray:
    """(n,) int64: clusters after all merges but the last `clusters` - 1."""
    return _numbered(merges, min(max(clusters, 1), len(merges) + 1))


def between(merges: np.ndarray, clusters: int) -> float:
    """A distance at which a cut leaves that many clusters: half way between two merges."""
    heights = np.sort(merges[:, 2])
    if clusters <= 1:
        return float(heights[-1] * 1.05) if len(heights) else 0.0
    above = heights[len(heights) - clusters + 1]
    below = heights[len(heights) - clusters] if clusters <= len(heights) else 0.0
    return float((above + below) / 2)


def _numbered(merges: np.ndarray, clusters: int) -> np.ndarray:
    samples = len(merges) + 1
    parent: np.ndarray = np.arange(2 * samples - 1)
    for step in range(samples - clusters):
        parent[merges[step, :2].astype(np.int64)] = samples + step
    # A parent stands behind its children: from the top down every node learns its topmost one.
    for node in range(2 * samples - 2, -1, -1):
        parent[node] = parent[parent[node]]
    _roots, first, place = np.unique(parent[:samples], return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return np.asarray(rank[place])


@dataclass(frozen=True)
class Drawn:
    """A tree to be drawn: one bracket a merge, from the lowest to the highest."""

    brackets: np.ndarray
    """(m, 5) float64: x of the left foot, x of the right one, heights of the two feet, height of the bar."""
    leaves: np.ndarray
    """(l,) int64: how many samples stand behind every leaf, from left to right."""
    merges: np.ndarray
    """(m,) int64: which merge each bracket is."""


def draw(merges: np.ndarray, limit: int = 200) -> Drawn:
    """Lay out the last `limit` merges; what lies below is a leaf that says how many samples it holds."""
    samples = len(merges) + 1
    shown = min(limit, len(merges))
    first = len(merges) - shown
    x: dict[int, float] = {}
    leaves: list[int] = []
    stack = [samples + len(merges) - 1] if len(merges) else [0]
    while stack:
        node = stack.pop()
        if node >= samples + first:
            right, left = sorted(merges[node - samples, :2].astype(np.int64).tolist(), reverse=True)
            stack += [right, left]
        else:
            x[node] = float(len(leaves))
            leaves.append(1 if node < samples else int(merges[node - samples, 3]))
    brackets = np.empty((shown, 5))
    for place in range(shown):
        left, right, height, _count = merges[first + place]
        one, other = sorted((int(left), int(right)), key=x.__getitem__)
        feet = [merges[n - samples, 2] if n >= samples else 0.0 for n in (one, other)]
        brackets[place] = (x[one], x[other], *feet, height)
        x[samples + first + place] = (x[one] + x[other]) / 2
    return Drawn(brackets, np.array(leaves, np.int64), np.arange(first, len(merges), dtype=np.int64))
