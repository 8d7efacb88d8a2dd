"""Saliency: against torch's own gradients, sums worked out by hand, and the axiom of completeness."""

import numpy as np
import pytest
import torch
from torch import nn

from dllab.probes import DoesNotApply
from dllab.probes.saliency import Score, grad_cam, integrated, saliency
from dllab.templates import load_template
from dllab.training.session import Session


def trained(template: str, steps: int = 25) -> Session:
    session = Session(load_template(template), "cpu")
    for _step in range(steps):
        session.advance()
    return session


def test_the_gradient_is_that_of_the_output_for_the_class() -> None:
    session = trained("digits-cnn")
    found = saliency(session, {"sample": 4, "method": "gradient"})
    x = session.validation[0][4:5].clone().requires_grad_()
    session.network.eval()
    outputs = session.network(x)
    (expected,) = torch.autograd.grad(outputs.max(), x)
    session.network.train()
    assert found.arrays["relevance"] == pytest.approx(expected[0].numpy(), abs=1e-6)
    assert found.labels["toward"] == session.data.classes[int(outputs.argmax())]
    true = saliency(session, {"sample": 4, "toward": "true"})
    assert true.labels["toward"] == true.labels["true"]


def test_a_small_change_does_what_the_gradient_says() -> None:
    session = trained("digits-mlp")
    x = session.validation[0][:1].double()
    session.network.double().eval()
    score = Score(session, x, (), 3)
    (slope,) = score.slope([x])
    direction = torch.randn(x.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        difference = float(score.at([x + 1e-6 * direction]) - score.at([x - 1e-6 * direction])) / 2e-6
    assert difference == pytest.approx(float((slope * direction).sum()), rel=1e-4)


@pytest.mark.parametrize(
    "template", ["digits-cnn", "diabetes-linear", "text-gru", "vit-digits", "breast-cancer-logistic"]
)
def test_integrated_gradients_add_up_to_the_difference(template: str) -> None:
    found = saliency(trained(template), {"sample": 2, "method": "integrated"})
    whole = found.labels["difference"]
    assert found.labels["sum"] == pytest.approx(whole, rel=0.02, abs=0.02)
    assert found.arrays["relevance"].sum() == pytest.approx(found.labels["sum"], rel=1e-3, abs=1e-4)


def test_of_a_linear_function_integrated_gradients_are_weight_times_input() -> None:
    session = trained("breast-cancer-logistic")
    x = session.validation[0][:1]
    weight = next(p for name, p in session.network.named_parameters() if "weight" in name)
    for number, sign in ((1, 1), (0, -1)):
        (parts,) = integrated(Score(session, x, (), number))
        assert parts[0].numpy() == pytest.approx(sign * (weight[0] * x[0]).detach().numpy(), rel=1e-4, abs=1e-6)


def test_words_count_by_what_their_embedding_does() -> None:
    session = trained("text-gru")
    found = saliency(session, {"sample": 1, "method": "gradient"})
    module = next(m for m in session.network.modules() if isinstance(m, nn.Embedding))
    kept: list[torch.Tensor] = []

    def keep(_module: nn.Module, _given: object, result: torch.Tensor) -> None:
        result.retain_grad()
        kept.append(result)

    hook = module.register_forward_hook(keep)
    session.network.eval()
    outputs = session.network(session.validation[0][1:2])
    (outputs.max() if outputs.shape[1] > 1 else outputs.abs().max()).backward()
    hook.remove()
    assert kept[0].grad is not None
    assert found.arrays["relevance"] == pytest.approx(kept[0].grad[0].sum(-1).numpy(), abs=1e-6)


def test_grad_cam_is_the_sum_written_out() -> None:
    session = trained("digits-cnn")
    place = max(i for i, step in enumerate(session.network.plan) if isinstance(step.module, nn.Conv2d))
    node = session.network.plan[place].node
    x = session.validation[0][3:4]
    session.network.eval()
    kept: list[torch.Tensor] = []
    hook = session.network.layers[node].register_forward_hook(lambda _m, _g, result: kept.append(result))
    outputs = session.network(x)
    hook.remove()
    (slopes,) = torch.autograd.grad(outputs[0, 6], kept[0])
    maps, slopes = kept[0][0].detach().numpy(), slopes[0].numpy()
    expected = np.zeros(maps.shape[1:])
    for channel in range(len(maps)):
        expected += slopes[channel].mean() * maps[channel]
    found = grad_cam(Score(session, x, (place,), 6)).numpy()
    session.network.train()
    assert found == pytest.approx(np.maximum(expected, 0), abs=1e-6)
    assert found.any()
    shown = saliency(session, {"sample": 3, "method": "gradcam"})
    assert shown.arrays["relevance"].shape == (8, 8)
    assert shown.labels["node"] == node


def test_what_can_not_be_explained_is_said() -> None:
    with pytest.raises(DoesNotApply, match="every step"):
        saliency(trained("char-lm", 1), {})
    with pytest.raises(DoesNotApply, match="class or a number"):
        saliency(trained("autoencoder-digits", 1), {})
    with pytest.raises(DoesNotApply, match="convolution"):
        saliency(trained("moons-mlp", 1), {"method": "gradcam"})


@pytest.mark.parametrize("template", ["digits-cnn", "resnet-digits"])
def test_explaining_changes_nothing_about_the_run(template: str) -> None:
    def run(asking: bool) -> tuple[list[float], dict[str, torch.Tensor]]:
        session = Session(load_template(template), "cpu")
        losses = []
        for _step in range(4):
            losses.append(session.advance().loss)
            for method in ("gradient", "integrated", "gradcam") if asking else ():
                saliency(session, {"method": method})
        return losses, session.state()[0]

    (asked, state), (left_alone, expected) = run(True), run(False)
    assert asked == left_alone
    assert all(torch.equal(state[name], expected[name]) for name in expected)
