"""The operation that was the first to make a number that is not finite."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from dllab.stepping.timeline import Timeline, restore, snapshot
from dllab.stepping.walk import Operation, walk
from dllab.training.session import NonFinite, Session

_BACK = 50
"""Steps looked through at most: weights that are no numbers rarely leave a loss that is one."""
_PATIENCE_S = 1.0
"""Each step back is a replay, and meanwhile nothing else is answered."""


@dataclass(frozen=True)
class Fault:
    """Where it is, as a stepper counts, and what shows it."""

    batch: int
    taken: int
    """Operations of this batch up to this one."""
    phase: str
    node: str
    array: str
    """The array of the operation that holds the numbers."""
    bad: int
    count: int


def find_fault(session: Session, timeline: Timeline, batch: int) -> Fault | None:
    """What made the loss of `batch` no number, there or in the update before; the session stands before `batch` then."""
    timeline.go_to(batch)
    here = snapshot(session)
    earliest = max(batch - _BACK, timeline.steps[0])
    start, until = batch, time.perf_counter() + _PATIENCE_S
    try:
        while start > earliest and not _sound(session):
            if time.perf_counter() > until:
                return None
            start -= 1
            timeline.go_to(start)
        return next((found for found in map(_look, _numbered(session)) if found is not None), None)
    except NonFinite:
        return None
    finally:
        restore(session, here)


def _sound(session: Session) -> bool:
    return all(bool(torch.isfinite(p).all()) for p in session.network.parameters())


def _numbered(session: Session) -> "enumerate[Operation]":
    return enumerate(walk(session), 1)


def _look(numbered: tuple[int, Operation]) -> Fault | None:
    taken, operation = numbered
    for name, value in _made(operation.phase, operation.arrays).items():
        bad = value.numel() - int(torch.isfinite(value).sum()) if value.is_floating_point() else 0
        if bad:
            return Fault(operation.batch, taken, operation.phase, operation.node, name, bad, value.numel())
    return None


def _made(phase: str, arrays: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What the operation itself has brought about."""
    match phase:
        case "forward":
            return {name: value for name, value in arrays.items() if name.split(".")[0] == "output"}
        case "loss":
            return {"loss": arrays["loss"]}
        case "backward":
            return {name: value for name, value in arrays.items() if name.split(".")[0] == "gradient"}
        case "update":
            return {name: value for name, value in arrays.items() if name.endswith(".new")}
        case "initialise" | "stop":
            return {}
    return dict(arrays)
