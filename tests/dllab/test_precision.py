"""Computing in 16 bits: the same network, nearly the same losses, the weights in 32; on a CPU bfloat16 only."""

import pytest
import torch
from examples import moons

from dllab.document import edits
from dllab.document.experiment import Experiment
from dllab.document.format import from_text, to_text
from dllab.stepping import walk
from dllab.templates import load_template
from dllab.training.device import DeviceProblem
from dllab.training.precision import Precision
from dllab.training.session import Session
from dllab.training.update import Update


def half(made: Experiment, precision: str = "bfloat16") -> Experiment:
    return edits.set_path(made, "training.precision", precision)


def test_the_file_says_it_only_when_it_is_asked_for() -> None:
    assert '"precision"' not in to_text(moons())
    assert from_text(to_text(half(moons()))).experiment.training.precision == "bfloat16"


@pytest.mark.parametrize("template", ["moons-mlp", "digits-cnn", "vae-digits"])
def test_losses_are_nearly_those_of_float32_and_weights_stay_in_it(template: str) -> None:
    made = load_template(template)
    plain = Session(made, "cpu")
    expected = [plain.advance().loss for _step in range(5)]
    mixed = Session(half(made), "cpu")
    seen: list[torch.dtype] = []
    layer = next(m for m in mixed.network.modules() if isinstance(m, (torch.nn.Linear, torch.nn.Conv2d)))
    layer.register_forward_hook(lambda _m, _i, out: seen.append(out.dtype))
    losses = [mixed.advance().loss for _step in range(5)]
    assert seen[0] == torch.bfloat16
    assert losses != expected
    assert losses == pytest.approx(expected, rel=0.03)
    assert {p.dtype for p in mixed.network.parameters()} == {torch.float32}
    assert mixed.predict(mixed.validation.x).dtype == torch.float32
    again = Session(half(made), "cpu")
    assert [again.advance().loss for _step in range(5)] == losses


def test_it_learns_and_is_stepped_bit_for_bit() -> None:
    made = half(moons(epochs=12, clip_norm=1.0))
    fast = Session(made, "cpu")
    for _step in range(3):
        fast.advance()
    slow = Session(made, "cpu")
    for _step in range(3):
        for operation in walk(slow):
            operation.numbers()
    for name, value in fast.state()[0].items():
        assert torch.equal(value, slow.state()[0][name]), name
    while not (outcome := fast.advance()).finished:
        pass
    assert (outcome.metrics or {})["val_accuracy"] > 0.85


def test_float16_needs_a_gpu() -> None:
    with pytest.raises(DeviceProblem, match="choose float32 or bfloat16"):
        Session(half(moons(), "float16"), "cpu")


def test_a_scaled_loss_makes_the_same_step() -> None:
    """The scale is a power of two: in float32 nothing is rounded by it, with clipping or without."""
    for clip in (0.0, 0.05):
        weights = []
        for scaled in (False, True):
            session = Session(moons(clip_norm=clip), "cpu")
            if scaled:
                session.precision.scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
                session.update = Update(session.experiment, session.network, 7, session.precision.scaler)
            for _step in range(3):
                session.advance()
            weights.append({name: value.clone() for name, value in session.network.state_dict().items()})
            if scaled:
                _tensors, facts = session.update.state()
                assert facts["scaler"]["scale"] == 1024.0
                session.update.restore(*session.update.state())
        for name, value in weights[0].items():
            torch.testing.assert_close(weights[1][name], value, rtol=1e-6, atol=1e-7)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_on_a_gpu(precision: str) -> None:
    session = Session(half(moons(epochs=12), precision), "cuda")
    assert (session.precision.scaler is not None) == (precision == "float16")
    while not (outcome := session.advance()).finished:
        pass
    assert (outcome.metrics or {})["val_accuracy"] > 0.85


def test_plain_numbers_cost_nothing() -> None:
    plain = Precision("float32", torch.device("cpu"))
    assert not plain.mixed
    assert plain.scaler is None
