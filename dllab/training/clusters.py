"""Clusters of what the layers of a network put out, found again and again while it trains."""

import logging
import time
from dataclasses import replace
from math import prod
from weakref import WeakValueDictionary

import numpy as np

from dllab.checking import Check
from dllab.clustering.chain import Clusterings, Seen, carry_out, clusterings, seen, way_to
from dllab.clustering.fit import ClusterProblem
from dllab.layers.analysing import UNSEEN, Analysis, Clustering
from dllab.training.features import layer_outputs
from dllab.training.session import Session

log = logging.getLogger(__name__)

_LONGEST_S = 0.4
"""A fit that is estimated to take longer gets fewer samples: training waits for it."""
_MOST = 1_000
"""More samples than this say little more about a curve."""
_SHARE = 8
"""Of the time at most an eighth is spent on the curve of agreement."""
SCORES = ("ari", "nmi")
_CARRIERS = frozenset({"flatten", "reshape", "dropout", "dropout1d", "dropout2d"})
"""Kinds of layers that put out what comes in, when it is looked at."""


class Following:
    """Belongs to one session. Looking changes nothing about how it trains on."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.nodes = tuple(node for node in clusterings(session.check) if not _is_patient(session.check, node))
        self._samples: Seen | None = None
        self._due = 0.0
        self._kept: tuple[tuple[int, bool], Clusterings] | None = None

    @property
    def _seen(self) -> Seen:
        """The samples that are clustered; copied from the data when they are first asked for."""
        if self._samples is None:
            session = self.session
            self._samples = _few(session.check, self.nodes, seen(session.prepared), session.experiment.seed)
        return self._samples

    def now(self) -> Clusterings:
        """What is found in the network as it stands; what can't be clustered at the moment is left out."""
        session = self.session
        mark = session.step, bool(session.last)
        if self._kept is None or self._kept[0] != mark:
            check = session.check
            sources = {node: way_to(check, node)[0] for node in self.nodes}
            outputs = layer_outputs(session, self._seen.x, set(sources.values())) if self.nodes else {}
            made = []
            for node, source in sources.items():
                try:
                    made.append(carry_out(check, node, outputs.get(source, self._seen.x), self._seen.y))
                except ClusterProblem:
                    continue  # weights that are no numbers yet, or no longer: the next look finds others
            self._kept = mark, Clusterings(check, session.data, self._seen, tuple(made))
        return self._kept[1]

    def scores(self, always: bool = False) -> dict[str, float]:
        """How well clusters and classes agree, for curves: cluster_ari, cluster_nmi. Empty where it is not time yet."""
        began = time.perf_counter()
        if not self.nodes or (began < self._due and not always):
            return {}
        try:
            found = self.now()
        except Exception:
            # A curve beside the others: what goes wrong with it must not end the training.
            log.exception("what the layers put out could not be clustered")
            self.nodes = ()
            return {}
        took = time.perf_counter() - began
        self._due = began + _SHARE * took
        scored = next((made.scores for made in found.made if "ari" in made.scores), {})
        return {f"cluster_{name}": scored[name] for name in SCORES if name in scored}


_SHARED: "WeakValueDictionary[int, Following]" = WeakValueDictionary()


def following(session: Session) -> Following:
    """The clusterings of what this network puts out, the same for all that hold on to them."""
    found = _SHARED.get(id(session))
    if found is None or found.session is not session:
        found = _SHARED[id(session)] = Following(session)
    return found


def of_layer(session: Session, node: str, index: np.ndarray) -> tuple[str, np.ndarray] | None:
    """The clustering on the canvas of what a layer puts out, and in which cluster it has each of these samples (positions
    in the dataset); UNSEEN where it was not clustered. None where there is no such clustering."""
    check, shared = session.check, following(session)
    name = next((name for name in shared.nodes if _holds(check, way_to(check, name)[0], node)), "")
    made = next((made for made in shared.now().made if made.node == name), None) if name else None
    if made is None:
        return None
    places = {int(place): row for row, place in enumerate(shared.now().seen.index)}
    rows = np.array([places.get(int(place), -1) for place in index])
    return name, np.where(rows < 0, UNSEEN, made.fit.labels[rows])


def _holds(check: Check, source: str, node: str) -> bool:
    """Whether the same numbers as a layer puts out arrive at the source of a clustering."""
    while source != node:
        if check.experiment.model.nodes[source].kind not in _CARRIERS:
            return False
        source = check.experiment.model.into(source)[0].source
    return True


def _is_patient(check: Check, node: str) -> bool:
    """Whether anything on the way there takes its time."""
    layers = (check.nodes[step].layer for step in way_to(check, node)[1])
    return any(isinstance(layer, Analysis) and layer.patient for layer in layers)


def _few(check: Check, nodes: tuple[str, ...], samples: Seen, seed: int) -> Seen:
    """As many samples as every clustering finishes in time."""
    count = min(len(samples.index), _MOST)
    for node in nodes:
        layer, shape = check.nodes[node].layer, check.nodes[node].inputs[0]
        assert isinstance(layer, Clustering)
        while count > 100 and layer.seconds(count, prod(shape or (1,))) > _LONGEST_S:
            count = count * 3 // 4
    if count == len(samples.index):
        return samples
    kept = np.sort(np.random.default_rng(seed).choice(len(samples.index), count, replace=False))
    return replace(samples, **{name: getattr(samples, name)[kept] for name in ("x", "y", "raw", "index")})
