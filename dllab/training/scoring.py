"""How good the Outputs are, and the loss of more samples than fit into memory at once."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dllab.build.loss import Total, weight_of
from dllab.build.module import Outputs
from dllab.data.base import IGNORED, DataSpec
from dllab.recipe.losses import Loss, TargetForm
from dllab.training.metrics import Tally

Targets = Tensor | tuple[Tensor, ...]
"""What the Outputs are compared with, in the form that their losses take: one tensor, or one for each Output."""


@dataclass(frozen=True)
class Scored:
    """An Output that has a score: where its wire ends, and what it is compared with."""

    node: str
    wire: int
    target: int
    """Which of the targets is its own."""
    loss: Loss
    data: DataSpec
    form: TargetForm

    def said(self, outputs: Outputs) -> Tensor:
        """What it says; of an input that is given again the numbers themselves, not scores."""
        found = outputs[self.wire] if isinstance(outputs, tuple) else outputs
        return found.sigmoid() if self.data.task == "reconstruction" and self.loss.squash == "sigmoid" else found

    def labels(self, targets: Targets) -> Tensor:
        """Class numbers or values, back from the form that its loss takes."""
        own = targets[self.target] if isinstance(targets, tuple) else targets
        if self.form == "index" or self.form == "value":
            return own
        classes = own[..., 0].nan_to_num().long() if self.form == "binary" else own.nan_to_num().argmax(-1)
        return classes.masked_fill(own[..., 0].isnan(), IGNORED)


class Tallies:
    """Scores of the main Output under their plain names, those of the others with the Output's name behind a dot."""

    def __init__(self, main: Scored, others: Sequence[Scored]) -> None:
        self._main, self._tally = main, Tally(main.data)
        self._others = [(scored, Tally(scored.data)) for scored in others]

    def add(self, outputs: Outputs, targets: Targets, labels: Tensor) -> None:
        """What reached the ends for some samples; `labels` are those of the main Output."""
        self._tally.add(self._main.said(outputs).detach(), labels)
        for scored, tally in self._others:
            tally.add(scored.said(outputs).detach(), scored.labels(targets))

    def flush(self) -> None:
        """Count what waits."""
        for tally in (self._tally, *(tally for _scored, tally in self._others)):
            tally.flush()

    def score(self) -> dict[str, float]:
        """{"accuracy": …, "r2.again": …}: what is defined."""
        others = ((f"{name}.{s.node}", value) for s, tally in self._others for name, value in tally.score().items())
        return {**self._tally.score(), **dict(others)}

    def facts(self) -> dict[str, object]:
        """The state as plain data, for checkpoints."""
        others = {scored.node: tally.facts() for scored, tally in self._others}
        return {**self._tally.facts(), **({"others": others} if others else {})}

    def restore(self, facts: dict[str, object]) -> None:
        """Go on from `facts()`."""
        others = facts.get("others", {})
        assert isinstance(others, dict)
        self._tally.restore({name: value for name, value in facts.items() if name != "others"})
        for scored, tally in self._others:
            if scored.node in others:
                tally.restore(others[scored.node])


class Mean:
    """The loss over all samples from that of pieces; of a single piece it is that piece's, bit for bit."""

    def __init__(self, loss: nn.Module) -> None:
        self._loss = loss
        self._values: list[float] = []
        self._parts: list[list[float]] = []
        self._weights: list[list[float]] = []

    def add(self, outputs: Outputs, targets: Targets) -> None:
        """Some more samples."""
        self._values.append(float(self._loss(outputs, targets)))
        self._weights.append(weight_of(self._loss, outputs, targets))
        parts = self._loss.parts if isinstance(self._loss, Total) else ()
        self._parts.append([float(part) for part in parts])

    @property
    def parts(self) -> list[float]:
        """The loss of each of several ends, without its weight."""
        if not isinstance(self._loss, Total):
            return []
        return [_mean(column, by) for column, by in zip(_columns(self._parts), _columns(self._weights), strict=True)]

    @property
    def value(self) -> float:
        """The loss."""
        if len(self._values) == 1:
            return self._values[0]
        if isinstance(self._loss, Total):
            return math.fsum(g.weight * part for g, part in zip(self._loss.goals, self.parts, strict=True))
        return _mean(self._values, [weight for (weight,) in self._weights])


def _columns(rows: list[list[float]]) -> Iterable[tuple[float, ...]]:
    return zip(*rows, strict=True)


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    if len(values) == 1:
        return values[0]
    # A piece without any answer has no mean.
    pairs = [(value, weight) for value, weight in zip(values, weights, strict=True) if weight]
    whole = math.fsum(weight for _value, weight in pairs)
    return math.fsum(value * weight for value, weight in pairs) / whole if whole else math.nan


def joined(parts: Sequence[Outputs]) -> Outputs:
    """What reached the ends in one, chunk after chunk."""
    if len(parts) == 1:
        return parts[0]
    wires = [part if isinstance(part, tuple) else (part,) for part in parts]
    found = tuple(map(torch.cat, zip(*wires, strict=True)))
    return found if len(found) > 1 else found[0]


def numbers(outputs: Outputs) -> int:
    """How many numbers reached the ends."""
    return sum(wire.numel() for wire in outputs) if isinstance(outputs, tuple) else outputs.numel()


def samples(outputs: Outputs) -> int:
    """Of how many samples."""
    return len(outputs[0] if isinstance(outputs, tuple) else outputs)
