"""A person's own table as a dataset: which columns go in, which one is to be found out."""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from dllab.data.base import Arrays, DataProblem, Dataset, DataSpec, Gap, Task, dataset
from dllab.data.own.dates import MONTHS
from dllab.data.own.dates import names as dated
from dllab.data.own.source import Column, Source
from dllab.text import N_, _

if TYPE_CHECKING:
    import numpy as np

_LARGEST = 1_000_000_000
"""Numbers in the inputs, 4 bytes each."""


@dataset
class Table(Dataset):
    """Your own table: a CSV, TSV or Parquet file with one row for each sample.

    One column is the target, the others go in: numbers as they are, a category as one 0 or 1 for each of its values.
    A date can go in as the days since the first one, with its month and its weekday as categories (1 is Monday).
    A column of words with more than 1,000 different ones is left out. The lab keeps its own copy of what it read, named
    by its content; the experiment file holds that name and no path.

    Reference: Shafranovich, RFC 4180 (2005), on comma-separated values.
    """

    kind: ClassVar[str] = "table"
    title: ClassVar[str] = N_("Your table")
    family: ClassVar[Literal["image", "table", "points"]] = "table"
    glyph: ClassVar[str] = "mdi6.table-arrow-left"
    own: ClassVar[bool] = True

    source: Source = Source()
    columns: tuple[Column, ...] = ()
    target: Annotated[str, Field(max_length=200)] = Field("", json_schema_extra={"hidden": True})
    """Empty: there is nothing to predict, all columns go in."""
    rows: Annotated[int, Field(ge=0)] = Field(0, json_schema_extra={"hidden": True})
    """Rows whose target is known."""
    complete: Annotated[int, Field(ge=0)] = Field(0, json_schema_extra={"hidden": True})
    """Of these, the ones that lack nothing."""
    missing: Literal["drop", "mean", "most_frequent"] = Field(
        "drop",
        title=N_("Missing values"),
        description=N_(
            "drop: leave such rows out; mean or most_frequent: put in what the training part shows"
            " (categories always get the most frequent one)"
        ),
    )

    def name(self) -> str:
        return self.source.name or super().name()

    def problem(self) -> str:
        if not self.source.content:
            return _("No table is chosen yet: use File > Import data… or drop a file on the window.")
        goal = self._goal()
        if goal is None and self.target:
            return _("{name} has no column {column} to predict: import it again.").format(
                name=self.source.name, column=self.target
            )
        if goal is not None and goal.type == "category" and len(goal.values) < 2:
            text = _("{name}: {column} has only one value, {value}: there is nothing to tell apart.")
            return text.format(name=self.source.name, column=goal.name, value=", ".join(goal.values))
        if not self._inputs() and goal is None:
            return _("{name}: no column holds numbers or categories to cluster.").format(name=self.source.name)
        if not self._inputs() and goal is not None:
            text = _("{name}: no column is left to predict {column} from.")
            if goal.type == "number":
                text = _(
                    "{name}: no column is left to predict {column} from."
                    " If the rows follow each other in time, take it for a series."
                )
            return text.format(name=self.source.name, column=goal.name)
        return ""

    def spec(self) -> DataSpec:
        goal = self._goal()
        task: Task = "regression" if self.target else "none"
        if goal is not None and goal.type == "category":
            task = "classification"
        features = tuple(name for column in self._inputs() for name in features_of(column))
        samples = self.complete if self.missing == "drop" else self.rows
        classes = goal.values if goal is not None and task == "classification" else ()
        return DataSpec(
            samples, (len(features),), task, features, classes, (self.target,) if task == "regression" else ()
        )

    def load(self, seed: int) -> Arrays:
        from dllab.data.own.loading import Stored

        spec = self.spec()
        if spec.samples * spec.input[0] > _LARGEST:
            text = _("{name} would be {rows:,} × {columns:,} numbers: leave out columns with many categories.")
            raise DataProblem(text.format(name=self.source.name, rows=spec.samples, columns=spec.input[0]))
        stored = Stored(self.source)
        goal = self._goal()
        known = stored.all_rows() if goal is None else stored.known(goal)
        inputs = self._inputs()
        if self.missing == "drop":
            for column in inputs:
                known &= stored.known(column)
        x = stored.inputs(inputs, known, spec.input[0])
        y = stored.nothing(known) if goal is None else stored.target(goal, known)
        if len(x) != spec.samples:
            text = _("{name} holds {found:,} usable rows where the experiment says {said:,}: import it again.")
            raise DataProblem(text.format(name=self.source.name, found=len(x), said=spec.samples))
        return Arrays(x, y, tuple(self._gaps(x)))

    def _goal(self) -> Column | None:
        return next((c for c in self.columns if c.name == self.target and c.type in ("number", "category")), None)

    def _inputs(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.name != self.target and c.goes_in)

    def _gaps(self, x: "np.ndarray") -> Iterator[Gap]:
        start = 0
        for column in self._inputs():
            stop = start + len(features_of(column))
            if self.missing != "drop":
                # A date is three things: how many days, one of the months, one of the weekdays.
                inner = (start + 1, start + 1 + MONTHS) if column.type == "date" else ()
                for first, last in pairwise((start, *inner, stop)):
                    yield Gap(first, last, self.missing)
            start = stop


def features_of(column: Column) -> tuple[str, ...]:
    """The numbers that a column becomes: one, or one for each value of a category, or those of a date."""
    if column.type == "category":
        return tuple(f"{column.name} = {value}" for value in column.values)
    if column.type == "date":
        return dated(column.name)
    return (column.name,)
