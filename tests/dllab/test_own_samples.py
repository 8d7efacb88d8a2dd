"""Folders of pictures, `.npz` and IDX: brought in, and refused in one sentence when they are not what they say."""

import gzip
import io
import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dllab.cli import main
from dllab.data.base import DataProblem
from dllab.data.own import npz, samples, store
from dllab.data.own.bringing import bring
from dllab.data.own.choosing import choose
from dllab.data.own.starting import starter
from dllab.data.prepare import prepare
from dllab.document.experiment import Choice
from dllab.training.run import train

RANDOM = np.random.default_rng(0)


def loaded(path: Path, **given: Any) -> tuple[Any, Any]:
    dataset = choose(bring(path, given))
    assert dataset.problem() == ""
    arrays = dataset.load(0)
    spec = dataset.spec()
    assert arrays.x.shape == (spec.samples, *spec.input)
    assert arrays.x.dtype == np.float32
    return dataset, arrays


# --- pictures ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Cats are dark, dogs are light."""
    for name, level in (("cat", 40), ("dog", 200)):
        folder = tmp_path / "pets" / name
        folder.mkdir(parents=True)
        for number in range(20):
            pixels = RANDOM.integers(level - 30, level + 30, (12, 10)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}.png")
    return tmp_path / "pets"


def test_a_folder_of_pictures(pets: Path) -> None:
    dataset, arrays = loaded(pets)
    assert (dataset.kind, dataset.name()) == ("images", "pets")
    assert dataset.spec().classes == ("cat", "dog")
    assert arrays.x.shape == (40, 1, 12, 10)
    assert np.array_equal(arrays.x[3, 0], np.asarray(Image.open(pets / "cat" / "11.png"), np.float32)), "as sorted"
    assert arrays.y.tolist() == [0] * 20 + [1] * 20
    made = starter("pets", Choice(kind="images", params=dataset.model_dump(mode="json")), dataset.spec())
    assert train(made, "cpu").session.open_test()["accuracy"] == 1.0


def test_colours_sizes_and_other_files(pets: Path) -> None:
    Image.fromarray(RANDOM.integers(0, 255, (64, 300, 3)).astype(np.uint8)).save(pets / "dog" / "wide.jpg")
    (pets / "dog" / "notes.txt").write_text("no picture")
    (pets / ".hidden").mkdir()
    assert loaded(pets)[1].x.shape == (41, 3, 32, 32)
    assert loaded(pets, side=16, colour="grey")[1].x.shape == (41, 1, 16, 16)


def test_folders_that_hold_nothing_to_learn(tmp_path: Path, pets: Path) -> None:
    empty = tmp_path / "other" / "pets"
    empty.mkdir(parents=True)
    with pytest.raises(DataProblem, match="pets holds no folders with pictures") as caught:
        bring(empty)
    for file in (pets / "dog").iterdir():
        file.unlink()
    with pytest.raises(DataProblem, match="pets holds only one folder with pictures"):
        bring(pets)
    assert "\n" not in str(caught.value)


