"""`dllab cluster`: carry out the clusterings of an experiment and say what they found."""

import argparse
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dllab.checking import Check, check
from dllab.checking.taps import time_words
from dllab.cli.reading import changed, opened
from dllab.cli.said import BadInput, complain, print_json
from dllab.document import edits
from dllab.document.experiment import Experiment, Graph, Link, Node
from dllab.layers import LAYERS
from dllab.layers.analysing import Analysis, Clustering
from dllab.text import _, ngettext

if TYPE_CHECKING:
    import numpy as np

    from dllab.cli.interrupt import Interrupt
    from dllab.clustering.chain import Clustered
    from dllab.clustering.fit import Fit
    from dllab.clustering.process import Apart

_LONG_S = 2.0


def run(options: argparse.Namespace) -> int:
    """Fit every clustering of the file, or the algorithm that is asked for; a network is trained first."""
    from dllab.clustering.fit import ClusterProblem
    from dllab.data.prepare import DataProblem

    experiment = _asked_for(options)
    checked = check(experiment)
    for problem in checked.problems:
        if problem.severity == "error":
            place = f"{problem.node or problem.name}: " if problem.node or problem.name else ""
            raise BadInput(f"{options.file}: {place}{problem.text}")
    try:
        found = []
        for made, seconds in _carried_out(experiment, checked, options):
            options.interrupt.check()
            found.append(_facts(made, seconds))
            if not options.json:
                _tell(made, seconds)
    except (ClusterProblem, DataProblem) as problem:
        raise BadInput(f"{options.file}: {problem}") from problem
    if options.json:
        print_json(found if len(found) > 1 else found[0])
    return 0


def _asked_for(options: argparse.Namespace) -> Experiment:
    experiment = opened(options.file)
    names = [name for name, node in experiment.model.nodes.items() if _is_clustering(node)]
    if options.algorithm:
        if not issubclass(LAYERS.get(options.algorithm) or object, Clustering):
            known = ", ".join(layer.kind for layer in LAYERS if issubclass(layer, Clustering))
            text = _("there is no algorithm {name}; there are {known}")
            raise BadInput(text.format(name=options.algorithm, known=known))
        experiment, names = _with_algorithm(experiment, names, options.algorithm)
    if not names:
        raise BadInput(_("{path} holds no clustering: name one with --algorithm.").format(path=options.file))
    plain = [setting for setting in options.settings if "." not in setting.partition("=")[0]]
    experiment = changed(experiment, [s for s in options.settings if s not in plain])
    for setting in plain:
        for name in names:
            if setting.partition("=")[0] not in ("seed", "title", "note"):
                experiment = changed(experiment, [f"model.nodes.{name}.{setting}"])
            else:
                experiment = changed(experiment, [setting])
    return experiment


def _is_clustering(node: Node) -> bool:
    return issubclass(LAYERS.get(node.kind) or object, Clustering)


def _with_algorithm(experiment: Experiment, names: list[str], kind: str) -> tuple[Experiment, list[str]]:
    """The experiment with this algorithm in place of its own; one that has none clusters its data."""
    for name in names:
        if experiment.model.nodes[name].kind != kind:
            experiment = edits.replace_node(experiment, name, kind=kind, params={})
    if names:
        return experiment, names
    nodes = {"input": Node(kind="input"), kind: Node(kind=kind, x=190.0)}
    model = Graph(nodes=nodes, links=(Link(source="input", target=kind),))
    return experiment.model_copy(update={"model": model}), [kind]


def _carried_out(
    experiment: Experiment, checked: Check, options: argparse.Namespace
) -> "Iterator[tuple[Clustered, float]]":
    from dllab.clustering.chain import carry_out, clusterings, seen, way_to
    from dllab.data.prepare import prepare

    if checked.fits_only:
        samples = seen(prepare(experiment))
        values: Mapping[str, np.ndarray] = {}
    else:
        samples, values = _learned(experiment, options)
    for node in clusterings(checked):
        source, _steps = way_to(checked, node)
        began = time.perf_counter()
        x, ways = values.get(source, samples.x), Ways(options.interrupt)
        made = carry_out(checked, node, x, samples.y, ways.fit, ways.reduce)
        yield made, time.perf_counter() - began


