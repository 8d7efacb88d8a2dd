"""A person's own sentences as a dataset: the words of one column, and what another one says about them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from dllab.data.base import Arrays, DataProblem, Dataset, DataSpec, Family, dataset
from dllab.data.own.source import UNKNOWN, Column, Source
from dllab.layers.base import Signal
from dllab.text import N_, _

if TYPE_CHECKING:
    import numpy as np

_HIDDEN: Any = {"hidden": True}
_LARGEST = 100_000_000
"""Words of all samples together, 8 bytes each."""


@dataset
class Sentences(Dataset):
    """Your own sentences: a table in which one column holds text, such as reviews, and another one what to find out.

    Words are in small letters, punctuation marks count as words. Of the most common ones those are known that the training
    part holds; all others are one, the unknown, as every word is that nobody has seen. Shorter texts are filled up at the
    end, longer ones cut off there.

    Reference: Maas et al., *Learning word vectors for sentiment analysis*, ACL 2011, on reviews with a label.
    """

    kind: ClassVar[str] = "sentences"
    title: ClassVar[str] = N_("Your sentences")
    family: ClassVar[Family] = "text"
    glyph: ClassVar[str] = "mdi6.comment-text-multiple-outline"
    own: ClassVar[bool] = True

    source: Source = Source()
    words: Annotated[str, Field(max_length=200)] = Field("", json_schema_extra=_HIDDEN)
    """The column that is read."""
    place: Annotated[int, Field(ge=0)] = Field(0, json_schema_extra=_HIDDEN)
    """Where it stands in the table."""
    goal: Column | None = None
    tokens: tuple[Annotated[str, Field(max_length=10_000)], ...] = ()
    rows: Annotated[int, Field(ge=0)] = Field(0, json_schema_extra=_HIDDEN)
    """Rows that hold both."""
    length: Annotated[int, Field(ge=1, le=1000)] = Field(
        40, title=N_("Length"), description=N_("Words of a sample; what follows is cut off")
    )

    def name(self) -> str:
        return self.source.name or super().name()

    @property
    def target(self) -> str:
        """The column that is to be found out."""
        return self.goal.name if self.goal else ""

    def problem(self) -> str:
        if not self.source.content or self.goal is None:
            return _("No sentences are chosen yet: use File > Import data… or drop a table with texts on the window.")
        if self.goal.type == "category" and len(self.goal.values) < 2:
            text = _("{name}: {column} has only one value, {value}: there is nothing to tell apart.")
            return text.format(name=self.source.name, column=self.target, value=", ".join(self.goal.values))
        if not self.rows:
            text = _("{name}: no row holds both {words} and {column}.")
            return text.format(name=self.source.name, words=self.words, column=self.target)
        if self.rows * self.length > _LARGEST:
            text = _("{name} would be {rows:,} texts of {length} words: choose a shorter length.")
            return text.format(name=self.source.name, rows=self.rows, length=self.length)
        return ""

    def spec(self) -> DataSpec:
        shape = Signal((self.length,), max(len(self.tokens), 2), padded=True)
        if self.goal is not None and self.goal.type == "number":
            return DataSpec(self.rows, shape, "regression", (), targets=(self.target,), tokens=self.tokens)
        classes = self.goal.values if self.goal else ()
        return DataSpec(self.rows, shape, "classification", (), classes, tokens=self.tokens)

    def load(self, seed: int) -> Arrays:
        from dllab.data.own.loading import Stored
        from dllab.data.own.prose import lines, written

        assert self.goal is not None
        stored = Stored(self.source)
        wanted = stored.known(self.goal) & written(self.source, self.place)
        if int(wanted.sum()) != self.rows:
            text = _("{name} holds {found:,} usable rows where the experiment says {said:,}: import it again.")
            raise DataProblem(text.format(name=self.source.name, found=int(wanted.sum()), said=self.rows))
        texts = (line for line, is_wanted in zip(lines(self.source, self.place), wanted, strict=True) if is_wanted)
        unknown = self.tokens.index(UNKNOWN) if UNKNOWN in self.tokens else None
        return Arrays(self.read(texts), stored.target(self.goal, wanted), unknown=unknown)

    def read(self, texts: "Iterable[str]") -> "np.ndarray":
        """Texts as places in `tokens`, int64 (texts, length): cut off at the length, filled up with 0."""
        import numpy as np

        from dllab.data.own.texts import words_in

        places = {token: place for place, token in enumerate(self.tokens) if token}
        unknown = places.get(UNKNOWN, 1)
        rows = []
        for text in texts:
            row = np.zeros(self.length, np.int64)
            numbers = [places.get(word, unknown) for word in words_in(text)[: self.length]] or [unknown]
            row[: len(numbers)] = numbers
            rows.append(row)
        return np.stack(rows)
