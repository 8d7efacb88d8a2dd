"""The sum shown behind a number comes to that number: what the run has, what autograd has, what differences say."""

import math
from random import Random

import numpy as np
import pytest
import torch
from examples import chain

from dllab.build.making import make_module
from dllab.document.experiment import Choice, Experiment, Training
from dllab.layers import LAYERS
from dllab.layers.base import Shape
from dllab.layers.sums import HOW, Factor, Line
from dllab.stepping import Operation, walk
from dllab.stepping.explain import explain
from dllab.training.session import Session

IMAGES = (
    ("conv2d", {"out_channels": 4, "padding": 1, "stride": 2}), ("batch_norm", {}), ("silu", {}),
    ("conv2d", {"out_channels": 4, "groups": 2, "dilation": 2, "padding": 2}), ("leaky_relu", {}),
    ("avg_pool", {"kernel_size": 3, "stride": 1, "padding": 1}), ("elu", {}), ("max_pool", {"kernel_size": 2, "stride": 1}),
    ("dropout", {"p": 0.3}), ("gelu", {}), ("global_avg_pool", {}), ("linear", {"features": 10}),
)  # fmt: skip
ROWS = (
    ("linear", {"features": 6}), ("batch_norm", {"affine": False}), ("relu", {}), ("linear", {"features": 5}),
    ("tanh", {}), ("softmax", {}), ("sigmoid", {}), ("linear", {"features": 3, "bias": False}),
)  # fmt: skip


def images() -> Experiment:
    recipe = Training(batch_size=5)
    return chain(*IMAGES, data=Choice(kind="digits"), training=recipe)


def rows() -> Experiment:
    return chain(*ROWS, data=Choice(kind="iris"), training=Training(batch_size=7))


def regression() -> Experiment:
    layers = (("linear", {"features": 4}), ("tanh", {}), ("linear", {"features": 1}))
    recipe = Training(loss=Choice(kind="mse"), batch_size=6)
    return chain(*layers, data=Choice(kind="sine", params={"samples": 50}), training=recipe)


def told(operation: Operation) -> list[str]:
    if operation.phase == "forward":
        return ["output"]
    if operation.phase == "loss":
        return ["loss"]
    return [name for name in operation.arrays if name.startswith("gradient.")] if operation.phase == "backward" else []


@pytest.mark.parametrize("make", [images, rows, regression])
def test_every_number_of_a_step_is_the_sum_that_is_shown(make) -> None:
    session = Session(make(), "cpu")
    random = Random(1)
    for _batch in range(2):
        for operation in walk(session):
            for name in told(operation):
                array = operation.arrays[name].numpy()
                if session.check.nodes[operation.node].layer.kind in ("flatten",):
                    continue
                for _click in range(6):
                    index = tuple(random.randrange(n) for n in array.shape)
                    lines = explain(session, operation, name, index)
                    assert lines, f"{operation.node} does not tell {name}"
                    where = f"{operation.phase} {operation.node} {name}{index}: {lines[-1].text()}"
                    # Single precision rounds every term, also where they cancel out: before batch norm offsets do,
                    # and a number near its mean is as uncertain as its neighbours are large.
                    size = sum(abs(math.prod(f.value for f in term)) for term in lines[-1].terms)
                    size = max(size, float(abs(array).max()))
                    assert lines[-1].value == pytest.approx(float(array[index]), rel=2e-5, abs=1e-6 * size), where


