"""What fits where: which ports take a wire, which layers can follow a port, and the reason where one doesn't."""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from dllab.checking import Check
from dllab.document.experiment import GROUP_INPUT, GROUP_OUTPUT, Experiment, Graph, Link
from dllab.layers import LAYERS
from dllab.layers.base import Layer, Misfit, Shape
from dllab.recipe import LOSSES
from dllab.text import _
from ui.canvas.saved import declaration, saved

Side = Literal["in", "out"]
Port = tuple[Side, str]
Mark = Literal["fits", "misfit", "refused"]


class Verdict(NamedTuple):
    """What a port says to a wire, and why. A misfit can still be drawn: the problem bar then offers the remedy."""

    mark: Mark
    reason: str = ""


FITS = Verdict("fits")

# What usually comes next, best first; families that are not named follow in the order of the palette.
_NEXT: Mapping[str, tuple[str, ...]] = {
    "data": ("convolution", "dense", "shape", "normalise"),
    "dense": ("activation", "regularise", "normalise", "dense", "output"),
    "convolution": ("activation", "normalise", "shape", "convolution", "regularise"),
    "normalise": ("activation", "convolution", "dense", "shape"),
    "activation": ("dense", "convolution", "shape", "regularise", "normalise", "combine"),
    "regularise": ("dense", "convolution", "activation", "shape"),
    "shape": ("convolution", "dense", "regularise", "activation", "normalise"),
    "combine": ("activation", "normalise", "convolution", "dense", "shape"),
}


def link_between(one: tuple[str, Port], other: tuple[str, Port]) -> Link | None:
    """The wire between an output and an input, whichever of the two comes first; None for two of a kind."""
    (name, (side, port)), (other_name, (other_side, other_port)) = one, other
    if side == other_side:
        return None
    if side == "out":
        return Link(source=name, output=port, target=other_name, input=other_port)
    return Link(source=other_name, output=other_port, target=name, input=port)


def verdicts(experiment: Experiment, check: Check, start: tuple[str, Port]) -> dict[tuple[str, Port], Verdict]:
    """What every port of the other side says to a wire from this one."""
    name, (side, port) = start
    graph = experiment.model
    beyond = _reached(graph, name, "in" if side == "out" else "out")
    found: dict[tuple[str, Port], Verdict] = {}
    for other in graph.nodes:
        layer = check.nodes[other].layer
        if layer is None:
            ports: tuple[str, ...] = ("in",) if side == "out" else ("out",)
        else:
            ports = layer.input_ports() if side == "out" else layer.output_ports()
        for other_port in ports:
            end: tuple[str, Port] = (other, ("in" if side == "out" else "out", other_port))
            if other == name:
                found[end] = Verdict("refused", _("A layer can't feed itself: data flows in one direction."))
            elif other in beyond:
                found[end] = Verdict("refused", _("This wire would close a loop: data flows in one direction only."))
            elif side == "out":
                found[end] = _taken(check, (name, port), (other, other_port))
            else:
                found[end] = _taken(check, (other, other_port), (name, port))
    return found


def _reached(graph: Graph, start: str, side: Side) -> set[str]:
    """Nodes that a wire from `start` must not reach: those before it (side "in") or after it (side "out")."""
    near: dict[str, list[str]] = {}
    for link in graph.links:
        here, there = (link.target, link.source) if side == "in" else (link.source, link.target)
        near.setdefault(here, []).append(there)
    seen, queue = {start}, [start]
    while queue:
        fresh = [n for n in near.get(queue.pop(), ()) if n not in seen]
        seen.update(fresh)
        queue += fresh
    return seen


def _taken(check: Check, source: tuple[str, str], target: tuple[str, str]) -> Verdict:
    """Whether the target's layer takes the source's shape at this port, the other inputs being as they are."""
    shape = check.nodes[source[0]].shapes.get(source[1])
    layer = check.nodes[target[0]].layer
    if shape is None or layer is None or target[1] not in layer.input_ports():
        return FITS
    inputs = list(check.nodes[target[0]].inputs) or [None] * len(layer.input_ports())
    inputs[layer.input_ports().index(target[1])] = shape
    reason = _misfit(layer, inputs)
    return Verdict("misfit", reason) if reason else FITS


