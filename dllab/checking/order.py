"""The order in which layers are built and run: it hangs on the network alone, not on names or on who was drawn first.

Layers draw their first weights one after the other, so two networks that are the same must be gone through in the same
order: else a network would train differently once a part of it is put into a group.
"""

import json
from collections.abc import Mapping
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from hashlib import blake2b

from dllab.document.experiment import Graph, Link


def ordered(graph: Graph) -> tuple[str, ...]:
    """Node ids from input to output, level by level. Raises graphlib's CycleError for a loop."""
    following: dict[str, dict[str, None]] = {name: {} for name in graph.nodes}
    for link in graph.links:
        following[link.source][link.target] = None
    waiting = dict.fromkeys(graph.nodes, 0)
    for targets in following.values():
        for target in targets:
            waiting[target] += 1
    ties = _Ties(graph)
    order = ties.sort([name for name, count in waiting.items() if not count])
    for name in order:  # grows while it is walked
        ready = []
        for target in following[name]:
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
        order += ties.sort(ready)
    if len(order) < len(graph.nodes):
        feeding: dict[str, dict[str, None]] = {name: {} for name in graph.nodes}
        for link in graph.links:
            feeding[link.target][link.source] = None
        tuple(TopologicalSorter(feeding).static_order())
        raise CycleError("unreachable", [order[0]])
    return tuple(order)


class _Ties:
    """Decides between layers that could come next, by what they are and what lies before and behind them."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def sort(self, names: list[str]) -> list[str]:
        """The names in an order that doesn't hang on the ids; most often there is but one."""
        return names if len(names) < 2 else sorted(names, key=self._marks.__getitem__)

    @cached_property
    def _marks(self) -> Mapping[str, bytes]:
        into: dict[str, list[Link]] = {name: [] for name in self._graph.nodes}
        out: dict[str, list[Link]] = {name: [] for name in self._graph.nodes}
        for link in self._graph.links:
            into[link.target].append(link)
            out[link.source].append(link)
        order = tuple(
            TopologicalSorter({name: [x.source for x in links] for name, links in into.items()}).static_order()
        )
        before: dict[str, bytes] = {}
        for name in order:
            node = self._graph.nodes[name]
            own = (
                f"{node.kind} {node.muted} {node.frozen} {node.init} {json.dumps(node.params, sort_keys=True)}".encode()
            )
            if node.init.kind != "default":
                own += f" {node.init.kind} {json.dumps(node.init.params, sort_keys=True)}".encode()
            before[name] = _mark(own, [(x.input, x.output, before[x.source]) for x in into[name]])
        behind: dict[str, bytes] = {}
        for name in reversed(order):
            behind[name] = _mark(before[name], [(x.output, x.input, behind[x.target]) for x in out[name]])
        return behind


def _mark(own: bytes, around: list[tuple[str, str, bytes]]) -> bytes:
    digest = blake2b(own, digest_size=12)
    for one, other, mark in sorted(around):
        digest.update(f"|{one} {other} ".encode() + mark)
    return digest.digest()
