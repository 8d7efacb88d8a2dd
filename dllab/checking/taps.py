"""Problems of what only looks on: clustering that can't be done, or that somebody wants to train behind."""

from collections.abc import Iterator, Mapping
from math import ceil, prod

from dllab.checking.known import NodeCheck
from dllab.checking.memory import size_words
from dllab.checking.problem import Fix, Problem
from dllab.data.base import Dataset, DataSpec, split_sizes
from dllab.document.experiment import Experiment, Graph
from dllab.layers import LAYERS
from dllab.layers.analysing import Analysis, Clustering
from dllab.layers.base import Layer, Misfit, SetParam
from dllab.text import _

MEMORY_LIMIT = 8 * 2**30
"""Bytes that one fit may ask for before anybody knows the machine; the fit looks again at what is free."""
PATIENCE_S = 600.0
"""Nobody is offered what takes longer than this."""
_SHARES, _MOST_ASIDE = 10_000, 0.9
"""A share of samples has so many steps; more than this is never set aside."""


def taps_of(layers: Mapping[str, Layer | None]) -> frozenset[str]:
    """Ids of all nodes that only look on."""
    return frozenset(name for name, found in layers.items() if found is not None and found.analyses)


def without(graph: Graph, taps: frozenset[str]) -> Graph:
    """The network alone: what looks on changes neither its order nor its first weights."""
    if not taps:
        return graph
    nodes = {name: node for name, node in graph.nodes.items() if name not in taps}
    links = tuple(x for x in graph.links if x.source not in taps and x.target not in taps)
    return Graph.model_construct(nodes=nodes, links=links)


def looked_at(experiment: Experiment, data: DataSpec) -> int:
    """How many samples are clustered: all but those of the sealed test part."""
    train, validation, _test = split_sizes(data.samples, experiment.split, data.gap)
    return train + validation


def tap_problems(
    experiment: Experiment, nodes: Mapping[str, NodeCheck], taps: frozenset[str], dataset: Dataset | None
) -> Iterator[Problem]:
    """Wires from a tap back into the network, too few or too many samples."""
    graph = experiment.model
    for link in graph.links:
        if link.source in taps and link.target not in taps and nodes[link.target].layer is not None:
            source, target = nodes[link.source].layer, nodes[link.target].layer
            assert source is not None
            assert target is not None
            text = _("{source} only looks on: what it puts out can't go back into the network, to {target}.")
            text = text.format(source=_(source.title), target=_(target.title))
            yield Problem("tap", text, link.target, link.input)
    if not any(found.layer is not None and found.layer.kind == "output" for found in nodes.values()):
        yield from _untrained(graph, nodes, taps)
    if dataset is None:
        return
    data = dataset.spec()
    samples = looked_at(experiment, data)
    for name in taps:
        found = nodes[name].layer
        if not isinstance(found, Analysis) or graph.nodes[name].muted:
            continue
        try:
            found.refuse_count(samples)
        except Misfit as misfit:
            yield _count_problem(name, found, misfit)
            continue
        shape = nodes[name].inputs[0] if nodes[name].inputs else None
        if isinstance(found, Clustering) and shape is not None:
            yield from _too_many(name, found, samples, prod(shape), dataset)


def _untrained(graph: Graph, nodes: Mapping[str, NodeCheck], taps: frozenset[str]) -> Iterator[Problem]:
    for link in graph.links:
        source = nodes[link.source].layer
        if link.target in taps and link.source not in taps and source is not None and source.kind != "input":
            text = _("{layer} learns nothing without an Output: add one, or draw the wire from the Input.")
            yield Problem("untrained", text.format(layer=_(source.title)), link.target, link.input)


def _count_problem(name: str, found: Analysis, misfit: Misfit) -> Problem:
    fixes = []
    for remedy in misfit.remedies:
        if isinstance(remedy, SetParam):
            title = type(found).model_fields[remedy.name].title or remedy.name
            text = _("Set {field} to {value}").format(field=_(title), value=remedy.value)
            fixes.append(Fix("param", text, name, remedy.name, remedy.value))
    return Problem(misfit.code, str(misfit), name, misfit.at, fixes=tuple(fixes))


def _too_many(name: str, found: Clustering, samples: int, features: int, dataset: Dataset) -> Iterator[Problem]:
    memory, seconds = found.memory(samples, features), found.seconds(samples, features)
    if samples <= found.limit and memory <= MEMORY_LIMIT:
        return
    text = _(
        "{layer} on {samples:,} samples needs about {memory} of memory and {time}; the limit is {limit:,} samples."
    )
    text = text.format(
        layer=_(found.title), samples=samples, memory=size_words(memory), time=time_words(seconds), limit=found.limit
    )
    why = [_(found.why)] if found.why else []
    text = " ".join([text, *why, _("Take fewer, or another algorithm.")])
    offers = [LAYERS.make(kind, {}) for kind in ("minibatch_kmeans", "hdbscan")]
    fixes = [
        Fix("kind", _("Use {layer}").format(layer=_(offer.title)), name, kind=offer.kind)
        for offer in offers
        if isinstance(offer, Clustering) and _fits(offer, samples, features)
    ]
    fixes[:0] = _fewer(found.limit, samples, dataset)
    yield Problem("too-many", text, name, "in", fixes=tuple(fixes))


def _fewer(limit: int, samples: int, dataset: Dataset) -> Iterator[Fix]:
    """So many as can be clustered: made so, or drawn at random while the rest stays in the sealed test part."""
    there = dataset.spec().samples
    few = limit * there // samples
    if "samples" in type(dataset).model_fields:
        if few < there:
            yield Fix("path", _("Take {count:,} samples").format(count=few), name="data.samples", value=few)
        return
    aside = ceil((1 - limit / there) * _SHARES) / _SHARES
    if 0 < aside <= _MOST_ASIDE:
        kept = there - ceil(aside * there)
        text = _("Take {count:,} at random, set the rest aside").format(count=kept)
        yield Fix("path", text, name="split.test", value=aside)


def _fits(found: Clustering, samples: int, features: int) -> bool:
    within = samples <= found.limit and found.memory(samples, features) <= MEMORY_LIMIT
    return within and found.seconds(samples, features) <= PATIENCE_S


def needs_words(found: Clustering, samples: int, features: int) -> str:
    """What a fit will take, before it starts: "about 3 s, 0.2 GB of memory"."""
    text = _("{time}, {memory} of memory")
    memory = size_words(max(found.memory(samples, features), 2**20))
    return text.format(time=time_words(found.seconds(samples, features)), memory=memory)


def time_words(seconds: float) -> str:
    """A rough time for people."""
    if seconds < 1:
        return _("less than a second")
    if seconds < 90:
        return _("about {count:.0f} s").format(count=seconds)
    return _("about {count:.0f} min").format(count=seconds / 60)
