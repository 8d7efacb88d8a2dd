"""What can't be trained is said where it is, with the sum and a remedy that works; what checking calls valid trains."""

import subprocess
import sys
from itertools import pairwise
from random import Random
from typing import Any

import pytest
import torch
from graphs import chain, experiment, random_experiment, wired
from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import times

from dllab.build import build, build_loss, build_optimiser, encode_targets
from dllab.build.loss import target_form
from dllab.build.making import make_module
from dllab.checking import Check, Problem, apply_fix, check
from dllab.data import DATASETS
from dllab.document import edits
from dllab.document.edits import Refused
from dllab.document.experiment import Experiment, Graph, Link, Node, Note
from dllab.document.format import from_text, to_text
from dllab.layers import LAYERS

# --- every illegal graph is refused where it is edited, with the field named -----------------------------------

LINEAR = experiment("linear", ("linear", {"features": 2}))


def test_a_wire_can_not_close_a_loop() -> None:
    for link, code in (("linear_2.out -> linear.in", "cycle"), ("linear.out -> linear.in", "self-loop")):
        with pytest.raises(Refused) as caught:
            edits.connect(LINEAR, Link.model_validate(link))
        assert caught.value.code == code


def test_a_loop_in_a_file_is_a_problem() -> None:
    nodes = {"input": "input", "one": "relu", "two": "relu", "output": "output"}
    found = check(wired(nodes, "one.out -> two.in", "two.out -> one.in", "input.out -> output.in"))
    (problem,) = [p for p in found.problems if p.code == "cycle"]
    assert problem.node in ("one", "two")
    assert problem.text.startswith(("one → two → one", "two → one → two"))
    assert not found.trainable


@pytest.mark.parametrize(
    ("kind", "name", "value", "sentence"),
    [
        ("linear", "features", 0, "Linear: Features out must be at least 1, is 0."),
        ("linear", "features", -1, "Linear: Features out must be at least 1, is -1."),
        ("linear", "features", 1.5, "Linear: Features out must be a whole number, is 1.5."),
        ("linear", "features", "8", "Linear: Features out must be a whole number, is '8'."),
        ("linear", "features", True, "Linear: Features out must be a whole number, is True."),
        ("linear", "features", 10**20, "Linear: Features out must be at most 1000000, is 100000000000000000000."),
        ("conv2d", "kernel_size", 0, "Conv2d: Kernel size must be at least 1, is 0."),
        ("conv2d", "padding", -1, "Conv2d: Padding must be at least 0, is -1."),
        ("dropout", "p", 1.0, "Dropout: Probability must be less than 1.0, is 1.0."),
        ("dropout", "p", -0.1, "Dropout: Probability must be at least 0.0, is -0.1."),
        ("dropout", "p", "half", "Dropout: Probability must be a number, is 'half'."),
        ("reshape", "extents", (), None),
        ("layer_norm", "over", "first", None),
        ("conv2d", "colour", 3, "Conv2d: colour is not known here."),
    ],
)
def test_values_that_can_not_be(kind: str, name: str, value: Any, sentence: str | None) -> None:
    made = edits.set_param(experiment(kind, data="digits"), kind, name, value)
    problems = [p for p in check(made).of(kind) if p.code == "value"] or [
        p for p in check(made).problems if p.code == "value"
    ]
    (problem,) = problems
    assert (problem.node, problem.name, problem.severity) == (kind, name, "error")
    assert sentence in (None, problem.text)
    mended = apply_fix(made, problem.fixes[0])
    assert not [p for p in check(mended).problems if p.code == "value"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), object(), {1, 2}, "\ud800"])
def test_values_that_no_file_can_hold_are_refused_at_once(value: Any) -> None:
    with pytest.raises(Refused, match=r"^p "):
        edits.set_param(experiment("dropout"), "dropout", "p", value)


