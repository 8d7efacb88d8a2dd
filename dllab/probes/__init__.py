"""What can be looked at in a run: one probe a file. A probe reads the session and never changes how it goes on."""

from dllab.probes.base import PROBES, SLOW, DoesNotApply, Shown, compute, load_probes

__all__ = ["PROBES", "SLOW", "DoesNotApply", "Shown", "compute", "load_probes"]
