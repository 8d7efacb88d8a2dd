"""What a node shows, as a value made from the document and its check: items keep this, never the document."""

import html
from collections.abc import Mapping
from dataclasses import dataclass

from dllab.checking import Check, Problem
from dllab.checking.known import NodeCheck
from dllab.declare import form_fields
from dllab.document.experiment import GROUP, GROUP_INPUT, GROUP_OUTPUT, Experiment, Graph, Node
from dllab.document.flat import inside_of, repetitions
from dllab.layers import LAYERS
from dllab.layers.base import show_shape
from dllab.layers.ends import Output
from dllab.recipe import LOSSES
from dllab.text import _, ngettext
from ui.canvas.geometry import Box, node_height

_UNKNOWN_GLYPH = "mdi6.help-box-outline"
_NOT_YET = "–"
FROZEN = "❄ "
"""Before the number of weights that training leaves as they are."""


@dataclass(frozen=True)
class Face:
    """The visible side of a node."""

    title: str
    detail: str
    """Its output shape, or words in its place."""
    count: str
    """How many numbers it learns; empty for none."""
    family: str
    glyph: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    severity: str = ""
    """"error", "warning" or empty: the mark in the corner."""
    muted: bool = False
    frozen: bool = False
    unknown: bool = False
    worded: bool = False
    """Whether the second line is words, not a shape."""
    layers: int | None = None
    """Of a group how many layers stand in it, those of groups inside among them; None for a layer."""
    repeat: int = 1

    @property
    def height(self) -> float:
        """Height of the node."""
        return node_height(max(len(self.inputs), len(self.outputs)))


def faces(experiment: Experiment, check: Check) -> dict[str, Face]:
    """The faces of all nodes."""
    severities: dict[str, str] = {}
    for problem in reversed(check.problems):
        severities[problem.node] = problem.severity
    used = _used_ports(experiment.model)
    none: tuple[list[str], list[str]] = ([], [])
    return {
        name: _face(experiment, check, node, check.nodes[name], used.get(name, none), severities.get(name, ""))
        for name, node in experiment.model.nodes.items()
    }


def node_boxes(graph: Graph, shown: Mapping[str, Face]) -> dict[str, Box]:
    """Where the nodes lie and how large they are."""
    return {name: Box(node.x, node.y, height=shown[name].height) for name, node in graph.nodes.items()}


def title_of(node: Node, experiment: Experiment) -> str:
    """What the node is called: by the person, else by its layer; the output by the loss it hands its numbers to."""
    if node.title:
        return node.title
    if node.kind == "output":
        own = node.params.get("loss")
        loss = LOSSES.get(own["kind"] if isinstance(own, Mapping) and "kind" in own else experiment.training.loss.kind)
        if loss:
            return _(loss.short or loss.title)
    declaration = LAYERS.get(node.kind)
    return _(declaration.short or declaration.title) if declaration else node.kind


def layers_in(node: Node) -> int:
    """How many layers stand in a group, once each."""
    inner = inside_of(node).nodes.values()
    return sum(layers_in(n) if n.kind == GROUP else n.kind not in (GROUP_INPUT, GROUP_OUTPUT) for n in inner)


def _used_ports(graph: Graph) -> dict[str, tuple[list[str], list[str]]]:
    used: dict[str, tuple[list[str], list[str]]] = {}
    for link in graph.links:
        used.setdefault(link.target, ([], []))[0].append(link.input)
        used.setdefault(link.source, ([], []))[1].append(link.output)
    return used


