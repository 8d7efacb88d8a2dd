"""`.npz` archives read without trust: every size is checked before memory is asked for, pickled objects are refused."""

import math
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from dllab.data.base import DataProblem
from dllab.data.own.samples import LARGEST, keep_samples
from dllab.text import _

_INPUTS = (("x_train", "x_test"), ("x",), ("X",), ("images",), ("data",), ("inputs",), ("features",), ("arr_0",))
_TARGETS = (("y_train", "y_test"), ("y",), ("Y",), ("labels",), ("label",), ("target",), ("targets",), ("arr_1",))
_PIECE = 8_000_000
_HEADER = 10_000


def bring_npz(path: Path, given: Mapping[str, Any], progress: Callable[[int, int], None]) -> dict[str, Any]:
    """Keep inputs and targets of an archive; those of Keras ("x_train" and "x_test") together. Raises DataProblem."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            names = [_pick(path, members, wanted) for wanted in (_INPUTS, _TARGETS)]
            total = sum(members[name].file_size for both in names for name in both)
            read = _Reader(archive, path.name, lambda done: progress(done, total))
            x, y = (np.concatenate([read(members[name]) for name in both]) for both in names)
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        if isinstance(error, DataProblem):
            raise
        text = _("{name} can't be read as an .npz archive: {reason}.")
        raise DataProblem(text.format(name=path.name, reason=str(error).rstrip(".")[:200])) from error
    return keep_samples(path.name, x, y, way=given.get("way") or "")


def _pick(path: Path, members: dict[str, Any], wanted: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    for names in wanted:
        if names[0] in members:
            return tuple(name for name in names if name in members)
    text = _('{name} needs an array called "{wanted}"; it has: {found}.')
    found = ", ".join(list(members)[:8]) or _("nothing")
    raise DataProblem(text.format(name=path.name, wanted='" / "'.join(names[0] for names in wanted[:4]), found=found))


class _Reader:
    """Arrays of one archive, and how many bytes have been read."""

    def __init__(self, archive: zipfile.ZipFile, name: str, progress: Callable[[int], None]) -> None:
        self._archive, self._name, self._progress = archive, name, progress
        self._done = 0

    def __call__(self, info: zipfile.ZipInfo) -> np.ndarray:
        with self._archive.open(info) as file:
            shape, fortran, dtype = _header(file)
            if dtype.hasobject:
                text = _("{name}: {array} holds Python objects, which could run code and are never loaded.")
                raise DataProblem(text.format(name=self._name, array=info.filename))
            size = math.prod(shape) * dtype.itemsize
            if size > LARGEST or size > info.file_size or min(shape, default=1) < 0:
                text = _("{name}: {array} says it holds {size:,} bytes, which is not so. The file is damaged.")
                raise DataProblem(text.format(name=self._name, array=info.filename, size=size))
            data = bytearray()
            while len(data) < size:
                piece = file.read(min(_PIECE, size - len(data)))
                if not piece:
                    raise EOFError(_("it ends too early"))
                data += piece
                self._done += len(piece)
                self._progress(self._done)
        return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    return read(file, max_header_size=_HEADER)
