"""Edits: pure functions from one experiment to the next. What was not touched is shared, what changes nothing is equal."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from dllab.declare import field_messages
from dllab.document.experiment import ID_PATTERN, Choice, Experiment, Frame, Graph, Link, Node, Note
from dllab.text import _


class Refused(ValueError):
    """An edit that can't be done; `code` for programs, the message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def with_model(experiment: Experiment, **update: Any) -> Experiment:
    """The experiment with fields of its graph replaced."""
    return experiment.model_copy(update={"model": experiment.model.model_copy(update=update)})


def fresh_id(taken: Collection[str], kind: str) -> str:
    """An id for a new node: the kind itself, then kind_2, kind_3, …"""
    stem = "".join(c if c.isascii() and c.isalnum() else "_" for c in kind.lower()).strip("_") or "node"
    # Ids are at most 63 long and this one may get a number.
    stem = (stem if stem[0].isalpha() else "n" + stem)[:50]
    candidate, number = stem, 1
    while candidate in taken:
        number += 1
        candidate = f"{stem}_{number}"
    return candidate


def add_node(experiment: Experiment, node_id: str, node: Node) -> Experiment:
    """Put a node on the canvas."""
    graph = experiment.model
    if node_id in graph.nodes:
        raise Refused("taken", _("There is already a node called {name}.").format(name=node_id))
    _refuse_id(node_id, graph.notes, graph.frames)
    return with_model(experiment, nodes={**graph.nodes, node_id: node})


def _refuse_id(item_id: str, *others: Mapping[str, Any]) -> None:
    """Raise Refused for an id that no file may hold or that names something of another sort."""
    if not re.match(ID_PATTERN, item_id):
        text = _("{name!r} can't be an id: small letters, digits and _ only, a letter first, at most 63.")
        raise Refused("id", text.format(name=item_id[:80]))
    if any(item_id in other for other in others):
        raise Refused("taken", _("There is already something called {name}.").format(name=item_id))


def replace_node(experiment: Experiment, node_id: str, **update: Any) -> Experiment:
    """Change fields of one node (`kind`, `params`, `title`, `muted`, `x`, `y`)."""
    return _replaced(experiment, node_id, update)


def _replaced(experiment: Experiment, node_id: str, update: Mapping[str, Any], name: str = "") -> Experiment:
    nodes = experiment.model.nodes
    node = _node(experiment, node_id)
    changed = _validated(node, update, name)
    return experiment if changed == node else with_model(experiment, nodes={**nodes, node_id: changed})


def _node(experiment: Experiment, node_id: str) -> Node:
    try:
        return experiment.model.nodes[node_id]
    except KeyError as error:
        raise Refused("missing", _("There is no node called {name}.").format(name=node_id)) from error


def set_param(experiment: Experiment, node_id: str, name: str, value: Any) -> Experiment:
    """Set one parameter of a layer; None and a missing entry are different things, so None is kept."""
    params = _node(experiment, node_id).params
    return _replaced(experiment, node_id, {"params": {**params, name: value}}, name)


def move(experiment: Experiment, positions: Mapping[str, tuple[float, float]]) -> Experiment:
    """Move nodes, notes and frames to new positions, by id."""
    graph = experiment.model

    def moved(items: Mapping[str, Any]) -> Mapping[str, Any]:
        if not any(key in items for key in positions):
            return items
        return {
            key: _validated(item, dict(zip("xy", map(float, positions[key]), strict=True)))
            if key in positions
            else item
            for key, item in items.items()
        }

    return with_model(experiment, nodes=moved(graph.nodes), notes=moved(graph.notes), frames=moved(graph.frames))


def reaches(graph: Graph, start: str, goal: str) -> bool:
    """Whether data that leaves `start` arrives at `goal` (a node reaches itself)."""
    following: dict[str, list[str]] = {}
    for link in graph.links:
        following.setdefault(link.source, []).append(link.target)
    seen, queue = {start}, [start]
    while queue:
        node = queue.pop()
        if node == goal:
            return True
        fresh = [n for n in following.get(node, ()) if n not in seen]
        seen.update(fresh)
        queue.extend(fresh)
    return False


def connect(experiment: Experiment, link: Link) -> Experiment:
    """Draw a wire; one that already ends at this input is replaced. Raises Refused for a loop."""
    graph = experiment.model
    for end in (link.source, link.target):
        _node(experiment, end)
    if link.source == link.target:
        raise Refused("self-loop", _("A layer can't feed itself: data flows in one direction."))
    if reaches(graph, link.target, link.source):
        raise Refused("cycle", _("This wire would close a loop: data flows in one direction, from input to output."))
    if link in graph.links:
        return experiment
    kept = tuple(other for other in graph.links if other.end != link.end)
    return with_model(experiment, links=(*kept, link))


def disconnect(experiment: Experiment, links: Collection[Link]) -> Experiment:
    """Remove wires."""
    if not links:
        return experiment
    return with_model(experiment, links=tuple(x for x in experiment.model.links if x not in links))


