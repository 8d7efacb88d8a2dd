"""What looking costs: training with no view open against training that nothing goes along with, and with all views open.

`python -m benchmarks.looking` prints both as JSON; `python -m benchmarks.looking closed mlp 6` one trial.
"""

import io
import json
import os
import statistics
import subprocess
import sys
import time
from functools import partial
from typing import Any

from benchmarks.experiments import NAMES, experiment
from benchmarks.training import trial

ROUNDS = 3
SECONDS = 6.0
WARM_UP_S = 2.0


def engine(name: str, seconds: float, plain: bool) -> float:
    """Steps of the engine as the window drives it with all views closed, per second of its training thread.

    `plain` leaves out the time line and the watch on the run's health.
    """
    from dllab.document.format import to_text
    from dllab.engine import protocol
    from dllab.engine import worker as module
    from dllab.engine.outbox import Outbox
    from dllab.engine.travel import Travel
    from dllab.probes import load_probes

    load_probes()
    if plain:
        module.Travel = partial(Travel, budget=0)  # type: ignore[misc,assignment]
    stream = _Steps()
    outbox = Outbox(stream)
    worker = module.Worker(outbox)
    worker.start()
    if not plain:
        worker.inbox.put(protocol.Subscribe(1, "health", {}, watch=True))
    worker.inbox.put(protocol.Train("run", to_text(experiment(name)), "cpu"))
    assert worker.ident is not None
    clock = time.pthread_getcpuclockid(worker.ident)
    while not stream.step:
        outbox.grant(8)
        time.sleep(0.05)
    points = []
    for wait in (WARM_UP_S, seconds):
        end = time.perf_counter() + wait
        while time.perf_counter() < end:
            outbox.grant(8)
            time.sleep(0.02)
        points.append((time.clock_gettime(clock), stream.step))
    worker.inbox.put(protocol.Quit())
    worker.join()
    outbox.close()
    (t0, s0), (t1, s1) = points
    return (s1 - s0) / (t1 - t0)


class _Steps(io.BytesIO):
    """Takes the frames of the engine and reads how far it is."""

    step = 0

    def write(self, frame: Any) -> int:
        from dllab.engine import protocol

        event = protocol.decode_event(bytes(frame[4:]))
        if isinstance(event, protocol.Progress):
            self.step = event.step
        return len(frame)


def _alone(contestant: str, name: str, seconds: float) -> float:
    """One trial in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.looking", contestant, name, str(seconds)],
        env={**os.environ}, stdout=subprocess.PIPE, text=True, timeout=seconds + 120, check=True,
    )  # fmt: skip
    return float(done.stdout.splitlines()[-1])


def measure(rounds: int = ROUNDS, seconds: float = SECONDS) -> dict[str, Any]:
    """Pairs, in turns: both of a pair met the same machine."""
    found: dict[str, Any] = {}
    for name in NAMES:
        pairs = [(_alone("plain", name, seconds), _alone("closed", name, seconds)) for _round in range(rounds)]
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

    if sys.argv[1:2] in (["plain"], ["closed"]):
        import torch

        torch.set_num_threads(threads())
        print(engine(sys.argv[2], float(sys.argv[3]), sys.argv[1] == "plain"))
    else:
        print(json.dumps(measure()))
