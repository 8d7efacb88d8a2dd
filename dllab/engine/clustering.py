"""What Train means for an experiment that only clusters: carry it out, in a process that a command can end."""

import queue

import numpy as np

from dllab.checking import check
from dllab.clustering.chain import Clustered, Fitter, carry_out, clusterings, seen
from dllab.clustering.fit import ClusterProblem, Fit
from dllab.clustering.process import Cancelled, Fitting
from dllab.data.prepare import prepare
from dllab.document.experiment import Experiment
from dllab.engine import protocol
from dllab.layers.analysing import Clustering
from dllab.text import _, ngettext

_LOOK_S = 0.05
_ENDING = (protocol.Stop, protocol.Reset, protocol.Train, protocol.Quit)


def cluster(
    experiment: Experiment, inbox: "queue.SimpleQueue[protocol.Command]"
) -> tuple[str, str, list[protocol.Command]]:
    """Fit every clustering: the state it ends in, what was found in words, and commands that came meanwhile.

    Those that end the work end it; the others wait.
    """
    held: list[protocol.Command] = []

    def fitter(layer: Clustering, x: np.ndarray, seed: int) -> Fit:
        fitting = Fitting(layer, x, seed)
        while not fitting.wait(_LOOK_S):
            while not inbox.empty():
                held.append(inbox.get())
            if any(isinstance(command, _ENDING) for command in held):
                fitting.cancel()
        return fitting.result()

    try:
        return "done", _found(experiment, fitter), held
    except Cancelled:
        return "stopped", "", held
    except ClusterProblem as problem:
        return "failed", str(problem), held


def _found(experiment: Experiment, fitter: Fitter) -> str:
    checked = check(experiment)
    samples = seen(prepare(experiment))
    return " ".join(_sentence(carry_out(checked, node, samples.x, samples.y, fitter)) for node in clusterings(checked))


def _sentence(made: Clustered) -> str:
    text = ngettext("{layer} found {count} cluster", "{layer} found {count} clusters", made.fit.clusters)
    parts = [text.format(layer=_(made.layer.title), count=made.fit.clusters)]
    if made.fit.noise:
        parts.append(_("{count} noise samples").format(count=made.fit.noise))
    if "ari" in made.scores:
        parts.append(_("ARI {value:.3f} against the true labels").format(value=made.scores["ari"]))
    return " ".join([", ".join(parts) + ".", *made.fit.remarks])
