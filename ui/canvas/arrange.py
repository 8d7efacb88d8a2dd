"""Putting a graph in order: left to right by depth, few crossings, in rows that fill the canvas like lines of a page."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from dllab.document.experiment import Graph
from ui.canvas.geometry import GAP, GRID, NODE_WIDTH, Point

_ROW_GAP = GAP
_SWEEPS = 4

Columns = list[list[str]]


def arranged(graph: Graph, heights: Mapping[str, float], columns: int) -> dict[str, Point]:
    """Corners of all nodes, with at most `columns` of them side by side; unconnected ones stand below."""
    joined = {end for link in graph.links for end in (link.source, link.target)}
    depth = _depths(graph, [n for n in graph.nodes if n in joined])
    places: dict[str, Point] = {}
    top = 0.0
    ordered = _ordered(graph, depth)
    for start in range(0, len(ordered), columns):
        top = _place_row(ordered[start : start + columns], heights, top, places)
    loose = [n for n in graph.nodes if n not in joined]
    for start in range(0, len(loose), columns):
        top = _place_row([[n] for n in loose[start : start + columns]], heights, top, places)
    return places


def _depths(graph: Graph, names: Sequence[str]) -> dict[str, int]:
    """Longest way from a start to each node; nodes that only feed a later one move up to it."""
    feeding: dict[str, list[str]] = {name: [] for name in names}
    fed: dict[str, list[str]] = {name: [] for name in names}
    for link in graph.links:
        feeding[link.target].append(link.source)
        fed[link.source].append(link.target)
    try:
        order = tuple(TopologicalSorter(feeding).static_order())
    except CycleError:
        order = tuple(names)
    depth: dict[str, int] = {}
    for name in order:
        depth[name] = max((depth.get(source, -1) + 1 for source in feeding[name]), default=0)
    for name in reversed(order):
        if not feeding[name] and fed[name]:
            depth[name] = max(0, min(depth[target] for target in fed[name]) - 1)
    return depth


def _ordered(graph: Graph, depth: Mapping[str, int]) -> Columns:
    """Columns by depth; a wire that passes columns holds a place in each, and sweeps of averages uncross."""
    width = max(depth.values(), default=-1) + 1
    columns: Columns = [[] for _column in range(width)]
    for name, column in depth.items():
        columns[column].append(name)
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for link in graph.links:
        last = link.source
        for column in range(depth[link.source] + 1, depth[link.target]):
            # A space can't stand in an id, so that these names are nobody else's.
            stand_in = f"{link} {column}"
            columns[column].append(stand_in)
            _join(before, after, last, stand_in)
            last = stand_in
        _join(before, after, last, link.target)
    for sweep in range(_SWEEPS):
        near, walk = (before, columns) if sweep % 2 == 0 else (after, columns[::-1])
        place = {name: i for names in columns for i, name in enumerate(names)}
        for names in walk:
            names.sort(key=lambda name: _mean(near.get(name, ()), place, place[name]))
            place.update((name, i) for i, name in enumerate(names))
    return columns


def _join(before: dict[str, list[str]], after: dict[str, list[str]], source: str, target: str) -> None:
    before.setdefault(target, []).append(source)
    after.setdefault(source, []).append(target)


def _mean(names: Sequence[str], place: Mapping[str, int], own: int) -> float:
    return sum(place[n] for n in names) / len(names) if names else own


def _place_row(columns: Columns, heights: Mapping[str, float], top: float, places: dict[str, Point]) -> float:
    """Place columns side by side below `top`, each centred; returns where the next row starts."""
    tall = [sum(heights.get(n, 0.0) + _ROW_GAP for n in column) - _ROW_GAP for column in columns]
    row = max(tall, default=0.0)
    for index, (column, height) in enumerate(zip(columns, tall, strict=True)):
        y = top + (row - height) / 2
        for name in column:
            if name in heights:
                places[name] = (index * (NODE_WIDTH + GAP), round(y / (GRID / 2)) * (GRID / 2))
            y += heights.get(name, 0.0) + _ROW_GAP
    return top + row + 2 * _ROW_GAP
