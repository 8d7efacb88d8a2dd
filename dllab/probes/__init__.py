"""What can be looked at in a run: one probe a file. A probe reads the session and never changes how it goes on."""

from dllab.probes.base import (
    CLUSTER_PROBES,
    PROBES,
    SLOW,
    SLOW_OF_CLUSTERS,
    WATCHES,
    DoesNotApply,
    Shown,
    compute,
    compute_clusters,
    load_probes,
)

__all__ = [
    "CLUSTER_PROBES",
    "PROBES",
    "SLOW",
    "SLOW_OF_CLUSTERS",
    "WATCHES",
    "DoesNotApply",
    "Shown",
    "compute",
    "compute_clusters",
    "load_probes",
]
