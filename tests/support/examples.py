"""Small experiments that tests share."""

from typing import Any

from dllab.document import edits
from dllab.document.experiment import Choice, Experiment, Link, Node


def chain(*nodes: tuple[str, dict[str, Any]], **update: Any) -> Experiment:
    """An experiment whose layers stand in a row, between an Input and an Output."""
    experiment, before = Experiment(), ""
    for kind, params in (("input", {}), *nodes, ("output", {})):
        name = edits.fresh_id(experiment.model.nodes, kind)
        experiment = edits.add_node(experiment, name, Node(kind=kind, params=params))
        if before:
            experiment = edits.connect(experiment, Link(source=before, target=name))
        before = name
    return experiment.model_copy(update=update)


def moons(**training: Any) -> Experiment:
    """Two moons and a small network."""
    experiment = chain(
        ("linear", {"features": 16}),
        ("relu", {}),
        ("linear", {"features": 2}),
        data=Choice(kind="moons", params={"samples": 300}),
    )
    recipe = {"epochs": 10, "batch_size": 32, "learning_rate": 0.01, **training}
    return experiment.model_copy(update={"training": experiment.training.model_copy(update=recipe)})
