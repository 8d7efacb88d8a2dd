"""The loss of each sample: the same as the loss of a batch that holds it alone, for every loss there is."""

import numpy as np
import pytest
import torch

from dllab.document.edits import set_path
from dllab.probes import compute, load_probes
from dllab.recipe import LOSSES
from dllab.templates import load_template
from dllab.training.metrics import says
from dllab.training.session import Session

load_probes()


def test_losses_are_those_of_torch_in_order() -> None:
    session = Session(load_template("digits-cnn"), "cpu")
    for _step in range(30):
        session.advance()
    shown = compute(session, "losses", {})
    x, targets, labels = session.validation
    outputs = session.predict(x)
    expected = torch.nn.functional.cross_entropy(outputs, targets, reduction="none").numpy()
    assert shown.arrays["loss"] == pytest.approx(expected, rel=1e-5)
    assert shown.arrays["sample"].tolist() == np.argsort(-shown.arrays["loss"], kind="stable")[:100].tolist()
    assert (shown.arrays["x"] == session.prepared.validation.raw[shown.arrays["sample"]]).all()
    worst = int(shown.arrays["sample"][0])
    assert shown.labels["true"][0] == session.data.classes[labels[worst]]
    assert shown.labels["says"][0] == session.data.classes[says(outputs, session.data)[worst]]
    smallest = compute(session, "losses", {"order": "smallest"})
    assert smallest.arrays["sample"][0] == shown.arrays["loss"].argmin()
    some = compute(session, "losses", {"indices": [5, 2, 9, 10**6]})
    assert sorted(some.arrays["sample"].tolist()) == [2, 5, 9]
    assert compute(session, "losses", {"indices": []}).arrays["x"].shape == (0, *x.shape[1:])


@pytest.mark.parametrize("kind", sorted(loss.kind for loss in LOSSES))
def test_every_loss_has_samples(kind: str) -> None:
    template = "diabetes-linear" if kind in ("mse", "l1", "huber") else "moons-mlp"
    experiment = set_path(load_template(template), "training.loss", {"kind": kind, "params": {}})
    if kind == "binary_cross_entropy":
        name = next(n for n, node in reversed(experiment.model.nodes.items()) if node.kind == "linear")
        experiment = set_path(experiment, f"model.nodes.{name}.params.features", 1)
    session = Session(experiment, "cpu")
    shown = compute(session, "losses", {})
    x, targets, _labels = session.validation
    assert np.isfinite(shown.arrays["loss"]).all()
    assert shown.labels["mean"] == pytest.approx(float(session.loss(session.predict(x), targets)), rel=1e-4)


def test_data_with_an_answer_at_every_step_has_one_loss_a_sample() -> None:
    session = Session(load_template("reverse-attention"), "cpu")
    shown = compute(session, "losses", {})
    assert shown.arrays["loss"].shape == (len(session.validation[0]),)
    assert len(shown.labels["true"][0]) > 1
