"""What a network is judged by: inputs given again, several Outputs with weights, a prior; checked, trained, stepped."""

from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from examples import chain
from graphs import random_experiment, wired

from dllab.build import build, to_code
from dllab.build.blocks import StandardNormal
from dllab.checking import apply_fix, check
from dllab.data.base import IGNORED
from dllab.document import edits
from dllab.document.experiment import Choice, Experiment, Link, Node, Preparation, Training
from dllab.document.format import from_text, to_text
from dllab.probes import DoesNotApply, compute, load_probes
from dllab.stepping import walk
from dllab.stepping.explain import explain
from dllab.templates import load_template
from dllab.training.session import Session

MSE = {"kind": "mse", "params": {}}


def digits(*layers: tuple[str, dict[str, Any]], loss: str = "mse", **output: Any) -> Experiment:
    """An autoencoder of digits."""
    made = chain(*layers, data=Choice(kind="digits"), preparation=Preparation(scaling="minmax"))
    made = edits.replace_node(made, "output", params={"target": "input", **output})
    return made.model_copy(update={"training": Training(loss=Choice(kind=loss), epochs=2)})


def narrow(loss: str = "mse") -> Experiment:
    return digits(
        ("flatten", {}), ("linear", {"features": 5}), ("linear", {"features": 64}), ("reshape", {"extents": (1, 8, 8)}),
        loss=loss,
    )  # fmt: skip


def both(weight: float = 0.3) -> Experiment:
    """Digits told apart and drawn again by one network."""
    nodes = {
        "input": "input", "flat": "flatten", "code": ("linear", {"features": 16}), "act": "tanh",
        "score": ("linear", {"features": 10}), "label": "output",
        "pixels": ("linear", {"features": 64}), "square": ("reshape", {"extents": (1, 8, 8)}),
        "again": ("output", {"target": "input", "weight": weight, "loss": MSE}),
    }  # fmt: skip
    links = (
        "input.out -> flat.in", "flat.out -> code.in", "code.out -> act.in", "act.out -> score.in",
        "score.out -> label.in", "act.out -> pixels.in", "pixels.out -> square.in", "square.out -> again.in",
    )  # fmt: skip
    return wired(nodes, *links, data="digits")


def variational(beta: float = 1.0) -> Experiment:
    nodes = {
        "input": "input", "flat": "flatten", "mu": ("linear", {"features": 3}), "logvar": ("linear", {"features": 3}),
        "draw": "reparameterise", "pixels": ("linear", {"features": 64}),
        "square": ("reshape", {"extents": (1, 8, 8)}), "again": ("output", {"target": "input", "weight": 64.0}),
        "prior": ("prior", {"weight": beta}),
    }  # fmt: skip
    links = (
        "input.out -> flat.in", "flat.out -> mu.in", "flat.out -> logvar.in", "mu.out -> draw.mu",
        "logvar.out -> draw.logvar", "draw.out -> pixels.in", "pixels.out -> square.in", "square.out -> again.in",
        "mu.out -> prior.mu", "logvar.out -> prior.logvar",
    )  # fmt: skip
    made = wired(nodes, *links, data="digits", loss="binary_cross_entropy")
    return made.model_copy(update={"preparation": Preparation(scaling="minmax")})


# --- the prior ---------------------------------------------------------------------------------------------------------


def test_the_prior_is_the_divergence_of_normal_distributions() -> None:
    torch.manual_seed(0)
    mu, logvar = torch.randn(5, 3, dtype=torch.float64), torch.randn(5, 3, dtype=torch.float64)
    q = torch.distributions.Normal(mu, (0.5 * logvar).exp())
    p = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    expected = torch.distributions.kl_divergence(q, p).sum(1).mean()
    torch.testing.assert_close(StandardNormal()(mu, logvar), expected, rtol=1e-12, atol=0)
    mu.requires_grad_()
    logvar.requires_grad_()
    assert torch.autograd.gradcheck(StandardNormal(), (mu, logvar))
    assert float(StandardNormal()(torch.zeros(2, 3), torch.zeros(2, 3))) == 0.0


