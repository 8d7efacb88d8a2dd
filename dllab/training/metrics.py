"""What the outputs of a network say, and how good that is."""

from dataclasses import dataclass, field
from math import prod

import torch
from torch import Tensor

from dllab.data.base import IGNORED, DataSpec
from dllab.recipe.losses import Loss

_FLUSH = 64


def says(outputs: Tensor, data: DataSpec) -> Tensor:
    """The class that each row of outputs (…, C) or (…, 1) stands for, as numbers (…)."""
    if outputs.shape[-1] == 1 and len(data.classes) == 2:
        return (outputs[..., 0] > 0).long()
    return outputs.argmax(-1)


def probabilities(outputs: Tensor, data: DataSpec, loss: Loss) -> Tensor:
    """Class probabilities (…, C) as the loss understands the outputs; other losses' outputs are taken as they are."""
    if loss.squash == "softmax":
        return outputs.softmax(-1)
    if loss.squash == "sigmoid":
        p = outputs.sigmoid()
        return torch.cat([1 - p, p], -1) if p.shape[-1] == 1 and len(data.classes) == 2 else p
    return outputs


@dataclass
class Tally:
    """Adds up hits (classes) or squared errors (regression) over batches; outputs wait and are counted together."""

    data: DataSpec
    count: int = 0
    hits: int = 0
    residual: float = 0.0
    total: list[float] = field(default_factory=lambda: [0.0, 0.0])
    """Sum and sum of squares of the targets, for R²."""
    _waiting: list[tuple[Tensor, Tensor]] = field(default_factory=list)

    def add(self, outputs: Tensor, labels: Tensor) -> None:
        """Outputs (N, …) detached, and labels: class numbers (N,) or values (N, T), or so for every step (N, S, …)."""
        self._waiting.append((outputs, labels))
        if len(self._waiting) >= _FLUSH:
            self.flush()

    def flush(self) -> None:
        """Count what waits. One pass over many batches: a pass per batch would cost a tenth of a small step."""
        if not self._waiting:
            return
        outputs = torch.cat([o for o, _labels in self._waiting])
        labels = torch.cat([y for _outputs, y in self._waiting])
        self._waiting.clear()
        if self.data.positions:
            answered = labels != IGNORED if self.data.task == "classification" else ~labels[..., 0].isnan()
            outputs, labels = outputs[answered], labels[answered]
        self.count += len(labels)
        if self.data.task == "classification":
            self.hits += int((says(outputs, self.data) == labels).sum())
        else:
            y = labels.double()
            self.residual += float(((outputs.double() - y) ** 2).sum())
            self.total = [self.total[0] + float(y.sum()), self.total[1] + float((y**2).sum())]

    def score(self) -> dict[str, float]:
        """{"accuracy": …} or {"r2": …}; empty when nothing was added or R² is not defined."""
        self.flush()
        if not self.count:
            return {}
        if self.data.task == "classification":
            return {"accuracy": self.hits / self.count}
        width = prod(self.data.input) if self.data.task == "reconstruction" else max(1, len(self.data.targets))
        numbers = self.count * width
        spread = self.total[1] - self.total[0] ** 2 / numbers
        return {"r2": 1 - self.residual / spread} if spread > 0 else {}

    def facts(self) -> dict[str, object]:
        """The state as plain data, for checkpoints."""
        self.flush()
        return {"count": self.count, "hits": self.hits, "residual": self.residual, "total": self.total}

    def restore(self, facts: dict[str, object]) -> None:
        """Go on from `facts()`."""
        self.__dict__.update(facts)


SCORES = ("accuracy", "r2")
"""Names of the scores, larger is better."""
