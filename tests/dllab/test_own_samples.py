"""Folders of pictures, `.npz` and IDX: brought in, and refused in one sentence when they are not what they say."""

import gzip
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dllab.checking import check
from dllab.cli import main
from dllab.data.base import IGNORED, DataProblem
from dllab.data.own import npz, samples, store
from dllab.data.own.bringing import bring
from dllab.data.own.choosing import choose, ways
from dllab.data.own.starting import starter
from dllab.data.prepare import prepare
from dllab.document.experiment import Choice, Experiment
from dllab.layers.base import is_padded, vocabulary
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


@pytest.fixture
def one_of(tmp_path: Path) -> Callable[..., np.ndarray]:
    """Keeps a picture as a file and reads it as the lab does; beside it is a plain one of another class."""

    def make(picture: Image.Image, name: str, **options: Any) -> np.ndarray:
        for folder in ("a", "b"):
            (tmp_path / "set" / folder).mkdir(parents=True, exist_ok=True)
        picture.save(tmp_path / "set" / "a" / name, **options)
        Image.new("L", picture.size).save(tmp_path / "set" / "b" / "plain.png")
        found: np.ndarray = loaded(tmp_path / "set")[1].x[0]
        return found

    return make


RAMP = np.linspace(0, 65535, 64 * 64).reshape(64, 64)


@pytest.mark.parametrize("name", ["ramp.png", "ramp.tif", "ramp.pgm"])
def test_sixteen_bits_of_grey_are_scaled(one_of: Callable[..., np.ndarray], name: str) -> None:
    x = one_of(Image.fromarray(RAMP.astype(np.uint16)), name)
    assert x.shape == (1, 64, 64)
    assert np.abs(x[0] - RAMP / 65535 * 255).max() <= 0.51
    assert len(np.unique(x)) == 256


@pytest.mark.parametrize(("white", "scale"), [(1.0, 255.0), (255.0, 1.0), (65535.0, 255 / 65535)])
def test_pictures_of_fractions_are_scaled(one_of: Callable[..., np.ndarray], white: float, scale: float) -> None:
    values = (RAMP / 65535 * white).astype(np.float32)
    assert np.abs(one_of(Image.fromarray(values), "f.tif")[0] - values * scale).max() <= 0.51


def test_black_and_white(one_of: Callable[..., np.ndarray]) -> None:
    bits = RANDOM.integers(0, 2, (8, 9)).astype(bool)
    assert np.array_equal(one_of(Image.fromarray(bits), "bits.png")[0], bits * 255)


def test_a_palette_is_looked_up(one_of: Callable[..., np.ndarray]) -> None:
    picture = Image.fromarray(np.array([[0, 1], [2, 1]], np.uint8), "P")
    picture.putpalette([255, 0, 0, 0, 255, 0, 10, 20, 30])
    assert one_of(picture, "p.png").transpose(1, 2, 0).tolist() == [
        [[255, 0, 0], [0, 255, 0]],
        [[10, 20, 30], [0, 255, 0]],
    ]
    picture.info["transparency"] = 0
    assert one_of(picture, "p.png", transparency=0)[:, 0, 0].tolist() == [255, 255, 255], "what is clear is white"


def test_what_is_transparent_lies_on_white(one_of: Callable[..., np.ndarray]) -> None:
    pixels = np.array([[[0, 0, 0, 0], [0, 0, 0, 255], [200, 0, 0, 128]]], np.uint8)
    found = one_of(Image.fromarray(pixels), "t.png")[:, 0].T
    assert found[:2].tolist() == [[255, 255, 255], [0, 0, 0]]
    share = 128 / 255
    assert (
        np.abs(found[2] - np.array([200 * share + 255 * (1 - share), 255 * (1 - share), 255 * (1 - share)])).max() <= 1
    )
    grey = one_of(Image.fromarray(np.array([[[0, 0], [40, 255]]], np.uint8)), "t.png")
    assert grey[0].tolist() == [[255, 40]]


