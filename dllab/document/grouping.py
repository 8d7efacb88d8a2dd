"""Making a group of layers, and layers of a group again."""

from collections.abc import Collection, Mapping
from typing import Any

from dllab.document.edits import Refused, fresh_id, reaches, with_model
from dllab.document.experiment import GROUP, GROUP_INPUT, GROUP_OUTPUT, Experiment, Graph, Link, Node
from dllab.document.flat import End, inside_of, opened
from dllab.text import _

STEP = 190.0
"""From one node to the next on the canvas, with room for the wire."""
_ROW = 80.0
_ENDS = ("input", "output")


def group(
    experiment: Experiment,
    ids: Collection[str],
    group_id: str,
    title: str = "",
    loose: Collection[tuple[str, str, str]] = (),
) -> Experiment:
    """Put nodes, notes and frames into a group; its ports come from the wires that cross its border.

    `loose` names inputs and outputs without a wire, as (node, "in" or "out", port), that become ports as well. Raises Refused.
    """
    graph = experiment.model
    chosen = {name: node for name, node in graph.nodes.items() if name in ids}
    _refuse_group(graph, chosen)
    making = _Making(graph, chosen, group_id, loose)
    notes = {name: note for name, note in graph.notes.items() if name in ids}
    frames = {name: frame for name, frame in graph.frames.items() if name in ids}
    inside = Graph(nodes=making.inner, links=tuple(making.inner_links), notes=notes, frames=frames)
    xs, ys = [n.x for n in chosen.values()], [n.y for n in chosen.values()]
    x, y = (round((min(values) + max(values)) / 20) * 10.0 for values in (xs, ys))
    nodes = {name: node for name, node in graph.nodes.items() if name not in chosen}
    nodes[group_id] = Node(kind=GROUP, title=title, inside=inside, x=x, y=y)
    return with_model(
        experiment,
        nodes=nodes,
        links=tuple(making.outer_links),
        notes={name: note for name, note in graph.notes.items() if name not in notes},
        frames={name: frame for name, frame in graph.frames.items() if name not in frames},
    )


def _refuse_group(graph: Graph, chosen: Mapping[str, Node]) -> None:
    if not chosen:
        raise Refused("empty", _("Select the layers first that the group should hold."))
    if any(node.kind in (*_ENDS, GROUP_INPUT, GROUP_OUTPUT) for node in chosen.values()):
        raise Refused("ends", _("Inputs and outputs stay outside a group: data enters and leaves there."))
    for name in graph.nodes:
        behind = name not in chosen and any(reaches(graph, start, name) for start in chosen)
        if behind and any(reaches(graph, name, end) for end in chosen):
            text = _("{name} lies between the selected layers: select it too.")
            raise Refused("between", text.format(name=graph.nodes[name].title or name))


class _Making:
    """The wires of a new group, sorted into those inside, those outside and those across, which get ports."""

    def __init__(
        self, graph: Graph, chosen: Mapping[str, Node], group_id: str, loose: Collection[tuple[str, str, str]]
    ) -> None:
        self.inner: dict[str, Node] = dict(chosen)
        self.inner_links: list[Link] = []
        self.outer_links: list[Link] = []
        self._left = min(node.x for node in chosen.values()) - STEP
        self._right = max(node.x for node in chosen.values()) + STEP
        entering: dict[End, str] = {}
        leaving: dict[End, str] = {}
        for link in graph.links:
            comes, goes = link.source in chosen, link.target in chosen
            if comes and goes:
                self.inner_links.append(link)
            elif goes:
                source = (link.source, link.output)
                if source not in entering:
                    entering[source] = self._port("in", chosen[link.target].y)
                    self.outer_links.append(link.model_copy(update={"target": group_id, "input": entering[source]}))
                self.inner_links.append(link.model_copy(update={"source": entering[source], "output": "out"}))
            elif comes:
                source = (link.source, link.output)
                if source not in leaving:
                    leaving[source] = self._let_out(source, chosen)
                self.outer_links.append(link.model_copy(update={"source": group_id, "output": leaving[source]}))
            else:
                self.outer_links.append(link)
        fed, used = {x.end for x in graph.links}, {(x.source, x.output) for x in graph.links}
        for name, side, port in loose:
            if name in chosen and side == "in" and (name, port) not in fed:
                inlet = self._port("in", chosen[name].y)
                self.inner_links.append(Link(source=inlet, target=name, input=port))
            elif name in chosen and side == "out" and not any(source == name for source, _output in used):
                self._let_out((name, port), chosen)

    def _let_out(self, source: End, chosen: Mapping[str, Node]) -> str:
        outlet = self._port("out", chosen[source[0]].y)
        self.inner_links.append(Link(source=source[0], output=source[1], target=outlet))
        return outlet

    def _port(self, side: str, y: float) -> str:
        """A new port of the group, below those that are there already."""
        kind, x = (GROUP_INPUT, self._left) if side == "in" else (GROUP_OUTPUT, self._right)
        taken = [node.y for node in self.inner.values() if node.kind == kind]
        name = fresh_id(self.inner, side)
        self.inner[name] = Node(kind=kind, x=x, y=max([y, *(other + _ROW for other in taken)]))
        return name


