"""Snapshots of a run at a bounded memory budget, from which any earlier step is reached again, bit for bit."""

import copy
from bisect import bisect_right, insort
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from dllab.training.changes import Change
from dllab.training.session import Session

BUDGET = 256 * 1024 * 1024
LIMIT = 512
"""Snapshots at most, be they ever so small: looking through them must stay quick."""

_CHANGING = ("network.", "optimiser.", "gradient.")
"""Tensors that training writes into; all others are replaced by new ones, and need no copy."""


@dataclass(frozen=True)
class Snapshot:
    """Everything that decides how a run goes on, as it was before a step."""

    step: int
    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any]
    bytes: int
    """Memory that it takes."""


def size(session: Session) -> int:
    """The bytes that a snapshot of the session as it is now would take."""
    return _bytes(session.state()[0])


def _bytes(tensors: Mapping[str, Tensor]) -> int:
    return sum(value.element_size() * value.numel() for value in tensors.values())


def snapshot(session: Session) -> Snapshot:
    """The session as it is now, in the computer's own memory."""
    tensors, facts = session.state()
    kept = {
        name: value.detach().to("cpu", copy=True) if name.startswith(_CHANGING) else value.detach().to("cpu")
        for name, value in tensors.items()
    }
    return Snapshot(session.step, kept, copy.deepcopy(facts), _bytes(kept))


def restore(session: Session, kept: Snapshot) -> None:
    """Make the session what it was; the snapshot can be used again. How often the test was opened is never undone."""
    opened = session.opened
    # The optimiser would go on writing into the tensors that it is given.
    tensors = {name: value.clone() for name, value in kept.tensors.items()}
    session.restore(tensors, copy.deepcopy(dict(kept.facts)))
    session.opened = max(opened, session.opened)


class Timeline:
    """The snapshots of one run in order. The first and the newest stay; between them they lie ever wider apart."""

    def __init__(self, session: Session, budget: int = BUDGET, limit: int = LIMIT) -> None:
        self._session = session
        self._budget, self._limit = budget, limit
        self._kept: list[Snapshot] = []
        self._changes: list[tuple[int, Change]] = []
        """What a person changed while it trained, and before which step."""
        self.bytes = 0
        """Memory that all snapshots take."""

    @property
    def steps(self) -> list[int]:
        """The steps of which there is a snapshot."""
        return [kept.step for kept in self._kept]

    @property
    def changes(self) -> tuple[tuple[int, Change], ...]:
        """What was changed, and before which step."""
        return tuple(self._changes)

    def weights(self) -> list[tuple[int, dict[str, Tensor]]]:
        """Step and state of the network in every snapshot."""
        prefix = "network."
        return [
            (kept.step, {k.removeprefix(prefix): v for k, v in kept.tensors.items() if k.startswith(prefix)})
            for kept in self._kept
        ]

    def keep(self) -> None:
        """Take a snapshot of the session, which must stand between two steps."""
        step = self._session.step
        # A snapshot shows a run before what was changed at its step.
        known = self._place(step)
        if (known and self._kept[known - 1].step == step) or any(at == step for at, _change in self._changes):
            return
        new = snapshot(self._session)
        insort(self._kept, new, key=lambda kept: kept.step)
        self.bytes += new.bytes
        while (self.bytes > self._budget or len(self._kept) > self._limit) and len(self._kept) > 2:
            gaps = [self._kept[i + 1].step - self._kept[i - 1].step for i in range(1, len(self._kept) - 1)]
            self.bytes -= self._kept.pop(1 + gaps.index(min(gaps))).bytes

    def change(self, change: Change) -> None:
        """Change the session and remember it: whoever comes past this step again changes it again."""
        self.forget_after(self._session.step)
        change(self._session)
        self._changes.append((self._session.step, change))

    def forget_after(self, step: int) -> None:
        """Drop the snapshots and the changes of later steps: the run goes on another way."""
        gone = self._kept[self._place(step) :]
        del self._kept[self._place(step) :]
        self.bytes -= sum(kept.bytes for kept in gone)
        self._changes = [(at, change) for at, change in self._changes if at <= step]

    def drop_changes(self) -> None:
        """Forget what was changed at the step where the session stands: it branches off before that."""
        self._changes = [(at, change) for at, change in self._changes if at < self._session.step]

    def reaches(self, step: int) -> bool:
        """Whether `go_to` can go there."""
        return bool(self._kept) and self._kept[0].step <= step

    def go_to(self, step: int) -> None:
        """Put the session before `step`: back to the nearest snapshot, then forward at full speed. Raises ValueError."""
        self.approach(step)
        while self._session.step < step:
            self.advance()

    def approach(self, step: int) -> None:
        """Put the session at the nearest snapshot before `step`. Raises ValueError."""
        if not self.reaches(step):
            raise ValueError(f"step {step} is before the first snapshot")
        restore(self._session, self._kept[self._place(step) - 1])

    def advance(self) -> None:
        """Train the session once more over a step that it has trained before."""
        for at, change in self._changes:
            if at == self._session.step:
                change(self._session)
        self._session.advance()

    def _place(self, step: int) -> int:
        """How many snapshots there are up to a step."""
        return bisect_right(self._kept, step, key=lambda kept: kept.step)
