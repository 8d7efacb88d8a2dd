"""Slow pictures: a piece at a time, ended at any moment, and the run none the wiser."""

import os
from collections.abc import Iterator
from io import BytesIO
from math import inf

import numpy as np
import pytest
import torch
from engine_client import Client
from examples import moons
from sklearn.decomposition import PCA

from dllab.clustering.fit import ClusterProblem
from dllab.clustering.unfolding import Unfolding, available, unfold
from dllab.document.format import to_text
from dllab.engine import protocol
from dllab.engine.errands import Errand
from dllab.engine.outbox import Outbox
from dllab.engine.pictures import Pictures
from dllab.engine.travel import Travel
from dllab.probes import SLOW, DoesNotApply, compute, load_probes
from dllab.probes.landscape import directions
from dllab.probes.path import path_of
from dllab.templates import load_template
from dllab.training.run import train
from dllab.training.session import Session

load_probes()


def trained(template: str, steps: int = 20) -> Session:
    session = Session(load_template(template), "cpu")
    for _step in range(steps):
        session.advance()
    return session


# --- the landscape ----------------------------------------------------------------------------------------------------


def test_directions_are_as_long_as_the_weights_filter_by_filter() -> None:
    session = trained("digits-cnn", 3)
    weights = list(session.network.parameters())
    for made in directions(weights, seed=1):
        for weight, one in zip(weights, made, strict=True):
            if weight.dim() < 2:
                assert not one.any()
            else:
                expected = weight.detach().flatten(1).norm(dim=1)
                torch.testing.assert_close(one.flatten(1).norm(dim=1), expected)
    across, up = directions(weights, seed=1)
    assert not torch.equal(across[0], up[0])


def test_every_place_is_the_loss_at_those_weights() -> None:
    session = trained("digits-cnn")
    shown = compute(session, "landscape", {"resolution": 5, "seed": 3})
    loss, places = shown.arrays["loss"], shown.arrays["places"]
    assert places.tolist() == [-1, -0.5, 0, 0.5, 1]
    x, targets, _labels = session.validation.samples(0, 256)
    assert loss[2, 2] == session.evaluate(x, targets, _labels)["loss"]
    weights = list(session.network.parameters())
    across, up = directions(weights, seed=3)
    for row, column in ((0, 4), (3, 1)):
        moved = {
            name: p.detach() + float(places[column]) * one + float(places[row]) * two
            for (name, p), one, two in zip(session.network.named_parameters(), across, up, strict=True)
        }
        session.network.eval()
        outputs = torch.func.functional_call(session.network, moved, (x,))
        session.network.train()
        assert loss[row, column] == pytest.approx(float(session.loss(outputs, targets)), rel=1e-5)


def test_along_the_path_every_place_is_the_loss_at_those_weights_and_the_path_is_scikit_learns() -> None:
    session = Session(load_template("digits-cnn"), "cpu")
    travel = Travel(session)
    kept = []
    for _step in range(30):
        travel.timeline.keep()
        kept.append(torch.cat([p.detach().flatten() for p in session.network.parameters()]).double())
        session.advance()
    shown = compute(session, "landscape", {"resolution": 5, "along": "path"})
    loss, places, heights, path = (shown.arrays[name] for name in ("loss", "places", "heights", "path"))
    here = torch.cat([p.detach().flatten() for p in session.network.parameters()]).double()
    rows = torch.stack(kept).numpy()
    judge = PCA(2, svd_solver="full").fit(rows)
    assert shown.labels["shares"] == pytest.approx(judge.explained_variance_ratio_)
    expected = (rows - here.numpy()) @ judge.components_.T
    expected *= np.sign((expected * path).sum(0))
    assert path == pytest.approx(expected, rel=1e-3, abs=1e-3)
    assert places[0] < path[:, 0].min()
    assert heights[-1] > path[:, 1].max()
    found = path_of(session, dict(session.network.named_parameters()))
    across, up = (torch.cat([one.flatten() for one in ones]).double() for ones in (found.across, found.up))
    assert [float(across @ across), float(up @ up), float(across @ up)] == pytest.approx([1, 1, 0], abs=1e-5)
    x, targets, _labels = session.validation.samples(0, 256)
    for row, column in ((0, 4), (3, 1), (4, 2)):
        moved = {
            name: p.detach() + float(places[column]) * one + float(heights[row]) * two
            for (name, p), one, two in zip(session.network.named_parameters(), found.across, found.up, strict=True)
        }
        session.network.eval()
        outputs = torch.func.functional_call(session.network, moved, (x,))
        session.network.train()
        assert loss[row, column] == pytest.approx(float(session.loss(outputs, targets)), rel=1e-4)
    assert shown.labels["here"] == session.evaluate(x, targets, _labels)["loss"]


