"""How long looking at a whole experiment takes, by the number of its nodes: what every edit waits for."""

import json
import statistics
import sys
import time

from dllab.checking import check
from dllab.document.edits import set_param
from dllab.document.experiment import Choice, Experiment, Graph, Link, Node

SIZES = (10, 100, 500, 1000)


def network(count: int) -> Experiment:
    """Convolutions, norms, activations and skips on digits, `count` nodes in all."""
    nodes, links = {"input": Node(kind="input")}, []
    last, skip = "input", ""
    cycle = (("conv2d", {"out_channels": 8, "kernel_size": 3, "padding": 1}), ("batch_norm", {}), ("relu", {}))
    for number in range(count - 4):
        name, (kind, params) = f"n{number}", cycle[number % 3]
        if number % 12 == 11 and skip:
            kind, params = "add", {}
            links.append(Link(source=skip, target=name, input="b"))
        nodes[name] = Node(kind=kind, params=params, x=200.0 * number)
        links.append(Link(source=last, target=name, input="a" if kind == "add" else "in"))
        last = name
        skip = name if number % 12 == 2 else skip
    for name, kind, params in (("flat", "flatten", {}), ("score", "linear", {"features": 10}), ("end", "output", {})):
        nodes[name] = Node(kind=kind, params=params)
        links.append(Link(source=last, target=name))
        last = name
    return Experiment(data=Choice(kind="digits"), model=Graph(nodes=nodes, links=tuple(links)))


def measure(count: int, rounds: int = 30) -> float:
    """Median milliseconds of a check after one parameter changed, as while typing."""
    experiment = network(count)
    assert not check(experiment).problems
    times = []
    for number in range(rounds):
        experiment = set_param(experiment, "n0", "stride", 1 + number % 2)
        start = time.perf_counter()
        check(experiment)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def main() -> None:
    """Print the table, or one JSON object with --json."""
    found = {count: round(measure(count), 3) for count in SIZES}
    if "--json" in sys.argv:
        print(json.dumps({"checking_ms": found}))
        return
    print("nodes   ms a check")
    for count, milliseconds in found.items():
        print(f"{count:5}   {milliseconds:8.3f}")


if __name__ == "__main__":
    main()
