"""What a dataset is: typed parameters, what comes out of it known without loading, and how it is loaded."""

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, ClassVar, Literal

from dllab.declare import Declared, Registry
from dllab.document.experiment import Split
from dllab.layers.base import Shape

if TYPE_CHECKING:
    import numpy as np

Task = Literal["classification", "regression"]


@dataclass(frozen=True)
class DataSpec:
    """What a dataset gives, known before it is loaded."""

    samples: int
    input: Shape
    """Extents of one sample; images are (channels, height, width)."""
    task: Task
    features: tuple[str, ...] = ()
    """Names of the columns of a table; empty for images."""
    classes: tuple[str, ...] = ()
    """Names of the classes, for classification."""
    targets: tuple[str, ...] = ()
    """Names of the target values, for regression."""


@dataclass(frozen=True)
class Arrays:
    """A loaded dataset: `x` float32 (samples, *input); `y` int64 (samples,) or float32 (samples, targets)."""

    x: "np.ndarray"
    y: "np.ndarray"


class Dataset(Declared):
    """Base of all datasets. Importing a subclass must not import scikit-learn; `load` may."""

    family: ClassVar[Literal["image", "table", "points"]]
    glyph: ClassVar[str]

    def spec(self) -> DataSpec:
        """What `load` will give."""
        raise NotImplementedError(f"{type(self).__name__}.spec")

    def load(self, seed: int) -> Arrays:
        """The samples; generated ones depend on `seed` alone."""
        raise NotImplementedError(f"{type(self).__name__}.load")


def split_sizes(samples: int, split: Split) -> tuple[int, int, int]:
    """How many samples the training, validation and test parts get; validation is a share of what test leaves."""
    test = ceil(split.test * samples)
    validation = ceil(split.validation * (samples - test))
    return samples - test - validation, validation, test


DATASETS: Registry[Dataset] = Registry("dllab.datasets")
dataset = DATASETS.add
