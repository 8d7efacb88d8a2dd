"""Back through a run: every step exactly as it was, changes of a person included, and new runs that branch off."""

import itertools
import time
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from engine_client import Client
from examples import chain, moons

from dllab.document.experiment import Choice, Experiment
from dllab.document.format import to_text
from dllab.engine import protocol
from dllab.engine.travel import Travel
from dllab.stepping.timeline import snapshot
from dllab.training import changes
from dllab.training.run import train
from dllab.training.session import Session


def with_dropout(**training: object) -> Experiment:
    experiment = chain(
        ("linear", {"features": 16}), ("batch_norm", {}), ("relu", {}), ("dropout", {}), ("linear", {"features": 2}),
        data=Choice(kind="moons", params={"samples": 300}),
    )  # fmt: skip
    recipe = {"epochs": 6, "schedule": Choice(kind="cosine"), "learning_rate": 0.01, **training}
    return experiment.model_copy(update={"training": experiment.training.model_copy(update=recipe)})


def state_of(session: Session) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in session.state()[0].items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def go(travel: Travel, step: int) -> None:
    travel.seek(step)
    while not travel.move(time.perf_counter() + 0.002):
        pass


def test_every_step_is_reached_as_it_was_with_what_a_person_changed_on_the_way() -> None:
    session = Session(with_dropout(), "cpu")
    travel = Travel(session)
    states = {}
    for step in range(40):
        if step == 11:
            travel.change(changes.learning_rate(0.5))
        if step == 23:
            travel.change(changes.batch_size(20))
            travel.change(changes.learning_rate(0.003))
        states[step] = state_of(session)
        if step % 8 == 0:
            travel.timeline.keep()
        session.advance()
    session.show_best()
    end = state_of(session)
    for step in (12, 39, 11, 0, 24, 23, 30):
        go(travel, step)
        assert session.step == step
        assert same(state_of(session), states[step]), step
        assert travel.away
    go(travel, 10_000)
    assert same(state_of(session), end)
    assert not travel.away


def test_replaying_leaves_snapshots_and_the_opened_test_part_stays_opened() -> None:
    session = Session(moons(), "cpu")
    travel = Travel(session)
    for _step in range(30):
        session.advance()
    session.open_test()
    go(travel, 20)
    assert session.opened == 1
    travel._due = 0.0
    travel.seek(25)
    assert not travel.move(0.0)
    go(travel, 25)
    assert len(travel.timeline.steps) > 1


def test_a_change_in_the_past_waits_for_the_run_to_go_on() -> None:
    session = Session(moons(), "cpu")
    travel = Travel(session)
    for _step in range(20):
        session.advance()
    go(travel, 10)
    travel.change(changes.learning_rate(0.5))
    assert session.learning_rate == 0.01
    travel.branch()
    assert session.learning_rate == 0.5
    assert max(travel.timeline.steps) <= 10
    for _step in range(5):
        session.advance()
    there = state_of(session)
    for _step in range(5):
        session.advance()
    go(travel, 15)
    assert same(state_of(session), there)


def test_snapshots_keep_to_their_share_and_their_memory() -> None:
    session = Session(moons(), "cpu")
    budget = 40 * snapshot(session).bytes
    travel = Travel(session, budget)
    for _step in range(300):
        session.advance()
        travel._due = 0.0
        travel.record()
    assert travel.timeline.bytes <= budget
    assert travel.timeline.bytes == sum(kept.bytes for kept in travel.timeline._kept)
    steps = travel.timeline.steps
    assert steps[0] == 0
    assert max(b - a for a, b in itertools.pairwise(steps)) < 100
    before = len(steps)
    travel.record()
    assert len(travel.timeline.steps) == before, "not before its time"


def test_what_is_too_large_to_keep_is_not_kept() -> None:
    travel = Travel(Session(moons(), "cpu"), budget=100)
    assert not travel.keeps
    assert travel.timeline.bytes == 0


# --- in the engine ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def engine() -> Iterator[Client]:
    client = Client()
    client.wait(lambda event: isinstance(event, protocol.Ready))
    yield client
    assert client.close() == 0


def stands(engine: Client, step: int) -> protocol.Stands:
    found = engine.wait(lambda e: isinstance(e, protocol.Stands) and e.step == step)
    assert isinstance(found, protocol.Stands)
    return found


