"""How long a run will be, known before it starts."""

from dllab.checking.check import Check
from dllab.data.base import split_sizes
from dllab.document.experiment import Experiment
from dllab.document.flat import flatten


def steps_per_epoch(experiment: Experiment, check: Check) -> int:
    """Updates in an epoch; 0 while the data is not known."""
    if check.data is None:
        return 0
    train = split_sizes(check.data.samples, experiment.split, check.data.gap)[0]
    size = experiment.training.batch_size
    if train > size and _drops_last(experiment):
        return train // size
    return -(-train // size)


def _drops_last(experiment: Experiment) -> bool:
    if experiment.training.drop_last is not None:
        return experiment.training.drop_last
    nodes = flatten(experiment).experiment.model.nodes.values()
    return any(node.kind == "batch_norm" and not node.muted for node in nodes)