# --- inputs given again --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["mse", "binary_cross_entropy"])
def test_an_autoencoder_is_compared_with_its_own_input(loss: str) -> None:
    session = Session(narrow(loss), "cpu")
    x, targets, labels = session.validation
    assert torch.equal(x, torch.as_tensor(targets))
    assert torch.equal(x, labels)
    with torch.no_grad():
        logits = session.network(x)
    functional = torch.nn.functional
    compare = functional.mse_loss if loss == "mse" else functional.binary_cross_entropy_with_logits
    scores = session.evaluate(*session.validation)
    assert scores["loss"] == pytest.approx(float(compare(logits, x)), rel=1e-6)
    says = logits.sigmoid() if loss != "mse" else logits
    assert torch.equal(session.predict(x), says)
    assert scores["r2"] == pytest.approx(1 - float(((says - x) ** 2).sum() / ((x - x.mean()) ** 2).sum()), rel=1e-4)


@pytest.mark.parametrize("loss", ["mse", "binary_cross_entropy"])
def test_the_mean_picture_is_what_it_must_beat(loss: str) -> None:
    session = Session(narrow(loss), "cpu")
    while (outcome := session.advance()).metrics is None:
        pass
    train, validation = session.prepared.train.x, torch.tensor(session.prepared.validation.x)
    mean = torch.tensor(train.mean(0, keepdims=True)).expand_as(validation)
    functional = torch.nn.functional
    expected = (
        functional.mse_loss(mean, validation) if loss == "mse" else functional.binary_cross_entropy(mean, validation)
    )
    assert outcome.metrics["mean_loss"] == pytest.approx(float(expected), rel=1e-3)


def test_added_noise_is_not_to_be_given_again() -> None:
    """A denoising autoencoder: moved pictures are to come out as moved, without the noise."""
    preparation = Preparation(scaling="minmax", shift=1, noise=0.5)
    noisy = Session(narrow().model_copy(update={"preparation": preparation}), "cpu")
    moved = Session(narrow().model_copy(update={"preparation": preparation.model_copy(update={"noise": 0.0})}), "cpu")
    _stop, x, targets = noisy.take()
    _stop, expected, same = moved.take()
    assert torch.equal(torch.as_tensor(targets), expected)
    assert torch.equal(torch.as_tensor(same), expected)
    assert 0.4 < float((x - expected).std()) < 0.6


def test_words_are_given_again_one_at_a_step() -> None:
    made = chain(
        ("embedding", {"embedding_dim": 8}), ("gru", {"hidden_size": 8}), ("linear", {"features": 11}),
        data=Choice(kind="reverse", params={"samples": 60, "symbols": 11}),
    )  # fmt: skip
    made = edits.replace_node(made, "output", params={"target": "input"})
    found = check(made)
    wanted = found.goals[0].data
    assert wanted is not None
    made = edits.set_param(made, "linear", "features", len(wanted.classes))
    assert check(made).trainable
    session = Session(made, "cpu")
    assert torch.equal(torch.as_tensor(session.validation.targets), session.validation.x)


def test_padding_is_no_answer() -> None:
    made = chain(
        ("embedding", {"embedding_dim": 4}), ("gru", {"hidden_size": 4}), ("linear", {"features": 2}),
        data=Choice(kind="opinions", params={"samples": 200}),
    )  # fmt: skip
    made = edits.replace_node(made, "output", params={"target": "input"})
    wanted = check(made).goals[0].data
    assert wanted is not None
    made = edits.set_param(made, "linear", "features", len(wanted.classes))
    x, targets, _labels = Session(made, "cpu").validation
    assert isinstance(targets, torch.Tensor)
    assert bool((x == 0).any())
    assert torch.equal(targets == IGNORED, x == 0)


# --- checking ------------------------------------------------------------------------------------------------------------


def test_checking_knows_the_wanted_shape_and_mends_it() -> None:
    made = digits(("flatten", {}), ("linear", {"features": 5}))
    problems = []
    while not check(made).trainable:
        problem = next(p for p in check(made).problems if p.severity == "error")
        problems.append(problem.code)
        made = apply_fix(made, problem.fixes[0])
    assert problems == ["output-size", "output-size"]
    assert check(made).output == (1, 8, 8)
    Session(made, "cpu").advance()


