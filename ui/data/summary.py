"""The first of the samples that were just brought in, as the preview takes them."""

from typing import Any

import numpy as np

from dllab.data.base import Dataset
from dllab.data.own.samples import kept
from dllab.data.own.texts import numbered
from dllab.data.texts import Text
from dllab.engine.protocol import DataSummary, pack

_SHOWN = 60


def summary_of(facts: dict[str, Any], dataset: Dataset) -> DataSummary:
    """Some samples of all kinds, spread over the whole file; of a text from its beginning. Raises DataProblem."""
    x, y = _samples(facts, dataset)
    spec = dataset.spec()
    places = np.linspace(0, len(x) - 1, min(_SHOWN, len(x))).astype(np.int64)
    labels = {
        "family": dataset.family,
        "task": spec.task,
        "features": list(spec.features),
        "classes": list(spec.classes),
        "targets": list(spec.targets),
        "tokens": list(spec.tokens),
    }
    wanted = np.int64 if spec.tokens else np.float32
    arrays = {"x": pack(np.asarray(x[places], wanted)), "y": pack(np.asarray(y[places]))}
    return DataSummary(0, arrays, labels)


def _samples(facts: dict[str, Any], dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(dataset, Text):
        numbers = numbered(facts["first"], dataset.unit, dataset.small, dataset.tokens)
        fitting = dataset.model_copy(update={"window": min(dataset.window, len(numbers) - 1)})
        cut = fitting.windows(numbers)
        return cut.x, cut.y
    return kept(dataset.source)  # type: ignore[attr-defined]
