"""Samples that are arrays already (pictures, `.npz`, IDX): checked and kept as raw numbers beside their facts."""

import hashlib
import json
from typing import Any

import numpy as np

from dllab.data.base import DataProblem
from dllab.data.own import store
from dllab.data.own.source import LARGEST_VOCABULARY, Reading
from dllab.files import write_atomic
from dllab.text import _

INPUTS = "inputs.raw"
TARGETS = "targets.raw"
LARGEST = 2_000_000_000
"""Bytes of inputs that are taken in."""
_DTYPES: dict[str, np.dtype[Any]] = {"u1": np.dtype("u1"), "f4": np.dtype("<f4"), "i8": np.dtype("<i8")}


def keep_samples(name: str, x: np.ndarray, y: np.ndarray, classes: tuple[str, ...] = ()) -> dict[str, Any]:
    """Keep inputs (samples, …) and targets (samples,) or (samples, targets); what an import tells. Raises DataProblem.

    Whole numbers as targets are classes; `classes` names them from 0 on.
    """
    _refuse(name, x, y)
    inputs = _as_kept(name, x)
    found, labels = _targets(name, y, classes)
    facts = {
        "kind": "images" if inputs.ndim == 4 else "arrays",
        "name": name,
        "reading": Reading().model_dump(mode="json"),
        "rows": len(inputs),
        "shape": list(inputs.shape[1:]),
        "types": [_short(inputs), _short(found)],
        "classes": list(labels),
        "counts": np.bincount(found, minlength=len(labels)).tolist() if labels else [],
        "targets": 0 if labels else found.shape[1],
        "range": [float(inputs.min()), float(inputs.max())],
    }
    digest = hashlib.sha256(json.dumps(facts).encode())
    with store.adding() as folder:
        for array, file in ((inputs, INPUTS), (found, TARGETS)):
            data = np.ascontiguousarray(array).data.cast("B")
            digest.update(data)
            with (folder / file).open("wb") as target:
                target.write(data)
        write_atomic(folder / store.FACTS, json.dumps(facts, allow_nan=False).encode())
        return {**facts, "content": digest.hexdigest(), "new": store.keep(folder, digest.hexdigest())}


def kept(source: Any) -> tuple[np.ndarray, np.ndarray]:
    """(inputs, targets) as they were kept, mapped from the disk. Raises DataProblem."""
    facts = store.facts(source)
    try:
        rows, folder = int(facts["rows"]), store.place(source.content)
        first, second = (_DTYPES[name] for name in facts["types"])
        x = np.memmap(folder / INPUTS, first, "r", shape=(rows, *facts["shape"]))
        wide = (rows, facts["targets"]) if facts["targets"] else (rows,)
        return x, np.memmap(folder / TARGETS, second, "r", shape=wide)
    except (KeyError, TypeError, ValueError, OSError) as error:
        text = _("The lab's copy of {name} is damaged: import the file again.")
        raise DataProblem(text.format(name=source.name)) from error


def _refuse(name: str, x: np.ndarray, y: np.ndarray) -> None:
    if not len(x):
        raise DataProblem(_("{name} holds no samples.").format(name=name))
    if len(x) != len(y):
        text = _("{name} has {inputs:,} inputs and {targets:,} targets: every sample needs one.")
        raise DataProblem(text.format(name=name, inputs=len(x), targets=len(y)))
    if not 1 <= x.ndim <= 4:
        text = _("{name}: inputs of {axes} axes are not known; numbers have 2, pictures 3 or 4.")
        raise DataProblem(text.format(name=name, axes=x.ndim))
    if x.dtype.kind not in "biuf" or y.dtype.kind not in "biufU" or y.ndim > 2:
        raise DataProblem(_("{name} holds something else than numbers and classes.").format(name=name))
    for what, array in ((_("an input"), x), (_("a target"), y)):
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            wrong = ~np.isfinite(array.reshape(len(array), -1)).all(1)
            text = _("{name}, sample {row}: {what} is no finite number ({count:,} samples have such).")
            raise DataProblem(text.format(name=name, row=int(wrong.argmax()) + 1, what=what, count=int(wrong.sum())))


def _as_kept(name: str, x: np.ndarray) -> np.ndarray:
    """(samples, features) or (samples, channels, height, width); bytes stay bytes, the rest becomes float32."""
    if x.ndim == 1 or x.ndim == 3:
        x = x[:, None]
    elif x.ndim == 4 and x.shape[1] not in (1, 3) and x.shape[3] in (1, 3):
        x = np.moveaxis(x, 3, 1)
    if 0 in x.shape:
        raise DataProblem(_("{name} holds no samples.").format(name=name))
    kept_as = x if x.dtype == np.uint8 else x.astype("<f4")
    if kept_as.nbytes > LARGEST:
        text = _("{name} would take {size:.1f} GB of memory; at most {limit:.0f} GB can be read.")
        raise DataProblem(text.format(name=name, size=kept_as.nbytes / 1e9, limit=LARGEST / 1e9))
    return kept_as


def _targets(name: str, y: np.ndarray, classes: tuple[str, ...]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Numbers of classes with their names, or float32 (samples, targets) without."""
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim == 2 or y.dtype.kind == "f":
        if y.dtype.kind == "U":
            raise DataProblem(_("{name} holds something else than numbers and classes.").format(name=name))
        return y.reshape(len(y), -1).astype("<f4"), ()
    if classes:
        return y.astype("<i8"), classes
    values, numbers = np.unique(y, return_inverse=True)
    if len(values) > LARGEST_VOCABULARY:
        text = _("{name} has {count:,} different classes; at most {limit:,} can be told apart.")
        raise DataProblem(text.format(name=name, count=len(values), limit=LARGEST_VOCABULARY))
    return numbers.astype("<i8"), tuple(str(value)[:200] for value in values)


def _short(array: np.ndarray) -> str:
    return f"{array.dtype.kind}{array.dtype.itemsize}"
