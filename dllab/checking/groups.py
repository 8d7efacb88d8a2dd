"""What checking says of groups: their shapes and counts, their own problems, and problems inside shown where they are."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from dllab.checking.known import NodeCheck
from dllab.checking.order import ordered
from dllab.checking.problem import Fix, Problem
from dllab.document.experiment import GROUP, GROUP_INPUT, GROUP_OUTPUT, Experiment, Node
from dllab.document.flat import NODE_LIMIT, SEPARATOR, End, Flat, Flaw, home_of, inside_of, ports_of, repetitions
from dllab.document.paths import graph_at
from dllab.layers import LAYERS
from dllab.layers.base import Shape
from dllab.layers.grouping import Group, GroupInput, GroupOutput, Ports
from dllab.text import _

if TYPE_CHECKING:
    from dllab.checking.check import Check


def group_checks(flat: Flat, nodes: Mapping[str, NodeCheck]) -> dict[str, NodeCheck]:
    """What is known of every group: shapes at its ports, and how many numbers all its layers learn together."""
    learned: dict[str, int] = {}
    for name, found in nodes.items():
        place = name.rfind(SEPARATOR)
        while place > 0:
            learned[name[:place]] = learned.get(name[:place], 0) + found.parameters
            place = name.rfind(SEPARATOR, 0, place)

    def shape(end: End | None) -> Shape | None:
        return nodes[end[0]].shapes.get(end[1]) if end is not None and end[0] in nodes else None

    checks: dict[str, NodeCheck] = {}
    for name, placed in flat.groups.items():
        shapes = {port: shape(end) for port, end in placed.outputs.items()}
        checks[name] = _node_check(
            placed.node,
            tuple(shape(end) for end in placed.inputs.values()),
            {port: known for port, known in shapes.items() if known is not None},
            learned.get(name, 0),
        )
    return checks


def _node_check(
    node: Node, inputs: tuple[Shape | None, ...], shapes: Mapping[str, Shape], parameters: int
) -> NodeCheck:
    inner, outer = ports_of(inside_of(node))
    layer = Group(repeat=repetitions(node), ports=Ports(inputs=inner, outputs=outer))
    return NodeCheck(layer, inputs, shapes, parameters)


def flaw_problems(flat: Flat) -> Iterator[Problem]:
    """Problems of groups as such, by their ids in the flat graph."""
    for flaw in flat.flaws:
        yield _flaw_problem(flat, flaw)


def _flaw_problem(flat: Flat, flaw: Flaw) -> Problem:
    placed = flat.groups.get(flaw.node)
    name = (placed.node.title if placed else "") or _(Group.title)
    remove = (Fix("remove", _("Remove it"), node=flaw.node),)
    match flaw.code:
        case "open-input":
            text = _("{group} waits for its input {port}: draw a wire to it.").format(group=name, port=flaw.port)
            return Problem("open-input", text, flaw.node, flaw.port)
        case "open-output":
            text = _("Nothing arrives at this output of the group: draw a wire to it or remove it.")
            return Problem("disconnected", text, flaw.node, "in", fixes=remove)
        case "no-input":
            text = _("There is no input called {name}.").format(name=flaw.port)
            return Problem("port", text, flaw.node, flaw.port)
        case "no-output":
            text = _("There is no output called {name}.").format(name=flaw.port)
            return Problem("port", text, flaw.node, flaw.port)
        case "unused":
            text = _("What {layer} puts out goes nowhere: draw a wire from it or remove it.").format(layer=name)
            return Problem("unused", text, flaw.node, flaw.port, fixes=remove)
        case "repeat":
            text = _("{group} can't be repeated: it has more outputs than inputs, so not all would find a place.")
            fix = Fix("param", _("Set Repeat to 1"), flaw.node, "repeat", 1)
            return Problem("repeat", text.format(group=name), flaw.node, "repeat", fixes=(fix,))
        case "ring":
            text = _("{group} feeds itself: remove one of the wires of the ring.").format(group=name)
            return Problem("cycle", text, flaw.node, "in")
    text = _("{group} is too large: with all repetitions the network would have more than {limit:,} layers.")
    fix = Fix("param", _("Set Repeat to 1"), flaw.node, "repeat", 1)
    return Problem("too-many", text.format(group=name, limit=NODE_LIMIT), flaw.node, "repeat", fixes=(fix,))


def at_home(problems: list[Problem]) -> list[Problem]:
    """The problems by where their layers stand in the document; what all repetitions share is said once."""
    found: dict[tuple[str, str, str], Problem] = {}
    for problem in problems:
        if SEPARATOR in problem.node:
            problem = replace(problem, node=home_of(problem.node))
        fixes = tuple(_fix_at_home(fix) for fix in problem.fixes)
        if fixes != problem.fixes:
            problem = replace(problem, fixes=fixes)
        found.setdefault((problem.node, problem.name, problem.code), problem)
    return list(found.values())


_NODES = "model.nodes."


def _fix_at_home(fix: Fix) -> Fix:
    if fix.action == "path" and fix.name.startswith(_NODES) and SEPARATOR in fix.name:
        node, _dot, rest = fix.name.removeprefix(_NODES).partition(".")
        path = f"{_NODES}{'.inside.nodes.'.join(home_of(node).split(SEPARATOR))}"
        return replace(fix, name=f"{path}.{rest}")
    return replace(fix, node=home_of(fix.node)) if SEPARATOR in fix.node else fix


def page(checked: "Check", experiment: Experiment, path: tuple[str, ...]) -> "Check":
    """What is known of one page, the canvas of a group: ids as they stand there, problems of inner groups at the group."""
    if checked.experiment is experiment:
        return checked
    graph = graph_at(experiment, path)
    prefix = _first(experiment, path)
    nodes = {name: _on_page(checked, prefix, name, node) for name, node in graph.nodes.items()}
    try:
        order = ordered(graph)
    except ValueError:
        order = ()
    own = "".join(name + SEPARATOR for name in path)
    problems = tuple(
        _problem_on_page(p, own) for p in checked.problems if p.node.startswith(own) and (p.node or not own)
    )
    return replace(checked, nodes=nodes, problems=problems, order=order)


def _problem_on_page(problem: Problem, own: str) -> Problem:
    name, _stroke, deeper = problem.node.removeprefix(own).partition(SEPARATOR)
    if not deeper:
        return replace(problem, node=name) if own else problem
    # Fixes go on meaning what they mean: they say where in the document, from the top.
    return replace(problem, node=name, name="")


def _first(experiment: Experiment, path: tuple[str, ...]) -> str:
    """How ids of this page begin in the flat graph, in the first repetition."""
    prefix, graph = "", experiment.model
    for name in path:
        node = graph.nodes[name]
        prefix += f"{name}{SEPARATOR}" + (f"1{SEPARATOR}" if repetitions(node) > 1 else "")
        graph = inside_of(node)
    return prefix


def _on_page(checked: "Check", prefix: str, name: str, node: Node) -> NodeCheck:
    found = checked.nodes.get(prefix + name)
    if found is not None:
        return found
    parent = checked.nodes.get(_parent(prefix))
    if node.kind == GROUP:
        return _node_check(node, (), {}, 0)
    if parent is None or not isinstance(parent.layer, Group):
        layer = LAYERS.get(node.kind)
        return NodeCheck(layer() if layer else None)
    if node.kind == GROUP_INPUT and name in parent.layer.ports.inputs and parent.inputs:
        shape = parent.inputs[parent.layer.ports.inputs.index(name)]
        return NodeCheck(GroupInput(), (), {"out": shape} if shape is not None else {})
    if node.kind == GROUP_OUTPUT:
        return NodeCheck(GroupOutput(), (parent.shapes.get(name),))
    return NodeCheck(None)


def _parent(prefix: str) -> str:
    parts = prefix.rstrip(SEPARATOR).split(SEPARATOR)
    return SEPARATOR.join(parts[:-1] if parts[-1].isdigit() else parts)
