"""The torch side of an experiment: plan, first weights, loss, optimiser, exported code."""

from collections.abc import Iterator
from random import Random
from typing import ClassVar

import numpy as np
import pytest
import torch
from graphs import chain, experiment, random_experiment, wired
from torch import nn

from dllab.build import (
    BuildProblem,
    build,
    build_loss,
    build_optimiser,
    code_line,
    encode_targets,
    initialise,
    to_code,
)
from dllab.build.module import Network
from dllab.checking import check
from dllab.data import DATASETS
from dllab.data.base import DataSpec
from dllab.data.prepare import prepare
from dllab.document.edits import replace_node, set_path
from dllab.document.experiment import Experiment
from dllab.layers import LAYERS
from dllab.layers.base import Call, Layer, Shape
from dllab.recipe import LOSSES

MLP = experiment(
    ("linear", {"features": 32}), "relu", ("linear", {"features": 32}), "relu", ("linear", {"features": 2})
)

SKIP = wired(
    {
        "input": "input",
        "conv": ("conv2d", {"out_channels": 4, "padding": 1}),
        "norm": "batch_norm",
        "side": ("conv2d", {"out_channels": 4, "kernel_size": 1}),
        "sum": "add",
        "both": "concat",
        "pool": "global_avg_pool",
        "drop": "dropout",
        "score": ("linear", {"features": 10}),
        "output": "output",
    },
    "input.out -> conv.in",
    "conv.out -> norm.in",
    "input.out -> side.in",
    "norm.out -> sum.a",
    "side.out -> sum.b",
    "sum.out -> both.a",
    "conv.out -> both.b",
    "both.out -> pool.in",
    "pool.out -> drop.in",
    "drop.out -> score.in",
    "score.out -> output.in",
    data="digits",
)


def test_a_chain_is_a_chain() -> None:
    network = build(MLP)
    x = torch.randn(5, 2)
    expected = x
    for name in ("linear", "relu", "linear_2", "relu_2", "linear_3"):
        expected = network.layers[name](expected)
    assert torch.equal(network(x), expected)
    assert list(network.layers) == ["linear", "relu", "linear_2", "relu_2", "linear_3"]


def test_branches_skips_and_merges() -> None:
    network = build(SKIP).eval()
    layers, x = network.layers, torch.randn(5, 1, 8, 8)
    conv = layers["conv"](x)
    total = layers["norm"](conv) + layers["side"](x)
    expected = layers["score"](torch.cat([total, conv], 1).mean((2, 3)))
    assert torch.allclose(network(x), expected, atol=1e-6)


def test_every_node_can_be_looked_at() -> None:
    muted = replace_node(SKIP, "drop", muted=True)
    network = build(muted).eval()
    x = torch.randn(3, 1, 8, 8)
    found = network.forward_nodes(x)
    assert set(found) == set(muted.model.nodes)
    assert torch.equal(found["input"], x)
    assert torch.equal(found["drop"], found["pool"])
    assert torch.equal(found["output"], network(x))
    shapes = {name: node.shapes.get("out") for name, node in check(muted).nodes.items() if node.shapes}
    assert {name: tuple(found[name].shape[1:]) for name in shapes} == shapes


def test_a_muted_layer_is_not_there() -> None:
    network = build(replace_node(SKIP, "norm", muted=True))
    assert "norm" not in network.layers
    x = torch.randn(3, 1, 8, 8)
    found = network.eval().forward_nodes(x)
    assert torch.equal(found["sum"], found["conv"] + found["side"])


def test_a_muted_merge_passes_on_its_first_input() -> None:
    network = build(replace_node(SKIP, "both", muted=True)).eval()
    found = network.forward_nodes(torch.randn(3, 1, 8, 8))
    assert torch.equal(found["both"], found["sum"])
    assert torch.equal(found["pool"], found["sum"].mean((2, 3)))


