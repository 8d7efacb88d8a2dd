"""A person's own tables: read as they are written, refused in one sentence, kept by content, trained on."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from dllab.checking import check
from dllab.cli import main
from dllab.data.base import DataProblem
from dllab.data.own import chunks, store
from dllab.data.own.bringing import bring
from dllab.data.own.choosing import choose
from dllab.data.own.remarks import remarks
from dllab.data.own.sniffing import sniff
from dllab.data.own.starting import starter
from dllab.data.prepare import prepare
from dllab.data.table import Table
from dllab.document import edits
from dllab.document.experiment import Choice, Experiment
from dllab.document.format import from_text, load, to_text
from dllab.training.run import train
from dllab.training.session import Session

HOUSES = """area,rooms,city,price
50,2,Lyon,100
60.5,3,Paris,200
70,3,Paris,300
80,4,Lyon,250
90,4,Nice,320
"""


@pytest.fixture
def write(tmp_path):
    def make(text: str | bytes, name: str = "houses.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return make


def loaded(path: Path, **choices: Any) -> tuple[Table, Any]:
    table = choose(bring(path), **choices)
    return table, table.load(0)


def experiment_of(table: Table) -> Experiment:
    return starter("own", Choice(kind="table", params=table.model_dump(mode="json")), table.spec())


# --- what is in the file -----------------------------------------------------------------------------------------------


def test_numbers_categories_and_target(write) -> None:
    table, arrays = loaded(write(HOUSES))
    spec = table.spec()
    assert spec.features == ("area", "rooms", "city = Lyon", "city = Nice", "city = Paris")
    assert (spec.task, spec.targets, spec.samples, spec.input) == ("regression", ("price",), 5, (5,))
    assert arrays.x.tolist()[1] == [60.5, 3, 0, 0, 1]
    assert arrays.y[:, 0].tolist() == [100, 200, 300, 250, 320]


def test_a_class_to_tell_apart(write) -> None:
    table, arrays = loaded(write(HOUSES), target="city")
    assert table.spec().classes == ("Lyon", "Nice", "Paris")
    assert arrays.y.tolist() == [0, 2, 2, 0, 1]
    assert arrays.y.dtype == np.int64


def test_few_whole_numbers_as_target_are_classes(write) -> None:
    rows = "".join(f"{n * 0.37},{n % 3}\n" for n in range(60))
    table, arrays = loaded(write("x,label\n" + rows))
    assert table.spec().classes == ("0", "1", "2")
    assert arrays.y.tolist() == [n % 3 for n in range(60)]
    assert choose(bring(write("x,label\n" + rows)), types={"label": "number"}).spec().task == "regression"


@pytest.mark.parametrize(
    ("data", "encoding", "delimiter", "decimal"),
    [
        (HOUSES.encode(), "utf-8-sig", ",", "."),
        (HOUSES.encode("utf-8-sig"), "utf-8-sig", ",", "."),
        (HOUSES.encode("utf-16"), "utf-16", ",", "."),
        (HOUSES.replace(",", ";").replace(".", ",").encode(), "utf-8-sig", ";", ","),
        (HOUSES.replace(",", "\t").encode(), "utf-8-sig", "\t", "."),
        (HOUSES.replace(",", "|").encode(), "utf-8-sig", "|", "."),
        (HOUSES.replace("Paris", "北京").encode("gb18030"), "gb18030", ",", "."),
        (HOUSES.replace("Nice", "Besançon").replace("city", "cité").encode("cp1252"), "cp1252", ",", "."),
        (HOUSES.replace("\n", "\r\n").encode(), "utf-8-sig", ",", "."),
    ],
    ids=["utf-8", "bom", "utf-16", "semicolon", "tab", "bar", "gb18030", "cp1252", "crlf"],
)
def test_writings_are_found_out(write, data: bytes, encoding: str, delimiter: str, decimal: str) -> None:
    path = write(data)
    reading = sniff(data, path.name)
    assert (reading.encoding, reading.delimiter, reading.decimal, reading.header) == (
        encoding,
        delimiter,
        decimal,
        True,
    )
    table, arrays = loaded(path)
    assert arrays.x[:, :2].tolist() == [[50, 2], [60.5, 3], [70, 3], [80, 4], [90, 4]]
    assert len(table.spec().features) == 5


def test_without_a_header(write) -> None:
    table, arrays = loaded(write("1,2\n3,5\n4,9\n"))
    assert table.spec().features == ("column 1",)
    assert arrays.y[:, 0].tolist() == [2, 5, 9]


def test_quotation_marks_hide_delimiters_and_line_breaks(write) -> None:
    table, arrays = loaded(write('name,x,y\n"a, b",1,2\n"c\nd",3,4\n"a, b",5,6\n'), types={"name": "category"})
    assert table.spec().features == ("name = a, b", "name = c\nd", "x")
    assert arrays.x.tolist() == [[1, 0, 1], [0, 1, 3], [1, 0, 5]]


def test_in_small_pieces_it_is_the_same(write, monkeypatch: pytest.MonkeyPatch) -> None:
    text = HOUSES + "".join(f'{n},{n % 7},"Q\n{n % 3}",{n * 2}\n' for n in range(300))
    whole = loaded(write(text))[1]
    monkeypatch.setattr(chunks, "BLOCK", 97)
    pieces = loaded(write(text))[1]
    assert np.array_equal(whole.x, pieces.x)
    assert np.array_equal(whole.y, pieces.y)


def test_doubled_names_and_empty_ones(write) -> None:
    table, _arrays = loaded(write("a,a,,y\n1,2,3,4\n5,6,7,9\n"))
    assert table.spec().features == ("a", "a (2)", "column 3")


def test_a_constant_column_is_left_out(write) -> None:
    table, _arrays = loaded(write("a,b,y\n1,5,2\n2,5,3\n3,5,9\n"))
    assert table.spec().features == ("a",)


def test_empty_lines_are_no_rows(write) -> None:
    _table, arrays = loaded(write("a,y\n1,2\n\n3,4\n\n\n5,9\n"))
    assert arrays.x[:, 0].tolist() == [1, 3, 5]


def test_parquet(tmp_path) -> None:
    path = tmp_path / "t.parquet"
    frame = {
        "x": [1.5, 2.5, None, 4.0],
        "on": [True, False, True, False],
        "word": ["a", "b", "a", "b"],
        "y": [1, 2, 3, 4],
    }
    pl.DataFrame(frame).write_parquet(path)
    table, arrays = loaded(path, missing="drop")
    assert table.spec().features == ("x", "on = false", "on = true", "word = a", "word = b")
    assert arrays.x.tolist() == [[1.5, 0, 1, 1, 0], [2.5, 1, 0, 0, 1], [4.0, 1, 0, 0, 1]]
    assert arrays.y[:, 0].tolist() == [1, 2, 4]


# --- gaps --------------------------------------------------------------------------------------------------------------


GAPPY = "a,c,y\n" + "".join(
    f"{'' if n % 10 == 3 else n},{'NA' if n % 10 == 5 else 'uvv'[n % 3]},{'?' if n == 7 else n}\n" for n in range(100)
)


def test_gaps_are_counted_and_dropped(write) -> None:
    facts = bring(write(GAPPY))
    assert [column["missing"] for column in facts["columns"]] == [10, 10, 1]
    table = choose(facts, missing="drop")
    assert (table.rows, table.complete, table.spec().samples) == (99, 79, 79)
    assert np.isfinite(table.load(0).x).all()


@pytest.mark.parametrize("fill", ["mean", "most_frequent"])
def test_gaps_get_what_the_training_part_shows(write, fill: str) -> None:
    table = choose(bring(write(GAPPY)), missing=fill)
    assert table.spec().samples == 99
    gaps = np.isnan(table.load(0).x)
    prepared = prepare(experiment_of(table))
    train = prepared.train
    known = train.raw[:, 0][~gaps[train.index, 0]]
    expected = known.mean() if fill == "mean" else np.sort(known)[0]  # every value comes once: the smallest
    for part in (train, prepared.validation, prepared.test):
        filled = part.raw[:, 0][gaps[part.index, 0]]
        assert len(filled)
        assert filled == pytest.approx(np.full(len(filled), expected), rel=1e-6)
        assert (part.raw[:, 1:].sum(1) == 1).all(), "one category each"


def test_endless_numbers_count_as_gaps(write) -> None:
    facts = bring(write("a,y\n1,2\ninf,3\nNaN,4\n-inf,5\n9,7\n"))
    assert facts["columns"][0]["missing"] == 3
    assert choose(facts, missing="drop").spec().samples == 2


# --- what can not be used ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "houses.csv is empty"),
        (b"  \n\n ", "houses.csv is empty"),
        (b"a,b,c\n", "houses.csv has a row of names and no rows of values."),
        (b"a,b\n1,2\n3,4,5\n6,7\n", "houses.csv, row 3: 3 cells instead of 2."),
        (b"a,b\n1,2\n3\n", "houses.csv, row 3: 1 cells instead of 2."),
        (b'a,b\n1,"x"\n2\n', "houses.csv, row 3: 1 cells instead of 2."),
        (b"a,b\n1,2\n\x00\x01\x02,4\n", "is not a text table"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is not a text table"),
        (b"words,more\nx y z,a b\nq,r\n" * 1, ""),
    ],
)
def test_bad_files_are_refused_in_one_sentence(write, data: bytes, sentence: str) -> None:
    path = write(data)
    if not sentence:
        assert bring(path)["rows"] == 2
        return
    with pytest.raises(DataProblem, match=sentence) as caught:
        bring(path)
    assert "\n" not in str(caught.value)
    assert list(store.folder().iterdir()) == [], "nothing is left behind"


def test_bytes_of_another_encoding_are_placed(write) -> None:
    path = write("name,y\n" + "ok,1\n" * 200 + "caf\xe9,2\n")
    path.write_bytes(path.read_bytes().replace("é".encode(), b"\xe9"))
    with pytest.raises(DataProblem, match=r"row 202: the bytes are not text in UTF-8. Choose another encoding"):
        bring(path, {"encoding": "utf-8-sig"})
    assert bring(path)["rows"] == 201


def test_a_quotation_mark_that_stays_open(write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "BLOCK", 200)
    monkeypatch.setattr(chunks, "_LONGEST_ROW", 800)
    with pytest.raises(DataProblem, match="a quotation mark is opened and never closed"):
        bring(write('a,b\n1,"2\n' + "3,4\n" * 1000))


def test_no_file_and_a_folder(tmp_path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(DataProblem):
            bring(path)


def test_broken_parquet(write) -> None:
    with pytest.raises(DataProblem, match=r"x\.parquet can't be read as Parquet"):
        bring(write(b"PAR1 not really PAR1", "x.parquet"))


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"target": "size"}, "has no column size; it has area, rooms, city, price"),
        ({"types": {"city": "number"}}, "row 2: column city holds 'Lyon', which is no number"),
        ({"types": {"city": "colour"}}, "colour is no type of column"),
        ({"types": {"city": "text"}, "target": "city"}, "column city can't be predicted"),
    ],
)
def test_choices_that_do_not_fit(write, choices: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DataProblem, match=sentence):
        choose(bring(write(HOUSES)), **choices)


def test_one_class_and_nothing_to_learn_from(write) -> None:
    for given in ({"target": "kind"}, {"target": "kind", "types": {"kind": "category"}}):
        with pytest.raises(
            DataProblem, match=r"houses\.csv: kind has only one value, x: there is nothing to tell apart\."
        ):
            choose(bring(write("a,kind\n1,x\n2,x\n3,x\n")), **given)
    alone = choose(bring(write("kind\nx\ny\nx\n")), target="kind", types={"kind": "category"})
    assert "no column is left" in alone.problem()


def test_too_many_words_are_text(write) -> None:
    facts = bring(write("w,y\n" + "".join(f"w{n},{n}\n" for n in range(1500))))
    assert facts["columns"][0]["guess"] == "text"
    with pytest.raises(DataProblem, match="too many for categories"):
        choose(facts, types={"w": "category"})


# --- what is told about a table ----------------------------------------------------------------------------------------


SALES = "id,when,price,sold\n" + "".join(
    f"{n + 1},2024-{n % 12 + 1:02d}-{n % 28 + 1:02d},{n % 9},{('no', 'yes')[n % 2]}\n" for n in range(40)
)


def test_numbers_of_rows_and_dates_are_left_out(write) -> None:
    facts = bring(write(SALES))
    table = choose(facts)
    assert [(c.name, c.type) for c in table.columns] == [
        ("id", "ignore"), ("when", "ignore"), ("price", "number"), ("sold", "category")
    ]  # fmt: skip
    assert remarks(facts, table) == ["id is left out: it only numbers the rows.", "when is left out: it holds dates. As a date it goes in as days, month and weekday.",
                                     "If the rows follow each other in time, take the table for a series."]  # fmt: skip
    assert choose(facts, {"id": "number", "when": "category"}).spec().features[:2] == ("id", "when = 2024-01-01")


@pytest.mark.parametrize("dates", [
    ["2024-01-05 12:30", "2023-12-31T23:59:59Z"], ["5.1.2024", "31.12.23"], ["01/05/2024 9:15", "12/31/2023"], ["2024/1/5", "2023/12/31"]
])  # fmt: skip
def test_dates_are_never_what_is_predicted(write, dates: list[str]) -> None:
    facts = bring(write("x,when\n" + "".join(f"{n * 7 % 5},{dates[n % len(dates)]}\n" for n in range(30))))
    with pytest.raises(DataProblem, match=r"column when holds dates, which can't be predicted"):
        choose(facts, target="when")
    assert choose(facts).target == "x"


def test_numbers_that_are_no_dates(write) -> None:
    facts = bring(write("version,y\n" + "".join(f"1.{n}.{n % 4},{n % 7}\n" for n in range(30))))
    assert facts["columns"][0]["guess"] != "ignore"


@pytest.mark.parametrize(
    ("name", "values", "others", "left_out"),
    [
        ("id", range(1, 31), 1, True),
        ("Id", [n * 7 % 30 for n in range(30)], 1, True),
        ("x", range(30), 0, False),
        ("x", range(30), 1, True),
        ("id", [*range(29), 5], 1, False),
        ("id", [n * 2 for n in range(30)], 1, False),
        ("id", [0.5, *range(1, 30)], 1, False),
    ],
)
def test_what_only_numbers_the_rows(write, name: str, values, others: int, left_out: bool) -> None:
    names = ["b", "c"][:others]
    rows = [",".join([str(value), *(str((n * n + k) % 11) for k in range(others)), str(n % 3)])
            for n, value in enumerate(values)]  # fmt: skip
    facts = bring(write(",".join([name, *names, "y"]) + "\n" + "\n".join(rows) + "\n"))
    assert (facts["columns"][0]["guess"] == "ignore") is left_out


def test_rows_are_recognised_as_numbered_over_many_pieces(write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "BLOCK", 50)
    assert bring(write("id,a,y\n" + "".join(f"{n + 1},{n % 5},{n % 3}\n" for n in range(300))))["columns"][0][
        "counting"
    ]


def test_a_target_with_one_value_is_said_and_no_other_taken(write) -> None:
    facts = bring(write("a,b,y\n" + "".join(f"{n},{n * n},x\n" for n in range(30))))
    sentence = "houses.csv: y has only one value, x: there is nothing to tell apart. Choose another column to predict."
    for target in (None, "y"):
        with pytest.raises(DataProblem) as caught:
            choose(facts, target=target)
        assert str(caught.value) == sentence
    assert choose(facts, target="b").spec().targets == ("b",)
    assert choose(facts, {"y": "ignore"}).target == "b"


def test_text_where_numbers_belong_is_counted_and_placed(write) -> None:
    rows = [f"{n},{n * 2}" for n in range(50)]
    rows[16], rows[30], rows[31] = "many,1", "few,2", ",3"
    facts = bring(write("a,y\n" + "\n".join(rows) + "\n"))
    table = choose(facts)
    assert remarks(facts, table)[0] == (
        "houses.csv, row 18: column a holds 'many', which is no number, and 1 more such cells; they count as missing."
    )
    assert (table.rows, table.complete) == (50, 47)
    with pytest.raises(DataProblem, match=r"row 2: column city holds 'Lyon', which is no number, as in 5 rows\."):
        choose(bring(write(HOUSES)), {"city": "number"})


# --- kept by content ---------------------------------------------------------------------------------------------------


def test_the_document_holds_no_path_and_opens_again(write, tmp_path) -> None:
    made = experiment_of(choose(bring(write(HOUSES))))
    text = to_text(made)
    assert str(tmp_path) not in text
    assert from_text(text).experiment == made


def test_the_same_file_is_kept_once_and_a_lost_copy_comes_back(write) -> None:
    path = write(HOUSES)
    first = bring(path)
    table = choose(first)
    assert first["new"]
    assert not bring(path)["new"]
    store.forget(first["content"])
    with pytest.raises(DataProblem, match=r"houses\.csv is not on this computer: import the same file again"):
        table.load(0)
    assert bring(path)["content"] == first["content"]
    assert len(table.load(0).x) == 5


@pytest.mark.parametrize("name", [store.FACTS, store.NUMBERS])
def test_a_damaged_copy_is_said(write, name: str) -> None:
    facts = bring(write(HOUSES))
    table = choose(facts)
    (store.place(facts["content"]) / name).write_bytes(b"{")
    with pytest.raises(DataProblem, match="damaged"):
        table.load(0)


def test_content_is_never_a_way_out_of_the_folder() -> None:
    for content in ("../../etc", "a" * 63, "/etc/passwd", "A" * 64):
        with pytest.raises(ValueError, match=r"content|pattern|string"):
            Table.model_validate_json(json.dumps({"source": {"content": content}}))
        assert not store.is_here(content)


# --- training and the command line -------------------------------------------------------------------------------------


def test_a_table_trains(write) -> None:
    rows = "".join(f"{n % 17},{n % 5},{'high' if (n % 17) > 8 else 'low'}\n" for n in range(400))
    made = experiment_of(choose(bring(write("a,b,label\n" + rows))))
    result = train(made, "cpu")
    assert result.session.open_test()["accuracy"] > 0.9


def test_import_writes_an_experiment_that_checks(write, tmp_path, capsys) -> None:
    target = tmp_path / "h.dllab"
    assert main(["import", str(write(HOUSES)), "--target", "city", "--type", "rooms=category", "-o", str(target)]) == 0
    told = capsys.readouterr().out
    assert "houses.csv: 5 rows" in told
    assert "5 samples of 5; to predict: city (3 classes)." in told
    assert load(target).experiment.data.kind == "table"
    assert main(["check", str(target)]) == 0
    assert main(["import", str(write(HOUSES)), "-o", str(target)]) == 2
    assert "is there already" in capsys.readouterr().err


def test_import_says_what_columns_are_taken_for(write, capsys) -> None:
    rows = "".join(f"{'x' if n == 3 else n},{n % 3}\n" for n in range(60))
    assert main(["import", str(write("a,label\n" + rows))]) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in told[2:4]] == [["a", "number"], ["label", "category"]], (
        "and not the first guess"
    )
    assert "houses.csv, row 5: column a holds 'x', which is no number; it counts as missing." in told
    assert main(["import", str(write(HOUSES)), "--target", "nothing"]) == 2
    assert "houses.csv: 5 rows" in capsys.readouterr().out, "so that a better choice can be made"


def test_import_into_an_experiment_and_what_goes_wrong(write, tmp_path, capsys) -> None:
    target = tmp_path / "x.dllab"
    main(["new", "iris-softmax", "-o", str(target)])
    before = target.read_bytes()
    assert main(["import", str(write("a,b\n1\n", "bad.csv")), "--into", str(target)]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("dllab: bad.csv, row 2: 1 cells instead of 2.")
    assert target.read_bytes() == before
    assert main(["import", str(write(HOUSES)), "--into", str(target)]) == 0
    assert load(target).experiment.data.kind == "table"


def test_a_table_without_a_target_is_clustered_whole(write, tmp_path, capsys) -> None:
    rows = "".join(f"{n % 2 * 9 + n * 0.01},{n % 2 * 5 - n * 0.01},{'ab'[n % 2]}\n" for n in range(30))
    table, arrays = loaded(write("p,q,letter\n" + rows), target="")
    spec = table.spec()
    assert (spec.task, spec.targets, spec.classes, spec.input) == ("none", (), (), (4,))
    assert arrays.x.shape == (30, 4)
    assert arrays.y.shape == (30, 0)
    path = tmp_path / "own.dllab"
    assert main(["import", str(write("p,q,letter\n" + rows)), "--no-target", "-o", str(path)]) == 0
    told = capsys.readouterr().out
    assert "30 samples of 4; nothing to predict: they can be clustered." in told
    assert f"Cluster it with: dllab cluster {path}" in told
    assert main(["cluster", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["counts"] == {"0": 15, "1": 15}
    assert "ari" not in found["scores"]
    assert choose(bring(write("a\nx\nx\n")), target="").problem() == (
        "houses.csv: no column holds numbers or categories to cluster."
    )


def test_no_network_learns_where_nothing_is_to_be_predicted(write, tmp_path, capsys) -> None:
    path = tmp_path / "net.dllab"
    main(["new", "iris-softmax", "-o", str(path)])
    assert main(["import", str(write(HOUSES)), "--no-target", "--into", str(path)]) == 0
    assert [p.code for p in check(load(path).experiment).problems] == ["no-target"]


def test_import_speaks_json_line_by_line(write) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dllab", "import", str(write(HOUSES)), "--json"],
        capture_output=True, text=True, timeout=60, env=os.environ,
    )  # fmt: skip
    events = [event for event in map(json.loads, done.stdout.splitlines()) if event["event"] != "progress"]
    assert [event["event"] for event in events] == ["found", "chosen"]
    assert events[-1]["params"]["target"] == "price"
    again = ["import", "--content", events[0]["facts"]["content"], "--target", "city", "--json"]
    assert main(again) == 0


def test_progress_is_told(write) -> None:
    seen: list[tuple[int, int]] = []
    path = write(HOUSES * 1)
    bring(path, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(HOUSES), len(HOUSES))


def test_looking_at_the_declaration_loads_no_polars() -> None:
    code = "import sys, dllab.data, dllab.data.own.starting; assert 'polars' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_category_that_training_never_sees_stops_nothing(write) -> None:
    """One value only in the last rows, which a split without shuffling by class may well keep out of training."""
    rows = "".join(f"{n},{'new' if n == at else 'ab'[n % 2]},{'yn'[n % 2]}\n" for n in range(40) for at in (3,))
    facts = bring(write("x,kind,label\n" + rows))
    table = choose(facts, {"kind": "category"}, "label")
    experiment = starter("own", Choice(kind="table", params=table.model_dump(mode="json")), table.spec())
    for seed in range(6):
        experiment = edits.set_path(experiment, "seed", seed)
        prepared = prepare(experiment)
        place = prepared.spec.features.index("kind = new")
        assert np.isfinite(prepared.test.x).all()
        assert np.isfinite(prepared.validation.x).all()
        if not prepared.train.raw[:, place].any():
            session = Session(edits.set_path(experiment, "training.epochs", 1), "cpu")
            while not session.advance().finished:
                pass
            assert np.isfinite(list(session.open_test().values())).all()
            return
    raise AssertionError("no seed kept the value out of training")


def test_a_label_that_is_always_the_same_is_spoken_of_though_one_column_is_left(write) -> None:
    """One column of numbers beside it could be a series; that nobody has asked for."""
    facts = bring(write("x,label\n" + "".join(f"{n * 1.5},yes\n" for n in range(40))))
    with pytest.raises(DataProblem, match="label has only one value, yes"):
        choose(facts)
    assert choose(facts, way="series").kind == "series"
