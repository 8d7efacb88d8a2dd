"""Samples that are arrays already (pictures, `.npz`, IDX): checked and kept as raw numbers beside their facts."""

import hashlib
import json
from typing import Any

import numpy as np

from dllab.data.base import IGNORED, DataProblem
from dllab.data.own import store
from dllab.data.own.source import LARGEST_VOCABULARY, MOST_TOKENS, Reading
from dllab.files import write_atomic
from dllab.text import _

SEQUENCES = ("sequences", "tokens")
"""What samples with steps are taken for: of quantities, or of indices."""
INPUTS = "inputs.raw"
TARGETS = "targets.raw"
LARGEST = 2_000_000_000
"""Bytes of inputs that are taken in."""
_DTYPES: dict[str, np.dtype[Any]] = {name: np.dtype(f"<{name}") for name in ("u1", "f4", "i4", "i8")}
_SMALLEST_PICTURE = 8
"""Pixels a side from which on a square of numbers that are not negative is taken for a picture."""


def keep_samples(
    name: str, x: np.ndarray, y: np.ndarray, classes: tuple[str, ...] = (), way: str = ""
) -> dict[str, Any]:
    """Keep inputs (samples, …) and targets (samples,) or (samples, targets); what an import tells. Raises DataProblem.

    Whole numbers as targets are classes; `classes` names them from 0 on. `way` is one of `possible`, else the likeliest.
    """
    _refuse(name, x, y)
    likely = possible(x)
    way = way or likely[0]
    if way not in likely:
        text = _("{name} can't be taken for {way}; it can be: {ways}.")
        raise DataProblem(text.format(name=name, way=way, ways=", ".join(likely)))
    inputs = _as_kept(name, x, way)
    steps = inputs.shape[1] if way in SEQUENCES and y.shape == inputs.shape[:2] and y.dtype.kind in "iu" else 0
    found, labels = _step_targets(name, y) if steps else _targets(name, y, classes)
    padded = way == "tokens" and _is_filled_up(inputs)
    if steps and padded:
        found = np.where(inputs == 0, IGNORED, found)
    facts = _facts(name, inputs, found, labels, steps)
    facts |= {"kind": "sequences" if way in SEQUENCES else way, "way": way, "ways": list(likely), "padded": padded}
    facts["vocabulary"] = int(inputs.max()) + 1 if way == "tokens" else 0
    digest = hashlib.sha256(json.dumps(facts).encode())
    with store.adding() as folder:
        for array, file in ((inputs, INPUTS), (found, TARGETS)):
            data = np.ascontiguousarray(array).data.cast("B")
            digest.update(data)
            with (folder / file).open("wb") as target:
                target.write(data)
        write_atomic(folder / store.FACTS, json.dumps(facts, allow_nan=False).encode())
        return {**facts, "content": digest.hexdigest(), "new": store.keep(folder, digest.hexdigest())}


def _facts(name: str, x: np.ndarray, y: np.ndarray, labels: tuple[str, ...], steps: int) -> dict[str, Any]:
    known = y[y >= 0] if steps else y
    return {
        "name": name,
        "reading": Reading().model_dump(mode="json"),
        "rows": len(x),
        "shape": list(x.shape[1:]),
        "types": [_short(x), _short(y)],
        "classes": list(labels),
        "counts": np.bincount(known, minlength=len(labels)).tolist() if labels else [],
        "targets": 0 if labels else y.shape[1],
        "positions": steps,
        "range": [float(x.min()), float(x.max())],
    }


def kept(source: Any) -> tuple[np.ndarray, np.ndarray]:
    """(inputs, targets) as they were kept, mapped from the disk. Raises DataProblem."""
    facts = store.facts(source)
    try:
        rows, folder = int(facts["rows"]), store.place(source.content)
        first, second = (_DTYPES[name] for name in facts["types"])
        x = np.memmap(folder / INPUTS, first, "r", shape=(rows, *facts["shape"]))
        last = facts["targets"] or facts.get("positions", 0)
        wide = (rows, last) if last else (rows,)
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


def possible(x: np.ndarray) -> tuple[str, ...]:
    """What samples of this shape can be taken for, the likeliest first."""
    whole = x.dtype.kind in "iu"
    if x.ndim == 3:
        square = x.shape[1] == x.shape[2] >= _SMALLEST_PICTURE and bool(len(x)) and x.min() >= 0
        return ("images", "sequences") if whole or x.dtype.kind == "b" or square else ("sequences", "images")
    if x.ndim != 2:
        return ("images",) if x.ndim == 4 else ("arrays",)
    if not whole or x.shape[1] < 2 or not len(x) or x.min() < 0 or x.max() >= MOST_TOKENS:
        return ("arrays", "sequences")
    # Bytes are pixels, most often.
    return ("arrays", "tokens", "sequences") if x.dtype == np.uint8 else ("tokens", "arrays", "sequences")


def _is_filled_up(tokens: np.ndarray) -> bool:
    """Whether 0 stands at the end of sequences and nowhere else: then it is padding and no token."""
    empty = tokens == 0
    return bool(empty.any()) and not (np.diff(empty.astype(np.int8), axis=1) < 0).any() and not empty[:, 0].any()


def _as_kept(name: str, x: np.ndarray, way: str) -> np.ndarray:
    """(samples, features), (samples, channels, height, width), (samples, steps, features) or tokens (samples, steps).

    Bytes stay bytes, tokens are whole numbers, the rest becomes float32.
    """
    if x.ndim == 1 or (x.ndim == 3 and way == "images"):
        x = x[:, None]
    elif x.ndim == 2 and way == "sequences":
        x = x[:, :, None]
    elif x.ndim == 4 and x.shape[1] not in (1, 3) and x.shape[3] in (1, 3):
        x = np.moveaxis(x, 3, 1)
    if 0 in x.shape:
        raise DataProblem(_("{name} holds no samples.").format(name=name))
    kept_as = x.astype("<i4") if way == "tokens" else x if x.dtype == np.uint8 else x.astype("<f4")
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


def _step_targets(name: str, y: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Classes of every step, IGNORED where a negative number says that none is asked for, and their names."""
    values = np.unique(y[y >= 0])
    if not len(values) or len(values) > LARGEST_VOCABULARY:
        text = _("{name} has {count:,} different classes; at most {limit:,} can be told apart.")
        raise DataProblem(text.format(name=name, count=len(values), limit=LARGEST_VOCABULARY))
    found = np.where(y >= 0, np.searchsorted(values, y), IGNORED)
    return found.astype("<i8"), tuple(map(str, values.tolist()))


def _short(array: np.ndarray) -> str:
    return f"{array.dtype.kind}{array.dtype.itemsize}"
