"""What is measured: a small network, where overhead is everything, and a convolutional one, where arithmetic is."""

from dllab.document import edits
from dllab.document.experiment import Choice, Experiment, Link, Node, Training
from dllab.templates import load_template

ENDLESS = 1_000_000
NAMES = {"mlp": "MLP 2-32-32-2, batch 32", "cnn": "digits CNN, batch 32"}


def experiment(name: str) -> Experiment:
    """The experiment of this name, with epochs without end."""
    made = _mlp() if name == "mlp" else load_template("digits-cnn")
    return made.model_copy(update={"training": made.training.model_copy(update={"epochs": ENDLESS, "batch_size": 32})})


def _mlp() -> Experiment:
    result = Experiment(
        title="MLP 2-32-32-2",
        data=Choice(kind="moons", params={"samples": 2000}),
        training=Training(learning_rate=0.001),
    )
    before = ""
    layers = [("input", {})]
    for features in (32, 32):
        layers += [("linear", {"features": features}), ("relu", {})]
    for number, (kind, params) in enumerate([*layers, ("linear", {"features": 2}), ("output", {})]):
        name = edits.fresh_id(result.model.nodes, kind)
        result = edits.add_node(result, name, Node(kind=kind, params=params, x=180.0 * number))
        if before:
            result = edits.connect(result, Link(source=before, target=name))
        before = name
    return result
