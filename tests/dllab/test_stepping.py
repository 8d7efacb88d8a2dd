"""A run stepped by hand is the run at full speed, bit for bit, and stepping back is exact."""

from random import Random

import pytest
import torch
from examples import chain, moons
from graphs import random_experiment, wired

from dllab.checking import check
from dllab.document.experiment import Choice, Experiment
from dllab.stepping import Operation, Stepper, Timeline, Unreachable, course, walk
from dllab.templates import load_template
from dllab.training.session import NonFinite, Session


def with_training(experiment: Experiment, **update: object) -> Experiment:
    return experiment.model_copy(update={"training": experiment.training.model_copy(update=update)})


def skips() -> Experiment:
    """Three ways from one value, one of which takes it twice: the sum of its gradients hangs on their order."""
    nodes = {
        "input": "input",
        "first": ("linear", {"features": 8}),
        "left": ("linear", {"features": 8}),
        "act": "tanh",
        "twice": ("multiply", {}),
        "sum": ("add", {}),
        "again": ("add", {}),
        "last": ("linear", {"features": 2}),
        "output": "output",
    }
    links = (
        "input.out -> first.in", "first.out -> left.in", "left.out -> act.in", "first.out -> twice.a",
        "first.out -> twice.b", "twice.out -> sum.a", "act.out -> sum.b", "sum.out -> again.a", "first.out -> again.b",
        "again.out -> last.in", "last.out -> output.in",
    )  # fmt: skip
    return wired(nodes, *links)


def crowded() -> Experiment:
    return chain(
        ("conv2d", {"out_channels": 4, "padding": 1}), ("batch_norm", {}), ("relu", {}), ("max_pool", {}),
        ("dropout", {"p": 0.3}), ("flatten", {}), ("linear", {"features": 10}),
        data=Choice(kind="digits"),
    )  # fmt: skip


RUNS = {
    "mlp": moons,
    "cnn": lambda: load_template("digits-cnn"),
    "skips": skips,
    "dropout and batch norm": crowded,
    "clipped": lambda: with_training(moons(), clip_norm=0.1, l1=1e-3, schedule=Choice(kind="cosine")),
    "momentum": lambda: with_training(moons(), optimiser=Choice(kind="sgd", params={"momentum": 0.9})),
    "lstm": lambda: chain(
        ("lstm", {"hidden_size": 6, "output": "last step"}), ("linear", {"features": 1}),
        data=Choice(kind="adding", params={"samples": 60, "length": 7}),
    ).model_copy(update={"training": moons().training.model_copy(update={"loss": Choice(kind="mse")})}),
    "linear": lambda: load_template("diabetes-linear"),
}  # fmt: skip


def state_of(session: Session) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in session.state()[0].items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert torch.equal(value, other[name]), name


def step_by_hand(session: Session) -> tuple[float, list[Operation]]:
    operations, going = [], walk(session)
    while True:
        try:
            operations.append(next(going))
        except StopIteration as end:
            return end.value.loss, operations


def press(stepper: Stepper, times: int) -> list[Operation]:
    return [stepper.next() for _press in range(times)]


@pytest.mark.parametrize("run", RUNS)
def test_a_run_stepped_by_hand_equals_the_run_at_full_speed(run: str) -> None:
    experiment = RUNS[run]()
    assert check(experiment).trainable, [p.text for p in check(experiment).problems]
    fast = Session(experiment, "cpu")
    losses = [fast.advance().loss for _step in range(4)]
    expected = state_of(fast)
    slow = Session(experiment, "cpu")
    assert [step_by_hand(slow)[0] for _step in range(4)] == losses
    same(state_of(slow), expected)


@pytest.mark.parametrize("seed", range(25))
def test_random_networks_step_as_they_train(seed: int) -> None:
    random = Random(seed)
    experiment = random_experiment(random)
    while not check(experiment).trainable:
        experiment = random_experiment(random)
    fast = Session(experiment, "cpu")
    fast.advance()
    expected = state_of(fast)
    slow = Session(experiment, "cpu")
    foreseen = course(slow)
    _loss, operations = step_by_hand(slow)
    assert foreseen == tuple((o.phase, o.node) for o in operations)
    same(state_of(slow), expected)


