"""Where samples lie in what a layer puts out, seen from its two main directions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dllab.build.module import Outputs
from dllab.probes.base import DoesNotApply, Shown, integer, probe
from dllab.text import _
from dllab.training.aims import Targets, cut
from dllab.training.clusters import of_layer
from dllab.training.features import layer_outputs
from dllab.training.metrics import says
from dllab.training.session import Session

_SAMPLES = 500
_CLUSTERS = 20


@dataclass(frozen=True)
class Main:
    """Rows seen from their two main directions."""

    points: np.ndarray
    """(n, 2): the rows less their mean, along the directions."""
    shares: tuple[float, float]
    """How much of the variance lies along each."""


@probe("embedding")
def embedding(session: Session, params: Mapping[str, Any]) -> Shown:
    """Params: node, clusters (0: none). Over the first validation samples: points (n, 2) by PCA, true, says, loss.

    With clusters also cluster: that of the clustering on the canvas of what this layer puts out, whose node is the label
    `clustering`; where there is none, so many by k-means.
    """
    features = layer_rows(session, params)
    main = principal(features)
    arrays, labels = answers(session, len(features))
    arrays["points"] = main.points
    labels |= {"node": params.get("node", ""), "features": features.shape[1], "explained": list(main.shares)}
    clusters = integer(params, "clusters", 0, 0, _CLUSTERS)
    index = session.prepared.validation.index[: len(features)]
    canvas = of_layer(session, str(params.get("node", "")), index) if clusters else None
    if canvas is not None:
        labels["clustering"], arrays["cluster"] = canvas
    elif clusters and len(features) > clusters:
        arrays["cluster"] = _clusters(features, clusters, arrays.get("true"), session.experiment.seed)
    axes: dict[str, tuple[str, ...]] = dict.fromkeys(arrays, ("sample",)) | {"points": ("sample", "direction")}
    return Shown(arrays, labels, axes)


def layer_rows(session: Session, params: Mapping[str, Any], most: int = _SAMPLES) -> np.ndarray:
    """What the layer `node` puts out for the first validation samples, as rows (n, d) of finite float64."""
    x = session.prepared.validation.x[:most]
    if len(x) < 3:
        raise DoesNotApply(_("The validation part has too few samples to see how they lie."))
    node = params.get("node", "")
    found = layer_outputs(session, x, [node]) if node in session.check.nodes else {}
    if node not in found:
        raise DoesNotApply(_("This layer is not part of the network that is training."))
    if session.data.tokens and np.array_equal(found[node], x):
        raise DoesNotApply(_("These are numbers of words, not places: select the Embedding layer or a later one."))
    rows = found[node].reshape(len(x), -1).astype(np.float64)
    if not np.isfinite(rows).all():
        raise DoesNotApply(_("This layer puts out numbers that are not finite."))
    return rows


def principal(rows: np.ndarray) -> Main:
    """Principal component analysis of rows (n, d), exact, by the smaller of the two matrices that tell it."""
    from scipy.linalg import eigh

    centred = rows - rows.mean(0)
    n, d = centred.shape
    wide = d > n
    gram = centred @ centred.T if wide else centred.T @ centred
    size = len(gram)
    values, vectors = eigh(gram, subset_by_index=(max(size - 2, 0), size - 1))
    values, vectors = np.clip(values[::-1], 0.0, None), vectors[:, ::-1]
    points = vectors * np.sqrt(values) if wide else centred @ vectors
    if size == 1:
        points, values = np.pad(points, ((0, 0), (0, 1))), np.append(values, 0.0)
    whole = float((centred**2).sum()) or 1.0
    return Main(points, (float(values[0]) / whole, float(values[1]) / whole))


def answers(session: Session, count: int) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """For the first `count` validation samples: true and says (classes or values) and the loss of each."""
    data = session.data
    x, targets, labels = session.validation.samples(0, count)
    reached = session.outputs(x)
    arrays = {"loss": sample_losses(session, reached, targets)}
    outputs = session.aims.said(reached)
    if data.task == "classification" and not data.positions:
        arrays |= {"true": labels.cpu().numpy(), "says": says(outputs, data).cpu().numpy()}
    elif not data.positions:
        pair = {"true": session.in_units(labels), "says": session.in_units(outputs)}
        arrays |= {name: values.reshape(count, -1)[:, 0].astype(np.float64) for name, values in pair.items()}
    facts = {"classes": [] if data.positions else list(data.classes), "targets": list(data.targets)}
    return arrays, {**facts, "samples": len(session.prepared.validation.x)}


def sample_losses(session: Session, outputs: Outputs, targets: Targets) -> np.ndarray:
    """The loss of every sample alone (n,): what a batch of only this sample would cost."""
    count = len(outputs[0] if isinstance(outputs, tuple) else outputs)
    with session.looking():
        alone = (session.loss(cut(outputs, i, i + 1), cut(targets, i, i + 1)) for i in range(count))
        return np.array([float(value) for value in alone])


def _clusters(rows: np.ndarray, count: int, true: np.ndarray | None, seed: int) -> np.ndarray:
    """k-means in what the layer puts out, numbered so that cluster i holds as many samples of class i as can be."""
    from scipy.optimize import linear_sum_assignment
    from sklearn.cluster import KMeans

    found: np.ndarray = KMeans(count, n_init=1, random_state=seed).fit_predict(rows).astype(np.int64)
    if true is None or true.dtype != np.int64:
        return found
    together = np.zeros((count, max(count, int(true.max()) + 1)), np.int64)
    np.add.at(together, (found, true), 1)
    clusters, classes = linear_sum_assignment(-together)
    numbers = np.empty(count, np.int64)
    numbers[clusters] = classes
    numbered: np.ndarray = numbers[found]
    return numbered
