"""What the benchmarks say about their figures. (Speed itself is measured by hand: `make bench`.)"""

import pytest

from benchmarks import experiments, run
from dllab.checking import check


@pytest.mark.parametrize(
    ("path", "value", "verdict"),
    [
        ("training.mlp.lab_over_textbook", 1.9, "reached"),
        ("training.mlp.lab_over_textbook", 1.7, "MISSED"),
        ("training.cnn.late_ms_p99", 16, "reached"),
        ("training.cnn.late_ms_p99", 16.1, "MISSED"),
        ("training.cnn.late_ms_p50", 900.0, ""),
    ],
)
def test_a_figure_is_held_against_what_is_to_be_reached(path: str, value: float, verdict: str) -> None:
    assert run._verdict(path, value)[1] == verdict


def test_the_table_has_a_line_for_every_figure() -> None:
    lines = list(run.table({"start": {"window_visible_s": 0.5, "engine_ready_s": 2.0}, "checking": {"100": 1.6}}))
    assert len(lines) == 3
    assert lines[0].split() == ["start.window_visible_s", "0.500", "≤", "0.7", "reached"]


@pytest.mark.parametrize("name", experiments.NAMES)
def test_what_is_measured_can_train(name: str) -> None:
    experiment = experiments.experiment(name)
    checked = check(experiment)
    assert checked.trainable
    assert checked.parameters == {"mlp": 2 * 32 + 32 + 32 * 32 + 32 + 32 * 2 + 2, "cnn": 6090}[name]
    assert experiment.training.batch_size == 32
