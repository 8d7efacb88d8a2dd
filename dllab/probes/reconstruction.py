"""Samples beside what the network makes of them, where it is to give its input again."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dllab.probes.base import DoesNotApply, Shown, integer, probe, sample_axes
from dllab.text import _
from dllab.training.session import Session

_LIMIT = 200


@probe("reconstruction")
def reconstruction(session: Session, params: Mapping[str, Any]) -> Shown:
    """Params: count. Of the first validation samples: given and again, in the units of the data; error is the mean
    absolute difference of each."""
    if session.data.task != "reconstruction":
        raise DoesNotApply(
            _("This network has no Output that is to give the input again: set the Target of one to input.")
        )
    count = integer(params, "count", 40, 1, _LIMIT)
    part = session.prepared.validation
    if not len(part.x):
        raise DoesNotApply(_("There is no validation part to look at."))
    given = part.raw[:count].astype(np.float32)
    again = session.in_units(session.predict(session.validation.x[:count]))
    error = np.abs(given - again).reshape(len(given), -1).mean(1)
    axes: dict[str, tuple[str, ...]] = dict.fromkeys(("given", "again"), ("sample", *sample_axes(given.shape[1:])))
    axes["error"] = ("sample",)
    return Shown({"given": given, "again": again, "error": error}, {"features": list(session.data.features)}, axes)
