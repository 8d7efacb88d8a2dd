"""One run: network, optimiser, data and everything that must be kept to go on exactly where it stopped."""

import copy
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dllab.build import blocks, custom
from dllab.build.module import Outputs, build
from dllab.checking import check
from dllab.data.prepare import Prepared, prepare
from dllab.document.experiment import Experiment
from dllab.training.aims import Aims, Known, Targets, cut, laid
from dllab.training.augment import augment, augments
from dllab.training.device import choose
from dllab.training.loops import Held
from dllab.training.memory import refuse_if_too_large
from dllab.training.precision import Precision
from dllab.training.remembered import Remembered
from dllab.training.scoring import Mean, joined, numbers, samples
from dllab.training.update import Update

_CHUNK = 1024
_GATHERED = 2**24
"""Numbers of the Outputs that are held at a time, 64 MB."""


class NonFinite(ArithmeticError):
    """The loss is no finite number; the weights are those before this step."""

    def __init__(self, step: int, value: float, node: str) -> None:
        super().__init__(f"loss became {value} at step {step}")
        self.step, self.value, self.node = step, value, node


@dataclass
class Outcome:
    """What one batch brought; `metrics` when it closed an epoch, `finished` when it was the last one."""

    loss: float
    metrics: dict[str, float] | None = None
    finished: str = ""
    """"epochs" or "early-stop"."""


@dataclass
class Best:
    """The weights with the lowest validation loss so far."""

    loss: float = math.inf
    epoch: int = 0
    weights: dict[str, Tensor] = field(default_factory=dict)


