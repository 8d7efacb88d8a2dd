"""Whether network, loss and data fit each other: sizes that must match and habits that spoil learning."""

from collections.abc import Iterator, Mapping
from math import prod
from typing import TYPE_CHECKING

from dllab.checking.problem import Fix, Problem, Severity
from dllab.data.base import DataSpec, split_sizes
from dllab.document.experiment import Experiment, Graph
from dllab.layers.base import Shape, show_product, show_shape
from dllab.recipe import LOSSES
from dllab.recipe.goals import Goal
from dllab.recipe.losses import Loss
from dllab.text import N_, _, ngettext

if TYPE_CHECKING:
    from dllab.checking.known import NodeCheck

_RANGES: Mapping[str, str] = {
    "softmax": N_("numbers from 0 to 1"),
    "sigmoid": N_("numbers from 0 to 1"),
    "tanh": N_("numbers from -1 to 1"),
    "relu": N_("0 and positive numbers"),
}
# Layers that give each number back in its place: behind a Linear they don't change how many there are.
_PLACEWISE = frozenset({"activation", "regularise", "normalise"})


def goal_problems(
    experiment: Experiment, nodes: Mapping[str, "NodeCheck"], goals: tuple[Goal, ...]
) -> Iterator[Problem]:
    """Problems between the last layers, the losses and what is asked of each Output."""
    outputs = [(goal, goal.loss, goal.data) for goal in goals if goal.loss is not None and goal.data is not None]
    for goal, loss, data in outputs:
        wrong = list(task_problems(data, loss, "" if len(outputs) == 1 else goal.node))
        wrong = wrong or list(_parameter_problems(experiment, data, loss, goal.node))
        yield from wrong or _fit_problems(experiment, nodes, data, loss, goal.node)


def _parameter_problems(experiment: Experiment, data: DataSpec, loss: Loss, end: str) -> Iterator[Problem]:
    """Parameters of a loss that don't fit the data, told where they stand: in the recipe or at the Output."""
    name, text = loss.misfit(data)
    if name and experiment.model.nodes[end].params.get("loss"):
        yield Problem("loss-parameter", text, end, "loss")
    elif name:
        yield Problem("loss-parameter", text, name=f"training.loss.{name}")


def task_problems(data: DataSpec, loss: Loss, end: str = "") -> Iterator[Problem]:
    """A loss that compares something else than what is asked for; with `end` that Output gets a loss of its own."""
    if data.task == "none":
        text = _(
            "This data has nothing to predict, so no network can learn it: cluster it, import it with a target, "
            "or let an Output have the input as its target."
        )
        yield Problem("no-target", text, name="data")
    elif data.task not in loss.tasks:
        yield _wrong_task(data, loss, end)


def _fit_problems(
    experiment: Experiment, nodes: Mapping[str, "NodeCheck"], data: DataSpec, loss: Loss, end: str
) -> Iterator[Problem]:
    output = nodes[end].inputs[0] if nodes[end].inputs else None
    if output is not None and output != loss.expects(data):
        yield _wrong_size(experiment, nodes, data, loss, end, output)
    if data.task == "reconstruction" and loss.squash == "sigmoid" and experiment.preparation.scaling != "minmax":
        text = _("{loss} compares numbers from 0 to 1: scale the inputs to that.").format(loss=_(loss.title))
        fix = Fix("path", _("Set Scale inputs to minmax"), name="preparation.scaling", value="minmax")
        yield Problem("not-shares", text, end, name="preparation.scaling", severity="warning", fixes=(fix,))
    weighty = [name for name in _reached(experiment.model, nodes, end) if nodes[name].parameters]
    if output is not None and not weighty:
        yield _nothing_to_learn(data, loss, end, output)
    elif output is not None and all(experiment.model.nodes[name].frozen for name in weighty):
        text = _("There is nothing to learn: every layer with weights is frozen.")
        fix = Fix("path", _("Let it learn"), name=f"model.nodes.{weighty[0]}.frozen", value=False)
        yield Problem("all-frozen", text, weighty[0], "frozen", fixes=(fix,))
    yield from _last_activation(experiment, nodes, data, loss, end)


