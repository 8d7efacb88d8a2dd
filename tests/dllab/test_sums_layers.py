"""Every number that a layer or a loss tells comes to what torch has, forward and back, in double precision."""

import math
from random import Random

import numpy as np
import pytest
import torch
from examples import chain
from graphs import wired

from dllab.build import blocks
from dllab.build.making import make_module
from dllab.document.experiment import Choice, Training
from dllab.layers import LAYERS
from dllab.layers.base import Shape
from dllab.recipe import LOSSES
from dllab.stepping import course, walk
from dllab.stepping.explain import explain
from dllab.templates import load_template
from dllab.training.session import Session

CASES = [
    ("layer_norm", {}, [(4,)]),
    ("layer_norm", {"over": "all"}, [(3, 2)]),
    ("layer_norm", {"affine": False}, [(2, 4)]),
    ("group_norm", {"num_groups": 2}, [(4, 3)]),
    ("instance_norm", {}, [(2, 3, 2)]),
    ("flatten", {}, [(2, 3)]),
    ("reshape", {"extents": (3, 2)}, [(2, 3)]),
    ("transpose", {"first": 1, "second": 3}, [(2, 3, 4)]),
    ("slice", {"axis": 2, "start": 1, "stop": -1}, [(2, 5)]),
    ("mean", {"axis": 1}, [(3, 2)]),
    ("mean", {"axis": 2}, [(3, 2)]),
    ("max", {"axis": 1}, [(3, 2)]),
    ("max", {"axis": 2}, [(3, 2)]),
    ("global_max_pool", {}, [(2, 3, 2)]),
    ("adaptive_avg_pool", {"output_size": 3}, [(2, 5, 4)]),
    ("adaptive_max_pool", {"output_size": 2}, [(2, 5)]),
    ("conv_transpose1d", {"out_channels": 2, "kernel_size": 3, "padding": 1, "output_padding": 1}, [(2, 3)]),
    ("conv_transpose2d", {"out_channels": 2, "kernel_size": 2, "bias": False}, [(2, 2, 3)]),
    ("upsample", {}, [(2, 3)]),
    ("upsample", {"mode": "linear", "scale_factor": 3}, [(1, 2, 3)]),
    ("positional_encoding", {"pattern": "learned"}, [(3, 4)]),
    ("positional_encoding", {}, [(3, 5)]),
    ("constant", {"extents": (2, 2), "learned": True}, [(3,)]),
    ("constant", {"extents": (2,)}, [(3,)]),
    ("gelu", {"approximate": "tanh"}, [(4,)]),
    ("identity", {}, [(3,)]),
    ("dropout2d", {"p": 0.4}, [(3, 2, 2)]),
    ("add", {"inputs": 3}, [(3,), (3,), (3,)]),
    ("multiply", {"inputs": 3}, [(3,), (3,), (3,)]),
    ("matmul", {}, [(2, 3), (3, 4)]),
    ("matmul", {"transpose": True}, [(2, 2, 3), (2, 4, 3)]),
    ("concat", {"axis": 2, "inputs": 2}, [(2, 3), (2, 1)]),
]


