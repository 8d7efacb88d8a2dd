"""Downloads against a server on this machine: checksum, progress, cancelling, and a sentence for all that goes wrong."""

import gzip
import hashlib
import io
import json
import signal
import socket
import struct
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dllab.cli import main
from dllab.data import DATASETS
from dllab.data.base import DataProblem
from dllab.data.own import store
from dllab.data.own.bringing import bring
from dllab.data.own.cifar import read_cifar
from dllab.data.own.downloads import _Bar
from dllab.data.own.published import DOWNLOADS
from dllab.document.format import load

# In a process of its own, as in the window: the watch of the contract tests lets no connection pass in this one.
_FETCH = """
import json, sys
from dllab.data.base import DataProblem
from dllab.data.own.downloads import fetch
from dllab.data.own.published import Download
facts = json.loads(sys.argv[1])
facts["files"] = tuple(map(tuple, facts["files"]))
seen = []
try:
    found = fetch(Download(**facts), lambda done, total: seen.append(done))
    print(json.dumps({"facts": found, "seen": seen}))
except DataProblem as problem:
    print(json.dumps({"problem": str(problem), "seen": seen}))
"""


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """(folder, address) of a server on this machine."""
    folder = tmp_path / "served"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def idx(array: np.ndarray) -> bytes:
    head = bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(head + array.tobytes())


def small_mnist(folder: Path, base: str) -> dict[str, Any]:
    """Twelve digits in the four files of MNIST."""
    random = np.random.default_rng(0)
    files = []
    for name, _checksum in DOWNLOADS["mnist"].files:
        count = 8 if name.startswith("train") else 4
        shape = (count, 28, 28) if "images" in name else (count,)
        data = idx(random.integers(0, 10, shape).astype("u1"))
        (folder / name).write_bytes(data)
        files.append([name, "md5:" + hashlib.md5(data).hexdigest()])
    size = sum((folder / name).stat().st_size for name, _checksum in files)
    return {"kind": "mnist", "title": "MNIST", "about": "", "base": base, "files": files, "size": size,
            "classes": list("0123456789")}  # fmt: skip


