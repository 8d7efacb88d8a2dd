"""Every layer's gradient against finite differences in float64, and what our own blocks compute against their formula."""

from math import prod
from random import Random

import pytest
import torch
from torch import Tensor

from dllab.build import blocks
from dllab.build.making import make_module
from dllab.layers import LAYERS
from dllab.layers.base import Layer, Misfit, Shape, signals, vocabulary
from dllab.testing import random_inputs, random_layer

# A custom layer computes what a person writes into it.
COMPUTING = [k for k in LAYERS if k().input_ports() and k().output_ports() and k.kind != "custom"]


def some(shape: Shape) -> Tensor:
    """Two samples: quantities that a gradient may go through, or indices."""
    if vocabulary(shape):
        return torch.randint(0, vocabulary(shape), (2, *shape))
    return torch.randn(2, *shape, dtype=torch.float64, requires_grad=True)


def fitting(declaration: type[Layer], random: Random) -> tuple[Layer, tuple[Shape, ...]]:
    """A random layer with small inputs that fit it."""
    while True:
        layer = random_layer(declaration, random)
        inputs = random_inputs(layer, random)
        try:
            largest = max(prod(x) for x in (*inputs, *signals(layer, *inputs).values()))
            if largest < 80 and sum(map(len, inputs)) < 8 and layer.parameters(*inputs) < 600:
                return layer, inputs
        except Misfit:
            continue


@pytest.mark.parametrize("declaration", COMPUTING, ids=lambda layer: layer.kind)
def test_gradients_equal_finite_differences(declaration: type[Layer]) -> None:
    random = Random(declaration.kind)
    torch.manual_seed(1)
    for _round in range(3):
        layer, shapes = fitting(declaration, random)
        call = layer.call(*shapes)
        if call is None:
            return
        # Evaluation: what is drawn at random would differ between the two sides of a finite difference.
        module = make_module(call).double().eval()
        inputs = tuple(some(shape) for shape in shapes)
        weights = dict(module.named_parameters())

        def run(*values: Tensor, module: torch.nn.Module = module, names: tuple[str, ...] = tuple(weights)) -> Tensor:
            inner = dict(zip(names, values[: len(names)], strict=True))
            return torch.func.functional_call(module, inner, values[len(names) :])

        found = run(*weights.values(), *inputs)
        if any(value.requires_grad for value in (found if isinstance(found, tuple) else (found,))):
            assert torch.autograd.gradcheck(run, (*weights.values(), *inputs), atol=1e-6)


def test_blocks_compute_their_formulas() -> None:
    a, b = torch.randn(2, 3, 4, dtype=torch.float64), torch.randn(2, 4, 5, dtype=torch.float64)
    product = torch.zeros(2, 3, 5, dtype=torch.float64)
    for n in range(2):
        for i in range(3):
            for j in range(5):
                product[n, i, j] = sum(a[n, i, k] * b[n, k, j] for k in range(4))
    torch.testing.assert_close(blocks.MatMul()(a, b), product)
    torch.testing.assert_close(blocks.MatMul(transpose=True)(a, b.mT.contiguous()), product)
    assert torch.equal(blocks.Multiply()(a, a, a), a**3)
    assert torch.equal(blocks.Slice(2, 1, 3)(a), a[:, :, 1:3])
    torch.testing.assert_close(blocks.Mean(1)(a), (a[:, 0] + a[:, 1] + a[:, 2]) / 3)
    constant = blocks.Constant((2, 3), 0.25)
    assert constant(a).shape == (2, 2, 3)
    assert bool((constant(a) == 0.25).all())
    assert not constant.state_dict()
    assert list(blocks.Constant((2,), 0.0, learned=True).state_dict()) == ["weight"]


def test_reparameterise_draws_around_the_mean_with_the_given_spread() -> None:
    torch.manual_seed(0)
    mu, logvar = torch.full((200_000, 1), 3.0), torch.full((200_000, 1), -2.0)
    block = blocks.Reparameterise()
    drawn = block(mu, logvar)
    assert float(drawn.mean()) == pytest.approx(3.0, abs=0.01)
    assert float(drawn.var()) == pytest.approx(2.718281828**-2, rel=0.02)
    assert torch.equal(block.eval()(mu, logvar), mu)


def test_depthwise_convolution_keeps_channels_apart() -> None:
    layer = LAYERS.make("conv2d", {"out_channels": 4, "groups": 4, "padding": 1})
    module = make_module(layer.call((4, 5, 5)))  # type: ignore[arg-type]
    x = torch.randn(1, 4, 5, 5)
    other = x.clone()
    other[:, 2] += 1.0
    changed = (module(x) != module(other)).flatten(2).any(2)[0]
    assert changed.tolist() == [False, False, True, False]
    assert layer.parameters((4, 5, 5)) == 4 * 9 + 4


@pytest.mark.parametrize(
    ("kind", "params", "inputs", "sentence"),
    [
        ("conv2d", {"groups": 3}, [(6, 8, 8)], "Conv2d: 3 groups must divide both the 6 channels in and the 16 channels out."),
        ("conv2d", {"dilation": 4}, [(1, 8, 8)], "Conv2d: a kernel of 3 does not fit into 8: (8 - (4·(3 - 1) + 1) + 2·0)/1 + 1 = 0."),
        ("group_norm", {"num_groups": 4}, [(6, 2)], "GroupNorm: 4 groups do not divide 6 channels."),
        ("matmul", {}, [(3, 4), (5, 4)], "MatMul: a has 4 columns, so b must have 4 rows; it has 5."),
        ("slice", {"start": 3, "stop": 2}, [(8,)], "Slice stops at 2: from 3 on it must be 4 to 8."),
        ("mean", {"axis": 3}, [(8, 4)], "Mean along axis 3, but 8 × 4 has 2 axes after the batch."),
        ("multiply", {}, [(2,), (3,)], "Multiply needs equal shapes: a is 2, b is 3."),
        ("conv_transpose2d", {"padding": 3}, [(1, 2, 2)], "ConvTranspose2d: a padding of 3 leaves nothing: (2 - 1)·2 - 2·3 + 2 = -2."),
    ],
)  # fmt: skip
def test_sentences(kind: str, params: dict[str, object], inputs: list[Shape], sentence: str) -> None:
    with pytest.raises(Misfit) as caught:
        LAYERS.make(kind, params).shape(*inputs)
    assert str(caught.value) == sentence
