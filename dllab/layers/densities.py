"""Clustering algorithms that look for places where samples lie close together, and find the number of clusters."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dllab.layers.analysing import Clustering, Swept
from dllab.layers.base import Call, Misfit, SetParam, layer
from dllab.text import N_

_Neighbours = Annotated[int, Field(ge=2, le=10_000)]


@layer
class DBSCAN(Clustering):
    """Grows clusters through crowded places; what lies alone belongs to none and is called noise.

    The neighbourhood of a sample is $N_\\varepsilon(p) = \\{q : d(p, q) \\le \\varepsilon\\}$, $p$ included. Core:
    $|N_\\varepsilon(p)| \\ge$ min samples. Border: not core, but in the neighbourhood of a core sample. Noise: neither.
    Clusters may have any form, but all must be about equally dense.

    Complexity: $O(n \\log n)$ with an index as long as neighbourhoods stay small, $O(n^2)$ where they hold nearly all.

    Reference: Ester, Kriegel, Sander, Xu (1996); Schubert et al. (2017); `sklearn.cluster.DBSCAN`.
    """

    kind: ClassVar[str] = "dbscan"
    title: ClassVar[str] = N_("DBSCAN")
    glyph: ClassVar[str] = "mdi6.circle-multiple-outline"
    kept: ClassVar[int] = 2**25
    """So many neighbours of all samples together are kept; where there are more, they are looked at piece by piece."""

    eps: Annotated[float, Field(gt=0.0, le=1e9)] = Field(
        0.3, title=N_("Radius ε"), description=N_("How near another sample must be to count as a neighbour")
    )
    min_samples: Annotated[int, Field(ge=1, le=10_000)] = Field(
        5, title=N_("Min samples"), description=N_("How many neighbours, itself included, make a core sample")
    )
    metric: Literal["euclidean", "manhattan", "cosine"] = Field(
        "euclidean", title=N_("Distance"), description=N_("How the distance between two samples is measured")
    )

    def estimator(self) -> Call:
        return Call("cluster.DBSCAN", (self.eps,), {"min_samples": self.min_samples, "metric": self.metric})

    def sweeps(self) -> tuple[Swept, ...]:
        return (Swept("eps", suggested="radii"), Swept("min_samples", (3, 5, 8, 12, 20)))

    def memory(self, samples: int, features: int) -> int:
        # How many neighbours there are nobody knows before; this many are kept at most.
        return super().memory(samples, features) + 8 * min(samples**2, self.kept)

    def seconds(self, samples: int, features: int) -> float:
        return 3e-5 * samples * (1 + features / 5)


@layer
class HDBSCAN(Clustering):
    """DBSCAN at all radii at once: keeps the clusters that live longest, so that their densities may differ.

    A tree over mutual reachability $\\max(\\mathrm{core}_k(a), \\mathrm{core}_k(b), d(a, b))$, from which the clusters with the
    largest excess of mass are taken.

    Complexity: $O(n^2)$ in time: the distances to all others are looked at, but not kept. Limit here: 200,000 samples.

    Reference: Campello, Moulavi, Sander (2013); `sklearn.cluster.HDBSCAN`.
    """

    kind: ClassVar[str] = "hdbscan"
    title: ClassVar[str] = N_("HDBSCAN")
    glyph: ClassVar[str] = "mdi6.layers-triple-outline"
    limit: ClassVar[int] = 200_000
    why: ClassVar[str] = N_("It compares all pairs of samples: n²/2 distances.")

    min_cluster_size: _Neighbours = Field(
        5, title=N_("Smallest cluster"), description=N_("Fewer samples than this are no cluster")
    )
    min_samples: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        None,
        title=N_("Min samples"),
        description=N_("Which neighbour measures how crowded a place is; automatic: as the smallest cluster"),
    )
    cluster_selection_method: Literal["eom", "leaf"] = Field(
        "eom", title=N_("Take"), description=N_("The clusters that live longest (eom) or the smallest ones (leaf)")
    )

    def estimator(self) -> Call:
        options = {
            "min_cluster_size": self.min_cluster_size,
            "min_samples": self.min_samples,
            "cluster_selection_method": self.cluster_selection_method,
            "copy": True,
        }
        return Call("cluster.HDBSCAN", (), options)

    def sweeps(self) -> tuple[Swept, ...]:
        return (Swept("min_cluster_size", (5, 8, 12, 20, 30, 50, 80, 120)), Swept("min_samples", (2, 5, 10, 20)))

    def refuse_count(self, samples: int) -> None:
        super().refuse_count(samples)
        _refuse_neighbours(self, "min_samples", self.min_samples or 0, samples)
        _refuse_neighbours(self, "min_cluster_size", self.min_cluster_size, samples)

    def memory(self, samples: int, features: int) -> int:
        return super().memory(samples, features) + 320 * samples

    def seconds(self, samples: int, features: int) -> float:
        return (1e-5 * samples + 7e-9 * samples**2) * (1 + features / 8)


@layer
class OPTICS(Clustering):
    """Orders the samples by how reachable they are: clusters are the valleys of that curve.

    Reachability of $p$ from $o$: $\\max(\\mathrm{core}(o), d(o, p))$. A valley begins where the curve falls by the share
    $\\xi$.

    Complexity: $O(n^2)$ in the worst case, in Python. Limit here: 30,000 samples.

    Reference: Ankerst, Breunig, Kriegel, Sander (1999); `sklearn.cluster.OPTICS`.
    """

    kind: ClassVar[str] = "optics"
    title: ClassVar[str] = N_("OPTICS")
    glyph: ClassVar[str] = "mdi6.chart-gantt"
    limit: ClassVar[int] = 30_000
    why: ClassVar[str] = N_("It visits one sample after the other, each with all its neighbours.")

    min_samples: _Neighbours = Field(
        5, title=N_("Min samples"), description=N_("Which neighbour measures how crowded a place is")
    )
    xi: Annotated[float, Field(gt=0.0, lt=1.0)] = Field(
        0.05, title=N_("Steepness ξ"), description=N_("By which share the curve must fall where a cluster begins")
    )
    min_cluster_size: _Neighbours | None = Field(
        None,
        title=N_("Smallest cluster"),
        description=N_("Fewer samples than this are no cluster; automatic: as Min samples"),
    )

    def estimator(self) -> Call:
        options = {"min_samples": self.min_samples, "xi": self.xi, "min_cluster_size": self.min_cluster_size}
        return Call("cluster.OPTICS", (), options)

    def sweeps(self) -> tuple[Swept, ...]:
        return (Swept("xi", (0.01, 0.02, 0.05, 0.1, 0.2)), Swept("min_samples", (5, 10, 20, 40)))

    def refuse_count(self, samples: int) -> None:
        super().refuse_count(samples)
        _refuse_neighbours(self, "min_samples", self.min_samples, samples)
        _refuse_neighbours(self, "min_cluster_size", self.min_cluster_size or 0, samples)

    def seconds(self, samples: int, features: int) -> float:
        return 1e-3 * samples * (1 + samples / 50_000) * (1 + features / 50)


@layer
class MeanShift(Clustering):
    """Lets every sample climb to where samples are densest; those that meet on one peak are a cluster.

    $m(x)$ is the mean of all samples within the bandwidth of $x$; move $x$ there until it stays.

    Complexity: $O(n^2)$ for one round. Limit here: 5,000 samples.

    Reference: Comaniciu and Meer (2002); `sklearn.cluster.MeanShift`.
    """

    kind: ClassVar[str] = "mean_shift"
    title: ClassVar[str] = N_("MeanShift")
    glyph: ClassVar[str] = "mdi6.image-filter-hdr"
    limit: ClassVar[int] = 5_000
    why: ClassVar[str] = N_("Every sample climbs by itself, and each step looks at all others.")

    bandwidth: Annotated[float, Field(gt=0.0, le=1e9)] | None = Field(
        None, title=N_("Bandwidth"), description=N_("How far a sample looks around; automatic: estimated from the data")
    )
    bin_seeding: bool = Field(
        True, title=N_("Coarse starts"), description=N_("Start from the cells of a grid, not from every sample")
    )

    def estimator(self) -> Call:
        return Call("cluster.MeanShift", (), {"bandwidth": self.bandwidth, "bin_seeding": self.bin_seeding})

    def sweeps(self) -> tuple[Swept, ...]:
        return (Swept("bandwidth", suggested="bandwidths"),)

    def memory(self, samples: int, features: int) -> int:
        return super().memory(samples, features) + 8_000 * samples

    def seconds(self, samples: int, features: int) -> float:
        return (1.5e-7 if self.bin_seeding else 1.3e-6) * samples**2 * (1 + features / 20)


def _refuse_neighbours(made: Clustering, name: str, wanted: int, samples: int) -> None:
    if wanted > samples:
        text = N_("{layer}: {wanted} samples are asked for, there are {samples} in all.")
        remedy = SetParam(name, max(2, samples))
        raise Misfit("too-few", text, name, (remedy,), layer=made.title, wanted=wanted, samples=samples)
