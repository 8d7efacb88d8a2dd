"""Garbage is collected in the window's thread only: elsewhere it would break into Qt's own work."""

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest

from ui import collecting


class Knot:
    """Refers to itself, so that only the collector can end it."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def threads() -> Iterator[set[str]]:
    """In which threads the collector has worked."""
    seen: set[str] = set()

    def note(_phase: str, _info: dict[str, int]) -> None:
        seen.add(threading.current_thread().name)

    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)


def make_garbage() -> None:
    for _round in range(50):
        [Knot() for _knot in range(1000)]


def in_a_thread() -> None:
    thread = threading.Thread(target=make_garbage, name="writer")
    thread.start()
    thread.join()


def test_no_other_thread_collects(threads: set[str]) -> None:
    gc.enable()
    in_a_thread()
    assert threads == {"writer"}, "the test would see nothing"
    collecting.begin()
    threads.clear()
    in_a_thread()
    assert threads == set()
    collecting.collect()
    assert threads == {threading.current_thread().name}


def test_every_generation_is_collected_in_time() -> None:
    young, middle, oldest = gc.get_threshold()
    knot = Knot()
    seen = weakref.ref(knot)
    gc.collect(0)
    gc.collect(1)
    del knot
    for _round in range((middle + 2) * (oldest + 2)):
        kept: list[list[int]] = [[] for _list in range(2 * young)]
        collecting.collect()
        kept.clear()
        if seen() is None:
            return
    pytest.fail("a cycle of the oldest generation is still there")
