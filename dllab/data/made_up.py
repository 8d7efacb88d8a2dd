"""Data that is made up to show one thing clearly, and says so."""

from typing import Annotated, ClassVar

from pydantic import Field

from dllab.data.base import Arrays, Dataset, DataSpec, dataset
from dllab.text import N_, _

_FEATURES = (N_("area (m²)"), N_("rooms"), N_("floor"), N_("age (years)"), N_("distance (km)"), N_("balcony"))


@dataset
class Houses(Dataset):
    """Prices of homes in a town that does not exist: a formula with noise, not a market.

    The price per square metre falls with the distance from the centre, $4 e^{-d/8}$ thousand, and with age up to 40 years;
    floors above the first add a little, a balcony adds 8, and 5 percent of chance is on top. In thousands. Area counts times
    a price that depends on two other columns: no straight plane fits that.

    Reference: made by this lab; Pace, Barry, *Sparse spatial autoregressions*, Statistics and Probability Letters 33
    (1997), on real ones.
    """

    kind: ClassVar[str] = "houses"
    title: ClassVar[str] = N_("House prices (made up)")
    family = "table"
    glyph: ClassVar[str] = "mdi6.home-city-outline"

    samples: Annotated[int, Field(ge=10, le=100_000)] = Field(
        1000, title=N_("Samples"), description=N_("How many homes are made up")
    )

    def spec(self) -> DataSpec:
        return DataSpec(self.samples, (6,), "regression", tuple(map(_, _FEATURES)), targets=(_("price (thousands)"),))

    def load(self, seed: int) -> Arrays:
        import numpy as np

        random = np.random.default_rng(seed)
        area = random.uniform(25, 180, self.samples)
        rooms = np.clip(np.round(area / 28 + random.normal(0, 0.6, self.samples)), 1, 8)
        floor = random.integers(0, 12, self.samples)
        age = random.uniform(0, 100, self.samples)
        distance = random.exponential(6, self.samples).clip(0, 30)
        balcony = random.integers(0, 2, self.samples)
        metre = 4 * np.exp(-distance / 8) + 1 - 0.015 * np.minimum(age, 40)
        price = area * metre * (1 + 0.01 * np.minimum(floor, 6)) + 6 * rooms + 8 * balcony
        price *= 1 + 0.05 * random.normal(size=self.samples)
        x = np.stack([area, rooms, floor, age, distance, balcony], axis=1)
        return Arrays(x.astype("float32"), price[:, None].astype("float32"))


@dataset
class ColourDigits(Dataset):
    """The handwritten digits, each written in a random colour on dark paper: pictures with three channels.

    Every picture of 8 × 8 pixels is multiplied by one random red, green and blue between 0.3 and 1.

    Reference: Alpaydin, Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine Learning Repository (1998);
    `sklearn.datasets.load_digits`.
    """

    kind: ClassVar[str] = "colour_digits"
    title: ClassVar[str] = N_("Digits in colour")
    family = "image"
    glyph: ClassVar[str] = "mdi6.palette-outline"

    def spec(self) -> DataSpec:
        return DataSpec(1797, (3, 8, 8), "classification", classes=tuple("0123456789"))

    def load(self, seed: int) -> Arrays:
        import numpy as np
        from sklearn.datasets import load_digits

        found = load_digits()
        ink = np.random.default_rng(seed).uniform(0.3, 1.0, (len(found.images), 3, 1, 1))
        x = found.images[:, None] * ink
        return Arrays(x.astype("float32"), found.target.astype("int64"))
