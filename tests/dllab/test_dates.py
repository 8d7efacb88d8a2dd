"""Columns of dates: left out unless asked for, and then days, months and weekdays, as Python's own calendar has them."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from dllab.checking import check
from dllab.data.base import DataProblem
from dllab.data.own.bringing import bring
from dllab.data.own.choosing import choose
from dllab.data.own.dates import WIDTH
from dllab.data.own.days import Days, in_days
from dllab.data.own.remarks import remarks
from dllab.data.own.starting import starter
from dllab.data.prepare import prepare
from dllab.document.experiment import Choice
from dllab.training.session import Session

BEGIN = datetime(2023, 12, 30)
DATES = [BEGIN + timedelta(days=3 * n, hours=n % 24, minutes=n % 60) for n in range(60)]


def table(written: list[str]) -> str:
    rows = (f"{date},{n % 7},{n * 0.5}\n" for n, date in enumerate(written))
    return "when,price,sold\n" + "".join(rows)


@pytest.fixture
def facts(tmp_path: Path) -> Any:
    def make(written: list[str]) -> dict[str, Any]:
        path = tmp_path / "sales.csv"
        path.write_text(table(written))
        return bring(path)

    return make


def expected(dates: list[datetime]) -> np.ndarray:
    rows = np.zeros((len(dates), WIDTH))
    for row, date in zip(rows, dates, strict=True):
        row[0] = (date - datetime(*BEGIN.timetuple()[:3])).total_seconds() / 86_400
        row[date.month] = row[12 + date.isoweekday()] = 1
    return rows


@pytest.mark.parametrize(
    ("form", "order"),
    [("%Y-%m-%d", "ymd"), ("%Y-%m-%dT%H:%M:%S", "ymd"), ("%Y/%m/%d %H:%MZ", "ymd"), ("%d.%m.%Y", "dmy"),
     ("%m/%d/%Y %H:%M", "mdy"), ("%d/%m/%y", "dmy"), ("%m-%d-%Y", "mdy")],
)  # fmt: skip
def test_a_date_becomes_days_a_month_and_a_weekday(facts: Any, form: str, order: str) -> None:
    found = facts([date.strftime(form) for date in DATES])
    column = found["columns"][0]
    assert (column["guess"], column["days"]["read"], column["days"]["order"]) == ("ignore", 60, order)
    made = choose(found, {"when": "date"}, "sold")
    there = [date if "%H" in form else date.replace(hour=0, minute=0) for date in DATES]
    x = made.load(0).x
    np.testing.assert_allclose(x[:, :WIDTH], expected(there), atol=2e-4)
    assert (x[:, WIDTH] == [n % 7 for n in range(60)]).all()
    names = made.spec().features
    assert names[:2] == ("when, days", "when, month 1")
    assert names[12:14] == ("when, month 12", "when, weekday 1")
    assert len(names) == WIDTH + 1


def test_dates_are_left_out_until_somebody_asks_for_them(facts: Any) -> None:
    found = facts([f"{date:%d.%m.%Y}" for date in DATES])
    assert [c.type for c in choose(found).columns] == ["ignore", "number", "number"]
    assert "when is left out: it holds dates. As a date it goes in as days, month and weekday." in remarks(
        found, choose(found)
    )
    asked = choose(found, {"when": "date"}, "sold")
    assert remarks(found, asked) == [
        "when goes in as days since 2023-12-30 (the last one is 2024-06-24), month and weekday. "
        "Its dates are read with the day first."
    ]
    with pytest.raises(DataProblem, match="column price holds no dates"):
        choose(found, {"price": "date"}, "sold")
    with pytest.raises(DataProblem, match="holds dates, which can't be predicted"):
        choose(found, {"when": "date"}, "when")


def test_a_table_with_dates_trains_and_its_gaps_are_filled(facts: Any) -> None:
    written = [f"{date:%Y-%m-%d}" for date in DATES]
    written[4], written[9] = "", "2024-02-31"
    found = facts(written)
    dropped = choose(found, {"when": "date"}, "sold", "drop")
    assert (dropped.complete, dropped.rows) == (58, 60)
    assert "1 cell is no date and counts as missing." in remarks(found, dropped)[0]
    made = choose(found, {"when": "date"}, "sold", "most_frequent")
    experiment = starter("own", Choice(kind="table", params=made.model_dump(mode="json")), made.spec())
    assert check(experiment).trainable, [p.text for p in check(experiment).problems]
    prepared = prepare(experiment)
    whole = np.concatenate([prepared.train.raw, prepared.validation.raw, prepared.test.raw])
    assert len(whole) == 60
    assert (whole[:, 1:13].sum(1) == 1).all()
    assert (whole[:, 13:WIDTH].sum(1) == 1).all()
    session = Session(experiment, "cpu")
    assert np.isfinite(session.advance().loss)


def test_a_series_takes_dates_too(facts: Any) -> None:
    found = facts([f"{date:%Y-%m-%d}" for date in DATES])
    made = choose(found, {"when": "date"}, "sold", way="series")
    assert made.spec().features[: WIDTH + 1] == (
        *choose(found, {"when": "date"}, "sold").spec().features[:WIDTH],
        "price",
    )
    assert np.isfinite(made.load(0).x).all()


def test_dates_of_parquet_are_read(tmp_path: Path) -> None:
    path = tmp_path / "sales.parquet"
    pl.DataFrame({"day": [d.date() for d in DATES], "at": DATES, "sold": [n * 0.5 for n in range(60)]}).write_parquet(
        path
    )
    found = bring(path)
    made = choose(found, {"day": "date", "at": "date"}, "sold")
    x = made.load(0).x
    np.testing.assert_allclose(x[:, WIDTH : 2 * WIDTH], expected(DATES), atol=2e-4)
    np.testing.assert_allclose(x[:, 0], np.floor(x[:, WIDTH]))


def test_what_is_no_date_is_none() -> None:
    cells = pl.Series(["2024-13-01", "2024-02-30", "soon", "", None, "2024-05", "1.5", "2024-05-01"])
    found = in_days(cells, "ymd")
    assert np.isnan(found).tolist() == [True, True, True, True, True, False, True, False]
    assert found[5] == found[7] == (datetime(2024, 5, 1) - datetime(1970, 1, 1)).days
    short = in_days(pl.Series(["31.12.68", "01.01.69", "29.02.00"]), "dmy")
    assert [str(np.datetime64(int(day), "D")) for day in short] == ["2068-12-31", "1969-01-01", "2000-02-29"]


def test_dates_of_a_long_file_are_counted_over_all_pieces(tmp_path: Path) -> None:
    days = Days(tmp_path, 3, pl.Series(["2024-05-01"]))
    days.add(pl.Series(["2024-05-01", None]))
    days.add(pl.Series(["2020-02-29", "x", "2024-05-02 23:59:59"]))
    start = datetime(1970, 1, 1)
    span = [float((datetime(*day) - start).days) for day in ((2020, 2, 29), (2024, 5, 2))]
    assert days.facts() == {"read": 3, "span": span, "order": "ymd"}
    assert len(np.fromfile(tmp_path / "days-3.f64")) == 5


def test_a_copy_that_lacks_the_dates_is_made_anew(facts: Any) -> None:
    from dllab.data.own import store

    written = [f"{date:%Y-%m-%d}" for date in DATES]
    found = facts(written)
    assert not facts(written)["new"]
    (store.place(found["content"]) / "days-0.f64").unlink()
    assert facts(written)["new"]
    assert len(choose(found, {"when": "date"}, "sold").load(0).x) == 60