def _face(
    experiment: Experiment,
    check: Check,
    node: Node,
    found: NodeCheck,
    used: tuple[list[str], list[str]],
    severity: str,
) -> Face:
    declaration = LAYERS.get(node.kind)
    layer = found.layer or (declaration() if declaration else None)
    repeat = repetitions(node) if node.kind == GROUP else 1
    known_in = layer.input_ports() if layer else ("in",)
    known_out = layer.output_ports() if layer else ("out",)
    return Face(
        title=title_of(node, experiment),
        detail=_detail(node, found, check) if declaration else _("unknown layer"),
        count=_count(node, found),
        family=declaration.family if declaration else "",
        glyph=declaration.glyph if declaration else _UNKNOWN_GLYPH,
        # Wires to ports that don't exist still need a place to end, so that they can be seen and removed.
        inputs=(*known_in, *sorted(set(used[0]).difference(known_in))),
        outputs=(*known_out, *sorted(set(used[1]).difference(known_out))),
        severity=severity,
        muted=node.muted,
        frozen=node.frozen and found.parameters > 0,
        unknown=declaration is None,
        worded=declaration is None or node.kind == "output",
        layers=layers_in(node) if node.kind == GROUP else None,
        repeat=repeat,
    )


def _count(node: Node, found: NodeCheck) -> str:
    if not found.parameters:
        return ""
    return f"{FROZEN if node.frozen else ''}{found.parameters:,}"


def _detail(node: Node, found: NodeCheck, check: Check) -> str:
    if node.kind == "output":
        again = isinstance(found.layer, Output) and found.layer.target == "input"
        return _("the input again") if again else _target(check)
    if found.layer is not None and found.layer.analyses and not found.layer.output_ports():
        field = form_fields(type(found.layer))[0]
        value = getattr(found.layer, field.name)
        return f"{_(field.title)} {_('automatic') if value is None else f'{value:g}'}"
    shape = next(iter(found.shapes.values()), found.inputs[0] if node.kind == GROUP_OUTPUT and found.inputs else None)
    return show_shape(shape) if shape is not None else _NOT_YET


def _target(check: Check) -> str:
    if check.data is None:
        return _NOT_YET
    if check.data.task == "classification":
        count = len(check.data.classes)
        return ngettext("{count} class", "{count} classes", count).format(count=count)
    if check.data.task == "none":
        return _("nothing to predict")
    count = len(check.data.targets)
    return ngettext("{count} number to predict", "{count} numbers to predict", count).format(count=count)


def spoken(face: Face) -> str:
    """The node in one line for screen readers: "Conv2d, output 16 × 8 × 8, 160 parameters"."""
    parts = [face.title]
    if face.detail != _NOT_YET:
        parts.append(face.detail if face.worded else _("output {shape}").format(shape=face.detail))
    if face.count:
        shown = face.count.removeprefix(FROZEN)
        count = int(shown.replace(",", ""))
        parts.append(ngettext("{count} parameter", "{count} parameters", count).format(count=shown))
    if face.layers is not None:
        text = ngettext("group of {count} layer", "group of {count} layers", face.layers)
        parts.insert(1, text.format(count=face.layers))
    if face.repeat > 1:
        parts.insert(2, _("repeated {count} times").format(count=face.repeat))
    if face.frozen:
        parts.append(_("frozen"))
    if face.muted:
        parts.append(_("muted"))
    if face.severity:
        parts.append(_("has a problem") if face.severity == "error" else _("has a warning"))
    return ", ".join(parts)


def tooltip(face: Face, node: Node, found: NodeCheck, problems: tuple[Problem, ...]) -> str:
    """What a node tells under the mouse, as rich text: names come from files, so everything is escaped."""
    declaration = LAYERS.get(node.kind)
    lines = [f"<b>{html.escape(face.title)}</b>"]
    if declaration:
        kind = "" if face.title == _(declaration.title) else f"{_(declaration.title)}: "
        lines.append(html.escape(kind + declaration.summary()))
    if face.layers is not None:
        text = ngettext(
            "{count} layer inside. Double-click to open.", "{count} layers inside. Double-click to open.", face.layers
        )
        lines.append(html.escape(text.format(count=face.layers)))
    if found.arithmetic:
        lines.append(html.escape(found.arithmetic))
    if face.muted:
        lines.append(html.escape(_("Muted: data passes through unchanged. Press M to take it in again.")))
    if face.frozen:
        lines.append(html.escape(_("Frozen: training leaves its weights as they are.")))
    marks = {"error": "⨯", "warning": "⚠"}
    lines += [f"<b>{marks[p.severity]}</b> {html.escape(p.text)}" for p in problems]
    return "<br>".join(lines)
