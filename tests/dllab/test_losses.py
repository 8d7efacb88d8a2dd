"""Every loss's value against its formula or another library, and its gradient against finite differences in float64."""

import numpy as np
import pytest
import torch
from examples import moons
from scipy.special import rel_entr

from dllab.build import blocks, encode_targets
from dllab.build.making import make_module
from dllab.checking import check
from dllab.data.base import IGNORED, DataSpec
from dllab.document.experiment import Choice, Training
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


def test_values_equal_their_formulas() -> None:
    torch.manual_seed(0)
    outputs, targets = torch.randn(9, 2, dtype=torch.float64) * 2, torch.randn(9, 2, dtype=torch.float64)
    error = (outputs - targets).numpy()

    def value(kind: str, **params: float) -> float:
        return float(make_module(LOSSES.make(kind, params).call())(outputs, targets))

    assert value("mse") == pytest.approx(float((error**2).mean()), rel=1e-12)
    assert value("l1") == pytest.approx(float(np.abs(error).mean()), rel=1e-12)
    small = np.abs(error) <= 0.7
    assert small.any()
    assert not small.all()
    bent = np.where(small, 0.5 * error**2, 0.7 * (np.abs(error) - 0.35))
    assert value("huber", delta=0.7) == pytest.approx(float(bent.mean()), rel=1e-12)
    lengths = torch.linalg.vector_norm(outputs, dim=1) * torch.linalg.vector_norm(targets, dim=1)
    angle = 1 - (outputs * targets).sum(1) / lengths
    assert value("cosine") == pytest.approx(float(angle.mean()), rel=1e-12)


def test_focal_loss_is_weighed_cross_entropy() -> None:
    torch.manual_seed(0)
    scores, targets = torch.randn(12, 3, dtype=torch.float64) * 3, torch.randint(0, 3, (12,))
    plain = torch.nn.functional.cross_entropy(scores, targets)
    torch.testing.assert_close(blocks.FocalLoss(0.0)(scores, targets), plain)
    p = scores.softmax(1)[torch.arange(12), targets].numpy()
    expected = float((-((1 - p) ** 2) * np.log(p)).mean())
    assert float(blocks.FocalLoss(2.0)(scores, targets)) == pytest.approx(expected, rel=1e-12)
    padded = torch.cat([targets, torch.tensor([IGNORED])])
    more = torch.cat([scores, torch.ones(1, 3, dtype=torch.float64)])
    assert float(blocks.FocalLoss(2.0)(more, padded)) == pytest.approx(expected, rel=1e-12)


def test_smoothed_binary_cross_entropy_is_that_of_less_sure_targets() -> None:
    torch.manual_seed(0)
    scores, targets = torch.randn(8, 1, dtype=torch.float64), torch.randint(0, 2, (8, 1)).double()
    loss = make_module(LOSSES.make("binary_cross_entropy", {"label_smoothing": 0.2}).call())
    p, soft = torch.sigmoid(scores), 0.8 * targets + 0.1
    expected = -(soft * p.log() + (1 - soft) * (1 - p).log()).mean()
    torch.testing.assert_close(loss(scores, targets), expected)
    weighed = blocks.SmoothedBinaryCrossEntropy(0.2, torch.tensor([3.0], dtype=torch.float64))
    expected = -(3 * soft * p.log() + (1 - soft) * (1 - p).log()).mean()
    torch.testing.assert_close(weighed(scores, targets), expected)


def test_without_smoothing_kl_divergence_is_cross_entropy_and_has_no_reverse() -> None:
    scores, targets = torch.randn(5, 3), torch.eye(3)[[0, 1, 2, 0, 1]]
    plain = make_module(LOSSES.make("kl_divergence", {"label_smoothing": 0.0}).call())
    torch.testing.assert_close(plain(scores, targets), torch.nn.functional.cross_entropy(scores, targets.argmax(1)))
    made = moons().model_copy(
        update={
            "training": Training(
                loss=Choice(kind="kl_divergence", params={"direction": "reverse", "label_smoothing": 0.0})
            )
        }
    )
    (problem,) = check(made).problems
    assert "infinite" in problem.text


@pytest.mark.parametrize("kind", ["kl_divergence", "cosine", "focal"])
def test_a_network_learns_by_it(kind: str) -> None:
    made = moons(epochs=15)
    made = made.model_copy(update={"training": made.training.model_copy(update={"loss": Choice(kind=kind)})})
    assert train(made, "cpu").epochs[-1]["val_accuracy"] > 0.8


def test_focal_loss_of_a_sample_that_is_surely_right_has_no_slope() -> None:
    for gamma in (0.0, 0.5, 1.0, 2.0):
        scores = torch.tensor([[40.0, -40.0], [0.3, -0.2]], requires_grad=True)
        blocks.FocalLoss(gamma)(scores, torch.tensor([0, 1])).backward()
        assert scores.grad is not None
        assert torch.isfinite(scores.grad).all(), gamma
        assert scores.grad[0].abs().max() < 1e-6
        assert scores.grad[1].abs().min() > 0.01
