"""Experiments for tests: short ways to write them down, and random ones."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from dllab.data import DATASETS
from dllab.document.experiment import Choice, Experiment, Graph, Link, Node, Training
from dllab.layers import LAYERS
from dllab.layers.base import Layer, Misfit, Shape, signals
from dllab.testing import random_layer

Item = str | tuple[str, Mapping[str, Any]]

SIZES = {"digits": 10, "iris": 3, "moons": 2, "sine": 1}


def chain(*items: Item) -> Graph:
    """Layers one after the other; ids are the kinds, then kind_2, kind_3, …"""
    nodes: dict[str, Node] = {}
    links: list[Link] = []
    last = ""
    for item in items:
        kind, params = (item, {}) if isinstance(item, str) else item
        name, number = kind, 1
        while name in nodes:
            number += 1
            name = f"{kind}_{number}"
        nodes[name] = Node(kind=kind, params=params, x=190.0 * len(nodes))
        if last:
            ports = LAYERS[kind]().input_ports() if kind in LAYERS else ("in",)
            links.append(Link(source=last, target=name, input=ports[0]))
        last = name
    return Graph(nodes=nodes, links=tuple(links))


def experiment(*items: Item, data: str = "moons", loss: str = "", **params: Any) -> Experiment:
    """An experiment whose network is a chain from Input to Output."""
    loss = loss or ("mse" if data in ("sine", "linear", "diabetes") else "cross_entropy")
    model = chain("input", *items, "output")
    return Experiment(data=Choice(kind=data, params=params), model=model, training=Training(loss=Choice(kind=loss)))


def wired(nodes: Mapping[str, Item], *links: str, data: str = "moons", loss: str = "cross_entropy") -> Experiment:
    """An experiment from nodes by id and links as in a file."""
    made = {
        name: Node(kind=item) if isinstance(item, str) else Node(kind=item[0], params=item[1])
        for name, item in nodes.items()
    }
    model = Graph.model_validate({"nodes": made, "links": links})
    return Experiment(data=Choice(kind=data), model=model, training=Training(loss=Choice(kind=loss)))


def _shape(layer: Layer, inputs: Sequence[Shape | None]) -> Shape | None:
    """What the first port puts out, or None where that is not known."""
    known = [x for x in inputs if x is not None]
    try:
        return next(iter(signals(layer, *known).values())) if len(known) == len(inputs) else None
    except Misfit:
        return None


def random_experiment(random: Random) -> Experiment:
    """A network that mostly hangs together: some train, some don't, none is boring."""
    data = random.choice(tuple(SIZES))
    small = {} if data in ("digits", "iris") else {"samples": 40}
    shapes: dict[str, Shape | None] = {"input": DATASETS.make(data, small).spec().input}
    nodes: dict[str, Node] = {"input": Node(kind="input")}
    links: list[Link] = []
    loose = ["input"]
    kinds = [
        layer for layer in LAYERS if layer.family not in ("data", "output") and not (layer.composite or layer.analyses)
    ]
    for number in range(random.randint(0, 7)):
        name = f"n{number}"
        for _attempt in range(6):
            layer = random_layer(random.choice(kinds), random)
            sources = {
                port: random.choice(loose[-2:] if random.random() < 0.8 else tuple(nodes))
                for port in layer.input_ports()
                if random.random() >= 0.03
            }
            shapes[name] = _shape(layer, [shapes[sources[p]] if p in sources else None for p in layer.input_ports()])
            # What does not fit is tried again, but not until nothing is ever wrong.
            if shapes[name] is not None or random.random() < 0.1:
                break
        params = layer.model_dump(mode="json", exclude_defaults=True)
        nodes[name] = Node(kind=type(layer).kind, params=params, muted=random.random() < 0.05)
        links += [Link(source=source, target=name, input=port) for port, source in sources.items()]
        used = {link.source for link in links}
        loose = [n for n in nodes if n not in used]
    last = loose[-1]
    if random.random() < 0.85:
        for name, kind, extra in (("flat", "flatten", {}), ("score", "linear", {"features": SIZES[data]})):
            nodes[name] = Node(kind=kind, params=extra)
            links.append(Link(source=last, target=name))
            last = name
    nodes["output"] = Node(kind="output")
    links.append(Link(source=last, target="output"))
    if random.random() < 0.2:
        nodes["tap"] = Node(kind=random.choice(("kmeans", "pca", "dbscan")))
        links.append(Link(source=random.choice([n for n in nodes if n not in ("tap", "output")]), target="tap"))
    recipe = Training(loss=Choice(kind="mse" if data == "sine" else "cross_entropy"), batch_size=random.choice((1, 4)))
    model = Graph(nodes=nodes, links=tuple(links))
    return Experiment(data=Choice(kind=data, params=small), model=model, training=recipe)
