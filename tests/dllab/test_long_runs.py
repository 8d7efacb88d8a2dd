"""A run of a million steps in bounded memory: its curves and its time line stay within what docs/measured.md states."""

import io
import tracemalloc
from itertools import pairwise

import numpy as np
from examples import moons

from dllab.engine import protocol
from dllab.engine.outbox import Outbox
from dllab.engine.series import Series
from dllab.stepping.timeline import LIMIT, Timeline, size
from dllab.training.session import Session

STEPS = 1_000_000
CURVE_BYTES = 1_100_000


def test_a_curve_of_a_million_points_takes_a_megabyte_and_keeps_every_spike() -> None:
    values = np.sin(np.arange(STEPS) / 1000)
    values[777_777] = 50.0
    tracemalloc.start()
    curve = Series()
    for start in range(0, STEPS, 500):
        curve.extend(np.arange(start, start + 500), values[start : start + 500])
    kept, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < CURVE_BYTES
    assert curve.steps[0] == 0
    assert curve.steps[-1] == STEPS - 1
    assert 777_777 in curve.steps
    assert np.diff(curve.steps).max() < 500


def test_the_time_line_of_a_million_steps_keeps_to_its_budget_and_its_number_evenly() -> None:
    session = Session(moons(), "cpu")
    session.advance()
    budget = 100 * size(session)
    timeline = Timeline(session, budget)
    for step in range(0, STEPS, 1000):
        session.step = step
        timeline.keep()
    assert timeline.bytes <= budget
    assert len(timeline.steps) <= 100 <= LIMIT
    assert timeline.steps[0] == 0
    assert timeline.steps[-1] == STEPS - 1000
    assert max(b - a for a, b in pairwise(timeline.steps)) <= 4 * STEPS / 100
    many = Timeline(session, 10 * LIMIT * budget, limit=50)
    for step in range(0, STEPS, 5000):
        session.step = step
        many.keep()
    assert len(many.steps) == 50


def test_progress_and_epochs_get_through_however_many_pictures_come() -> None:
    stream = io.BytesIO()
    outbox = Outbox(stream)
    outbox.latest(protocol.Progress("run", 0, 0, 0, 0, 0.0, 0.0))
    for step in range(20):
        # Each picture that has left is made again before the next credit comes.
        for number in range(5):
            outbox.latest(protocol.Picture(number, "run", step, {}, {}))
        outbox.latest(protocol.Progress("run", step, 20, 0, 1, 1.0, 1.0))
    outbox.grant(1)
    outbox.close(5.0)
    (body,) = protocol.Reassembler().feed(stream.getvalue())
    assert isinstance(protocol.decode_event(body), protocol.Progress)
    assert protocol.decode_event(body).step == 19
