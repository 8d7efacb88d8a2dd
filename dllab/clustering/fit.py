"""One fit: samples in, labels and everything that explains them out."""

import warnings
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dllab.checking.memory import free_memory, size_words
from dllab.clustering.crowded import crowded_dbscan, is_crowded
from dllab.clustering.estimator import make_estimator
from dllab.clustering.tree import cut_into
from dllab.layers.analysing import NOISE, Analysis, Clustering
from dllab.layers.base import Misfit
from dllab.layers.clusters import Agglomerative
from dllab.layers.densities import DBSCAN
from dllab.text import _, ngettext

_USABLE = 0.8


class ClusterProblem(ValueError):
    """Samples that can't be clustered as asked, with the reason for people."""


@dataclass(frozen=True)
class Fit:
    """What an algorithm found in n samples."""

    labels: np.ndarray
    """(n,) int64: cluster numbers from 0, NOISE for none."""
    core: np.ndarray | None = None
    """(n,) bool: core samples, for DBSCAN; in a cluster but not core is border."""
    merges: np.ndarray | None = None
    """(n - 1, 4) float64, for trees: the two clusters joined (samples come first, then earlier merges), their distance,
    the number of samples together: SciPy's linkage matrix."""
    centres: np.ndarray | None = None
    """(k, d) float64, for those that have centres."""
    facts: dict[str, float] = field(default_factory=dict)
    """What the algorithm says of itself: inertia, rounds, BIC, …"""
    remarks: tuple[str, ...] = ()
    """What a person should know about this result, in sentences."""

    @property
    def clusters(self) -> int:
        """How many clusters there are, noise not counted."""
        return len(np.unique(self.labels[self.labels != NOISE]))

    @property
    def noise(self) -> int:
        """How many samples belong to none."""
        return int((self.labels == NOISE).sum())

    def counts(self) -> dict[int, int]:
        """How many samples each cluster holds, by its number."""
        numbers, counts = np.unique(self.labels[self.labels != NOISE], return_counts=True)
        return dict(zip(numbers.tolist(), counts.tolist(), strict=True))

    def kinds(self) -> dict[str, int]:
        """How many core, border and noise samples; empty where the algorithm knows no such thing."""
        if self.core is None:
            return {}
        core = int(self.core.sum())
        return {"core": core, "border": len(self.labels) - core - self.noise, "noise": self.noise}


def rows(x: np.ndarray) -> np.ndarray:
    """Samples of any shape as float64 rows (n, d). Raises ClusterProblem for what is no finite number."""
    flat: np.ndarray = np.ascontiguousarray(x.reshape(len(x), -1), np.float64)
    finite = np.isfinite(flat)
    if not finite.all():
        row, column = map(int, np.argwhere(~finite)[0])
        text = _("Sample {row}, feature {column} is {value}: distances need finite numbers.")
        raise ClusterProblem(text.format(row=row + 1, column=column + 1, value=flat[row, column]))
    return flat


def reduce(layer: Analysis, x: np.ndarray, seed: int) -> np.ndarray:
    """Standardise or project rows (n, d). Raises ClusterProblem."""
    _refuse(layer, len(x))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of samples without any spread: said in remarks
        made: np.ndarray = make_estimator(layer, seed).fit_transform(x)
    return np.asarray(np.nan_to_num(made))


