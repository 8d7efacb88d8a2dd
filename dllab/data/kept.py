"""A person's own pictures and arrays as datasets: brought in once, kept by content."""

from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from dllab.data.base import Arrays, Dataset, DataSpec, Family, dataset
from dllab.data.own.source import MOST_TOKENS, Source
from dllab.layers.base import Signal
from dllab.text import N_, _

_HIDDEN: Any = {"hidden": True}


class Kept(Dataset):
    """What pictures and arrays share: all is known from the import, and nothing is left to choose."""

    own: ClassVar[bool] = True

    source: Source = Source()
    samples: Annotated[int, Field(ge=0)] = Field(0, json_schema_extra=_HIDDEN)
    extents: tuple[Annotated[int, Field(ge=1)], ...] = Field((), json_schema_extra=_HIDDEN)
    classes: tuple[Annotated[str, Field(max_length=200)], ...] = Field((), json_schema_extra=_HIDDEN)
    targets: Annotated[int, Field(ge=0)] = Field(0, json_schema_extra=_HIDDEN)
    """Numbers to predict, where there are no classes."""

    def name(self) -> str:
        return self.source.name or super().name()

    def problem(self) -> str:
        if not self.source.content:
            return _("No file is chosen yet: use File > Import data… or drop a file on the window.")
        if not self.targets and len(self.classes) < 2:
            return _("{name} holds only one class, so there is nothing to tell apart.").format(name=self.source.name)
        return ""

    def spec(self) -> DataSpec:
        names = tuple(f"x{n + 1}" for n in range(self.extents[0])) if len(self.extents) == 1 else ()
        if self.targets:
            goals = ("y",) if self.targets == 1 else tuple(f"y{n + 1}" for n in range(self.targets))
            return DataSpec(self.samples, self.extents, "regression", names, targets=goals)
        return DataSpec(self.samples, self.extents, "classification", names, self.classes)

    def load(self, seed: int) -> Arrays:
        from dllab.data.own.samples import kept

        x, y = kept(self.source)
        return Arrays(x.astype("float32"), y.astype("float32" if self.targets else "int64"))


@dataset
class Images(Kept):
    """Your own pictures: a folder with one folder for each class, an IDX pair like MNIST's, or an array of pictures.

    Pictures of different sizes are cut to their middle and scaled. The lab keeps its own copy, named by its content.

    Reference: Deng et al., *ImageNet*, CVPR (2009), for the habit of one folder for each class.
    """

    kind: ClassVar[str] = "images"
    title: ClassVar[str] = N_("Your pictures")
    family: ClassVar[Literal["image", "table", "points"]] = "image"
    glyph: ClassVar[str] = "mdi6.image-multiple-outline"


@dataset
class Numbers(Kept):
    """Your own arrays: an .npz file with inputs (x) and targets (y).

    Whole numbers and words as targets are classes, other numbers are to be predicted. Pickled objects are never loaded.

    Reference: `numpy.savez`.
    """

    kind: ClassVar[str] = "arrays"
    title: ClassVar[str] = N_("Your arrays")
    family: ClassVar[Literal["image", "table", "points"]] = "table"
    glyph: ClassVar[str] = "mdi6.matrix"


@dataset
class OwnSequences(Kept):
    """Your own sequences: an .npz file with steps × features for each sample, or with one whole number for each step.

    Whole numbers are indices of words, notes or states, for an Embedding; where 0 stands only at the ends it is padding.
    A target may be one for the whole sequence or a class for each step, negative where none is asked for.

    Reference: `numpy.savez`; Elman, *Finding structure in time*, Cognitive Science 14 (1990).
    """

    kind: ClassVar[str] = "sequences"
    title: ClassVar[str] = N_("Your sequences")
    family: ClassVar[Family] = "sequence"
    glyph: ClassVar[str] = "mdi6.transit-connection-horizontal"

    positions: Annotated[int, Field(ge=0)] = Field(0, json_schema_extra=_HIDDEN)
    """Steps, where each has an answer of its own."""
    vocabulary: Annotated[int, Field(ge=0, le=MOST_TOKENS)] = Field(0, json_schema_extra=_HIDDEN)
    """One more than the largest index; 0 for quantities."""
    padded: bool = Field(False, json_schema_extra=_HIDDEN)

    def spec(self) -> DataSpec:
        plain = super().spec()
        shape = Signal(self.extents or (1, 1), self.vocabulary, self.padded)
        names = () if self.vocabulary else tuple(f"x{n + 1}" for n in range(shape[-1]))
        tokens = tuple("" if self.padded and n == 0 else str(n) for n in range(self.vocabulary))
        return replace(plain, input=shape, features=names, tokens=tokens, positions=self.positions)

    def load(self, seed: int) -> Arrays:
        data = super().load(seed)
        return replace(data, x=data.x.astype("int64")) if self.vocabulary else data