def split_problems(experiment: Experiment, nodes: Mapping[str, "NodeCheck"], data: DataSpec) -> Iterator[Problem]:
    """Problems of dividing this data and taking batches from the training part."""
    split = experiment.split
    train, validation, test = split_sizes(data.samples, split, data.gap)
    if train < 1:
        text = _("Of {count} samples {test} are kept for the test and {validation} for validation: none is left.")
        text = text.format(count=data.samples, test=test, validation=validation)
        fix = Fix("path", _("Set Validation part to 0.2"), name="split.validation", value=0.2)
        yield Problem("split", text, name="split.validation", fixes=(fix,))
        return
    stratified = split.stratify and data.task == "classification" and not (data.positions or data.ordered)
    classes = len(data.classes) if stratified else 0
    cuts = ([(test, data.samples - test)] if split.test else []) + ([(validation, train)] if split.validation else [])
    if any(min(cut) < classes for cut in cuts):
        text = _("A part of {count} samples can't hold all {classes} classes.")
        text = text.format(count=min(map(min, cuts)), classes=classes)
        fix = Fix("path", _("Switch Stratify off"), name="split.stratify", value=False)
        yield Problem("split", text, name="split.stratify", fixes=(fix,))
    if experiment.training.patience and not split.validation:
        text = _("Early stopping watches the validation loss, but there is no validation part.")
        fix = Fix("path", _("Set Validation part to 0.2"), name="split.validation", value=0.2)
        yield Problem("patience", text, name="training.patience", severity="warning", fixes=(fix,))
    if experiment.training.schedule.kind == "plateau" and not split.validation:
        text = _("This schedule waits for the validation loss, but there is no validation part.")
        fix = Fix("path", _("Set Validation part to 0.2"), name="split.validation", value=0.2)
        yield Problem("plateau", text, name="training.schedule", severity="warning", fixes=(fix,))
    yield from _batch_norm_of_one(experiment, nodes, train)


def _wrong_task(data: DataSpec, loss: Loss, end: str) -> Problem:
    scores = data.task == "classification"
    better = next(kind for kind in LOSSES if data.task in kind.tasks and kind.from_logits == scores)
    text = _("{loss} compares numbers, but this data has classes to tell apart.")
    if data.task == "regression":
        text = _("{loss} compares classes, but this data has numbers to predict.")
    elif data.task == "reconstruction":
        text = _("{loss} compares classes, but here the input is to be given again.")
    text, offer = text.format(loss=_(loss.title)), _("Use {loss}").format(loss=_(better.title))
    if end:
        fix = Fix("param", offer, end, "loss", {"kind": better.kind, "params": {}})
        return Problem("loss-task", text, end, "loss", fixes=(fix,))
    fix = Fix("path", offer, name="training.loss", kind=better.kind)
    return Problem("loss-task", text, name="training.loss", fixes=(fix,))


def _wanted(data: DataSpec, size: int) -> str:
    if data.task == "regression":
        return ngettext("{count} number to predict", "{count} numbers to predict", size).format(count=size)
    if size == 1:
        return _("1 score for 2 classes")
    return ngettext("{count} class", "{count} classes", size).format(count=size)


def _wrong_size(
    experiment: Experiment,
    nodes: Mapping[str, "NodeCheck"],
    data: DataSpec,
    loss: Loss,
    end: str,
    output: Shape,
) -> Problem:
    *steps, size = expected = loss.expects(data)
    if data.task == "reconstruction":
        return _wrong_copy(experiment, nodes, expected, end, output)
    text = _("The data asks for {wanted}, so the last layer must put out {size}; it puts out {got}.")
    if steps:
        text = _("The data asks for {wanted} at every step, so the last layer must put out {size}; it puts out {got}.")
    text = text.format(wanted=_wanted(data, size), size=show_shape(expected), got=show_product(output))
    fixes: list[Fix] = []
    linear = _last_linear(experiment.model, nodes, end)
    if steps:
        fixes += _fix_last_axis(end, linear, size) if output[:-1] == expected[:-1] else []
    elif len(output) > 1:
        # A Linear that saw an image acted on its last axis only: flatten before it, else before the end.
        came = nodes[linear].inputs[0] if linear else None
        place = linear if linear and came and len(came) > 1 else end
        fixes.append(Fix("insert", _("Insert Flatten"), place, "in", kind="flatten"))
    else:
        fixes += _fix_last_axis(end, linear, size)
    return Problem("output-size", text, end, "in", fixes=tuple(fixes))


def _wrong_copy(
    experiment: Experiment, nodes: Mapping[str, "NodeCheck"], expected: Shape, end: str, output: Shape
) -> Problem:
    """What is to be the input again has another shape."""
    text = _("This Output is to give the input again: the last layer must put out {size}; it puts out {got}.")
    text = text.format(size=show_shape(expected), got=show_product(output))
    if prod(output) == prod(expected):
        offer = _("Insert Reshape")
        fixes = [Fix("insert", offer, end, "in", kind="reshape", params={"extents": tuple(expected)})]
    elif len(output) > 1:
        fixes = [Fix("insert", _("Insert Flatten"), end, "in", kind="flatten")]
    else:
        fixes = _fix_last_axis(end, _last_linear(experiment.model, nodes, end), prod(expected))
    return Problem("output-size", text, end, "in", fixes=tuple(fixes))


def _fix_last_axis(end: str, linear: str | None, size: int) -> list[Fix]:
    insert = Fix("insert", _("Insert Linear"), end, "in", kind="linear", params={"features": size})
    if linear is None:
        return [insert]
    return [Fix("param", _("Set Features out to {size}").format(size=size), linear, "features", size), insert]


