"""Numbers that break (R-38): a run stops at the very step, names the layer, keeps what was finite, and the next one works."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from engine_client import Client
from examples import chain, moons

from dllab.data import DATASETS
from dllab.data.base import Arrays
from dllab.data.generated import Moons
from dllab.data.prepare import DataProblem, fit_scaling
from dllab.document.experiment import Choice, Experiment
from dllab.document.format import to_text
from dllab.engine import protocol
from dllab.recipe import LOSSES
from dllab.training.run import train
from dllab.training.session import NonFinite, Session

HUGE = 1e6
"""The largest learning rate that a document can hold."""


def trained(experiment: Experiment, **update: object) -> Experiment:
    return experiment.model_copy(update={"training": experiment.training.model_copy(update=update)})


def for_loss(kind: str) -> Experiment:
    """Two layers without an activation that could die, with the output that the loss asks for."""
    data = Choice(kind="moons", params={"samples": 120})
    outputs = LOSSES[kind]().expects(DATASETS.make(data.kind, data.params).spec())[0]
    nodes = (("linear", {"features": 8}), ("linear", {"features": 8}), ("linear", {"features": outputs}))
    experiment = chain(*nodes, data=data)
    return trained(experiment, loss=Choice(kind=kind), optimiser=Choice(kind="sgd"), learning_rate=HUGE, epochs=50)


# The cosine loss is left out: however large the outputs, the angle between them stays a number.
@pytest.mark.parametrize("kind", sorted(loss.kind for loss in LOSSES if loss.kind != "cosine"))
def test_a_huge_learning_rate_stops_the_run_at_the_step_and_names_the_layer(kind: str) -> None:
    experiment = for_loss(kind)
    result = train(experiment, "cpu")
    assert result.reason == "non-finite"
    assert result.trouble is not None
    assert not math.isfinite(result.trouble.value)
    assert result.trouble.step == len(result.losses) == result.session.step, "stopped at the step, not a batch later"
    assert result.losses
    assert all(map(math.isfinite, result.losses))
    assert result.trouble.node in experiment.model.nodes
    assert result.trouble.node not in ("input", "output")


def test_the_weights_are_those_before_the_step_that_broke() -> None:
    step = len(train(for_loss("mse"), "cpu").losses)
    session = Session(for_loss("mse"), "cpu")
    for _step in range(step):
        session.advance()
    before = {name: value.clone() for name, value in session.network.state_dict().items()}
    with pytest.raises(NonFinite):
        session.advance()
    assert all(torch.equal(value, before[name]) for name, value in session.network.state_dict().items())


def test_a_network_of_dead_relus_trains_on_without_a_gradient() -> None:
    session = Session(moons(epochs=2), "cpu")
    with torch.no_grad():
        session.network.layers["linear"].weight.zero_()
        session.network.layers["linear"].bias.fill_(-1.0)
    outcomes = [session.advance() for _step in range(2 * session.steps_per_epoch)]
    assert all(math.isfinite(outcome.loss) for outcome in outcomes)
    assert outcomes[-1].finished == "epochs"
    assert not session.network.layers["linear"].weight.grad.any()
    assert not session.network.layers["linear"].weight.any()


@pytest.mark.parametrize("kind", ["standardise", "minmax"])
@pytest.mark.parametrize("value", [0.0, 3.0, 0.1, 1e8])
def test_a_feature_that_never_varies_stays_finite(kind: str, value: float) -> None:
    x = np.full((50, 3), value, np.float32)
    x[:, 0] = np.linspace(-1, 1, 50)
    scaled = fit_scaling(kind, x).apply(x)
    assert np.isfinite(scaled).all()
    constant = np.full((50, 2), value, np.float32)
    scaling = fit_scaling(kind, constant)
    assert np.abs(scaling.apply(constant)).max() < 1e-3
    np.testing.assert_allclose(scaling.undo(scaling.apply(constant)), constant, rtol=1e-6)


class OneClass(Moons):
    """Every sample is of the first class."""

    def load(self, seed: int) -> Arrays:
        arrays = super().load(seed)
        return Arrays(arrays.x, np.zeros_like(arrays.y))


class OneOdd(Moons):
    """One sample only is of the second class."""

    def load(self, seed: int) -> Arrays:
        arrays = super().load(seed)
        y = np.zeros_like(arrays.y)
        y[7] = 1
        return Arrays(arrays.x, y)


def test_a_single_class_in_the_data_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DATASETS, "make", lambda kind, params: OneClass(**params))
    result = train(moons(epochs=3), "cpu")
    assert result.reason == "epochs"
    assert result.epochs[-1]["val_accuracy"] == 1.0
    assert all(math.isfinite(value) for row in result.epochs for value in row.values())


def test_a_class_with_one_sample_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DATASETS, "make", lambda kind, params: OneOdd(**params))
    with pytest.raises(DataProblem, match=r"Class .* has 1 sample: too few .* stratify off"):
        train(moons(), "cpu")


@pytest.mark.parametrize("score", [-1e4, -200.0, 0.0, 200.0, 1e4])
@pytest.mark.parametrize("kind", ["cross_entropy", "binary_cross_entropy"])
def test_a_saturated_output_gives_a_finite_loss_and_gradient(kind: str, score: float) -> None:
    """log(0): the losses take raw scores, so that no probability ever becomes exactly 0 before the logarithm."""
    experiment = trained(for_loss(kind), learning_rate=1e-3)
    session = Session(experiment, "cpu")
    last = session.network.layers["linear_3"]
    with torch.no_grad():
        last.weight.zero_()
        last.bias.zero_()
        last.bias[0] = score
    outcome = session.advance()
    assert math.isfinite(outcome.loss)
    assert outcome.loss <= abs(score) + 1
    assert all(bool(torch.isfinite(p.grad).all()) for p in session.network.parameters())


def test_a_sigmoid_before_the_loss_saturates_without_breaking() -> None:
    experiment = chain(
        ("linear", {"features": 1}),
        ("sigmoid", {}),
        data=Choice(kind="moons", params={"samples": 120}),
    )
    experiment = trained(experiment, loss=Choice(kind="binary_cross_entropy"), learning_rate=HUGE, epochs=5)
    result = train(experiment, "cpu")
    assert result.reason == "epochs"
    assert all(map(math.isfinite, result.losses))


@pytest.fixture
def engine() -> Iterator[Client]:
    client = Client()
    client.wait(lambda event: isinstance(event, protocol.Ready))
    yield client
    assert client.close() == 0


def test_a_huge_learning_rate_while_running_stops_the_run_and_leaves_the_engine_usable(engine: Client) -> None:
    experiment = trained(for_loss("mse"), learning_rate=1e-3, epochs=100_000)
    engine.send(protocol.Train("first", to_text(experiment), "cpu"))
    engine.send(protocol.Subscribe(1, "weights", {"node": "linear"}))
    engine.wait(lambda event: isinstance(event, protocol.Progress) and event.step > 20)
    engine.send(protocol.Change("learning_rate", HUGE))
    state = engine.state("non-finite", run="first")
    assert f"at step {state.step}, first in Linear" in state.text
    assert "smaller learning rate" in state.text
    assert state.node.startswith("linear")
    steps, losses = engine.curve("train_loss", "first")
    assert steps == list(range(1, state.step + 1)), "every finite step is there, the broken one is not"
    assert all(map(math.isfinite, losses))
    shown = engine.wait(lambda event: isinstance(event, protocol.Picture) and event.step == state.step)
    assert all(np.isfinite(protocol.unpack(values)).all() for values in shown.arrays.values())
    engine.send(protocol.Train("second", to_text(moons(epochs=2)), "cpu"))
    assert engine.state("done", "failed", "non-finite", run="second").state == "done"
