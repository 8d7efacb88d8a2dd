"""Windows of one text or series: what one part sees or is asked, an earlier part has not given away."""

import numpy as np
import pytest
from graphs import experiment

from dllab.checking import check
from dllab.checking.length import steps_per_epoch
from dllab.data.base import split_sizes
from dllab.data.prepare import DataProblem, Part, prepare
from dllab.document.edits import set_path
from dllab.document.experiment import Experiment, Split


def windows(data: str, **params: int) -> Experiment:
    return set_path(experiment(data=data), "data.params", params)


def letters(part: Part, window: int, stride: int) -> set[int]:
    """Positions in the text of all letters that a part shows or asks for."""
    return {int(n) * stride + step for n in part.index for step in range(window + 1)}


@pytest.mark.parametrize(("window", "stride"), [(32, 4), (32, 5), (10, 1), (8, 8), (8, 9), (4, 30)])
def test_parts_of_a_text_share_no_letter(window: int, stride: int) -> None:
    made = prepare(windows("verse", window=window, stride=stride))
    train, validation, test = (letters(p, window, stride) for p in (made.train, made.validation, made.test))
    assert train
    assert validation
    assert test
    assert not train & validation
    assert not train & test
    assert not validation & test
    assert min(validation) - max(train) <= stride, "no more is left out than must be"


@pytest.mark.parametrize("horizon", [1, 2, 7])
def test_forecasts_are_made_before_their_answer_is_seen(horizon: int) -> None:
    window = 5
    made = prepare(windows("random_walk", window=window, horizon=horizon, samples=200))
    for before, after in ((made.train, made.validation), (made.validation, made.test)):
        last_answer = before.index.max() + window + horizon - 1
        first_moment = after.index.min() + window - 1
        assert last_answer <= first_moment < after.index.min() + window + horizon - 1


def test_counts_that_are_said_are_those_that_come() -> None:
    made = windows("verse", window=32, stride=4)
    found = check(made)
    assert found.data is not None
    parts = prepare(made)
    sizes = tuple(len(p) for p in (parts.train, parts.validation, parts.test))
    assert sizes == split_sizes(found.data.samples, made.split, found.data.gap)
    assert sum(sizes) == found.data.samples - 2 * 8
    assert steps_per_epoch(made, found) == -(-sizes[0] // made.training.batch_size)


def test_a_gap_is_taken_only_where_a_part_follows() -> None:
    assert split_sizes(100, Split(test=0.0, validation=0.0), 8) == (100, 0, 0)
    assert split_sizes(100, Split(test=0.0, validation=0.2), 8) == (72, 20, 0)
    assert split_sizes(100, Split(test=0.2, validation=0.0), 8) == (72, 0, 20)
    assert split_sizes(100, Split(test=0.2, validation=0.25), 8) == (52, 12, 20)


def test_a_gap_that_leaves_nothing_is_said() -> None:
    made = windows("random_walk", window=5, horizon=90, samples=100)
    assert "split" in [problem.code for problem in check(made).problems]
    with pytest.raises(DataProblem, match="leave nothing to train on"):
        prepare(made)


def test_the_windows_are_cut_where_the_positions_say() -> None:
    made = prepare(windows("random_walk", window=3, horizon=2, samples=50))
    level = np.concatenate([made.train.raw[:, 0, 0], made.train.raw[-1, 1:, 0]])
    assert np.array_equal(made.train.y[:-3, 0], level[4 : 4 + len(made.train.y) - 3])
