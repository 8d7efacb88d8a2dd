"""Clustering algorithms that are told how many clusters to find, or draw a tree of all of them."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from dllab.layers.analysing import Clustering, Swept
from dllab.layers.base import Call, Misfit, SetParam, Shape, layer
from dllab.text import N_

CUTS = ("n_clusters", "distance_threshold")
"""Parameters of Agglomerative that say where its tree is cut, and nothing about the tree."""
_Count = Annotated[int, Field(ge=1, le=10_000)]
_COUNT = N_("Clusters")
_COUNT_HELP = N_("How many clusters are to be found")
_STARTS = N_("Starts")
_STARTS_HELP = N_("From how many random starts to try; the best result is kept")


@layer
class Agglomerative(Clustering):
    """Begins with every sample alone and joins the two nearest clusters again and again: a tree of clusters.

    The linkage says how far apart two clusters are: single $\\min d(a, b)$, complete $\\max d(a, b)$, average the mean
    $d(a, b)$, Ward $\\sqrt{2 |A| |B| / (|A| + |B|)} \\, \\lVert \\mu_A - \\mu_B \\rVert$. Nothing is random: there is no first guess
    that the result would depend on.

    Complexity: $O(n^2)$ in time and memory: all distances are kept. Limit here: 20,000 samples.

    Reference: Ward (1963); Murtagh and Legendre (2014); `sklearn.cluster.AgglomerativeClustering`.
    """

    kind: ClassVar[str] = "agglomerative"
    title: ClassVar[str] = N_("Agglomerative")
    glyph: ClassVar[str] = "mdi6.family-tree"
    clusters_field: ClassVar[str] = "n_clusters"
    limit: ClassVar[int] = 20_000
    why: ClassVar[str] = N_("It compares all pairs of samples: n²/2 distances.")

    n_clusters: _Count = Field(2, title=_COUNT, description=N_("Where to cut the tree: how many clusters are left"))
    linkage: Literal["ward", "complete", "average", "single"] = Field(
        "ward", title=N_("Linkage"), description=N_("How the distance between two clusters is measured")
    )
    metric: Literal["euclidean", "manhattan", "cosine"] = Field(
        "euclidean", title=N_("Distance"), description=N_("How the distance between two samples is measured")
    )
    distance_threshold: Annotated[float, Field(ge=0.0, le=1e9)] | None = Field(
        None, title=N_("Cut at"), description=N_("Cut the tree at this distance instead of at a number of clusters")
    )
    neighbours: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        None,
        title=N_("Connectivity"),
        description=N_("Join only clusters that touch: every sample knows this many nearest ones; automatic: all"),
    )

    def shapes(self, *inputs: Shape) -> dict[str, Shape]:
        if self.linkage == "ward" and self.metric != "euclidean":
            text = N_(
                "Ward's linkage measures spread in straight lines: it needs the euclidean distance, not {metric}."
            )
            remedies = (SetParam("metric", "euclidean"), SetParam("linkage", "average"))
            raise Misfit("ward", text, "metric", remedies, metric=self.metric)
        return {}

    def estimator(self) -> Call:
        cut: dict[str, Any] = {"n_clusters": self.n_clusters}
        if self.distance_threshold is not None:
            cut = {"n_clusters": None, "distance_threshold": self.distance_threshold}
        return Call("cluster.AgglomerativeClustering", (), {**cut, "metric": self.metric, "linkage": self.linkage})

    def sweeps(self) -> tuple[Swept, ...]:
        if self.distance_threshold is not None:
            return (Swept("distance_threshold", suggested="heights"),)
        return super().sweeps()

    def refuse_count(self, samples: int) -> None:
        if self.distance_threshold is None or samples < 2:
            super().refuse_count(samples)
        if self.neighbours is not None and self.neighbours >= samples:
            text = N_("Agglomerative: a sample can't know {wanted} others, there are {samples} in all.")
            remedy = SetParam("neighbours", max(1, samples - 1))
            raise Misfit("too-few", text, "neighbours", (remedy,), wanted=self.neighbours, samples=samples)

    def memory(self, samples: int, features: int) -> int:
        if self._along_a_tree:
            return super().memory(samples, features)
        # n (n - 1) / 2 distances of 8 bytes, and a working copy of them.
        return 8 * samples * (samples - 1) + super().memory(samples, features)

    def seconds(self, samples: int, features: int) -> float:
        return (9e-9 if self._along_a_tree else 4e-8) * samples**2 * (1 + features / 50)

    @property
    def _along_a_tree(self) -> bool:
        """Single linkage needs no more than a minimum spanning tree: no distance is kept."""
        return self.linkage == "single" and self.neighbours is None


@layer
class KMeans(Clustering):
    """Moves k centres until each is the mean of the samples that are nearest to it.

    Assign every sample to its nearest centre, put every centre into the mean of its samples, repeat: the inertia
    $\\sum_i \\lVert x_i - \\mu_{c(i)} \\rVert^2$ falls until nothing changes. It finds round clusters of about equal size only.

    Complexity: $O(n k d)$ for one round.

    Reference: Lloyd (1957, 1982); Arthur and Vassilvitskii, *k-means++* (2007); `sklearn.cluster.KMeans`.
    """

    kind: ClassVar[str] = "kmeans"
    title: ClassVar[str] = N_("KMeans")
    glyph: ClassVar[str] = "mdi6.scatter-plot"
    clusters_field: ClassVar[str] = "n_clusters"

    n_clusters: _Count = Field(3, title=_COUNT, description=_COUNT_HELP)
    init: Literal["k-means++", "random"] = Field(
        "k-means++", title=N_("First centres"), description=N_("Far apart from each other (k-means++) or any samples")
    )
    n_init: Annotated[int, Field(ge=1, le=1000)] = Field(10, title=_STARTS, description=_STARTS_HELP)
    max_iter: Annotated[int, Field(ge=1, le=100_000)] = Field(
        300, title=N_("Rounds"), description=N_("Stop after this many rounds at the latest")
    )

    def estimator(self) -> Call:
        options = {"init": self.init, "n_init": self.n_init, "max_iter": self.max_iter}
        return Call("cluster.KMeans", (self.n_clusters,), options)

    def seconds(self, samples: int, features: int) -> float:
        return 2e-7 * samples * self.n_init * self.n_clusters * (1 + features / 10)


@layer
class MiniBatchKMeans(Clustering):
    """Moves k centres by a handful of samples at a time: nearly what KMeans finds, in a fraction of the time.

    Each batch pulls its nearest centres towards it, less and less: $\\mu \\leftarrow (1 - 1/n_\\mu) \\mu + x / n_\\mu$.

    Complexity: $O(b k d)$ for a batch of $b$ samples.

    Reference: Sculley, *Web-scale k-means clustering* (2010); `sklearn.cluster.MiniBatchKMeans`.
    """

    kind: ClassVar[str] = "minibatch_kmeans"
    title: ClassVar[str] = N_("MiniBatchKMeans")
    short: ClassVar[str] = N_("MiniBatch")
    glyph: ClassVar[str] = "mdi6.dots-hexagon"
    clusters_field: ClassVar[str] = "n_clusters"

    n_clusters: _Count = Field(3, title=_COUNT, description=_COUNT_HELP)
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        1024, title=N_("Batch size"), description=N_("How many samples move the centres at a time")
    )
    n_init: Annotated[int, Field(ge=1, le=1000)] = Field(3, title=_STARTS, description=_STARTS_HELP)
    max_iter: Annotated[int, Field(ge=1, le=100_000)] = Field(
        100, title=N_("Rounds"), description=N_("How often at most all samples are gone through")
    )

    def estimator(self) -> Call:
        options = {"batch_size": self.batch_size, "n_init": self.n_init, "max_iter": self.max_iter}
        return Call("cluster.MiniBatchKMeans", (self.n_clusters,), options)


@layer
class GaussianMixture(Clustering):
    """Explains the samples as drawn from a few bell-shaped clouds, which may be stretched and turned.

    $p(x) = \\sum_k \\pi_k \\, \\mathcal{N}(x; \\mu_k, \\Sigma_k)$, fitted by expectation and maximisation in turn. A sample
    belongs to the cloud that most probably made it.

    Complexity: $O(n k d^2)$ for one round with full covariances, and $d^3$ for each of them.

    Reference: Dempster, Laird, Rubin (1977); `sklearn.mixture.GaussianMixture`.
    """

    kind: ClassVar[str] = "gaussian_mixture"
    title: ClassVar[str] = N_("GaussianMixture")
    short: ClassVar[str] = N_("Mixture")
    glyph: ClassVar[str] = "mdi6.chart-scatter-plot-hexbin"
    clusters_field: ClassVar[str] = "n_components"

    n_components: _Count = Field(3, title=_COUNT, description=N_("How many clouds"))
    covariance_type: Literal["full", "tied", "diag", "spherical"] = Field(
        "full",
        title=N_("Covariance"),
        description=N_("full: any stretch; tied: the same for all; diag: along the axes; spherical: round"),
    )
    n_init: Annotated[int, Field(ge=1, le=1000)] = Field(1, title=_STARTS, description=_STARTS_HELP)

    def estimator(self) -> Call:
        options = {"covariance_type": self.covariance_type, "n_init": self.n_init}
        return Call("mixture.GaussianMixture", (self.n_components,), options)

    def memory(self, samples: int, features: int) -> int:
        return super().memory(samples, features) + 8 * self.n_components * features**2

    def seconds(self, samples: int, features: int) -> float:
        return 4e-6 * samples * self.n_components * self.n_init * (1 + features**2 / 200)


@layer
class Spectral(Clustering):
    """Joins near samples by edges and cuts the graph where it is thin: finds rings and crescents as well.

    KMeans on the first eigenvectors of the normalised Laplacian $I - D^{-1/2} A D^{-1/2}$ of the graph.

    Complexity: up to $O(n^3)$; with nearest neighbours the graph is sparse. Limit here: 10,000 samples.

    Reference: Shi and Malik (2000); von Luxburg (2007); `sklearn.cluster.SpectralClustering`.
    """

    kind: ClassVar[str] = "spectral"
    title: ClassVar[str] = N_("Spectral")
    glyph: ClassVar[str] = "mdi6.graph-outline"
    clusters_field: ClassVar[str] = "n_clusters"
    limit: ClassVar[int] = 10_000
    why: ClassVar[str] = N_("It looks for eigenvectors of a graph of all samples.")

    n_clusters: _Count = Field(2, title=_COUNT, description=_COUNT_HELP)
    affinity: Literal["nearest_neighbors", "rbf"] = Field(
        "nearest_neighbors",
        title=N_("Nearness"),
        description=N_("Edges to the nearest neighbours only, or to all with a weight that falls with the distance"),
    )
    n_neighbors: Annotated[int, Field(ge=1, le=1000)] = Field(
        10, title=N_("Neighbours"), description=N_("How many nearest neighbours get an edge")
    )
    gamma: Annotated[float, Field(gt=0.0, le=1e6)] = Field(
        1.0, title=N_("Gamma"), description=N_("How fast the weight falls, for rbf: exp(-gamma d²)")
    )

    def estimator(self) -> Call:
        options = {"affinity": self.affinity, "n_neighbors": self.n_neighbors, "gamma": self.gamma}
        return Call("cluster.SpectralClustering", (self.n_clusters,), options)

    def refuse_count(self, samples: int) -> None:
        super().refuse_count(samples)
        if self.affinity == "nearest_neighbors" and self.n_neighbors > samples:
            text = N_("Spectral: {wanted} neighbours can't be found among {samples} samples.")
            remedy = SetParam("n_neighbors", samples)
            raise Misfit("too-few", text, "n_neighbors", (remedy,), wanted=self.n_neighbors, samples=samples)

    def memory(self, samples: int, features: int) -> int:
        dense = 8 * samples**2 * 4 if self.affinity == "rbf" else 8 * samples * self.n_neighbors * 16
        return dense + super().memory(samples, features)

    def seconds(self, samples: int, features: int) -> float:
        return 3e-7 * samples**2 if self.affinity == "rbf" else 2e-5 * samples * (1 + features / 10)
