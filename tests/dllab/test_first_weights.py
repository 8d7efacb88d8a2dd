"""First weights are what torch.nn.init would draw, frozen layers keep theirs, and exported code does the same."""

import math

import pytest
import torch
from examples import chain, moons

from dllab.build import build, initialise, to_code
from dllab.checking import apply_fix, check
from dllab.document import edits
from dllab.document.experiment import Choice
from dllab.document.format import from_text, to_text
from dllab.recipe import INITIALISATIONS
from dllab.training.run import train
from dllab.training.session import Session


def digits(kind: str, **params: object) -> torch.nn.Module:
    made = chain(
        ("flatten", {}), ("linear", {"features": 400}), ("relu", {}), ("linear", {"features": 10}),
        data=Choice(kind="digits"),
    )  # fmt: skip
    made = edits.replace_node(made, "linear", init=Choice(kind=kind, params=params))
    network = build(made)
    fresh = {name: value.clone() for name, value in network.state_dict().items()}
    initialise(network, made.seed)
    assert all(torch.equal(value, fresh[name]) for name, value in network.state_dict().items())
    layer: torch.nn.Module = network.layers["linear"]
    return layer


@pytest.mark.parametrize(
    ("kind", "params", "spread", "largest"),
    [
        ("zeros", {}, 0.0, 0.0),
        ("uniform", {"bound": 0.3}, 0.3 / math.sqrt(3), 0.3),
        ("normal", {"std": 0.2}, 0.2, math.inf),
        ("xavier_uniform", {"gain": 2.0}, 2 * math.sqrt(2 / 464), 2 * math.sqrt(6 / 464)),
        ("xavier_normal", {}, math.sqrt(2 / 464), math.inf),
        ("kaiming", {}, math.sqrt(2 / 64), math.inf),
        ("kaiming", {"shape": "uniform"}, math.sqrt(2 / 64), math.sqrt(6 / 64)),
    ],
)
def test_the_spread_is_that_of_the_formula(kind: str, params: dict[str, object], spread: float, largest: float) -> None:
    layer = digits(kind, **params).requires_grad_(False)
    assert float(layer.weight.std()) == pytest.approx(spread, rel=0.02)
    assert float(layer.weight.abs().max()) <= largest
    assert float(layer.bias.abs().max()) == 0.0


def test_orthogonal_columns_are() -> None:
    weight = digits("orthogonal", gain=1.5).weight.detach()
    torch.testing.assert_close(weight.T @ weight, 2.25 * torch.eye(64), atol=1e-4, rtol=0)


def test_every_initialisation_works_on_every_sort_of_weights() -> None:
    for declared in INITIALISATIONS:
        for kind, params in (("conv2d", {}), ("batch_norm", {}), ("conv_transpose2d", {"out_channels": 3})):
            made = chain((kind, params), ("flatten", {}), ("linear", {"features": 10}), data=Choice(kind="digits"))
            made = edits.replace_node(made, kind, init=Choice(kind=declared.kind))
            network = build(made)
            if kind == "batch_norm":
                assert bool((network.layers[kind].weight == 1).all()), "a scale is no matrix"


def test_zeros_in_a_hidden_layer_never_learn() -> None:
    made = moons(epochs=20)
    accuracy = train(made, "cpu").epochs[-1]["val_accuracy"]
    for name in ("linear", "linear_2"):
        made = edits.replace_node(made, name, init=Choice(kind="zeros"))
    stuck = train(made, "cpu")
    assert stuck.epochs[-1]["val_accuracy"] < 0.6 < accuracy
    assert stuck.losses[-1] == pytest.approx(math.log(2), abs=0.05)


def test_a_frozen_layer_keeps_its_weights_and_the_others_learn() -> None:
    made = edits.replace_node(moons(epochs=3), "linear", frozen=True)
    session = train(made, "cpu").session
    session.show_last()
    now = session.network.state_dict()
    moved = {name for name, first in session.initial.items() if not torch.equal(first, now[name])}
    assert moved == {"layers.linear_2.weight", "layers.linear_2.bias"}
    assert sum(p.numel() for g in session.update.optimiser.param_groups for p in g["params"]) == 16 * 2 + 2
    assert train(made, "cpu").losses != train(moons(epochs=3), "cpu").losses


def test_all_frozen_is_a_problem_with_a_way_out() -> None:
    made = moons()
    for name in ("linear", "linear_2"):
        made = edits.replace_node(made, name, frozen=True)
    (problem,) = check(made).problems
    assert problem.text == "There is nothing to learn: every layer with weights is frozen."
    mended = apply_fix(made, problem.fixes[0])
    assert not check(mended).problems
    Session(mended, "cpu").advance()


def test_exported_code_begins_with_the_same_weights() -> None:
    made = moons()
    made = edits.replace_node(made, "linear", init=Choice(kind="xavier_normal", params={"gain": 2.0}), frozen=True)
    made = edits.replace_node(made, "linear_2", init=Choice(kind="orthogonal"))
    scope: dict[str, object] = {}
    exec(to_code(made), scope)
    with torch.random.fork_rng():
        torch.manual_seed(made.seed)
        network = scope["Net"]()  # type: ignore[operator]
    ours = build(made)
    for there, here in zip(network.parameters(), ours.parameters(), strict=True):
        assert torch.equal(there, here)
        assert there.requires_grad == here.requires_grad


def test_unknown_initialisations_are_told_and_files_stay_as_they_were() -> None:
    assert '"init"' not in to_text(moons())
    made = edits.replace_node(moons(), "linear", init=Choice(kind="magic"), frozen=True)
    assert from_text(to_text(made)).experiment == made
    (problem,) = check(made).problems
    assert (problem.node, problem.name, problem.code) == ("linear", "init", "unknown")
