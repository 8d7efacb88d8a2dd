"""Sequences made by a rule: what must be remembered is known, and so is how far back it lies."""

from typing import Annotated, ClassVar

from pydantic import Field

from dllab.data.base import IGNORED, Arrays, Dataset, DataSpec, Family, dataset
from dllab.layers.base import Signal
from dllab.text import N_


class Sequences(Dataset):
    """What all generated sequences share."""

    family: ClassVar[Family] = "sequence"

    samples: Annotated[int, Field(ge=10, le=100_000)] = Field(
        1000, title=N_("Samples"), description=N_("How many sequences are made")
    )


@dataset
class Adding(Sequences):
    """Random numbers, two of them marked: the answer is the sum of these two.

    Step $t$ is $(u_t, m_t)$ with $u_t$ evenly between 0 and 1 and $m_t = 1$ at one step of each half, 0 elsewhere. Saying
    1 always has a squared error of 1/6 = 0.167: whoever is better remembers.

    Reference: Hochreiter, Schmidhuber, *Long short-term memory*, Neural Computation 9 (1997), experiment 4.
    """

    kind: ClassVar[str] = "adding"
    title: ClassVar[str] = N_("Adding problem")
    glyph: ClassVar[str] = "mdi6.plus-box-multiple-outline"

    length: Annotated[int, Field(ge=2, le=2000)] = Field(
        30, title=N_("Length"), description=N_("Steps in a sequence: how far back the first number may lie")
    )

    def spec(self) -> DataSpec:
        shape = Signal((self.length, 2))
        return DataSpec(self.samples, shape, "regression", ("number", "marked"), targets=("sum",))

    def load(self, seed: int) -> Arrays:
        import numpy as np

        random = np.random.default_rng(seed)
        numbers = random.uniform(0.0, 1.0, (self.samples, self.length))
        marks, rows, half = np.zeros_like(numbers), np.arange(self.samples), self.length // 2
        marks[rows, random.integers(0, half, self.samples)] = 1.0
        marks[rows, random.integers(half, self.length, self.samples)] = 1.0
        x = np.stack([numbers, marks], axis=2)
        return Arrays(x.astype("float32"), (numbers * marks).sum(1, keepdims=True).astype("float32"))


@dataset
class Parity(Sequences):
    """Zeros and ones, and whether the number of ones so far is even or odd.

    Every single bit decides, so nothing may be forgotten, and no average helps. The answer is wanted after every step:
    $y_t = (x_1 + \\dots + x_t) \\bmod 2$, one exclusive or at a time.

    Reference: Minsky, Papert, *Perceptrons* (1969), on parity.
    """

    kind: ClassVar[str] = "parity"
    title: ClassVar[str] = N_("Parity")
    glyph: ClassVar[str] = "mdi6.code-brackets"

    length: Annotated[int, Field(ge=2, le=500)] = Field(12, title=N_("Length"), description=N_("Bits in a sequence"))
    shortest: Annotated[int, Field(ge=1, le=500)] | None = Field(
        None, title=N_("Shortest"), description=N_("Bits in the shortest sequence; automatic: all are equally long")
    )

    def spec(self) -> DataSpec:
        shape = Signal((self.length,), 3, padded=self._least < self.length)
        return DataSpec(
            self.samples, shape, "classification", (), ("even", "odd"), tokens=("", "0", "1"), positions=self.length
        )

    @property
    def _least(self) -> int:
        return min(self.shortest or self.length, self.length)

    def load(self, seed: int) -> Arrays:
        import numpy as np

        random = np.random.default_rng(seed)
        bits = random.integers(0, 2, (self.samples, self.length))
        lengths = random.integers(self._least, self.length + 1, self.samples)
        inside = np.arange(self.length) < lengths[:, None]
        answers = bits.cumsum(1) % 2
        return Arrays(np.where(inside, bits + 1, 0), np.where(inside, answers, IGNORED))
