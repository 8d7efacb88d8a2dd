"""The samples behind chosen positions of the validation part."""

from collections.abc import Mapping
from typing import Any

from dllab.data import DATASETS
from dllab.probes.base import Shown, probe, sample_axes
from dllab.probes.verdict import verdict
from dllab.training.session import Session

_LIMIT = 500


@probe("samples")
def samples(session: Session, params: Mapping[str, Any]) -> Shown:
    """Params: indices. Arrays: x (K, …) raw; labels true and says per sample."""
    part = session.prepared.validation
    wanted = params.get("indices", ())
    indices = [i for i in wanted if isinstance(i, int) and 0 <= i < len(part.x)][:_LIMIT]
    said = (
        verdict(session, session.predict(session.validation[0][indices]), session.validation[2][indices])
        if indices
        else []
    )
    labels = {
        "family": DATASETS[session.experiment.data.kind].family,
        "features": list(session.data.features),
        "tokens": list(session.data.tokens),
        "indices": indices,
        "true": [v.get("true", "") for v in said],
        "says": [v.get("says", "") for v in said],
    }
    return Shown({"x": part.raw[indices]}, labels, {"x": ("sample", *sample_axes(part.raw.shape[1:]))})
