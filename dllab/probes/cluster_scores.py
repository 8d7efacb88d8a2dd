"""How good a clustering is: silhouettes, profiles of the clusters, and how they fit the true classes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dllab.clustering.chain import Clustered, Clusterings, has_classes
from dllab.clustering.measures import SILHOUETTE_LIMIT, contingency, profile, silhouettes
from dllab.layers.analysing import NOISE
from dllab.probes.base import DoesNotApply, Shown, cluster_probe, integer
from dllab.probes.clusters import about, chosen
from dllab.text import _


@cluster_probe("silhouettes")
def silhouette(found: Clusterings, params: Mapping[str, Any]) -> Shown:
    """Params: node. Arrays: values (m,), labels (m,), rows (m,): positions among the clustered samples."""
    made = chosen(found, params)
    measured = made.silhouettes or _measured(found, made)
    if measured is None:
        raise DoesNotApply(_undefined(made))
    arrays = {"values": measured.values, "labels": made.fit.labels[measured.index], "rows": measured.index}
    inside = made.fit.labels != NOISE
    labels = {**about(found, made), "mean": measured.mean, "inside": int(inside.sum()), "limit": SILHOUETTE_LIMIT}
    return Shown(arrays, labels, dict.fromkeys(arrays, ("sample",)))


def _measured(found: Clusterings, made: Clustered) -> Any:
    metric = getattr(made.layer, "metric", "euclidean")
    return silhouettes(made.rows, made.fit.labels, metric, found.checked.experiment.seed)


def _undefined(made: Clustered) -> str:
    if not made.fit.clusters:
        return _("All samples are noise. A silhouette compares clusters, and there are none.")
    if made.fit.clusters == 1:
        return _("There is one cluster only. A silhouette compares the own cluster with the nearest other one.")
    return _("Every cluster holds one sample only: there is no own cluster to compare with.")


@cluster_probe("profile")
def cluster_profile(found: Clusterings, params: Mapping[str, Any]) -> Shown:
    """Params: node, limit (features). Arrays: names (k,), sizes (k,), means, spreads (k, d), mean, spread, index (d,),
    labels (n,).

    In the dataset's own numbers wherever samples of it were clustered, be it after PCA. Of many features those that tell
    most, first.
    """
    made = chosen(found, params)
    own = found.checked.experiment.model.nodes[made.source].kind == "input"
    x = found.seen.raw.reshape(len(made.rows), -1).astype(np.float64) if own else made.rows
    known = [str(name) for name in found.spec.features]
    names = known if own and len(known) == x.shape[1] else [str(number + 1) for number in range(x.shape[1])]
    numbers, means, spreads = profile(x, made.fit.labels)
    mean, spread = x.mean(0), x.std(0)
    apart = np.ptp(means, axis=0) / np.where(spread > 0, spread, 1.0)
    limit = integer(params, "limit", 24, 1, 500)
    order = np.argsort(-apart, kind="stable")[:limit] if len(names) > limit else np.arange(len(names))
    arrays = {
        "names": numbers, "sizes": np.bincount(np.searchsorted(numbers, made.fit.labels), minlength=len(numbers)),
        "means": means[:, order], "spreads": spreads[:, order], "mean": mean[order], "spread": spread[order],
        "index": order, "labels": made.fit.labels,
    }  # fmt: skip
    labels = {**about(found, made), "features": [names[i] for i in order], "width": len(names), "own": own}
    by = {1: ("feature",), 2: ("cluster", "feature")}
    axes = {name: by[array.ndim] for name, array in arrays.items()}
    return Shown(arrays, labels, axes | {"names": ("cluster",), "sizes": ("cluster",), "labels": ("sample",)})


@cluster_probe("contingency")
def against_classes(found: Clusterings, params: Mapping[str, Any]) -> Shown:
    """Params: node. Arrays: counts (classes, labels), names (labels,): cluster numbers, -1 for noise; true, labels (n,)."""
    made = chosen(found, params)
    if not has_classes(found.checked):
        raise DoesNotApply(_("This data has no true classes to compare the clusters with."))
    counts, names = contingency(found.seen.y, made.fit.labels, len(found.spec.classes))
    arrays = {"counts": counts, "names": names, "true": found.seen.y.astype(np.int64), "labels": made.fit.labels}
    axes = {"counts": ("class", "cluster"), "names": ("cluster",), "true": ("sample",), "labels": ("sample",)}
    return Shown(arrays, about(found, made), axes)
