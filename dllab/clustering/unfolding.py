"""Maps that keep neighbours together, t-SNE and UMAP: made in a process of their own that can be ended at any moment."""

import importlib.util
import json
import logging
import os
import re
import sys
import warnings
from collections.abc import Callable
from typing import IO, Any

import numpy as np

from dllab.clustering.child import Child
from dllab.clustering.fit import ClusterProblem
from dllab.text import _

log = logging.getLogger(__name__)

_ROUNDS = 1000
_PERPLEXITY = 30.0
_NEIGHBOURS = 15


def available(method: str) -> bool:
    """Whether the library that makes such a map is installed."""
    return method != "umap" or importlib.util.find_spec("umap") is not None


class Unfolding:
    """One map under way."""

    def __init__(self, method: str, rows: np.ndarray, seed: int) -> None:
        self.share = 0.0
        """How much is done."""
        self._found: np.ndarray | None = None
        self._problem = ""
        self._count = len(rows)
        asked = {"method": method, "seed": seed, "shape": rows.shape}
        request = json.dumps(asked).encode() + b"\n" + np.ascontiguousarray(rows, np.float64).tobytes()
        # Training goes on meanwhile and keeps the processors it has.
        self._child = Child("dllab.clustering.unfolding", request, self._hear, OMP_NUM_THREADS="1")

    def _hear(self, said: IO[bytes]) -> None:
        for line in said:
            told = json.loads(line)
            self._problem = told.get("problem", "")
            self.share = float(told.get("share", self.share))
            if self.share >= 1.0:
                data = said.read(self._count * 16)
                self._found = np.frombuffer(data, np.float64).reshape(self._count, 2)

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return self._child.done

    def cancel(self) -> None:
        """End the process, whatever it is doing."""
        self._child.cancel()

    def result(self) -> np.ndarray:
        """The map (n, 2). Raises ClusterProblem when the process ended without one."""
        self._child.wait()
        if self._problem:
            raise ClusterProblem(_("The map could not be made: {reason}").format(reason=self._problem))
        if self._found is None:
            raise ClusterProblem(_("The map could not be made, most likely because the memory ran out."))
        return self._found


def unfold(method: str, rows: np.ndarray, seed: int) -> np.ndarray:
    """The map (n, 2) of rows (n, d)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a seed that keeps UMAP to one thread, and the like
        made: np.ndarray = _estimator(method, len(rows), seed).fit_transform(rows)
    return np.asarray(made, np.float64)


def _estimator(method: str, count: int, seed: int) -> Any:
    if method == "umap":
        from umap import UMAP  # type: ignore[import-not-found,unused-ignore]  # optional

        return UMAP(n_components=2, n_neighbors=min(_NEIGHBOURS, count - 1), random_state=seed)
    from sklearn.manifold import TSNE

    perplexity = min(_PERPLEXITY, (count - 1) / 3)
    return TSNE(2, perplexity=perplexity, init="pca", random_state=seed, max_iter=_ROUNDS, verbose=2)


class _Listener:
    """In place of stdout: what scikit-learn prints of its rounds becomes shares."""

    def __init__(self, tell: Callable[[float], None]) -> None:
        self._tell = tell

    def write(self, text: str) -> int:
        """Text that a library prints."""
        found = re.search(r"Iteration (\d+)", text)
        if found:
            self._tell(min(int(found[1]) / _ROUNDS, 0.99))
        return len(text)

    def flush(self) -> None:
        """Nothing waits."""


def serve() -> None:
    """Read one request, make the map, and answer."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if hasattr(os, "nice"):
        os.nice(5)

    def tell(share: float) -> None:
        out.write(json.dumps({"share": share}).encode() + b"\n")
        out.flush()

    asked = json.loads(sys.stdin.buffer.readline())
    rows = np.frombuffer(sys.stdin.buffer.read(), np.float64).reshape(asked["shape"])
    sys.stdout = _Listener(tell)
    try:
        made = unfold(asked["method"], rows, asked["seed"])
    except Exception as error:
        log.exception("%s", asked["method"])
        out.write(json.dumps({"problem": f"{type(error).__name__}: {error}"[:300]}).encode() + b"\n")
    else:
        tell(1.0)
        out.write(np.ascontiguousarray(made).tobytes())
    out.close()


if __name__ == "__main__":
    serve()
