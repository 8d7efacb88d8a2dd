"""From an experiment to the arrays it trains on: load, divide by seed, scale by what the training part shows."""

from dataclasses import dataclass

import numpy as np
from pydantic import ValidationError

from dllab.data import DATASETS
from dllab.data.base import IGNORED, Arrays, DataProblem, DataSpec, Gap, split_sizes
from dllab.document.experiment import Choice, Experiment
from dllab.layers.base import is_padded, vocabulary
from dllab.text import _

__all__ = ["DataProblem", "Part", "Prepared", "Scaling", "fit_scaling", "prepare"]


@dataclass(frozen=True)
class Scaling:
    """`apply` makes inputs from raw samples, `undo` the raw samples again."""

    shift: np.ndarray
    divisor: np.ndarray
    """Both float64 and as wide as one sample, or narrower where one number serves for many."""

    def apply(self, x: np.ndarray) -> np.ndarray:
        """Scaled samples, float32."""
        return np.asarray((x - self.shift) / self.divisor, np.float32)

    def undo(self, x: np.ndarray) -> np.ndarray:
        """Raw samples, float32."""
        return np.asarray(x * self.divisor + self.shift, np.float32)


@dataclass(frozen=True)
class Part:
    """Samples that serve one purpose."""

    x: np.ndarray
    """As the network gets them: scaled float32, or int64 indices as they are."""
    y: np.ndarray
    raw: np.ndarray
    """As they are in the dataset."""
    index: np.ndarray
    """Their positions in the dataset, int64."""
    naive: np.ndarray | None = None
    """What somebody without a network would say, where the dataset knows."""

    def __len__(self) -> int:
        return len(self.index)


@dataclass(frozen=True)
class Prepared:
    """A dataset ready for training."""

    spec: DataSpec
    train: Part
    validation: Part
    test: Part
    scaling: Scaling
    targets: Scaling
    """Of the numbers to predict; `Part.y` holds them as they are in the dataset."""
    unread: int = 0
    """Words that count as unknown because the training part does not hold them."""


def prepare(experiment: Experiment) -> Prepared:
    """Load, divide and scale the data of an experiment. Raises DataProblem."""
    spec, data = _loaded(experiment.data, experiment.seed)
    if not data.gaps:
        _refuse_gaps(spec, data.x)
    train, validation, test = _divided(experiment, spec, data.y)
    for gap in data.gaps:
        _fill(spec, data.x, gap, train)
    unread = 0 if data.unknown is None else _forget(spec, data, data.unknown, train)
    scaling = None if vocabulary(spec.input) else fit_scaling(experiment.preparation.scaling, data.x[train])

    def part(index: np.ndarray) -> Part:
        raw = data.x[index]
        naive = None if data.naive is None else data.naive[index]
        return Part(scaling.apply(raw) if scaling else raw, data.y[index], raw, index, naive)

    numbers = experiment.preparation.targets if spec.task == "regression" else "none"
    targets = fit_scaling(numbers, data.y[train])
    return Prepared(spec, part(train), part(validation), part(test), scaling or _UNSCALED, targets, unread)


def _loaded(choice: Choice, seed: int) -> tuple[DataSpec, Arrays]:
    try:
        dataset = DATASETS.make(choice.kind, choice.params)
    except KeyError as error:
        raise DataProblem(_("The data {kind} is not known here.").format(kind=choice.kind)) from error
    except ValidationError as error:
        raise DataProblem(_("The data {kind} can't be made with these values.").format(kind=choice.kind)) from error
    if dataset.problem():
        raise DataProblem(dataset.problem())
    return dataset.spec(), dataset.load(seed)


def _fill(spec: DataSpec, x: np.ndarray, gap: Gap, train: np.ndarray) -> None:
    """Put into the gaps what the training part shows; a look at the other parts would give away what they hold."""
    block = x[:, gap.start : gap.stop]
    empty = np.isnan(block[:, 0])
    if not empty.any():
        return
    known = block[train][~empty[train]].astype(np.float64)
    if not len(known):
        text = _("Feature {name} holds no value in the training part: leave it out.")
        raise DataProblem(text.format(name=spec.features[gap.start]))
    if gap.stop - gap.start > 1:  # one of several categories
        block[empty] = np.eye(gap.stop - gap.start, dtype=x.dtype)[known.sum(0).argmax()]
    elif gap.fill == "mean":
        block[empty] = known.mean()
    else:
        values, counts = np.unique(known, return_counts=True)
        block[empty] = values[counts.argmax()]


