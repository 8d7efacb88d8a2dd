"""The same training as plain loops: as textbooks show it, and as somebody ends up with who measures.

`python -m benchmarks.loops textbook mlp 6` prints the steps made in 6 seconds, as JSON.
"""

import json
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.experiments import experiment
from dllab.build import build, initialise
from dllab.data.prepare import prepare

BATCH = 32
WARM_UP_S = 1.0
Arrays = tuple[Tensor, Tensor, Tensor, Tensor]


class Watch:
    """Counts steps once the warm-up is over; `over` says when to stop."""

    def __init__(self, seconds: float) -> None:
        self._begin = time.perf_counter() + WARM_UP_S
        self._end = self._begin + seconds
        self.steps = 0
        self._first: float | None = None
        self._last = 0.0

    def step(self) -> bool:
        """One more step; True when the time is up."""
        now = time.perf_counter()
        if now >= self._begin:
            if self._first is None:
                self._first = now
            else:
                self.steps += 1
                self._last = now
        return now >= self._end

    @property
    def rate(self) -> float:
        """Steps per second."""
        assert self._first is not None
        return self.steps / (self._last - self._first)


def textbook(model: nn.Module, rate: float, arrays: Arrays, watch: Watch) -> None:
    """PyTorch's own quickstart: data loaders, a loss read every step, a validation pass every epoch."""
    x, y, x_val, y_val = arrays
    loader = DataLoader(TensorDataset(x, y), batch_size=BATCH, shuffle=True)
    validation = DataLoader(TensorDataset(x_val, y_val), batch_size=BATCH)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    while True:
        model.train()
        running = 0.0
        for inputs, labels in loader:
            optimizer.zero_grad()
            loss = criterion(model(inputs), labels)
            loss.backward()
            optimizer.step()
            running += loss.item()
            if watch.step():
                return
        model.eval()
        correct = 0.0
        with torch.no_grad():
            for inputs, labels in validation:
                outputs = model(inputs)
                running += criterion(outputs, labels).item()
                correct += (outputs.argmax(1) == labels).sum().item()


def tuned(model: nn.Module, rate: float, arrays: Arrays, watch: Watch) -> None:
    """One thread, a fused optimiser, batches as slices of an order drawn once an epoch, images with
    their channels last in memory, losses kept on the device."""
    torch.set_num_threads(1)
    x, y, x_val, y_val = arrays
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, fused=True)
    while True:
        model.train()
        order = torch.randperm(len(x))
        inputs, labels = x[order], y[order]
        if inputs.dim() == 4:
            inputs = inputs.to(memory_format=torch.channels_last)
        losses = []
        for start in range(0, len(x), BATCH):
            loss = criterion(model(inputs[start : start + BATCH]), labels[start : start + BATCH])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
            if watch.step():
                return
        torch.stack(losses).mean().item()
        model.eval()
        with torch.inference_mode():
            (model(x_val).argmax(1) == y_val).float().mean().item()


LOOPS: dict[str, Callable[[nn.Module, float, Arrays, Watch], None]] = {"textbook": textbook, "tuned": tuned}


def main(loop: str, name: str, seconds: float) -> None:
    """Run a loop and print its rate."""
    chosen = experiment(name)
    network = build(chosen)
    initialise(network, chosen.seed)
    # A plain chain, as one would write it by hand.
    model = nn.Sequential(*(network.layers[node] for node in network.calls))
    data = prepare(chosen)
    arrays = tuple(torch.from_numpy(a) for part in (data.train, data.validation) for a in (part.x, part.y))
    watch = Watch(seconds)
    LOOPS[loop](model, chosen.training.learning_rate, arrays, watch)  # type: ignore[arg-type]
    print(json.dumps({"steps_per_second": watch.rate}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
