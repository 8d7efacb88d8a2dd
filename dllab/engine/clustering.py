"""What Train means for an experiment that only clusters: a job beside the command loop that a command can end."""

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from dllab.checking import check
from dllab.clustering.chain import Clustered, Clusterings, Seen, carry_out, clusterings, seen
from dllab.clustering.fit import Fit, fit, reduce
from dllab.clustering.measures import SILHOUETTE_LIMIT
from dllab.clustering.process import Apart, Cancelled, Fitting, Reducing
from dllab.clustering.trying import same_tree
from dllab.data.base import DataSpec
from dllab.data.prepare import prepare
from dllab.document.experiment import Experiment
from dllab.engine import protocol
from dllab.engine.outbox import Outbox
from dllab.engine.pictures import Pictures
from dllab.engine.trouble import Trouble, explain
from dllab.layers.analysing import Analysis, Clustering
from dllab.text import _, ngettext

log = logging.getLogger(__name__)
Work = TypeVar("Work", bound=Apart)

PATIENCE_S = 0.05
"""How often a job is looked at."""
_LOOK_S = 0.05
_LAST_S = 0.3
_SHORT_S = 0.3
"""Fits estimated to be shorter are made in the engine itself: a process of their own would take longer to start."""
_MEASURE_S = 6e-8
"""A silhouette takes that long for every other sample."""
_REDUCTIONS = 2
_NEARLY = 0.97
"""An estimate is no promise: the bar waits here until the work is really done."""


class Jobs:
    """At most one job at a time: begun, looked at between two commands, ended."""

    def __init__(self, outbox: Outbox, pictures: Pictures) -> None:
        self._outbox, self._pictures = outbox, pictures
        self._job: Job | None = None
        self._ending: Job | None = None
        """Given up, but not yet at a place where it can end."""
        self._before: Clusterings | None = None
        self._reductions = Reductions()

    @property
    def busy(self) -> bool:
        """Whether there is one."""
        return self._job is not None

    def begin(self, experiment: Experiment, run: str) -> None:
        """Fit every clustering of an experiment."""
        self.end()
        self._job = Job(experiment, run, self._before, self._reductions)
        self._start()

    def _start(self) -> None:
        """Let the job work once the one before has ended: many given up one after the other don't pile up."""
        if self._ending is not None and self._ending.done:
            self._ending = None
        if self._job is not None and self._ending is None and not self._job.begun:
            self._job.start()

    def end(self) -> None:
        """Give up the one under way."""
        if self._job is not None and self._job.begun:
            self._job.cancel()
            self._ending = self._job
        self._job = None

    def close(self) -> None:
        """The engine ends: a fit's process must not outlive it."""
        self.end()
        if self._ending is not None:
            self._ending.cancel(_LAST_S)

    def look(self) -> tuple[str, Trouble | None] | None:
        """Report how far it is; at its end what it found, and the state to enter with the reason."""
        self._start()
        job = self._job
        if job is None or not job.done:
            if job is not None:
                self._outbox.latest(job.stage())
            return None
        self._job = None
        if job.found is None:
            return "failed", job.trouble
        self._pictures.clusterings = self._before = job.found
        found = [facts(made) for made in job.found.made]
        self._outbox.control(protocol.Found(job.run, found))
        return "done", Trouble("clustered", " ".join(made["text"] for made in found))


