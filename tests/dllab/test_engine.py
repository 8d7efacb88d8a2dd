"""A real engine process over its pipes: commands, states, pictures, backpressure, and what can go wrong."""

import os
import signal
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from engine_client import Client
from examples import chain, moons

from dllab.document.code import codes, digest
from dllab.document.experiment import Choice, Experiment, Training
from dllab.document.format import to_text
from dllab.engine import protocol
from dllab.engine.outbox import Outbox
from dllab.engine.walking import NUMBERS_LIMIT, few
from dllab.training.run import train
from dllab.training.session import Session


@pytest.fixture(scope="module")
def one_engine() -> Iterator[Client]:
    client = Client()
    client.wait(lambda event: isinstance(event, protocol.Ready))
    yield client
    assert client.close() == 0


@pytest.fixture
def engine(one_engine: Client) -> Client:
    """The engine as if new: no run, nobody looking, all earlier events gone."""
    for number in range(8):
        one_engine.send(protocol.Unsubscribe(number))
    one_engine.send(protocol.Reset())
    one_engine.state("idle")
    one_engine.events.clear()
    return one_engine


@pytest.fixture
def own_engine() -> Iterator[Client]:
    """An engine that the test may ruin."""
    client = Client()
    client.wait(lambda event: isinstance(event, protocol.Ready))
    yield client
    client.close()


def start(engine: Client, experiment: Experiment, run: str = "run", **options: object) -> None:
    engine.send(protocol.Train(run, to_text(experiment), "cpu", **options))  # type: ignore[arg-type]


def picture(run: str, number: int, step: int | None = None) -> Callable[[object], bool]:
    def fits(event: object) -> bool:
        return (
            isinstance(event, protocol.Picture)
            and (event.id, event.run) == (number, run)
            and (step is None or event.step == step)
        )

    return fits


def test_a_run_in_the_engine_equals_the_one_without_a_window_bit_for_bit(engine: Client) -> None:
    experiment = moons(epochs=30)
    start(engine, experiment)
    engine.state("done")
    result = train(experiment, "cpu")
    steps, losses = engine.curve("train_loss", "run")
    assert losses == result.losses
    assert steps == list(range(1, len(losses) + 1))
    assert engine.curve("val_loss", "run")[1] == [epoch["val_loss"] for epoch in result.epochs]


def test_pause_and_stop_answer_at_once_and_keep_the_model(engine: Client) -> None:
    start(engine, moons(epochs=100_000))
    engine.state("running")
    engine.send(protocol.Pause())
    paused = engine.state("paused")
    engine.send(protocol.Subscribe(1, "confusion", {}))
    shown = engine.wait(picture("run", 1, paused.step))
    assert protocol.unpack(shown.arrays["counts"]).sum() > 0
    engine.send(protocol.Resume())
    engine.state("running")
    engine.send(protocol.Stop())
    stopped = engine.state("stopped")
    assert stopped.step >= paused.step
    assert engine.wait(picture("run", 1, stopped.step))


def test_step_and_epoch_train_that_much(engine: Client) -> None:
    start(engine, moons(), pace="step")
    assert engine.state("paused").step == 1
    engine.send(protocol.Resume("step"))
    assert engine.state("paused").step == 2
    engine.send(protocol.Resume("epoch"))
    at_epoch = engine.state("paused")
    assert (at_epoch.epoch, at_epoch.step) == (1, Session(moons(), "cpu").steps_per_epoch)


def test_learning_rate_and_batch_size_change_while_running(engine: Client) -> None:
    start(engine, moons(), pace="step")
    engine.state("paused")
    engine.send(protocol.Change("learning_rate", 1e-9))
    engine.send(protocol.Change("batch_size", 100))
    engine.send(protocol.Change("batch_size", -1))
    assert "batch_size" in engine.wait(lambda e: isinstance(e, protocol.Complaint)).text
    engine.send(protocol.Subscribe(1, "weights", {"node": "linear"}))
    before = protocol.unpack(engine.wait(picture("run", 1)).arrays["weight.values"])
    engine.send(protocol.Resume("step"))
    step = engine.state("paused").step
    after = protocol.unpack(engine.wait(picture("run", 1, step)).arrays["weight.values"])
    assert np.abs(after - before).max() < 1e-6


def test_batch_size_and_learning_rate_reach_a_run_in_full_flight(engine: Client) -> None:
    start(engine, moons(epochs=100_000))
    before = engine.wait(lambda e: isinstance(e, protocol.Progress) and e.epoch > 1).steps
    engine.send(protocol.Change("batch_size", 100))
    engine.send(protocol.Change("learning_rate", 1e-9))
    after = engine.wait(lambda e: isinstance(e, protocol.Progress) and e.steps < before)
    assert after.epochs == 100_000
    engine.wait(lambda e: isinstance(e, protocol.Scalars) and 1e-9 in points(e, "learning_rate"))
    engine.send(protocol.Stop())
    engine.state("stopped")