def take_apart(experiment: Experiment, node_id: str, title: str, parts: Graph | None) -> Experiment:
    """Put a group of its parts, with the same ports, in place of a layer. First weights and freezing go to each of them.

    Raises Refused for a layer of one piece.
    """
    node = experiment.model.nodes[node_id]
    if parts is None:
        raise Refused("whole", _("{name} is of one piece: there is nothing to open.").format(name=title))
    given = {"init": node.init, "frozen": node.frozen}
    inner = {name: part.model_copy(update=given) for name, part in parts.nodes.items()}
    inside = parts.model_copy(update={"nodes": inner})
    group_node = Node(kind=GROUP, title=title, inside=inside, x=node.x, y=node.y, muted=node.muted)
    return with_model(experiment, nodes={**experiment.model.nodes, node_id: group_node})


def ungroup(experiment: Experiment, group_id: str) -> tuple[Experiment, tuple[str, ...]]:
    """Put what a group holds in its place, every repetition one behind the other; returns the new ids too.

    Raises Refused for what is no group or is muted: laid open it would no longer be passed by.
    """
    graph = experiment.model
    node = graph.nodes.get(group_id)
    if node is None or node.kind != GROUP:
        raise Refused("missing", _("There is no group called {name}.").format(name=group_id))
    if node.muted:
        raise Refused("muted", _("The group is muted: press M to take it in again, then ungroup it."))
    flat = opened(experiment, group_id)
    names = _names(graph, flat, group_id)
    held = inside_of(node)
    shift = _Shift(held, node)
    nodes = {}
    for name, inner in flat.nodes.items():
        if name in names:
            nodes[names[name]] = inner.model_copy(update=shift.inside(inner, name))
        else:
            nodes[name] = inner.model_copy(update={"x": inner.x + shift.room}) if inner.x > node.x else inner
    links = tuple(
        Link(source=names.get(x.source, x.source), output=x.output, target=names.get(x.target, x.target), input=x.input)
        for x in flat.links
    )
    taken = {*nodes, *graph.notes, *graph.frames}
    notes, frames = dict(graph.notes), dict(graph.frames)
    for here, there in ((held.notes, notes), (held.frames, frames)):
        _bring(here, there, taken, shift)
    return with_model(experiment, nodes=nodes, links=links, notes=notes, frames=frames), tuple(names.values())


def _bring(here: Mapping[str, Any], there: dict[str, Any], taken: set[str], shift: "_Shift") -> None:
    for name, item in here.items():
        new = name if name not in taken else fresh_id(taken, name.rstrip("0123456789_"))
        taken.add(new)
        there[new] = item.model_copy(update=shift.inside(item, ""))


def _names(graph: Graph, flat: Graph, group_id: str) -> dict[str, str]:
    """New ids for what comes out of the group: its own where they are free."""
    taken = {*graph.nodes, *graph.notes, *graph.frames} - {group_id}
    names = {}
    for name in flat.nodes:
        if name not in graph.nodes:
            own = name.rpartition("/")[2]
            names[name] = own if own not in taken else fresh_id(taken, own.rstrip("0123456789_"))
            taken.add(names[name])
    return names


class _Shift:
    """Where the parts of a group go when it is laid open."""

    def __init__(self, held: Graph, node: Node) -> None:
        layers = [n for n in held.nodes.values() if n.kind not in (GROUP_INPUT, GROUP_OUTPUT)]
        left, top = min((n.x for n in layers), default=0.0), min((n.y for n in layers), default=0.0)
        bottom = max((n.y for n in layers), default=0.0)
        self._dx, self._dy = node.x - left, node.y - (top + bottom) / 2
        self._width = max((n.x for n in layers), default=-STEP) - left + STEP
        count = node.params.get("repeat", 1)
        self.room = self._width * (count if type(count) is int else 1) - STEP

    def inside(self, item: Any, name: str) -> dict[str, float]:
        """The new place of a node (by its flat id, which tells the repetition), a note or a frame."""
        numbers = [int(part) for part in name.split("/")[1:2] if part.isdigit()]
        turn = numbers[0] - 1 if numbers else 0
        return {"x": round(item.x + self._dx + turn * self._width, 1), "y": round(item.y + self._dy, 1)}
