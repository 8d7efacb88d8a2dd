"""A fit, or a step before it, in a process of its own: it can be ended at any moment, and what goes wrong stays there."""

import io
import json
import os
import sys
import time
from typing import IO, Any

import numpy as np

from dllab.clustering.child import Child
from dllab.clustering.fit import ClusterProblem, Fit, fit, reduce
from dllab.layers import LAYERS
from dllab.layers.analysing import Analysis, Clustering
from dllab.text import _, set_language

_ARRAYS = ("core", "merges", "centres")
_NEARLY = 0.95
"""An estimate is no promise: progress waits here until the fit is really done."""


class Cancelled(ClusterProblem):
    """Somebody ended the fit."""


class Apart:
    """What one layer does to rows (n, d), under way."""

    def __init__(self, layer: Analysis, x: np.ndarray, seed: int = 0) -> None:
        self._estimate = layer.seconds(*x.shape) + 1.0
        self._began = time.monotonic()
        self._cancelled = False
        self._reply = b""
        asked = {"kind": layer.kind, "params": layer.model_dump(mode="json"), "seed": seed}
        self._child = Child("dllab.clustering", _packed(asked, {"x": x}), self._hear)

    def _hear(self, said: IO[bytes]) -> None:
        self._reply = said.read()

    @property
    def progress(self) -> float:
        """Share that is done, by the estimate: 1.0 only at the end."""
        if self._child.done:
            return 1.0
        return min(_NEARLY, (time.monotonic() - self._began) / self._estimate)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end; False when it is not there yet."""
        return self._child.wait(seconds)

    def cancel(self) -> None:
        """End the process now, whatever it is doing."""
        self._cancelled = self._cancelled or not self._child.done
        self._child.cancel()

    def _answer(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Wait for what was found. Raises ClusterProblem, also when the process was ended."""
        self._child.wait()
        if self._cancelled:
            raise Cancelled(_("The clustering was stopped."))
        if self._child.failed or not self._reply:
            raise ClusterProblem(
                _("The clustering broke off, most likely because the memory ran out. Take fewer samples.")
            )
        facts, arrays = _unpacked(self._reply)
        if "problem" in facts:
            raise ClusterProblem(facts["problem"])
        return facts, arrays


class Fitting(Apart):
    """A fit under way."""

    def result(self) -> Fit:
        """Wait for what was found. Raises ClusterProblem, also when the process was ended."""
        facts, arrays = self._answer()
        found = {name: arrays.get(name) for name in _ARRAYS}
        return Fit(arrays["labels"], **found, facts=facts["facts"], remarks=tuple(facts["remarks"]))


class Reducing(Apart):
    """Rows on their way to a clustering: a reduction that takes its time."""

    def result(self) -> np.ndarray:
        """Wait for the new rows. Raises ClusterProblem, also when the process was ended."""
        _facts, arrays = self._answer()
        return arrays["rows"]


def serve() -> None:
    """Read one request, fit, and answer; what libraries print goes to stderr."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    set_language(os.environ.get("DLLAB_LANGUAGE", "en"))
    asked, arrays = _unpacked(sys.stdin.buffer.read())
    try:
        layer = LAYERS.make(asked["kind"], asked["params"])
        assert isinstance(layer, Analysis)
        out.write(_packed(*_done(layer, arrays["x"], asked["seed"])))
    except ClusterProblem as problem:
        out.write(_packed({"problem": str(problem)}, {}))
    out.close()


def _done(layer: Analysis, x: np.ndarray, seed: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    if not isinstance(layer, Clustering):
        return {}, {"rows": reduce(layer, x, seed)}
    found = fit(layer, x, seed)
    made = {name: value for name in ("labels", *_ARRAYS) if (value := getattr(found, name)) is not None}
    return {"facts": found.facts, "remarks": list(found.remarks)}, made


def _packed(facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> bytes:
    """A line of JSON, then the arrays that it names, as NumPy writes them."""
    stream = io.BytesIO()
    stream.write(json.dumps({**facts, "arrays": list(arrays)}).encode() + b"\n")
    for array in arrays.values():
        np.lib.format.write_array(stream, np.ascontiguousarray(array), allow_pickle=False)
    return stream.getvalue()


def _unpacked(data: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    stream = io.BytesIO(data)
    facts: dict[str, Any] = json.loads(stream.readline())
    arrays = {name: np.lib.format.read_array(stream, allow_pickle=False) for name in facts.pop("arrays")}
    return facts, arrays