def points(event: protocol.Scalars, name: str) -> list[float]:
    return protocol.unpack(event.series[name][1]).tolist() if name in event.series else []


def test_a_finished_run_goes_on_from_its_last_weights(engine: Client) -> None:
    whole = train(moons(epochs=10), "cpu")
    start(engine, moons(epochs=6))
    engine.state("done")
    engine.send(protocol.Resume("run", more_epochs=4))
    engine.state("running")
    engine.state("done")
    assert engine.curve("train_loss", "run")[1] == whole.losses


def test_an_engine_that_ended_goes_on_from_its_checkpoint(engine: Client, tmp_path: Path) -> None:
    experiment = moons(epochs=12)
    expected = train(experiment, "cpu").losses
    first = Client()
    try:
        start(first, experiment, pace="epoch", checkpoint=str(tmp_path / "run"))
        paused = first.state("paused")
    finally:
        assert first.close() == 0
    start(engine, experiment, checkpoint=str(tmp_path / "run"), resume=True)
    engine.state("done")
    steps, losses = engine.curve("train_loss", "run")
    assert steps[0] == paused.step + 1
    assert losses == expected[paused.step :]


def test_numbers_that_break_name_step_and_layer_and_leave_the_engine_usable(engine: Client) -> None:
    hot = chain(("linear", {"features": 1}), data=Choice(kind="linear"))
    recipe = {"loss": Choice(kind="mse"), "optimiser": Choice(kind="sgd"), "learning_rate": 100.0, "epochs": 900}
    hot = hot.model_copy(update={"training": hot.training.model_copy(update=recipe)})
    start(engine, hot, "hot")
    state = engine.state("non-finite")
    assert str(state.step) in state.text
    assert "too large for the loss" in state.text
    assert (state.phase, state.node) == ("loss", "output")
    values = engine.curve("train_loss", "hot")[1]
    assert values
    assert np.isfinite(values).all()
    start(engine, moons(), "calm")
    engine.state("done", run="calm")


@pytest.mark.parametrize(
    ("experiment", "code"),
    [
        (moons().model_copy(update={"data": Choice(kind="nonsense")}), "data"),
        (chain(data=Choice(kind="moons")), "model"),
        (
            chain(("linear", {"features": 40_000}), ("linear", {"features": 40_000}), ("linear", {"features": 2}),
                  data=Choice(kind="moons")),
            "memory",
        ),
    ],
)  # fmt: skip
def test_a_run_that_can_not_start_says_why(engine: Client, experiment: Experiment, code: str) -> None:
    start(engine, experiment, "bad")
    state = engine.state("failed")
    assert state.code == code
    assert len(state.text) > 20
    assert "Traceback" not in state.text
    start(engine, moons(), "good")
    engine.state("done", run="good")


def test_an_unknown_device_is_refused_in_words(engine: Client) -> None:
    engine.send(protocol.Train("run", to_text(moons()), "cuda:7"))
    state = engine.state("failed")
    assert state.code == "device"
    assert "cuda:7" in state.text


def test_batch_norm_with_one_sample_fails_with_the_layer_named(engine: Client) -> None:
    experiment = chain(
        ("linear", {"features": 4}), ("batch_norm", {}), ("linear", {"features": 2}),
        data=Choice(kind="moons", params={"samples": 300}),
    )  # fmt: skip
    recipe = experiment.training.model_copy(update={"batch_size": 2, "drop_last": False})
    experiment = experiment.model_copy(update={"training": recipe})
    start(engine, experiment, pace="step")
    engine.state("paused")
    engine.send(protocol.Change("batch_size", 1))
    engine.send(protocol.Resume())
    state = engine.state("failed")
    assert state.node == "batch_norm"
    assert "per channel" in state.text


_SEVEN = """
class Seven(nn.Module):
    def __init__(self):
        super().__init__()
        self.batches = 0

    def forward(self, x):
        self.batches += 1
        if self.batches == 7:
            raise ValueError("no more after six")
        return x
"""


