"""A person's own text: read as it is written, counted, cut into windows, refused in one sentence."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dllab.cli import main
from dllab.data.base import IGNORED, DataProblem
from dllab.data.own import store, texts
from dllab.data.own.bringing import bring
from dllab.data.own.choosing import choose
from dllab.data.own.cut import Cut
from dllab.data.own.remarks import remarks
from dllab.data.own.source import UNKNOWN
from dllab.data.own.starting import starter
from dllab.data.own.texts import words_in
from dllab.data.prepare import prepare
from dllab.data.verse import VERSE
from dllab.document.experiment import Choice, Experiment, Split
from dllab.document.format import from_text, load, to_text
from dllab.training.run import train


@pytest.fixture
def poem(tmp_path: Path) -> Path:
    path = tmp_path / "poem.txt"
    path.write_text(VERSE, encoding="utf-8")
    return path


def experiment_of(path: Path, cut: Cut) -> Experiment:
    text = choose(bring(path), cut=cut)
    return starter("own", Choice(kind="text", params=text.model_dump(mode="json")), text.spec())


def test_characters_and_what_comes_next(poem: Path) -> None:
    text = choose(bring(poem), cut=Cut(window=10, stride=3))
    assert text.problem() == ""
    spec, data = text.spec(), text.load(0)
    assert spec.tokens == tuple(sorted(set(VERSE)))
    assert data.x.shape == data.y.shape == (spec.samples, 10)
    for row in (0, 7, spec.samples - 1):
        assert "".join(spec.tokens[n] for n in data.x[row]) == VERSE[3 * row : 3 * row + 10]
        assert "".join(spec.classes[n] for n in data.y[row]) == VERSE[3 * row + 1 : 3 * row + 11]
    assert 3 * (spec.samples - 1) + 11 <= len(VERSE) < 3 * spec.samples + 11, "no window is forgotten"


def test_words_and_the_unknown(tmp_path: Path) -> None:
    path = tmp_path / "w.txt"
    path.write_text("The cat sat. The dog's cat sat, the end.\n" * 30)
    text = choose(bring(path), cut=Cut(unit="word", vocabulary=4, window=5, stride=1))
    spec, data = text.spec(), text.load(0)
    assert set(spec.tokens) >= {"the", "cat", "sat", UNKNOWN}
    assert (len(spec.tokens), spec.tokens[-1]) == (5, UNKNOWN)
    words = words_in("the cat sat. the dog's cat sat, the end.\n" * 30)
    assert words[:6] == ["the", "cat", "sat", ".", "the", "dog's"]
    known = [word if word in spec.tokens else UNKNOWN for word in words]
    assert [spec.tokens[n] for n in data.x[3]] == known[3:8]
    asked = [UNKNOWN if n == IGNORED else spec.classes[n] for n in data.y[3]]
    assert asked == known[4:9]
    assert UNKNOWN in asked
    unknown = known.count(UNKNOWN) / len(known)
    assert remarks(bring(path), text) == [
        f"8 different words; the 4 rarest are one, the unknown ({unknown:.1%} of the text)."
    ]


def test_small_letters_are_chosen(poem: Path) -> None:
    facts = bring(poem)
    assert choose(facts, cut=Cut(small=True)).spec().tokens == tuple(sorted(set(VERSE.lower())))
    assert "Shall" in choose(facts, cut=Cut(unit="word", small=False)).spec().tokens
    assert "Shall" not in choose(facts, cut=Cut(unit="word")).spec().tokens


@pytest.mark.parametrize("text", ["北京的春天很短。" * 40, "Καλημέρα κόσμε ΣΟΦΟΣ\n" * 20, "naïve\r\ncafé\r" * 40])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("unit", ["character", "word"])
def test_other_writings(tmp_path: Path, text: str, encoding: str, unit) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes(text.encode(encoding))
    for small in (False, True):
        made = choose(bring(path), cut=Cut(unit=unit, small=small, window=4, stride=1))
        data, plain = made.load(0), text.replace("\r\n", "\n").replace("\r", "\n")
        plain = plain.lower() if small else plain
        wanted = words_in(plain) if unit == "word" else list(plain)
        assert [made.spec().tokens[n] for n in data.x[:, 0]] == wanted[: len(data.x)]
    assert words_in("北京 is far") == ["北", "京", "is", "far"]


def test_a_long_text_is_cut_further_apart(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("to be or not to be, that is the question\n" * 20_000)
    seen: list[tuple[int, int]] = []
    text = choose(bring(path, progress=lambda done, total: seen.append((done, total))))
    assert text.problem() == ""
    assert text.stride == 32
    assert seen == sorted(seen)
    assert 0 < seen[-1][0] <= seen[-1][1]


def test_its_parts_share_no_letter_and_it_learns(poem: Path) -> None:
    made = experiment_of(poem, Cut(window=16, stride=2, small=True))
    parts = prepare(made)
    assert len(parts.train) + len(parts.validation) + len(parts.test) == parts.spec.samples - 2 * 8
    shortened = made.model_copy(update={"training": made.training.model_copy(update={"epochs": 3})})
    result = train(shortened, "cpu")
    counts = np.bincount(parts.train.y.reshape(-1)).astype(float)
    share = counts[counts > 0] / counts.sum()
    assert result.session.open_test()["loss"] < -(share * np.log(share)).sum() - 0.2


def test_the_document_opens_again_and_a_lost_copy_comes_back(poem: Path, tmp_path: Path) -> None:
    made = experiment_of(poem, Cut())
    saved = to_text(made)
    assert str(tmp_path) not in saved
    assert from_text(saved).experiment == made
    store.forget(made.data.params["source"]["content"])
    with pytest.raises(DataProblem, match=r"poem\.txt is not on this computer: import the same file again"):
        prepare(made)
    bring(poem)
    prepare(made)


@pytest.mark.parametrize(
    "cut", [Cut(window=1), Cut(window=1000), Cut(vocabulary=5000, stride=10_000), Cut(vocabulary=2)]
)
def test_whatever_can_be_typed_is_a_dataset_or_a_sentence(poem: Path, cut: Cut) -> None:
    for unit in ("character", "word"):
        text = choose(bring(poem), cut=replace(cut, unit=unit))
        assert text.problem() or len(text.load(0).x) == text.spec().samples


def test_more_scores_than_memory_holds_are_refused(poem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dllab.data.texts._MOST_SCORES", 100_000)
    assert "choose a smaller vocabulary or a larger stride" in choose(bring(poem)).problem()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "bad.txt is empty: choose a file with text in it."),
        (b" \n\n\t ", "bad.txt is empty: choose a file with text in it."),
        (bytes(range(32)) * 40, "bad.txt is no text: it holds bytes that no text has."),
        (b"short", "bad.txt is too short for windows of 2: choose"),
        (b"a" * 500, "bad.txt holds one and the same again and again, so there is nothing to tell apart."),
    ],
)
def test_bad_texts_are_refused_in_one_sentence(tmp_path: Path, data: bytes, sentence: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_bytes(data)
    try:
        problem = choose(bring(path)).problem()
    except DataProblem as refused:
        problem = str(refused)
    assert problem.startswith(sentence)
    assert "\n" not in problem


def test_bytes_of_another_encoding_are_placed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bad.txt"
    path.write_bytes(b"fine\n" * 100 + b"caf\xe9\n")
    with pytest.raises(DataProblem, match=r"bad\.txt, line 101: the bytes are not text in UTF-8. Choose another"):
        bring(path, {"encoding": "utf-8-sig", "way": "text"})
    assert "é" in dict(bring(path)["units"]["character"]["common"])
    monkeypatch.setattr(texts, "LARGEST", 100)
    with pytest.raises(DataProblem, match="cut it into smaller files"):
        bring(path)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("a\tb\n1\t2\n3\t4\n", "table"),
        ("x,y\n1,2\n3,4\n", "table"),
        ("1.5\n2.5\n3\n4\n", "table"),
        ("One, two, three.\nAnd, so, on.\nNo, more, now.\n", "text"),
        ("A line, and more\nAnother one, it goes on\n", "text"),
        ("Only one line", "text"),
        (VERSE, "text"),
    ],
)
def test_a_text_file_may_be_a_table(tmp_path: Path, content: str, kind: str) -> None:
    path = tmp_path / "x.txt"
    path.write_text(content)
    facts = bring(path)
    assert facts["kind"] == kind
    other = "text" if kind == "table" else "table"
    if content != VERSE and len(content) > 20 and "A line" not in content:
        assert bring(path, {"way": other})["kind"] == other


def test_the_command_line(poem: Path, tmp_path: Path, capsys) -> None:
    target = tmp_path / "p.dllab"
    options = ["--unit", "word", "--window", "8", "--vocabulary", "50", "--stride", "1"]
    assert main(["import", str(poem), *options, "-o", str(target)]) == 0
    told = capsys.readouterr().out
    assert f"poem.txt: {len(VERSE):,} characters, {len(words_in(VERSE)):,} words" in told
    assert "the unknown" in told
    assert "samples of 8; to predict: what comes next, one of 51." in told
    made = load(target).experiment
    assert [node.kind for node in made.model.nodes.values()] == ["input", "embedding", "gru", "linear", "output"]
    assert main(["check", str(target)]) == 0
    assert main(["import", str(poem), "--window", "2000"]) == 2
    assert capsys.readouterr().err.startswith("dllab: --window takes 1 to 1,000")
    content = made.data.params["source"]["content"]
    assert main(["import", "--content", content, "--as", "series"]) == 2
    assert "poem.txt can't be taken for series; it can be: text, table." in capsys.readouterr().err


def test_a_damaged_copy_is_said(poem: Path) -> None:
    facts = bring(poem)
    text = choose(facts)
    (store.place(facts["content"]) / texts.TEXT).write_bytes(b"\xff\xfe\xff")
    with pytest.raises(DataProblem, match="damaged"):
        text.load(0)
    (store.place(facts["content"]) / texts.TEXT).write_bytes(b"other")
    with pytest.raises(DataProblem, match="import it again"):
        text.load(0)
    assert json.dumps(text.model_dump(mode="json"))


def test_words_that_only_a_later_part_holds_are_unknown(tmp_path: Path) -> None:
    path = tmp_path / "late.txt"
    path.write_text("the cat sat on the mat . " * 60 + "the dog sat on the rug . " * 60 + "a b c d e f g " * 3)
    text = choose(bring(path), cut=Cut(unit="word", vocabulary=8, window=5, stride=1))
    experiment = starter("own", Choice(kind="text", params=text.model_dump(mode="json")), text.spec())
    prepared = prepare(experiment.model_copy(update={"split": Split(test=0.3, validation=0.3)}))
    tokens = prepared.spec.tokens
    assert {"dog", "rug"} <= set(tokens)
    train = {tokens[n] for n in np.unique(prepared.train.x)}
    assert not {"dog", "rug"} & train
    assert prepared.unread == 2
    test = prepared.test
    assert {tokens[n] for n in np.unique(test.x)} <= train | {UNKNOWN}
    assert UNKNOWN in {tokens[n] for n in np.unique(test.x)}
    # Where a word goes in as the unknown it was no answer one step before.
    unknown = test.x[:, 1:] == tokens.index(UNKNOWN)
    assert np.array_equal(unknown, test.y[:, :-1] == IGNORED)