def test_a_run_without_a_time_line_has_no_path_in_one_clear_line() -> None:
    session = trained("moons-mlp", 5)
    with pytest.raises(DoesNotApply, match="too few snapshots"):
        compute(session, "landscape", {"along": "path"})
    travel = Travel(session)
    assert travel.timeline.steps == [5]
    with pytest.raises(DoesNotApply, match="too few snapshots"):
        compute(session, "landscape", {"along": "path"})


@pytest.mark.parametrize("template", ["digits-cnn", "resnet-digits"])
def test_the_run_goes_on_as_if_nobody_had_asked(template: str) -> None:
    def run(asking: bool) -> tuple[list[float], dict[str, torch.Tensor]]:
        session = Session(load_template(template), "cpu")
        work = SLOW["landscape"](session, {"resolution": 3}) if asking else None
        losses = []
        for _step in range(4):
            losses.append(session.advance().loss)
            for _piece in range(2 if work is not None else 0):
                next(work)
        return losses, session.state()[0]

    (asked, state), (left_alone, expected) = run(True), run(False)
    assert asked == left_alone
    assert state.keys() == expected.keys()
    # Weights, averages of batch norm, the optimiser, random numbers: to the last bit.
    assert all(torch.equal(state[name], expected[name]) for name in state)


def test_the_middle_comes_first() -> None:
    work = SLOW["landscape"](trained("moons-mlp", 2), {"resolution": 7})
    parts = [next(work) for _piece in range(9)]
    assert [part.share for part in parts] == pytest.approx(np.arange(1, 10) / 49)
    shown = parts[-1].shown
    assert shown is not None
    assert np.isfinite(shown.arrays["loss"][2:5, 2:5]).all()
    assert np.isnan(shown.arrays["loss"]).sum() == 40


# --- maps of neighbours -----------------------------------------------------------------------------------------------


def groups() -> tuple[np.ndarray, np.ndarray]:
    """Two groups in six dimensions, far apart."""
    random = np.random.default_rng(0)
    return np.concatenate([random.normal(size=(30, 6)), random.normal(size=(30, 6)) + 9]), np.repeat([0, 1], 30)


def test_a_map_made_apart_is_the_one_of_scikit_learn() -> None:
    rows, _group = groups()
    work = Unfolding("tsne", rows, seed=4)
    try:
        made = work.result()
    finally:
        work.cancel()
    assert work.share == 1.0
    assert made == pytest.approx(unfold("tsne", rows, seed=4), abs=1e-3)


def test_neighbours_stay_neighbours() -> None:
    rows, group = groups()
    made = unfold("tsne", rows, seed=0)
    nearest = [np.argsort(np.hypot(*(made - point).T))[1] for point in made]
    assert (group[nearest] == group).all()


def test_a_cancelled_map_ends_its_process_and_has_no_result() -> None:
    work = Unfolding("tsne", np.random.default_rng(0).normal(size=(3000, 50)), seed=0)
    number = work._child._process.pid
    work.cancel()
    with pytest.raises(ClusterProblem):
        work.result()
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_why_a_map_could_not_be_made_is_said() -> None:
    work = Unfolding("tsne", np.full((5, 2), np.nan), seed=0)
    with pytest.raises(ClusterProblem, match="NaN"):
        work.result()
    work.cancel()


@pytest.mark.skipif(available("umap"), reason="umap-learn is installed")
def test_without_umap_the_way_to_get_it_is_said() -> None:
    with pytest.raises(DoesNotApply, match="pip install umap-learn"):
        compute(trained("moons-mlp", 1), "neighbours", {"node": "linear", "method": "umap"})


@pytest.mark.skipif(not available("umap"), reason="umap-learn is not installed")
def test_umap_keeps_neighbours_too() -> None:
    rows, group = groups()
    work = Unfolding("umap", rows, seed=0)
    made = work.result()
    work.cancel()
    assert made.shape == (60, 2)
    nearest = [np.argsort(np.hypot(*(made - point).T))[1] for point in made]
    assert (group[nearest] == group).mean() > 0.95


