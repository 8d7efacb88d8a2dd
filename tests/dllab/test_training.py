"""The loop is right (equal to a plain torch loop), repeatable and resumable bit for bit, and stops where numbers break."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from examples import chain, moons
from sklearn.linear_model import LinearRegression
from sklearn.metrics import accuracy_score, r2_score

from dllab.checking.memory import estimate
from dllab.data.base import DataSpec
from dllab.document import edits
from dllab.document.experiment import Choice, Experiment, Split
from dllab.probes import compute, load_probes
from dllab.templates import load_template
from dllab.training import checkpoint, memory
from dllab.training.device import DeviceProblem, choose, devices
from dllab.training.metrics import Tally, probabilities, says
from dllab.training.run import train
from dllab.training.session import NonFinite, Session


def with_training(experiment: Experiment, **update: object) -> Experiment:
    return experiment.model_copy(update={"training": experiment.training.model_copy(update=update)})


def test_losses_equal_those_of_a_plain_torch_loop() -> None:
    experiment = moons(epochs=3)
    session = Session(experiment, "cpu")
    network = torch.nn.Sequential(torch.nn.Linear(2, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2))
    network.load_state_dict(
        {
            f"{place}.{name}": session.initial[f"layers.{node}.{name}"].clone()
            for place, node in ((0, "linear"), (2, "linear_2"))
            for name in ("weight", "bias")
        }
    )
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    x, y = torch.from_numpy(session.prepared.train.x), torch.from_numpy(session.prepared.train.y)
    shuffle = torch.Generator().manual_seed(experiment.seed)
    for _epoch in range(3):
        for batch in torch.randperm(len(x), generator=shuffle).split(32):
            loss = torch.nn.functional.cross_entropy(network(x[batch]), y[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            assert session.advance().loss == pytest.approx(loss.item(), rel=1e-4)


def test_the_same_seed_gives_the_same_losses_bit_for_bit() -> None:
    torch.rand(7)  # whatever happened before must not matter
    first = train(moons(), "cpu")
    torch.rand(3)
    assert train(moons(), "cpu").losses == first.losses
    assert train(moons().model_copy(update={"seed": 1}), "cpu").losses != first.losses


def dropout_and_batch_norm() -> Experiment:
    return chain(
        ("linear", {"features": 16}),
        ("batch_norm", {}),
        ("relu", {}),
        ("dropout", {"p": 0.3}),
        ("linear", {"features": 2}),
        data=Choice(kind="moons", params={"samples": 300}),
    )


@pytest.mark.parametrize("optimiser", ["sgd", "adam", "adamw", "rmsprop"])
@pytest.mark.parametrize("cut", [1, 8, 13])
def test_resuming_from_a_checkpoint_equals_the_uninterrupted_run(optimiser: str, cut: int, tmp_path: Path) -> None:
    params = {"momentum": 0.9} if optimiser == "sgd" else {}
    experiment = with_training(dropout_and_batch_norm(), optimiser=Choice(kind=optimiser, params=params), epochs=4)
    whole = Session(experiment, "cpu")
    expected = [whole.advance() for _step in range(20)]
    part = Session(experiment, "cpu")
    for _step in range(cut):
        part.advance()
    checkpoint.save(part, tmp_path)
    for _step in range(2):
        part.advance()
    torch.rand(5)
    resumed = Session(experiment, "cpu")
    checkpoint.load(resumed, tmp_path)
    assert [resumed.advance() for _step in range(20 - cut)] == expected[cut:]
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, resumed.network.state_dict()[name])


def test_looking_does_not_change_how_training_goes_on() -> None:
    experiment = dropout_and_batch_norm()
    plain, watched = Session(experiment, "cpu"), Session(experiment, "cpu")
    expected = [plain.advance().loss for _step in range(6)]
    torch.manual_seed(experiment.seed)
    seen = []
    for _step in range(6):
        seen.append(watched.advance().loss)
        watched.evaluate(*watched.validation)
        watched.first_non_finite(watched.validation[0])
    assert seen == expected


def test_a_damaged_or_foreign_checkpoint_is_refused_in_words(tmp_path: Path) -> None:
    session = Session(moons(), "cpu")
    with pytest.raises(checkpoint.CheckpointProblem, match="no checkpoint"):
        checkpoint.load(session, tmp_path)
    session.advance()
    checkpoint.save(session, tmp_path)
    with pytest.raises(checkpoint.CheckpointProblem, match="another experiment"):
        checkpoint.load(Session(moons(epochs=3), "cpu"), tmp_path)
    file = tmp_path / checkpoint.FILE
    whole = file.read_bytes()
    for damage in (whole[: len(whole) // 2], b"", b"\xff" * 100, whole[:8] + b"{" * 50 + whole[58:]):
        file.write_bytes(damage)
        with pytest.raises(checkpoint.CheckpointProblem):
            checkpoint.load(Session(moons(), "cpu"), tmp_path)


def test_a_loss_that_is_not_finite_stops_before_the_update_and_names_the_layer() -> None:
    experiment = chain(
        ("linear", {"features": 8}),
        ("linear", {"features": 1}),
        data=Choice(kind="linear"),
    )
    experiment = with_training(
        experiment, loss=Choice(kind="mse"), optimiser=Choice(kind="sgd"), learning_rate=50.0, epochs=500
    )
    session = Session(experiment, "cpu")
    losses = []

    def run_on() -> None:
        while True:
            losses.append(session.advance().loss)

    with pytest.raises(NonFinite) as caught:
        run_on()
    assert all(map(math.isfinite, losses))
    assert caught.value.step == len(losses) == session.step
    assert caught.value.node in experiment.model.nodes
    result = train(experiment, "cpu")
    assert result.reason == "non-finite"
    assert result.losses == losses


def test_the_last_small_batch_is_dropped_with_batch_norm_only() -> None:
    plain = with_training(moons(), batch_size=32)
    count = len(Session(plain, "cpu").prepared.train.x)
    assert count % 32
    assert Session(plain, "cpu").steps_per_epoch == -(-count // 32)
    assert Session(dropout_and_batch_norm(), "cpu").steps_per_epoch == count // 32
    keeps = with_training(dropout_and_batch_norm(), drop_last=False)
    session = Session(keeps, "cpu")
    steps = 0
    while session.advance().metrics is None:
        steps += 1
    assert steps + 1 == session.steps_per_epoch == -(-count // 32)


def test_batch_size_and_learning_rate_change_from_the_next_batch_on() -> None:
    session = Session(moons(batch_size=50), "cpu")
    session.advance()
    session.batch_size = 10
    session.update.set_learning_rate(0.5)
    session.advance()
    assert session.cursor == 60
    assert session.update.optimiser.param_groups[0]["lr"] == 0.5


def test_early_stopping_ends_and_the_best_weights_are_put_in_place() -> None:
    experiment = moons(epochs=400, learning_rate=0.05, patience=5)
    result = train(experiment, "cpu")
    session = result.session
    assert result.reason == "early-stop"
    losses = [epoch["val_loss"] for epoch in result.epochs]
    best = int(np.argmin(losses))
    assert len(losses) == best + 1 + 5
    assert session.best.epoch == best + 1
    assert session.evaluate(*session.validation)["loss"] == pytest.approx(losses[best], rel=1e-6)
    session.show_last()
    assert session.evaluate(*session.validation)["loss"] == pytest.approx(losses[-1], rel=1e-6)


def test_scores_are_those_of_scikit_learn() -> None:
    generator = torch.Generator().manual_seed(0)
    classes = DataSpec(1, (2,), "classification", classes=("a", "b", "c"))
    outputs, labels = torch.randn(500, 3, generator=generator), torch.randint(0, 3, (500,), generator=generator)
    tally = Tally(classes)
    for part in torch.arange(500).split(7):
        tally.add(outputs[part], labels[part])
    assert tally.score()["accuracy"] == accuracy_score(labels, outputs.argmax(1))
    numbers = DataSpec(1, (2,), "regression", targets=("t",))
    true, said = torch.randn(300, 1, generator=generator), torch.randn(300, 1, generator=generator)
    tally = Tally(numbers)
    tally.add(said, true)
    assert tally.score()["r2"] == pytest.approx(r2_score(true, said))


def test_one_score_for_two_classes_reads_as_a_probability() -> None:
    from dllab.recipe import LOSSES

    data = DataSpec(1, (2,), "classification", classes=("no", "yes"))
    outputs = torch.tensor([[-2.0], [0.5]])
    p = probabilities(outputs, data, LOSSES.make("binary_cross_entropy", {}))
    assert torch.allclose(p.sum(1), torch.ones(2))
    assert says(outputs, data).tolist() == [0, 1] == p.argmax(1).tolist()


def test_full_batch_descent_reaches_least_squares() -> None:
    experiment = chain(("linear", {"features": 1}), data=Choice(kind="diabetes"))
    experiment = with_training(
        experiment,
        loss=Choice(kind="mse"),
        optimiser=Choice(kind="sgd", params={"momentum": 0.9}),
        learning_rate=0.05,
        batch_size=1000,
        epochs=4000,
        keep_best=False,
    )
    session = train(experiment, "cpu").session
    part = session.prepared.train
    exact = LinearRegression().fit(part.x.astype(np.float64), part.y)
    said = session.predict(torch.from_numpy(part.x)).numpy()
    assert np.abs(said - exact.predict(part.x)).max() < 0.5  # the targets lie between 25 and 346


def test_memory_is_estimated_before_anything_is_allocated(monkeypatch: pytest.MonkeyPatch) -> None:
    huge = chain(
        ("linear", {"features": 40_000}), ("linear", {"features": 40_000}), ("linear", {"features": 2}),
        data=Choice(kind="moons"),
    )  # fmt: skip
    with pytest.raises(memory.TooLarge, match="GB"):
        Session(huge, "cpu")
    small = Session(moons(), "cpu")
    need = estimate(small.experiment, small.check)
    monkeypatch.setattr(memory, "free", lambda device: need)
    with pytest.raises(memory.TooLarge):
        Session(moons(), "cpu")
    monkeypatch.setattr(memory, "free", lambda device: 2 * need)
    Session(moons(), "cpu")


def test_devices_end_with_the_cpu_and_unknown_ones_are_refused() -> None:
    assert devices()[-1][0] == "cpu"
    assert choose("auto").type == devices()[0][0].split(":")[0]
    with pytest.raises(DeviceProblem, match="tpu"):
        choose("tpu")


def test_without_a_validation_part_training_still_works() -> None:
    experiment = moons().model_copy(update={"split": Split(validation=0.0)})
    result = train(experiment, "cpu")
    assert set(result.epochs[-1]) == {"train_loss", "train_accuracy"}


def test_the_test_part_is_counted_when_opened() -> None:
    session = train(moons(), "cpu").session
    first = session.open_test()
    assert session.open_test() == first
    assert session.opened == 2


def test_scaled_targets_learn_what_raw_ones_cannot_and_are_shown_in_their_own_units() -> None:
    raw = load_template("diabetes-linear")
    scaled = edits.set_path(raw, "preparation.targets", "standardise")
    scaled = edits.set_path(scaled, "training.optimiser", Choice(kind="adam"))
    session = Session(edits.set_path(scaled, "training.learning_rate", 0.02), "cpu")
    x, targets, labels = session.validation
    assert torch.equal(targets, labels)
    train = session.prepared.train.y
    np.testing.assert_allclose(session.in_units(labels), session.prepared.validation.y, rtol=1e-5)
    np.testing.assert_allclose(session.prepared.targets.apply(train).mean(0), 0.0, atol=1e-5)
    np.testing.assert_allclose(session.prepared.targets.apply(train).std(0), 1.0, rtol=1e-5)
    for _step in range(400):
        session.advance()
    score = session.evaluate(x, targets, labels)["r2"]
    load_probes()
    shown = compute(session, "predictions", {})
    assert score > 0.5
    assert shown.labels["r2"] == score
    says, true = shown.arrays["says"], shown.arrays["true"]
    np.testing.assert_allclose(true, session.prepared.validation.y, rtol=1e-5)
    assert 1 - ((says - true) ** 2).sum() / ((true - true.mean()) ** 2).sum() == pytest.approx(score, rel=1e-4)


def test_classes_are_never_scaled() -> None:
    made = edits.set_path(load_template("iris-softmax"), "preparation.targets", "standardise")
    assert set(Session(made, "cpu").validation[2].tolist()) == {0, 1, 2}