CASES = [
    ("linear", {"features": 3}, (4,)),
    ("linear", {"features": 3}, (2, 4)),
    ("conv1d", {"out_channels": 2, "kernel_size": 3, "stride": 2, "padding": 1}, (2, 7)),
    ("conv2d", {"out_channels": 4, "groups": 2, "dilation": 2, "padding": 1}, (2, 5, 4)),
    ("max_pool", {"kernel_size": 3, "stride": 2, "padding": 1}, (2, 5, 5)),
    ("avg_pool", {"kernel_size": 2}, (2, 6)),
    ("global_avg_pool", {}, (3, 4)),
    ("batch_norm", {}, (3,)),
    ("batch_norm", {}, (2, 3, 2)),
    ("dropout", {"p": 0.4}, (9,)),
    ("softmax", {"axis": 1}, (3, 2)),
    *((kind, {}, (5,)) for kind in ("relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh", "softmax")),
]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("kind", "params", "shape"), CASES)
def test_all_numbers_equal_autograd_in_double(
    kind: str, params: dict[str, object], shape: Shape, training: bool
) -> None:
    torch.manual_seed(2)
    layer = LAYERS.make(kind, params)
    call = layer.call(shape)
    assert call is not None
    module = make_module(call).double().train(training)
    for buffer in module.buffers():
        if buffer.is_floating_point():
            buffer.uniform_(0.5, 2.0)
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter)
    numbers = {name: value.detach().numpy().copy() for name, value in module.state_dict().items()}
    x = torch.randn(3, *shape, dtype=torch.float64, requires_grad=True)
    y = module(x)
    upstream = torch.randn_like(y)
    weights = dict(module.named_parameters())
    found = torch.autograd.grad(y, [x, *weights.values()], upstream)
    numbers |= {"input": x.detach().numpy(), "output": y.detach().numpy(), "upstream": upstream.numpy()}
    numbers |= {f"gradient.{name}": g.numpy() for name, g in zip(("input", *weights), found, strict=True)}
    numbers["training"] = np.array(training)
    for what in ("output", "gradient.input", *(f"gradient.{name}" for name in weights)):
        for index in np.ndindex(numbers[what].shape):
            lines = layer.explain(numbers, what, index)
            assert lines
            assert lines[-1].value == pytest.approx(float(numbers[what][index]), rel=1e-9, abs=1e-11), (what, index)


def test_a_gradient_is_what_a_small_change_does_to_the_loss() -> None:
    session = Session(regression(), "cpu")
    operations = list(walk(session))
    batch = next(o for o in operations if o.phase == "batch").arrays
    x, targets = batch["x"].double(), batch["targets"].double()
    backward = next(o for o in operations if o.phase == "backward" and o.node == "linear")
    network = Session(regression(), "cpu").network.double()
    weight = network.layers["linear"].weight
    for index in ((0, 0), (3, 0)):
        ends = []
        for step in (1e-5, -1e-5):
            with torch.no_grad():
                weight[index] += step
                ends.append(float(session.loss(network(x), targets)))
                weight[index] -= step
        lines = explain(session, backward, "gradient.weight", index)
        assert lines[-1].value == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-4)


def test_lines_read_as_sums_with_their_operands() -> None:
    line = Line("y[0, 2]", ((Factor("x", 0.31), Factor("W", -1.2)), (Factor("b", 0.854),)))
    assert line.text() == "y[0, 2] = 0.31 × −1.2 + 0.854 = 0.482"
    assert Line("y", ((Factor("0", 0.0),), (Factor("x", -2.0),)), "max").text() == "y = max(0, −2) = 0"
    long = Line("y", tuple((Factor("x", 1.0),) for _term in range(40)))
    assert long.text(3) == "y = 1 + 1 + 1 + … (37) = 40"
    assert Line("p", ((Factor("a", 1.0),), (Factor("b", 4.0),)), "divide").text() == "p = 1 / 4 = 0.25"
    assert Line("nothing", ()).text() == "nothing = 0 = 0"
    for how in HOW:
        assert isinstance(Line("x", ((Factor("a", 0.5),), (Factor("b", 2.0),)), how).value, float)


def test_a_number_that_is_not_there_is_refused() -> None:
    session = Session(rows(), "cpu")
    operation = next(o for o in walk(session) if o.phase == "forward")
    for what, index in (("output", (0,)), ("output", (0, 99)), ("output", (0, -1)), ("nothing", (0, 0))):
        with pytest.raises(IndexError):
            explain(session, operation, what, index)
    assert explain(session, operation, "weight", (0, 0)) == ()


def test_of_a_long_sum_the_terms_that_are_nothing_are_left_out_first() -> None:
    terms = tuple((Factor("x", float(i % 3)), Factor("w", 2.0)) for i in range(9))
    assert Line("y", terms).text(4) == "y = 1 × 2 + 2 × 2 + 1 × 2 + 2 × 2 + … (5) = 18"
    assert Line("y", terms).text(6) == "y = 1 × 2 + 2 × 2 + 1 × 2 + 2 × 2 + 1 × 2 + 2 × 2 + … (3) = 18"
    assert Line("y", terms[:4]).text(4) == "y = 0 × 2 + 1 × 2 + 2 × 2 + 0 × 2 = 6"
