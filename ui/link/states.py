"""What is under way, by the state of the lab, and what can't be done with it."""

from typing import TYPE_CHECKING

from dllab.text import N_

if TYPE_CHECKING:
    from ui.lab import Lab

BUSY = frozenset({"starting", "running"})
ALIVE = BUSY | {"paused"}
ONLY_CLUSTERS = N_("This experiment only clusters: there are no batches to train on.")


def clusters(lab: "Lab") -> bool:
    """Whether what is under way only clusters; where nothing is, whether the experiment does."""
    run = lab.runs.current
    if run is not None and lab.state in ALIVE:
        return run.clusters
    return lab.document.check.fits_only