@pytest.mark.parametrize(("kind", "params", "shapes"), CASES)
def test_all_numbers_of_a_layer_equal_autograd(kind: str, params: dict[str, object], shapes: list[Shape]) -> None:
    torch.manual_seed(3)
    layer = LAYERS.make(kind, params)
    call = layer.call(*shapes)
    assert call is not None
    module = make_module(call).double()
    if kind == "positional_encoding" and not dict(module.named_parameters()):
        module.weight = blocks.PositionalEncoding.waves(*map(torch.tensor, shapes[0])).double()
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter)
    inputs = [torch.randn(2, *shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    y = module(*inputs)
    upstream = torch.randn_like(y)
    weights = dict(module.named_parameters())
    names = ["input"] if len(inputs) == 1 else [f"input.{port}" for port in layer.input_ports()]
    wanted = [*zip(names, inputs, strict=True), *weights.items()]
    ones = torch.ones_like(y)
    found = [None] * len(wanted)
    if y.requires_grad:
        found = torch.autograd.grad(y, [t for _n, t in wanted], upstream, allow_unused=True, retain_graph=True)
    numbers = {name: value.detach().numpy() for name, value in [*wanted, ("output", y), ("upstream", upstream)]}
    numbers |= {f"gradient.{n}": g.numpy() for (n, _t), g in zip(wanted, found, strict=True) if g is not None}
    if layer.pointwise:
        numbers["local"] = torch.autograd.grad(y, inputs, ones)[0].numpy()
        assert np.allclose(numbers["local"] * numbers["upstream"], numbers["gradient.input"], rtol=1e-12)
    numbers |= {"training": np.array(True), "padded": np.array(False)}
    for what in ("output", *(name for name in numbers if name.startswith(("gradient", "local")))):
        for index in np.ndindex(numbers[what].shape):
            lines = layer.explain(numbers, what, index)
            assert lines
            # The waves of positions are kept in single precision.
            tolerance = 1e-6 if kind == "positional_encoding" else 1e-11
            assert lines[-1].value == pytest.approx(float(numbers[what][index]), rel=1e-9, abs=tolerance), (what, index)


def test_rows_of_an_embedding_are_looked_up_and_padding_learns_nothing() -> None:
    layer = LAYERS.make("embedding", {"embedding_dim": 3})
    module = torch.nn.Embedding(6, 3, padding_idx=0).double()
    words = torch.tensor([[1, 4, 0], [4, 4, 2]])
    y = module(words)
    upstream = torch.randn_like(y)
    (gradient,) = torch.autograd.grad(y, [module.weight], upstream)
    numbers = {"input": words.numpy(), "weight": module.weight.detach().numpy(), "output": y.detach().numpy()}
    numbers |= {"upstream": upstream.numpy(), "gradient.weight": gradient.numpy(), "padded": np.array(True)}
    for what in ("output", "gradient.weight"):
        for index in np.ndindex(numbers[what].shape):
            value = layer.explain(numbers, what, index)[-1].value
            assert value == pytest.approx(float(numbers[what][index]), abs=1e-12)


LOSS_CASES = [
    ("cross_entropy", {}, False),
    ("cross_entropy", {"label_smoothing": 0.1}, False),
    ("cross_entropy", {"class_weights": "balanced"}, True),
    ("cross_entropy", {"class_weights": "balanced", "label_smoothing": 0.2}, True),
    ("binary_cross_entropy", {}, False),
    ("binary_cross_entropy", {"class_weights": "balanced"}, True),
    ("mse", {}, False),
    ("l1", {}, False),
    ("huber", {"delta": 0.7}, False),
    ("kl_divergence", {}, False),
    ("kl_divergence", {"direction": "reverse", "label_smoothing": 0.2}, False),
    ("cosine", {}, False),
]


@pytest.mark.parametrize(("kind", "params", "weighted"), LOSS_CASES)
def test_all_numbers_of_a_loss_equal_autograd(kind: str, params: dict[str, object], weighted: bool) -> None:
    torch.manual_seed(4)
    loss = LOSSES.make(kind, params)
    call = loss.call()
    weights = {name: torch.tensor(w, dtype=torch.float64) for name, w in loss.weights((5, 2, 1)).items()}
    module = make_module(type(call)(call.name, call.args, {**call.options, **weights})).double()
    outputs = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([0, 2, 1, 0])
    targets = labels if kind == "cross_entropy" else torch.nn.functional.one_hot(labels, 3).double()
    value = module(outputs, targets)
    (gradient,) = torch.autograd.grad(value, [outputs])
    numbers = {"outputs": outputs.detach().numpy(), "targets": targets.numpy(), "loss": value.detach().numpy()}
    for weight in weights.values():
        numbers["weights"] = weight.numpy()
    assert weighted == ("weights" in numbers)
    assert loss.explain(numbers, "loss", ())[-1].value == pytest.approx(float(value.detach()), rel=1e-12)
    for index in np.ndindex(gradient.shape):
        lines = loss.explain(numbers, "gradient.input", index)
        assert lines[-1].value == pytest.approx(float(gradient[index]), rel=1e-9, abs=1e-13)


def test_sure_and_wrong_scores_are_told_without_overflow() -> None:
    loss = LOSSES.make("binary_cross_entropy", {})
    outputs, targets = torch.tensor([[60.0], [-900.0]]), torch.tensor([[0.0], [1.0]])
    expected = float(torch.nn.BCEWithLogitsLoss()(outputs, targets))
    told = loss.explain({"outputs": outputs.numpy(), "targets": targets.numpy()}, "loss", ())
    assert told[-1].value == pytest.approx(expected, rel=1e-6)


def test_the_loss_over_the_steps_of_a_sequence_leaves_out_those_without_an_answer() -> None:
    layers = (("embedding", {"embedding_dim": 4}), ("gru", {"hidden_size": 5}), ("linear", {"features": 8}))
    experiment = chain(*layers, data=Choice(kind="copy", params={"samples": 40}), training=Training(batch_size=6))
    session = Session(experiment, "cpu")
    for operation in walk(session):
        if operation.phase == "loss" or (operation.phase, operation.node) == ("backward", "output"):
            what = "loss" if operation.phase == "loss" else "gradient.input"
            array = operation.arrays[what].numpy()
            for index in list(np.ndindex(array.shape))[::7]:
                value = explain(session, operation, what, index)[-1].value
                assert value == pytest.approx(float(array[index]), rel=1e-5, abs=1e-9)
                assert math.isfinite(value)


def test_a_value_that_comes_in_twice_is_blamed_twice() -> None:
    nodes = {
        "input": "input", "first": ("linear", {"features": 4}), "twice": ("multiply", {}), "last": ("linear", {"features": 2}),
        "output": "output",
    }  # fmt: skip
    links = ("input.out -> first.in", "first.out -> twice.a", "first.out -> twice.b", "twice.out -> last.in")
    session = Session(wired(nodes, *links, "last.out -> output.in"), "cpu")
    operation = next(o for o in walk(session) if (o.phase, o.node) == ("backward", "twice"))
    array = operation.arrays["gradient.input.a+b"].numpy()
    for index in np.ndindex(*array.shape):
        lines = explain(session, operation, "gradient.input.a+b", index)
        assert len(lines[-1].terms) == 2
        assert lines[-1].value == pytest.approx(float(array[index]), rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("template", ["vae-digits", "autoencoder-digits"])
def test_draws_priors_and_what_is_given_again_are_told(template: str) -> None:
    session = Session(load_template(template), "cpu")
    random = Random(8)
    foreseen, seen = course(session), []
    for operation in walk(session):
        seen.append((operation.phase, operation.node))
        if operation.phase in ("initialise", "batch", "update", "stop"):
            continue
        for name, value in operation.arrays.items():
            told = name == "output" if operation.phase == "forward" else name.startswith("gradient.") or name == "loss"
            if not told:
                continue
            array = value.numpy()
            for _click in range(3):
                index = tuple(random.randrange(n) for n in array.shape)
                lines = explain(session, operation, name, index)
                assert lines, (operation.node, name)
                expected = float(array[index])
                size = float(abs(array).max())
                assert lines[-1].value == pytest.approx(expected, rel=1e-4, abs=2e-6 * size), (operation.node, name)
    assert foreseen == tuple(seen)