class Session:
    """A run in hand: `advance()` trains one batch. Not thread-safe: one thread owns it.

    Raises what `prepare`, `build` and `refuse_if_too_large` raise.
    """

    past: Remembered | None = None
    """Its time line, where somebody keeps one."""

    def __init__(self, experiment: Experiment, device: str = "auto", prepared: Prepared | None = None) -> None:
        self.experiment = experiment
        self.device = choose(device)
        self.precision = Precision(experiment.training.precision, self.device)
        self.check = check(experiment)
        refuse_if_too_large(experiment, self.check, self.device)
        self.prepared = prepared or prepare(experiment)
        self.recipe = experiment.training
        if self.device.type == "cuda":
            torch.backends.cudnn.deterministic = True
        torch.manual_seed(experiment.seed)
        self.network = build(experiment)
        self.initial = {k: v.clone() for k, v in self.network.state_dict().items()}
        self.network.to(self.device).train()
        self.aims = Aims(self.check, self.prepared, self.device)
        self.data, self.loss_declared, self.loss = self.aims.data, self.aims.declared, self.aims.loss
        self.held = Held(self.recipe.loop, self.network)
        self._modes_differ = any(map(_two_faced, self.network.modules()))
        self._train = self.aims.place(self.prepared.train)
        self._validation = self.aims.place(self.prepared.validation)
        self._naive = self._naive_loss()
        self._shuffle = torch.Generator().manual_seed(experiment.seed)
        self.batch_size = self.recipe.batch_size
        self.epochs = self.recipe.epochs
        self.update = Update(experiment, self.network, self.steps_per_epoch, self.precision.scaler)
        self.step = 0
        self.epoch = 0
        self.cursor = 0
        """Samples of the present epoch that have been used."""
        self.best = Best()
        self.stale = 0
        """Epochs since the validation loss was last the lowest."""
        self.last: dict[str, Tensor] = {}
        """Weights at the end, while the best ones are shown."""
        self.opened = 0
        self._begin_epoch()

    # --- phases of a step -------------------------------------------------------------------------------------------

    def advance(self) -> Outcome:
        """Train one batch: take it, forward, loss, backward, update. Raises NonFinite before the update."""
        stop, x, targets = self.take()
        outputs = self.precision.reach(self.network, x)
        loss = self.loss(outputs, targets)
        parts = self.aims.parts
        # .item() waits for a GPU; it buys stopping at the very step whose loss is not finite, with the weights intact.
        value: float = loss.item()
        if not math.isfinite(value):
            raise NonFinite(self.step, value, self.first_non_finite(x))
        if self.held.renewed(self.step):
            self.precision.backward(loss)
            self.update.step()
        else:
            self.update.apply()
        return self.close(stop, value, outputs, targets, parts)

    def take(self) -> tuple[int, Tensor, Targets]:
        """The next batch, with no gradients left from the last: where it ends in the epoch, inputs, targets."""
        start, stop = self.cursor, self._batch_end()
        self.held.clear()
        return stop, self._epoch_x[start:stop], cut(self._epoch_targets, start, stop)

    def close(self, stop: int, value: float, outputs: Outputs, targets: Targets, parts: Mapping[str, float]) -> Outcome:
        """Count the batch that ended at `stop` with this loss, after the update; close the epoch if it was its last.

        `parts` are `aims.parts` as this batch's loss left them.
        """
        start, self.cursor = self.cursor, stop
        self.step += 1
        self._loss_sum += value * (stop - start)
        self._tally.add(outputs, targets, self._epoch_labels[start:stop])
        for name, part in parts.items():
            self._parts[name] = self._parts.get(name, 0.0) + part * (stop - start)
        if self._batch_end() > stop:
            return Outcome(value)
        return self._end_epoch(value)

    def _batch_end(self) -> int:
        """End of the batch that starts at the cursor; the cursor itself when the epoch is over."""
        count = len(self._order)
        stop = min(self.cursor + self.batch_size, count)
        whole = stop - self.cursor == self.batch_size
        if whole or stop == self.cursor or self.cursor == 0 or not self.drops_last:
            return stop
        return self.cursor

    @property
    def drops_last(self) -> bool:
        """Whether a smaller last batch is left out (by default: when the model has batch norm)."""
        if self.recipe.drop_last is not None:
            return self.recipe.drop_last
        return any(isinstance(m, torch.nn.modules.batchnorm._BatchNorm) for m in self.network.modules())

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch at the present batch size."""
        count = len(self._train.x)
        if self.drops_last and count > self.batch_size:
            return count // self.batch_size
        return -(-count // self.batch_size)

    def _begin_epoch(self) -> None:
        """Forget the epoch before and put the samples in a new order."""
        count = len(self._train.x)
        if self.recipe.shuffle:
            self._order = torch.randperm(count, generator=self._shuffle)
        else:
            self._order = torch.arange(count)
        self._lay_out()
        self.cursor = 0
        self._loss_sum = 0.0
        self._parts: dict[str, float] = {}
        self._began, self._clipped_before = self.step, self.update.clipped
        self._tally = self.aims.tally()

    def _lay_out(self) -> None:
        """Put the epoch's samples in order once: a batch is then a slice, not a gather."""
        self._laid_out = (self.epoch, self._order)
        order = self._order.to(self.device)
        clean = x = self._train.x.index_select(0, order)
        preparation, seed = self.experiment.preparation, self.experiment.seed
        if augments(preparation, x):
            x = augment(x, preparation, seed, self.epoch)
            if self.aims.copies:
                clean = augment(clean, preparation.model_copy(update={"noise": 0.0}), seed, self.epoch)
        self._epoch_x = laid(x)
        self._epoch_targets, self._epoch_labels = self.aims.in_order(self._train, order, laid(clean))

    def _end_epoch(self, value: float) -> Outcome:
        self.epoch += 1
        metrics = {"train_loss": self._loss_sum / self.cursor}
        metrics |= {f"train_{name}": score for name, score in self._tally.score().items()}
        metrics |= {f"train_part.{name}": part / self.cursor for name, part in self._parts.items()}
        if len(self.prepared.validation.x):
            scores = self.evaluate(*self._validation)
            metrics |= {f"val_{name}": score for name, score in scores.items()}
            self._watch(scores["loss"])
            metrics |= self._naive
        metrics |= self.update.shares(self._clipped_before, self.step - self._began, self.step)
        self.update.end_epoch(metrics.get("val_loss"))
        finished = ""
        if self.recipe.patience and self.stale >= self.recipe.patience:
            finished = "early-stop"
        elif self.epoch >= self.epochs:
            finished = "epochs"
        self._begin_epoch()
        return Outcome(value, metrics, finished)

    def _naive_loss(self) -> dict[str, float]:
        """What the validation loss would be without a network, where the data knows a naive answer."""
        naive, targets = self.prepared.validation.naive, self._validation.targets
        if naive is None or not len(naive) or isinstance(targets, tuple) or self.aims.main.target == "input":
            return self.aims.mean_loss(self._train, self._validation)
        return {"naive_loss": float(self.loss(torch.from_numpy(naive).to(targets), targets))}

    def _watch(self, loss: float) -> None:
        if loss < self.best.loss:
            weights = (
                {k: v.detach().clone() for k, v in self.network.state_dict().items()} if self.recipe.keep_best else {}
            )
            self.best, self.stale = Best(loss, self.epoch, weights), 0
        else:
            self.stale += 1

    # --- looking at it ----------------------------------------------------------------------------------------------

    @contextmanager
    def looking(self) -> Iterator[None]:
        """The network in evaluation mode without gradients; afterwards it trains on as if nobody had looked."""
        if self._modes_differ:
            self.network.eval()
        try:
            with torch.inference_mode():
                yield
        finally:
            if self._modes_differ:
                self.network.train()

    def predict(self, x: Tensor) -> Tensor:
        """What the main Output says (N, …) in evaluation mode, in chunks that fit."""
        return self.aims.said(self.outputs(x))

    def outputs(self, x: Tensor) -> Outputs:
        """What reaches the ends, in evaluation mode."""
        return next(pieces(self, x, math.inf))

    def evaluate(self, x: Tensor, targets: Targets, labels: Tensor) -> dict[str, float]:
        """Loss and scores over a part, however large; with several ends also the loss of each."""
        tally, mean = self.aims.tally(), Mean(self.loss)
        start = 0
        for outputs in pieces(self, x, _GATHERED):
            stop = start + samples(outputs)
            some = cut(targets, start, stop)
            tally.add(outputs, some, labels[start:stop])
            tally.flush()
            mean.add(outputs, some)
            start = stop
        parts = self.aims.named(mean.parts)
        return {"loss": mean.value, **tally.score(), **{f"part.{name}": part for name, part in parts.items()}}

    def open_test(self) -> dict[str, float]:
        """Loss and score of the sealed test part; every opening is counted."""
        self.opened += 1
        return self.evaluate(*self.aims.place(self.prepared.test)) if len(self.prepared.test.x) else {}

    def first_non_finite(self, x: Tensor) -> str:
        """Id of the first node whose output is not finite for this batch; if all are, the last layer: its output is so
        large that the loss of it is no longer a number."""
        # In training mode, as the step itself went; what that does to running averages is taken back.
        kept = [(buffer, buffer.clone()) for buffer in self.network.buffers()]
        cuda = [self.device] if self.device.type == "cuda" else []
        with torch.no_grad(), torch.random.fork_rng(cuda), self.precision.casting():
            values = self.network.forward_nodes(x)
            for buffer, before in kept:
                buffer.copy_(before)
        for name, value in values.items():
            if not bool(torch.isfinite(value).all()):
                return name
        return next((name for name in reversed(self.check.order) if name in self.network.calls), "")

    def in_units(self, values: Tensor) -> np.ndarray:
        """Predicted or true numbers (N, …) in the units of the data."""
        scaling = self.prepared.scaling if self.data.task == "reconstruction" else self.prepared.targets
        return scaling.undo(values.detach().float().cpu().numpy())

    # --- changing and ending it -------------------------------------------------------------------------------------

    @property
    def learning_rate(self) -> float:
        """The rate of the next update."""
        return self.update.learning_rate

    def show_best(self) -> None:
        """Put the best weights in place, if they were kept and aren't the last ones; `show_last` undoes it."""
        if self.best.weights and self.best.epoch != self.epoch and not self.last:
            self.last = copy.deepcopy(self.network.state_dict())
            self.network.load_state_dict(self.best.weights)

    def show_last(self) -> None:
        """Go back to where training stopped."""
        if self.last:
            self.network.load_state_dict(self.last)
            self.last = {}

    # --- keeping it -------------------------------------------------------------------------------------------------

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Everything that decides how the run goes on: tensors by name, and plain facts."""
        tensors = {f"network.{k}": v for k, v in self.network.state_dict().items()}
        tensors |= {f"best.{k}": v for k, v in self.best.weights.items()}
        tensors |= {f"last.{k}": v for k, v in self.last.items()}
        tensors |= {f"gradient.{k}": v for k, v in self.held.state().items()}
        tensors["order"] = self._order
        tensors["random.shuffle"] = self._shuffle.get_state()
        tensors["random.torch"] = torch.get_rng_state()
        if self.device.type == "cuda":
            tensors["random.cuda"] = torch.cuda.get_rng_state(self.device)
        own, update = self.update.state()
        tensors |= {f"optimiser.{key}": value for key, value in own.items()}
        facts = {name: getattr(self, name) for name in _FACTS}
        facts |= {"best": [self.best.loss, self.best.epoch], "tally": self._tally.facts(), "update": update}
        facts["parts"] = self._parts
        return tensors, facts

    def restore(self, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
        """Go on from `state()`. Raises KeyError, RuntimeError or ValueError when it belongs to another network."""

        def named(prefix: str) -> dict[str, Tensor]:
            return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

        self.network.load_state_dict(named("network."))
        self.held.restore(named("gradient."))
        self.last = {k: v.to(self.device) for k, v in named("last.").items()}
        loss, epoch = facts["best"]
        self.best = Best(loss, epoch, {k: v.to(self.device) for k, v in named("best.").items()})
        self.update.restore(named("optimiser."), facts["update"])
        laid_epoch, laid_order = self._laid_out
        self._order = tensors["order"]
        self._shuffle.set_state(tensors["random.shuffle"])
        torch.set_rng_state(tensors["random.torch"])
        if self.device.type == "cuda" and "random.cuda" in tensors:
            torch.cuda.set_rng_state(tensors["random.cuda"], self.device)
        for name in _FACTS:
            setattr(self, name, facts[name])
        self._tally.restore(facts["tally"])
        self._parts = dict(facts.get("parts", {}))
        if laid_epoch != self.epoch or not torch.equal(laid_order, self._order):
            self._lay_out()

    @property
    def validation(self) -> Known:
        """Inputs, targets and labels of the validation part, on the device."""
        return self._validation


def pieces(session: Session, x: Tensor, most: float) -> Iterator[Outputs]:
    """What reaches the ends, in evaluation mode, about so many numbers at a time."""
    gathered: list[Outputs] = []
    count = 0
    for start in range(0, max(1, len(x)), _CHUNK):
        with session.looking():
            gathered.append(session.precision.reach(session.network, x[start : start + _CHUNK]))
            count += numbers(gathered[-1])
            reached = joined(gathered) if count >= most or start + _CHUNK >= len(x) else None
        if reached is not None:
            gathered, count = [], 0
            yield reached


_FACTS = (
    "batch_size", "epochs", "step", "epoch", "cursor", "stale", "opened", "_loss_sum", "_began", "_clipped_before",
)  # fmt: skip
_TWO_FACED = (
    torch.nn.modules.dropout._DropoutNd,
    torch.nn.modules.batchnorm._NormBase,
    blocks.Reparameterise,
    blocks.Decoder,
)


def _two_faced(module: torch.nn.Module) -> bool:
    """Whether a module acts differently in training and evaluation; recurrent ones drop numbers between their layers."""
    if type(module).__module__ == custom.MODULE:
        return True  # what own code does is not known
    dropped = getattr(module, "dropout", 0.0)
    return isinstance(module, _TWO_FACED) or (isinstance(dropped, float) and dropped > 0.0)
