"""A probe: a function from a subject and parameters to arrays and labels, under a name that views subscribe to.

The subject is the session of a run, or what was clustered: each sort of probe has its own decorator.
"""

import importlib
import logging
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any

import numpy as np
from torch import nn

from dllab.clustering.chain import Clusterings
from dllab.text import _
from dllab.training.session import Session

log = logging.getLogger(__name__)

GROUP = "dllab.probes"
BUILT_IN = (
    "activations",
    "attention",
    "boundary",
    "cluster_scores",
    "cluster_shapes",
    "clusters",
    "clustersteps",
    "confusion",
    "distribution",
    "embedding",
    "gates",
    "gradients",
    "health",
    "landscape",
    "losses",
    "neighbours",
    "predictions",
    "reconstruction",
    "saliency",
    "sampled_text",
    "samples",
    "sweep",
    "thumbnails",
    "weights",
)


class DoesNotApply(ValueError):
    """Why there is nothing to show, as one sentence for people."""


@dataclass(frozen=True)
class Shown:
    """What a probe found."""

    arrays: dict[str, np.ndarray]
    labels: dict[str, Any] = field(default_factory=dict)
    axes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What the axes of each array count, for programs that read them from a file; a single number has none."""


@dataclass(frozen=True)
class Partly:
    """How far a slow probe is."""

    share: float
    shown: Shown | None = None
    """What is known so far, if that is worth drawing."""
    pause: float = 0.0
    """Seconds for which going on would be for nothing: somebody else is at work."""


Probe = Callable[[Session, Mapping[str, Any]], Shown]
PROBES: dict[str, Probe] = {}
Watch = Callable[[Session, Mapping[str, Any]], Mapping[str, nn.Parameter]]
WATCHES: dict[str, Watch] = {}
"""Parameters of which a probe must know what they were before the last step, by name."""
Work = Generator[Partly, None, Shown]
SlowProbe = Callable[[Session, Mapping[str, Any]], Work]
SLOW: dict[str, SlowProbe] = {}
"""Those of the probes that are computed once, on request, a short piece at a time; closing the work ends it."""
ClusterProbe = Callable[[Clusterings, Mapping[str, Any]], Shown]
CLUSTER_PROBES: dict[str, ClusterProbe] = {}
SlowClusterProbe = Callable[[Clusterings, Mapping[str, Any]], Work]
SLOW_OF_CLUSTERS: dict[str, SlowClusterProbe] = {}


def probe(name: str, watches: Watch | None = None) -> Callable[[Probe], Probe]:
    """Decorator: make a function known as the probe `name`; `watches` says what must be kept of every step for it."""

    def register(function: Probe) -> Probe:
        PROBES[name] = function
        if watches is not None:
            WATCHES[name] = watches
        return function

    return register


def cluster_probe(name: str) -> Callable[[ClusterProbe], ClusterProbe]:
    """Decorator: make a function of what was clustered known as the probe `name`."""

    def register(function: ClusterProbe) -> ClusterProbe:
        CLUSTER_PROBES[name] = function
        return function

    return register


def slow_probe(name: str) -> Callable[[SlowProbe], SlowProbe]:
    """Decorator: make a generator known as the slow probe `name`."""

    def register(function: SlowProbe) -> SlowProbe:
        SLOW[name] = function
        PROBES[name] = lambda session, params: _to_the_end(function(session, params))
        return function

    return register


def slow_cluster_probe(name: str) -> Callable[[SlowClusterProbe], SlowClusterProbe]:
    """Decorator: make a generator about what was clustered known as the slow probe `name`."""

    def register(function: SlowClusterProbe) -> SlowClusterProbe:
        SLOW_OF_CLUSTERS[name] = function
        CLUSTER_PROBES[name] = lambda found, params: _to_the_end(function(found, params))
        return function

    return register


def _to_the_end(work: Work) -> Shown:
    while True:
        try:
            time.sleep(next(work).pause)
        except StopIteration as end:
            shown: Shown = end.value
            return shown


def load_probes() -> None:
    """Import the built-in probes and installed plugins; a plugin that fails is logged, not fatal."""
    for name in BUILT_IN:
        importlib.import_module(f"dllab.probes.{name}")
    for entry in entry_points(group=GROUP):
        try:
            entry.load()
        except Exception:
            log.exception("%s: %s could not be loaded", GROUP, entry.name)


def compute(session: Session, name: str, params: Mapping[str, Any]) -> Shown:
    """What the probe shows now. Raises DoesNotApply."""
    function = PROBES.get(name)
    if function is None:
        raise DoesNotApply(_("There is no probe called {name}.").format(name=name))
    return function(session, params)


def validation_sample(session: Session, params: Mapping[str, Any]) -> int:
    """The sample of the validation part that is asked for by its position. Raises DoesNotApply."""
    count = len(session.prepared.validation.x)
    if not count:
        raise DoesNotApply(_("There is no validation part to take a sample from."))
    return integer(params, "sample", 0, 0, count - 1)


def sample_axes(shape: tuple[int, ...], family: str = "") -> tuple[str, ...]:
    """What the axes of one sample count, by their number: channels and places of an image, steps of a sequence."""
    if len(shape) == 2:
        return ("channel", "place") if family == "convolution" else ("step", "feature")
    return {1: ("unit",), 3: ("channel", "row", "column")}.get(
        len(shape), tuple(f"axis_{i}" for i in range(len(shape)))
    )


def compute_clusters(found: Clusterings, name: str, params: Mapping[str, Any]) -> Shown:
    """What the probe shows of clusterings. Raises DoesNotApply."""
    return CLUSTER_PROBES[name](found, params)


def integer(params: Mapping[str, Any], name: str, default: int, lower: int, upper: int) -> int:
    """A whole-number parameter within bounds; what is not one is the default."""
    value = params.get(name, default)
    return min(max(value, lower), upper) if isinstance(value, int) and not isinstance(value, bool) else default
