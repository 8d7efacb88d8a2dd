"""Series to forecast: windows cut from one long series, with what a guess without a network would say.

The parts follow each other in time. Their windows may reach back into the part before, because whoever forecasts knows the
past; but nothing that is asked for in one part is asked for or shown in an earlier one, and no training target lies after
the moment at which the first forecast of the next part is made: with a longer horizon the samples between are left out.
"""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from dllab.data.base import Arrays, Dataset, DataSpec, Family, dataset
from dllab.layers.base import Signal
from dllab.text import N_, _

if TYPE_CHECKING:
    import numpy as np


class _Series(Dataset):
    """What all series share: the last `window` values are given, the one `horizon` steps later is asked for."""

    family: ClassVar[Family] = "sequence"

    samples: Annotated[int, Field(ge=10, le=100_000)] = Field(
        1000, title=N_("Samples"), description=N_("How many windows are cut from the series, one after the other")
    )
    window: Annotated[int, Field(ge=1, le=1000)] = Field(
        24, title=N_("Window"), description=N_("How many values the network sees")
    )
    horizon: Annotated[int, Field(ge=1, le=1000)] = Field(
        1, title=N_("Horizon"), description=N_("How many steps after the last one lies what it must say")
    )

    def series(self, seed: int, count: int) -> "np.ndarray":
        """So many values, one after the other."""
        raise NotImplementedError(f"{type(self).__name__}.series")

    def spec(self) -> DataSpec:
        shape = Signal((self.window, 1))
        return DataSpec(
            self.samples, shape, "regression", (_("value"),), targets=(_("value"),), ordered=True, gap=self.horizon - 1
        )

    def load(self, seed: int) -> Arrays:
        import numpy as np

        values = self.series(seed, self.samples + self.window + self.horizon - 1).astype("float32")
        x = np.lib.stride_tricks.sliding_window_view(values, self.window)[: self.samples]
        y = values[self.window + self.horizon - 1 :][: self.samples]
        return Arrays(x[..., None].copy(), y[:, None].copy(), naive=x[:, -1:].copy())


@dataset
class SineMix(_Series):
    """Two waves of different length added up, with noise: a series that can be foretold.

    $v_t = \\sin(2 \\pi t / 20) + 0.5 \\sin(2 \\pi t / 7)$ plus noise. Whoever says that nothing changes is far off; a network
    finds both waves.

    Reference: Box, Jenkins, *Time Series Analysis* (1970), on seasonal series.
    """

    kind: ClassVar[str] = "sine_mix"
    title: ClassVar[str] = N_("Mixed waves")
    glyph: ClassVar[str] = "mdi6.waveform"

    noise: Annotated[float, Field(ge=0.0, le=10.0)] = Field(
        0.1, title=N_("Noise"), description=N_("Standard deviation of what is added to every value")
    )

    def series(self, seed: int, count: int) -> "np.ndarray":
        import numpy as np

        t = np.arange(count)
        waves = np.sin(2 * np.pi * t / 20) + 0.5 * np.sin(2 * np.pi * t / 7)
        return np.asarray(waves + np.random.default_rng(seed).normal(0.0, 1.0, count) * self.noise)


@dataset
class RandomWalk(_Series):
    """A path that moves by chance at every step, as prices nearly do: nothing in its past tells where it goes.

    $v_t = v_{t-1} + e_t$ with $e_t$ normal. The best forecast of a change is 0, that of the level the last value. A high
    R² of the level only says that the level changes slowly: look at what saying the last value would have cost.

    Reference: Bachelier, *Théorie de la spéculation* (1900); Fama, Journal of Finance 25 (1970).
    """

    kind: ClassVar[str] = "random_walk"
    title: ClassVar[str] = N_("Random walk")
    glyph: ClassVar[str] = "mdi6.chart-timeline-variant"

    shown: Literal["changes", "levels"] = Field(
        "changes", title=N_("Values"), description=N_("Changes from step to step, or the level itself")
    )

    def series(self, seed: int, count: int) -> "np.ndarray":
        import numpy as np

        steps = np.random.default_rng(seed).normal(0.0, 1.0, count)
        return np.cumsum(steps) if self.shown == "levels" else np.asarray(steps)

    def load(self, seed: int) -> Arrays:
        import numpy as np

        data = super().load(seed)
        # That the level stays is, said of the change, 0.
        return data if self.shown == "levels" else Arrays(data.x, data.y, naive=np.zeros_like(data.y))
