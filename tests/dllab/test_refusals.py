"""Files that can't be brought in: each kind is refused by what it is, with a way out; unknown text is read as text."""

from pathlib import Path

import pytest

from dllab.cli import main
from dllab.data.base import DataProblem
from dllab.data.own import store
from dllab.data.own.bringing import bring
from dllab.data.own.names import refusal


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("cat.png", "cat.png is a single picture: put the pictures of each class into a folder of its own"),
        ("CAT.JPG", "CAT.JPG is a single picture"),
        ("data.zip", "data.zip is an archive: unpack it"),
        ("table.csv.gz", "table.csv.gz is an archive: unpack it"),
        ("model.pkl", "model.pkl could run code when it is loaded, so it never is"),
        ("sheet.xlsx", "sheet.xlsx is a spreadsheet: save it as CSV"),
        ("paper.pdf", "paper.pdf is a document and no plain text"),
        ("rows.json", "rows.json is no table"),
        ("x.npy", "x.npy is one array"),
        ("x.h5", "x.h5 can't be read here"),
        ("song.mp3", "song.mp3 is sound or film"),
        ("mine.dllab", "mine.dllab is an experiment and no data: open it with File > Open"),
        ("program.exe", "program.exe can't be read: the lab takes tables"),
    ],
)
def test_every_kind_is_refused_as_what_it_is(tmp_path: Path, name: str, sentence: str, capsys) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x7fELF\x01\x02\x00")
    with pytest.raises(DataProblem) as caught:
        bring(path)
    assert str(caught.value).startswith(sentence)
    assert "CSV" not in str(caught.value) or "cat" not in name.lower()
    assert main(["import", str(path)]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"dllab: {sentence}")
    assert not list(store.folder().iterdir())


@pytest.mark.parametrize(
    "name", ["a.csv", "a.txt", "train-images-idx3-ubyte.gz", "cifar-10-binary.tar.gz", "a.npz", "a.log"]
)
def test_what_may_be_possible_is_not_refused_by_its_name(name: str) -> None:
    assert refusal(Path(name)) == ""


def test_a_folder_is_never_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "photos.zip").mkdir()
    assert refusal(tmp_path / "photos.zip") == ""


@pytest.mark.parametrize(
    ("content", "kind"), [("a;b\n1;2\n3;4\n", "table"), ("What a day, he said, and left.", "text")]
)
def test_text_of_an_unknown_kind_is_read(tmp_path: Path, content: str, kind: str) -> None:
    path = tmp_path / "notes.log"
    path.write_text(content)
    assert bring(path)["kind"] == kind