def test_a_layer_that_raises_in_the_middle_fails_by_name_and_the_next_run_trains(engine: Client) -> None:
    """R-06."""
    broken = chain(
        ("linear", {"features": 16}),
        ("custom", {"code": _SEVEN, "output": (16,), "learned": 0}),
        ("linear", {"features": 2}),
        data=Choice(kind="moons", params={"samples": 300}),
    )
    start(engine, broken, trusted=tuple(digest(code) for code in codes(broken).values()))
    state = engine.state("failed")
    assert state.node == "custom"
    assert 0 < state.step < 7
    assert "no more after six" in state.text
    start(engine, moons(epochs=1), run="next")
    assert engine.state("done", run="next").epoch == 1


def test_malformed_commands_are_answered_and_oversized_ones_end_the_engine(own_engine: Client) -> None:
    own_engine.send_bytes(struct.pack(">I", 5) + b"\xc1\xff\x00\x01\x02")
    assert own_engine.wait(lambda e: isinstance(e, protocol.Complaint)).code == "protocol"
    own_engine.send_bytes(struct.pack(">I", 3) + b"\x80\x80\x80")
    assert own_engine.wait(lambda e: isinstance(e, protocol.Complaint)).code == "protocol"
    start(own_engine, moons())
    own_engine.state("done")
    own_engine.send_bytes(struct.pack(">I", 2**31) + b"x")
    assert own_engine.process.wait(20) == 0


def test_without_credit_the_engine_trains_on_and_holds_little() -> None:
    client = Client(credit=0)
    client.wait(lambda event: isinstance(event, protocol.Ready))
    client.send(protocol.Subscribe(1, "boundary", {"resolution": 50}))
    start(client, moons(epochs=60))
    client.state("done")
    pictures = [e for e in client.events if isinstance(e, protocol.Picture)]
    assert not pictures
    steps, _values = client.curve("train_loss", "run")
    assert steps[-1] == 60 * Session(moons(), "cpu").steps_per_epoch
    client.send(protocol.Credit(2))
    assert client.wait(lambda e: isinstance(e, protocol.Picture))
    client.close()


def test_the_engine_ends_when_the_window_goes_away() -> None:
    client = Client()
    client.wait(lambda event: isinstance(event, protocol.Ready))
    start(client, moons(epochs=100_000))
    client.state("running")
    assert client.process.stdin is not None
    client.process.stdin.close()
    assert client.process.wait(10) == 0
    client.close()


def test_ctrl_c_in_the_terminal_does_not_end_the_engine(engine: Client) -> None:
    os.kill(engine.process.pid, signal.SIGINT)
    start(engine, moons())
    engine.state("done")


def test_all_that_comes_out_is_frames(engine: Client) -> None:
    start(engine, moons())
    engine.state("done")
    assert all(isinstance(event, protocol.Event) for event in engine.events)


def test_data_is_described_and_bad_data_explained(engine: Client) -> None:
    engine.send(protocol.Look(1, to_text(moons())))
    summary = engine.wait(lambda e: isinstance(e, protocol.DataSummary))
    assert summary.labels["parts"] == {"train": 180, "validation": 45, "test": 75}
    assert protocol.unpack(summary.arrays["class_counts"]).sum() == 180
    engine.send(protocol.Look(2, "{"))
    assert engine.wait(lambda e: isinstance(e, protocol.DataSummary) and e.id == 2).message


def test_activations_are_those_of_torch(engine: Client) -> None:
    start(engine, moons(), pace="step")
    engine.state("paused")
    engine.send(protocol.Subscribe(1, "activations", {"node": "relu", "sample": 4}))
    shown = protocol.unpack(engine.wait(picture("run", 1)).arrays["output"])
    session = Session(moons(), "cpu")
    session.advance()
    layers = session.network.layers
    expected = torch.relu(layers["linear"](session.validation[0][4:5]))[0]
    assert np.array_equal(shown, expected.detach().numpy())


def test_probes_say_when_they_do_not_apply(engine: Client) -> None:
    start(engine, moons(), pace="step")
    engine.state("paused")
    for number, (probe, params) in enumerate(
        [("predictions", {}), ("weights", {"node": "relu"}), ("activations", {"node": "gone"}), ("nonsense", {})]
    ):
        engine.send(protocol.Subscribe(number, probe, params))
        assert len(engine.wait(picture("run", number)).message) > 15