def test_a_loss_for_classes_can_not_compare_pictures() -> None:
    (problem,) = [p for p in check(narrow("cross_entropy")).problems if p.severity == "error"]
    assert problem.code == "loss-task"
    mended = apply_fix(narrow("cross_entropy"), problem.fixes[0])
    assert mended.training.loss.kind == "mse"
    assert check(mended).trainable


def test_shares_need_shares() -> None:
    made = narrow("binary_cross_entropy")
    assert check(made).problems == ()
    made = edits.set_path(made, "preparation.scaling", "standardise")
    (problem,) = check(made).problems
    assert (problem.code, problem.severity) == ("not-shares", "warning")
    assert check(apply_fix(made, problem.fixes[0])).problems == ()


def test_checking_says_which_output_lacks_what() -> None:
    made = edits.replace_node(both(), "again", params={"target": "input"})
    (problem,) = [p for p in check(made).problems if p.severity == "error"]
    assert (problem.code, problem.node, problem.name) == ("loss-task", "again", "loss")
    mended = apply_fix(made, problem.fixes[0])
    assert mended.model.nodes["again"].params["loss"] == MSE
    assert check(mended).trainable
    wrong = edits.set_param(both(), "score", "features", 9)
    assert [(p.code, p.node) for p in check(wrong).problems] == [("output-size", "label")]
    unknown = edits.set_param(both(), "again", "loss", {"kind": "guess", "params": {}})
    (problem,) = check(unknown).problems
    assert (problem.code, problem.node, problem.name) == ("unknown", "again", "loss")
    assert check(apply_fix(unknown, problem.fixes[0])).problems[0].code == "loss-task"


# --- files ---------------------------------------------------------------------------------------------------------------


def test_an_output_with_a_loss_of_its_own_comes_back_from_a_file() -> None:
    text = to_text(both())
    assert from_text(text).experiment == both()
    assert '"loss": {\n            "kind": "mse"' in text
    assert '"kind": "output",\n        "params": {},\n' in to_text(chain()), (
        "an Output that says nothing stays as it was"
    )


# --- several ends ----------------------------------------------------------------------------------------------------------


def test_the_total_is_the_weighted_sum_and_every_part_is_told() -> None:
    session = Session(both(0.3), "cpu")
    x, targets, labels = session.validation
    with torch.no_grad():
        scores, pixels = session.network(x)
    functional = torch.nn.functional
    parts = functional.cross_entropy(scores, labels), functional.mse_loss(pixels, x)
    found = session.evaluate(x, targets, labels)
    assert found["part.label"] == pytest.approx(float(parts[0]), rel=1e-6)
    assert found["part.again"] == pytest.approx(float(parts[1]), rel=1e-6)
    assert found["loss"] == pytest.approx(float(parts[0] + 0.3 * parts[1]), rel=1e-6)
    assert found["accuracy"] == pytest.approx(float((scores.argmax(1) == labels).float().mean()))
    assert torch.equal(session.predict(x), scores)
    first = session.advance()
    while (outcome := session.advance()).metrics is None:
        pass
    metrics = outcome.metrics
    assert metrics["train_loss"] == pytest.approx(metrics["train_part.label"] + 0.3 * metrics["train_part.again"])
    assert metrics["train_loss"] < first.loss


def test_both_goals_are_learned_and_a_weight_of_0_switches_one_off() -> None:
    for weight, learned in ((1.0, True), (0.0, False)):
        session = Session(both(weight), "cpu")
        before = session.network.layers["pixels"].weight.detach().clone()
        for _step in range(60):
            session.advance()
        changed = not torch.equal(before, session.network.layers["pixels"].weight.detach())
        assert changed is learned


def test_a_lone_weight_scales_the_gradient() -> None:
    once, thrice = narrow(), edits.set_param(narrow(), "output", "weight", 3.0)
    sgd = {"optimiser": Choice(kind="sgd"), "learning_rate": 0.01}
    moved = []
    for made in (once, thrice):
        session = Session(made.model_copy(update={"training": made.training.model_copy(update=sgd)}), "cpu")
        before = session.network.layers["linear_2"].bias.detach().clone()
        session.advance()
        moved.append(session.network.layers["linear_2"].bias.detach() - before)
    torch.testing.assert_close(moved[1], 3 * moved[0], rtol=1e-3, atol=1e-6)


