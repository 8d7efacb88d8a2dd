"""A person's own text as a dataset: windows of characters or words, and which one comes next."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from dllab.data.base import IGNORED, Arrays, DataProblem, Dataset, DataSpec, Family, dataset
from dllab.data.own.source import UNKNOWN, Source, Unit
from dllab.layers.base import Signal
from dllab.text import N_, _

if TYPE_CHECKING:
    import numpy as np

_HIDDEN: Any = {"hidden": True}
_LARGEST = 100_000_000
"""Numbers in all windows together, 16 bytes each with their answers."""
_MOST_SCORES = 1_000_000_000
"""Scores of all tokens at all steps; the quarter of the test part is in memory at once."""
_FEWEST = 10
"""Windows without which there is nothing to divide."""


@dataset
class Text(Dataset):
    """Your own text, as characters or as words, and always the question which one comes next.

    The answer at every step of a window is what follows it. Beyond the chosen number of different characters or words all
    are one, the unknown, and so are those that the training part does not hold; where it would be the answer none is asked
    for. The parts are cut one after the other with a gap of one window, so that they share no letter.

    Reference: Shannon, *Prediction and entropy of printed English*, Bell System Technical Journal 30 (1951).
    """

    kind: ClassVar[str] = "text"
    title: ClassVar[str] = N_("Your text")
    family: ClassVar[Family] = "text"
    glyph: ClassVar[str] = "mdi6.text-box-outline"
    own: ClassVar[bool] = True

    source: Source = Source()
    unit: Unit = Field("character", json_schema_extra=_HIDDEN)
    small: bool = Field(False, json_schema_extra=_HIDDEN)
    """Whether capital letters were made small."""
    tokens: tuple[Annotated[str, Field(max_length=200)], ...] = ()
    length: Annotated[int, Field(ge=0)] = Field(0, json_schema_extra=_HIDDEN)
    """Characters or words in the text."""
    window: Annotated[int, Field(ge=2, le=1000)] = Field(
        32, title=N_("Window"), description=N_("Characters or words in a sample")
    )
    stride: Annotated[int, Field(ge=1, le=10_000)] = Field(
        4, title=N_("Stride"), description=N_("Characters or words from the start of one sample to that of the next")
    )

    def name(self) -> str:
        return self.source.name or super().name()

    def problem(self) -> str:
        if not self.source.content:
            return _("No text is chosen yet: use File > Import data… or drop a text file on the window.")
        if len(set(self.tokens) - {UNKNOWN}) < 2:
            text = _("{name} holds one and the same again and again, so there is nothing to tell apart.")
            return text.format(name=self.source.name)
        samples = self._samples()
        if samples < _FEWEST:
            text = _("{name} is too short for windows of {window}: choose a shorter window or a longer text.")
            return text.format(name=self.source.name, window=self.window)
        if samples * self.window > _LARGEST:
            text = _("{name} would be {samples:,} windows of {window} steps: choose a larger stride.")
            return text.format(name=self.source.name, samples=samples, window=self.window)
        if samples * self.window * len(self.tokens) > _MOST_SCORES:
            text = _(
                "{name} would ask for {count:,} scores at {steps:,} steps, more than memory holds:"
                " choose a smaller vocabulary or a larger stride."
            )
            return text.format(name=self.source.name, count=len(self.tokens), steps=samples * self.window)
        return ""

    def spec(self) -> DataSpec:
        return DataSpec(
            self._samples(),
            Signal((self.window,), max(len(self.tokens), 1)),
            "classification",
            classes=self.tokens,
            tokens=self.tokens,
            positions=self.window,
            ordered=True,
            gap=self.window // self.stride,
        )

    def load(self, seed: int) -> Arrays:
        from dllab.data.own.texts import kept_text, numbered

        numbers = numbered(kept_text(self.source), self.unit, self.small, self.tokens)
        if len(numbers) != self.length:
            text = _("{name} holds {found:,} steps where the experiment says {said:,}: import it again.")
            raise DataProblem(text.format(name=self.source.name, found=len(numbers), said=self.length))
        return self.windows(numbers)

    def windows(self, numbers: "np.ndarray") -> Arrays:
        """A text of numbers cut into samples."""
        import numpy as np

        cut = np.lib.stride_tricks.sliding_window_view(numbers, self.window + 1)[:: self.stride]
        answers = cut[:, 1:].copy()
        if UNKNOWN not in self.tokens:
            return Arrays(cut[:, :-1].copy(), answers)
        unknown = self.tokens.index(UNKNOWN)
        answers[answers == unknown] = IGNORED
        return Arrays(cut[:, :-1].copy(), answers, unknown=unknown)

    def _samples(self) -> int:
        return max(0, (self.length - self.window - 1) // self.stride + 1)
