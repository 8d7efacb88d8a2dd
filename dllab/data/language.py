"""Text: letters of old verse, and short sentences made by a small grammar."""

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from dllab.data.base import Arrays, Dataset, DataSpec, Family, dataset
from dllab.data.verse import VERSE
from dllab.layers.base import Signal
from dllab.text import N_, _

if TYPE_CHECKING:
    import numpy as np

_TEXT = VERSE.lower()
_LETTERS = tuple(sorted(set(_TEXT)))


@dataset
class Verse(Dataset):
    """Letters of Shakespeare, Blake and Carroll, and always the question which one comes next.

    Windows of about 3,800 letters, all in small ones; the answer at every step is the letter after it. The parts are cut one
    after the other with a gap of one window, so that no letter of a validation verse was in training.

    Reference: Shannon, *Prediction and entropy of printed English*, Bell System Technical Journal 30 (1951).
    """

    kind: ClassVar[str] = "verse"
    title: ClassVar[str] = N_("Verse, letter by letter")
    family: ClassVar[Family] = "text"
    glyph: ClassVar[str] = "mdi6.feather"

    window: Annotated[int, Field(ge=2, le=200)] = Field(32, title=N_("Window"), description=N_("Letters in a sample"))
    stride: Annotated[int, Field(ge=1, le=200)] = Field(
        4, title=N_("Stride"), description=N_("Letters from the start of one sample to that of the next")
    )

    def spec(self) -> DataSpec:
        samples = (len(_TEXT) - self.window - 1) // self.stride + 1
        shape = Signal((self.window,), len(_LETTERS))
        return DataSpec(
            samples, shape, "classification", (), _LETTERS, tokens=_LETTERS, positions=self.window, ordered=True,
            gap=self.window // self.stride,
        )  # fmt: skip

    def load(self, seed: int) -> Arrays:
        import numpy as np

        numbers = np.array([_LETTERS.index(letter) for letter in _TEXT], np.int64)
        cut = np.lib.stride_tricks.sliding_window_view(numbers, self.window + 1)[:: self.stride]
        return Arrays(cut[:, :-1].copy(), cut[:, 1:].copy())


_THINGS = (
    "the soup", "the bread", "the film", "the book", "the room", "the walk", "the music", "the garden", "the train",
    "my coat", "our guide", "this town", "that story", "his speech",
)  # fmt: skip
_GOOD = ("good", "lovely", "warm", "funny", "kind", "clever", "bright", "tasty", "great", "pleasant")
_BAD = ("bad", "dull", "cold", "sad", "rude", "silly", "dark", "bitter", "awful", "tiring")
_ADVERBS = ("", "very", "quite", "really", "rather")
_WORDS = ("", "was", "not", "but", "at first", "in the end", *_THINGS, *_GOOD, *_BAD, *_ADVERBS[1:])
_LONGEST = 10


@dataset
class Opinions(Dataset):
    """Short sentences that praise or complain: "the soup was not cold", "the film was dull but the music was great".

    Made by a small grammar of this lab. Of two clauses the last one counts, and "not" turns a clause round: a bag of words
    does not suffice, the order does. No sentence occurs twice.

    Reference: Socher et al., *Recursive deep models for semantic compositionality*, EMNLP 2013, on negation.
    """

    kind: ClassVar[str] = "opinions"
    title: ClassVar[str] = N_("Opinions")
    family: ClassVar[Family] = "text"
    glyph: ClassVar[str] = "mdi6.comment-quote-outline"

    samples: Annotated[int, Field(ge=10, le=20_000)] = Field(
        800, title=N_("Samples"), description=N_("How many sentences are made")
    )

    def spec(self) -> DataSpec:
        shape = Signal((_LONGEST,), len(_WORDS), padded=True)
        return DataSpec(self.samples, shape, "classification", (), (_("complains"), _("praises")), tokens=_WORDS)

    def load(self, seed: int) -> Arrays:
        import numpy as np

        random = np.random.default_rng(seed)
        made: dict[tuple[str, ...], int] = {}
        while len(made) < self.samples:
            # The classes take turns, so that both are there however few sentences are asked for.
            words, praises = _sentence(random)
            if praises == len(made) % 2:
                made.setdefault(words, praises)
        x = np.zeros((self.samples, _LONGEST), np.int64)
        for row, words in enumerate(made):
            x[row, : len(words)] = [_WORDS.index(word) for word in words]
        return Arrays(x, np.array(list(made.values()), np.int64))


def _clause(random: "np.random.Generator") -> tuple[list[str], int]:
    """Words, and 1 where they praise."""
    praises, turned = int(random.integers(2)), int(random.integers(3)) == 0
    word = str(random.choice(_GOOD if praises else _BAD))
    adverb = str(random.choice(_ADVERBS))
    words = [str(random.choice(_THINGS)), "was", *(["not"] if turned else []), *([adverb] if adverb else []), word]
    return words, praises ^ turned


def _sentence(random: "np.random.Generator") -> tuple[tuple[str, ...], int]:
    """One clause, or two of which the last one counts; of two only the last one may be long."""
    words, praises = _clause(random)
    if random.integers(2) and len(words) <= 4:
        more, praises = _clause(random)
        words = [*words, "but", *more]
    return tuple(words), praises