def test_the_variational_loss_is_the_negative_evidence_bound() -> None:
    session = Session(variational(), "cpu")
    x, targets, labels = session.validation
    with session.looking():
        pixels, mu, logvar = session.network(x)
    q = torch.distributions.Normal(mu, (0.5 * logvar).exp())
    p = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    divergence = torch.distributions.kl_divergence(q, p).sum(1).mean()
    told = torch.nn.functional.binary_cross_entropy_with_logits(pixels, x, reduction="none").flatten(1).sum(1).mean()
    assert session.evaluate(x, targets, labels)["loss"] == pytest.approx(float(told + divergence), rel=1e-5)


def test_a_run_goes_on_from_its_state_in_the_middle_of_an_epoch() -> None:
    for made in (both(), variational()):
        whole = Session(made, "cpu")
        expected = [whole.advance() for _step in range(whole.steps_per_epoch)][-1].metrics
        first = Session(made, "cpu")
        outcomes = [first.advance() for _step in range(7)]
        tensors, facts = first.state()
        tensors = {name: value.clone() for name, value in tensors.items()}
        second = Session(made, "cpu")
        second.restore(tensors, facts)
        while outcomes[-1].metrics is None:
            outcomes.append(second.advance())
        assert outcomes[-1].metrics == expected


# --- stepping and code -----------------------------------------------------------------------------------------------------


def _walked(session: Session) -> list[Any]:
    return list(walk(session))


def _random_goals(seed: int) -> Experiment:
    """A random network with another Output or a prior on wires that may have other readers."""
    random = Random(seed)
    while True:
        made = random_experiment(random)
        links = made.model.links
        if not links:
            continue
        source = random.choice(links)
        made = edits.add_node(made, "more", Node(kind="output", params={"target": "input", "loss": MSE, "weight": 0.5}))
        made = edits.connect(made, Link(source=source.source, output=source.output, target="more"))
        if random.random() < 0.5:
            made = edits.add_node(made, "prior", Node(kind="prior"))
            for port in ("mu", "logvar"):
                made = edits.connect(made, Link(source=source.source, output=source.output, target="prior", input=port))
        for _round in range(8):
            fixes = [p.fixes[0] for p in check(made).problems if p.node == "more" and p.fixes and p.severity == "error"]
            if not fixes:
                break
            made = apply_fix(made, fixes[0])
        if check(made).trainable and len(check(made).goals) > 1:
            return made


@pytest.mark.parametrize("made", [both(), variational(), narrow(), *map(_random_goals, range(8))])
def test_steps_by_hand_equal_the_run_bit_for_bit(made: Experiment) -> None:
    fast = Session(made, "cpu")
    for _step in range(2):
        fast.advance()
    expected = {name: value.clone() for name, value in fast.state()[0].items()}
    slow = Session(made, "cpu")
    for _step in range(2):
        _walked(slow)
    for name, value in slow.state()[0].items():
        assert torch.equal(value, expected[name]), name


def test_every_end_has_its_own_loss_in_steps() -> None:
    session = Session(variational(0.5), "cpu")
    operations = [o for o in _walked(session) if o.phase == "loss"]
    assert [o.node for o in operations] == ["again", "prior"]
    again, prior = (o.arrays for o in operations)
    assert float(prior["loss"]) == pytest.approx(float(StandardNormal()(prior["mu"], prior["logvar"])), rel=1e-6)
    total = 64 * again["loss"] + 0.5 * prior["loss"]
    assert float(again["total"]) == pytest.approx(float(total), rel=1e-6)


