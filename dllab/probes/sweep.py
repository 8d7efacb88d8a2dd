"""One clustering with many parameters, side by side."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dllab.clustering.chain import Clusterings, has_classes
from dllab.clustering.fit import ClusterProblem
from dllab.clustering.sweeping import SCORES, Axes, Sweep, axes_of, measured
from dllab.probes.base import DoesNotApply, Partly, Shown, Work, slow_cluster_probe
from dllab.probes.clusters import about, chosen

_LOOK_S = 0.1


@slow_cluster_probe("sweep")
def sweep(found: Clusterings, params: Mapping[str, Any]) -> Work:
    """Params: node. Arrays: silhouette, stability, ari, clusters, noise (rows, columns), NaN where nothing is known yet or
    a score is not defined. Labels: column and row (parameters), columns and rows (their values), swept (samples).
    """
    made = chosen(found, params)
    seed = found.checked.experiment.seed
    index = np.arange(len(made.rows))
    count = measured(made.layer, *made.rows.shape)
    if count < len(index):
        index = np.sort(np.random.default_rng(seed).choice(index, count, replace=False))
    known = found.seen.y[index] if has_classes(found.checked) else None
    try:
        axes = axes_of(made.layer, made.rows[index])
    except ClusterProblem as problem:
        raise DoesNotApply(str(problem)) from problem
    labels = {
        **about(found, made), "swept": len(index), "known": known is not None,
        "column": axes.column, "columns": list(axes.columns), "row": axes.row, "rows": list(axes.rows),
    }  # fmt: skip
    work = Sweep(made.layer, axes, made.rows[index], known, seed)
    try:
        while not work.done:
            yield Partly(work.share, _shown(work, axes, labels), pause=_LOOK_S)
    finally:
        work.cancel()
    return _shown(work, axes, labels)


def _shown(work: Sweep, axes: Axes, labels: dict[str, Any]) -> Shown:
    arrays = {name: work.scores[name].copy() for name in SCORES}
    return Shown(arrays, dict(labels), dict.fromkeys(SCORES, (axes.row or "row", axes.column)))
