"""CIFAR-10 in its binary archive: looked through member by member, nothing is unpacked to the disk."""

import re
import tarfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dllab.data.base import DataProblem
from dllab.data.own.published import DOWNLOADS
from dllab.data.own.samples import LARGEST, keep_samples
from dllab.text import _

_ROW = 1 + 3 * 32 * 32
_BATCH = re.compile(r"(^|/)(data_batch_[1-5]|test_batch)\.bin$")
_PICKLED = re.compile(r"(^|/)cifar-10-batches-(py|mat)(/|$)")
_LOOKED_AT = 100
"""Members of an archive without one of CIFAR-10's that are looked at."""


def bring_cifar(path: Path, _given: Mapping[str, Any], progress: Callable[[int, int], None]) -> dict[str, Any]:
    """Keep the pictures of CIFAR-10's binary archive. Raises DataProblem for any other one."""
    x, y = read_cifar(path, progress)
    classes = DOWNLOADS["cifar10"].classes
    if y.max(initial=0) >= len(classes):
        raise _another(path)
    return keep_samples(path.name, x, y, classes)


def read_cifar(path: Path, progress: Callable[[int, int], None] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """uint8 (samples, 3, 32, 32) and labels. Raises DataProblem for what is no such archive."""
    rows: list[np.ndarray] = []
    size = path.stat().st_size
    try:
        with path.open("rb") as packed, tarfile.open(fileobj=packed, mode="r:gz") as archive:
            for place, member in enumerate(archive):
                if _PICKLED.search(member.name):
                    raise _pickled(path)
                if place >= _LOOKED_AT and not rows:
                    break
                rows += _batch(archive, member, LARGEST - sum(batch.nbytes for batch in rows))
                if progress is not None:
                    progress(packed.tell(), size)
        table = np.concatenate(rows)
    except (OSError, EOFError, ValueError, tarfile.TarError, zlib.error) as error:
        if isinstance(error, DataProblem):
            raise
        raise _another(path) from error
    return table[:, 1:].reshape(-1, 3, 32, 32), table[:, 0]


def _batch(archive: tarfile.TarFile, member: tarfile.TarInfo, room: int) -> list[np.ndarray]:
    """The rows of a member, if it is one of CIFAR-10's and there is room for them."""
    if not member.isfile() or not _BATCH.search(member.name) or member.size > min(room, 100_000 * _ROW):
        return []
    file = archive.extractfile(member)
    assert file is not None
    return [np.frombuffer(file.read(), np.uint8).reshape(-1, _ROW)]


def _another(path: Path) -> DataProblem:
    text = _(
        "{name} is not CIFAR-10's binary archive. If it holds other data, unpack it and import the file or folder inside."
    )
    return DataProblem(text.format(name=path.name))


def _pickled(path: Path) -> DataProblem:
    text = _(
        "{name} holds CIFAR-10 as Python or MATLAB objects, which are never loaded: get the binary version,"
        " cifar-10-binary.tar.gz."
    )
    return DataProblem(text.format(name=path.name))