def test_walking_shows_every_operation_tells_its_sums_and_goes_on_as_if_nobody_had_walked(engine: Client) -> None:
    text = to_text(moons(epochs=2))
    engine.send(protocol.Train("fast", text, "cpu"))
    engine.state("done", run="fast")
    losses = engine.curve("train_loss", "fast")[1]
    engine.send(protocol.Train("walked", text, "cpu", "hold"))
    engine.send(protocol.Walk("until", "backward", "linear"))
    walked = engine.wait(lambda e: isinstance(e, protocol.Walked))
    assert (walked.run, walked.batch, walked.phase, walked.node) == ("walked", 0, "backward", "linear")
    gradient = protocol.unpack(walked.arrays["gradient.weight"])
    engine.send(protocol.Explain("gradient.weight", (3, 1)))
    told = engine.wait(lambda e: isinstance(e, protocol.Explained))
    assert float(told.lines[-1].rpartition("= ")[2].replace("−", "-")) == pytest.approx(float(gradient[3, 1]), rel=1e-3)
    engine.send(protocol.Walk("back"))
    assert engine.wait(lambda e: isinstance(e, protocol.Walked)).node == "relu"
    engine.send(protocol.Walk("until", "forward", "linear"))
    assert engine.wait(lambda e: isinstance(e, protocol.Walked)).batch == 1
    engine.send(protocol.Explain("nothing", (0,)))
    assert engine.wait(lambda e: isinstance(e, protocol.Explained)).message
    engine.send(protocol.Resume())
    engine.state("done", run="walked")
    assert engine.curve("train_loss", "walked")[1] == losses


def walked(event: object) -> bool:
    return isinstance(event, protocol.Walked)


def test_walking_to_the_end_loses_no_loss_and_no_epoch_and_trains_nothing_behind_it(engine: Client) -> None:
    text = to_text(moons(epochs=2))
    engine.send(protocol.Train("fast", text, "cpu"))
    engine.state("done", run="fast")
    engine.send(protocol.Train("walked", text, "cpu", "hold"))
    engine.send(protocol.Walk("until", "backward", "input"))
    assert engine.wait(walked).taken == 0
    assert engine.wait(lambda e: isinstance(e, protocol.Complaint)).code == "unreachable"
    for epoch in (1, 2):
        engine.send(protocol.Walk("until", "stop"))
        found = engine.wait(walked)
        while found.phase != "stop":
            found = engine.wait(walked)
        assert int(protocol.unpack(found.arrays["epoch"])) == epoch
    assert "2 of 2" in found.text
    engine.send(protocol.Walk("next"))
    assert engine.wait(walked).phase == "stop"
    assert engine.state("done", run="walked").code == "epochs"
    for name in ("train_loss", "val_loss"):
        assert engine.curve(name, "walked") == engine.curve(name, "fast")


def test_leaving_behind_the_last_update_ends_the_run(engine: Client) -> None:
    engine.send(protocol.Train("walked", to_text(moons(epochs=1)), "cpu", "hold"))
    engine.send(protocol.Walk("until", "stop"))
    engine.wait(walked)
    engine.send(protocol.Resume())
    assert engine.state("running", "done", run="walked").state == "done"


def test_an_operation_with_very_many_numbers_is_cut_and_says_so(engine: Client) -> None:
    layers = (("lstm", {"hidden_size": 256, "num_layers": 6, "output": "last step"}), ("linear", {"features": 1}))
    recipe = Training(loss=Choice(kind="mse"), batch_size=4, epochs=1)
    data = Choice(kind="adding", params={"samples": 20, "length": 5})
    engine.send(protocol.Train("large", to_text(chain(*layers, data=data, training=recipe)), "cpu", "hold"))
    engine.send(protocol.Walk("until", "update", "lstm"))
    found = engine.wait(walked)
    assert found.whole["weight_hh_l5.new"] == (1024, 256)
    rows = protocol.unpack(found.arrays["weight_hh_l5.new"]).shape
    assert rows[1] == 256
    assert 0 < rows[0] < 1024
    assert sum(len(array.data) for array in found.arrays.values()) < 32 * 1024 * 1024


def test_a_message_that_is_too_large_becomes_a_sentence_and_others_follow() -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as pipe, os.fdopen(writer, "wb") as stream:
        outbox = Outbox(stream)
        outbox.control(protocol.Walked("run", 0, 1, "batch", "", {"x": protocol.pack(np.zeros(9_000_000))}))
        outbox.control(protocol.State("run", "paused"))
        parts = protocol.Reassembler()
        events: list[object] = []
        while len(events) < 2:
            events += map(protocol.decode_event, parts.feed(pipe.read1()))
        outbox.close()
    assert isinstance(events[0], protocol.Complaint)
    assert "too large" in events[0].text
    assert isinstance(events[1], protocol.State)


def test_what_is_sent_of_a_large_sample_is_cut_along_its_axes() -> None:
    sent = few({"x": np.arange(3_000_000.0).reshape(2, 3, 500_000), "loss": np.array(1.0)})
    assert sent["x"].shape == (1, 1, NUMBERS_LIMIT)
    assert sent["loss"].shape == ()