def test_printing_colours(one_of: Callable[..., np.ndarray]) -> None:
    inks = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    red, green, blue = one_of(inks, "c.tif").mean((1, 2))
    assert (red, green, blue) == (255, 0, 0)


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
        ((30, 9, 9), "images", (1, 9, 9)),
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


def starts(path: Path, **given: Any) -> Experiment:
    dataset = choose(bring(path, given))
    return starter("own", Choice(kind=dataset.kind, params=dataset.model_dump(mode="json")), dataset.spec())


def test_steps_of_numbers_are_a_sequence(tmp_path: Path) -> None:
    x = RANDOM.normal(size=(60, 7, 3))
    path = archive(tmp_path, x=x, y=(x[:, -1, 0] > 0).astype(int))
    dataset, arrays = loaded(path)
    spec = dataset.spec()
    assert (dataset.kind, spec.input, spec.features) == ("sequences", (7, 3), ("x1", "x2", "x3"))
    assert ways(bring(path)) == ("sequences", "images")
    assert np.allclose(arrays.x, x, atol=1e-6)
    made = starts(path)
    assert [node.kind for node in made.model.nodes.values()] == ["input", "gru", "linear", "output"]
    assert check(made).trainable
    assert train(made, "cpu").session.open_test()["accuracy"] > 0.6
    other, arrays = loaded(path, way="images")
    assert (other.kind, arrays.x.shape) == ("images", (60, 1, 7, 3))


def test_one_number_a_step_is_a_sequence_where_that_is_said(tmp_path: Path) -> None:
    path = archive(tmp_path, x=RANDOM.normal(size=(20, 7)), y=np.arange(20) % 2)
    assert loaded(path)[0].kind == "arrays"
    assert loaded(path, way="sequences")[1].x.shape == (20, 7, 1)
    with pytest.raises(DataProblem, match=r"data\.npz can't be taken for tokens; it can be: arrays, sequences\."):
        bring(path, {"way": "tokens"})


@pytest.mark.parametrize("dtype", ["int16", "int64", "uint32"])
def test_whole_numbers_of_every_step_are_indices(tmp_path: Path, dtype: str) -> None:
    x = RANDOM.integers(0, 12, (40, 6)).astype(dtype)
    path = archive(tmp_path, x=x, y=np.arange(40) % 2)
    dataset, arrays = (d := choose(bring(path))), d.load(0)
    shape = dataset.spec().input
    assert (dataset.kind, vocabulary(shape), is_padded(shape)) == ("sequences", int(x.max()) + 1, False)
    assert (arrays.x.dtype, arrays.x.tolist()) == (np.int64, x.tolist())
    made = starts(path)
    assert [node.kind for node in made.model.nodes.values()][:2] == ["input", "embedding"]
    assert check(made).trainable
    assert loaded(path, way="arrays")[1].x.shape == (40, 6)


def test_zeros_at_the_ends_are_padding(tmp_path: Path) -> None:
    x = np.array([[3, 1, 2, 0], [2, 0, 0, 0], [1, 1, 1, 1]] * 4, np.int64)
    y = np.array([[0, 1, 0, 5], [1, -1, 9, 9], [1, 1, 0, -1]] * 4)
    dataset = choose(bring(archive(tmp_path, x=x, y=y)))
    spec, arrays = dataset.spec(), dataset.load(0)
    assert is_padded(spec.input)
    assert (spec.tokens, spec.positions, spec.classes) == (("", "1", "2", "3"), 4, ("0", "1", "5", "9"))
    assert arrays.y[:3].tolist() == [[0, 1, 0, IGNORED], [1] + [IGNORED] * 3, [1, 1, 0, IGNORED]]
    assert check(starts(tmp_path / "data.npz")).trainable
    x[0, 1] = 0
    assert not is_padded(choose(bring(archive(tmp_path, x=x, y=np.arange(12) % 2))).spec().input)


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