# --- errands ----------------------------------------------------------------------------------------------------------


def test_an_errand_ends_with_what_was_found_or_why_not() -> None:
    session = trained("moons-mlp", 2)
    errand = Errand(protocol.Subscribe(3, "landscape", {"resolution": 5}))
    pictures = []
    while errand.due < inf:
        picture = errand.go_on(session, "run")
        if picture is not None:
            pictures.append(picture)
    last = pictures[-1]
    assert (last.id, last.run, last.step, last.labels["progress"]) == (3, "run", 2, 1.0)
    assert np.isfinite(protocol.unpack(last.arrays["loss"])).all()
    sorry = Errand(protocol.Subscribe(4, "neighbours", {"method": "nonsense"})).go_on(session, "run")
    assert sorry is not None
    assert sorry.message


@pytest.mark.parametrize("took", [[0.08], [0.001, 0.08], [0.002, 0.003, 0.08], [0.5, 0.5], [0.001, 0.001]])
def test_quick_pictures_leave_their_time_to_slow_ones(took: list[float]) -> None:
    pictures = Pictures(Outbox(BytesIO()))
    for number, seconds in enumerate(took):
        pictures.look(protocol.Subscribe(number, "weights", {}))
        pictures._looks[number].took = seconds
    looks = list(pictures._looks.values())
    pauses = [max(look.least, look.took / pictures._fair_share()) for look in looks]
    taken = [look.took / pause for look, pause in zip(looks, pauses, strict=True)]
    assert sum(taken) <= 0.1 + 1e-9, "all together take a tenth at most"
    slow = max(took)
    assert sum(taken) == pytest.approx(0.1) or slow == 0.001
    # As if each had the same part of the time, the slow one would wait for as many times as there are pictures.
    assert max(pauses) <= max(10 * len(took) * slow, 0.12)
    assert took != [0.001, 0.08] or max(pauses) < 0.9


def test_what_breaks_in_a_view_is_said_of_the_view(monkeypatch: pytest.MonkeyPatch) -> None:
    session = trained("digits-cnn", 1)
    sent: list[protocol.Picture] = []
    outbox = Outbox(BytesIO())
    monkeypatch.setattr(outbox, "latest", sent.append)
    pictures = Pictures(outbox)
    layer = next(m for m in session.network.modules() if isinstance(m, torch.nn.Conv2d))
    name = next(step.node for step in session.network.plan if step.module is layer)
    layer.weight = torch.nn.Parameter(layer.weight[:, :0].detach())
    for number, probe in enumerate(("activations", "landscape")):
        pictures.look(protocol.Subscribe(number, probe, {"node": name}))
    for look in pictures.due(session, "run"):
        pictures.show(session, "run", look)
    assert len(sent) == 2
    for picture in sent:
        assert picture.message.startswith("This view could not be computed")
    assert "in Conv2d: " in sent[0].message
    outbox.close()


@pytest.fixture
def engine() -> Iterator[Client]:
    client = Client()
    client.wait(lambda event: isinstance(event, protocol.Ready))
    yield client
    assert client.close() == 0


def test_the_engine_trains_on_while_it_computes_and_an_errand_can_be_dropped(engine: Client) -> None:
    experiment = moons(epochs=60)
    engine.send(protocol.Subscribe(1, "landscape", {"resolution": 15}))
    engine.send(protocol.Subscribe(2, "neighbours", {"node": "linear", "method": "tsne"}))
    engine.send(protocol.Train("run", to_text(experiment), "cpu"))
    engine.state("running")
    engine.send(protocol.Unsubscribe(2))
    done = engine.wait(lambda e: isinstance(e, protocol.Picture) and e.id == 1 and e.labels["progress"] == 1.0)
    assert protocol.unpack(done.arrays["loss"]).shape == (15, 15)
    if not any(isinstance(e, protocol.State) and e.state == "done" for e in engine.events):
        engine.state("done")
    assert engine.curve("train_loss", "run")[1] == train(experiment, "cpu").losses
    engine.send(protocol.Subscribe(2, "neighbours", {"node": "linear", "method": "tsne"}))
    engine.wait(lambda e: isinstance(e, protocol.Picture) and e.id == 2)
