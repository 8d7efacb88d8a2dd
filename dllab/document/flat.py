"""Groups laid open: the one flat graph that is checked, built and trained; inner ids read "block/conv2d"."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dllab.document.experiment import GROUP, GROUP_INPUT, GROUP_OUTPUT, Experiment, Graph, Link, Node

SEPARATOR = "/"
NODE_LIMIT = 10_000
"""Layers of all repetitions together that one network may have."""
DEPTH_LIMIT = 12
REPEAT_LIMIT = 100

End = tuple[str, str]
"""(node, port)."""

EMPTY_GROUP = Graph(
    nodes={"in": Node(kind=GROUP_INPUT), "out": Node(kind=GROUP_OUTPUT, x=380.0)},
    links=(Link(source="in", target="out"),),
)
"""What a group holds that nobody has opened yet: it passes its input on."""


def home_of(flat_id: str) -> str:
    """Where a layer of the flat graph stands in the document: repetitions have a number in their id, ids never."""
    return SEPARATOR.join(part for part in flat_id.split(SEPARATOR) if not part.isdigit())


def inside_of(node: Node) -> Graph:
    """The graph in a group."""
    return EMPTY_GROUP if node.inside is None else node.inside


def ports_of(graph: Graph) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the inputs and outputs of the group that holds this graph, from top to bottom."""

    def named(kind: str) -> tuple[str, ...]:
        found = [(node.y, name) for name, node in graph.nodes.items() if node.kind == kind]
        return tuple(name for _y, name in sorted(found, key=lambda item: item[0]))

    return named(GROUP_INPUT), named(GROUP_OUTPUT)


def repetitions(node: Node) -> int:
    """How many times a group stands one behind the other; what is no sensible number counts as once."""
    count = node.params.get("repeat", 1)
    return count if type(count) is int and 1 <= count <= REPEAT_LIMIT else 1


def size_of(graph: Graph, depth: int = 0) -> int:
    """How many layers the graph has with all its groups laid open; more than NODE_LIMIT where it is too deep."""
    if depth > DEPTH_LIMIT:
        return NODE_LIMIT + 1
    return sum(
        repetitions(node) * size_of(inside_of(node), depth + 1) if node.kind == GROUP else 1
        for node in graph.nodes.values()
    )


@dataclass(frozen=True)
class Flaw:
    """What is wrong with a group itself: code, its id in the flat graph, and the port."""

    code: str
    node: str
    port: str = ""


@dataclass(frozen=True)
class Placed:
    """A group as it was laid open."""

    node: Node
    inputs: Mapping[str, End | None]
    """The layer and output that feed each input port."""
    outputs: Mapping[str, End | None]
    """The layer and output behind each output port."""

    @property
    def last(self) -> End | None:
        """The layer and output behind the first output port."""
        return next(iter(self.outputs.values()), None)


@dataclass(frozen=True)
class Flat:
    """The flat graph and what is known of the groups that were in it."""

    experiment: Experiment
    groups: Mapping[str, Placed] = field(default_factory=dict)
    """By id, in repetitions "outer/1/inner"."""
    silent: frozenset[End] = frozenset()
    """Inputs of layers that wait for something that a flaw already tells of."""
    used: frozenset[str] = frozenset()
    """Layers whose output leaves through a port, whatever becomes of it there."""
    flaws: tuple[Flaw, ...] = ()
    given: tuple[Link, ...] = ()
    """All wires as they are drawn."""


def flatten(experiment: Experiment) -> Flat:
    """Lay all groups open. Without groups the experiment itself is returned."""
    graph = experiment.model
    if not any(node.kind == GROUP for node in graph.nodes.values()):
        return Flat(experiment)
    if size_of(graph) > NODE_LIMIT:
        groups = [name for name, node in graph.nodes.items() if node.kind == GROUP]
        largest = max(groups, key=lambda name: repetitions(graph.nodes[name]) * size_of(inside_of(graph.nodes[name])))
        return Flat(experiment, flaws=(Flaw("too-many", largest),), given=graph.links)
    return _Laying(experiment).flat


def opened(experiment: Experiment, group: str) -> Graph:
    """The graph with this one group laid open."""
    return _Laying(experiment, group).flat.experiment.model


