"""Clipping, penalty, schedules and class weights do in a run what torch, scikit-learn and the formulas say."""

from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
from examples import moons
from resuming import taken_up
from sklearn.utils.class_weight import compute_class_weight

from dllab.build import build_loss
from dllab.checking import check
from dllab.checking.length import steps_per_epoch
from dllab.data.base import DataSpec
from dllab.document.experiment import Choice, Experiment, Split
from dllab.document.format import from_text, to_text
from dllab.recipe import SCHEDULES
from dllab.recipe.schedules import Schedule
from dllab.testing import random_declared
from dllab.training.run import train
from dllab.training.session import Session


def recipe(experiment: Experiment, **update: object) -> Experiment:
    return experiment.model_copy(update={"training": experiment.training.model_copy(update=update)})


def chosen(schedule: Schedule) -> Choice:
    return Choice(kind=type(schedule).kind, params=schedule.model_dump())


# --- schedules


@pytest.mark.parametrize("kind", [s.kind for s in SCHEDULES if s.every != "loss"])
def test_the_drawing_of_a_schedule_is_what_the_run_does(kind: str) -> None:
    random = Random(kind)
    for number in range(4):
        schedule = random_declared(SCHEDULES[kind], random) if number else SCHEDULES[kind]()
        assert isinstance(schedule, Schedule)
        made = recipe(
            moons(epochs=3), schedule=chosen(schedule), learning_rate=0.05, batch_size=random.choice((20, 64))
        )
        session = Session(made, "cpu")
        steps, seen = session.steps_per_epoch, []
        finished = ""
        while not finished:
            seen.append(session.learning_rate)
            finished = session.advance().finished
        drawn = [schedule.rate(0.05, step, 3, steps) for step in range(3 * steps)]
        assert seen == pytest.approx(drawn, rel=1e-9, abs=1e-15), schedule


def test_one_cycle_whose_way_up_is_a_single_step() -> None:
    made = recipe(moons(epochs=2), schedule=Choice(kind="one_cycle", params={"peak": 0.1}), batch_size=36)
    session = Session(made, "cpu")
    assert 2 * session.steps_per_epoch == 10
    while not session.advance().finished:
        pass


def test_on_plateau_the_rate_falls_and_without_validation_the_lab_says_that_it_never_will() -> None:
    made = recipe(
        moons(epochs=12),
        learning_rate=3.0,
        schedule=Choice(kind="plateau", params={"patience": 1, "factor": 0.1}),
    )
    session = Session(made, "cpu")
    rates, losses = [session.learning_rate], []
    finished = ""
    while not finished:
        outcome = session.advance()
        finished = outcome.finished
        if outcome.metrics:
            losses.append(outcome.metrics["val_loss"])
            rates.append(session.learning_rate)
    expected, bad, best, rate = [3.0], 0, float("inf"), 3.0
    for loss in losses:
        bad, best = (0, loss) if loss < best else (bad + 1, best)
        if bad > 1:
            rate, bad = rate * 0.1, 0
        expected.append(rate)
    assert rates == pytest.approx(expected)
    assert len(set(rates)) > 1
    without = made.model_copy(update={"split": Split(validation=0.0)})
    assert [p.code for p in check(without).problems] == ["plateau"]


def test_changing_the_rate_in_a_run_bends_the_rest_of_the_schedule() -> None:
    session = Session(recipe(moons(epochs=2), schedule=Choice(kind="cosine"), learning_rate=0.01), "cpu")
    for _step in range(4):
        session.advance()
    before = session.learning_rate
    session.update.set_learning_rate(0.02)
    assert session.learning_rate == pytest.approx(2 * before)
    session.advance()
    drawn = SCHEDULES["cosine"]().rate(0.02, 5, 2, session.steps_per_epoch)
    assert session.learning_rate == pytest.approx(drawn, rel=1e-6)