def test_the_sum_behind_a_weighted_gradient_comes_to_the_number() -> None:
    nodes = {
        "input": "input", "a": ("linear", {"features": 2}), "label": ("output", {"weight": 0.25}),
        "b": ("linear", {"features": 2}), "again": ("output", {"target": "input", "loss": MSE, "weight": 3.0}),
    }  # fmt: skip
    links = ("input.out -> a.in", "a.out -> label.in", "input.out -> b.in", "b.out -> again.in")
    session = Session(wired(nodes, *links), "cpu")
    found = [o for o in _walked(session) if o.phase == "backward" and o.node in ("label", "again")]
    for operation in found:
        gradient = operation.arrays["gradient.input"]
        lines = explain(session, operation, "gradient.input", (1, 0))
        assert lines[-1].value == pytest.approx(float(gradient[1, 0]), rel=1e-4)


@pytest.mark.parametrize("made", [both(), variational(), narrow()])
def test_exported_code_gives_what_the_network_gives(made: Experiment) -> None:
    network = build(made).eval()
    space: dict[str, Any] = {}
    exec(compile(to_code(made), "net", "exec"), space)
    net = space["Net"]().eval()
    net.load_state_dict(dict(zip(net.state_dict(), network.state_dict().values(), strict=True)))
    x = torch.rand(3, 1, 8, 8)
    ours, theirs = network(x), net(x)
    for one, other in zip(
        ours if isinstance(ours, tuple) else (ours,), theirs if isinstance(theirs, tuple) else (theirs,), strict=True
    ):
        assert torch.equal(one, other)


# --- looking -----------------------------------------------------------------------------------------------------------------


def test_probes_cope() -> None:
    load_probes()
    session = Session(narrow("binary_cross_entropy"), "cpu")
    for name in ("confusion", "predictions", "boundary"):
        with pytest.raises(DoesNotApply, match="input again"):
            compute(session, name, {})
    shown = compute(session, "activations", {"node": "linear", "sample": 3})
    pairs = compute(session, "reconstruction", {"count": 7}).arrays
    assert pairs["given"].shape == pairs["again"].shape == (7, 1, 8, 8)
    assert 0 <= pairs["again"].min() <= pairs["again"].max() <= 16, "in the units of the data"
    assert pairs["error"][3] == pytest.approx(float(np.abs(pairs["again"][3] - pairs["given"][3]).mean()), rel=1e-5)
    assert shown.labels["error"] == pytest.approx(float(pairs["error"][3]), rel=1e-5)
    with pytest.raises(DoesNotApply, match="Target"):
        compute(Session(load_template("digits-mlp"), "cpu"), "reconstruction", {})
    assert compute(session, "samples", {"indices": [0, 1]}).arrays["x"].shape == (2, 1, 8, 8)
    main = Session(both(), "cpu")
    assert compute(main, "confusion", {}).arrays["counts"].sum() == len(main.prepared.validation)


# --- templates ---------------------------------------------------------------------------------------------------------------


def _trained(template: str) -> dict[str, float]:
    session = Session(load_template(template), "cpu")
    while not (outcome := session.advance()).finished:
        pass
    session.show_best()
    return {**(outcome.metrics or {}), **session.evaluate(*session.validation)}


def test_an_autoencoder_beats_the_mean_digit_four_times() -> None:
    scores = _trained("autoencoder-digits")
    assert scores["loss"] < scores["mean_loss"] / 4
    assert check(load_template("autoencoder-digits")).nodes["code"].shapes["out"] == (8,)


def test_the_evidence_bound_rises_and_the_code_says_something() -> None:
    scores = _trained("vae-digits")
    assert scores["loss"] < 24.0
    assert scores["loss"] == pytest.approx(64 * scores["part.output"] + scores["part.prior"], rel=1e-5)
    assert scores["part.prior"] > 2.5, "a code that told nothing would have a divergence of 0"
    assert scores["part.output"] * 64 < 20.0


def test_looking_between_the_operations_of_a_step_changes_no_loss() -> None:
    load_probes()
    alone = Session(load_template("vae-digits"), "cpu")
    left = [alone.advance() for _step in range(alone.steps_per_epoch)][-1].metrics
    assert left is not None
    # Both draw from the same random numbers: one after the other.
    watched, found = Session(load_template("vae-digits"), "cpu"), None
    while found is None:
        for operation in walk(watched):
            if operation.phase == "loss":
                compute(watched, "losses", {})
            found = operation.outcome.metrics if operation.outcome is not None else None
    assert found == left
    assert {"train_part.output", "train_part.prior"} <= left.keys()
