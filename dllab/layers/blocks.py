"""What a transformer block is made of, laid out as the inside of a group."""

from collections.abc import Mapping, Sequence
from typing import Any

from dllab.document.experiment import GROUP_INPUT, GROUP_OUTPUT, Graph, Link, Node

Part = tuple[str, str, Mapping[str, Any]]
"""Id, kind and parameters of a layer."""


class Block:
    """The inside of a transformer block while it is laid out: two rounds, each with a skip, one row each."""

    def __init__(self, norm_first: bool) -> None:
        self._first = norm_first
        self._nodes = {"in": Node(kind=GROUP_INPUT)}
        self._links: list[Link] = []
        self._last = "in"
        self._row, self._column = 0.0, 0

    def round(self, number: str, parts: Sequence[Part]) -> None:
        """Norm, layers and sum (norm first), or layers, sum and norm; in one row."""
        norm: Part = (f"norm{number}", "layer_norm", {})
        skip = self._last
        for name, kind, params in ([norm] if self._first else []) + list(parts):
            self._add(name, kind, params)
        self._add(f"add{number}", "add", {}, "a")
        self._links.append(Link(source=skip, target=f"add{number}", input="b"))
        if not self._first:
            self._add(*norm)
        self._row, self._column = self._row + 140.0, 0

    def _add(self, name: str, kind: str, params: Mapping[str, Any], port: str = "in") -> None:
        self._column += 1
        given = {key: value for key, value in params.items() if value}
        self._nodes[name] = Node(kind=kind, params=given, x=190.0 * self._column, y=self._row)
        self._links.append(Link(source=self._last, target=name, input=port))
        self._last = name

    def graph(self) -> Graph:
        """All of it, with the port behind the last row."""
        last = self._nodes[self._last]
        self._nodes["out"] = Node(kind=GROUP_OUTPUT, x=last.x + 190.0, y=last.y)
        self._links.append(Link(source=self._last, target="out"))
        return Graph(nodes=self._nodes, links=tuple(self._links))
