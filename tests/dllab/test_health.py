"""The rules of health: each fires on a network with that fault and on no healthy one; measuring changes nothing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from examples import chain, moons

from dllab.checking import check
from dllab.document.experiment import ONE_BACKWARD, PILES_UP, Choice, Experiment
from dllab.health import RULES, Facts, Finding, findings
from dllab.health.facts import put_together
from dllab.probes import compute, load_probes
from dllab.templates import load_template
from dllab.training.session import Session

load_probes()


def with_training(experiment: Experiment, **update: Any) -> Experiment:
    return experiment.model_copy(update={"training": experiment.training.model_copy(update=update)})


def facts(session: Session, steps: int = 0) -> Facts:
    losses, epochs = [], []
    for _step in range(steps):
        outcome = session.advance()
        losses.append(outcome.loss)
        if outcome.metrics is not None:
            epochs.append({"epoch": session.epoch, **outcome.metrics})
    shown = compute(session, "health", {})
    return put_together(shown.arrays, shown.labels, session.experiment, np.array(losses), epochs)


def found(session: Session, steps: int = 0) -> dict[str, Finding]:
    return {finding.rule: finding for finding in findings(facts(session, steps))}


def wide(experiment: Experiment, deviation: float) -> Experiment:
    """First weights drawn from a wide bell curve in every Linear."""
    init = Choice(kind="normal", params={"std": deviation})
    graph = experiment.model
    nodes = {k: n.model_copy(update={"init": init}) if n.kind == "linear" else n for k, n in graph.nodes.items()}
    return experiment.model_copy(update={"model": graph.model_copy(update={"nodes": nodes})})


def deep(activation: str, layers: int) -> Experiment:
    nodes: list[tuple[str, dict[str, Any]]] = []
    for _layer in range(layers):
        nodes += [("linear", {"features": 16}), (activation, {})]
    return with_training(chain(*nodes, ("linear", {"features": 2}), data=moons().data), batch_size=32)


# --- measuring ------------------------------------------------------------------------------------------------------


def test_what_is_measured_is_what_the_next_step_does() -> None:
    session = Session(with_training(moons(), clip_norm=0.01), "cpu")
    for _step in range(5):
        session.advance()
    measured = facts(session)
    weight = session.network.layers["linear"].weight
    before = weight.detach().clone()
    session.advance()
    (linear,) = [layer for layer in measured.layers if layer.node == "linear"]
    moved = (weight.detach() - before).norm() / before.norm()
    assert linear.update == pytest.approx(float(moved), rel=1e-4)
    assert measured.gradient == pytest.approx(session.update.norm, rel=1e-5)
    assert linear.weight == pytest.approx(float(before.square().mean().sqrt()), rel=1e-5)


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_a_run_that_is_measured_at_every_step_is_bit_for_bit_the_same(optimiser: str) -> None:
    experiment = chain(
        ("linear", {"features": 8}), ("batch_norm", {}), ("relu", {}), ("dropout", {}), ("linear", {"features": 2}),
        data=moons().data,
    )  # fmt: skip
    params = {"momentum": 0.9} if optimiser == "sgd" else {}
    recipe = {"optimiser": Choice(kind=optimiser, params=params), "schedule": Choice(kind="cosine"), "clip_norm": 0.5}
    experiment = with_training(experiment, **recipe, epochs=4)
    alone = Session(experiment, "cpu")
    losses = [alone.advance().loss for _step in range(20)]
    # Both draw from the same random numbers: one after the other.
    watched = Session(experiment, "cpu")
    for loss in losses:
        compute(watched, "health", {})
        assert watched.advance().loss == loss
    for name, value in alone.network.state_dict().items():
        assert torch.equal(value, watched.network.state_dict()[name]), name
    assert watched.update.clipped == alone.update.clipped


# --- faults ---------------------------------------------------------------------------------------------------------


def exploding() -> dict[str, Finding]:
    return found(Session(wide(deep("identity", 6), 2.0), "cpu"))


def vanishing() -> dict[str, Finding]:
    return found(Session(deep("sigmoid", 7), "cpu"))


def dead() -> dict[str, Finding]:
    session = Session(moons(), "cpu")
    with torch.no_grad():
        session.network.layers["linear"].bias[:12] = -100.0
    return found(session)


def saturated() -> dict[str, Finding]:
    return found(Session(wide(deep("tanh", 1), 30.0), "cpu"))


def rate_high() -> dict[str, Finding]:
    return found(Session(moons(learning_rate=30.0, epochs=4), "cpu"), 24)


def rate_low() -> dict[str, Finding]:
    return found(Session(moons(learning_rate=1e-8, epochs=4), "cpu"), 24)


def flat() -> dict[str, Finding]:
    experiment = deep("tanh", 1)
    nodes = {
        k: n.model_copy(update={"init": Choice(kind="zeros")}) if n.kind == "linear" else n
        for k, n in experiment.model.nodes.items()
    }
    experiment = experiment.model_copy(update={"model": experiment.model.model_copy(update={"nodes": nodes})})
    return found(Session(experiment, "cpu"), 40)


def overfitting() -> dict[str, Finding]:
    experiment = moons(epochs=60, learning_rate=0.02, batch_size=8)
    experiment = experiment.model_copy(update={"data": Choice(kind="moons", params={"samples": 60, "noise": 0.6})})
    nodes = {**experiment.model.nodes}
    nodes["linear"] = nodes["linear"].model_copy(update={"params": {"features": 256}})
    experiment = experiment.model_copy(update={"model": experiment.model.model_copy(update={"nodes": nodes})})
    return found(Session(experiment, "cpu"), 300)


def one_sample() -> dict[str, Finding]:
    experiment = chain(
        ("conv2d", {"out_channels": 4}), ("batch_norm", {}), ("flatten", {}), ("linear", {"features": 10}),
        data=Choice(kind="digits"),
    )  # fmt: skip
    return found(Session(with_training(experiment, batch_size=1, drop_last=False), "cpu"))


def told_by_a_feature() -> dict[str, Finding]:
    experiment = chain(("linear", {"features": 3}), data=Choice(kind="wine"))
    prepared = Session(experiment, "cpu").prepared
    parts = {}
    for name in ("train", "validation"):
        part = getattr(prepared, name)
        x = part.x.copy()
        x[:, 4] = part.y
        parts[name] = replace(part, x=x)
    return found(Session(experiment, "cpu", replace(prepared, **parts)))


def shared_samples() -> dict[str, Finding]:
    experiment = moons()
    prepared = Session(experiment, "cpu").prepared
    raw = np.concatenate([prepared.train.raw[:5], prepared.validation.raw[5:]])
    return found(Session(experiment, "cpu", replace(prepared, validation=replace(prepared.validation, raw=raw))))


def squashed_twice() -> dict[str, Finding]:
    return found(Session(chain(("linear", {"features": 2}), ("softmax", {}), data=moons().data), "cpu"))


def never_cleared() -> dict[str, Finding]:
    return found(Session(with_training(moons(), loop=PILES_UP), "cpu"), 3)


def one_backward() -> dict[str, Finding]:
    there = found(Session(with_training(moons(), loop=ONE_BACKWARD), "cpu"), 3)
    assert "3 updates" in there["wrong-loop"].evidence
    return there


FAULTS: list[tuple[str, Callable[[], dict[str, Finding]], str, str]] = [
    ("exploding", exploding, "linear", "clipping at 1"),
    ("vanishing", vanishing, "linear", "ReLU in place of every sigmoid and tanh"),
    ("dead-units", dead, "relu", "Leaky ReLU there"),
    ("saturated", saturated, "tanh", "ReLU there"),
    ("rate-high", rate_high, "", "learning rate 3"),
    ("rate-low", rate_low, "", "learning rate 1.0e−7"),
    ("flat", flat, "", "He initialisation"),
    ("overfitting", overfitting, "", "dropout 0.3"),
    ("batch-norm-one", one_sample, "batch_norm", "batches of 32"),
    ("wrong-loop", never_cleared, "", "the right loop"),
    ("wrong-loop", one_backward, "", "the right loop"),
    ("leakage", told_by_a_feature, "", ""),
    ("leakage", shared_samples, "", ""),
    ("softmax-twice", squashed_twice, "softmax", "without it"),
]


@pytest.mark.parametrize(("rule", "fault", "node", "change"), FAULTS, ids=[f[1].__name__ for f in FAULTS])
def test_a_fault_is_found_with_its_numbers_and_an_experiment_that_can_be_trained(
    rule: str, fault: Callable[[], dict[str, Finding]], node: str, change: str
) -> None:
    there = fault()
    assert rule in there, {name: finding.evidence for name, finding in there.items()}
    finding = there[rule]
    assert any(letter.isdigit() for letter in finding.evidence) or rule == "softmax-twice"
    if node:
        assert finding.node.startswith(node)
    assert (finding.suggestion.text.replace("−", "-") if finding.suggestion else "") == change.replace("−", "-")
    assert finding.title


def test_every_suggestion_is_an_experiment_that_can_be_trained() -> None:
    for experiment, rules in (
        (wide(deep("identity", 6), 2.0), exploding),
        (deep("sigmoid", 7), vanishing),
        (moons(), dead),
        (deep("tanh", 1), saturated),
        (deep("tanh", 1), flat),
        (moons(), overfitting),
    ):
        suggestion = next(iter(rules().values())).suggestion
        assert suggestion is not None
        changed = suggestion.apply(experiment)
        assert changed != experiment
        assert check(changed).trainable


def test_every_rule_has_a_fault_here() -> None:
    assert {rule for rule, *_rest in FAULTS} == set(RULES)


@pytest.mark.parametrize(
    ("template", "epochs"),
    [("digits-cnn", 3), ("spiral-mlp", 10), ("moons-mlp", 20), ("wine-mlp", 20), ("house-price-mlp", 10)],
)
def test_a_healthy_network_is_left_in_peace(template: str, epochs: int) -> None:
    session = Session(load_template(template), "cpu")
    assert found(session) == {}
    assert found(session, epochs * session.steps_per_epoch) == {}
