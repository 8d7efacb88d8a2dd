"""The validation samples by how much loss each brings: where the network is most wrong, or most right."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dllab.data import DATASETS
from dllab.probes.base import DoesNotApply, Shown, probe, sample_axes
from dllab.probes.embedding import sample_losses
from dllab.probes.verdict import verdict
from dllab.text import _
from dllab.training.session import Session

_SAMPLES = 4096
_SHOWN = 100


@probe("losses")
def losses(session: Session, params: Mapping[str, Any]) -> Shown:
    """Params: order ("largest", "smallest"), or indices to keep to. Arrays: loss of each sample, alone in a batch; for
    the first of the order their positions (sample) and raw x. Labels: true, says and confidence of those."""
    x, targets, labels = session.validation.samples(0, _SAMPLES)
    if not len(x):
        raise DoesNotApply(_("There is no validation part to look at."))
    reached = session.outputs(x)
    found, outputs = sample_losses(session, reached, targets), session.aims.said(reached)
    wanted = params.get("indices")
    kept = [i for i in wanted if isinstance(i, int) and 0 <= i < len(x)] if isinstance(wanted, list | tuple) else None
    among = np.arange(len(x)) if kept is None else np.array(kept, np.int64)
    # A sample without an answer brings no loss: it comes last.
    by_loss = np.nan_to_num(found[among], nan=-np.inf)
    order = np.argsort(by_loss if params.get("order") == "smallest" else -by_loss, kind="stable")
    first = among[order][:_SHOWN]
    raw = session.prepared.validation.raw[first]
    said = verdict(session, outputs[first.tolist()], labels[first.tolist()]) if len(first) else []
    facts: dict[str, Any] = {name: [v.get(name) for v in said] for name in ("true", "says", "confidence")}
    facts |= {"family": DATASETS[session.experiment.data.kind].family, "mean": float(np.nanmean(found))}
    facts |= {"features": list(session.data.features), "tokens": list(session.data.tokens), "count": len(x)}
    axes = {"loss": ("sample",), "sample": ("row",), "x": ("row", *sample_axes(raw.shape[1:]))}
    return Shown({"loss": found, "sample": first, "x": raw}, facts, axes)