def _nothing_to_learn(data: DataSpec, loss: Loss, end: str, output: Shape) -> Problem:
    text = _("There is nothing to learn: no layer on the way from Input to Output has weights.")
    fixes: tuple[Fix, ...] = (Fix("insert", _("Insert Flatten"), end, "in", kind="flatten"),)
    *steps, size = loss.expects(data)
    if len(output) == 1 + len(steps) and data.task != "reconstruction":
        fixes = (Fix("insert", _("Insert Linear"), end, "in", kind="linear", params={"features": size}),)
    return Problem("nothing-to-learn", text, end, "in", fixes=fixes)


def _reached(graph: Graph, nodes: Mapping[str, "NodeCheck"], end: str) -> list[str]:
    """The nodes that the output depends on, nearest first: a muted layer passes on its first input only."""
    feeding: dict[str, list[tuple[str, str]]] = {}
    for link in graph.links:
        feeding.setdefault(link.target, []).append((link.input, link.source))
    seen, queue, found = {end}, [end], []
    while queue:
        name = queue.pop()
        found.append(name)
        layer = nodes[name].layer
        ports = layer.input_ports() if layer else ()
        ports = ports[:1] if graph.nodes[name].muted else ports
        fresh = [source for port, source in feeding.get(name, ()) if port in ports and source not in seen]
        seen.update(fresh)
        queue += fresh
    return found


def _before(graph: Graph, nodes: Mapping[str, "NodeCheck"], node: str, through: frozenset[str]) -> str | None:
    """The nearest node before this one, along first inputs, that is neither muted nor of one of these families."""
    seen = {node}
    while True:
        links = graph.into(node)
        if not links:
            return None
        layer = nodes[node].layer
        ports = layer.input_ports() if layer else ()
        node = min(links, key=lambda link: ports.index(link.input) if link.input in ports else len(ports)).source
        if node in seen:
            return None
        seen.add(node)
        found = nodes[node].layer
        if not graph.nodes[node].muted and (found is None or found.family not in through):
            return node


def _last_linear(graph: Graph, nodes: Mapping[str, "NodeCheck"], end: str) -> str | None:
    """The Linear that decides how many numbers reach the end, if it is one."""
    name = _before(graph, nodes, end, _PLACEWISE)
    found = nodes[name].layer if name else None
    return name if found and found.kind == "linear" else None


def _last_activation(
    experiment: Experiment, nodes: Mapping[str, "NodeCheck"], data: DataSpec, loss: Loss, end: str
) -> Iterator[Problem]:
    last = _before(experiment.model, nodes, end, frozenset({"regularise"}))
    found = nodes[last].layer if last else None
    if last is None or found is None or found.kind not in _RANGES:
        return
    remove, scaling = Fix("remove", _("Remove it"), node=last), experiment.preparation.scaling
    names = {"loss": _(loss.title), "name": _(found.title), "range": _(_RANGES[found.kind])}
    if loss.from_logits and found.kind in ("softmax", "sigmoid"):
        text = _(
            "{loss} applies its own {own}: with {name} before it the scores are squashed twice and learning is slow."
        )
        own = loss.squash
        yield Problem("activation-before-loss", text.format(own=own, **names), last, "kind", "warning", (remove,))
    elif loss.from_logits:
        text = _("{loss} works with scores of any size, but {name} puts out only {range}.")
        yield Problem("activation-before-loss", text.format(**names), last, "kind", "warning", (remove,))
    elif data.task == "reconstruction" and not (scaling == "minmax" and found.kind in ("sigmoid", "relu")):
        text = _("The scaled inputs may be of any size, but {name} puts out only {range}.")
        yield Problem("bounded-output", text.format(**names), last, "kind", "warning", (remove,))
    elif data.task == "regression":
        text = _("The numbers to predict may be of any size, but {name} puts out only {range}.")
        yield Problem("bounded-output", text.format(**names), last, "kind", "warning", (remove,))


def _batch_norm_of_one(experiment: Experiment, nodes: Mapping[str, "NodeCheck"], train: int) -> Iterator[Problem]:
    """Batch norm averages over a batch; over a single number there is nothing to average and torch refuses."""
    recipe = experiment.training
    smallest = min(recipe.batch_size, train)
    rest = train % recipe.batch_size
    if recipe.drop_last is False and 0 < rest < smallest:
        smallest = rest
    if smallest > 1:
        return
    for name, node in nodes.items():
        if node.layer is None or node.layer.kind != "batch_norm" or experiment.model.nodes[name].muted:
            continue
        if not node.inputs or node.inputs[0] is None:
            continue
        severity: Severity = "error" if prod(node.inputs[0][1:]) == 1 else "warning"
        if recipe.batch_size > 1 and train > 1:
            text = _("The last batch of an epoch holds 1 sample of {train}: too few for batch norm to average over.")
            fix = Fix("path", _("Drop the last batch"), name="training.drop_last", value=True)
            yield Problem("batch-norm-one", text.format(train=train), name, "training.drop_last", severity, (fix,))
        else:
            text = _("Batch norm needs at least 2 samples in a batch to average over; here it gets 1.")
            fix = Fix("path", _("Set the batch size to 32"), name="training.batch_size", value=32)
            yield Problem("batch-norm-one", text, name, "training.batch_size", severity, (fix,))
