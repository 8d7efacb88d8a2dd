"""Bounds in seconds that hold on a busy machine too: how much slower it is now is measured beside what is bounded."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

_ROUNDS = 1_000_000
_IDLE_S = 0.08
"""What the rounds take on a slow machine that does nothing else."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fails when what stands inside takes longer than that on an idle machine."""
    before = _slowness()
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    slowness = max(1.0, before, _slowness())
    assert took < seconds * slowness, f"took {took:.2f} s on a machine {slowness:.1f} times as slow as an idle one"


def _slowness() -> float:
    began = time.monotonic()
    total = 0
    for number in range(_ROUNDS):
        total += number
    return (time.monotonic() - began) / _IDLE_S
