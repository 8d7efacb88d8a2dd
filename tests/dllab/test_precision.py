"""Computing in 16 bits: the same network, nearly the same losses, the weights in 32; on a CPU bfloat16 only."""

import numpy as np
import pytest
import torch
from examples import moons

from dllab.document import edits
from dllab.document.experiment import Choice, Experiment
from dllab.document.format import from_text, to_text
from dllab.probes import compute, load_probes
from dllab.probes.saliency import METHODS
from dllab.stepping import walk
from dllab.templates import load_template
from dllab.training.device import DeviceProblem
from dllab.training.precision import Precision
from dllab.training.session import Session
from dllab.training.update import Update

load_probes()


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


def scaled(made: Experiment, endless: int = 0) -> Session:
    """A run with a scaled loss, as float16 has it, on the CPU; its first gradients are endless so many times."""
    session = Session(made, "cpu")
    session.precision.scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    session.update = Update(session.experiment, session.network, session.steps_per_epoch, session.precision.scaler)
    left = [endless]

    def break_off(gradient: torch.Tensor) -> torch.Tensor:
        left[0] -= 1
        return gradient * torch.inf if left[0] >= 0 else gradient

    next(session.network.parameters()).register_hook(break_off)
    return session


@pytest.mark.parametrize("recipe", [{}, {"clip_norm": 0.05}, {"clip_value": 0.01}, {"l1": 1e-4, "clip_norm": 1.0}])
@pytest.mark.parametrize("optimiser", ["adam", "sgd"])
def test_a_step_of_endless_gradients_is_left_out_and_counted(optimiser: str, recipe: dict[str, float]) -> None:
    """In torch's own order: gradients to their true size, then clipping, then the step or none."""
    made = moons(**recipe, optimiser=Choice(kind=optimiser), schedule=Choice(kind="cosine"), epochs=3)
    session = scaled(made, 2)
    before = {name: value.clone() for name, value in session.network.state_dict().items()}
    rate = session.update.learning_rate
    for step in (1, 2):
        session.advance()
        for name, value in session.network.state_dict().items():
            assert torch.equal(value, before[name]), name
        assert (session.update.skipped, session.update.clipped, session.update.learning_rate) == (step, 0, rate)
        assert session.precision.scale == 1024.0 / 2**step
    session.advance()
    assert session.update.skipped == 2
    assert session.update.learning_rate < rate
    assert not torch.equal(session.network.layers["linear"].weight, before["layers.linear.weight"])


def test_steps_left_out_only_delay_a_run() -> None:
    """All samples in one batch: a step that was left out is as if it had not been there."""
    made = moons(batch_size=10_000, epochs=9, clip_norm=0.3, schedule=Choice(kind="cosine"))
    plain, session = Session(made, "cpu"), scaled(made, 2)
    expected = [plain.advance().loss for _step in range(6)]
    outcomes = [session.advance() for _step in range(8)]
    assert [outcome.loss for outcome in outcomes[2:]] == pytest.approx(expected, rel=1e-5)
    assert (outcomes[-1].metrics or {})["skipped"] == 2 / 8
    again = scaled(made)
    again.restore(*session.state())
    assert again.update.skipped == 2
    assert again.precision.scale == session.precision.scale == 256.0


def test_a_scaled_run_is_not_stepped_and_the_sentence_says_what_to_do() -> None:
    with pytest.raises(DeviceProblem, match="choose another precision"):
        next(op for op in walk(scaled(moons())) if op.phase == "batch")


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


@pytest.mark.parametrize("probe", ["activations", "distribution", "thumbnails", "landscape", *METHODS])
def test_what_is_looked_at_is_computed_in_16_bits_too(probe: str) -> None:
    session = Session(half(load_template("digits-cnn")), "cpu")
    session.advance()
    seen: set[torch.dtype] = set()
    layer = next(m for m in session.network.modules() if isinstance(m, torch.nn.Conv2d))
    name = next(step.node for step in session.network.plan if step.module is layer)
    built = torch.nn.Conv2d.forward

    def forward(self: torch.nn.Conv2d, x: torch.Tensor) -> torch.Tensor:
        out = built(self, x)
        seen.add(out.dtype)
        return out

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.nn.Conv2d, "forward", forward)
        params: dict[str, object] = {"node": name, "nodes": [name], "resolution": 3, "method": probe}
        compute(session, "saliency" if probe in METHODS else probe, params)
    assert seen == {torch.bfloat16}


@pytest.mark.parametrize(
    ("template", "probe", "kind"),
    [("text-gru", "gates", "GRU"), ("text-gru", "saliency", "GRU"), ("text-attention", "attention", "Transformer")],
)
def test_sequences_are_looked_at_in_16_bits_too(template: str, probe: str, kind: str) -> None:
    found = []
    for made in (load_template(template), half(load_template(template))):
        session = Session(made, "cpu")
        node = next(step.node for step in session.network.plan if kind in type(step.module).__name__)
        found.append(compute(session, probe, {"node": node}).arrays)
    plain, mixed = ({name: array for name, array in each.items() if array.dtype.kind == "f"} for each in found)
    assert any(not np.array_equal(plain[name], array) for name, array in mixed.items())
    for name, array in mixed.items():
        np.testing.assert_allclose(array, plain[name], rtol=0.1, atol=0.05 * np.abs(plain[name]).max())


def test_text_is_written_in_16_bits_too() -> None:
    made = edits.set_path(load_template("char-lm"), "data.params", {"window": 12, "stride": 8})
    plain, mixed = (Session(each, "cpu") for each in (made, half(made)))
    params = {"length": 3, "prompt": "the", "temperature": 0.0}
    one, other = (compute(session, "sampled_text", params).arrays["chance"] for session in (plain, mixed))
    assert not np.array_equal(one, other)
    np.testing.assert_allclose(one, other, rtol=0.1)
