"""Wrong training loops do exactly what the same mistake does in plain torch, and are said to be wrong everywhere."""

from pathlib import Path

import pytest
import torch
from examples import moons
from resuming import taken_up

from dllab.checking import apply_fix, check
from dllab.cli import main
from dllab.document import edits
from dllab.document.experiment import ONE_BACKWARD, PILES_UP, RIGHT, Choice, Experiment, Loop
from dllab.document.format import from_text, to_text
from dllab.probes import load_probes
from dllab.probes.gradients import measure
from dllab.stepping import Stepper, course, walk
from dllab.stepping.saying import say
from dllab.templates import load_template
from dllab.training.run import train
from dllab.training.session import Session

load_probes()
WRONG: tuple[Loop, ...] = (PILES_UP, ONE_BACKWARD)


def looped(loop: Loop, **recipe: object) -> Experiment:
    made = moons(**{"epochs": 3, **recipe})
    return edits.set_path(made, "training.loop", loop)


def torch_losses(experiment: Experiment, session: Session) -> list[float]:
    """Three epochs of the same mistake, written by hand."""
    network = torch.nn.Sequential(torch.nn.Linear(2, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2))
    names = [f"layers.{node}.{name}" for node in ("linear", "linear_2") for name in ("weight", "bias")]
    network.load_state_dict(
        dict(zip(network.state_dict(), (session.initial[name].clone() for name in names), strict=True))
    )
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    x, y = torch.from_numpy(session.prepared.train.x), torch.from_numpy(session.prepared.train.y)
    shuffle = torch.Generator().manual_seed(experiment.seed)
    losses = []
    for _epoch in range(3):
        for batch in torch.randperm(len(x), generator=shuffle).split(32):
            loss = torch.nn.functional.cross_entropy(network(x[batch]), y[batch])
            if experiment.training.loop == RIGHT:
                optimiser.zero_grad()
            if experiment.training.loop != ONE_BACKWARD or not losses:
                loss.backward()
                if experiment.training.clip_norm:
                    torch.nn.utils.clip_grad_norm_(network.parameters(), experiment.training.clip_norm)
            optimiser.step()
            losses.append(loss.item())
    return losses


@pytest.mark.parametrize("clip", [0.0, 0.3])
@pytest.mark.parametrize("loop", [RIGHT, *WRONG])
def test_a_loop_loses_what_the_same_loop_in_plain_torch_loses(loop: Loop, clip: float) -> None:
    experiment = looped(loop, clip_norm=clip)
    session = Session(experiment, "cpu")
    expected = torch_losses(experiment, session)
    assert [session.advance().loss for _step in expected] == pytest.approx(expected, rel=1e-3)


def test_a_line_is_found_only_in_the_right_loop() -> None:
    """Full batches, as in a textbook: one gradient for ever runs away, piled-up gradients swing about the answer."""
    line = load_template("diabetes-linear")
    recipe = {"optimiser": Choice(kind="sgd"), "learning_rate": 0.1, "batch_size": 1_000_000, "epochs": 30}
    line = line.model_copy(update={"training": line.training.model_copy(update=recipe)})
    losses = {loop: train(edits.set_path(line, "training.loop", loop), "cpu").losses for loop in (RIGHT, *WRONG)}
    right, piled, once = (losses[loop] for loop in (RIGHT, *WRONG))
    assert right == sorted(right, reverse=True)
    assert once[-1] > 10 * right[-1]
    assert max(piled[15:]) > 0.9 * right[0] > 8 * right[-1]


@pytest.mark.parametrize("loop", WRONG)
def test_a_wrong_loop_goes_on_from_a_checkpoint_where_it_was(loop: Loop, tmp_path: Path) -> None:
    experiment = looped(loop)
    whole = Session(experiment, "cpu")
    expected = [whole.advance().loss for _step in range(12)]
    resumed = taken_up(experiment, 5, tmp_path)
    assert [resumed.advance().loss for _step in range(7)] == expected[5:]