@pytest.mark.parametrize(
    ("made", "code", "node", "name"),
    [
        (experiment(("conv2d", {"kernel_size": 9}), "flatten", data="digits"), "kernel", "conv2d", "kernel_size"),
        (experiment(("linear", {"in_features": 9})), "features", "linear", "in_features"),
        (experiment(("max_pool", {"padding": 2}), data="digits"), "padding", "max_pool", "padding"),
        (
            experiment(("linear", {"features": 10**6}), ("linear", {"features": 10**6})),
            "too-large",
            "linear_2",
            "features",
        ),
        (wired({"input": "input"}), "no-output", "", "model"),
        (wired({"output": "output"}), "no-input", "", "model"),
        (wired({"input": "input", "a": "output", "b": "output"}, "input.out -> a.in"), "disconnected", "b", "in"),
        (wired({"input": "input", "b": "input", "a": "output"}, "input.out -> a.in"), "two-inputs", "b", ""),
        (wired({"input": "input", "r": "relu", "a": "output"}, "input.out -> a.in"), "disconnected", "r", "in"),
        (
            wired({"input": "input", "r": "relu", "a": "output"}, "input.out -> a.in", "input.out -> r.in"),
            "unused",
            "r",
            "out",
        ),
        (
            wired({"input": "input", "s": "add", "a": "output"}, "input.out -> s.a", "s.out -> a.in"),
            "open-input",
            "s",
            "b",
        ),
        (wired({"input": "input", "a": "output"}, "input.top -> a.in"), "port", "input", "top"),
        (wired({"input": "input", "a": "output"}, "input.out -> a.b"), "port", "a", "b"),
        (experiment(), "nothing-to-learn", "output", "in"),
        (experiment(("quantum", {"depth": 3})), "unknown", "quantum", "kind"),
        (edits.set_path(LINEAR, "training.batch_size", 1), "", "", ""),
        (
            edits.set_path(experiment("batch_norm", ("linear", {"features": 2})), "training.batch_size", 1),
            "batch-norm-one",
            "batch_norm",
            "training.batch_size",
        ),
        (
            edits.set_path(
                edits.set_path(experiment("batch_norm", ("linear", {"features": 2})), "training.drop_last", False),
                "training.batch_size",
                299,
            ),
            "batch-norm-one",
            "batch_norm",
            "training.drop_last",
        ),
        (edits.set_path(LINEAR, "data", "atlantis"), "unknown", "", "data"),
        (edits.set_path(LINEAR, "data.samples", 3), "value", "", "data.samples"),
        (edits.set_path(LINEAR, "training.optimiser.beta1", 1.0), "value", "", "training.optimiser.beta1"),
        (edits.set_path(LINEAR, "training.loss", "guess"), "unknown", "", "training.loss"),
        (experiment("linear", data="sine", loss="cross_entropy"), "loss-task", "", "training.loss"),
        (experiment(("linear", {"features": 3})), "output-size", "output", "in"),
    ],
)
def test_illegal_experiments(made: Experiment, code: str, node: str, name: str) -> None:
    found = check(made)
    errors = [(p.code, p.node, p.name) for p in found.problems if p.severity == "error"]
    if not code:
        assert not errors
        return
    assert (code, node, name) in errors
    assert not found.trainable


def test_an_unknown_layer_is_kept_verbatim() -> None:
    made = experiment(("quantum", {"depth": 3, "parts": [1, {"a": None}]}))
    assert from_text(to_text(made)).experiment == made
    assert "quantum is not known here" in check(made).of("quantum")[0].text


# --- problems, sums and remedies ------------------------------------------------------------------------------------


def _problem(found: Check, code: str) -> Problem:
    return next(p for p in found.problems if p.code == code)


def test_the_sum_stands_in_the_sentence() -> None:
    found = check(
        experiment(("conv2d", {"out_channels": 32, "kernel_size": 5}), ("linear", {"in_features": 128}), data="digits")
    )
    assert found.nodes["conv2d"].arithmetic == "(8 - 5 + 2·0)/1 + 1 = 4"
    problem = _problem(found, "features")
    assert problem.text == "Linear expects 128 features, gets 32 × 4 × 4 = 512."
    assert [f.text for f in problem.fixes] == ["Insert Flatten", "Set Features in to automatic"]


def test_an_image_before_a_linear_is_a_warning_with_flatten_as_fix() -> None:
    made = experiment(("conv2d", {"out_channels": 32, "kernel_size": 5}), ("linear", {"features": 10}), data="digits")
    found = check(made)
    problem = _problem(found, "last-axis")
    assert problem.severity == "warning"
    assert problem.text == "Linear acts on the last axis only: 4 of 32 × 4 × 4. Flatten gives it all 512 numbers."
    # Errors come before warnings: the first problem is the one to show.
    assert found.problems[0].severity == "error"
    mended = apply_fix(made, problem.fixes[0])
    assert check(mended).problems == ()
    assert mended == apply_fix(made, _problem(found, "output-size").fixes[0])


