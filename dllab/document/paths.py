"""Pages of a document: the graph in a group, looked at and edited as if it were the whole."""

from collections.abc import Callable

from dllab.document.edits import Refused
from dllab.document.experiment import GROUP, Experiment, Graph
from dllab.document.flat import DEPTH_LIMIT, SEPARATOR, inside_of
from dllab.text import _

Path = tuple[str, ...]
"""Ids of the groups from the top down; empty for the network itself."""


def split_id(node_id: str) -> tuple[Path, str]:
    """The page on which a node stands and its id there, from an id as "block/conv2d"."""
    *path, name = node_id.split(SEPARATOR)
    return tuple(path), name


def joined_id(path: Path, name: str) -> str:
    """The id of a node from the top."""
    return SEPARATOR.join((*path, name))


def there(experiment: Experiment, path: Path) -> bool:
    """Whether the document has this page."""
    graph = experiment.model
    for name in path:
        if name not in graph.nodes or graph.nodes[name].kind != GROUP:
            return False
        graph = inside_of(graph.nodes[name])
    return True


def has_node(experiment: Experiment, node_id: str) -> bool:
    """Whether the document has this node, by its id from the top."""
    path, name = split_id(node_id)
    return there(experiment, path) and name in graph_at(experiment, path).nodes


def graph_at(experiment: Experiment, path: Path) -> Graph:
    """The graph of a page. Raises Refused when it is gone."""
    if not there(experiment, path):
        raise Refused("missing", _("There is no group called {name}.").format(name=SEPARATOR.join(path)))
    graph = experiment.model
    for name in path:
        graph = inside_of(graph.nodes[name])
    return graph


def page_of(experiment: Experiment, path: Path) -> Experiment:
    """The experiment with the graph of a page in place of its own."""
    return with_graph(experiment, graph_at(experiment, path)) if path else experiment


def with_graph(experiment: Experiment, graph: Graph) -> Experiment:
    """The experiment with another graph."""
    return experiment.model_copy(update={"model": graph})


def within(experiment: Experiment, path: Path, edit: Callable[[Experiment], Experiment]) -> Experiment:
    """Make an edit on a page. Raises what the edit raises, and Refused when groups would lie in each other too deeply."""
    if not path:
        changed = edit(experiment)
    else:
        inner = edit(page_of(experiment, path))
        changed = with_graph(inner, _put(experiment.model, path, inner.model))
    if _depth(changed.model) > DEPTH_LIMIT:
        text = _("Groups can lie in each other {limit} deep, not deeper.")
        raise Refused("depth", text.format(limit=DEPTH_LIMIT))
    return changed


def _put(graph: Graph, path: Path, inner: Graph) -> Graph:
    name, rest = path[0], path[1:]
    node = graph.nodes[name]
    below = _put(inside_of(node), rest, inner) if rest else inner
    if below is node.inside:
        return graph
    return graph.model_copy(update={"nodes": {**graph.nodes, name: node.model_copy(update={"inside": below})}})


def _depth(graph: Graph) -> int:
    return max((1 + _depth(node.inside) for node in graph.nodes.values() if node.inside is not None), default=0)
