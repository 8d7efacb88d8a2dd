"""What an experiment's data looks like, for the data view."""

import logging

import numpy as np

from dllab.data import DATASETS
from dllab.data.prepare import DataProblem, Prepared, prepare
from dllab.document.format import FileProblem, from_text
from dllab.engine.protocol import DataSummary, Look, pack
from dllab.text import _

log = logging.getLogger(__name__)


def summarise(look: Look) -> DataSummary:
    """Samples of the training part first, counts and ranges over all of it."""
    try:
        experiment = from_text(look.experiment).experiment
        prepared = prepare(experiment)
    except (DataProblem, FileProblem) as reason:
        return DataSummary(look.id, {}, {}, str(reason))
    except Exception as error:
        log.exception("data")
        text = _("The data could not be loaded: {reason}").format(reason=error)
        return DataSummary(look.id, {}, {}, text)
    dataset = DATASETS[experiment.data.kind]
    labels = {"title": _(dataset.title), "family": dataset.family, **_facts(prepared)}
    return DataSummary(look.id, {name: pack(array) for name, array in _arrays(prepared, look.limit).items()}, labels)


def _facts(prepared: Prepared) -> dict[str, object]:
    spec = prepared.spec
    parts = {"train": prepared.train, "validation": prepared.validation, "test": prepared.test}
    return {
        "task": spec.task,
        "features": list(spec.features),
        "classes": list(spec.classes),
        "targets": list(spec.targets),
        "tokens": list(spec.tokens),
        "positions": spec.positions,
        "input": list(spec.input),
        "samples": spec.samples,
        "unread": prepared.unread,
        "parts": {name: len(part.x) for name, part in parts.items()},
    }


def _arrays(prepared: Prepared, limit: int) -> dict[str, np.ndarray]:
    train = prepared.train
    # The steps of a sequence share their range; the pixels of an image and the columns of a table have their own.
    flat = train.raw.reshape(-1, train.raw.shape[-1]) if train.raw.ndim == 3 else train.raw.reshape(len(train.raw), -1)
    arrays = {
        "x": train.raw[:limit],
        "y": train.y[:limit],
        "minimum": flat.min(0),
        "maximum": flat.max(0),
        "mean": flat.mean(0, dtype=np.float64),
    }
    if prepared.spec.task == "classification":
        arrays["class_counts"] = _counts(train.y[train.y >= 0], len(prepared.spec.classes))
    if prepared.spec.tokens:
        arrays["token_counts"] = _counts(train.raw, len(prepared.spec.tokens))
    return arrays


def _counts(numbers: np.ndarray, kinds: int) -> np.ndarray:
    """How often each of 0, 1, … kinds - 1 occurs."""
    return np.bincount(numbers.reshape(-1), minlength=kinds).astype(np.int64)
