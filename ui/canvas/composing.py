"""Edits of the canvas put together from the document's: pure functions of an experiment and where things lie."""

from collections.abc import Collection, Iterable, Mapping

from dllab.document import edits
from dllab.document.experiment import GROUP, Experiment, Frame, Graph, Link, Node, Note
from dllab.document.flat import inside_of
from dllab.document.flat import ports_of as group_ports
from dllab.layers import LAYERS
from ui.canvas.geometry import (
    GAP,
    GRID,
    NODE_WIDTH,
    Box,
    Point,
    free_place,
    node_height,
    push_aside,
    snapped,
    united,
)
from ui.canvas.saved import declaration, new_node

_FRAME_MARGIN = 20.0
_FRAME_TITLE = 28.0


def fresh_id(experiment: Experiment, stem: str) -> str:
    """An id that nothing on the canvas has."""
    graph = experiment.model
    return edits.fresh_id({*graph.nodes, *graph.notes, *graph.frames}, stem)


def ports_of(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Inputs and outputs of a new layer of this kind."""
    declared = declaration(kind)
    if declared is None:
        return ("in",), ("out",)
    layer = declared()
    return layer.input_ports(), layer.output_ports()


def new_height(kind: str) -> float:
    """Height of a new node of this kind."""
    inputs, outputs = ports_of(kind)
    return node_height(max(len(inputs), len(outputs)))


def add_at(experiment: Experiment, boxes: Collection[Box], kind: str, node_id: str, corner: Point) -> Experiment:
    """A new node at a corner, or at the nearest free place."""
    place = free_place(boxes, snapped(corner), new_height(kind))
    return edits.add_node(experiment, node_id, new_node(kind, *place))


def insert(
    experiment: Experiment, boxes: Mapping[str, Box], link: Link, kind: str, node_id: str, corner: Point
) -> Experiment:
    """A new node in a wire; neighbours move aside."""
    return take_in(edits.add_node(experiment, node_id, new_node(kind, *corner)), boxes, link, node_id, new_height(kind))


def take_in(experiment: Experiment, boxes: Mapping[str, Box], link: Link, node_id: str, height: float) -> Experiment:
    """A node that is already there goes into a wire; neighbours move aside."""
    node = experiment.model.nodes[node_id]
    inputs, outputs = ports(node)
    joined = edits.insert_on_link(experiment, link, node_id, inputs[0], outputs[0])
    source, target = boxes[link.source], boxes[link.target]
    x, y = snapped((node.x, node.y))
    if target.x >= source.right:
        # A wire to the right is a row: the new node stands in it, behind the source.
        x = max(x, source.right + GAP)
        level = abs(target.y - source.y) < GRID
        y = source.centre[1] - height / 2 if level else y
    others = {name: box for name, box in boxes.items() if name != node_id}
    placed = Box(x, y, NODE_WIDTH, height)
    return edits.move(joined, {node_id: (x, y), **push_aside(others, placed)})


def ports(node: Node) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Inputs and outputs of a node."""
    if node.kind == GROUP:
        return group_ports(inside_of(node))
    try:
        layer = LAYERS.make(node.kind, node.params)
    except (KeyError, ValueError):
        return ports_of(node.kind)
    return layer.input_ports(), layer.output_ports()


def add_after(
    experiment: Experiment, boxes: Mapping[str, Box], before: str, output: str, kind: str, node_id: str
) -> Experiment:
    """A new node behind another: it takes over the wires that leave there, and neighbours move aside."""
    inputs, outputs = ports_of(kind)
    wires = [x for x in experiment.model.out_of(before) if x.output == output and _passes_on(experiment, kind, x)]
    box = boxes[before]
    height = new_height(kind)
    corner = (box.right + GAP, box.centre[1] - height / 2)
    if wires and outputs:
        made = edits.add_node(experiment, node_id, new_node(kind, *corner))
        made = edits.disconnect(made, wires)
        made = edits.connect(made, Link(source=before, output=output, target=node_id, input=inputs[0]))
        for wire in wires:
            made = edits.connect(made, wire.model_copy(update={"source": node_id, "output": outputs[0]}))
        return edits.move(made, push_aside(boxes, Box(*corner, NODE_WIDTH, height)))
    made = add_at(experiment, boxes.values(), kind, node_id, corner)
    return edits.connect(made, Link(source=before, output=output, target=node_id, input=inputs[0]))


def _passes_on(experiment: Experiment, kind: str, wire: Link) -> bool:
    """Whether a new node may stand in a wire: what only looks on feeds nothing but its like."""
    new, target = declaration(kind), LAYERS.get(experiment.model.nodes[wire.target].kind)
    return new is None or not new.analyses or (target is not None and target.analyses)


def add_linked(
    experiment: Experiment,
    boxes: Collection[Box],
    end: tuple[str, str, str],
    kind: str,
    node_id: str,
    point: Point,
) -> Experiment:
    """A new node where a wire was let go, joined to the wire's other end (node, "in" or "out", port)."""
    name, side, port = end
    inputs, outputs = ports_of(kind)
    height = new_height(kind)
    left = point[0] if side == "out" else point[0] - NODE_WIDTH
    made = add_at(experiment, boxes, kind, node_id, (left, point[1] - height / 2))
    if side == "out":
        return edits.connect(made, Link(source=name, output=port, target=node_id, input=inputs[0]))
    return edits.connect(made, Link(source=node_id, output=outputs[0], target=name, input=port))


def paste(experiment: Experiment, part: Graph, corner: Point | None) -> tuple[Experiment, tuple[str, ...]]:
    """A copied part with its upper left at a corner, or a step beside where it was taken from; and its new ids."""
    things: list[Node | Note | Frame] = [*part.nodes.values(), *part.notes.values(), *part.frames.values()]
    left, top = min(t.x for t in things), min(t.y for t in things)
    dx, dy = (corner[0] - left, corner[1] - top) if corner else (2 * GRID, 2 * GRID)
    graph = experiment.model
    there: list[Node | Note | Frame] = [*graph.nodes.values(), *graph.notes.values(), *graph.frames.values()]
    taken = {(t.x, t.y) for t in there}
    while any((round(t.x + dx, 1), round(t.y + dy, 1)) in taken for t in things):
        dx, dy = dx + 2 * GRID, dy + 2 * GRID
    return edits.paste(experiment, part, dx, dy)


def framed(experiment: Experiment, boxes: Iterable[Box], frame_id: str, title: str) -> Experiment:
    """A frame around boxes."""
    around = united(list(boxes)).grown(_FRAME_MARGIN)
    frame = Frame(
        title=title,
        x=around.x,
        y=around.y - _FRAME_TITLE + _FRAME_MARGIN / 2,
        width=around.width,
        height=around.height + _FRAME_TITLE - _FRAME_MARGIN / 2,
    )
    return edits.set_frame(experiment, frame_id, frame)


def noted(experiment: Experiment, note_id: str, corner: Point) -> Experiment:
    """An empty note."""
    return edits.set_note(experiment, note_id, Note(text="", x=corner[0], y=corner[1]))


def muted(experiment: Experiment, ids: Collection[str], on: bool) -> Experiment:
    """Nodes bypassed, or taken in again."""
    for node_id in ids:
        experiment = edits.replace_node(experiment, node_id, muted=on)
    return experiment


def with_room(experiment: Experiment, boxes: Mapping[str, Box], fresh: Collection[str]) -> Experiment:
    """New nodes of an edit that knew nothing of sizes: each stands behind its source, and neighbours move aside."""
    for node_id in fresh:
        source = boxes[next(link.source for link in experiment.model.into(node_id))]
        height = new_height(experiment.model.nodes[node_id].kind)
        place = Box(source.right + GAP, source.centre[1] - height / 2, NODE_WIDTH, height)
        experiment = edits.move(experiment, {node_id: (place.x, place.y), **push_aside(boxes, place)})
    return experiment
