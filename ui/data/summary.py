"""The first of the samples that were just brought in, as the preview takes them."""

from typing import Any

import numpy as np

from dllab.data import DATASETS
from dllab.data.own.choosing import choose
from dllab.data.own.samples import kept
from dllab.engine.protocol import DataSummary, pack

_SHOWN = 60


def summary_of(facts: dict[str, Any]) -> DataSummary:
    """Some samples of all kinds, spread over the whole file. Raises DataProblem."""
    dataset = choose(facts)
    x, y = kept(dataset.source)  # type: ignore[attr-defined]
    spec = dataset.spec()
    places = np.linspace(0, len(x) - 1, min(_SHOWN, len(x))).astype(np.int64)
    labels = {
        "family": DATASETS[dataset.kind].family,
        "task": spec.task,
        "features": list(spec.features),
        "classes": list(spec.classes),
        "targets": list(spec.targets),
    }
    arrays = {"x": pack(np.asarray(x[places], np.float32)), "y": pack(np.asarray(y[places]))}
    return DataSummary(0, arrays, labels)