@pytest.mark.parametrize(
    ("made", "fixes"),
    [
        (experiment(("linear", {"features": 3})), ["Set Features out to 2", "Insert Linear"]),
        (experiment(("linear", {"features": 3}), "dropout"), ["Set Features out to 2", "Insert Linear"]),
        (experiment("global_avg_pool", data="digits"), ["Insert Linear"]),
        (experiment(("conv2d", {}), data="digits"), ["Insert Flatten"]),
    ],
)
def test_fixes_of_a_wrong_output_size(made: Experiment, fixes: list[str]) -> None:
    problem = _problem(check(made), "output-size")
    assert [f.text for f in problem.fixes] == fixes
    for fix in problem.fixes:
        mended = check(apply_fix(made, fix))
        assert mended.trainable or "Insert Linear" in [f.text for f in _problem(mended, "output-size").fixes]


@pytest.mark.parametrize(
    ("last", "data", "loss", "code"),
    [
        ("softmax", "moons", "cross_entropy", "activation-before-loss"),
        ("sigmoid", "moons", "cross_entropy", "activation-before-loss"),
        ("relu", "moons", "cross_entropy", "activation-before-loss"),
        ("sigmoid", "sine", "mse", "bounded-output"),
        ("tanh", "sine", "l1", "bounded-output"),
        ("softmax", "moons", "mse", ""),
        ("elu", "sine", "mse", ""),
        ("identity", "moons", "cross_entropy", ""),
    ],
)
def test_habits_that_spoil_learning_are_warned_of(last: str, data: str, loss: str, code: str) -> None:
    size = 1 if data == "sine" else 2
    made = experiment(("linear", {"features": size}), last, data=data, loss=loss)
    found = check(made)
    assert [p.code for p in found.problems] == [code] * bool(code)
    assert found.trainable
    if code:
        assert check(apply_fix(made, found.problems[0].fixes[0])).problems == ()


def test_the_split_must_leave_something() -> None:
    made = edits.set_path(edits.set_path(LINEAR, "split.test", 0.9), "split.validation", 0.9)
    few = edits.set_path(made, "data.samples", 10)
    assert _problem(check(few), "split").name == "split.validation"
    iris = edits.set_path(experiment(("linear", {"features": 3}), data="iris"), "split.test", 0.01)
    problem = _problem(check(iris), "split")
    assert problem.text == "A part of 2 samples can't hold all 3 classes."
    assert check(apply_fix(iris, problem.fixes[0])).trainable
    patient = edits.set_path(edits.set_path(LINEAR, "split.validation", 0.0), "training.patience", 5)
    assert _problem(check(patient), "patience").severity == "warning"


def test_a_muted_merge_uses_its_first_input_only() -> None:
    made = wired(
        {
            "input": "input",
            "score": ("linear", {"features": 2}),
            "sum": "add",
            "output": "output",
        },
        "input.out -> sum.a",
        "input.out -> score.in",
        "score.out -> sum.b",
        "sum.out -> output.in",
    )
    assert check(made).trainable
    muted = check(edits.replace_node(made, "sum", muted=True))
    assert _problem(muted, "muted-input").name == "b"
    # The weights of score no longer reach the loss: a step would fail in torch.
    assert _problem(muted, "nothing-to-learn").severity == "error"


def test_an_inserted_layer_finds_room() -> None:
    made = experiment(("linear", {"in_features": 9}), ("linear", {"features": 2}), data="digits")
    mended = apply_fix(made, check(made).problems[0].fixes[0])
    row = sorted((n.x, name) for name, n in mended.model.nodes.items())
    assert [name for _x, name in row] == ["input", "flatten", "linear", "linear_2", "output"]
    assert all(b[0] - a[0] >= 180 for a, b in pairwise(row))


def test_the_order_does_not_hang_on_the_hash_seed() -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests/support'); from random import Random; from graphs import random_experiment;"
        "from dllab.checking import check; print([check(random_experiment(Random(n))).order for n in range(40)])"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_checking_does_not_import_torch() -> None:
    code = "import sys, dllab.checking, dllab.templates; assert not {'torch', 'sklearn', 'PySide6'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_notes_are_no_layers() -> None:
    made = edits.set_note(LINEAR, "note", Note(text="hello", x=0, y=0))
    assert check(made) == check(LINEAR)


# --- random graphs against torch ------------------------------------------------------------------------------

