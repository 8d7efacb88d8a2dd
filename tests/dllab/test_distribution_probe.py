"""How layers are spread: counted again by hand."""

import numpy as np
import pytest
import torch

from dllab.document.edits import set_path
from dllab.probes import DoesNotApply, compute, load_probes
from dllab.templates import load_template
from dllab.training.session import Session

load_probes()


def test_channels_of_a_convolution_are_units() -> None:
    session = Session(load_template("digits-cnn"), "cpu")
    for _step in range(5):
        session.advance()
    shown = compute(session, "distribution", {"node": "conv2d"})
    with session.looking():
        values = session.network.forward_nodes(session.validation[0][:256])["conv2d"].numpy()
    assert shown.arrays["counts"].shape[0] == values.shape[1]
    for unit in (0, 7):
        counts, _edges = np.histogram(values[:, unit], shown.arrays["edges"])
        assert np.abs(counts - shown.arrays["counts"][unit]).sum() <= 4  # a number on an edge falls to either side
    assert (shown.arrays["counts"].sum(1) == values[:, 0].size).all()
    place = shown.labels["layers"].index("conv2d")
    assert shown.arrays["layer.mean"][place] == pytest.approx(values.mean(), abs=1e-5)
    assert shown.arrays["layer.spread"][place] == pytest.approx(values.std(), rel=1e-4)


def test_units_that_are_always_zero_are_dead() -> None:
    session = Session(load_template("digits-mlp"), "cpu")
    first = next(step.node for step in session.network.plan if isinstance(step.module, torch.nn.Linear))
    relu = next(step.node for step in session.network.plan if isinstance(step.module, torch.nn.ReLU))
    with torch.no_grad():
        session.network.layers[first].bias[:3] = -1e6
    shown = compute(session, "distribution", {"node": relu})
    dead = shown.arrays["dead"]
    assert dead[:3].all()
    assert not dead[3:].all()
    place = shown.labels["layers"].index(relu)
    assert shown.arrays["layer.dead"][place] == pytest.approx(dead.mean())
    with session.looking():
        zeros = float((session.network.forward_nodes(session.validation[0][:256])[relu] == 0).float().mean())
    assert shown.arrays["layer.zeros"][place] == pytest.approx(zeros)
    assert np.isnan(shown.arrays["layer.saturated"][place])
    assert "saturated" not in shown.arrays


@pytest.mark.parametrize(("kind", "ends"), [("tanh", (-1, 1)), ("sigmoid", (0, 1))])
def test_units_at_the_end_of_their_range_are_saturated(kind: str, ends: tuple[float, float]) -> None:
    experiment = load_template("xor-mlp")
    name = next(n for n, node in experiment.model.nodes.items() if node.kind in ("tanh", "relu", "sigmoid"))
    experiment = set_path(experiment, f"model.nodes.{name}.kind", kind)
    session = Session(experiment, "cpu")
    first = next(step.node for step in session.network.plan if isinstance(step.module, torch.nn.Linear))
    with torch.no_grad():
        session.network.layers[first].bias[0] = 100.0
        session.network.layers[first].weight[1] = 0
        session.network.layers[first].bias[1] = 0
    shown = compute(session, "distribution", {"node": name})
    assert shown.arrays["saturated"][:2].tolist() == [True, False]
    assert not shown.arrays["dead"][0]
    assert shown.arrays["edges"][-1] == pytest.approx(ends[1])


def test_padding_does_not_count() -> None:
    session = Session(load_template("text-attention"), "cpu")
    shown = compute(session, "distribution", {"node": "transformer_encoder"})
    words = int((session.prepared.validation.raw[:256] != 0).sum())
    assert shown.labels["samples"] == min(256, len(session.prepared.validation.raw))
    assert (shown.arrays["counts"].sum(1) == words).all()


def test_what_is_no_layer_says_so() -> None:
    with pytest.raises(DoesNotApply, match="computes nothing"):
        compute(Session(load_template("xor-mlp"), "cpu"), "distribution", {"node": "output"})
