"""Trains every template with three seeds and writes docs/models.md: what it reaches on its sealed test part, how fast.

`python -m benchmarks.models [ID …]`; with ids only these are trained and printed, and the file stays as it is.
"""

import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from dllab.checking import check
from dllab.clustering.chain import carry_out, clusterings, seen
from dllab.data import DATASETS
from dllab.data.prepare import prepare
from dllab.templates import FAMILIES, TEMPLATES, Template, load_template
from dllab.training.clusters import Following
from dllab.training.run import train

SEEDS = (0, 1, 2)
CLUSTER_WORDS = {
    "ari": "ARI",
    "nmi": "NMI",
    "silhouette": "silhouette",
    "cluster_ari": "clusters ARI",
    "cluster_nmi": "clusters NMI",
}
PAGE = Path(__file__).resolve().parents[1] / "docs" / "models.md"
HEAD = """# What the templates reach

Made by `python -m benchmarks.models`: every template trained as its recipe says with the seeds 0, 1 and 2 (which decide the split, the first weights and every other random number), then its sealed test part opened once. Mean and spread (standard deviation) of the three. One CPU thread; seconds are the mean of a run.

Clusterings are carried out on all samples; a seed draws points anew, where they are drawn, and decides what is random in the algorithm. ARI and NMI compare clusters with the true classes, of a trained network those of what its layer puts out.

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
        found = result.session.open_test() | Following(result.session).scores(always=True)
        for name, value in found.items():
            scores.setdefault(name, []).append(value)
    spread = {name: (statistics.mean(values), statistics.stdev(values)) for name, values in scores.items()}
    return spread, statistics.mean(seconds), parameters


def clustered(template: Template) -> str:
    """One line about a template that only clusters: every seed draws the samples anew, if they are drawn."""
    scores: dict[str, list[float]] = {}
    seconds, names = [], set()
    for seed in SEEDS:
        experiment = load_template(template.id).model_copy(update={"seed": seed})
        checked = check(experiment)
        samples = seen(prepare(experiment))
        for node in clusterings(checked):
            began = time.perf_counter()
            made = carry_out(checked, node, samples.x, samples.y)
            seconds.append(time.perf_counter() - began)
            names.add(made.layer.title)
            for name in ("ari", "nmi", "silhouette"):
                if name in made.scores:
                    scores.setdefault(name, []).append(made.scores[name])
    data = DATASETS[load_template(template.id).data.kind].title
    words = ", ".join(_words(name, statistics.mean(v), statistics.stdev(v)) for name, v in scores.items())
    return f"| `{template.id}` | {data} | {', '.join(sorted(names))} | {words} | {statistics.mean(seconds):.2f} |"


def row(template: Template) -> str:
    """One line of the table."""
    if check(load_template(template.id)).fits_only:
        return clustered(template)
    scores, seconds, parameters = measured(template)
    experiment = load_template(template.id)
    data = DATASETS[experiment.data.kind].title
    words = ", ".join(_words(name, *figures) for name, figures in scores.items())
    return f"| `{template.id}` | {data} | {parameters:,} | {words} | {seconds:.1f} |"


def _words(name: str, mean: float, spread: float) -> str:
    if name == "accuracy":
        return f"accuracy {100 * mean:.1f} ± {100 * spread:.1f} %"
    if name in CLUSTER_WORDS:
        return f"{CLUSTER_WORDS[name]} {mean:.3f} ± {spread:.3f}"
    return f"{'R²' if name == 'r2' else name.removeprefix('part.')} {mean:.4g} ± {spread:.2g}"


def page() -> Iterator[str]:
    """The page, line by line as it is measured."""
    yield HEAD
    for family, words in FAMILIES.items():
        yield from section(words, [t for t in TEMPLATES if t.family == family])


def section(words: str, templates: list[Template]) -> Iterator[str]:
    """What is trained, then what only clusters: it has no parameters and no test part."""
    trained = [t for t in templates if not check(load_template(t.id)).fits_only]
    rest = [t for t in templates if t not in trained]
    if trained:
        yield f"\n## {words}\n\n| template | data | parameters | test part | seconds |\n|---|---|---|---|---|"
        yield from map(row, trained)
    if rest:
        head = "| template | data | algorithm | against the classes, and by itself | seconds |\n|---|---|---|---|---|"
        yield f"\n{head}" if trained else f"\n## {words}\n\n{head}"
        yield from map(row, rest)


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
