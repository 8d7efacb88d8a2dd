"""Trains every template with three seeds and writes docs/models.md: what it reaches on its sealed test part, how fast.

`python -m benchmarks.models [ID …]`; with ids only these are trained and printed, and the file stays as it is.
"""

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from dllab.checking import check
from dllab.data import DATASETS
from dllab.templates import FAMILIES, TEMPLATES, Template, load_template
from dllab.training.run import train

SEEDS = (0, 1, 2)
PAGE = Path(__file__).resolve().parents[1] / "docs" / "models.md"
HEAD = """# What the templates reach

Made by `python -m benchmarks.models`: every template trained as its recipe says with the seeds 0, 1 and 2 (which decide the split, the first weights and every other random number), then its sealed test part opened once. Mean and spread (standard deviation) of the three. One CPU thread; seconds are the mean of a run.

The same from the command line: `dllab new ID -o file.dllab`, then `dllab train file.dllab --seed 0`.
"""


def measured(template: Template) -> tuple[dict[str, tuple[float, float]], float, int]:
    """({score: (mean, spread)}, seconds, parameters)."""
    scores: dict[str, list[float]] = {}
    seconds, parameters = [], 0
    for seed in SEEDS:
        experiment = load_template(template.id).model_copy(update={"seed": seed})
        result = train(experiment, "cpu")
        parameters = sum(p.numel() for p in result.session.network.parameters())
        seconds.append(result.seconds)
        for name, value in result.session.open_test().items():
            scores.setdefault(name, []).append(value)
    spread = {name: (statistics.mean(values), statistics.stdev(values)) for name, values in scores.items()}
    return spread, statistics.mean(seconds), parameters


def row(template: Template) -> str:
    """One line of the table."""
    scores, seconds, parameters = measured(template)
    experiment = load_template(template.id)
    data = DATASETS[experiment.data.kind].title
    words = ", ".join(_words(name, *figures) for name, figures in scores.items())
    return f"| `{template.id}` | {data} | {parameters:,} | {words} | {seconds:.1f} |"


def _words(name: str, mean: float, spread: float) -> str:
    if name == "accuracy":
        return f"accuracy {100 * mean:.1f} ± {100 * spread:.1f} %"
    return f"{'R²' if name == 'r2' else name.removeprefix('part.')} {mean:.4g} ± {spread:.2g}"


def page() -> Iterator[str]:
    """The page, line by line as it is measured."""
    yield HEAD
    for family, words in FAMILIES.items():
        # What only clusters has no Output, and nothing to train.
        chosen = [t for t in TEMPLATES if t.family == family and check(load_template(t.id)).output]
        if chosen:
            yield f"\n## {words}\n\n| template | data | parameters | test part | seconds |\n|---|---|---|---|---|"
            yield from map(row, chosen)


def main(ids: list[str]) -> None:
    """Measure all and write the page, or measure some and print them."""
    lines = []
    for line in [row(t) for t in TEMPLATES if t.id in ids] if ids else page():
        print(line, flush=True)
        lines.append(line)
    if not ids:
        PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
