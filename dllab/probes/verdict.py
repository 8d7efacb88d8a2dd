"""What the network says of samples, in words."""

from typing import Any

import numpy as np
from torch import Tensor

from dllab.text import show
from dllab.training.metrics import probabilities, says
from dllab.training.session import Session


def verdict(session: Session, outputs: Tensor, labels: Tensor) -> list[dict[str, Any]]:
    """For each row: true and says as text; for classes also the confidence in what it says."""
    data = session.data
    if data.task == "reconstruction":
        errors = np.abs(session.in_units(labels) - session.in_units(outputs)).reshape(len(outputs), -1).mean(1)
        return [{"error": float(error)} for error in errors]
    if data.task == "regression":
        both = zip(session.in_units(labels), session.in_units(outputs), strict=True)
        return [{"true": _numbers(y), "says": _numbers(out)} for y, out in both]
    if data.positions:
        return _of_every_step(session, outputs, labels)
    named = says(outputs, data)
    sure = probabilities(outputs, data, session.loss_declared).gather(1, named[:, None])[:, 0]
    return [
        {"true": data.classes[y], "says": data.classes[said], "confidence": p}
        for y, said, p in zip(labels.tolist(), named.tolist(), sure.tolist(), strict=True)
    ]


def _of_every_step(session: Session, outputs: Tensor, labels: Tensor) -> list[dict[str, Any]]:
    """The answers of all steps one after the other; steps without an answer are left out."""
    data = session.data
    close = "" if all(len(name) <= 1 for name in data.classes) else " "
    named = says(outputs, data)
    rows = []
    for y, said in zip(labels, named, strict=True):
        asked = y >= 0
        true, here = ([data.classes[n] for n in row[asked].tolist()] for row in (y, said))
        # A line end among letters would break the line that shows them.
        rows.append({"true": close.join(true).replace("\n", "⏎"), "says": close.join(here).replace("\n", "⏎")})
    return rows


def _numbers(values: np.ndarray) -> str:
    return ", ".join(map(show, values.ravel().tolist()))
