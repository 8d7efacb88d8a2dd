"""Taps: nodes that look at data or at what a layer puts out, and send nothing back; torch never sees them."""

from math import prod
from typing import Annotated, ClassVar

from pydantic import Field

from dllab.layers.base import Call, Layer, Misfit, SetParam, Shape, layer
from dllab.text import N_


class Analysis(Layer):
    """Base of all taps. A subclass names the scikit-learn class that does the work in `estimator`."""

    family: ClassVar[str] = "cluster"
    analyses: ClassVar[bool] = True

    def call(self, *inputs: Shape) -> Call | None:
        return None

    def estimator(self) -> Call:
        """The scikit-learn constructor call, as plain data: `cluster.…`, `mixture.…`, `decomposition.…`."""
        raise NotImplementedError(f"{type(self).__name__}.estimator")

    def refuse_count(self, samples: int) -> None:
        """Raise Misfit for a number of samples that this can't be done with."""


@layer
class Standardise(Analysis):
    """Moves and stretches every feature so that its mean is 0 and its spread 1: distances then count all features alike.

    $z = (x - \\mu) / \\sigma$, feature by feature. A constant feature stays 0.

    Reference: `sklearn.preprocessing.StandardScaler`.
    """

    kind: ClassVar[str] = "standardise"
    title: ClassVar[str] = N_("Standardise")
    glyph: ClassVar[str] = "mdi6.align-horizontal-center"

    centre: bool = Field(True, title=N_("Centre"), description=N_("Take the mean away from every feature"))
    scale: bool = Field(True, title=N_("Scale"), description=N_("Divide every feature by its spread"))

    def shape(self, *inputs: Shape) -> Shape:
        return (prod(inputs[0]),)

    def estimator(self) -> Call:
        return Call("preprocessing.StandardScaler", options={"with_mean": self.centre, "with_std": self.scale})


@layer
class PCA(Analysis):
    """Turns the samples so that most of their spread lies in a few new axes, and keeps only those.

    With the singular value decomposition $X - \\mu = U S V^T$ the new coordinates are the first columns of $U S$.
    Images and sequences are read as one row of numbers.

    Complexity: $O(n d \\min(n, d))$.

    Reference: Pearson, *On lines and planes of closest fit* (1901); `sklearn.decomposition.PCA`.
    """

    kind: ClassVar[str] = "pca"
    title: ClassVar[str] = N_("PCA")
    glyph: ClassVar[str] = "mdi6.axis-arrow"
    size_field: ClassVar[str] = "n_components"

    n_components: Annotated[int, Field(ge=1, le=10_000)] = Field(
        2, title=N_("Components"), description=N_("How many new axes are kept")
    )
    whiten: bool = Field(False, title=N_("Whiten"), description=N_("Stretch the new axes to the same spread"))

    def shape(self, *inputs: Shape) -> Shape:
        features = prod(inputs[0])
        if self.n_components > features:
            text = N_("PCA keeps {kept} axes, but there are only {features} features.")
            remedy = SetParam("n_components", features)
            raise Misfit("components", text, "n_components", (remedy,), kept=self.n_components, features=features)
        return (self.n_components,)

    def estimator(self) -> Call:
        return Call("decomposition.PCA", (self.n_components,), {"whiten": self.whiten})

    def refuse_count(self, samples: int) -> None:
        if self.n_components > samples:
            text = N_("PCA finds at most as many axes as there are samples: {samples}; it is asked for {kept}.")
            remedy = SetParam("n_components", samples)
            raise Misfit("components", text, "n_components", (remedy,), kept=self.n_components, samples=samples)


class Clustering(Analysis):
    """Base of all clustering algorithms: they end a branch, what they find is shown."""

    clusters_field: ClassVar[str] = ""
    """The parameter that says how many clusters there are to be, if there is one."""
    limit: ClassVar[int] = 1_000_000
    """More samples than this take longer or need more memory than anybody wants to wait for."""

    def output_ports(self) -> tuple[str, ...]:
        return ()

    def shapes(self, *inputs: Shape) -> dict[str, Shape]:
        return {}

    def memory(self, samples: int, features: int) -> int:
        """Bytes at the largest moment, roughly."""
        return 8 * samples * (4 * features + 16)

    def seconds(self, samples: int, features: int) -> float:
        """How long a fit takes on one core, to within a small factor; the figures come from timing scikit-learn."""
        return 3e-6 * samples * (1 + features / 10)

    def refuse_count(self, samples: int) -> None:
        wanted = getattr(self, self.clusters_field) if self.clusters_field else None
        if wanted is not None and wanted > samples:
            text = N_("{layer}: {wanted} clusters can't be made of {samples} samples.")
            remedy = SetParam(self.clusters_field, samples)
            raise Misfit(
                "too-few", text, self.clusters_field, (remedy,), layer=self.title, wanted=wanted, samples=samples
            )
        if samples < 2:
            raise Misfit("too-few", N_("{layer} needs at least 2 samples."), "in", layer=self.title)
