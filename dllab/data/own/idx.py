"""IDX, the format of MNIST: a file of inputs and one of labels, as they are or compressed with gzip."""

import gzip
import math
import struct
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dllab.data.base import DataProblem
from dllab.data.own.samples import LARGEST, keep_samples
from dllab.text import _

_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_PIECE = 4_000_000
_SWAPS = (("images", "labels"), ("idx3", "idx1"))


def bring_idx(path: Path, given: Mapping[str, Any], progress: Callable[[int, int], None]) -> dict[str, Any]:
    """Keep the inputs of an IDX file with the labels that lie beside it. Raises DataProblem."""
    inputs, labels = partners(path)
    if not labels.is_file() or not inputs.is_file():
        other = labels if path == inputs else inputs
        text = _("{name} needs {other} beside it: one file holds the pictures, the other their labels.")
        raise DataProblem(text.format(name=path.name, other=other.name))
    x = read_idx(inputs, progress)
    return keep_samples(inputs.name, x, read_idx(labels), way=given.get("way") or "")


def partners(path: Path) -> tuple[Path, Path]:
    """(file of inputs, file of labels) of a pair one of which is given; they differ in their names as MNIST's do."""
    name = path.name
    if "labels" in name or "idx1" in name:
        for inputs, labels in _SWAPS:
            name = name.replace(labels, inputs)
        return path.with_name(name), path
    for inputs, labels in _SWAPS:
        name = name.replace(inputs, labels)
    return path, path.with_name(name)


def read_idx(path: Path, progress: Callable[[int, int], None] | None = None) -> np.ndarray:
    """The array in a file. Raises DataProblem when the header says something else than the file holds."""
    packed = path.read_bytes()[:2] == b"\x1f\x8b" if path.stat().st_size < 4 else _starts(path) == b"\x1f\x8b"
    with gzip.open(path) if packed else path.open("rb") as file:
        try:
            head = file.read(4)
            if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _DTYPES or not 1 <= head[3] <= 4:
                raise DataProblem(_("{name} is no IDX file: it begins otherwise.").format(name=path.name))
            shape = struct.unpack(f">{head[3]}I", file.read(4 * head[3]))
            dtype = np.dtype(_DTYPES[head[2]])
            size = math.prod(shape) * dtype.itemsize
            data = bytearray()
            while size <= LARGEST and len(data) <= size:
                piece = file.read(min(_PIECE, size + 1 - len(data)))
                if not piece:
                    break
                data += piece
                if progress is not None:
                    progress(min(len(data), size), size)
        except (OSError, EOFError, zlib.error, struct.error) as error:
            text = _("{name} is damaged: it can't be read to its end.")
            raise DataProblem(text.format(name=path.name)) from error
    if len(data) != size:
        text = _("{name} says it holds {said}, that is {size:,} bytes, which is not so: the file is damaged.")
        raise DataProblem(text.format(name=path.name, said=" × ".join(map(str, shape)), size=size))
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def _starts(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(2)
