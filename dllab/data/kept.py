"""A person's own pictures and arrays as datasets: brought in once, kept by content."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from dllab.data.base import Arrays, Dataset, DataSpec, dataset
from dllab.data.own.source import Source
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