class TwoOutputs(Layer):
    """Splits what it gets: for the test only."""

    kind: ClassVar[str] = "two_outputs"
    title: ClassVar[str] = "Two outputs"
    family: ClassVar[str] = "shape"
    glyph: ClassVar[str] = "mdi6.call-split"

    def output_ports(self) -> tuple[str, ...]:
        return ("largest", "place")

    def shapes(self, *inputs: Shape) -> dict[str, Shape]:
        half = (*inputs[0][:-1], inputs[0][-1] // 2)
        return {"largest": half, "place": half}

    def call(self, *inputs: Shape) -> Call:
        return Call("nn.MaxPool1d", (2,), {"return_indices": True})


@pytest.fixture
def two_outputs() -> Iterator[None]:
    LAYERS.add(TwoOutputs)
    yield
    del LAYERS._kinds["two_outputs"]


@pytest.mark.usefixtures("two_outputs")
def test_layers_with_several_outputs() -> None:
    made = wired(
        {
            "input": "input",
            "rows": ("reshape", {"extents": (1, 4)}),
            "split": "two_outputs",
            "both": "concat",
            "flat": "flatten",
            "score": ("linear", {"features": 3}),
            "output": "output",
        },
        "input.out -> rows.in",
        "rows.out -> split.in",
        "split.place -> both.a",
        "split.largest -> both.b",
        "both.out -> flat.in",
        "flat.out -> score.in",
        "score.out -> output.in",
        data="iris",
    )
    assert check(made).problems == ()
    network = build(made)
    found = network.forward_nodes(torch.tensor([[1.0, 5.0, 7.0, 2.0]]))
    assert found["flat"].tolist() == [[1.0, 2.0, 5.0, 7.0]]
    assert _same_outputs(made, network, torch.randn(4, 4))
    codes = {p.code for p in check(replace_node(made, "split", muted=True)).problems}
    assert "muted-output" in codes
    with pytest.raises(BuildProblem, match="muted"):
        build(replace_node(made, "split", muted=True))


def test_first_weights_depend_on_the_seed_alone() -> None:
    first = build(SKIP).state_dict()
    torch.manual_seed(99)
    before = torch.get_rng_state()
    again, other = build(SKIP).state_dict(), build(set_path(SKIP, "seed", 1)).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["layers.conv.weight"], other["layers.conv.weight"])


def test_initialise_is_what_build_does() -> None:
    network, fresh = build(SKIP), build(set_path(SKIP, "seed", 7))
    network(torch.randn(8, 1, 8, 8))  # moves the running averages of the batch norm
    parameters = [id(p) for p in network.parameters()]
    before = torch.get_rng_state()
    initialise(network, 7)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(
        torch.equal(a, b) for a, b in zip(network.state_dict().values(), fresh.state_dict().values(), strict=True)
    )
    assert [id(p) for p in network.parameters()] == parameters


@pytest.mark.parametrize(
    "name", ["train", "type", "class", "forward", "x", "keys", "weight", "layers", "training", "nn"]
)
def test_ids_may_be_words_of_torch_and_python(name: str) -> None:
    made = wired(
        {"input": "input", name: ("linear", {"features": 2}), "output": "output"},
        f"input.out -> {name}.in",
        f"{name}.out -> output.in",
    )
    network = build(made)
    assert list(network.state_dict()) == [f"layers.{name}.weight", f"layers.{name}.bias"]
    network.train()
    network.eval()
    assert _same_outputs(made, network, torch.randn(3, 2))


def test_what_checking_refuses_is_not_built() -> None:
    with pytest.raises(BuildProblem, match="The data asks for 2 classes") as caught:
        build(experiment(("linear", {"features": 3})))
    assert caught.value.node == "output"


def _same_outputs(made: Experiment, network: Network, x: torch.Tensor) -> bool:
    """Whether the exported text, run by itself, computes what the network computes, from the same seed."""
    space: dict[str, type[nn.Module]] = {}
    exec(compile(to_code(made), "exported.py", "exec"), space)
    torch.manual_seed(made.seed)
    alone = space["Net"]().eval()
    return torch.equal(alone(x), network.eval()(x))


@pytest.mark.parametrize("made", [MLP, SKIP, replace_node(SKIP, "norm", muted=True)], ids=["chain", "graph", "muted"])
def test_exported_code_computes_the_same(made: Experiment) -> None:
    shape = check(made).data.input  # type: ignore[union-attr]
    assert _same_outputs(made, build(made), torch.randn(4, *shape))


def test_exported_code_of_random_graphs() -> None:
    random, compared = Random(3), 0
    for _round in range(120):
        made = random_experiment(random)
        found = check(made)
        if found.trainable and found.data is not None:
            x = torch.randn(4, *found.data.input, generator=torch.Generator().manual_seed(0))
            assert _same_outputs(made, build(made), x), to_code(made)
            compared += 1
    assert compared > 30


