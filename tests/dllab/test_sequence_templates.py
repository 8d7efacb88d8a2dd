"""What the templates for sequences and words say of themselves, measured."""

import math
from functools import cache
from typing import Any

import numpy as np
import pytest

from dllab.data import DATASETS
from dllab.data.base import IGNORED
from dllab.document import edits
from dllab.document.experiment import Experiment
from dllab.templates import load_template
from dllab.training.session import Session


def _trained(made: Experiment) -> tuple[dict[str, float], Session]:
    """Best validation scores, and what the last epoch said."""
    session = Session(made, "cpu")
    while not (outcome := session.advance()).finished:
        pass
    session.show_best()
    return {**(outcome.metrics or {}), **session.evaluate(*session.validation)}, session


@cache
def _scores(template: str) -> dict[str, float]:
    return _trained(load_template(template))[0]


def test_a_plain_rnn_does_not_add_over_fifty_steps() -> None:
    assert _scores("adding-rnn")["loss"] > 0.15


@pytest.mark.parametrize("template", ["adding-lstm", "adding-gru"])
def test_gates_do(template: str) -> None:
    assert _scores(template)["loss"] < 0.01


def test_an_open_forget_gate_makes_the_lstm_learn_whatever_the_seed() -> None:
    assert _trained(load_template("adding-lstm").model_copy(update={"seed": 2}))[0]["loss"] < 0.01


def test_over_five_steps_the_rnn_adds_too() -> None:
    made = load_template("adding-rnn")
    made = edits.set_path(made, "data.params", {"length": 5, "samples": 2000})
    assert _trained(made)[0]["loss"] < 0.01


def test_waves_are_foretold_better_than_by_saying_nothing_changes() -> None:
    scores = _scores("forecast-lstm")
    assert scores["loss"] < 0.15 * scores["naive_loss"]


def test_a_random_walk_is_not() -> None:
    scores, session = _trained(load_template("random-walk-lstm"))
    assert 0.98 < scores["loss"] / scores["naive_loss"] < 1.05
    validation = session.prepared.validation
    assert scores["naive_loss"] == pytest.approx(float(np.mean(validation.y**2)), rel=1e-5)


def test_the_level_of_a_walk_looks_foretold_and_is_not() -> None:
    made = edits.set_path(load_template("random-walk-lstm"), "data.params", {"samples": 1500, "shown": "levels"})
    session = Session(made, "cpu")
    naive, y = session.prepared.validation.naive, session.prepared.validation.y
    assert naive is not None
    assert 1 - np.mean((naive - y) ** 2) / np.var(y) > 0.9


def test_letters_are_guessed_better_than_by_their_frequency() -> None:
    counts = np.bincount(DATASETS.make("verse", {}).load(0).y.reshape(-1)).astype(float)
    share = counts[counts > 0] / counts.sum()
    entropy = -float((share * np.log(share)).sum())
    scores = _scores("char-lm")
    assert scores["loss"] < entropy - 0.3
    assert scores["accuracy"] > 0.32
    # It learns the training verses by heart, as its note says: the last validation loss is worse than the best one.
    assert scores["val_loss"] > scores["loss"] + 0.5
    assert scores["train_loss"] < 0.8 < math.log(35)


@pytest.mark.parametrize("template", ["text-gru", "text-attention"])
def test_opinions_are_understood_in_order(template: str) -> None:
    assert _scores(template)["accuracy"] > 0.97


def _muted(template: str, node: str, **extra: Any) -> Experiment:
    return edits.replace_node(load_template(template), node, muted=True, **extra)


def test_a_bag_of_words_does_not_understand_them() -> None:
    made = edits.replace_node(load_template("text-gru"), "gru", kind="mean", params={})
    assert _trained(made)[0]["accuracy"] < 0.9


@pytest.mark.parametrize("template", ["copy-attention", "reverse-attention"])
def test_places_solve_copy_and_reverse(template: str) -> None:
    assert _scores(template)["accuracy"] > 0.99
    assert _trained(_muted(template, "positional_encoding"))[0]["accuracy"] < 0.5


def test_a_recommender_comes_near_the_noise() -> None:
    scores, session = _trained(load_template("recommender-mf"))
    assert 0.1 < math.sqrt(scores["loss"]) < 0.13
    assert session.prepared.train.y.std() > 1.0
    wide = edits.set_param(load_template("recommender-mf"), "embedding", "embedding_dim", 20)
    assert _trained(wide)[0]["loss"] > 3 * scores["loss"]


def test_copy_and_reverse_are_what_they_say() -> None:
    copied = DATASETS.make("copy", {"length": 3, "pause": 2}).load(0)
    assert (copied.y[:, :5] == IGNORED).all()
    assert (copied.y[:, 5:] + 1 == copied.x[:, :3]).all()
    assert not copied.x[:, 3:].any()
    turned = DATASETS.make("reverse", {}).load(0)
    assert (turned.x[:, ::-1] == turned.y).all()


def test_windows_and_horizons() -> None:
    series = DATASETS.make("random_walk", {"window": 4, "horizon": 3, "samples": 20, "shown": "levels"}).load(0)
    assert series.naive is not None
    assert (series.naive == series.x[:, -1]).all()
    assert (series.y[:-3, 0] == series.x[3:, -1, 0]).all()
    changes = DATASETS.make("random_walk", {"samples": 20}).load(0)
    assert changes.naive is not None
    assert not changes.naive.any()


def test_no_opinion_is_given_twice() -> None:
    x = DATASETS.make("opinions", {"samples": 3000}).load(1).x
    assert len(np.unique(x, axis=0)) == 3000