def test_pictures_that_are_cut_off_or_none(pets: Path) -> None:
    file = pets / "cat" / "0.png"
    whole = file.read_bytes()
    for data in (whole[: len(whole) // 2], whole[:20], b"", b"not a picture at all"):
        file.write_bytes(data)
        with pytest.raises(DataProblem, match=r"pets/cat/0\.png is cut off or no picture: remove it"):
            bring(pets)
    assert not list(store.folder().iterdir())


@pytest.mark.parametrize("side", [8_000, 11_000, 60_000])
def test_a_picture_bomb_is_never_decoded(pets: Path, side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def chunk(data: bytes) -> bytes:
        return struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))

    head = chunk(b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    (pets / "cat" / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT" + zlib.compress(b"")))
    monkeypatch.setattr(Image.Image, "convert", lambda *_: pytest.fail("decoded"))
    with pytest.raises(DataProblem, match=r"pets/cat/bomb\.png has more than 50,000,000 pixels"):
        bring(pets)


def test_too_many_pictures_for_the_memory(pets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dllab.data.own.pictures.LARGEST", 1000)
    with pytest.raises(DataProblem, match="choose smaller pictures"):
        bring(pets)


# --- npz ---------------------------------------------------------------------------------------------------------------


def archive(tmp_path: Path, name: str = "data.npz", **arrays: Any) -> Path:
    path = tmp_path / name
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("shape", "kind", "extents"),
    [
        ((30,), "arrays", (1,)),
        ((30, 5), "arrays", (5,)),
        ((30, 6, 7), "images", (1, 6, 7)),
        ((30, 3, 6, 7), "images", (3, 6, 7)),
        ((30, 6, 7, 3), "images", (3, 6, 7)),
    ],
)
@pytest.mark.parametrize("dtype", ["uint8", "float64", "int16"])
def test_arrays_of_every_shape(
    tmp_path: Path, shape: tuple[int, ...], kind: str, extents: tuple[int, ...], dtype
) -> None:
    x = RANDOM.integers(0, 200, shape).astype(dtype)
    dataset, arrays = loaded(archive(tmp_path, x=x, y=np.arange(30) % 3))
    assert (dataset.kind, dataset.spec().input) == (kind, extents)
    assert arrays.x.sum() == x.astype(np.float64).sum()
    assert arrays.y.tolist() == (np.arange(30) % 3).tolist()


def test_targets_of_every_sort(tmp_path: Path) -> None:
    x = RANDOM.normal(size=(6, 2))
    words, _arrays = loaded(archive(tmp_path, x=x, y=np.array(["b", "a", "b", "a", "a", "b"])))
    assert words.spec().classes == ("a", "b")
    numbers, arrays = loaded(archive(tmp_path, x=x, y=x[:, :1] * 2))
    assert (numbers.spec().task, arrays.y.shape) == ("regression", (6, 1))
    several, arrays = loaded(archive(tmp_path, x=x, y=x.astype("f4")))
    assert several.spec().targets == ("y1", "y2")
    assert np.array_equal(arrays.y, x.astype("f4"))


def test_archives_as_keras_keeps_them(tmp_path: Path) -> None:
    x = RANDOM.integers(0, 255, (10, 4, 4)).astype("u1")
    path = archive(tmp_path, x_train=x[:7], x_test=x[7:], y_train=np.arange(7) % 2, y_test=np.arange(3) % 2)
    assert np.array_equal(loaded(path)[1].x[:, 0], x)


def test_fortran_order(tmp_path: Path) -> None:
    x = np.asfortranarray(RANDOM.normal(size=(8, 3)).astype("f4"))
    assert np.array_equal(loaded(archive(tmp_path, x=x, y=np.arange(8) % 2))[1].x, x)


class Canary:
    """Makes a file when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path(self.path),))


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    sign = tmp_path / "executed"
    path = archive(tmp_path, x=np.array([Canary(str(sign))], dtype=object), y=np.zeros(1))
    with pytest.raises(DataProblem, match=r"data\.npz: x\.npy holds Python objects, which could run code"):
        bring(path)
    assert not sign.exists()
    np.load(path, allow_pickle=True)["x"]
    assert sign.exists(), "the canary would have sung"


def written(tmp_path: Path, header: dict[str, Any], data: bytes = b"\0" * 64) -> Path:
    """An archive whose x says what it wants."""
    body = io.BytesIO()
    np.lib.format.write_array_header_1_0(body, header)
    path = tmp_path / "lie.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x.npy", body.getvalue() + data)
        y = io.BytesIO()
        np.save(y, np.zeros(4, np.int64))
        file.writestr("y.npy", y.getvalue())
    return path


@pytest.mark.parametrize("shape", [(10**9, 10**9), (10**15,), (-4, 4), (4, 500)])
def test_headers_that_lie(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = written(tmp_path, {"descr": "<f4", "fortran_order": False, "shape": shape})
    with pytest.raises(DataProblem, match="which is not so"):
        bring(path)


def test_archives_that_are_none(tmp_path: Path) -> None:
    path = archive(tmp_path, x=np.zeros((4, 2)), y=np.arange(4) % 2)
    whole = path.read_bytes()
    for data in (b"", b"PK", whole[:-40], whole[: len(whole) // 2], b"x" * 500):
        path.write_bytes(data)
        with pytest.raises(DataProblem, match=r"data\.npz can't be read as an \.npz archive"):
            bring(path)
    with pytest.raises(DataProblem, match='needs an array called "y" / "Y"'.replace('"y" / "Y"', "")):
        bring(archive(tmp_path, x=np.zeros((4, 2)), z=np.arange(4)))


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"x": np.zeros((4, 2)), "y": np.zeros(5, int)}, "4 inputs and 5 targets"),
        ({"x": np.zeros((0, 2)), "y": np.zeros(0, int)}, "holds no samples"),
        ({"x": np.array([[1.0], [np.nan], [2.0]]), "y": np.arange(3)}, "sample 2: an input is no finite number"),
        ({"x": np.ones((3, 1)), "y": np.array([1.0, 2.0, np.inf])}, "sample 3: a target is no finite number"),
        ({"x": np.zeros((4, 2, 2, 2, 2)), "y": np.arange(4)}, "inputs of 5 axes"),
        ({"x": np.array(["a", "b"]), "y": np.arange(2)}, "something else than numbers"),
        ({"x": np.zeros((2000, 1)), "y": np.arange(2000)}, "2,000 different classes"),
    ],
)
def test_arrays_that_can_not_be_used(tmp_path: Path, arrays: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DataProblem, match=sentence):
        bring(archive(tmp_path, **arrays))
    assert not list(store.folder().iterdir())


def test_one_class_is_said(tmp_path: Path) -> None:
    dataset = choose(bring(archive(tmp_path, x=np.zeros((4, 2)), y=np.zeros(4, int))))
    assert "only one class" in dataset.problem()


def test_more_than_the_memory_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive(tmp_path, x=np.zeros((400, 2)), y=np.arange(400) % 2)
    monkeypatch.setattr(samples, "LARGEST", 100)
    with pytest.raises(DataProblem, match="of memory"):
        bring(path)
    monkeypatch.setattr(npz, "LARGEST", 100)
    with pytest.raises(DataProblem, match="which is not so"):
        bring(path)


# --- IDX ---------------------------------------------------------------------------------------------------------------


def idx(array: np.ndarray, code: int = 8) -> bytes:
    return bytes((0, 0, code, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    pixels = RANDOM.integers(0, 255, (20, 28, 28)).astype("u1")
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(pixels))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx((np.arange(20) % 10).astype("u1")))
    return tmp_path / "train-images-idx3-ubyte"


def test_an_idx_pair(pair: Path) -> None:
    dataset, arrays = loaded(pair)
    assert dataset.spec().classes == tuple("0123456789")
    assert arrays.x.shape == (20, 1, 28, 28)
    by_labels, other = loaded(pair.with_name("train-labels-idx1-ubyte"))
    assert np.array_equal(arrays.x, other.x)
    assert by_labels == dataset
    for path in list(pair.parent.glob("*ubyte")):
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
    assert np.array_equal(loaded(pair.with_name(pair.name + ".gz"))[1].x, arrays.x)


def test_idx_numbers_are_big_endian(tmp_path: Path) -> None:
    values = np.array([[1.5, -2.0], [3.25, 1000.0]], ">f4")
    (tmp_path / "a-images-idx3-ubyte").write_bytes(idx(values, 0x0D))
    (tmp_path / "a-labels-idx1-ubyte").write_bytes(idx(np.array([1, 0], "u1")))
    assert loaded(tmp_path / "a-images-idx3-ubyte")[1].x.tolist() == values.tolist()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is no IDX file"),
        (b"\0\0\x08", "is no IDX file"),
        (b"PNG and more", "is no IDX file"),
        (b"\0\0\x08\x03" + struct.pack(">III", 2**31, 2**31, 28), "which is not so"),
        (b"\0\0\x08\x03" + struct.pack(">III", 20, 28, 28) + b"\0" * 100, "which is not so"),
        (b"\0\0\x08\x01" + struct.pack(">I", 4) + b"\0" * 100, "which is not so"),
        (b"\0\0\x08\x03\0", "damaged"),
        (gzip.compress(idx(np.zeros((20, 28, 28), "u1")), mtime=0)[:60], "damaged"),
        (b"\x1f\x8b garbage", "damaged"),
    ],
)
def test_idx_files_that_lie(pair: Path, data: bytes, sentence: str) -> None:
    pair.write_bytes(data)
    with pytest.raises(DataProblem, match=sentence) as caught:
        bring(pair)
    assert "train-images-idx3-ubyte" in str(caught.value)


def test_an_idx_file_without_its_labels(pair: Path) -> None:
    pair.with_name("train-labels-idx1-ubyte").unlink()
    with pytest.raises(DataProblem, match="train-images-idx3-ubyte needs train-labels-idx1-ubyte beside it"):
        bring(pair)


# --- all of them -------------------------------------------------------------------------------------------------------


def test_the_command_line_and_a_damaged_copy(pets: Path, tmp_path: Path, capsys) -> None:
    target = tmp_path / "pets.dllab"
    assert main(["import", str(pets), "--side", "8", "-o", str(target)]) == 0
    told = capsys.readouterr().out
    assert "cat  20" in told
    assert "40 samples of 1 × 8 × 8; to predict: 2 classes." in told
    assert main(["check", str(target)]) == 0
    assert str(tmp_path) not in target.read_text()
    made = json.loads(target.read_text())["data"]["params"]["source"]["content"]
    (store.place(made) / samples.INPUTS).write_bytes(b"")
    from dllab.document.format import load

    with pytest.raises(DataProblem, match="damaged"):
        prepare(load(target).experiment)
    assert main(["import", str(pets), "--side", "2", "-o", str(target)]) == 2
