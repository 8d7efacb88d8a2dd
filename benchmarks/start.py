"""A start of the lab from nothing: when its window is on the screen, and when its engine can train.

`python -m benchmarks.start` prints both in seconds, as JSON, over several starts; the first one warms the disk's cache.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

STARTS = 5

# The child goes the way of main.py and only looks on: the moment the first picture is painted, and the engine's answer.
_CHILD = """
import sys, time
begin = float(sys.argv[1])
from ui import app
from dllab.doctor import preflight
assert preflight() == []
import os
os.environ["QT_API"] = "pyside6"
from ui import session
from PySide6.QtCore import QTimer
made = session.Session(None, "light")
def painted():
    print(time.time() - begin, flush=True)
def ready(_facts):
    print(time.time() - begin, flush=True)
    QTimer.singleShot(0, made.window.end_now)
made.start(None)
made.window.repaint()
painted()
made.lab.link.ready.connect(ready)
sys.exit(made.run())
"""


def start(home: str) -> tuple[float, float]:
    """(seconds until the window is painted, seconds until the engine is ready)."""
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ, "DLLAB_HOME": home}
    begin = time.time()
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(begin)], env=environment, capture_output=True, text=True, timeout=120
    )
    painted, ready = map(float, done.stdout.split())
    return painted, ready


def measure(starts: int = STARTS) -> dict[str, float]:
    """Medians of several starts, after one that does not count."""
    with tempfile.TemporaryDirectory(prefix="dllab-") as home:
        found = [start(home) for _number in range(starts + 1)][1:]
    return {
        "window_visible_s": round(statistics.median(window for window, _engine in found), 3),
        "engine_ready_s": round(statistics.median(engine for _window, engine in found), 3),
    }


if __name__ == "__main__":
    print(json.dumps(measure()))