def test_a_finished_run_goes_back_shows_that_step_and_branches_off_bit_for_bit(engine: Client) -> None:
    experiment = with_dropout()
    losses = train(experiment, "cpu").losses
    engine.send(protocol.Train("first", to_text(experiment), "cpu"))
    engine.state("done", run="first")
    engine.send(protocol.Subscribe(1, "weights", {"node": "linear"}))
    for step in (3, 31, 17):
        engine.send(protocol.Seek(step))
    found = stands(engine, 17)
    assert (found.run, found.first, found.last) == ("first", 0, len(losses))
    shown = engine.wait(lambda e: isinstance(e, protocol.Picture) and e.step == 17)
    session = Session(experiment, "cpu")
    for _step in range(17):
        session.advance()
    weights = session.network.layers["linear"].weight.detach().numpy().ravel()
    assert (protocol.unpack(shown.arrays["weight.values"]).ravel() == weights).all()
    engine.send(protocol.Unsubscribe(1))
    engine.send(protocol.Branch("second"))
    engine.state("done", run="second")
    assert engine.curve("train_loss", "second") == (list(range(18, len(losses) + 1)), losses[17:])
    engine.send(protocol.Seek(17))
    stands(engine, 17)
    engine.send(protocol.Seek(10**9))
    assert stands(engine, len(losses)).last == len(losses)


def test_a_paused_run_goes_on_from_its_end_whatever_was_looked_at(engine: Client) -> None:
    losses = train(moons(), "cpu").losses
    engine.send(protocol.Train("run", to_text(moons()), "cpu", "epoch"))
    engine.state("paused", run="run")
    engine.send(protocol.Seek(2))
    stands(engine, 2)
    engine.send(protocol.Resume())
    engine.state("done", run="run")
    assert engine.curve("train_loss", "run")[1] == losses


def test_a_branch_takes_over_what_was_changed_while_looking_back(engine: Client) -> None:
    engine.send(protocol.Train("run", to_text(moons()), "cpu", "epoch"))
    engine.state("paused", run="run")
    engine.send(protocol.Branch("nowhere"))
    engine.send(protocol.Seek(3))
    stands(engine, 3)
    engine.send(protocol.Change("learning_rate", 0.5))
    engine.send(protocol.Branch("hot", "epoch"))
    assert engine.state("stopped", run="run").step == 6
    paused = engine.state("paused", run="hot")
    session = Session(moons(), "cpu")
    for _step in range(3):
        session.advance()
    session.update.set_learning_rate(0.5)
    assert engine.curve("train_loss", "hot")[1] == [session.advance().loss for _step in range(paused.step - 3)]
    assert not [e for e in engine.events if getattr(e, "run", "") == "nowhere"]


def walk(engine: Client, way: str, phase: str = "", node: str = "", count: int = 1) -> protocol.Walked:
    engine.send(protocol.Walk(way, phase, node, count))
    found = engine.wait(lambda event: isinstance(event, protocol.Walked))
    assert isinstance(found, protocol.Walked)
    return found


def to_batch(engine: Client, batch: int) -> protocol.Walked:
    while (found := walk(engine, "back")).batch > batch:
        pass
    return found


def test_walked_back_and_resumed_a_curve_has_every_step_once(engine: Client) -> None:
    losses = train(moons(), "cpu").losses
    engine.send(protocol.Train("back", to_text(moons()), "cpu", "hold"))
    engine.state("paused", run="back")
    for _batch in range(3):
        walk(engine, "until", "update", "linear_2")
    assert to_batch(engine, 1).batch == 1
    engine.send(protocol.Resume())
    engine.state("done", run="back")
    assert engine.curve("train_loss", "back") == (list(range(1, len(losses) + 1)), losses)


def test_walked_beyond_the_pause_from_the_past_and_back_again_every_step_comes_once(engine: Client) -> None:
    losses = train(moons(), "cpu").losses
    engine.send(protocol.Train("past", to_text(moons()), "cpu", "epoch"))
    assert engine.state("paused", run="past").step == 6
    engine.send(protocol.Seek(5))
    stands(engine, 5)
    for _batch in range(3):
        walk(engine, "until", "update", "linear_2")
    to_batch(engine, 5)
    engine.send(protocol.Seek(10**9))
    assert stands(engine, 6).last == 8, "where it was walked to, the run has been since"
    assert stands(engine, 8).last == 8
    engine.send(protocol.Resume())
    engine.state("done", run="past")
    assert engine.curve("train_loss", "past") == (list(range(1, len(losses) + 1)), losses)


def test_walked_beyond_the_pause_and_back_into_the_past_a_run_branches_off_there(engine: Client) -> None:
    losses = train(moons(), "cpu").losses
    engine.send(protocol.Train("old", to_text(moons()), "cpu", "epoch"))
    engine.state("paused", run="old")
    engine.send(protocol.Seek(4))
    stands(engine, 4)
    for _batch in range(4):
        walk(engine, "until", "update", "linear_2")
    to_batch(engine, 4)
    engine.send(protocol.Branch("new", "epoch"))
    assert engine.state("stopped", run="old").step == 8
    assert engine.state("paused", run="new").step == 6
    assert engine.curve("train_loss", "old") == (list(range(1, 9)), losses[:8])
    assert engine.curve("train_loss", "new") == ([6], losses[5:6]), "batch 4 has been updated"


