"""A million curve points streaming into the curves view: milliseconds a frame, from new points to painted pixels.

`python -m benchmarks.plots`; with `--json` the last line is JSON, with `--json PATH` that goes into a file.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from dllab.engine import protocol
from dllab.engine.series import Series
from ui.document import Document
from ui.lab import Lab
from ui.link.runs import Run
from ui.shell.theme import theme
from ui.views.curves import Curves

POINTS = 1_000_000
CHUNK = 10_000
CASES = (
    # name, words, points that are kept, earlier runs, logarithmic
    ("even_cover", "the window's even cover of 65,536", 65_536, 0, False),
    ("even_cover_three_runs", "the same, with 2 earlier runs", 65_536, 2, False),
    ("all_kept", "all points kept", 1_000_000, 0, False),
    ("all_kept_log", "all points kept, logarithmic", 1_000_000, 0, True),
    ("all_kept_three_runs", "all points kept, 2 earlier runs", 1_000_000, 2, False),
)
EPOCH = 20_000


def losses(count: int) -> np.ndarray:
    """A loss curve with the noise of single batches."""
    steps = np.arange(count)
    noise = np.random.default_rng(0).normal(0, 0.08, count)
    values: np.ndarray = np.abs(2 * np.exp(-steps / (count / 6)) + 0.06 + noise)
    return values


def feed(lab: Lab, run: Run, values: np.ndarray, start: int) -> None:
    """One message of new points, as the engine sends them."""
    steps = np.arange(start, start + CHUNK) + 1
    series = {"train_loss": (protocol.pack(steps), protocol.pack(values[start : start + CHUNK]))}
    if (start + CHUNK) % EPOCH == 0:
        series["val_loss"] = (protocol.pack(steps[-1:]), protocol.pack(values[start : start + 1] + 0.02))
    lab.runs.take(protocol.Scalars(run.id, series))


def frames(lab: Lab, view: Curves, capacity: int, earlier: int) -> list[float]:
    """Milliseconds of each frame while a million points stream in."""
    values = losses(POINTS)
    lab.runs.clear()
    run = lab.runs.begin(lab.document.experiment, "cpu")
    for _number in range(earlier):
        run.curves["train_loss"] = Series(capacity)
        for start in range(0, POINTS, CHUNK):
            feed(lab, run, values[::-1], start)
        run.state = "done"
        run = lab.runs.begin(lab.document.experiment, "cpu")
    run.curves["train_loss"] = Series(capacity)
    times = []
    for start in range(0, POINTS, CHUNK):
        begin = time.perf_counter()
        feed(lab, run, values, start)
        view.redraw()
        view.repaint()
        view.plot.viewport().repaint()
        times.append((time.perf_counter() - begin) * 1000)
        QApplication.processEvents()
    return times


def measure(size: tuple[int, int], folder: str) -> dict[str, dict[str, float]]:
    """p50, p95 and the slowest frame of every case."""
    settings = QSettings(f"{folder}/settings.ini", QSettings.Format.IniFormat)
    lab = Lab(Document(), settings, Path(folder))
    view = Curves(lab)
    view.resize(*size)
    view.show()
    results = {}
    for name, _words, capacity, earlier, logarithmic in CASES:
        view.set_logarithmic(logarithmic)
        times = frames(lab, view, capacity, earlier)
        p50, p95 = np.percentile(times, [50, 95])
        results[name] = {"p50_ms": round(p50, 2), "p95_ms": round(p95, 2), "max_ms": round(max(times), 2)}
    return results


def main() -> None:
    """Measure, print a table, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", nargs="?", const="-", help="print the numbers as JSON, or write them to this file")
    parser.add_argument("--size", default="700x400", help="pixels of the view, as in 700x400")
    given = parser.parse_args()
    width, height = (int(n) for n in given.size.split("x"))
    app = QApplication.instance() or QApplication([])
    theme.use("light")
    with tempfile.TemporaryDirectory() as folder:
        results = measure((width, height), folder)
    print(f"{POINTS:,} points in frames of {CHUNK:,}, {width} x {height} pixels (aim: 16 ms a frame)")
    print(f"{'':40}{'p50 ms':>9}{'p95 ms':>9}{'max ms':>9}")
    for name, words, *_settings in CASES:
        row = results[name]
        print(f"{words:40}{row['p50_ms']:9.2f}{row['p95_ms']:9.2f}{row['max_ms']:9.2f}")
    if given.json == "-":
        print(json.dumps(results))
    elif given.json is not None:
        Path(given.json).write_text(json.dumps(results, indent=2) + "\n")
    del app


if __name__ == "__main__":
    main()