def test_every_operation_comes_once_in_order_with_its_arrays() -> None:
    experiment = moons()
    session = Session(experiment, "cpu")
    _loss, operations = step_by_hand(session)
    assert [(o.phase, o.node) for o in operations] == [
        ("initialise", "linear"), ("initialise", "linear_2"), ("batch", "input"), ("forward", "linear"), ("forward", "relu"), ("forward", "linear_2"), ("loss", "output"), ("zero_grad", ""),
        ("backward", "output"), ("backward", "linear_2"), ("backward", "relu"), ("backward", "linear"),
        ("update", "linear"), ("update", "linear_2"),
    ]  # fmt: skip
    by = {(o.phase, o.node): o.arrays for o in operations}
    assert torch.equal(by["initialise", "linear"]["weight"], session.initial["layers.linear.weight"])
    x, forward, backward = by["batch", "input"]["x"], by["forward", "linear"], by["backward", "linear_2"]
    torch.testing.assert_close(forward["output"], x @ forward["weight"].T + forward["bias"])
    torch.testing.assert_close(backward["gradient.weight"], backward["upstream"].T @ backward["input"])
    torch.testing.assert_close(backward["gradient.input"], backward["upstream"] @ backward["weight"])
    update = by["update", "linear"]
    assert torch.equal(update["weight.old"], forward["weight"])
    assert torch.equal(update["weight.new"], session.network.layers["linear"].weight)
    assert torch.equal(update["weight.gradient"], by["backward", "linear"]["gradient.weight"])
    assert float(update["weight.after.step"]) == 1.0


def test_clipping_is_an_operation_of_its_own() -> None:
    _loss, operations = step_by_hand(Session(with_training(moons(), clip_norm=0.1), "cpu"))
    clip = next(o for o in operations if o.phase == "clip")
    updates = [o.arrays for o in operations if o.phase == "update"]
    for key, expected in (("gradient", float(clip.arrays["norm"])), ("clipped", 0.1)):
        squares = sum(float((u[f"{name}.{key}"] ** 2).sum()) for u in updates for name in ("weight", "bias"))
        assert squares**0.5 == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("run", ["dropout and batch norm", "clipped", "skips"])
def test_back_undoes_next_exactly(run: str) -> None:
    session = Session(RUNS[run](), "cpu")
    stepper = Stepper(session)
    forth = press(stepper, 40)
    assert {o.batch for o in forth} >= {0, 1}
    for there in reversed(forth[:-1]):
        here = stepper.back()
        assert here is not None
        assert (here.batch, here.phase, here.node) == (there.batch, there.phase, there.node)
        assert here.arrays.keys() == there.arrays.keys()
        assert all(torch.equal(here.arrays[name], value) for name, value in there.arrays.items())
    assert stepper.back() is None
    assert stepper.back() is None
    assert session.step == 0
    assert [o.batch for o in press(stepper, 40)] == [o.batch for o in forth]


def test_leaving_in_the_middle_of_a_batch_goes_on_as_if_nobody_had_stepped() -> None:
    expected = Session(crowded(), "cpu")
    losses = [expected.advance().loss for _step in range(3)]
    session = Session(crowded(), "cpu")
    stepper = Stepper(session)
    for times in (0, 9, 3):
        press(stepper, times)
        stepper.leave()
        assert session.step == 0
    assert [session.advance().loss for _step in range(3)] == losses


def test_run_to_here_stops_at_the_phase_and_node() -> None:
    stepper = Stepper(Session(moons(), "cpu"))
    found = stepper.until("backward", "linear")
    assert (found.batch, found.phase, found.node) == (0, "backward", "linear")
    assert stepper.until("forward", "relu").batch == 1


@pytest.mark.parametrize(
    "place", [("backward", "nowhere"), ("backward", "input"), ("forward", "output"), ("update", "relu")]
)
def test_what_can_not_be_reached_is_refused_at_once(place: tuple[str, str]) -> None:
    session = Session(moons(), "cpu")
    stepper = Stepper(session)
    stepper.until("forward", "relu")
    operation = stepper.operation
    with pytest.raises(Unreachable, match=place[1]):
        stepper.until(*place)
    assert stepper.operation is operation
    assert stepper.take_passed() == []