def test_walked_back_from_the_end_a_run_ends_all_the_same(engine: Client) -> None:
    short = moons(epochs=1)
    losses = train(short, "cpu").losses
    engine.send(protocol.Train("end", to_text(short), "cpu", "hold"))
    engine.state("paused", run="end")
    walk(engine, "until", "stop")
    to_batch(engine, len(losses) - 2)
    engine.send(protocol.Resume())
    engine.state("done", run="end")
    assert engine.curve("train_loss", "end") == (list(range(1, len(losses) + 1)), losses)
    epochs = [e for e in engine.events if isinstance(e, protocol.Epoch) and e.run == "end"]
    assert len(epochs) == 1


def test_a_rate_changed_after_walking_back_acts_from_the_last_step_on(engine: Client) -> None:
    engine.send(protocol.Train("rate", to_text(moons()), "cpu", "hold"))
    engine.state("paused", run="rate")
    for _batch in range(3):
        walk(engine, "until", "update", "linear_2")
    to_batch(engine, 1)
    engine.send(protocol.Change("learning_rate", 0.5))
    engine.send(protocol.Resume("epoch"))
    engine.state("paused", run="rate")
    session = Session(moons(), "cpu")
    expected = [session.advance().loss for _step in range(3)]
    session.update.set_learning_rate(0.5)
    expected += [session.advance().loss for _step in range(3)]
    assert engine.curve("train_loss", "rate") == ([1, 2, 3, 4, 5, 6], expected)


def test_what_the_last_step_did_to_the_weights_is_known_wherever_the_run_stands(engine: Client) -> None:
    session, weights = Session(moons(), "cpu"), []
    for _step in range(7):
        weights.append(session.network.layers["linear"].weight.detach().numpy().copy())
        session.advance()
    engine.send(protocol.Train("changes", to_text(moons()), "cpu", "epoch"))
    engine.state("paused", run="changes")
    engine.send(protocol.Subscribe(2, "weights", {"node": "linear", "since": "step"}))
    # The look began when the run stood already: what its last step did is found all the same, and so it is in its past.
    for step in (6, 3, 4, 1):
        engine.send(protocol.Seek(step))
        shown = engine.wait(lambda e, step=step: isinstance(e, protocol.Picture) and e.id == 2 and e.step == step)
        change = protocol.unpack(shown.arrays["weight.change"])
        assert (change == weights[step] - weights[step - 1]).all()
        moved = shown.labels["parameters"]["weight"]["moved"]
        assert moved == pytest.approx(np.linalg.norm(change) / np.linalg.norm(weights[step - 1]), rel=1e-5)
    engine.send(protocol.Seek(0))
    shown = engine.wait(lambda e: isinstance(e, protocol.Picture) and e.id == 2 and e.step == 0)
    assert "weight.change" not in shown.arrays
    engine.send(protocol.Unsubscribe(2))
    engine.send(protocol.Resume())
    engine.state("done", run="changes")
    assert engine.curve("train_loss", "changes")[1] == train(moons(), "cpu").losses


def test_the_last_step_is_taken_again_without_a_trace() -> None:
    session, weights = Session(with_dropout(), "cpu"), []
    for _step in range(14):
        weights.append(session.network.layers["linear"].weight.detach().clone())
        session.advance()
    session = Session(with_dropout(), "cpu")
    travel = Travel(session)
    for _step in range(13):
        session.advance()
    assert not session.update.before
    parameter = session.network.layers["linear"].weight
    session.update.watch([parameter])
    there = state_of(session)
    travel.retrace()
    assert same(state_of(session), there)
    assert torch.equal(session.update.before[parameter], weights[12])
    session.advance()
    assert torch.equal(session.update.before[parameter], weights[13])
    session.update.watch([])
    session.advance()
    assert not session.update.before


def test_a_last_step_that_can_not_be_taken_again_leaves_the_run_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(moons(), "cpu")
    travel = Travel(session)
    for _step in range(5):
        session.advance()
    session.update.watch([next(session.network.parameters())])
    there = state_of(session)

    def broken() -> None:
        raise RuntimeError("own code")

    monkeypatch.setattr(session, "advance", broken)
    with pytest.raises(RuntimeError):
        travel.retrace()
    assert same(state_of(session), there)
    assert session.step == 5
