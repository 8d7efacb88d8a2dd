"""What a group puts out for what comes in: its layers are asked one after the other, without a network around it."""

from collections.abc import Mapping

from dllab.checking.order import ordered
from dllab.document.experiment import GROUP, GROUP_INPUT, GROUP_OUTPUT, Graph, Node
from dllab.document.flat import End, inside_of, ports_of, repetitions
from dllab.layers import LAYERS
from dllab.layers.base import Layer, Shape, signals
from dllab.layers.grouping import Group, Ports

Known = Shape | None


def through(node: Node, *inputs: Known) -> dict[str, Shape]:
    """Shapes at the outputs of a group, as far as they can be known. Raises Misfit, that of the first layer that doesn't fit."""
    graph = inside_of(node)
    inlets, outlets = ports_of(graph)
    given, found = list(inputs), dict[str, Known]()
    for _turn in range(repetitions(node)):
        found = _once(graph, dict(zip(inlets, given, strict=False)))
        given = [*(found.get(port) for port in outlets), *given[len(outlets) :]]
    return {port: shape for port, shape in found.items() if shape is not None}


def _once(graph: Graph, arriving: Mapping[str, Known]) -> dict[str, Known]:
    try:
        order = ordered(graph)
    except ValueError:  # a ring: checking the network says so
        return {}
    sources = {link.end: (link.source, link.output) for link in graph.links}
    shapes: dict[End, Shape] = {}
    leaving: dict[str, Known] = {}
    for name in order:
        node = graph.nodes[name]
        layer = _layer(node)
        ports = layer.input_ports() if layer else ()
        inputs = [shapes.get(sources.get((name, port), ("", ""))) for port in ports]
        if node.kind == GROUP_OUTPUT:
            leaving[name] = inputs[0]
        elif node.kind == GROUP_INPUT:
            came = arriving.get(name)
            shapes |= {(name, "out"): came} if came is not None else {}
        elif layer is not None:
            shapes |= {(name, port): shape for port, shape in _puts_out(node, layer, inputs).items()}
    return leaving


def _layer(node: Node) -> Layer | None:
    if node.kind == GROUP:
        inlets, outlets = ports_of(inside_of(node))
        return Group(ports=Ports(inputs=inlets, outputs=outlets))
    try:
        return LAYERS.make(node.kind, node.params)
    except (KeyError, ValueError):
        return None


def _puts_out(node: Node, layer: Layer, inputs: list[Known]) -> dict[str, Shape]:
    known = [shape for shape in inputs if shape is not None]
    if len(known) < len(inputs) or not inputs:
        return {}
    if node.muted:
        return dict.fromkeys(layer.output_ports()[:1], known[0])
    if node.kind == GROUP:
        return through(node, *known)
    layer.parameters(*known)
    return signals(layer, *known)