def _misfit(layer: Layer, inputs: list[Shape | None]) -> str:
    known = [shape for shape in inputs if shape is not None]
    if len(known) < len(inputs):
        return ""
    try:
        layer.shapes(*known)
        layer.parameters(*known)
    except Misfit as misfit:
        return str(misfit)
    return ""


def why_not_on_wire(experiment: Experiment, check: Check, kind: str, link: Link) -> str | None:
    """The reason why a layer of this kind can't stand in a wire; empty when it fits, None when it never could."""
    declared = declaration(kind)
    if declared is None:
        return None
    layer = declared()
    if not layer.input_ports() or not layer.output_ports():
        return None
    target = check.nodes[link.target].layer
    if layer.analyses and target is not None and not target.analyses:
        return None
    shape = check.nodes[link.source].shapes.get(link.output)
    return "" if shape is None else _misfit(layer, [shape] * len(layer.input_ports()))


def layers_after(experiment: Experiment, check: Check, name: str, port: str = "out") -> list[str]:
    """Kinds of layers that can follow an output, the likeliest first."""
    shape = check.nodes[name].shapes.get(port)
    source = check.nodes[name].layer
    fitting = []
    for layer in _candidates(experiment, {"input", "output"}):
        if source is not None and source.analyses and not layer.analyses:
            continue
        if layer.input_ports() and (shape is None or not _misfit(layer, [shape] * len(layer.input_ports()))):
            fitting.append(layer)
    loss = LOSSES.get(experiment.training.loss.kind)
    done = check.data is not None and loss is not None and shape == loss().expects(check.data)
    return _ranked(fitting, experiment.model.nodes[name].kind, shape, done)


def layers_before(experiment: Experiment, check: Check, name: str, port: str = "in") -> list[str]:
    """Kinds of layers that could feed an input, judged by what they would make of the data."""
    target = check.nodes[name].layer
    guess = check.data.input if check.data else None
    fitting = []
    for layer in _candidates(experiment, {"input", "output"}):
        if layer.output_ports() and _could_feed(layer, target, port, guess):
            fitting.append(layer.kind)
    return fitting


_PORTS = {GROUP_INPUT, GROUP_OUTPUT}


def _candidates(experiment: Experiment, single: set[str]) -> Iterator[Layer]:
    """One of each kind with its defaults; of ends a network has but one."""
    there = {node.kind for node in experiment.model.nodes.values()}
    # The page of a group has ports where the network has its ends.
    elsewhere = single if there & _PORTS else _PORTS
    for declared in (*LAYERS, *saved.layers):
        if declared.kind not in (there & single) | elsewhere:
            yield declared()


def _could_feed(layer: Layer, target: Layer | None, port: str, guess: Shape | None) -> bool:
    if target is not None and layer.analyses and not target.analyses:
        return False
    if guess is None or target is None or len(target.input_ports()) != 1:
        return True
    shape: Shape | None = guess
    # What comes in from outside has no rule of its own: it is the data.
    if layer.kind not in ("input", GROUP_INPUT):
        try:
            shape = layer.shapes(*[guess] * len(layer.input_ports())).get(layer.output_ports()[0])
        except Misfit:
            return False
    return shape is None or not _misfit(target, [shape])


def _ranked(layers: list[Layer], before: str, shape: Shape | None, done: bool) -> list[str]:
    """First one layer of each family, in the order in which families usually follow; then all others."""
    declared = LAYERS.get(before)
    order = _NEXT.get(declared.family, ()) if declared else ()
    flat = shape is not None and len(shape) == 1

    firsts: dict[str, str] = {}
    for layer in layers:
        firsts.setdefault(layer.family, layer.kind)

    def rank(layer: Layer) -> tuple[bool, int]:
        if layer.kind == "output":
            return False, 0 if done else 90
        place = order.index(layer.family) + 1 if layer.family in order else 50
        # On a row of numbers dense layers come first, on an image those that look at neighbours.
        if shape is not None and (layer.family == "dense") is not flat and layer.family in ("dense", "convolution"):
            place += 60
        return layer.kind not in firsts.values(), place

    return [layer.kind for layer in sorted(layers, key=rank)]
