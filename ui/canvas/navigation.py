"""Where the arrow keys lead: along wires, then to what stands beside."""

from collections.abc import Mapping
from typing import Literal

from dllab.document.experiment import Graph
from ui.canvas.geometry import Box

Direction = Literal["left", "right", "up", "down"]


def neighbour(graph: Graph, boxes: Mapping[str, Box], start: str, direction: Direction) -> str:
    """The node an arrow key leads to; empty where there is none that way."""
    if direction == "left":
        along = [link.source for link in graph.into(start)]
    elif direction == "right":
        along = [link.target for link in graph.out_of(start)]
    else:
        along = _siblings(graph, boxes, start, direction)
    along = [name for name in along if name in boxes]
    if along:
        return min(along, key=lambda name: _distance(boxes[start], boxes[name]))
    return _beside(boxes, start, direction)


def _siblings(graph: Graph, boxes: Mapping[str, Box], start: str, direction: Direction) -> list[str]:
    """Nodes that share a source or a target, on the side that is meant."""
    before = {link.source for link in graph.into(start)}
    after = {link.target for link in graph.out_of(start)}
    found = {link.target for link in graph.links if link.source in before}
    found |= {link.source for link in graph.links if link.target in after}
    y = boxes[start].y
    return sorted(n for n in found - {start} if (boxes[n].y < y) is (direction == "up") and boxes[n].y != y)


def _beside(boxes: Mapping[str, Box], start: str, direction: Direction) -> str:
    """The nearest node in a direction, those straight ahead first."""
    x, y = boxes[start].centre
    best, found = float("inf"), ""
    for name, box in boxes.items():
        dx, dy = box.centre[0] - x, box.centre[1] - y
        ahead = {"left": -dx, "right": dx, "up": -dy, "down": dy}[direction]
        aside = abs(dy) if direction in ("left", "right") else abs(dx)
        if name != start and ahead > 1 and ahead + 3 * aside < best:
            best, found = ahead + 3 * aside, name
    return found


def _distance(one: Box, other: Box) -> float:
    return abs(one.y - other.y) + abs(one.x - other.x) / 4
