"""A person's own table whose rows follow each other in time: windows of the past, and what comes after."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from dllab.data.base import Arrays, DataProblem, Dataset, DataSpec, Family, dataset
from dllab.data.own.source import Column, Source
from dllab.data.table import features_of
from dllab.layers.base import Signal
from dllab.text import N_, _

_HIDDEN: Any = {"hidden": True}
_LARGEST = 250_000_000
"""Numbers in all windows together, 4 bytes each."""
_FEWEST = 10
"""Windows without which there is nothing to divide."""


@dataset
class OwnSeries(Dataset):
    """Your own series: a table in which each row is a later moment, and a column whose future is asked for.

    A sample is a window of rows; the answer is the chosen column some rows later. A missing value is taken to be the last
    one before it, which is all that is known at that moment; rows before the first complete one are left out. The parts
    follow each other in time, as in all series here. Runs are compared with the forecast that nothing changes.

    Reference: Hyndman, Athanasopoulos, *Forecasting: Principles and Practice* (2021), 5.2, on the naive forecast.
    """

    kind: ClassVar[str] = "series"
    title: ClassVar[str] = N_("Your series")
    family: ClassVar[Family] = "sequence"
    glyph: ClassVar[str] = "mdi6.chart-timeline-variant-shimmer"
    own: ClassVar[bool] = True

    source: Source = Source()
    columns: tuple[Column, ...] = ()
    target: Annotated[str, Field(max_length=200)] = Field("", json_schema_extra=_HIDDEN)
    rows: Annotated[int, Field(ge=0)] = Field(0, json_schema_extra=_HIDDEN)
    """Rows from the first complete one on."""
    filled: Annotated[int, Field(ge=0)] = Field(0, json_schema_extra=_HIDDEN)
    """Cells of these that are missing."""
    window: Annotated[int, Field(ge=1, le=1000)] = Field(
        24, title=N_("Window"), description=N_("How many rows the network sees")
    )
    horizon: Annotated[int, Field(ge=1, le=1000)] = Field(
        1, title=N_("Horizon"), description=N_("How many rows after the last one lies what it must say")
    )

    def name(self) -> str:
        return self.source.name or super().name()

    def problem(self) -> str:
        if not self.source.content:
            return _("No series is chosen yet: use File > Import data… or drop a file on the window.")
        if not self.inputs():
            return _("{name}: no column goes in. Make one of them a number.").format(name=self.source.name)
        samples = self._samples()
        if samples < _FEWEST:
            text = _("{name} is too short for windows of {window} rows: choose a shorter window or a longer series.")
            return text.format(name=self.source.name, window=self.window)
        if samples * self.window * len(self._features()) > _LARGEST:
            text = _("{name} would be {samples:,} windows of {window} × {columns:,} numbers: choose a shorter window.")
            columns = len(self._features())
            return text.format(name=self.source.name, samples=samples, window=self.window, columns=columns)
        return ""

    def spec(self) -> DataSpec:
        names = self._features()
        return DataSpec(
            self._samples(),
            Signal((self.window, len(names))),
            "regression",
            names,
            targets=(self.target,),
            ordered=True,
            gap=self.horizon - 1,
        )

    def load(self, seed: int) -> Arrays:
        import numpy as np

        from dllab.data.own.loading import Stored, carried

        stored = Stored(self.source)
        goal = Column(name=self.target)
        begins = stored.rows - self.rows
        if begins < 0:
            text = _("{name} holds {found:,} usable rows where the experiment says {said:,}: import it again.")
            raise DataProblem(text.format(name=self.source.name, found=stored.rows, said=self.rows))
        wanted = np.arange(stored.rows) >= begins
        values = carried(stored.inputs(self.inputs(), wanted, len(self._features())))
        answers = carried(stored.target(goal, wanted))
        count, last = self._samples(), self.window - 1
        # (windows, features, steps) of sliding_window_view as (windows, steps, features)
        x = np.lib.stride_tricks.sliding_window_view(values, self.window, axis=0)[:count].swapaxes(1, 2)
        y = answers[last + self.horizon :][:count]
        return Arrays(np.ascontiguousarray(x), y.copy(), naive=answers[last : last + count].copy())

    def inputs(self) -> tuple[Column, ...]:
        """The columns that go in, the past of the predicted one among them if it is not ignored."""
        return tuple(c for c in self.columns if c.goes_in)

    def _features(self) -> tuple[str, ...]:
        return tuple(name for column in self.inputs() for name in features_of(column))

    def _samples(self) -> int:
        return max(0, self.rows - self.window - self.horizon + 1)
