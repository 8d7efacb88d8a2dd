"""Code that a document holds: found and named by its content, never run here."""

from collections.abc import Iterator
from hashlib import sha256

from dllab.document.experiment import Experiment, Graph
from dllab.document.paths import Path, joined_id

CUSTOM = "custom"


def digest(code: str) -> str:
    """The name of a piece of code, by which trust in it is remembered: other text, other name."""
    return sha256(code.encode("utf-8", "surrogatepass")).hexdigest()


def codes(experiment: Experiment) -> dict[str, str]:
    """The code of every custom layer that has some of its own, by the layer's id from the top."""
    return dict(_codes(experiment.model, ()))


def _codes(graph: Graph, path: Path) -> Iterator[tuple[str, str]]:
    for name, node in graph.nodes.items():
        code = node.params.get("code")
        if node.kind == CUSTOM and isinstance(code, str):
            yield joined_id(path, name), code
        if node.inside is not None:
            yield from _codes(node.inside, (*path, name))
