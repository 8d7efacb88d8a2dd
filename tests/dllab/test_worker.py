"""The training thread outlives whatever goes wrong, and holds nothing of a run that is over."""

import gc
import io
import time
import weakref
from collections.abc import Callable, Iterator

import pytest
from examples import moons

from dllab.document.experiment import Choice, Experiment
from dllab.document.format import to_text
from dllab.engine import protocol
from dllab.engine.outbox import Outbox
from dllab.engine.travel import Travel
from dllab.engine.worker import Worker
from dllab.probes.base import load_probes
from dllab.templates import load_template
from dllab.training.clusters import Following
from dllab.training.session import Outcome, Session


class Told(io.RawIOBase):
    """A pipe whose other end reads everything at once."""

    def __init__(self) -> None:
        self.events: list[protocol.Event] = []
        self._parts = protocol.Reassembler()

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.events += [protocol.decode_event(body) for body in self._parts.feed(data)]
        return len(data)

    @property
    def states(self) -> list[str]:
        return [event.state for event in self.events if isinstance(event, protocol.State)]


Engine = tuple[Worker, Told]


@pytest.fixture
def engine() -> Iterator[Engine]:
    load_probes()
    told = Told()
    outbox = Outbox(told)  # type: ignore[arg-type]
    worker = Worker(outbox)
    outbox.grant(64)
    worker.start()
    yield worker, told
    worker.inbox.put(protocol.Quit())
    worker.join(20)
    outbox.close()
    assert not worker.is_alive()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def start(engine: Engine, experiment: Experiment, state: str, run: str = "run") -> None:
    worker, told = engine
    worker.inbox.put(protocol.Train(run, to_text(experiment), "cpu"))
    until(lambda: state in told.states)


def broken(*_arguments: object) -> None:
    raise RuntimeError("not again")


def test_a_fault_that_can_not_be_found_still_ends_the_run(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Travel, "find_fault", broken)
    start(engine, moons(learning_rate=1e6, optimiser=Choice(kind="sgd")), "non-finite")


def test_an_error_on_the_way_to_a_step_is_told_and_the_next_run_trains(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(engine, moons(), "done")
    worker, told = engine
    with monkeypatch.context() as patched:
        patched.setattr(Travel, "move", broken)
        worker.inbox.put(protocol.Seek(1))
        until(lambda: "failed" in told.states or any(isinstance(e, protocol.Complaint) for e in told.events))
    told.events.clear()
    start(engine, moons(epochs=1), "done", "next")


def test_an_error_while_snapshots_are_taken_is_told(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Travel, "record", lambda self: broken() if self.session.step else None)
    start(engine, moons(), "failed")
    _worker, told = engine
    (failed,) = [e for e in told.events if isinstance(e, protocol.State) and e.state == "failed"]
    assert "not again" in failed.text


def test_clusters_that_can_not_be_found_end_no_training(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Following, "now", broken)
    made = load_template("cluster-digits-cnn")
    start(engine, made.model_copy(update={"training": made.training.model_copy(update={"epochs": 1})}), "done")


def test_nothing_follows_the_end_and_the_thread_is_gone(engine: Engine) -> None:
    start(engine, moons(epochs=1), "done")
    worker, told = engine
    worker.inbox.put(protocol.Quit())
    worker.join(20)
    assert not worker.is_alive()
    assert told.states[-1] == "done"


def test_a_reset_lets_go_of_the_network_and_its_data(engine: Engine) -> None:
    worker, told = engine
    worker.inbox.put(protocol.Subscribe(1, "confusion", {}))
    start(engine, moons(epochs=1), "done")
    assert worker._session is not None
    session = weakref.ref(worker._session)
    until(lambda: any(isinstance(e, protocol.Picture) for e in told.events))
    worker.inbox.put(protocol.Reset())
    until(lambda: "idle" in told.states)
    gc.unfreeze()
    until(lambda: gc.collect() >= 0 and session() is None)


def test_a_network_without_clusters_copies_no_samples_for_them(engine: Engine) -> None:
    start(engine, moons(epochs=1), "done")
    worker, _told = engine
    assert worker._session is not None
    assert worker._pictures.following(worker._session)._samples is None


def test_a_picture_that_is_too_large_is_a_sentence_in_its_place(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "FRAME_LIMIT", 2000)
    worker, told = engine
    worker.inbox.put(protocol.Subscribe(1, "boundary", {}))
    start(engine, moons(epochs=1), "done")
    until(lambda: any(isinstance(e, protocol.Picture) for e in told.events))
    assert "too large" in next(e.message for e in told.events if isinstance(e, protocol.Picture))


@pytest.mark.parametrize(
    ("command", "code"),
    [(protocol.Walk("next"), "walk"), (protocol.Seek(1), "seek"), (protocol.Branch("other"), "branch")],
)
def test_what_can_not_be_done_now_is_answered(engine: Engine, command: protocol.Command, code: str) -> None:
    worker, told = engine
    worker.inbox.put(command)
    until(lambda: any(isinstance(e, protocol.Complaint) for e in told.events))
    (complaint,) = [e for e in told.events if isinstance(e, protocol.Complaint)]
    assert complaint.code == code


@pytest.mark.parametrize("ending", [False, True], ids=["in the middle of an epoch", "in its last batch"])
@pytest.mark.parametrize(
    ("command", "state"), [(protocol.Pause(), "paused"), (protocol.Stop(), "stopped")], ids=["pause", "stop"]
)
def test_no_batch_follows_the_one_in_hand_when_pause_or_stop_comes(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, command: protocol.Command, state: str, ending: bool
) -> None:
    worker, told = engine
    begun: list[int] = []
    advance, at = Session.advance, 6 * 4 - 1 if ending else 6 * 4 + 2

    def advancing(session: Session) -> Outcome:
        begun.append(session.step)
        if session.step == at:
            worker.inbox.put(command)
        return advance(session)

    monkeypatch.setattr(Session, "advance", advancing)
    start(engine, moons(epochs=1000), state)
    (answer,) = [e for e in told.events if isinstance(e, protocol.State) and e.state == state]
    assert answer.step == at + 1
    assert begun == list(range(at + 1)), "the batch in hand was the last"
    assert worker._session is not None
    weights = worker._session.network.layers["linear"].weight.detach().clone()
    session = Session(moons(), "cpu")
    for _step in range(at + 1):
        advance(session)
    assert (session.network.layers["linear"].weight == weights).all(), "the model is kept as it was"


def test_what_is_asked_during_a_batch_is_heard_before_the_next(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    worker, _told = engine
    rates: list[float] = []
    advance = Session.advance

    def advancing(session: Session) -> Outcome:
        rates.append(session.learning_rate)
        if session.step == 3:
            worker.inbox.put(protocol.Change("learning_rate", 0.5))
            worker.inbox.put(protocol.Change("learning_rate", 0.25))
        if session.step == 5:
            worker.inbox.put(protocol.Stop())
        return advance(session)

    monkeypatch.setattr(Session, "advance", advancing)
    start(engine, moons(epochs=1000), "stopped")
    assert rates == [0.01] * 4 + [0.25] * 2
