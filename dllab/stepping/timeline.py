"""Snapshots of a run at a bounded memory budget, from which any earlier step is reached again, bit for bit."""

import copy
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from dllab.training.session import Session

BUDGET = 256 * 1024 * 1024


@dataclass(frozen=True)
class Snapshot:
    """Everything that decides how a run goes on, as it was before a step."""

    step: int
    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any]

    @property
    def bytes(self) -> int:
        """Memory that it takes."""
        return sum(value.element_size() * value.numel() for value in self.tensors.values())


def snapshot(session: Session) -> Snapshot:
    """The session as it is now."""
    tensors, facts = session.state()
    return Snapshot(
        session.step, {name: value.detach().clone() for name, value in tensors.items()}, copy.deepcopy(facts)
    )


def restore(session: Session, kept: Snapshot) -> None:
    """Make the session what it was; the snapshot can be used again."""
    # The optimiser would go on writing into the tensors that it is given.
    tensors = {name: value.clone() for name, value in kept.tensors.items()}
    session.restore(tensors, copy.deepcopy(dict(kept.facts)))


class Timeline:
    """The snapshots of one run in order. The first and the newest stay; between them they grow sparser with time."""

    def __init__(self, session: Session, budget: int = BUDGET) -> None:
        self._session = session
        self._budget = budget
        self._kept: list[Snapshot] = []

    @property
    def steps(self) -> list[int]:
        """The steps of which there is a snapshot."""
        return [kept.step for kept in self._kept]

    @property
    def bytes(self) -> int:
        """Memory that all snapshots take."""
        return sum(kept.bytes for kept in self._kept)

    def keep(self) -> None:
        """Take a snapshot of the session, which must stand between two steps; what was kept of its future is forgotten."""
        del self._kept[bisect_right(self.steps, self._session.step - 1) :]
        self._kept.append(snapshot(self._session))
        while self.bytes > self._budget and len(self._kept) > 2:
            gaps = [self._kept[i + 1].step - self._kept[i - 1].step for i in range(1, len(self._kept) - 1)]
            del self._kept[1 + gaps.index(min(gaps))]

    def reaches(self, step: int) -> bool:
        """Whether `go_to` can go there."""
        return bool(self._kept) and self._kept[0].step <= step

    def go_to(self, step: int) -> None:
        """Put the session before `step`: back to the nearest snapshot, then forward at full speed. Raises ValueError."""
        if not self.reaches(step):
            raise ValueError(f"step {step} is before the first snapshot")
        restore(self._session, self._kept[bisect_right(self.steps, step) - 1])
        while self._session.step < step:
            self._session.advance()
