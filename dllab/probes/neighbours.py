"""A map of what a layer puts out in which neighbours stay neighbours: t-SNE, UMAP."""

from collections.abc import Mapping
from typing import Any

from dllab.clustering.unfolding import Unfolding, available
from dllab.probes.base import DoesNotApply, Partly, Shown, Work, slow_probe
from dllab.probes.embedding import answers, layer_rows
from dllab.text import _
from dllab.training.session import Session

_LOOK_S = 0.1
METHODS = ("tsne", "umap")


@slow_probe("neighbours")
def neighbours(session: Session, params: Mapping[str, Any]) -> Work:
    """Params: node, method ("tsne" or "umap"). Arrays as those of the embedding probe."""
    method = params.get("method", "tsne")
    if method not in METHODS:
        raise DoesNotApply(_("There is no map called {name}.").format(name=method))
    if not available(method):
        raise DoesNotApply(
            _("UMAP comes with a package of its own. Install it with pip install umap-learn and open the lab again.")
        )
    rows = layer_rows(session, params)
    arrays, labels = answers(session, len(rows))
    work = Unfolding(method, rows, session.experiment.seed)
    try:
        while not work.done:
            yield Partly(work.share, pause=_LOOK_S)
        arrays["points"] = work.result()
    finally:
        work.cancel()
    labels |= {"node": params.get("node", ""), "features": rows.shape[1], "method": method, "step": session.step}
    axes: dict[str, tuple[str, ...]] = dict.fromkeys(arrays, ("sample",)) | {"points": ("sample", "direction")}
    return Shown(arrays, labels, axes)