def test_exported_code_reads_well() -> None:
    assert to_code(MLP).endswith("""
class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 32)  # 32
        self.relu = nn.ReLU()  # 32
        self.linear_2 = nn.Linear(32, 32)  # 32
        self.relu_2 = nn.ReLU()  # 32
        self.linear_3 = nn.Linear(32, 2)  # 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.linear(x)
        x = self.relu(x)
        x = self.linear_2(x)
        x = self.relu_2(x)
        x = self.linear_3(x)
        return x
""")
    assert "class Add(nn.Module)" in to_code(SKIP)
    assert "Reshape" not in to_code(SKIP)
    title = set_path(MLP, "title", 'A "net"\nwith \\ marks"""')
    compile(to_code(title), "exported.py", "exec")


def test_code_line() -> None:
    assert code_line(LAYERS.make("conv2d", {"padding": 1}), ((3, 8, 8),)) == "nn.Conv2d(3, 16, 3, padding=1)"
    assert code_line(LAYERS.make("concat", {}), ((3,), (4,))) == "Concat(1)"
    assert code_line(LAYERS.make("output", {}), ((3,),)) == ""


SPEC = DataSpec(4, (2,), "classification", classes=("a", "b", "c"))


def test_targets_in_the_form_the_loss_compares() -> None:
    y = np.array([0, 2, 1, 1])
    assert encode_targets(y, "index", SPEC).tolist() == [0, 2, 1, 1]
    assert encode_targets(y, "index", SPEC).dtype == torch.int64
    assert encode_targets(y, "one_hot", SPEC).tolist()[1] == [0.0, 0.0, 1.0]
    assert encode_targets(np.array([0, 1]), "binary", SPEC).tolist() == [[0.0], [1.0]]
    assert encode_targets(np.array([[1.5], [2.0]], "float32"), "value", SPEC).shape == (2, 1)


@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy", "mse", "l1", "huber"])
@pytest.mark.parametrize("data", ["moons", "iris", "sine"])
def test_every_loss_on_every_task(loss: str, data: str) -> None:
    declared, spec = LOSSES.make(loss, {}), DATASETS.make(data, {}).spec()
    if spec.task not in declared.tasks:
        assert "loss-task" in {p.code for p in check(experiment("linear", data=data, loss=loss)).problems}
        return
    (size,) = declared.expects(spec)
    made = experiment(("linear", {"features": size}), data=data, loss=loss)
    assert check(made).trainable
    prepared = prepare(made)
    targets = encode_targets(prepared.train.y[:8], declared.target_form(spec), spec)
    value = build_loss(made, spec)(build(made)(torch.tensor(prepared.train.x[:8])), targets)
    assert value.shape == ()
    assert torch.isfinite(value)


@pytest.mark.parametrize(
    ("kind", "params", "options"),
    [
        ("sgd", {}, {"momentum": 0.0, "nesterov": False, "fused": True}),
        ("sgd", {"momentum": 0.9, "nesterov": True}, {"momentum": 0.9, "nesterov": True}),
        ("sgd", {"nesterov": True}, {"nesterov": False}),
        ("rmsprop", {"alpha": 0.9}, {"alpha": 0.9}),
        ("adam", {"beta1": 0.8}, {"betas": (0.8, 0.999), "fused": True}),
        ("adamw", {}, {"betas": (0.9, 0.999), "fused": True}),
    ],
)
def test_optimisers(kind: str, params: dict[str, object], options: dict[str, object]) -> None:
    made = set_path(set_path(MLP, "training.optimiser", {"kind": kind, "params": params}), "training.weight_decay", 0.1)
    network = build(made)
    optimiser = build_optimiser(made, network.parameters())
    group = optimiser.param_groups[0]
    assert {name: group[name] for name in options} == options
    assert (group["lr"], group["weight_decay"]) == (0.001, 0.1)
    before = network.layers["linear"].weight.detach().clone()
    nn.functional.cross_entropy(network(torch.randn(8, 2)), torch.zeros(8, dtype=torch.int64)).backward()
    optimiser.step()
    assert not torch.equal(before, network.layers["linear"].weight)


def test_chain_builder_of_these_tests() -> None:
    assert list(chain("input", "relu", "relu", "output").nodes) == ["input", "relu", "relu_2", "output"]
