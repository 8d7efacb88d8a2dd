"""Where things lie on the canvas, as pure functions of numbers: boxes, ports, wires, hits, snapping, making room."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise
from math import hypot
from typing import NamedTuple

GRID = 20.0
NODE_WIDTH = 140.0
NODE_HEIGHT = 62.0
GAP = 40.0
"""Free space between neighbours: with the width of a node a whole number of grid steps."""
PORT_RADIUS = 5.0
_PORT_STEP = 13.0
_CURVE_STEPS = 10
_NEAR, _FAR = 12, 24

Point = tuple[float, float]


class Box(NamedTuple):
    """A rectangle."""

    x: float
    y: float
    width: float = NODE_WIDTH
    height: float = NODE_HEIGHT

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    @property
    def centre(self) -> Point:
        """Its middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    def holds(self, point: Point) -> bool:
        """Whether the point lies inside or on the edge."""
        return self.x <= point[0] <= self.right and self.y <= point[1] <= self.bottom

    def covers(self, other: "Box") -> bool:
        """Whether the other box lies inside."""
        return self.x <= other.x and self.y <= other.y and self.right >= other.right and self.bottom >= other.bottom

    def meets(self, other: "Box") -> bool:
        """Whether the two overlap."""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def grown(self, by: float) -> "Box":
        """The box with a margin around it."""
        return Box(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)

    def at(self, point: Point) -> "Box":
        """The same size with its corner elsewhere."""
        return Box(point[0], point[1], self.width, self.height)


class Curve(NamedTuple):
    """A wire: its start, and cubic pieces of (first handle, second handle, end)."""

    start: Point
    pieces: tuple[tuple[Point, Point, Point], ...]


def node_height(ports: int) -> float:
    """Height of a node whose busier side has this many ports."""
    return max(NODE_HEIGHT, _PORT_STEP * (ports + 1))


def port_offsets(count: int, height: float) -> tuple[float, ...]:
    """How far below the upper edge each of `count` ports sits."""
    return tuple(height * (i + 1) / (count + 1) for i in range(count))


def input_point(box: Box, index: int, count: int) -> Point:
    """Middle of an input port."""
    return box.x, box.y + box.height * (index + 1) / (count + 1)


def output_point(box: Box, index: int, count: int) -> Point:
    """Middle of an output port."""
    return box.right, box.y + box.height * (index + 1) / (count + 1)


def wire_curve(start: Point, end: Point) -> Curve:
    """The way of a wire: an S to the right, or around the corner and back along the gap between two rows."""
    (x1, y1), (x2, y2) = start, end
    ahead = x2 - x1
    if ahead >= 0 or (ahead > -GAP and abs(y2 - y1) < NODE_HEIGHT):
        reach = max(ahead / 2, min(GAP, abs(y2 - y1) / 2 + abs(ahead)))
        return Curve(start, (((x1 + reach, y1), (x2 - reach, y2), end),))
    level = _way_back(y1, y2)
    bend = min(1.4 * GAP, 8 + max(abs(level - y1), abs(level - y2)))
    return Curve(
        start,
        (
            ((x1 + bend, y1), (x1 + bend, level), (x1, level)),
            ((x1 + (x2 - x1) / 3, level), (x2 - (x2 - x1) / 3, level), (x2, level)),
            ((x2 - bend, level), (x2 - bend, y2), end),
        ),
    )


def _way_back(y1: float, y2: float) -> float:
    """The height at which a wire runs back: in the gap beside the row it goes to, below when both ends share a row."""
    apart = NODE_HEIGHT / 2 + 0.6 * GAP
    if abs(y2 - y1) <= 2 * apart:
        return max(y1, y2) + 2 * apart if abs(y2 - y1) <= NODE_HEIGHT else (y1 + y2) / 2
    return y2 - apart if y2 > y1 else y2 + apart


def curve_points(curve: Curve) -> tuple[Point, ...]:
    """Points along a wire, close enough together to measure distances to."""
    points = [curve.start]
    for (ax, ay), (bx, by), (ex, ey) in curve.pieces:
        sx, sy = points[-1]
        for step in range(1, _CURVE_STEPS + 1):
            t = step / _CURVE_STEPS
            u = 1 - t
            p, q, r, s = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
            points.append((p * sx + q * ax + r * bx + s * ex, p * sy + q * ay + r * by + s * ey))
    return tuple(points)


