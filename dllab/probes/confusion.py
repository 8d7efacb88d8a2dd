"""Which classes are taken for which."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dllab.probes.base import DoesNotApply, Shown, probe
from dllab.text import _
from dllab.training.metrics import probabilities, says
from dllab.training.session import Session


@probe("confusion")
def confusion(session: Session, params: Mapping[str, Any]) -> Shown:
    """Over the validation part: counts (true, says), and per sample true, says and confidence."""
    data = session.data
    if data.task == "reconstruction":
        raise DoesNotApply(_("This network gives its input again: Reconstruction shows how well."))
    if data.task != "classification":
        raise DoesNotApply(_("A confusion matrix needs classes; this data has numbers to predict."))
    if data.positions:
        raise DoesNotApply(_("A confusion matrix shows one answer a sample; this data asks for one at every step."))
    x, _targets, labels = session.validation
    if not len(x):
        raise DoesNotApply(_("There is no validation part to look at."))
    outputs = session.predict(x)
    said = says(outputs, data)
    sure = probabilities(outputs, data, session.loss_declared).gather(1, said[:, None])[:, 0]
    true, named = labels.cpu().numpy(), said.cpu().numpy()
    counts = np.zeros((len(data.classes), len(data.classes)), np.int64)
    np.add.at(counts, (true, named), 1)
    arrays = {"counts": counts, "true": true, "says": named, "confidence": sure.float().cpu().numpy()}
    axes: dict[str, tuple[str, ...]] = {"counts": ("true", "says")} | dict.fromkeys(
        ("true", "says", "confidence"), ("sample",)
    )
    return Shown(arrays, {"classes": list(data.classes)}, axes)
