"""A table whose rows follow each other in time: windows, forecasts, the naive one beside them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dllab.cli import main
from dllab.data.base import DataProblem
from dllab.data.own.bringing import bring
from dllab.data.own.choosing import choose, ways
from dllab.data.own.cut import Cut
from dllab.data.own.loading import carried
from dllab.data.own.remarks import remarks
from dllab.data.own.starting import starter
from dllab.data.prepare import prepare
from dllab.document.experiment import Choice
from dllab.document.format import load
from dllab.training.session import Session

WAVE = np.round(np.sin(np.arange(120) / 4), 4)


@pytest.fixture
def write(tmp_path: Path):
    def make(text: str, name: str = "t.csv") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return make


def refusal(path: Path, **choices: Any) -> str:
    try:
        return choose(bring(path), **choices).problem()
    except DataProblem as problem:
        return str(problem)


def weather(gaps: bool = False) -> str:
    lines = ["sky,rain,temperature"]
    for n, value in enumerate(WAVE):
        rain = "" if gaps and (n < 2 or n % 10 == 5) else n % 7
        lines.append(f"{'clear' if n % 3 else 'cloudy'},{rain},{value}")
    return "\n".join(lines) + "\n"


def test_one_column_of_numbers_is_a_series(write) -> None:
    series = choose(bring(write("v\n" + "\n".join(map(str, WAVE)) + "\n")), cut=Cut(window=6, horizon=3))
    assert (series.kind, series.problem()) == ("series", "")
    spec, data = series.spec(), series.load(0)
    assert (spec.samples, spec.input, spec.targets, spec.ordered) == (112, (6, 1), ("v",), True)
    for row in (0, 40, 111):
        assert np.allclose(data.x[row, :, 0], WAVE[row : row + 6])
        assert np.allclose(data.y[row], WAVE[row + 6 + 3 - 1])
        assert np.allclose(data.naive[row], WAVE[row + 5]), "whoever knows nothing says the last value"


def test_several_columns_and_which_of_them_go_in(write) -> None:
    facts = bring(write(weather()))
    assert ways(facts) == ("table", "series")
    assert choose(facts).kind == "table"
    series = choose(facts, way="series", cut=Cut(window=4))
    assert series.target == "temperature"
    assert series.spec().features == ("rain", "temperature")
    only = choose(facts, {"temperature": "ignore", "sky": "category"}, "temperature", way="series", cut=Cut(window=4))
    assert only.spec().features == ("sky = clear", "sky = cloudy", "rain")
    data = only.load(0)
    assert data.x[5, :, 2].tolist() == [5, 6, 0, 1]
    assert data.x[5, :, 0].tolist() == [1, 0, 1, 1]
    assert np.allclose(data.y[5], WAVE[9])
    assert np.allclose(data.naive[5], WAVE[8])


def test_gaps_take_what_was_known_before(write) -> None:
    facts = bring(write(weather(gaps=True)))
    series = choose(facts, way="series", cut=Cut(window=3))
    assert (series.rows, series.filled) == (118, 12)
    assert "12 missing values are taken from the row before them." in remarks(facts, series)
    rain = series.load(0).x[:, 0, 0]
    assert np.isfinite(rain).all()
    assert rain[:8].tolist() == [2, 3, 4, 4, 6, 0, 1, 2], "rows 0 and 1 left out, row 5 is as row 4"


def test_carrying_on_is_forward_only() -> None:
    nan = np.nan
    values = np.array([[1, 5], [nan, nan], [nan, 7], [4, nan]], np.float32)
    assert carried(values).tolist() == [[1, 5], [1, 5], [1, 7], [4, 7]]


def test_it_trains_beside_the_naive_forecast(write) -> None:
    series = choose(bring(write(weather())), way="series", cut=Cut(window=8, horizon=2))
    made = starter("t", Choice(kind="series", params=series.model_dump(mode="json")), series.spec())
    parts = prepare(made)
    assert parts.train.index.max() + 8 + 2 - 1 <= parts.validation.index.min() + 8 - 1
    session = Session(made, "cpu")
    while not session.advance().finished:
        pass
    naive, y = parts.test.naive, parts.test.y
    assert naive is not None
    assert session.open_test()["r2"] > 1 - ((naive - y) ** 2).sum() / ((y - y.mean()) ** 2).sum() / 2


@pytest.mark.parametrize(
    ("text", "choices", "sentence"),
    [
        ("v\n" + "1\n2\n3\n" * 4, {"way": "series", "cut": Cut(window=9)}, "t.csv is too short for windows of 9 rows: choose"),
        ("v\nx\ny\n", {"way": "series"}, "t.csv can't be taken for series; it can be: table."),
        (weather(), {"way": "series", "target": "sky"}, "t.csv: column sky can't be predicted: it holds no numbers."),
        (weather(), {"way": "series", "target": ""}, "t.csv: a series is there to be forecast"),
        (weather(), {"way": "series", "types": {"rain": "ignore", "temperature": "ignore"}, "target": "rain"},
         "t.csv: no column goes in. Make one of them a number."),
        ("v\n1\n2\n3\n", {}, "t.csv: no column is left to predict v from. If the rows follow each other in time,"),
    ],
)  # fmt: skip
def test_what_can_not_be_forecast_is_said(write, text: str, choices: dict, sentence: str) -> None:
    assert refusal(write(text), **choices).startswith(sentence)


def test_windows_that_would_fill_the_memory_are_refused(write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dllab.data.own_series._LARGEST", 1000)
    assert "choose a shorter window" in choose(bring(write(weather())), way="series").problem()


def test_the_command_line(write, tmp_path: Path, capsys) -> None:
    target = tmp_path / "w.dllab"
    path = write(weather(gaps=True))
    options = [
        "--as",
        "series",
        "--target",
        "temperature",
        "--window",
        "12",
        "--horizon",
        "2",
        "--type",
        "sky=category",
    ]
    assert main(["import", str(path), *options, "-o", str(target)]) == 0
    told = capsys.readouterr().out
    assert "12 missing values are taken from the row before them." in told
    assert "105 samples of 12 × 4; to predict: temperature." in told
    assert main(["check", str(target)]) == 0
    assert load(target).experiment.data.params["horizon"] == 2
    assert main(["import", str(write("v\n" + "1.5\n2\n" * 30, "one.csv"))]) == 0
    assert "samples of 12 × 1; to predict: v." in capsys.readouterr().out
