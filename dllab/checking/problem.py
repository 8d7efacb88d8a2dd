"""A problem of an experiment and the edits that would mend it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from dllab.document import edits
from dllab.document.experiment import Choice, Experiment, Node
from dllab.document.flat import SEPARATOR
from dllab.document.paths import split_id, within
from dllab.text import _

# A node is 140 x 62; these are from one node to the next, with room for the wire.
_STEP, _ROW = 190.0, 62.0

Severity = Literal["error", "warning"]
"""An error can't be trained; a warning can, and the lab says why that is no good idea."""


@dataclass(frozen=True)
class Fix:
    """An edit as data. `action` says which of the fields count:

    "param" (node, name, value) · "insert" (kind, params, before node's input `name`) · "remove" (node) ·
    "mute" (node) · "kind" (node becomes another kind, with params) · "path" (name = document path, value).
    """

    action: Literal["param", "insert", "remove", "mute", "kind", "path"]
    text: str
    """What the button says, already in the language in use."""
    node: str = ""
    name: str = ""
    value: Any = None
    kind: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """What is wrong, where, and what would help. `code` is for programs and lessons, `text` for people."""

    code: str
    text: str
    node: str = ""
    """Id of the node; empty for the experiment as a whole."""
    name: str = ""
    """Parameter, port or document path at fault."""
    severity: Severity = "error"
    fixes: tuple[Fix, ...] = ()
    """Best first."""


def apply_fix(experiment: Experiment, fix: Fix) -> Experiment:
    """The experiment mended."""
    if SEPARATOR in fix.node:
        path, name = split_id(fix.node)
        return within(experiment, path, lambda page: apply_fix(page, replace(fix, node=name)))
    match fix.action:
        case "param":
            return edits.set_param(experiment, fix.node, fix.name, fix.value)
        case "insert":
            return _insert(experiment, fix)
        case "remove":
            return edits.remove(experiment, [fix.node])
        case "mute":
            return edits.replace_node(experiment, fix.node, muted=True)
        case "kind":
            return edits.replace_node(experiment, fix.node, kind=fix.kind, params=dict(fix.params))
        case "path":
            value = Choice(kind=fix.kind, params=fix.params) if fix.kind else fix.value
            return edits.set_path(experiment, fix.name, value)


def _insert(experiment: Experiment, fix: Fix) -> Experiment:
    """Put a new node into the wire that ends at the input, and make room for it."""
    graph = experiment.model
    link = next((x for x in graph.links if x.end == (fix.node, fix.name)), None)
    if link is None:
        raise edits.Refused("missing", _("There is no wire to insert a layer into."))
    new = edits.fresh_id({*graph.nodes, *graph.notes, *graph.frames}, fix.kind)
    source, target = graph.nodes[link.source], graph.nodes[link.target]
    x, y = (source.x + target.x) / 2, (source.y + target.y) / 2
    if abs(source.y - target.y) >= _ROW or target.x - source.x < 2 * _STEP:
        # No room between them: the new layer takes the target's place and the rest of its row moves on.
        x, y = target.x, target.y
        row = {k: n for k, n in graph.nodes.items() if n.x >= target.x and abs(n.y - target.y) < _ROW}
        experiment = edits.move(experiment, {name: (node.x + _STEP, node.y) for name, node in row.items()})
    experiment = edits.add_node(experiment, new, Node(kind=fix.kind, params=fix.params, x=x, y=y))
    return edits.insert_on_link(experiment, link, new)