class Reductions:
    """The last ones that took their time: whoever moves a cut waits for none of them again."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int, str], np.ndarray] = {}

    def of(self, layer: Analysis, x: np.ndarray, seed: int, make: Callable[[], np.ndarray]) -> np.ndarray:
        """The rows that are known, or those made now."""
        key = layer.kind + layer.model_dump_json(), seed, hashlib.sha256(x.tobytes()).hexdigest()
        if key not in self._kept:
            made = make()
            while len(self._kept) >= _REDUCTIONS:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = made
        return self._kept[key]


class Job:
    """Prepares, fits and measures on a thread of its own; whoever started it asks from time to time how far it is."""

    def __init__(self, experiment: Experiment, run: str, before: Clusterings | None, reductions: "Reductions") -> None:
        self.run = run
        self._reductions = reductions
        self._before = before
        """What was found last: samples and trees that are the same need not be made again."""
        self.found: Clusterings | None = None
        """What was found, when the job is done and nothing went wrong."""
        self.trouble: Trouble | None = None
        self._experiment = experiment
        self._began = time.monotonic()
        self._cancelled = False
        self._words, self._estimate, self._since = _("Preparing the data"), 0.0, self._began
        self._span = (0.0, 0.0)
        """The part of the whole that the present stage is."""
        self.begun = False
        """Whether it was let work."""
        self._thread = threading.Thread(target=self._work, name="clustering", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self.begun = True
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return self.begun and not self._thread.is_alive()

    def cancel(self, wait: float = 0.0) -> None:
        """End the fit; what can't be ended at once (loading, measuring) goes on unseen and its result is dropped."""
        self._cancelled = True
        self._thread.join(wait)

    def stage(self) -> protocol.Stage:
        """What is being done, and how long it takes by the estimate."""
        now = time.monotonic()
        spent = now - self._since
        begin, end = self._span
        share = begin + (end - begin) * (min(spent / self._estimate, _NEARLY) if self._estimate else 0.0)
        return protocol.Stage(self.run, self._words, share, now - self._began, max(self._estimate - spent, 0.0))

    def _enter(self, words: str, estimate: float, span: tuple[float, float]) -> None:
        if self._cancelled:
            raise Cancelled(_("The clustering was stopped."))
        self._words, self._estimate, self._since, self._span = words, estimate, time.monotonic(), span

    def _work(self) -> None:
        try:
            checked = check(self._experiment)
            spec, samples = self._samples()
            x, y = samples.x, samples.y
            made = tuple(carry_out(checked, node, x, y, self._fit, self._reduce) for node in clusterings(checked))
            self._enter(_("Showing what was found"), 0.0, (1.0, 1.0))
            self.found = Clusterings(checked, spec, samples, made)
        except Cancelled:
            return
        except Exception as error:
            log.exception("clustering")
            self.trouble = explain(error, None)
            if self.trouble.code == "step":
                text = _("The clustering broke off: {reason}").format(reason=str(error) or type(error).__name__)
                self.trouble = Trouble("cluster", text)

    def _samples(self) -> tuple[DataSpec, Seen]:
        if self._before is not None:
            old, new = self._before.checked.experiment, self._experiment
            if all(getattr(old, part) == getattr(new, part) for part in ("data", "preparation", "split", "seed")):
                return self._before.spec, self._before.seen
        prepared = prepare(self._experiment)
        return prepared.spec, seen(prepared)

    def _known(self, layer: Clustering, x: np.ndarray) -> Fit | None:
        """The fit where only the cut of a tree that is there is another one."""
        for made in self._before.made if self._before else ():
            again = same_tree(made, layer)
            if again is not None and np.array_equal(made.rows, x):
                return again
        return None

    def _reduce(self, layer: Analysis, x: np.ndarray, seed: int) -> np.ndarray:
        seconds = layer.seconds(*x.shape)
        self._enter_samples(layer, len(x), seconds, (0.0, 0.02) if not layer.patient else (0.0, 0.6))
        if not layer.patient:
            return reduce(layer, x, seed)
        return self._reductions.of(layer, x, seed, lambda: self._wait_for(Reducing(layer, x, seed)).result())

    def _enter_samples(self, layer: Analysis, count: int, seconds: float, span: tuple[float, float]) -> None:
        text = ngettext("{layer}: {count} sample", "{layer}: {count} samples", count)
        self._enter(text.format(layer=_(layer.title), count=f"{count:,}"), seconds, span)

    def _fit(self, layer: Clustering, x: np.ndarray, seed: int) -> Fit:
        known = self._known(layer, x)
        if known is not None:
            return known
        seconds = layer.seconds(*x.shape)
        begin = self._span[1] if 0.0 < self._span[1] < 0.9 else 0.02
        self._enter_samples(layer, len(x), seconds + 1.0, (begin, 0.9))
        made = fit(layer, x, seed) if seconds < _SHORT_S else self._wait_for(Fitting(layer, x, seed)).result()
        measuring = _MEASURE_S * min(len(x), SILHOUETTE_LIMIT) ** 2 + 0.2
        self._enter(_("{layer}: measuring how good it is").format(layer=_(layer.title)), measuring, (0.9, 1.0))
        return made

    def _wait_for(self, work: Work) -> Work:
        """Whatever it is, it ends at once when the job is given up."""
        while not work.wait(_LOOK_S):
            if self._cancelled:
                work.cancel()
        return work


def facts(made: Clustered) -> dict[str, Any]:
    """A clustering in numbers, for protocol.Found."""
    return {
        "node": made.node,
        "layer": made.layer.kind,
        "clusters": made.fit.clusters,
        "noise": made.fit.noise,
        "samples": len(made.rows),
        "scores": made.scores,
        "text": sentence(made),
    }


def sentence(made: Clustered) -> str:
    """A clustering in words."""
    text = ngettext("{layer} found {count} cluster", "{layer} found {count} clusters", made.fit.clusters)
    parts = [text.format(layer=_(made.layer.title), count=made.fit.clusters)]
    if made.fit.noise:
        noise = ngettext("{count} noise sample", "{count} noise samples", made.fit.noise)
        parts.append(noise.format(count=made.fit.noise))
    if "ari" in made.scores:
        parts.append(_("ARI {value:.3f} against the true labels").format(value=made.scores["ari"]))
    return " ".join([", ".join(parts) + ".", *made.fit.remarks])