def _forget(spec: DataSpec, data: Arrays, unknown: int, train: np.ndarray) -> int:
    """Make the words unknown that the training part does not hold, as every new word is; how many there are.

    Where the answer is a word, too, none is asked for in the place of an unknown one.
    """
    words, asked = vocabulary(spec.input), bool(spec.positions) and spec.classes == spec.tokens
    here, seen = (np.bincount(x.reshape(-1), minlength=words) for x in (data.x, data.x[train]))
    if asked:
        answers = data.y[train]
        seen = seen + np.bincount(answers[answers >= 0], minlength=words)
    unread = (seen == 0) & (here > 0)
    # Padding is no word: it stays, though no text of the training part be short.
    unread[0] &= not is_padded(spec.input)
    unread[unknown] = False
    places = np.where(unread, unknown, np.arange(words))
    data.x[:] = places[data.x]
    if asked:
        data.y[unread[data.y.clip(0)] & (data.y >= 0)] = IGNORED
    return int(unread.sum())


def _refuse_gaps(spec: DataSpec, x: np.ndarray) -> None:
    flat = x.reshape(len(x), -1)
    finite = np.isfinite(flat)
    if finite.all():
        return
    row, column = map(int, np.argwhere(~finite)[0])
    column %= len(spec.features) or x[0].size
    name = spec.features[column] if column < len(spec.features) else str(column + 1)
    text = _("Row {row}, feature {name} holds {value}: every input must be a finite number ({count} are not).")
    raise DataProblem(text.format(row=row + 1, name=name, value=flat[row, column], count=int((~finite).sum())))


def _divided(experiment: Experiment, spec: DataSpec, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions of the training, validation and test parts."""
    split, seed = experiment.split, experiment.seed
    everything = np.arange(len(y), dtype=np.int64)
    if spec.ordered:
        # A forecast is measured on what comes later: neighbours in time are nearly the same sample.
        sizes = split_sizes(len(y), split, spec.gap)
        if sizes[0] < 1:
            raise DataProblem(_("The test and validation parts leave nothing to train on."))
        begins = split_sizes(len(y), split)[0]
        rest = everything[begins : begins + sizes[1]]
        return everything[: sizes[0]], rest, everything[len(y) - sizes[2] :]
    labels = y if split.stratify and spec.task == "classification" and not spec.positions else None
    rest, test = _cut(everything, split.test, labels, seed, spec, _("test part"))
    train, validation = _cut(rest, split.validation, labels, seed, spec, _("validation part"))
    return train, validation, test


def _cut(
    index: np.ndarray, share: float, labels: np.ndarray | None, seed: int, spec: DataSpec, name: str
) -> tuple[np.ndarray, np.ndarray]:
    """What stays and what is cut off."""
    from sklearn.model_selection import train_test_split

    if share == 0.0:
        return index, index[:0]
    away = int(np.ceil(share * len(index)))
    if away >= len(index):
        text = _("A {name} of {share:.0%} of {count} samples leaves nothing to train on.")
        raise DataProblem(text.format(name=name, share=share, count=len(index)))
    here = None if labels is None else labels[index]
    if here is not None:
        _refuse_small_classes(here, away, spec, name)
    kept, cut = train_test_split(index, test_size=share, random_state=seed, stratify=here)
    return kept, cut


def _refuse_small_classes(labels: np.ndarray, away: int, spec: DataSpec, name: str) -> None:
    numbers, counts = np.unique(labels, return_counts=True)
    smallest = int(counts.argmin())
    advice = _("Change the split or switch stratify off.")
    if counts[smallest] < 2:
        text = _("Class {label} has {count} sample: too few to be in the {name} and in the rest.")
        label = spec.classes[int(numbers[smallest])]
        raise DataProblem(text.format(label=label, count=int(counts[smallest]), name=name) + " " + advice)
    if min(away, len(labels) - away) < len(numbers):
        text = _("A {name} of {away} of {count} samples can't hold all {classes} classes on both sides.")
        text = text.format(name=name, away=away, count=len(labels), classes=len(numbers))
        raise DataProblem(text + " " + advice)


_UNSCALED = Scaling(np.zeros(()), np.ones(()))


def fit_scaling(kind: str, x: np.ndarray) -> Scaling:
    """The scaling of this kind ("none", "standardise", "minmax") that the samples ask for."""
    if kind == "none":
        return _UNSCALED
    wide = x.astype(np.float64)
    if kind == "minmax":
        low, high = wide.min(), wide.max()
        return Scaling(np.asarray(low), np.asarray(high - low or 1.0))
    # Pixels of one channel mean the same thing, and so do the steps of a sequence; columns of a table don't.
    axes = {4: (0, 2, 3), 3: (0, 1)}.get(x.ndim, (0,))
    mean, spread = wide.mean(axes, keepdims=True)[0], wide.std(axes, keepdims=True)[0]
    # A constant feature has a spread of rounding errors only, not always exactly 0.
    constant = spread <= 1e-12 * np.maximum(1.0, np.abs(mean))
    return Scaling(mean, np.where(constant, 1.0, spread))
