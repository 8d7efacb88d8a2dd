"""Points that a person painted with the mouse; they live in the document itself."""

from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from dllab.data.base import Arrays, Dataset, DataSpec, Family, dataset
from dllab.text import N_, _

MOST_POINTS = 20_000
MOST_CLASSES = 8
_HIDDEN: Any = {"hidden": True}

Coordinate = Annotated[float, Field(ge=-1.0, le=1.0)]
Dot = tuple[Coordinate, Coordinate, Annotated[int, Field(ge=0, lt=MOST_CLASSES)]]
"""(x, y, class)"""


@dataset
class Painted(Dataset):
    """Points of several classes that you paint with the mouse: any pattern you like, as hard as you like.

    Both coordinates lie between -1 and 1. The points are kept in the experiment file.

    Reference: Smilkov et al., *Direct-Manipulation Visualization of Deep Networks* (2017), on learning by such play.
    """

    kind: ClassVar[str] = "painted"
    title: ClassVar[str] = N_("Painted points")
    family: ClassVar[Family] = "points"
    glyph: ClassVar[str] = "mdi6.brush-variant"
    own: ClassVar[bool] = True

    points: Annotated[tuple[Dot, ...], Field(max_length=MOST_POINTS)] = Field((), json_schema_extra=_HIDDEN)
    classes: Annotated[int, Field(ge=0, le=MOST_CLASSES)] = Field(0, json_schema_extra=_HIDDEN)

    @model_validator(mode="after")
    def _classes_are_counted(self) -> "Painted":
        if any(number >= self.classes for _x, _y, number in self.points):
            raise ValueError(_("holds a point of a class that is not there"))
        return self

    def problem(self) -> str:
        return "" if self.points else _("No points are painted yet: use File > Paint points…")

    def spec(self) -> DataSpec:
        if not self._told_apart:
            return DataSpec(len(self.points), (2,), "none", ("x", "y"))
        names = tuple(_("class {letter}").format(letter="ABCDEFGH"[number]) for number in range(self.classes))
        return DataSpec(len(self.points), (2,), "classification", ("x", "y"), names)

    def load(self, seed: int) -> Arrays:
        import numpy as np

        table = np.array(self.points, np.float64)
        y = table[:, 2].astype("int64") if self._told_apart else np.empty((len(table), 0), np.float32)
        return Arrays(table[:, :2].astype("float32"), y)

    @property
    def _told_apart(self) -> bool:
        """Whether there are several classes; points of one are there to cluster."""
        return len({number for _x, _y, number in self.points}) > 1


def painted(points: list[tuple[float, float, int]]) -> Painted:
    """The dataset of these points; classes without a point are left out and the others move up."""
    used = sorted({number for _x, _y, number in points})
    places = {number: place for place, number in enumerate(used)}
    return Painted(points=tuple((x, y, places[number]) for x, y, number in points), classes=len(used))
