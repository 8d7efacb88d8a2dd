"""Steps per second by size of model on every device of this machine, without a window.

`python -m benchmarks.devices [--json]`.
"""

import json
import sys
import time
from collections.abc import Iterable

import torch

from benchmarks.experiments import ENDLESS
from dllab.document import edits
from dllab.document.experiment import Choice, Experiment, Link, Node, Training
from dllab.training.device import devices, threads
from dllab.training.session import Session

WARM_UP = 30
SECONDS = 3.0
Layers = list[tuple[str, dict[str, object]]]


def dense(features: Iterable[int]) -> Layers:
    """Fully connected layers with ReLU between."""
    found: Layers = []
    for width in features:
        found += [("linear", {"features": width}), ("relu", {})]
    return found


def convolutional(channels: int) -> Layers:
    """Two convolutions, each halved by pooling, as in the digits template."""
    found: Layers = []
    for width in (channels, 2 * channels):
        found += [
            ("conv2d", {"out_channels": width, "kernel_size": 3, "padding": 1}),
            ("relu", {}),
            ("max_pool", {"kernel_size": 2}),
        ]
    return [*found, ("flatten", {})]


MODELS: dict[str, tuple[str, Layers, int]] = {
    "mlp_2x32_batch32": ("moons", dense((32, 32)), 32),
    "mlp_3x512_batch256": ("digits", [("flatten", {}), *dense((512, 512, 512))], 256),
    "mlp_3x2048_batch256": ("digits", [("flatten", {}), *dense((2048, 2048, 2048))], 256),
    "cnn_16_batch32": ("digits", convolutional(16), 32),
    "cnn_64_batch256": ("digits", convolutional(64), 256),
    "cnn_256_batch256": ("digits", convolutional(256), 256),
}


def chain(data: str, layers: Layers, batch: int) -> Experiment:
    """Input, the layers, a Linear as wide as there are classes, Output."""
    classes = {"moons": 2, "digits": 10}[data]
    result = Experiment(
        data=Choice(kind=data), training=Training(learning_rate=0.001, epochs=ENDLESS, batch_size=batch)
    )
    before = ""
    for kind, params in [("input", {}), *layers, ("linear", {"features": classes}), ("output", {})]:
        name = edits.fresh_id(result.model.nodes, kind)
        result = edits.add_node(result, name, Node(kind=kind, params=params))
        if before:
            result = edits.connect(result, Link(source=before, target=name))
        before = name
    return result


def rate(experiment: Experiment, device: str, seconds: float = SECONDS) -> tuple[int, float]:
    """(parameters, steps per second). A step reads its loss, so none is still under way on the GPU when time is up."""
    session = Session(experiment, device)
    for _step in range(WARM_UP):
        session.advance()
    start, steps = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        session.advance()
        steps += 1
    return sum(p.numel() for p in session.network.parameters()), steps / (time.perf_counter() - start)


def main() -> None:
    """Print the table, and with --json one JSON object."""
    torch.set_num_threads(threads())
    found: dict[str, dict[str, float]] = {}
    for name, (data, layers, batch) in MODELS.items():
        experiment = chain(data, layers, batch)
        row: dict[str, float] = {}
        for device, _words in devices():
            row["parameters"], row[f"{device}_steps_per_second"] = rate(experiment, device)
        found[name] = row
        print(f"{name:24}", "  ".join(f"{key} {value:,.0f}" for key, value in row.items()), flush=True)
    if "--json" in sys.argv:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
