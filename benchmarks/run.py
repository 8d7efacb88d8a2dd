"""All benchmarks, one after the other: a table to read and a JSON file to keep. By hand, on a quiet machine.

`make bench`, or `python -m benchmarks.run training start` for some of them.
"""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

OUT = Path("out") / "benchmarks.json"
PARTS = ("training", "looking", "devices", "start", "canvas", "checking", "plots", "clustering", "crowd")

# What is to be reached: where the figure stands, and the bound it must keep.
AT_LEAST, AT_MOST = "≥", "≤"
REACH: dict[str, tuple[str, float]] = {
    "training.mlp.lab_over_textbook": (AT_LEAST, 1.8),
    "training.cnn.lab_over_textbook": (AT_LEAST, 1.3),
    "training.mlp.late_ms_p99": (AT_MOST, 16.0),
    "training.cnn.late_ms_p99": (AT_MOST, 16.0),
    "training.mlp.late_ms_max": (AT_MOST, 50.0),
    "training.cnn.late_ms_max": (AT_MOST, 50.0),
    "looking.mlp.closed_over_plain": (AT_LEAST, 0.98),
    "looking.cnn.closed_over_plain": (AT_LEAST, 0.98),
    "looking.cnn.open_over_textbook": (AT_LEAST, 0.7),
    "looking.cnn.open_late_ms_p99": (AT_MOST, 25.0),
    "start.window_visible_s": (AT_MOST, 0.7),
    "canvas.500.repaint_ms": (AT_MOST, 8.0),
    "canvas.500.repaint_all_ms": (AT_MOST, 8.0),
    "canvas.500.drag_ms": (AT_MOST, 2.0),
    "canvas.500.drag_all_in_view_ms": (AT_MOST, 2.0),
    "checking.checking_ms.100": (AT_MOST, 5.0),
    "plots.even_cover.p95_ms": (AT_MOST, 16.0),
    **{
        f"crowd.{kind}.{phase}.late_ms_max": (AT_MOST, 100.0)
        for kind in ("minibatch_kmeans", "dbscan")
        for phase in ("fitting", "arriving", "zooming", "panning", "hovering", "picking")
    },
}


def measure(part: str) -> Any:
    """What one benchmark prints last, as JSON, from a process of its own."""
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ}
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{part}", "--json"], stdout=subprocess.PIPE, text=True, env=environment
    )
    if done.returncode != 0:
        return {"failed": done.returncode}
    return json.loads(done.stdout.strip().splitlines()[-1])


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "processor": _processor(),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("torch", "PySide6-Essentials", "pyqtgraph", "numpy")},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted path, figure) for everything measured."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, value


def table(found: dict[str, Any]) -> Iterator[str]:
    """One line a figure, with what is to be reached."""
    rows = [(path, _words(value), *_verdict(path, value)) for path, value in flat(found)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for path, value, bound, verdict in rows:
        yield f"{path:<{widths[0]}}  {value:>{widths[1]}}  {bound:<{widths[2]}}  {verdict}".rstrip()


def _words(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}" if abs(value) < 10 else f"{value:,.1f}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _verdict(path: str, value: Any) -> tuple[str, str]:
    if path not in REACH or not isinstance(value, int | float):
        return "", ""
    sign, bound = REACH[path]
    holds: Callable[[float], bool] = bound.__le__ if sign == AT_LEAST else bound.__ge__
    return f"{sign} {bound:g}", "reached" if holds(value) else "MISSED"


def main(parts: list[str]) -> None:
    """Measure, print, keep."""
    found: dict[str, Any] = {}
    for part in parts or PARTS:
        start = time.monotonic()
        found[part] = measure(part)
        print(f"{part}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    print(*table(found), sep="\n")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"machine": machine(), **found}, indent=2) + "\n", encoding="utf-8")
    print(f"Kept in {OUT}")


if __name__ == "__main__":
    main(sys.argv[1:])
