"""Garbage is collected in the window's own thread, between two events, and nowhere else.

Python looks for cycles in whichever thread happens to allocate. In the thread that writes recovery copies the last
reference to a slot could go while the window connects a signal: libpyside's table of connections, which nothing
guards, was then written by two threads at once, and the process broke off or hung in `disconnect` for good.
"""

import gc


def begin() -> None:
    """From now on only `collect` looks for cycles."""
    gc.disable()


def collect() -> None:
    """Look for cycles in the oldest generation that is due, by Python's own thresholds."""
    counts, thresholds = gc.get_count(), gc.get_threshold()
    for generation in (2, 1, 0):
        if counts[generation] > thresholds[generation]:
            gc.collect(generation)
            return


def keep() -> None:
    """What is there now stays as long as the window: looking through all of it again took a twentieth of a second."""
    gc.freeze()
