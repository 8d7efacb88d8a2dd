"""Predicted against true values."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dllab.probes.base import DoesNotApply, Shown, probe
from dllab.text import _
from dllab.training.metrics import Tally
from dllab.training.session import Session


@probe("predictions")
def predictions(session: Session, params: Mapping[str, Any]) -> Shown:
    """Over the validation part: true and says (N, T); R² and the mean absolute error."""
    if session.data.task == "reconstruction":
        raise DoesNotApply(_("This network gives its input again: Reconstruction shows how well."))
    if session.data.task != "regression":
        raise DoesNotApply(_("This data has classes; the confusion matrix shows how they are told apart."))
    if session.data.positions:
        raise DoesNotApply(_("This view shows one answer a sample; this data asks for one at every step."))
    x, _targets, labels = session.validation
    if not len(x):
        raise DoesNotApply(_("There is no validation part to look at."))
    outputs = session.predict(x)
    tally = Tally(session.data)
    tally.add(outputs, labels)
    true, says = session.in_units(labels), session.in_units(outputs)
    facts = {"targets": list(session.data.targets), "mae": float(np.abs(true - says).mean()), **tally.score()}
    return Shown({"true": true, "says": says}, facts, dict.fromkeys(("true", "says"), ("sample", "target")))
