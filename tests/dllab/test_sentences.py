"""Columns of sentences in a person's own table: which they are, their words as indices, and that a network reads them."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dllab.checking import check
from dllab.cli import main
from dllab.data.base import DataProblem
from dllab.data.own import chunks, store
from dllab.data.own.bringing import bring
from dllab.data.own.choosing import choose, ways
from dllab.data.own.cut import Cut
from dllab.data.own.prose import is_prose
from dllab.data.own.remarks import remarks
from dllab.data.own.source import UNKNOWN
from dllab.data.own.starting import starter
from dllab.data.prepare import prepare
from dllab.document import edits
from dllab.document.experiment import Choice, Experiment
from dllab.document.format import load, to_text
from dllab.engine.protocol import Look
from dllab.engine.summary import summarise
from dllab.layers.base import is_padded
from dllab.templates import load_template
from dllab.training.session import Session

GOOD = ("lovely", "warm", "funny", "clever", "bright")
BAD = ("dull", "cold", "sad", "rude", "awful")


def reviews(count: int = 120) -> str:
    """Rows of a review, its stars and whether it praises; number 7 has no review and number 9 no label."""
    drawn = random.Random(3)
    lines = ["stars,review,label"]
    for n in range(count):
        praises = n % 2
        word = drawn.choice(GOOD if praises else BAD)
        text = f'"The {drawn.choice(("film", "soup", "room"))} was {"very " * drawn.randrange(3)}{word}, I think {n}."'
        lines.append(f"{4 if praises else 2},{'' if n == 7 else text},{'' if n == 9 else ('bad', 'good')[praises]}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "reviews.csv"
    found.write_text(reviews())
    return found


def experiment_of(dataset: Any) -> Experiment:
    return starter("own", Choice(kind="sentences", params=dataset.model_dump(mode="json")), dataset.spec())


@pytest.mark.parametrize(
    ("cells", "prose"),
    [
        (["The soup was cold.", None, "I liked it very much"], True),
        (["北京的春天很短", "我很喜欢"], True),
        (["2020-01-02", "2021-11-30"], False),
        (["New York", "Rio de Janeiro", "Bern", "Oslo"], False),
        (["A-12-X", "B-9-Y"], False),
        (["12.5", "3"], False),
        ([None, ""], False),
    ],
)
def test_sentences_are_told_from_names_and_dates(cells: list[str | None], prose: bool) -> None:
    assert is_prose(cells) is prose


def test_words_become_indices(path: Path) -> None:
    facts = bring(path)
    assert [column["guess"] for column in facts["columns"]] == ["number", "text", "category"]
    assert ways(facts) == ("table", "series", "sentences")
    made = choose(facts, target="label", way="sentences", cut=Cut(vocabulary=12, length=9))
    spec, data = made.spec(), made.load(0)
    assert made.problem() == ""
    assert (spec.samples, spec.classes, spec.input, is_padded(spec.input)) == (118, ("bad", "good"), (9,), True)
    assert (len(spec.tokens), spec.tokens[0], spec.tokens[-1]) == (14, "", UNKNOWN)
    rows = [line.split('"')[1].lower() for n, line in enumerate(reviews().splitlines()[1:]) if n not in (7, 9)]
    for row in (0, 7, 8, 117):
        plain = rows[row].replace(",", " ,").replace(".", " .").split()[:9]
        wanted = [word if word in spec.tokens else UNKNOWN for word in plain]
        assert [spec.tokens[n] for n in data.x[row]] == wanted + [""] * (9 - len(wanted))
    assert data.y[:8].tolist() == [0, 1, 0, 1, 0, 1, 0, 0]


def test_a_review_and_its_label_are_read_as_sentences(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text("\n".join(line.split(",", 1)[1] for line in reviews().splitlines()) + "\n")
    made = choose(bring(path))
    assert (made.kind, made.words, made.target) == ("sentences", "review", "label")
    session = Session(edits.set_path(experiment_of(made), "training.epochs", 20), "cpu")
    while not session.advance().finished:
        pass
    assert session.open_test()["accuracy"] > 0.9


@pytest.mark.parametrize("template", ["text-gru", "text-attention"])
def test_the_templates_take_them(path: Path, template: str) -> None:
    made = choose(bring(path), target="label", way="sentences")
    given = Choice(kind="sentences", params=made.model_dump(mode="json"))
    experiment = edits.set_path(load_template(template), "data", given)
    assert check(experiment).trainable, [problem.text for problem in check(experiment).problems]
    session = Session(experiment, "cpu")
    first = session.evaluate(*session.validation)["loss"]
    for _n in range(60):
        if session.advance().finished:
            break
    assert session.evaluate(*session.validation)["loss"] < first


def test_a_number_can_be_found_out_too(path: Path) -> None:
    made = choose(bring(path), {"stars": "number"}, "stars", way="sentences")
    assert (made.spec().task, made.spec().targets, made.spec().samples) == ("regression", ("stars",), 119)
    assert set(made.load(0).y[:, 0].tolist()) == {2.0, 4.0}
    assert check(experiment_of(made)).trainable


def test_what_is_cut_off_or_unknown_is_said(path: Path) -> None:
    facts = bring(path)
    said = remarks(facts, choose(facts, target="label", way="sentences", cut=Cut(length=8, vocabulary=20)))
    longer = sum(len(line.split('"')[1].replace(",", " ,").replace(".", " .").split()) > 8
                 for line in reviews().splitlines()[1:] if '"' in line)  # fmt: skip
    assert f"{longer} texts are longer than 8 words: the rest of them is cut off." in said
    assert said[0].startswith("139 different words; the 119 rarest are one, the unknown")
    assert said[-1].startswith("Not used: stars. The one Input takes words or numbers, not both")
    table = choose(facts, target="label")
    assert "review is left out: it holds text. To read its words, take the table for sentences." in remarks(
        facts, table
    )


def test_in_small_pieces_it_is_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = choose(bring(path), target="label", way="sentences").load(0)
    store.forget(bring(path)["content"])
    monkeypatch.setattr(chunks, "BLOCK", 300)
    pieces = choose(bring(path), target="label", way="sentences").load(0)
    assert np.array_equal(whole.x, pieces.x)
    assert np.array_equal(whole.y, pieces.y)


def test_rare_words_are_forgotten_before_they_fill_the_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "BLOCK", 300)
    monkeypatch.setattr("dllab.data.own.prose._REMEMBERED", 25)
    words = dict(bring(path)["columns"][1]["words"]["common"])
    assert words["the"] == 119, "what is common is counted in full"
    assert len(words) < 80


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"cut": Cut(words="stars")}, "reviews.csv: column stars holds no sentences to read."),
        ({"cut": Cut(words="nothing")}, "reviews.csv has no column nothing; it has stars, review, label."),
        ({"target": "review"}, "reviews.csv: no column holds sentences to read."),
        ({"target": ""}, "reviews.csv: sentences are read to find something out"),
    ],
)
def test_choices_that_do_not_fit(path: Path, choices: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DataProblem) as caught:
        choose(bring(path), way="sentences", **choices)
    assert str(caught.value).startswith(sentence)


def test_one_label_and_too_much_text(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(reviews().replace("good", "bad"))
    with pytest.raises(
        DataProblem, match=r"reviews\.csv: label has only one value, bad: there is nothing to tell apart"
    ):
        choose(bring(path), {"label": "category"}, "label", way="sentences")
    path.write_text(reviews())
    monkeypatch.setattr("dllab.data.sentences._LARGEST", 100)
    assert "choose a shorter length" in choose(bring(path), target="label", way="sentences").problem()


def test_a_damaged_copy_is_said(path: Path) -> None:
    facts = bring(path)
    made = choose(facts, target="label", way="sentences")
    (store.place(facts["content"]) / "words-1.utf8").unlink()
    with pytest.raises(DataProblem, match="damaged"):
        made.load(0)


def test_the_command_line(path: Path, tmp_path: Path, capsys) -> None:
    target = tmp_path / "r.dllab"
    options = ["--as", "sentences", "--words", "review", "--target", "label", "--vocabulary", "30", "--length", "12"]
    assert main(["import", str(path), *options, "-o", str(target)]) == 0
    assert "118 samples of 12; to predict: label (2 classes)." in capsys.readouterr().out
    made = load(target).experiment
    assert [node.kind for node in made.model.nodes.values()] == ["input", "embedding", "gru", "linear", "output"]
    assert main(["check", str(target)]) == 0
    assert len(prepare(made).spec.tokens) == 32


def split_reviews(tmp_path: Path, count: int = 60) -> Experiment:
    """Every review has a word of its own beside those that all share."""
    path = tmp_path / "own.csv"
    rows = "".join(
        f"it was rather {('dull', 'lovely')[n % 2]} said number{n},{('bad', 'good')[n % 2]}\n" for n in range(count)
    )
    path.write_text("review,label\n" + rows)
    return experiment_of(choose(bring(path)))


def test_only_words_of_the_training_part_are_known(tmp_path: Path) -> None:
    experiment = split_reviews(tmp_path)
    prepared = prepare(experiment)
    tokens = prepared.spec.tokens
    unknown = tokens.index(UNKNOWN)
    own = {f"number{n}" for n in prepared.train.index}
    assert {tokens[n] for n in np.unique(prepared.train.x)} >= own
    for part in (prepared.validation, prepared.test):
        assert len(part)
        assert not {tokens[n] for n in np.unique(part.x)} & {f"number{n}" for n in range(60)}
        assert (part.x == unknown).sum(1).tolist() == [1] * len(part)
        assert np.array_equal(part.x, part.raw)
    assert prepared.unread == len(prepared.validation) + len(prepared.test)
    again = prepare(edits.set_path(experiment, "seed", 5))
    assert {f"number{n}" for n in again.train.index} <= {tokens[n] for n in np.unique(again.train.x)}


def test_padding_is_no_word_that_could_be_unknown(tmp_path: Path) -> None:
    prepared = prepare(split_reviews(tmp_path))
    assert (prepared.validation.x == 0).sum() == 0
    path = tmp_path / "reviews.csv"
    path.write_text(reviews())
    prepared = prepare(experiment_of(choose(bring(path), target="label", way="sentences")))
    assert (prepared.validation.x == 0).any()
    assert not (prepared.validation.x[:, 0] == 0).any()


def test_the_summary_counts_the_words_that_training_never_sees(tmp_path: Path) -> None:
    experiment = split_reviews(tmp_path)
    found = summarise(Look(1, to_text(experiment)))
    assert not found.message
    assert found.labels["unread"] == prepare(experiment).unread > 0