def remove(experiment: Experiment, ids: Collection[str], join: bool = True) -> Experiment:
    """Remove nodes, notes and frames; with `join` a node with one wire in leaves its neighbours joined."""
    graph = experiment.model
    gone = set(ids)
    links = list(graph.links)
    for node_id in (n for n in graph.nodes if n in gone):
        incoming = [x for x in links if x.target == node_id]
        outgoing = [x for x in links if x.source == node_id]
        links = [x for x in links if node_id not in (x.source, x.target)]
        if join and len(incoming) == 1:
            source = incoming[0]
            joined = {"source": source.source, "output": source.output}
            # A file may hold a loop; joining its ends would make a layer feed itself.
            links += [x.model_copy(update=joined) for x in outgoing if x.target != source.source]

    def kept(items: Mapping[str, Any]) -> Mapping[str, Any]:
        return {key: item for key, item in items.items() if key not in gone}

    return with_model(
        experiment, nodes=kept(graph.nodes), links=tuple(links), notes=kept(graph.notes), frames=kept(graph.frames)
    )


def insert_on_link(
    experiment: Experiment, link: Link, node_id: str, input_port: str = "in", output_port: str = "out"
) -> Experiment:
    """Take a node that is already there into a wire: source -> node -> target. Raises Refused for a loop."""
    without = disconnect(experiment, [link])
    first = Link(source=link.source, output=link.output, target=node_id, input=input_port)
    second = Link(source=node_id, output=output_port, target=link.target, input=link.input)
    return connect(connect(without, first), second)


def fragment(experiment: Experiment, ids: Collection[str]) -> Graph:
    """The chosen part of the graph with the links inside it: what copy puts on the clipboard."""
    graph, chosen = experiment.model, set(ids)

    def taken(items: Mapping[str, Any]) -> Mapping[str, Any]:
        return {key: item for key, item in items.items() if key in chosen}

    links = tuple(x for x in graph.links if x.source in chosen and x.target in chosen)
    return Graph(nodes=taken(graph.nodes), links=links, notes=taken(graph.notes), frames=taken(graph.frames))


def paste(experiment: Experiment, part: Graph, dx: float, dy: float) -> tuple[Experiment, tuple[str, ...]]:
    """Add a copied part moved by (dx, dy) under new ids; returns the new ids too."""
    graph = experiment.model
    taken = {*graph.nodes, *graph.notes, *graph.frames}
    names: dict[str, str] = {}
    for old in (*part.nodes, *part.notes, *part.frames):
        stem = part.nodes[old].kind if old in part.nodes else old.rstrip("0123456789_")
        names[old] = fresh_id(taken, stem)
        taken.add(names[old])

    def added(there: Mapping[str, Any], items: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**there, **{names[k]: _validated(v, {"x": v.x + dx, "y": v.y + dy}) for k, v in items.items()}}

    links = tuple(x.model_copy(update={"source": names[x.source], "target": names[x.target]}) for x in part.links)
    result = with_model(
        experiment,
        nodes=added(graph.nodes, part.nodes),
        links=graph.links + links,
        notes=added(graph.notes, part.notes),
        frames=added(graph.frames, part.frames),
    )
    return result, tuple(names.values())


def set_note(experiment: Experiment, note_id: str, note: Note) -> Experiment:
    """Write or rewrite a note."""
    _refuse_id(note_id, experiment.model.nodes, experiment.model.frames)
    return with_model(experiment, notes={**experiment.model.notes, note_id: note})


def set_frame(experiment: Experiment, frame_id: str, frame: Frame) -> Experiment:
    """Draw or redraw a frame."""
    _refuse_id(frame_id, experiment.model.nodes, experiment.model.notes)
    return with_model(experiment, frames={**experiment.model.frames, frame_id: frame})


def set_path(experiment: Experiment, path: str, value: Any) -> Experiment:
    """Set any value of the document by its dotted path, as in `training.learning_rate` or `model.nodes.linear.features`.

    The parameters of a choice or a node are reached without saying `params`, and a choice (data, loss, optimiser) may
    be given by its kind alone. Raises Refused with the reason.
    """
    names = path.split(".")
    changed = _set(experiment, names, value, path)
    assert isinstance(changed, Experiment)
    return experiment if changed == experiment else changed


def _set(item: Any, names: list[str], value: Any, path: str) -> Any:
    name, rest = names[0], names[1:]
    if isinstance(item, BaseModel):
        fields = type(item).model_fields
        if name not in fields:
            if "params" not in fields:
                raise _unknown(path, name, fields)
            return _set(item, ["params", *names], value, path)
        current = getattr(item, name)
        inner = _set(current, rest, value, path) if rest else _as_kept(current, value, path)
        return _validated(item, {name: inner}, path)
    if isinstance(item, Mapping):
        if rest and name not in item:
            raise _unknown(path, name, item)
        return {**item, name: _set(item[name], rest, value, path) if rest else value}
    raise Refused("path", _("{path}: there is nothing below {name}.").format(path=path, name=name))


def _as_kept(current: Any, value: Any, path: str) -> Any:
    """A value as people or JSON give it in the form in which the document keeps it."""
    if type(current) is Choice and isinstance(value, str):
        return _validated(current, {"kind": value, "params": {}}, path)
    return tuple(value) if isinstance(value, list) else value


def _unknown(path: str, name: str, known: Iterable[str]) -> Refused:
    text = _("{path}: {name} is not known here; there are {known}.")
    return Refused("path", text.format(path=path, name=name, known=", ".join(list(known)[:20]) or "–"))


def _validated(item: Any, update: Mapping[str, Any], path: str = "") -> Any:
    """A copy of a document value with fields replaced and checked. Raises Refused with the field named."""
    values = {name: getattr(item, name) for name in type(item).model_fields}
    try:
        return type(item).model_validate({**values, **update})
    except ValidationError as error:
        name, sentence = next(field_messages(error))
        raise Refused("value", f"{path or name} {sentence}") from error
