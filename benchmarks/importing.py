"""How long a large table of a person's own takes to be read in, and how much memory: 1,000,000 rows × 20 columns."""

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from dllab.data.own.bringing import bring
from dllab.data.own.choosing import choose

ROWS, COLUMNS = 1_000_000, 20


def write(path: Path) -> None:
    """Numbers, a few categories, and a number to predict."""
    random = np.random.default_rng(0)
    with path.open("w") as file:
        file.write(",".join([*(f"x{n}" for n in range(COLUMNS - 2)), "colour", "y"]) + "\n")
        for _block in range(ROWS // 10_000):
            numbers = random.normal(size=(10_000, COLUMNS - 1)).round(4)
            colours = random.choice(["red", "green", "blue"], 10_000)
            for row, colour in zip(numbers.tolist(), colours, strict=True):
                file.write(",".join(map(str, row[:-1])) + f",{colour},{row[-1]}\n")


def main() -> None:
    """Print the figures; with --json as one line."""
    with tempfile.TemporaryDirectory(prefix="dllab-") as home:
        os.environ["DLLAB_HOME"] = home
        path = Path(home) / "large.csv"
        write(path)
        began = time.perf_counter()
        facts = bring(path)
        read = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        began = time.perf_counter()
        arrays = choose(facts).load(0)
        figures = {
            "megabytes": round(path.stat().st_size / 1e6),
            "read_s": round(read, 2),
            "peak_memory_mb": round(peak),
            "load_s": round(time.perf_counter() - began, 2),
        }
        assert len(arrays.x) == ROWS
    print(json.dumps(figures) if "--json" in sys.argv else figures)


if __name__ == "__main__":
    main()
