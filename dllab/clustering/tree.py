"""A tree of merges: cut anywhere, and laid out to be drawn."""

from dataclasses import dataclass

import numpy as np


def cut_at(merges: np.ndarray, distance: float) -> np.ndarray:
    """(n,) int64: clusters when every merge below the distance has been made, numbered as `node_numbers` says.

    Same rule as scikit-learn's `distance_threshold`: at or above it, clusters are not merged.
    """
    return cut_into(merges, clusters_at(merges, distance))


def cut_into(merges: np.ndarray, clusters: int) -> np.ndarray:
    """(n,) int64: clusters after all merges but the last `clusters` - 1, numbered as `node_numbers` says."""
    return node_numbers(merges, clusters)[: len(merges) + 1]


def clusters_at(merges: np.ndarray, distance: float) -> int:
    """How many clusters a cut at this distance leaves."""
    return int((merges[:, 2] >= distance).sum()) + 1


def between(merges: np.ndarray, clusters: int) -> float:
    """A distance at which a cut leaves that many clusters: half way between two merges."""
    heights = np.sort(merges[:, 2])
    if clusters <= 1:
        return float(heights[-1] * 1.05) if len(heights) else 0.0
    above = heights[len(heights) - clusters + 1]
    below = heights[len(heights) - clusters] if clusters <= len(heights) else 0.0
    return float((above + below) / 2)


def node_numbers(merges: np.ndarray, clusters: int) -> np.ndarray:
    """(2 n - 1,) int64: the cluster of every sample and of every merge that was made; -1 for those that were undone.

    From one cluster to the next number of them the larger part of what is split keeps its number, the other one gets
    the next: while a cut moves, most samples keep their colour.
    """
    samples = len(merges) + 1
    clusters = min(max(clusters, 1), samples)
    made = samples - clusters
    number = np.full(2 * samples - 1, -1, np.int64)
    number[-1] = 0
    sizes = np.concatenate([np.ones(samples), merges[:, 3]])
    children = merges[:, :2].astype(np.int64)
    for step in range(len(merges) - 1, made - 1, -1):
        one, other = sorted(children[step].tolist(), key=lambda node: (-sizes[node], node))
        number[one], number[other] = number[samples + step], len(merges) - step
        number[samples + step] = -1
    # Below the cut every node looks to its topmost parent, in strides that double.
    top: np.ndarray = np.arange(2 * samples - 1)
    top[children[:made].ravel()] = np.repeat(samples + np.arange(made), 2)
    while not np.array_equal(further := top[top], top):
        top = further
    below = np.concatenate([np.arange(samples), samples + np.arange(made)])
    number[below] = number[top[below]]
    return number


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