def fetched(download: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", _FETCH, json.dumps(download)], capture_output=True, text=True, timeout=60, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_files_are_fetched_checked_and_kept(served: tuple[Path, str]) -> None:
    folder, base = served
    download = small_mnist(folder, base)
    found = fetched(download)
    assert found["facts"]["rows"] == 12
    assert found["facts"]["shape"] == [1, 28, 28]
    assert found["facts"]["classes"] == list("0123456789")
    assert found["seen"][-1] == download["size"]
    assert found["seen"] == sorted(found["seen"])
    for file in folder.iterdir():
        file.unlink()
    again = fetched(download)
    assert again["facts"]["content"] == found["facts"]["content"], "what is here is not fetched again"
    assert again["seen"] == []


def test_another_checksum_is_refused_and_nothing_kept(served: tuple[Path, str]) -> None:
    folder, base = served
    download = small_mnist(folder, base)
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(b"something else")
    found = fetched(download)
    host = base.split("/")[2]
    assert found["problem"].startswith(f"What {host} sent is not MNIST as it was published: its checksum differs.")
    assert list(store.folder().iterdir()) == []


def test_a_missing_file_and_no_server(served: tuple[Path, str]) -> None:
    folder, base = served
    download = small_mnist(folder, base)
    (folder / "train-labels-idx1-ubyte.gz").unlink()
    assert "answers 404" in fetched(download)["problem"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}/"
    problem = fetched({**download, "base": nobody})["problem"]
    assert problem.startswith("MNIST could not be fetched: there is no connection to 127.0.0.1:")
    assert problem.endswith("Try again later, or get the files elsewhere and use File > Import data…")


def test_the_command_line_fetches_from_a_server_of_ones_own(served: tuple[Path, str]) -> None:
    folder, base = served
    small_mnist(folder, base)
    done = subprocess.run(
        [sys.executable, "-m", "dllab", "import", "--download", "mnist", "--from", base, "--json"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    event = json.loads(done.stdout.splitlines()[-1])
    assert event["event"] == "problem", "twelve digits are not the MNIST that was published"
    assert "its checksum differs" in event["text"]


def cifar(path: Path, names: tuple[str, ...], rows: np.ndarray) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = rows.nbytes
            archive.addfile(info, io.BytesIO(rows.tobytes()))
    return path


def test_the_archive_of_cifar(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).integers(0, 10, (3, 3073)).astype("u1")
    path = cifar(tmp_path / "c.tar.gz", ("data_batch_1.bin", "test_batch.bin", "readme.html", "../evil.bin"), rows)
    x, y = read_cifar(path)
    assert x.shape == (6, 3, 32, 32)
    assert y.tolist() == [*rows[:, 0], *rows[:, 0]]
    assert np.array_equal(x[1].ravel(), rows[1, 1:])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c.tar.gz"], "nothing is unpacked"


@pytest.mark.parametrize("damage", ["cut", "odd", "none", "text"])
def test_an_archive_that_is_none(tmp_path: Path, damage: str) -> None:
    rows = np.zeros((3, 3073), "u1") if damage != "odd" else np.zeros(3000, "u1")
    path = cifar(tmp_path / "c.tar.gz", () if damage == "none" else ("data_batch_1.bin",), rows)
    if damage in ("cut", "text"):
        path.write_bytes(path.read_bytes()[:60] if damage == "cut" else b"hello")
    with pytest.raises(ValueError, match=r"c\.tar\.gz is not CIFAR-10's binary archive"):
        read_cifar(path)


def test_the_archive_is_imported_from_a_file(tmp_path: Path, capsys) -> None:
    random = np.random.default_rng(1)
    rows = random.integers(0, 255, (40, 3073)).astype("u1")
    rows[:, 0] = np.arange(40) % 10
    path = cifar(tmp_path / "cifar-10-binary.tar.gz", ("batches.meta.txt", "data_batch_1.bin", "test_batch.bin"), rows)
    target = tmp_path / "c.dllab"
    assert main(["import", str(path), "-o", str(target)]) == 0
    told = capsys.readouterr().out
    assert "airplane  8" in told
    assert "80 samples of 3 × 32 × 32; to predict: 10 classes." in told
    made = load(target).experiment
    data = DATASETS.make(made.data.kind, made.data.params)
    assert data.spec().classes == DOWNLOADS["cifar10"].classes
    assert np.array_equal(data.load(0).x[:40].reshape(40, -1), rows[:, 1:])


def test_archives_of_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.zeros((2, 3073), "u1")
    other = cifar(tmp_path / "photos.tar.gz", tuple(f"photo{n}.png" for n in range(150)), rows)
    with pytest.raises(
        DataProblem, match=r"photos\.tar\.gz is not CIFAR-10's binary archive. If it holds other data, unpack"
    ):
        bring(other)
    pickled = tmp_path / "cifar-10-python.tar.gz"
    with tarfile.open(pickled, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("cifar-10-batches-py/data_batch_1"))
    with pytest.raises(DataProblem, match=r"which are never loaded: get the binary version, cifar-10-binary\.tar\.gz"):
        bring(pickled)
    rows[:, 0] = 99
    strange = cifar(tmp_path / "strange.tgz", ("test_batch.bin",), rows)
    with pytest.raises(DataProblem, match="is not CIFAR-10's"):
        bring(strange)
    monkeypatch.setattr("dllab.data.own.cifar.LARGEST", rows.nbytes + 10)
    rows[:, 0] = 1
    x, _y = read_cifar(cifar(tmp_path / "bomb.tar.gz", ("test_batch.bin",) * 40, rows))
    assert len(x) == 2, "the same batch forty times does not fill the memory"


def test_mnist_is_imported_from_its_files(tmp_path: Path) -> None:
    small_mnist(tmp_path, "")
    for name in ("train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"):
        found = bring(tmp_path / name)
        assert (found["kind"], found["shape"], found["rows"]) == ("images", [1, 28, 28], 8 if "train" in name else 4)


class Slow(Quiet):
    """Sends half of a file, and the rest when told to."""

    go_on = threading.Event()

    def copyfile(self, source: Any, outputfile: Any) -> None:
        data = source.read()
        outputfile.write(data[: len(data) // 2])
        outputfile.flush()
        self.go_on.wait(60)


@pytest.mark.parametrize("ending", ["killed", "interrupted"])
def test_a_download_is_cancelled(tmp_path: Path, ending: str) -> None:
    folder = tmp_path / "served"
    folder.mkdir()
    small_mnist(folder, "")
    (folder / "train-images-idx3-ubyte.gz").write_bytes(np.random.default_rng(0).bytes(4_000_000))
    Slow.go_on.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Slow, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        base = f"http://127.0.0.1:{server.server_address[1]}/"
        command = [sys.executable, "-m", "dllab", "import", "--download", "mnist", "--from", base, "--json"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout is not None
        event = json.loads(process.stdout.readline())
        assert event["event"] == "progress", event
        assert 0 < event["done"] < event["total"]
        assert event["left"] > 0
        if ending == "killed":
            process.kill()
        else:
            process.send_signal(signal.SIGINT)
            Slow.go_on.set()  # a person's Ctrl-C is heard when the next bytes come or the connection ends
        process.communicate(timeout=60)
        Slow.go_on.set()
        server.shutdown()
        thread.join()
    assert process.returncode != 0
    left = [path.name for path in store.folder().iterdir()]
    assert all(name.startswith(".dllab-") for name in left) if ending == "killed" else left == []


def test_progress_counts_all_files() -> None:
    seen: list[tuple[int, int]] = []
    bar = _Bar(100, lambda done, total: seen.append((done, total)))
    for size in (30, 70):
        bar.total = size
        bar.update(25)
        bar.update(25)
        bar.reset()
        bar.update(size)
        bar.close()
    assert [done for done, _total in seen] == [25, 30, 30, 55, 80, 100]