@pytest.mark.parametrize("loop", WRONG)
def test_looking_at_gradients_leaves_a_wrong_loop_alone(loop: Loop) -> None:
    experiment = looped(loop, clip_norm=0.3)
    alone, watched = Session(experiment, "cpu"), Session(experiment, "cpu")
    for _step in range(6):
        measured = measure(watched)
        watched_loss = watched.advance().loss
        assert watched_loss == alone.advance().loss == pytest.approx(measured.loss)
    weight = watched.network.layers["linear"].weight
    before, foreseen = weight.detach().clone(), measure(watched).updates[weight]
    watched.advance()
    assert torch.allclose(weight.detach() - before, foreseen, atol=1e-7)


@pytest.mark.parametrize("loop", WRONG)
def test_a_wrong_loop_is_stepped_as_it_trains_and_back_again(loop: Loop) -> None:
    experiment = looped(loop, clip_norm=0.3)
    fast, slow = Session(experiment, "cpu"), Session(experiment, "cpu")
    said = []
    for step in range(4):
        expected, foreseen, operations = fast.advance().loss, course(slow), []
        for operation in walk(slow):
            said.append(say(slow, operation))
            operations.append(operation)
        assert foreseen == tuple((o.phase, o.node) for o in operations)
        assert operations[-1].outcome.loss == expected  # type: ignore[union-attr]
        assert not any(o.phase == "zero_grad" for o in operations)
        assert any(o.phase == "backward" for o in operations) == (loop == PILES_UP or step == 0)
        for mine, theirs in zip(fast.network.parameters(), slow.network.parameters(), strict=True):
            assert torch.equal(mine, theirs)
            assert torch.equal(mine.grad, theirs.grad)  # type: ignore[arg-type]
    # At every batch but the first; in a loop that only adds up also at both layers on the way back.
    assert sum(words.startswith("Wrong loop") for words in said) == (9 if loop == PILES_UP else 3)
    stepper = Stepper(Session(experiment, "cpu"))
    stepper.until("update")
    first = [stepper.next() for _press in range(20)]
    for _press in range(20):
        stepper.back()
    for operation in first:
        again = stepper.next()
        assert (again.phase, again.node) == (operation.phase, operation.node)
        assert all(torch.equal(value, again.arrays[name]) for name, value in operation.arrays.items())


def test_the_right_loop_clears_gradients_before_the_way_back() -> None:
    session = Session(looped(RIGHT), "cpu")
    session.advance()
    phases = [(o.phase, say(session, o)) for o in walk(session)]
    names = list(dict.fromkeys(phase for phase, _said in phases))
    assert names == ["batch", "forward", "loss", "zero_grad", "backward", "update"]
    assert "cleared" in dict(phases)["zero_grad"]


def test_piled_up_gradients_are_shown_beside_the_batchs_own() -> None:
    session = Session(looped(PILES_UP), "cpu")
    session.advance()
    held = session.network.layers["linear"].weight.grad.clone()
    backward = next(o for o in walk(session) if (o.phase, o.node) == ("backward", "linear"))
    assert torch.equal(backward.arrays["held.weight"], held + backward.arrays["gradient.weight"])
    right = Session(looped(RIGHT), "cpu")
    right.advance()
    assert not any(name.startswith("held.") for o in walk(right) for name in o.arrays)


@pytest.mark.parametrize("loop", WRONG)
def test_a_wrong_loop_is_called_wrong(loop: Loop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    experiment = looped(loop)
    problem = next(p for p in check(experiment).problems if p.code == "wrong-loop")
    assert problem.severity == "warning"
    assert apply_fix(experiment, problem.fixes[0]) == looped(RIGHT)
    half = edits.set_path(experiment, "training.precision", "float16")
    assert "loop-precision" in {p.code for p in check(half).problems if p.severity == "error"}
    path = tmp_path / "wrong.dllab"
    path.write_text(to_text(experiment))
    assert main(["train", str(path), "--epochs", "1"]) == 0
    assert "wrong on purpose" in capsys.readouterr().err


def test_the_right_loop_stands_in_no_file() -> None:
    assert '"loop"' not in to_text(moons())
    assert from_text(to_text(looped(PILES_UP))).experiment.training.loop == PILES_UP
