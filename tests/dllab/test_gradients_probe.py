"""The gradients that are shown are those of the next step, and looking at them changes nothing of it."""

import numpy as np
import pytest
import torch

from dllab.document.edits import set_path
from dllab.document.experiment import Experiment
from dllab.probes import DoesNotApply, compute, load_probes
from dllab.probes.gradients import measure
from dllab.recipe import OPTIMISERS
from dllab.templates import load_template
from dllab.training.session import Session
from dllab.training.update import Update

load_probes()


def recipe(template: str = "digits-cnn", **changes: object) -> Experiment:
    experiment = load_template(template)
    for name, value in changes.items():
        experiment = set_path(experiment, f"training.{name}", value)
    return experiment


@pytest.mark.parametrize("kind", sorted(o.kind for o in OPTIMISERS))
@pytest.mark.parametrize("clip", [0.0, 0.5])
def test_the_update_is_the_one_that_the_next_step_makes(kind: str, clip: float) -> None:
    experiment = recipe(clip_norm=clip, weight_decay=0.01)
    experiment = set_path(experiment, "training.optimiser.kind", kind)
    session = Session(experiment, "cpu")
    for _step in range(3):
        session.advance()
    its_own_update(session)


def its_own_update(session: Session) -> None:
    """What is measured is what the next step does, bit for bit."""
    measured = measure(session)
    before = {p: p.detach().clone() for p in session.update.parameters}
    clipped = session.update.clipped
    loss = session.advance().loss
    assert measured.loss == loss
    assert measured.clipped == (session.update.clipped > clipped)
    for parameter, old in before.items():
        assert torch.equal(parameter.detach() - old, measured.updates[parameter])


@pytest.mark.parametrize("clip", [0.0, 0.5])
def test_in_16_bits_too(clip: float) -> None:
    session = Session(recipe(clip_norm=clip, precision="bfloat16"), "cpu")
    for _step in range(2):
        session.advance()
    its_own_update(session)


def scaled(scale: float, **changes: object) -> Session:
    """A run whose loss is scaled, as float16 asks for, though it computes in float32."""
    session = Session(recipe("moons-mlp", **changes), "cpu")
    session.precision.scaler = torch.amp.GradScaler("cpu", init_scale=scale)
    session.update = Update(session.experiment, session.network, 7, session.precision.scaler)
    return session


@pytest.mark.parametrize("changes", [{}, {"clip_norm": 0.5}, {"l1": 0.001}])
def test_the_scaler_of_float16_is_left_to_the_run(changes: dict[str, float]) -> None:
    session, plain = scaled(2.0**16, **changes), Session(recipe("moons-mlp", **changes), "cpu")
    for _step in range(3):
        for probe, name in (("gradients", "norm"), ("health", "gradient")):
            shown, expected = compute(session, probe, {}), compute(plain, probe, {})
            np.testing.assert_allclose(shown.arrays[name], expected.arrays[name], rtol=1e-4)
        its_own_update(session)
        plain.advance()


def test_a_step_that_the_scaler_leaves_out_moves_nothing() -> None:
    session = scaled(float("inf"), clip_norm=0.5)
    assert not any(moved.any() for moved in measure(session).updates.values())
    before = {name: value.clone() for name, value in session.network.state_dict().items()}
    session.advance()
    assert all(torch.equal(value, before[name]) for name, value in session.network.state_dict().items())


def test_norms_are_those_of_autograd() -> None:
    session = Session(recipe("moons-mlp"), "cpu")
    shown = compute(session, "gradients", {"node": "linear"})
    _stop, x, targets = session.take()
    session.loss(session.network(x), targets).backward()
    for name, norm in zip(shown.labels["layers"], shown.arrays["norm"], strict=True):
        parts = [p.grad.flatten() for p in session.network.layers[name].parameters()]
        assert norm == pytest.approx(float(torch.cat(parts).norm()), rel=1e-5)
    values = torch.cat([p.grad.flatten() for p in session.network.layers["linear"].parameters()]).numpy()
    counts, _edges = np.histogram(values, shown.arrays["edges"])
    assert (counts == shown.arrays["counts"]).all()
    assert shown.arrays["counts"].sum() == values.size
    whole = torch.cat([p.grad.flatten() for p in session.network.parameters()]).norm()
    assert shown.labels["total"] == pytest.approx(float(whole), rel=1e-5)


def test_plain_gradient_descent_moves_by_rate_times_gradient() -> None:
    session = Session(set_path(recipe("moons-mlp", learning_rate=0.5), "training.optimiser.kind", "sgd"), "cpu")
    session.update.optimiser.param_groups[0]["momentum"] = 0.0
    shown = compute(session, "gradients", {"node": "linear"})
    weight = session.network.layers["linear"].weight
    _stop, x, targets = session.take()
    (gradient,) = torch.autograd.grad(session.loss(session.network(x), targets), [weight])
    expected = 0.5 * float(gradient.norm() / weight.detach().norm())
    assert shown.arrays["ratio"][shown.labels["layers"].index("linear")] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("template", ["resnet-digits", "text-attention", "adding-gru"])
def test_the_run_goes_on_as_if_nobody_had_looked(template: str) -> None:
    def ran(look: bool) -> Session:
        session = Session(recipe(template, clip_norm=0.1), "cpu")
        for _step in range(4):
            if look:
                compute(session, "gradients", {})
            session.advance()
        return session

    looked, left = ran(True), ran(False)
    ours, theirs = looked.state(), left.state()
    assert ours[1] == theirs[1]
    assert all(torch.equal(value, theirs[0][name]) for name, value in ours[0].items())


def test_gradients_of_a_step_under_way_stay() -> None:
    session = Session(recipe("moons-mlp"), "cpu")
    for number, parameter in enumerate(session.network.parameters()):
        parameter.grad = torch.full_like(parameter, number)
    compute(session, "gradients", {})
    for number, parameter in enumerate(session.network.parameters()):
        assert parameter.grad is not None
        assert (parameter.grad == number).all()


def test_a_network_without_weights_says_so() -> None:
    session = Session(recipe("moons-mlp"), "cpu")
    session.network.layers = torch.nn.ModuleDict()
    with pytest.raises(DoesNotApply, match="no weights"):
        compute(session, "gradients", {})


def test_sizes_are_counted_between_decades_that_stay() -> None:
    session = Session(load_template("digits-mlp"), "cpu")
    session.advance()
    shown = compute(session, "gradients", {"node": "linear"})
    sizes, decades = shown.arrays["sizes"], shown.arrays["decades"]
    layer = session.network.layers["linear"]
    measured = measure(session)
    values = torch.cat([measured.gradients[p].flatten() for p in layer.parameters()]).abs().double().numpy()
    assert sizes.sum() == values.size == sum(p.numel() for p in layer.parameters())
    for low, high, count in zip(decades[1:-1], decades[2:], sizes[1:], strict=True):
        assert count == ((values >= 10.0**low) & (values < 10.0**high)).sum()
    assert sizes[0] == (values < 10.0 ** decades[1]).sum() > 0, "weights of pixels that are always empty have none"