def test_more_epochs_than_planned_keep_the_last_rate() -> None:
    session = Session(recipe(moons(epochs=1), schedule=Choice(kind="one_cycle")), "cpu")
    while not session.advance().finished:
        pass
    last = session.learning_rate
    session.epochs = 2
    while not session.advance().finished:
        pass
    assert session.learning_rate == last


@pytest.mark.parametrize("kind", [s.kind for s in SCHEDULES])
def test_resuming_equals_the_uninterrupted_run(kind: str, tmp_path: Path) -> None:
    made = recipe(
        moons(epochs=3), schedule=Choice(kind=kind), clip_norm=0.3, clip_value=0.1, l1=1e-3, learning_rate=0.05
    )
    whole = train(made, "cpu")
    second = taken_up(made, 11, tmp_path)
    losses, metrics, finished = [], {}, ""
    while not finished:
        outcome = second.advance()
        losses.append(outcome.loss)
        finished, metrics = outcome.finished, outcome.metrics or metrics
    assert losses == whole.losses[11:]
    assert second.update.clipped == whole.session.update.clipped
    assert metrics == whole.epochs[-1]


# --- clipping and penalty


def plain_loop(experiment: Experiment, steps: int, change: object) -> list[float]:
    """Losses of a loop as it stands in a textbook; `change` is called between backward and step."""
    session = Session(experiment, "cpu")
    network, optimiser = session.network, torch.optim.SGD(session.network.parameters(), lr=0.5)
    shuffle = torch.Generator().manual_seed(experiment.seed)
    x, y = torch.from_numpy(session.prepared.train.x), torch.from_numpy(session.prepared.train.y)
    order = torch.randperm(len(x), generator=shuffle)
    losses = []
    for batch in order.split(32)[:steps]:
        loss = torch.nn.functional.cross_entropy(network(x[batch]), y[batch])
        losses.append(loss.item())
        penalty = experiment.training.l1 * sum(p.abs().sum() for p in network.parameters())
        optimiser.zero_grad()
        (loss + penalty).backward()
        change(network)  # type: ignore[operator]
        optimiser.step()
    return losses


def sgd(**update: object) -> Experiment:
    return recipe(moons(epochs=1), optimiser=Choice(kind="sgd"), learning_rate=0.5, **update)


@pytest.mark.parametrize(
    ("update", "change"),
    [
        ({"clip_norm": 0.2}, lambda n: torch.nn.utils.clip_grad_norm_(n.parameters(), 0.2)),
        ({"clip_value": 0.05}, lambda n: torch.nn.utils.clip_grad_value_(n.parameters(), 0.05)),
        ({"l1": 0.01}, lambda n: None),
        ({"l1": 0.01, "clip_norm": 0.2}, lambda n: torch.nn.utils.clip_grad_norm_(n.parameters(), 0.2)),
    ],
)
def test_a_step_is_that_of_a_plain_torch_loop(update: dict[str, float], change: object) -> None:
    session = Session(sgd(**update), "cpu")
    losses = [session.advance().loss for _step in range(6)]
    assert losses == pytest.approx(plain_loop(sgd(**update), 6, change), rel=1e-5)


def test_how_often_clipping_acted_is_counted() -> None:
    session = Session(sgd(clip_norm=1e-6), "cpu")
    outcome = session.advance()
    while outcome.metrics is None:
        outcome = session.advance()
    assert session.update.clipped == session.step == session.steps_per_epoch
    assert outcome.metrics["clipped"] == 1.0
    assert session.update.norm is not None
    assert session.update.norm > 1e-6
    never = train(sgd(clip_norm=1e6, clip_value=1e6), "cpu")
    assert never.session.update.clipped == 0
    assert never.epochs[-1]["clipped"] == 0.0
    assert never.losses == train(sgd(), "cpu").losses, "a limit that is never reached changes nothing"


def test_the_penalty_makes_weights_vanish() -> None:
    def small(l1: float) -> float:
        session = train(recipe(moons(epochs=30), l1=l1), "cpu").session
        weights = torch.cat([p.detach().flatten() for p in session.network.parameters()])
        return float((weights.abs() < 0.01).float().mean())

    assert small(0.02) > small(0.0) + 0.2