def bounds(points: Iterable[Point]) -> Box:
    """The smallest box around points."""
    xs, ys = zip(*points, strict=True)
    return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


def united(boxes: Collection[Box]) -> Box:
    """The smallest box around boxes."""
    left, top = min(b.x for b in boxes), min(b.y for b in boxes)
    return Box(left, top, max(b.right for b in boxes) - left, max(b.bottom for b in boxes) - top)


def distance_to_line(point: Point, line: tuple[Point, ...]) -> float:
    """Distance from a point to the nearest place on a line of straight pieces."""
    px, py = point
    best = float("inf")
    for (ax, ay), (bx, by) in pairwise(line):
        dx, dy = bx - ax, by - ay
        length = dx * dx + dy * dy
        t = 0.0 if length == 0 else min(1.0, max(0.0, ((px - ax) * dx + (py - ay) * dy) / length))
        best = min(best, hypot(px - ax - t * dx, py - ay - t * dy))
    return best


def snapped(point: Point) -> Point:
    """The nearest crossing of the grid."""
    return round(point[0] / GRID) * GRID, round(point[1] / GRID) * GRID


def push_aside(boxes: Mapping[str, Box], placed: Box, gap: float = GAP) -> dict[str, Point]:
    """New corners for what a placed box would touch: everything in its way moves right just far enough, in turn."""
    moved: dict[str, Point] = {}
    walls = [placed]
    for name, box in sorted(boxes.items(), key=lambda item: item[1].x):
        if box.centre[0] < placed.centre[0]:
            continue
        x = box.x
        for wall in walls:
            if wall.y < box.bottom and box.y < wall.bottom and wall.x < x + box.width and x < wall.right + gap:
                x = wall.right + gap
        if x != box.x:
            moved[name] = (x, box.y)
            walls.append(Box(x, box.y, box.width, box.height))
    return moved


def free_place(boxes: Collection[Box], wanted: Point, height: float = NODE_HEIGHT) -> Point:
    """The corner nearest to the wanted one where a node touches nothing, in steps of the grid and then of nodes."""
    near = [b for b in boxes if b.meets(Box(*wanted, NODE_WIDTH, height).grown(_NEAR * GRID + GRID))]
    for place in _around(wanted, GRID, GRID, _NEAR):
        if _is_free(near, place, height):
            return place
    for place in _around(wanted, NODE_WIDTH + GAP, height + GAP / 2, _FAR):
        if _is_free(boxes, place, height):
            return place
    return wanted


def _is_free(boxes: Collection[Box], place: Point, height: float) -> bool:
    box = Box(*place, NODE_WIDTH, height).grown(GRID / 2)
    return not any(box.meets(other) for other in boxes)


def _around(centre: Point, step_x: float, step_y: float, rings: int) -> Iterator[Point]:
    """Places around a point, the nearest first; of equally near ones below and to the right before the others."""
    ways = [(i * step_x, j * step_y) for i in range(-rings, rings + 1) for j in range(-rings, rings + 1)]
    for dx, dy in sorted(ways, key=lambda way: (hypot(*way), -way[1], -way[0])):
        yield centre[0] + dx, centre[1] + dy


def aligned(boxes: Mapping[str, Box], edge: str) -> dict[str, Point]:
    """Corners that put one edge of all boxes in line: left, right, top, bottom, center-x or center-y."""
    around = united(boxes.values())
    match edge:
        case "left":
            return {name: (around.x, b.y) for name, b in boxes.items()}
        case "right":
            return {name: (around.right - b.width, b.y) for name, b in boxes.items()}
        case "center-x":
            return {name: (around.centre[0] - b.width / 2, b.y) for name, b in boxes.items()}
        case "top":
            return {name: (b.x, around.y) for name, b in boxes.items()}
        case "bottom":
            return {name: (b.x, around.bottom - b.height) for name, b in boxes.items()}
        case "center-y":
            return {name: (b.x, around.centre[1] - b.height / 2) for name, b in boxes.items()}
    raise ValueError(f"no edge is called {edge!r}")