# Refused although torch would do something: what it would do is not what is meant.
DELIBERATE = {
    "output-size": "cross-entropy takes more scores than classes, mean squared error stretches shapes",
    "shapes": "Add stretches extents of 1",
    "unused": "torch would compute it for nothing",
    "too-large": "torch would try",
    "split": "found before any sample is touched",
    "one-number": "torch normalises a single number to 0",
    "no-channels": "torch takes a batch of rows for one sample with channels",
    "no-matrix": "torch takes a batch of rows for one matrix",
    "range": "torch cuts off what lies outside",
    "nothing-left": "torch goes on with nothing",
    "indices": "a layer for words would be built for none",
    "state": "torch may take a state for another one of as many numbers",
}
# There is nothing that torch could be asked to do.
STRUCTURAL = {"no-input", "no-output", "two-inputs", "disconnected", "open-input", "port", "cycle"}
STRUCTURAL |= {"unknown", "value", "muted-output"}


def _batch(made: Experiment, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    spec = DATASETS.make(made.data.kind, made.data.params).spec()
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(count, *spec.input, generator=generator)
    y = torch.randint(0, max(1, len(spec.classes)), (count,), generator=generator).numpy()
    if spec.task == "regression":
        y = torch.randn(count, len(spec.targets), generator=generator).numpy()
    return x, encode_targets(y, target_form(made, spec), spec)


def _one_step(made: Experiment) -> None:
    network = build(made)
    spec = check(made).data
    assert spec is not None
    x, targets = _batch(made, made.training.batch_size)
    optimiser = build_optimiser(made, network.parameters())
    loss = build_loss(made, spec)(network(x), targets)
    loss.backward()
    optimiser.step()


def _one_step_unchecked(made: Experiment, found: Check) -> None:
    """The same without asking: every layer is built for what really arrives."""
    values: dict[str, torch.Tensor] = {}
    sources = {link.end: link.source for link in made.model.links}
    alone = any(p.code == "batch-norm-one" for p in found.problems)
    # torch takes a batch of vectors for one sequence without a batch when the numbers happen to fit: 23 fit nothing here.
    x, targets = _batch(made, made.training.batch_size if alone else 23)
    for name in found.order:
        layer = LAYERS.make(made.model.nodes[name].kind, made.model.nodes[name].params)
        inputs = [values[sources[name, port]] for port in layer.input_ports()] or [x]
        call = None if made.model.nodes[name].muted else layer.call(*(tuple(v.shape[1:]) for v in inputs))
        values[name] = make_module(call)(*inputs) if call else inputs[0]
    spec = found.data
    assert spec is not None
    build_loss(made, spec)(values["output"], targets).backward()


@pytest.mark.thorough
@settings(max_examples=times(300, 2000), deadline=None)
@given(st.randoms(use_true_random=False))
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_random_graphs(random: Random) -> None:
    made = random_experiment(random)
    found = check(made)
    errors = {p.code for p in found.problems if p.severity == "error"}
    if not errors:
        _one_step(made)
        return
    if errors & (STRUCTURAL | DELIBERATE.keys()):
        return
    with pytest.raises((RuntimeError, ValueError, IndexError, AttributeError, AssertionError)):
        _one_step_unchecked(made, found)


def test_random_graphs_are_of_both_sorts() -> None:
    random = Random(0)
    found = [check(random_experiment(random)) for _round in range(300)]
    trainable = sum(f.trainable for f in found)
    decided_by_torch = sum(
        not f.trainable and not {p.code for p in f.problems if p.severity == "error"} & (STRUCTURAL | DELIBERATE.keys())
        for f in found
    )
    assert trainable > 60
    assert decided_by_torch > 30


@settings(max_examples=120, deadline=None)
@given(st.randoms(use_true_random=False))
def test_every_fix_can_be_applied(random: Random) -> None:
    made = random_experiment(random)
    for problem in check(made).problems:
        assert problem.text
        for fix in problem.fixes:
            assert fix.text
            mended = apply_fix(made, fix)
            assert problem not in check(mended).problems
            assert from_text(to_text(mended)).experiment == mended


def test_an_empty_canvas_is_said_to_be_empty() -> None:
    found = check(Experiment(model=Graph()))
    assert {p.code for p in found.problems} == {"no-input", "no-output"}


def test_a_chain_of_a_thousand() -> None:
    made = experiment(*["relu"] * 1000, ("linear", {"features": 2}))
    found = check(made)
    assert found.problems == ()
    assert found.parameters == 6
    assert build(made)(torch.zeros(1, 2)).shape == (1, 2)
    assert Node(kind="relu") == chain("relu").nodes["relu"]