# --- what the loss weighs


def three_classes() -> DataSpec:
    return DataSpec(10, (2,), "classification", classes=("a", "b", "c"))


def test_own_class_weights_are_those_that_were_written() -> None:
    params = {"class_weights": "own", "own_weights": "1, 4.5"}
    session = Session(recipe(moons(), loss=Choice(kind="cross_entropy", params=params)), "cpu")
    x, targets, _labels = session.validation
    assert isinstance(targets, torch.Tensor)
    with torch.no_grad():
        outputs = session.network(x)
    expected = torch.nn.functional.cross_entropy(outputs, targets, torch.tensor([1.0, 4.5]))
    assert float(session.loss(outputs, targets)) == pytest.approx(float(expected), rel=1e-6)
    for wrong in ("", "1", "1, 2, 3", "1, two", "-1, 2", "0, 0"):
        made = recipe(moons(), loss=Choice(kind="cross_entropy", params={**params, "own_weights": wrong}))
        (problem,) = check(made).problems
        assert (problem.name, problem.severity) == ("training.loss.own_weights", "error")
        assert "2 classes" in problem.text
        assert "1, 1." in problem.text


def test_balanced_class_weights_are_those_of_scikit_learn() -> None:
    y = np.array([0] * 6 + [1] * 3 + [2], dtype=np.int64)
    made = recipe(moons(), loss=Choice(kind="cross_entropy", params={"class_weights": "balanced"}))
    loss = build_loss(made, three_classes(), y)
    expected = compute_class_weight("balanced", classes=np.arange(3), y=y)
    assert loss.weight.tolist() == pytest.approx(expected.tolist())
    scores = torch.randn(10, 3, dtype=torch.float64)
    logs, weights = scores.log_softmax(1), torch.from_numpy(expected)[y]
    by_hand = -(weights * logs[torch.arange(10), torch.from_numpy(y)]).sum() / weights.sum()
    assert float(loss.double()(scores, torch.from_numpy(y))) == pytest.approx(float(by_hand), rel=1e-6)


def test_balanced_binary_cross_entropy_weighs_the_rare_yes() -> None:
    y = np.array([0] * 8 + [1] * 2, dtype=np.int64)
    made = recipe(moons(), loss=Choice(kind="binary_cross_entropy", params={"class_weights": "balanced"}))
    loss = build_loss(made, DataSpec(10, (2,), "classification", classes=("no", "yes")), y)
    assert loss.pos_weight.tolist() == [4.0]


def test_label_smoothing_spreads_the_target() -> None:
    made = recipe(moons(), loss=Choice(kind="cross_entropy", params={"label_smoothing": 0.3}))
    loss = build_loss(made, three_classes())
    scores, y = torch.randn(5, 3, dtype=torch.float64), torch.tensor([0, 1, 2, 1, 0])
    target = 0.7 * torch.nn.functional.one_hot(y, 3) + 0.1
    assert float(loss(scores, y)) == pytest.approx(float(-(target * scores.log_softmax(1)).sum(1).mean()))


def test_a_file_stays_as_it_was_unless_it_says_something_new() -> None:
    text = to_text(moons())
    assert "schedule" not in text
    assert "clip_norm" not in text
    new = recipe(moons(), schedule=Choice(kind="cosine"), clip_norm=1.0)
    assert '"clip_norm": 1.0' in to_text(new)
    assert from_text(to_text(new)).experiment == new


def test_the_length_of_a_run_is_known_before_it() -> None:
    for update in (
        {},
        {"batch_size": 7},
        {"batch_size": 7, "drop_last": True},
        {"batch_size": 1000, "drop_last": True},
    ):
        made = recipe(moons(), **update)
        assert steps_per_epoch(made, check(made)) == Session(made, "cpu").steps_per_epoch
