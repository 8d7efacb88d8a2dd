"""Sequences made by a rule: what must be remembered is known, and so is how far back it lies."""

from typing import Annotated, ClassVar

from pydantic import Field

from dllab.data.base import IGNORED, Arrays, Dataset, DataSpec, Family, dataset
from dllab.layers.base import Signal
from dllab.text import N_, _


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
        return DataSpec(self.samples, shape, "regression", (_("number"), _("marked")), targets=(_("sum"),))

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
            self.samples,
            shape,
            "classification",
            (),
            (_("even"), _("odd")),
            tokens=("", "0", "1"),
            positions=self.length,
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


class _Symbols(Sequences):
    """What Copy and Reverse share: symbols drawn at random."""

    length: Annotated[int, Field(ge=2, le=200)] = Field(8, title=N_("Length"), description=N_("Symbols to remember"))
    symbols: Annotated[int, Field(ge=2, le=26)] = Field(
        8, title=N_("Symbols"), description=N_("How many different ones there are: the letters from a on")
    )

    def letters(self) -> tuple[str, ...]:
        """The symbols as letters."""
        return tuple("abcdefghijklmnopqrstuvwxyz"[: self.symbols])


@dataset
class Copy(_Symbols):
    """Symbols, then a pause, then the same symbols again: the network must hold them until it is asked.

    Steps 1 to $n$ hold the symbols, all others a dash; answers are wanted in the last $n$ steps only.

    Reference: Hochreiter, Schmidhuber (1997), experiment 2; Arjovsky, Shah, Bengio, ICML 2016, 5.1.
    """

    kind: ClassVar[str] = "copy"
    title: ClassVar[str] = N_("Copy")
    glyph: ClassVar[str] = "mdi6.content-copy"

    pause: Annotated[int, Field(ge=0, le=500)] = Field(
        4, title=N_("Pause"), description=N_("Steps between the last symbol and the first answer")
    )

    def spec(self) -> DataSpec:
        steps, letters = 2 * self.length + self.pause, self.letters()
        shape = Signal((steps,), 1 + len(letters))
        return DataSpec(self.samples, shape, "classification", (), letters, tokens=("–", *letters), positions=steps)

    def load(self, seed: int) -> Arrays:
        import numpy as np

        drawn = np.random.default_rng(seed).integers(0, self.symbols, (self.samples, self.length))
        steps = 2 * self.length + self.pause
        x, y = np.zeros((self.samples, steps), np.int64), np.full((self.samples, steps), IGNORED)
        x[:, : self.length] = drawn + 1
        y[:, -self.length :] = drawn
        return Arrays(x, y)


@dataset
class Reverse(_Symbols):
    """Symbols in, the same symbols in the opposite order out.

    $y_t = x_{n + 1 - t}$: every step needs just one other one, and which depends on the place alone. Attention without
    positions can't know it.

    Reference: Sutskever, Vinyals, Le, *Sequence to sequence learning*, NeurIPS 2014, 3.3, on reversed sequences.
    """

    kind: ClassVar[str] = "reverse"
    title: ClassVar[str] = N_("Reverse")
    glyph: ClassVar[str] = "mdi6.swap-horizontal"

    answers: bool = Field(
        False,
        title=N_("With the answers"),
        description=N_(
            "Behind the symbols stand a start sign and the answers up to the last but one: what a decoder is shown "
            "while it learns, and not in use"
        ),
    )

    def spec(self) -> DataSpec:
        letters, steps = self.letters(), self.length
        if self.answers:
            letters, steps = ("–", *letters), 2 * self.length
        shape = Signal((steps,), len(letters))
        return DataSpec(self.samples, shape, "classification", (), letters, tokens=letters, positions=self.length)

    def load(self, seed: int) -> Arrays:
        import numpy as np

        drawn = np.random.default_rng(seed).integers(0, self.symbols, (self.samples, self.length))
        if not self.answers:
            return Arrays(drawn, drawn[:, ::-1].copy())
        drawn, start = drawn + 1, np.zeros((self.samples, 1), drawn.dtype)
        answer = drawn[:, ::-1].copy()
        return Arrays(np.concatenate([drawn, start, answer[:, :-1]], 1), answer)
