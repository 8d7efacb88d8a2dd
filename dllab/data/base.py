"""What a dataset is: typed parameters, what comes out of it known without loading, and how it is loaded."""

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING, ClassVar, Literal

from dllab.declare import Declared, Registry
from dllab.document.experiment import Split
from dllab.layers.base import Shape, is_padded, vocabulary
from dllab.text import _

if TYPE_CHECKING:
    import numpy as np

Task = Literal["classification", "regression", "reconstruction", "none"]
"""What is asked for: a class, numbers, the input once more. none: nothing is to be predicted; such data can only be
clustered or given again. A dataset itself never asks for the input."""
Target = Literal["label", "input"]
"""What an Output is compared with: the data's own answer, or the sample itself."""
Family = Literal["image", "table", "points", "sequence", "text"]

IGNORED = -100
"""The class of a position that has no answer (padding); torch's losses leave it out. For values it is NaN."""


class DataProblem(ValueError):
    """Data that can't be used as the experiment asks, with the reason for people."""


@dataclass(frozen=True)
class DataSpec:
    """What a dataset gives, known before it is loaded."""

    samples: int
    input: Shape
    """Extents of one sample: images are (channels, height, width), sequences (length, features).

    A `Signal` says more: indices below a vocabulary, 0 being padding where sequences are of unequal length.
    """
    task: Task
    features: tuple[str, ...] = ()
    """Names of the columns of a table; empty for images."""
    classes: tuple[str, ...] = ()
    """Names of the classes, for classification."""
    targets: tuple[str, ...] = ()
    """Names of the target values, for regression."""
    tokens: tuple[str, ...] = ()
    """What the indices stand for: words, characters, users; entry 0 is padding where there is padding."""
    positions: int = 0
    """How many answers a sample has, one for each step of the sequence; 0: one answer for the whole sample."""
    ordered: bool = False
    """Samples follow each other in time: the parts are cut one after the other, not at random."""
    gap: int = 0
    """Of samples in order: how many between two parts belong to neither, because they show what both would see."""


@dataclass(frozen=True)
class Gap:
    """Features start to stop - 1 may hold NaN; what the training part shows goes in: its mean or most frequent value."""

    start: int
    stop: int
    fill: Literal["mean", "most_frequent"]


@dataclass(frozen=True)
class Arrays:
    """A loaded dataset: `x` (samples, *input), `y` (samples,) for classes or (samples, targets) for values.

    Quantities are float32, indices and classes int64. With an answer for each step, `y` has the axis of positions
    after that of the samples; IGNORED or NaN where there is no answer.
    """

    x: "np.ndarray"
    y: "np.ndarray"
    gaps: tuple[Gap, ...] = ()
    """With gaps `x` belongs to the caller, who fills it."""
    unknown: int | None = None
    """The index that stands for all words that are not known; those that the training part does not hold become it."""
    naive: "np.ndarray | None" = None
    """What somebody without a network would say, as `y`: a forecast that nothing changes. Runs are compared with it."""


class Dataset(Declared):
    """Base of all datasets. Importing a subclass must not import scikit-learn; `load` may."""

    family: ClassVar[Family]
    glyph: ClassVar[str]
    own: ClassVar[bool] = False
    """Whether it is made from what a person brings: without that it holds nothing."""

    def name(self) -> str:
        """What people call it: a file's name where it came from one."""
        return _(self.title)

    def problem(self) -> str:
        """Why this can't be trained on, in one sentence; empty when it can. Looks at no file."""
        return ""

    def spec(self) -> DataSpec:
        """What `load` will give."""
        raise NotImplementedError(f"{type(self).__name__}.spec")

    def load(self, seed: int) -> Arrays:
        """The samples; generated ones depend on `seed` alone."""
        raise NotImplementedError(f"{type(self).__name__}.load")


def asked(data: DataSpec, target: Target) -> DataSpec:
    """What an Output with this target has to give: the answers of the data, or each sample again.

    Where a sample consists of words, giving it again is to name one of all words at every step.
    """
    if target == "label":
        return data
    words = vocabulary(data.input)
    if not words:
        return replace(data, task="reconstruction", classes=(), targets=(), positions=0)
    names = data.tokens or tuple(str(number) for number in range(words))
    return replace(data, task="classification", classes=names, targets=(), positions=data.input[0])


def answers(x: "np.ndarray", y: "np.ndarray", data: DataSpec, target: Target) -> "np.ndarray":
    """What an Output with this target is compared with, from prepared samples and the data's own answers."""
    if target == "label":
        return y
    if not is_padded(data.input):
        return x
    import numpy as np

    return np.where(x == 0, IGNORED, x)


def split_sizes(samples: int, split: Split, gap: int = 0) -> tuple[int, int, int]:
    """How many samples the training, validation and test parts get; validation is a share of what test leaves.

    A gap is taken from the end of the part before it.
    """
    test = ceil(split.test * samples)
    validation = ceil(split.validation * (samples - test))
    train = samples - test - validation
    if gap and (validation or test):
        train = max(0, train - gap)
    if gap and test:
        validation = max(0, validation - gap)
    return train, validation, test


DATASETS: Registry[Dataset] = Registry("dllab.datasets")
dataset = DATASETS.add
