"""A first experiment for data that a person brought: small, sensible, ready to train."""

from itertools import pairwise
from typing import Any

from dllab.data.base import DataSpec, split_sizes
from dllab.document.experiment import Choice, Experiment, Graph, Link, Node, Preparation, Split, Training
from dllab.layers.base import vocabulary

_STEP = 190.0
_MANY = 20_000
"""Samples from which on larger batches and fewer epochs do."""
_MANY_SEQUENCES = 2_000
_TREE = 5_000
"""Samples of which a tree is drawn in seconds."""


def starter(title: str, data: Choice, spec: DataSpec) -> Experiment:
    """Data, a network that fits it, loss and recipe; clustering where nothing is to be predicted."""
    if spec.task == "none":
        return _clustering(title, data, spec)
    classes = spec.task == "classification"
    size = len(spec.classes) if classes else len(spec.targets)
    middle = _middle(spec, size)
    names = ["input", *(name for name, _params in middle), "output"]
    params = {"input": {}, **dict(middle), "output": {}}
    nodes = {
        name: Node(kind=name.removesuffix("_2"), params=params[name], x=_STEP * place)
        for place, name in enumerate(names)
    }
    links = tuple(Link(source=one, target=other) for one, other in pairwise(names))
    # Going through a sequence step by step takes its time.
    steps = bool(vocabulary(spec.input)) or len(spec.input) == 2
    large = spec.samples > (_MANY_SEQUENCES if steps else _MANY)
    recipe = Training(
        loss=Choice(kind="cross_entropy" if classes else "mse"),
        learning_rate=0.005,
        batch_size=256 if large else 32,
        epochs=5 if large else 20 if steps else 40,
    )
    # A part smaller than the number of classes can't hold one of each.
    _train, validation, test = split_sizes(spec.samples, Split())
    split = Split(stratify=not classes or min(validation, test) >= size)
    # A person's own numbers may be prices as well as shares.
    preparation = Preparation(targets="none" if classes else "standardise")
    return Experiment(
        title=title,
        data=data,
        preparation=preparation,
        split=split,
        model=Graph(nodes=nodes, links=links),
        training=recipe,
    )


def _middle(spec: DataSpec, size: int) -> list[tuple[str, dict[str, Any]]]:
    """The layers between Input and Output: something that reads in order where the samples are sequences."""
    output = "sequence" if spec.positions else "final state"
    if vocabulary(spec.input):
        embedding = ("embedding", {"embedding_dim": 16 if len(spec.tokens) < 300 else 32})
        return [embedding, ("gru", {"hidden_size": 64, "output": output}), ("linear", {"features": size})]
    if len(spec.input) == 2:
        return [("gru", {"hidden_size": 32, "output": output}), ("linear", {"features": size})]
    flat: list[tuple[str, dict[str, Any]]] = [("flatten", {})] if len(spec.input) > 1 else []
    return [*flat, ("linear", {"features": 32}), ("relu", {}), ("linear_2", {"features": size})]


def _clustering(title: str, data: Choice, spec: DataSpec) -> Experiment:
    """All columns on one scale, and a tree of all samples: nobody knows yet how many clusters there are."""
    kinds = ["input", "standardise", "agglomerative" if spec.samples <= _TREE else "minibatch_kmeans"]
    nodes = {kind: Node(kind=kind, x=_STEP * place) for place, kind in enumerate(kinds)}
    links = tuple(Link(source=one, target=other) for one, other in pairwise(kinds))
    return Experiment(
        title=title,
        data=data,
        preparation=Preparation(scaling="none"),
        split=Split(test=0.0, validation=0.0, stratify=False),
        model=Graph(nodes=nodes, links=links),
    )
