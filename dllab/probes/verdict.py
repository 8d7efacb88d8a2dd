"""What the network says of samples, in words."""

from typing import Any

from torch import Tensor

from dllab.training.metrics import probabilities, says
from dllab.training.session import Session


def verdict(session: Session, outputs: Tensor, labels: Tensor) -> list[dict[str, Any]]:
    """For each row: true and says as text; for classes also the confidence in what it says."""
    data = session.data
    if data.task == "regression":
        return [
            {"true": _numbers(y), "says": _numbers(out)}
            for y, out in zip(labels.tolist(), outputs.tolist(), strict=True)
        ]
    named = says(outputs, data)
    sure = probabilities(outputs, data, session.loss_declared).gather(1, named[:, None])[:, 0]
    return [
        {"true": data.classes[y], "says": data.classes[said], "confidence": p}
        for y, said, p in zip(labels.tolist(), named.tolist(), sure.tolist(), strict=True)
    ]


def _numbers(values: Any) -> str:
    return ", ".join(f"{v:.4g}" for v in (values if isinstance(values, list) else [values]))
