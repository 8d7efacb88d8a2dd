"""What a clustering found, sample by sample."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dllab.clustering.chain import Clustered, Clusterings, has_classes
from dllab.clustering.trying import tried
from dllab.data import DATASETS
from dllab.layers.analysing import NOISE
from dllab.probes.base import DoesNotApply, Shown, cluster_probe, sample_axes
from dllab.text import _

_LIMIT = 500


@cluster_probe("assignments")
def assignments(found: Clusterings, params: Mapping[str, Any]) -> Shown:
    """Params: node, axes ("features", or "pca": the default where there are more than two).

    Arrays: x (n, 2) as the algorithm got them, labels (n,), index (n,) in the dataset; centres (k, 2), core (n,) and
    true (n,) where there are such.
    """
    made = chosen(found, params)
    names = feature_names(found, made)
    width = made.rows.shape[1]
    flat = width < 2 or params.get("axes", "features" if width == 2 else "pca") == "features"
    x, centres, shares = _plane(made, flat)
    arrays = {"x": x.astype(np.float32), "labels": made.fit.labels, "index": found.seen.index}
    if centres is not None:
        arrays["centres"] = centres.astype(np.float32)
    if made.fit.core is not None:
        arrays["core"] = made.fit.core
    if found.spec.task == "classification" and not found.spec.positions:
        arrays["true"] = found.seen.y.astype(np.int64)
    labels = {**about(found, made), "width": width, "flat": flat, "shares": shares}
    labels["axes"] = [*names[:2], ""][:2] if flat else []
    axes: dict[str, tuple[str, ...]] = dict.fromkeys(arrays, ("sample",))
    axes.update(x=("sample", "coordinate"), centres=("cluster", "coordinate"))
    return Shown(arrays, labels, axes)


@cluster_probe("samples")
def samples(found: Clusterings, params: Mapping[str, Any]) -> Shown:
    """As for a network, of clustered rows. Params: indices. Arrays: x (K, …) raw; labels true and says (the cluster)."""
    made = chosen(found, params)
    wanted = params.get("indices", ())
    rows = [i for i in wanted if isinstance(i, int) and 0 <= i < len(made.rows)][:_LIMIT]
    says = [cluster_name(int(number)) for number in made.fit.labels[rows]]
    labels = {
        "family": DATASETS[found.checked.experiment.data.kind].family,
        "features": list(found.spec.features),
        "tokens": list(found.spec.tokens),
        "indices": rows,
        "true": [found.spec.classes[int(y)] for y in found.seen.y[rows]] if has_classes(found.checked) else says,
        "says": says,
    }
    raw = found.seen.raw[rows]
    return Shown({"x": raw}, labels, {"x": ("sample", *sample_axes(raw.shape[1:]))})


def cluster_name(number: int) -> str:
    """What a cluster is called."""
    return _("noise") if number == NOISE else _("cluster {number}").format(number=number)


def chosen(found: Clusterings, params: Mapping[str, Any]) -> Clustered:
    """The clustering that the parameters name, or the first one, with what is tried out. Raises DoesNotApply."""
    made = found.find(str(params.get("node", "")))
    if made is None:
        raise DoesNotApply(_("There is no clustering in this experiment."))
    change = params.get("try")
    return tried(found, made, change) if isinstance(change, dict) else made


def about(found: Clusterings, made: Clustered) -> dict[str, Any]:
    """What every view of a clustering may want to say."""
    return {
        "node": made.node,
        "layer": made.layer.kind,
        "title": _(made.layer.title),
        "params": made.layer.model_dump(mode="json"),
        "nodes": [other.node for other in found.made],
        "clusters": made.fit.clusters,
        "facts": dict(made.fit.facts),
        "noise": made.fit.noise,
        "samples": len(made.rows),
        "scores": dict(made.scores),
        "classes": list(found.spec.classes),
        "remarks": list(made.fit.remarks),
    }


def feature_names(found: Clusterings, made: Clustered) -> list[str]:
    """Names of the columns that were clustered: the dataset's where they are still its own, else their numbers."""
    nodes, width = found.checked.experiment.model.nodes, made.rows.shape[1]
    names = [str(name) for name in found.spec.features]
    kinds = [nodes[step].kind for step in made.steps]
    if nodes[made.source].kind == "input" and set(kinds) <= {"standardise"} and len(names) == width:
        return names
    text = _("component {number}") if "pca" in kinds else _("number {number}")
    return [text.format(number=number + 1) for number in range(width)]


def _plane(made: Clustered, flat: bool) -> tuple[np.ndarray, np.ndarray | None, list[float]]:
    """The samples and the centres in two coordinates; the shares of the spread where these are principal axes."""
    rows, centres = made.rows, made.fit.centres
    if centres is not None and centres.shape[1] != rows.shape[1]:
        centres = None
    if flat:
        return _first_two(rows), None if centres is None else _first_two(centres), []
    mean = rows.mean(0)
    spread, axes = np.linalg.eigh(np.cov(rows - mean, rowvar=False))
    turn = axes[:, ::-1][:, :2]
    turn = turn * np.where(turn[np.abs(turn).argmax(0), [0, 1]] < 0, -1.0, 1.0)
    total = float(spread.sum())
    shares = [float(value) / total if total > 0 else 0.0 for value in spread[::-1][:2]]
    return (rows - mean) @ turn, None if centres is None else (centres - mean) @ turn, shares


def _first_two(x: np.ndarray) -> np.ndarray:
    """Two columns; a single one lies on a line."""
    return x[:, :2] if x.shape[1] > 1 else np.column_stack([x[:, 0], np.zeros(len(x))])
