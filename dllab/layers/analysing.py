"""Taps: nodes that look at data or at what a layer puts out, and send nothing back; torch never sees them."""

from dataclasses import dataclass
from importlib.util import find_spec
from math import prod
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dllab.layers.base import Call, Layer, Misfit, SetParam, Shape, layer
from dllab.text import N_

NOISE, UNSEEN = -1, -2
"""In place of the number of a cluster: the sample belongs to none; nobody has looked at it."""


class Analysis(Layer):
    """Base of all taps. A subclass names the scikit-learn class that does the work in `estimator`."""

    family: ClassVar[str] = "cluster"
    analyses: ClassVar[bool] = True

    patient: ClassVar[bool] = False
    """Whether it takes its time: nobody waits for it while a network trains."""

    def call(self, *inputs: Shape) -> Call | None:
        return None

    def estimator(self) -> Call:
        """The scikit-learn constructor call, as plain data: `cluster.…`, `mixture.…`, `decomposition.…`."""
        raise NotImplementedError(f"{type(self).__name__}.estimator")

    def seconds(self, samples: int, features: int) -> float:
        """How long it takes on one core, to within a small factor."""
        return 1e-8 * samples * features

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


@layer
class UMAP(Analysis):
    """Lays the samples out anew so that neighbours stay neighbours: clusters come apart, distances between them say little.

    Edges to the nearest neighbours get weights $\\exp(-(d - \\rho_i) / \\sigma_i)$; the new places are moved until edges of the
    same weights join them, by cross entropy. It comes with a package of its own, umap-learn.

    Complexity: about $O(n \\log n)$; the first time in a process it compiles itself for half a minute.

    Reference: McInnes, Healy, Melville, *UMAP: Uniform manifold approximation and projection* (2018); `umap.UMAP`.
    """

    kind: ClassVar[str] = "umap"
    title: ClassVar[str] = N_("UMAP")
    glyph: ClassVar[str] = "mdi6.map-outline"
    size_field: ClassVar[str] = "n_components"
    patient: ClassVar[bool] = True

    n_components: Annotated[int, Field(ge=1, le=100)] = Field(
        2, title=N_("Components"), description=N_("How many new axes there are")
    )
    n_neighbors: Annotated[int, Field(ge=2, le=1000)] = Field(
        15, title=N_("Neighbours"), description=N_("Few show fine detail, many the whole")
    )
    min_dist: Annotated[float, Field(ge=0.0, le=1.0)] = Field(
        0.1,
        title=N_("Least distance"),
        description=N_("How near places may come to each other: 0 packs clusters tight"),
    )

    def shape(self, *inputs: Shape) -> Shape:
        return (self.n_components,)

    def estimator(self) -> Call:
        options = {"n_neighbors": self.n_neighbors, "min_dist": self.min_dist}
        return Call("umap.UMAP", (), {"n_components": self.n_components, **options})

    def seconds(self, samples: int, features: int) -> float:
        return 30.0 + 5e-3 * samples

    def refuse_count(self, samples: int) -> None:
        if find_spec("umap") is None:
            text = N_(
                "UMAP comes with a package of its own: pip install umap-learn, then open the lab again. Or use PCA."
            )
            raise Misfit("package", text, "in")
        wanted = max(self.n_neighbors, self.n_components + 1)
        if wanted >= samples:
            text = N_("UMAP: {wanted} neighbours can't be found among {samples} samples.")
            remedy = SetParam("n_neighbors", max(2, samples - 1))
            raise Misfit("too-few", text, "n_neighbors", (remedy,), wanted=wanted, samples=samples)


@dataclass(frozen=True)
class Swept:
    """A parameter that is worth trying with many values: those given, or what the data suggests."""

    field: str
    values: tuple[float | int, ...] = ()
    suggested: Literal["", "radii", "bandwidths", "heights"] = ""
    """radii: from where few samples have neighbours to where nearly all are one crowd; bandwidths: mean distances to
    ever larger shares of all samples; heights: between two merges of the tree."""


class Clustering(Analysis):
    """Base of all clustering algorithms: they end a branch, what they find is shown."""

    clusters_field: ClassVar[str] = ""
    """The parameter that says how many clusters there are to be, if there is one."""
    limit: ClassVar[int] = 1_000_000
    """More samples than this take longer or need more memory than anybody wants to wait for."""
    why: ClassVar[str] = ""
    """What makes many samples too many; a sentence, marked."""

    def output_ports(self) -> tuple[str, ...]:
        return ()

    def shapes(self, *inputs: Shape) -> dict[str, Shape]:
        return {}

    def sweeps(self) -> tuple[Swept, ...]:
        """What is tried in a sweep: one parameter along a curve, or two across a map."""
        return (Swept(self.clusters_field, tuple(range(2, 13))),)

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
