"""What looking costs: training with no view open against training that nothing goes along with, and with all views open.

`python -m benchmarks.looking` prints both as JSON; `python -m benchmarks.looking closed mlp` the pairs of the first.
"""

import io
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from benchmarks.experiments import NAMES, experiment
from benchmarks.training import trial

if TYPE_CHECKING:
    from dllab.engine.outbox import Outbox

ROUNDS = 3
SECONDS = 6.0
PAIRS = 12
PAIR_S = 2.5
WARM_UP_S = 2.0


def engine(name: str, rounds: int, seconds: float) -> list[tuple[float, float]]:
    """Steps of the engine per second of its training thread: (nothing goes along, as the window drives it), in turns.

    One run all along: what differs from process to process and from minute to minute is the same for both.
    """
    from dllab.document.format import to_text
    from dllab.engine import protocol
    from dllab.engine import worker as module
    from dllab.engine.outbox import Outbox
    from dllab.engine.travel import Travel
    from dllab.probes import load_probes

    load_probes()
    travels: list[Travel] = []

    def travel(session: Any) -> Travel:
        travels.append(Travel(session))
        return travels[-1]

    module.Travel = travel  # type: ignore[misc,assignment]
    stream = _Steps()
    outbox = Outbox(stream)
    worker = module.Worker(outbox)
    worker.start()
    worker.inbox.put(protocol.Train("run", to_text(experiment(name)), "cpu"))
    assert worker.ident is not None
    clock = time.pthread_getcpuclockid(worker.ident)

    def rate(watched: bool, wait: float) -> float:
        travels[0].keeps = watched
        worker.inbox.put(protocol.Subscribe(1, "health", {}, watch=True) if watched else protocol.Unsubscribe(1))
        began, before, end = time.clock_gettime(clock), stream.step, time.perf_counter() + wait
        _listen(outbox, lambda: time.perf_counter() >= end)
        return (stream.step - before) / (time.clock_gettime(clock) - began)

    _listen(outbox, lambda: stream.step > 0)
    rate(True, WARM_UP_S)
    pairs = [(rate(False, seconds), rate(True, seconds)) for _round in range(rounds)]
    worker.inbox.put(protocol.Quit())
    worker.join()
    outbox.close()
    return pairs


def _listen(outbox: "Outbox", enough: Callable[[], bool]) -> None:
    """Take what the engine sends, as the window does."""
    while not enough():
        outbox.grant(8)
        time.sleep(0.02)


class _Steps(io.BytesIO):
    """Takes the frames of the engine and reads how far it is."""

    step = 0

    def write(self, frame: Any) -> int:
        from dllab.engine import protocol

        event = protocol.decode_event(bytes(frame[4:]))
        if isinstance(event, protocol.Progress):
            self.step = event.step
        return len(frame)


def _alone(name: str) -> list[tuple[float, float]]:
    """The pairs of one network, from a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.looking", "closed", name],
        env={**os.environ}, stdout=subprocess.PIPE, text=True, timeout=PAIRS * 2 * PAIR_S + 120, check=True,
    )  # fmt: skip
    return [(plain, closed) for plain, closed in json.loads(done.stdout.splitlines()[-1])]


def measure(rounds: int = ROUNDS, seconds: float = SECONDS) -> dict[str, Any]:
    """Pairs, in turns: both of a pair met the same machine."""
    found: dict[str, Any] = {}
    for name in NAMES:
        pairs = _alone(name)
        found[name] = {
            "plain_steps_per_second": round(statistics.median(a for a, _b in pairs), 1),
            "closed_steps_per_second": round(statistics.median(b for _a, b in pairs), 1),
            "closed_over_plain": round(statistics.median(b / a for a, b in pairs), 3),
        }
    both = [(trial("textbook", "cnn", seconds), trial("everything", "cnn", seconds)) for _round in range(rounds)]
    found["cnn"] |= {
        "open_over_textbook": round(
            statistics.median(b["steps_per_second"] / a["steps_per_second"] for a, b in both), 2
        ),
        "open_late_ms_p99": round(statistics.median(b["late_ms_p99"] for _a, b in both), 1),
        "open_views": both[0][1]["views"],
    }
    return found


if __name__ == "__main__":
    from dllab.training.device import threads

    if sys.argv[1:2] == ["closed"]:
        import torch

        torch.set_num_threads(threads())
        print(json.dumps(engine(sys.argv[2], PAIRS, PAIR_S)))
    else:
        print(json.dumps(measure()))