class _Laying:
    """The work of `flatten`: every wire is kept by the input at which it ends, then followed back through the ports."""

    def __init__(self, experiment: Experiment, only: str = "") -> None:
        self._only = only
        self._nodes: dict[str, Node] = {}
        self._groups: dict[str, Node] = {}
        self._sources: dict[End, End] = {}
        self._through: dict[End, End] = {}
        """What comes out at a port is what goes in there."""
        self._flaws: dict[Flaw, None] = {}
        self._expand(experiment.model, "")
        self._found = {end: self._follow(source) for end, source in self._sources.items()}
        self._look_at_ports()
        self.flat = self._flat(experiment)

    def _expand(self, graph: Graph, prefix: str) -> None:
        for name, node in graph.nodes.items():
            if node.kind == GROUP and (not self._only or prefix + name == self._only):
                self._expand_group(prefix + name, node)
            elif not prefix or node.kind not in (GROUP_INPUT, GROUP_OUTPUT):
                self._nodes[prefix + name] = node
        for link in graph.links:
            self._sources[prefix + link.target, link.input] = (prefix + link.source, link.output)

    def _expand_group(self, group: str, node: Node) -> None:
        self._groups[group] = node
        graph = inside_of(node)
        inputs, outputs = ports_of(graph)
        count = repetitions(node)
        if node.muted:
            self._through |= {(group, out): (group, port) for out, port in zip(outputs[:1], inputs[:1], strict=False)}
            return
        if count > 1 and len(outputs) > len(inputs):
            self._flaws[Flaw("repeat", group, "repeat")] = None
        before = ""
        for number in range(1, count + 1):
            prefix = f"{group}/{number}/" if count > 1 else f"{group}/"
            self._expand(graph, prefix)
            for place, port in enumerate(inputs):
                # The outputs of one repetition are the first inputs of the next; other inputs every one gets anew.
                again = bool(before) and place < len(outputs)
                self._through[prefix + port, "out"] = (before + outputs[place], "in") if again else (group, port)
            self._flaws |= {
                Flaw("open-output", prefix + port): None
                for port in outputs
                if (prefix + port, "in") not in self._sources
            }
            before = prefix
        self._through |= {(group, port): (before + port, "in") for port in outputs}

    def _follow(self, source: End) -> End | None:
        """The layer from which a wire really comes; None where it comes from nowhere."""
        seen = set()
        while source[0] not in self._nodes:
            if source in seen:
                self._flaws[Flaw("ring", source[0])] = None
                return None
            seen.add(source)
            following = self._sources.get(self._through.get(source, ("", "")))
            if following is None:
                return None
            source = following
        return source

    def _look_at_ports(self) -> None:
        """Ports without a wire and wires without a port."""
        leaving: dict[str, dict[str, None]] = {}
        entering: dict[str, dict[str, None]] = {}
        for (target, port), (source, output) in self._sources.items():
            leaving.setdefault(source, {})[output] = None
            entering.setdefault(target, {})[port] = None
        for group, node in self._groups.items():
            inputs, outputs = ports_of(inside_of(node))
            given, taken = entering.get(group, {}), leaving.get(group, {})
            flaws = [Flaw("open-input", group, port) for port in inputs if port not in given]
            flaws += [Flaw("no-input", group, port) for port in given if port not in inputs]
            flaws += [Flaw("no-output", group, port) for port in taken if port not in outputs]
            if outputs and not taken:
                flaws.append(Flaw("unused", group, outputs[0]))
            self._flaws |= dict.fromkeys(flaws)

    def _flat(self, experiment: Experiment) -> Flat:
        links = (_wire(end, source) for end, source in self._found.items() if source and end[0] in self._nodes)
        model = Graph.model_construct(nodes=self._nodes, links=tuple(links), notes={}, frames={})
        return Flat(
            experiment.model_copy(update={"model": model}),
            {name: self._placed(name, node) for name, node in self._groups.items()},
            frozenset(end for end, source in self._found.items() if source is None and end[0] in self._nodes),
            frozenset(source[0] for end, source in self._found.items() if source and end[0] not in self._nodes),
            tuple(self._flaws),
            tuple(_wire(end, source) for end, source in self._sources.items()),
        )

    def _placed(self, name: str, node: Node) -> Placed:
        inputs, outputs = ports_of(inside_of(node))
        fed = {port: self._found.get((name, port)) for port in inputs}
        return Placed(node, fed, {port: self._follow((name, port)) for port in outputs})


def _wire(end: End, source: End) -> Link:
    # Ids with a stroke are no ids of a document: this graph is worked with and never saved.
    return Link.model_construct(source=source[0], output=source[1], target=end[0], input=end[1])
