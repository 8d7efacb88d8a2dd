"""Steps per second with the window open against plain loops, in pairs, and how late the event loop is meanwhile."""

import json
import os
import statistics
import subprocess
import sys
from typing import Any

from benchmarks.experiments import NAMES

ROUNDS = 3
SECONDS = 6.0
CONTESTANTS = {
    "textbook": ("benchmarks.loops", "textbook"),
    "lab": ("benchmarks.window",),
    "tuned": ("benchmarks.loops", "tuned"),
}
EVERYTHING = ("benchmarks.window", "--everything")
"""The window with every view open at once."""


def trial(contestant: str, name: str, seconds: float) -> dict[str, Any]:
    """One process, alone on the machine, for some seconds."""
    module, *words = EVERYTHING if contestant == "everything" else CONTESTANTS[contestant]
    done = subprocess.run(
        [sys.executable, "-m", module, *words, name, str(seconds)],
        env={"QT_QPA_PLATFORM": "offscreen", **os.environ}, stdout=subprocess.PIPE, text=True, timeout=seconds + 120,
    )  # fmt: skip
    done.check_returncode()
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def measure(rounds: int = ROUNDS, seconds: float = SECONDS) -> dict[str, Any]:
    """Every model with every contestant, in turns, so that a busy moment of the machine hits all alike."""
    found: dict[str, Any] = {}
    for name in NAMES:
        trials: dict[str, list[dict[str, Any]]] = {contestant: [] for contestant in CONTESTANTS}
        for _number in range(rounds):
            for contestant in CONTESTANTS:
                trials[contestant].append(trial(contestant, name, seconds))
        found[name] = _medians(trials)
    return found


def _medians(trials: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    rates = {c: [t["steps_per_second"] for t in found] for c, found in trials.items()}
    # Of each pair, not of the medians: both of a pair met the same machine.
    pairs = [lab / textbook for lab, textbook in zip(rates["lab"], rates["textbook"], strict=True)]
    return {
        **{f"{c}_steps_per_second": round(statistics.median(r), 1) for c, r in rates.items()},
        "lab_over_textbook": round(statistics.median(pairs), 2),
        **{
            key: round(statistics.median(t[key] for t in trials["lab"]), 2)
            for key in ("late_ms_p50", "late_ms_p99", "late_ms_max")
        },
        "views": trials["lab"][0]["views"],
    }


if __name__ == "__main__":
    print(json.dumps(measure()))