def test_the_first_weights_are_behind_once_they_were_made() -> None:
    stepper = Stepper(Session(moons(), "cpu"))
    assert stepper.until("initialise", "linear_2") is stepper.operation
    stepper.next()
    with pytest.raises(Unreachable):
        stepper.until("initialise")


def test_the_end_of_an_epoch_is_reached_at_full_speed_and_goes_back_exactly() -> None:
    experiment = with_training(moons(), epochs=2)
    expected = Session(experiment, "cpu")
    outcomes = [expected.advance() for _step in range(2 * expected.steps_per_epoch)]
    session = Session(experiment, "cpu")
    stepper = Stepper(session)
    stepper.until("backward", "relu")
    steps = session.steps_per_epoch
    for epoch in (1, 2):
        found = stepper.until("stop")
        assert found is not None
        assert (found.phase, int(found.arrays["epoch"]), found.batch) == ("stop", epoch, epoch * steps - 1)
        assert float(found.arrays["val_loss"]) == outcomes[epoch * steps - 1].metrics["val_loss"]
    assert not stepper.ended
    same(state_of(session), state_of(expected))
    # Behind the end of the run nothing is trained: the last operation stays in hand.
    assert stepper.next() is found
    assert stepper.ended == "epochs"
    passed = stepper.take_passed()
    assert stepper.back().phase == "update"
    assert not stepper.ended
    assert stepper.leave() == "epochs"
    assert [p.step for p in passed] == list(range(1, 2 * steps + 1))
    assert [p.outcome.loss for p in passed] == [o.loss for o in outcomes]


def test_a_halted_run_to_the_end_of_the_epoch_stands_between_two_batches() -> None:
    session = Session(moons(), "cpu")
    stepper = Stepper(session)
    assert stepper.until("stop", halted=lambda: True) is None
    assert session.step == 1
    assert [p.step for p in stepper.take_passed()] == [1]
    assert stepper.next().phase == "batch"


def test_looking_for_the_first_number_that_is_none_changes_no_running_average() -> None:
    session = Session(crowded(), "cpu")
    before = state_of(session)
    assert session.first_non_finite(torch.full_like(session.validation[0][:4], torch.nan)) == "input"
    same(state_of(session), before)


def test_going_back_within_an_epoch_lays_out_no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(with_training(moons(), batch_size=64), "cpu")
    stepper = Stepper(session)
    press(stepper, 20)
    laid: list[int] = []
    lay_out = Session._lay_out
    monkeypatch.setattr(Session, "_lay_out", lambda self: (laid.append(self.epoch), lay_out(self)))
    for _press in range(15):
        stepper.back()
    assert laid == []
    stepper.until("stop")
    assert laid == [1]
    stepper.back()
    assert laid == [1, 0, 1]


def test_a_loss_that_is_no_number_stays_in_hand_and_changes_no_weight() -> None:
    experiment = with_training(moons(), learning_rate=1e30, optimiser=Choice(kind="sgd"))
    session = Session(experiment, "cpu")
    stepper = Stepper(session)
    with pytest.raises(NonFinite):
        press(stepper, 200)
    operation = stepper.operation
    assert operation is not None
    assert operation.phase == "loss"
    assert session.step == operation.batch
    with pytest.raises(NonFinite):
        stepper.next()


def test_the_timeline_keeps_within_its_budget_and_reaches_every_step() -> None:
    experiment = crowded()
    session = Session(experiment, "cpu")
    states = []
    one = Timeline(session)
    one.keep()
    timeline = Timeline(session, 6 * one.bytes)
    for _step in range(30):
        timeline.keep()
        states.append(state_of(session))
        session.advance()
    # The optimiser's state comes with the first step: fewer than six fit.
    assert timeline.bytes <= 6 * one.bytes
    assert 3 <= len(timeline.steps) < 30
    assert timeline.steps[0] == 0
    assert timeline.steps[-1] == 29
    for step in (17, 3, 29, 0, 11):
        timeline.go_to(step)
        same(state_of(session), states[step])
    with pytest.raises(ValueError, match="first snapshot"):
        timeline.go_to(-1)
