"""Points made by a formula: as many as wanted, as noisy as wanted, the same for the same seed."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dllab.data.base import Arrays, Dataset, DataSpec, dataset
from dllab.text import N_, _

_NOISE = Annotated[float, Field(ge=0.0, le=10.0)]
_NOISE_TITLE = N_("Noise")
_NOISE_HELP = N_("Standard deviation of the random shift of every point; 0 is the pure formula")


class Points(Dataset):
    """What all generated datasets share."""

    family: ClassVar[Literal["image", "table", "points"]] = "points"

    samples: Annotated[int, Field(ge=10, le=100_000)] = Field(
        500, title=N_("Samples"), description=N_("How many points are made")
    )


class _Plane(Points):
    """Points in the plane that belong to classes."""

    def names(self) -> tuple[str, ...]:
        """Names of the classes, in the language in use: no file holds them."""
        raise NotImplementedError(f"{type(self).__name__}.names")

    def spec(self) -> DataSpec:
        return DataSpec(self.samples, (2,), "classification", ("x", "y"), self.names())


@dataset
class Moons(_Plane):
    """Two crescents that reach into each other: no straight line separates them.

    Each class lies on a half circle of radius 1; the second one is turned over and moved by (1, 0.5).

    Reference: `sklearn.datasets.make_moons`.
    """

    kind: ClassVar[str] = "moons"
    title: ClassVar[str] = N_("Moons")
    glyph: ClassVar[str] = "mdi6.moon-waning-crescent"

    noise: _NOISE = Field(0.2, title=_NOISE_TITLE, description=_NOISE_HELP)

    def names(self) -> tuple[str, ...]:
        return (_("upper"), _("lower"))

    def load(self, seed: int) -> Arrays:
        from sklearn.datasets import make_moons

        x, y = make_moons(self.samples, noise=self.noise, random_state=seed)
        return Arrays(x.astype("float32"), y.astype("int64"))


@dataset
class Circles(_Plane):
    """One ring inside another: a network needs a closed boundary around the inner one.

    Reference: `sklearn.datasets.make_circles`.
    """

    kind: ClassVar[str] = "circles"
    title: ClassVar[str] = N_("Circles")
    glyph: ClassVar[str] = "mdi6.circle-double"

    noise: _NOISE = Field(0.1, title=_NOISE_TITLE, description=_NOISE_HELP)
    factor: Annotated[float, Field(ge=0.0, le=0.99)] = Field(
        0.5, title=N_("Inner radius"), description=N_("Radius of the inner ring; that of the outer one is 1")
    )

    def names(self) -> tuple[str, ...]:
        return (_("outer"), _("inner"))

    def load(self, seed: int) -> Arrays:
        from sklearn.datasets import make_circles

        x, y = make_circles(self.samples, noise=self.noise, factor=self.factor, random_state=seed)
        return Arrays(x.astype("float32"), y.astype("int64"))


@dataset
class Spirals(_Plane):
    """Arms of a spiral wound around each other: the hardest of the plane patterns.

    Arm $k$ of $K$: radius $t$, angle $2 \\pi (w t + k / K)$ for $0 < t \\le 1$ and $w$ turns.

    Reference: Lang, Witbrock, *Learning to tell two spirals apart*, Connectionist Models Summer School (1988).
    """

    kind: ClassVar[str] = "spirals"
    title: ClassVar[str] = N_("Spirals")
    glyph: ClassVar[str] = "mdi6.weather-hurricane"

    noise: _NOISE = Field(0.03, title=_NOISE_TITLE, description=_NOISE_HELP)
    classes: Annotated[int, Field(ge=2, le=8)] = Field(2, title=N_("Classes"), description=N_("How many arms"))
    turns: Annotated[float, Field(gt=0.0, le=5.0)] = Field(
        1.25, title=N_("Turns"), description=N_("How often an arm goes around the centre")
    )

    def names(self) -> tuple[str, ...]:
        return tuple(_("arm {number}").format(number=number + 1) for number in range(self.classes))

    def load(self, seed: int) -> Arrays:
        import numpy as np

        random = np.random.default_rng(seed)
        y = np.arange(self.samples) % self.classes
        # The square root spreads the points evenly along the arm instead of crowding the centre.
        radius = np.sqrt(random.uniform(0.01, 1.0, self.samples))
        angle = 2 * np.pi * (self.turns * radius + y / self.classes)
        x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        x += random.normal(0.0, 1.0, x.shape) * self.noise
        return Arrays(x.astype("float32"), y.astype("int64"))


@dataset
class Blobs(_Plane):
    """Round clouds of points, one for each class.

    The centres are drawn at random between -5 and 5; the noise is the spread of each cloud.

    Reference: `sklearn.datasets.make_blobs`.
    """

    kind: ClassVar[str] = "blobs"
    title: ClassVar[str] = N_("Blobs")
    glyph: ClassVar[str] = "mdi6.blur"

    noise: _NOISE = Field(1.0, title=_NOISE_TITLE, description=N_("Standard deviation of every cloud"))
    centers: Annotated[int, Field(ge=2, le=10)] = Field(
        3, title=N_("Centres"), description=N_("How many clouds, one for each class")
    )
    uneven: Annotated[float, Field(ge=1.0, le=100.0)] = Field(
        1.0, title=N_("Uneven"), description=N_("How many times wider the widest cloud is than the narrowest")
    )
    stretch: Annotated[float, Field(ge=1.0, le=100.0)] = Field(
        1.0, title=N_("Stretch"), description=N_("How many times longer than wide every cloud is, along the diagonal")
    )

    def names(self) -> tuple[str, ...]:
        return tuple(_("blob {number}").format(number=number + 1) for number in range(self.centers))

    def load(self, seed: int) -> Arrays:
        import numpy as np
        from sklearn.datasets import make_blobs

        widths = self.noise * self.uneven ** np.linspace(-0.5, 0.5, self.centers)
        x, y, centres = make_blobs(
            self.samples,
            centers=self.centers,
            cluster_std=widths if self.uneven > 1 else self.noise,
            center_box=(-5.0, 5.0),
            random_state=seed,
            return_centers=True,
        )
        if self.stretch > 1:
            # Along (1, 1) by the factor, along (1, -1) not at all.
            along, across = (self.stretch + 1) / 2, (self.stretch - 1) / 2
            x = centres[y] + (x - centres[y]) @ np.array([[along, across], [across, along]])
        return Arrays(x.astype("float32"), y.astype("int64"))


@dataset
class XOR(_Plane):
    """Four corners of a square, opposite ones of the same class: the smallest task that needs a hidden layer.

    A point is "same" when both coordinates have the same sign, "different" when not.

    Reference: Minsky, Papert, *Perceptrons* (1969).
    """

    kind: ClassVar[str] = "xor"
    title: ClassVar[str] = N_("XOR")
    glyph: ClassVar[str] = "mdi6.checkerboard"

    noise: _NOISE = Field(0.1, title=_NOISE_TITLE, description=_NOISE_HELP)

    def names(self) -> tuple[str, ...]:
        return (_("same"), _("different"))

    def load(self, seed: int) -> Arrays:
        import numpy as np

        random = np.random.default_rng(seed)
        corner = np.arange(self.samples) % 4
        signs = np.stack([np.where(corner % 2, 1.0, -1.0), np.where(corner // 2, 1.0, -1.0)], axis=1)
        pure = signs * random.uniform(0.1, 1.0, signs.shape)
        x = pure + random.normal(0.0, 1.0, pure.shape) * self.noise
        return Arrays(x.astype("float32"), (pure[:, 0] * pure[:, 1] < 0).astype("int64"))


@dataset
class LinearTrend(Points):
    """Points along a straight line: what linear regression is made for.

    $y = a \\sum_i x_i / i + b$ plus noise, with every $x_i$ between -1 and 1: with one feature $y = a x + b$, with more
    the later ones count less.

    Reference: Legendre, *Nouvelles méthodes pour la détermination des orbites des comètes* (1805).
    """

    kind: ClassVar[str] = "linear"
    title: ClassVar[str] = N_("Line")
    glyph: ClassVar[str] = "mdi6.chart-line-variant"

    noise: _NOISE = Field(0.1, title=_NOISE_TITLE, description=N_("Standard deviation of what is added to y"))
    features: Annotated[int, Field(ge=1, le=100)] = Field(
        1, title=N_("Features"), description=N_("How many numbers y depends on")
    )
    slope: Annotated[float, Field(ge=-100.0, le=100.0)] = Field(
        2.0, title=N_("Slope a"), description=N_("How much y grows with the first feature")
    )
    offset: Annotated[float, Field(ge=-100.0, le=100.0)] = Field(
        1.0, title=N_("Offset b"), description=N_("y where every feature is 0")
    )

    def spec(self) -> DataSpec:
        names = ("x",) if self.features == 1 else tuple(f"x{number + 1}" for number in range(self.features))
        return DataSpec(self.samples, (self.features,), "regression", names, targets=("y",))

    def load(self, seed: int) -> Arrays:
        import numpy as np

        random = np.random.default_rng(seed)
        x = random.uniform(-1.0, 1.0, (self.samples, self.features))
        slopes = self.slope / np.arange(1, self.features + 1)
        y = x @ slopes + self.offset + random.normal(0.0, 1.0, self.samples) * self.noise
        return Arrays(x.astype("float32"), y.astype("float32")[:, None])


@dataset
class Sine(Points):
    """Points along a sine wave: a network bends its straight pieces until they follow it.

    $y = \\sin x$ plus noise for $x$ between $-\\pi c$ and $\\pi c$, $c$ the number of waves.

    Reference: Goodfellow, Bengio, Courville, *Deep Learning* (2016), 6.4.1, on what networks can approximate.
    """

    kind: ClassVar[str] = "sine"
    title: ClassVar[str] = N_("Sine wave")
    glyph: ClassVar[str] = "mdi6.sine-wave"

    noise: _NOISE = Field(0.1, title=_NOISE_TITLE, description=N_("Standard deviation of what is added to y"))
    waves: Annotated[float, Field(gt=0.0, le=10.0)] = Field(
        1.0, title=N_("Waves"), description=N_("How many full waves the points cover")
    )

    def spec(self) -> DataSpec:
        return DataSpec(self.samples, (1,), "regression", ("x",), targets=("y",))

    def load(self, seed: int) -> Arrays:
        import numpy as np

        random = np.random.default_rng(seed)
        x = random.uniform(-np.pi * self.waves, np.pi * self.waves, (self.samples, 1))
        y = np.sin(x) + random.normal(0.0, 1.0, x.shape) * self.noise
        return Arrays(x.astype("float32"), y.astype("float32"))