class Ways:
    """What is short is done here; what is long gets a process of its own, so that Ctrl-C ends it at once."""

    def __init__(self, interrupt: "Interrupt") -> None:
        self._interrupt = interrupt

    def fit(self, layer: Clustering, x: "np.ndarray", seed: int) -> "Fit":
        """Cluster rows (n, d)."""
        from dllab.clustering.fit import fit
        from dllab.clustering.process import Fitting

        if layer.seconds(*x.shape) < _LONG_S:
            return fit(layer, x, seed)
        fitting = Fitting(layer, x, seed)
        self._wait(fitting)
        return fitting.result()

    def reduce(self, layer: Analysis, x: "np.ndarray", seed: int) -> "np.ndarray":
        """Standardise or project rows (n, d)."""
        from dllab.clustering.fit import reduce
        from dllab.clustering.process import Reducing

        if not layer.patient:
            return reduce(layer, x, seed)
        reducing = Reducing(layer, x, seed)
        self._wait(reducing)
        return reducing.result()

    def _wait(self, work: "Apart") -> None:
        try:
            while not work.wait(0.1):
                self._interrupt.check()
        except KeyboardInterrupt:
            work.cancel()
            raise
        self._interrupt.check()  # Ctrl-C in a terminal reaches the child as well, and it is quicker to end


def _learned(experiment: Experiment, options: argparse.Namespace) -> Any:
    """Train as the recipe says; the samples, and what every layer puts out for them."""
    from dllab.clustering.chain import seen
    from dllab.training.features import layer_outputs
    from dllab.training.run import train

    complain(_("Training the network first: {count} epochs.").format(count=experiment.training.epochs))
    result = train(experiment, options.device, should_stop=lambda: options.interrupt.seen)
    options.interrupt.check()
    samples = seen(result.session.prepared)
    return samples, layer_outputs(result.session, samples.x)


def _facts(made: "Clustered", seconds: float) -> dict[str, Any]:
    return {
        "node": made.node,
        "algorithm": made.layer.kind,
        "params": made.layer.model_dump(mode="json"),
        "source": made.source,
        "samples": len(made.rows),
        "features": made.rows.shape[1],
        "clusters": made.fit.clusters,
        "counts": {str(number): count for number, count in made.fit.counts().items()},
        "noise": made.fit.noise,
        **{name: count for name, count in made.fit.kinds().items() if name != "noise"},
        "scores": made.scores,
        "facts": made.fit.facts,
        "remarks": list(made.fit.remarks),
        "seconds": round(seconds, 3),
    }


def _tell(made: "Clustered", seconds: float) -> None:
    text = ngettext(
        "{node}: {algorithm} found {clusters} cluster in {samples:,} samples of {features} features ({time}).",
        "{node}: {algorithm} found {clusters} clusters in {samples:,} samples of {features} features ({time}).",
        made.fit.clusters,
    )
    print(
        text.format(
            node=made.node,
            algorithm=_(made.layer.title),
            clusters=made.fit.clusters,
            samples=len(made.rows),
            features=made.rows.shape[1],
            time=time_words(seconds),
        )
    )
    sizes = sorted(made.fit.counts().values(), reverse=True)
    print("  " + _("Sizes: {sizes}").format(sizes=", ".join(map(str, sizes[:20])) or "–"))
    kinds = made.fit.kinds()
    if kinds:
        print("  " + _("{core} core, {border} border and {noise} noise samples").format(**kinds))
    elif made.fit.noise:
        print("  " + _("{count} noise samples").format(count=made.fit.noise))
    titles = {"ari": "ARI", "nmi": "NMI", "homogeneity": _("homogeneity"), "completeness": _("completeness"),
              "silhouette": _("silhouette")}  # fmt: skip
    if made.scores:
        print("  " + ", ".join(f"{titles[name]} {value:.3f}" for name, value in made.scores.items()))
    for remark in made.fit.remarks:
        print(f"  {remark}")
