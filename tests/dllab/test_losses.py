"""Every loss's value against its formula or another library, and its gradient against finite differences in float64."""

import numpy as np
import pytest
import torch
from examples import moons
from scipy.special import rel_entr

from dllab.build import blocks, encode_targets
from dllab.build.making import make_module
from dllab.data.base import DataSpec
from dllab.document.experiment import Choice
from dllab.recipe import LOSSES
from dllab.recipe.losses import Loss
from dllab.training.run import train

CLASSES = DataSpec(6, (4,), "classification", classes=("a", "b", "c"))
NUMBERS = DataSpec(6, (4,), "regression", targets=("u", "v"))


def some(loss: Loss, spec: DataSpec) -> tuple[torch.Tensor, torch.Tensor]:
    """Outputs and targets in float64, as this loss takes them."""
    torch.manual_seed(3)
    y = np.array([0, 1, 2, 2, 1, 0]) if spec.classes else np.random.default_rng(0).normal(size=(6, 2))
    targets = encode_targets(y, loss.target_form(spec), spec)
    outputs = torch.randn(6, *loss.expects(spec), dtype=torch.float64, requires_grad=True)
    return outputs, targets.double() if targets.is_floating_point() else targets


@pytest.mark.parametrize("declared", list(LOSSES), ids=lambda loss: loss.kind)
def test_gradients_equal_finite_differences(declared: type[Loss]) -> None:
    for task, spec in (("classification", CLASSES), ("regression", NUMBERS)):
        if task in declared.tasks:
            loss = declared()
            outputs, targets = some(loss, spec)
            module = make_module(loss.call()).double()
            assert torch.autograd.gradcheck(lambda z, m=module, t=targets: m(z, t), (outputs,))


def test_kl_divergence_has_two_directions() -> None:
    """The figures of p = (.7, .2, .1) and q = (.5, .3, .2): .0851 one way, .0920 the other."""
    p = torch.tensor([[0.7, 0.2, 0.1]], dtype=torch.float64)
    q = torch.tensor([[0.5, 0.3, 0.2]], dtype=torch.float64)
    for direction, a, b, about in (("forward", p, q, 0.0851), ("reverse", q, p, 0.0920)):
        value = float(blocks.KLDivergence(direction)(q.log(), p))
        assert value == pytest.approx(float(rel_entr(a.numpy(), b.numpy()).sum()), rel=1e-12)
        assert value == pytest.approx(about, abs=1e-4)


def test_zero_log_zero_is_zero() -> None:
    scores, targets = torch.randn(4, 3), torch.eye(3)[[0, 1, 2, 0]]
    value = blocks.KLDivergence()(scores, targets)
    torch.testing.assert_close(value, torch.nn.functional.cross_entropy(scores, targets.argmax(1)))


def test_cosine_is_that_of_the_angle() -> None:
    outputs, targets = torch.tensor([[2.0, 0.0], [0.0, 5.0], [-1.0, 0.0]]), torch.tensor([[1.0, 0.0]] * 3)
    assert float(blocks.CosineLoss()(outputs, targets)) == pytest.approx((0 + 1 + 2) / 3)


@pytest.mark.parametrize("kind", ["kl_divergence", "cosine"])
def test_a_network_learns_by_it(kind: str) -> None:
    made = moons(epochs=15)
    made = made.model_copy(update={"training": made.training.model_copy(update={"loss": Choice(kind=kind)})})
    assert train(made, "cpu").epochs[-1]["val_accuracy"] > 0.8
