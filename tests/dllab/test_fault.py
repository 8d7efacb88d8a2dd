"""Where a number stopped being finite: forward, backward or in the update, and the run as if nothing had happened."""

import numpy as np
import pytest
import torch
from engine_client import Client
from examples import chain, moons

from dllab.document.experiment import Choice, Experiment
from dllab.document.format import to_text
from dllab.engine import protocol
from dllab.engine.travel import Travel
from dllab.training.session import NonFinite, Session


def hot() -> Experiment:
    experiment = chain(("linear", {"features": 1}), data=Choice(kind="linear"))
    recipe = {"loss": Choice(kind="mse"), "optimiser": Choice(kind="sgd"), "learning_rate": 100.0, "epochs": 900}
    return experiment.model_copy(update={"training": experiment.training.model_copy(update=recipe)})


def regression() -> Experiment:
    experiment = chain(("linear", {"features": 4}), ("linear", {"features": 1}), data=Choice(kind="linear"))
    recipe = {"loss": Choice(kind="mse"), "optimiser": Choice(kind="sgd"), "learning_rate": 0.1}
    return experiment.model_copy(update={"training": experiment.training.model_copy(update=recipe)})


def train_on(session: Session) -> None:
    while True:
        session.advance()


def test_a_gradient_that_is_not_finite_is_found_a_step_before_the_loss() -> None:
    session = Session(regression(), "cpu")
    with torch.no_grad():
        # Outputs of some 1e18: their squares are finite, but a gradient of 1e18 times weights of 1e22 is not.
        session.network.layers["linear"].weight.fill_(0.0)
        session.network.layers["linear"].bias.fill_(2.5e-5)
        session.network.layers["linear_2"].weight.fill_(1e22)
    travel = Travel(session)
    assert np.isfinite(session.advance().loss)
    with pytest.raises(NonFinite):
        session.advance()
    fault = travel.find_fault(1)
    assert fault is not None
    assert (fault.batch, fault.phase, fault.node) == (0, "backward", "linear_2")
    assert fault.array == "gradient.input"
    assert fault.bad == fault.count
    assert session.step == 1


def test_looking_for_the_fault_leaves_the_run_before_its_step() -> None:
    session = Session(hot(), "cpu")
    travel = Travel(session)
    with pytest.raises(NonFinite) as caught:
        train_on(session)
    step = caught.value.step
    fault = travel.find_fault(step)
    assert fault is not None
    assert (fault.batch, fault.phase) == (step, "loss")
    assert session.step == step
    twin = Session(hot(), "cpu")
    for _step in range(step):
        twin.advance()
    for name, value in twin.state()[0].items():
        assert torch.equal(value, session.state()[0][name]), name


def test_the_engine_pauses_at_the_operation_and_goes_on_with_a_smaller_rate() -> None:
    engine = Client()
    try:
        engine.wait(lambda event: isinstance(event, protocol.Ready))
        engine.send(protocol.Train("hot", to_text(hot()), "cpu"))
        state = engine.state("non-finite")
        assert (state.phase, state.node) == ("loss", "output")
        assert "Try a smaller learning rate" in state.text
        engine.send(protocol.Walk("fault"))
        assert engine.state("paused").step == state.step
        walked = engine.wait(lambda e: isinstance(e, protocol.Walked))
        assert (walked.batch, walked.phase, walked.node) == (state.step, "loss", "output")
        assert not np.isfinite(protocol.unpack(walked.arrays["loss"])).any()
        assert np.isfinite(protocol.unpack(walked.arrays["outputs"])).all()
        # Shown again from another operation of the batch, it is the same one.
        for _operation in range(2):
            engine.send(protocol.Walk("back"))
            assert engine.wait(lambda e: isinstance(e, protocol.Walked)).phase != "loss"
        engine.send(protocol.Walk("fault"))
        again = engine.wait(lambda e: isinstance(e, protocol.Walked))
        assert (again.batch, again.taken, again.phase, again.node) == (state.step, walked.taken, "loss", "output")
        engine.send(protocol.Change("learning_rate", 1e-9))
        engine.send(protocol.Train("calm", to_text(moons(epochs=1)), "cpu"))
        assert engine.state("stopped", "non-finite", run="hot")
        engine.send(protocol.Walk("fault"))
        engine.state("done", run="calm")
    finally:
        assert engine.close() == 0