def fit(layer: Clustering, x: np.ndarray, seed: int = 0) -> Fit:
    """Cluster rows (n, d). Raises ClusterProblem."""
    refuse(layer, x)
    _refuse_too_large(layer, *x.shape)
    if isinstance(layer, DBSCAN) and is_crowded(layer, x, seed):
        labels, core = crowded_dbscan(x, layer.eps, layer.min_samples, layer.metric)
        made = Fit(labels, core)
        return replace(made, remarks=remarks_on(made, x))
    estimator = make_estimator(layer, seed)
    if isinstance(layer, Agglomerative):
        _keep_tree(layer, estimator, x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # too few different samples, no convergence: said in remarks, in plain words
        try:
            labels = np.asarray(estimator.fit_predict(x), np.int64)
        except (ValueError, np.linalg.LinAlgError) as error:
            first = str(error).strip().splitlines()[0][:200]
            text = _("{layer} can't be done on these samples: {reason}")
            raise ClusterProblem(text.format(layer=_(layer.title), reason=first)) from error
    # HDBSCAN marks samples with infinite and missing numbers by -2 and -3; there are none here.
    merges = _merges(estimator, len(x))
    if merges is not None:
        # The same clusters, numbered so that they keep their numbers when the tree is cut elsewhere.
        labels = cut_into(merges, len(np.unique(labels)))
    made = Fit(labels, _core(layer, estimator, len(x)), merges, _centres(estimator))
    return replace(made, facts=_facts(estimator), remarks=remarks_on(made, x))


def refuse(layer: Clustering, x: np.ndarray) -> None:
    """Raise ClusterProblem for rows (n, d) that this can't be done with: too few of them, or one without a direction."""
    _refuse(layer, len(x))
    if isinstance(layer, DBSCAN | Agglomerative) and layer.metric == "cosine" and not x.any(1).all():
        row = int(np.flatnonzero(~x.any(1))[0])
        text = _(
            "Sample {row} holds only zeros and has no direction: the cosine distance is not defined for it."
            " Take the euclidean distance, or leave such samples out."
        )
        raise ClusterProblem(text.format(row=row + 1))


def _refuse(layer: Analysis, samples: int) -> None:
    try:
        layer.refuse_count(samples)
    except Misfit as misfit:
        raise ClusterProblem(str(misfit)) from misfit


def _refuse_too_large(layer: Clustering, samples: int, features: int) -> None:
    """Look at what is free now; the canvas knows only what is too much for any machine."""
    need, there = layer.memory(samples, features), free_memory()
    if there is not None and need > _USABLE * there:
        text = _("{layer} on {samples:,} samples needs about {need} of memory, but {free} is free. Take fewer samples.")
        words = {"layer": _(layer.title), "need": size_words(need), "free": size_words(there)}
        raise ClusterProblem(text.format(samples=samples, **words))


def _keep_tree(layer: Agglomerative, estimator: Any, x: np.ndarray) -> None:
    """Ask for all distances of the tree, and for edges to near samples only where the declaration says so."""
    estimator.set_params(compute_full_tree=True, compute_distances=True)
    if layer.neighbours is not None:
        from sklearn.neighbors import kneighbors_graph

        estimator.set_params(connectivity=kneighbors_graph(x, layer.neighbours, metric=layer.metric))


def _core(layer: Clustering, estimator: Any, samples: int) -> np.ndarray | None:
    if not isinstance(layer, DBSCAN):
        return None
    core = np.zeros(samples, np.bool_)
    core[estimator.core_sample_indices_] = True
    return core


def _merges(estimator: Any, samples: int) -> np.ndarray | None:
    if not hasattr(estimator, "children_"):
        return None
    counts = np.zeros(len(estimator.children_))
    for place, pair in enumerate(estimator.children_):
        counts[place] = sum(1 if child < samples else counts[child - samples] for child in pair)
    return np.column_stack([estimator.children_, estimator.distances_, counts]).astype(np.float64)


def _centres(estimator: Any) -> np.ndarray | None:
    found = getattr(estimator, "cluster_centers_", getattr(estimator, "means_", None))
    return None if found is None else np.asarray(found, np.float64)


def _facts(estimator: Any) -> dict[str, float]:
    names = {"inertia_": "inertia", "n_iter_": "rounds", "lower_bound_": "log_likelihood"}
    return {
        name: float(getattr(estimator, key))
        for key, name in names.items()
        if np.isscalar(getattr(estimator, key, None))
    }


def remarks_on(made: Fit, x: np.ndarray) -> tuple[str, ...]:
    """What a person should know about a result, in sentences."""
    said = []
    if not made.clusters:
        said.append(_("All samples are noise: no place is crowded enough. Try a larger radius or fewer neighbours."))
    elif made.clusters == 1:
        said.append(_("There is only one cluster, so there is nothing to tell apart."))
    constant = int((np.ptp(x, axis=0) == 0).sum())
    if constant:
        text = ngettext(
            "{count} feature is constant and says nothing.", "{count} features are constant and say nothing.", constant
        )
        said.append(text.format(count=constant))
    if len(x) <= 20_000:
        doubles = len(x) - len(np.unique(x, axis=0))
        if doubles:
            text = ngettext(
                "{count} sample is the same as another one.", "{count} samples are the same as other ones.", doubles
            )
            said.append(text.format(count=doubles))
    return tuple(said)
