"""One pass over the graph from input to output: shapes, parameter counts, arithmetic and problems."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from graphlib import CycleError
from math import prod
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from dllab.checking.fit import goal_problems, split_problems, task_problems
from dllab.checking.groups import at_home, flaw_problems, group_checks
from dllab.checking.known import NodeCheck
from dllab.checking.loop import loop_problems
from dllab.checking.order import ordered
from dllab.checking.padding import padding_problems
from dllab.checking.problem import Fix, Problem, Severity
from dllab.checking.taps import tap_problems, taps_of, without
from dllab.data import DATASETS
from dllab.data.base import Dataset, DataSpec
from dllab.declare import Declared, Registry, field_messages
from dllab.document.experiment import GROUP_INPUT, GROUP_OUTPUT, Choice, Experiment, Graph, Link
from dllab.document.flat import SEPARATOR, Flat, flatten, home_of, inside_of, ports_of
from dllab.layers import LAYERS
from dllab.layers.base import (
    InsertBefore,
    Layer,
    Misfit,
    SetParam,
    Shape,
    show_shape,
    signals,
)
from dllab.layers.ends import Output, Prior
from dllab.layers.grouping import Group, Ports
from dllab.recipe import INITIALISATIONS, LOSSES, OPTIMISERS, SCHEDULES
from dllab.recipe.goals import Goal, goal, main_goal
from dllab.recipe.losses import Loss
from dllab.text import N_, _

D = TypeVar("D", bound=Declared)

SIZE_LIMIT = 2**31
"""Numbers that one layer may learn or put out for one sample: 8 GiB as float32."""


@dataclass(frozen=True)
class Check:
    """What is known of a whole experiment, with its groups laid open: layers in them are called "group/layer"."""

    experiment: Experiment = field(compare=False)
    """The experiment with all groups laid open, which is what these ids speak of."""
    nodes: Mapping[str, NodeCheck]
    """Of layers and of groups."""
    problems: tuple[Problem, ...]
    order: tuple[str, ...]
    """Layers from input to output, no groups; empty when there is a loop."""
    data: DataSpec | None
    output: Shape | None
    """Shape that reaches the loss of the main goal."""
    taps: tuple[str, ...] = ()
    """What only looks on (clustering and what prepares it), in order; torch never sees these."""
    goals: tuple[Goal, ...] = ()
    """What the network is judged by, one for each of its ends, as far as known."""
    behind: Mapping[str, str] = field(default_factory=dict, compare=False)
    """The layer behind the first output of each group."""

    def layer_of(self, node: str) -> str:
        """The layer to look at for what stands in the document: itself, for a group its last one, of repetitions the first.

        What is not there comes back as it is.
        """
        if node not in self.nodes:
            node = next((name for name in self.nodes if SEPARATOR in name and home_of(name) == node), node)
        return self.behind.get(node, node)

    @property
    def trainable(self) -> bool:
        """Whether nothing stands in the way of training."""
        return not any(p.severity == "error" for p in self.problems)

    @property
    def fits_only(self) -> bool:
        """Whether there is clustering but no network to train: no Output."""
        return bool(self.taps) and not any(
            x.layer is not None and x.layer.kind == "output" for x in self.nodes.values()
        )

    @property
    def everything(self) -> tuple[str, ...]:
        """All layers in the order in which data passes them, those that only look on last."""
        return (*self.order, *self.taps)

    @property
    def parameters(self) -> int:
        """Learned numbers in all."""
        return sum(self.nodes[name].parameters for name in self.order)

    def of(self, node: str) -> tuple[Problem, ...]:
        """Problems of one node; its id says where it stands in the document."""
        return tuple(p for p in self.problems if p.node == node)


def check(experiment: Experiment) -> Check:
    """Look at an experiment without torch; every problem has a place and, where one is known, a remedy."""
    problems: list[Problem] = []
    dataset: Dataset | None = _chosen(DATASETS, experiment.data, "data", problems)
    loss: Loss | None = _chosen(LOSSES, experiment.training.loss, "training.loss", problems)
    _chosen(OPTIMISERS, experiment.training.optimiser, "training.optimiser", problems)
    _chosen(SCHEDULES, experiment.training.schedule, "training.schedule", problems)
    if dataset and dataset.problem():
        problems.append(Problem("data", dataset.problem(), name="data"))
        dataset = None
    spec = dataset.spec() if dataset else None
    problems += loop_problems(experiment.training)

    flat = flatten(experiment)
    behind: dict[str, str] = {}
    experiment = flat.experiment
    graph = experiment.model
    whole = _order(graph, problems)
    layers = {name: _layer(graph, name, problems) for name in graph.nodes}
    nodes = _walk(graph, whole, layers, spec, problems) if whole else {n: NodeCheck(layers[n]) for n in layers}
    taps = taps_of(layers)
    order = ordered(without(graph, taps)) if taps and whole else whole
    problems += _structure(flat, layers)

    goals = _goals(experiment, layers, spec, problems) if spec else ()
    if spec:
        problems += split_problems(experiment, nodes, spec)
    problems += tap_problems(experiment, nodes, taps, dataset) if taps else ()
    problems += goal_problems(experiment, nodes, goals)
    if spec and loss and not taps and not goals:
        problems += task_problems(spec, loss)
    main = main_goal(goals)
    output = nodes[main.node].inputs[0] if main and nodes[main.node].inputs else None
    if flat.groups or flat.flaws:
        problems += _group_problems(flat)
        nodes |= group_checks(flat, nodes)
        behind = {name: end[0] for name, placed in flat.groups.items() if (end := placed.last) is not None}
        problems = at_home(problems)
    problems.sort(key=lambda problem: problem.severity == "warning")
    looking = tuple(name for name in whole if name in taps)
    return Check(experiment, nodes, tuple(problems), order, spec, output, looking, goals, behind)


def _goals(
    experiment: Experiment, layers: Mapping[str, Layer | None], spec: DataSpec, problems: list[Problem]
) -> tuple[Goal, ...]:
    """The goals of all ends whose loss is known here."""
    found = []
    for name, layer in layers.items():
        if not isinstance(layer, (Output, Prior)):
            continue
        own: list[Problem] = []
        if isinstance(layer, Output) and layer.loss is not None:
            _chosen(LOSSES, layer.loss, "loss", own)
            remove = Fix("param", _("Use the recipe's loss"), name, "loss")
            problems += [replace(problem, node=name, name="loss", fixes=(remove,)) for problem in own]
        with suppress(KeyError, ValidationError):  # of the recipe's loss that is said where the recipe is looked at
            found += [] if own else [goal(name, layer, experiment.training.loss, spec)]
    return tuple(found)


def _group_problems(flat: Flat) -> Iterator[Problem]:
    yield from flaw_problems(flat)
    groups = Graph.model_construct(nodes={name: placed.node for name, placed in flat.groups.items()})
    for name, placed in flat.groups.items():
        problems: list[Problem] = []
        _layer(groups, name, problems)
        yield from problems
        if placed.node.muted:
            ports = ports_of(inside_of(placed.node))
            yield from _muted_ports(flat.given, name, Group(ports=Ports(inputs=ports[0], outputs=ports[1])))


def _chosen(registry: Registry[D], choice: Choice, path: str, problems: list[Problem]) -> D | None:
    """The declared thing a choice names, or a problem."""
    try:
        return registry.make(choice.kind, choice.params)
    except KeyError:
        text = _("{kind} is not known here: choose another.").format(kind=choice.kind)
        problems.append(Problem("unknown", text, name=path))
    except ValidationError as error:
        for name, sentence in field_messages(error):
            field_path = f"{path}.{name}"
            text, info = _field_text(registry[choice.kind], name, sentence)
            fixes: tuple[Fix, ...] = ()
            if info:
                fixes = (Fix("path", _set_to(info.title or name, info.default), name=field_path, value=info.default),)
            problems.append(Problem("value", text, name=field_path, fixes=fixes))
    return None


def _field_text(declaration: type[Declared], name: str, sentence: str) -> tuple[str, FieldInfo | None]:
    """What is wrong with a field in words, and the field if the declaration has it."""
    info = declaration.model_fields.get(name.partition(".")[0])
    field_title = _(info.title) if info and info.title else name
    return f"{_(declaration.title)}: {field_title} {sentence}.", info


def _set_to(title: str, value: Any) -> str:
    """What the button of a fix says that gives a field another value."""
    shown = show_shape(value) if isinstance(value, tuple) else _("automatic") if value is None else value
    return _("Set {field} to {value}").format(field=_(title), value=shown)


def _order(graph: Graph, problems: list[Problem]) -> tuple[str, ...]:
    try:
        return ordered(graph)
    except CycleError as error:
        loop = error.args[1]
        text = _("{names} feed each other in a loop: remove one of the wires between them.")
        problems.append(Problem("cycle", text.format(names=" → ".join(loop)), node=loop[0], name="in"))
        return ()


def _layer(graph: Graph, name: str, problems: list[Problem]) -> Layer | None:
    node = graph.nodes[name]
    remove = Fix("remove", _("Remove it"), node=name)
    if node.init.kind != "default":
        own: list[Problem] = []
        _chosen(INITIALISATIONS, node.init, "init", own)
        problems += [Problem(p.code, p.text, name, "init") for p in own]
    try:
        return LAYERS.make(node.kind, node.params)
    except KeyError:
        text = _("The layer {kind} is not known here. It is kept as it is; remove or replace it to train.")
        problems.append(Problem("unknown", text.format(kind=node.kind), name, "kind", fixes=(remove,)))
    except ValidationError as error:
        for field_name, sentence in field_messages(error):
            text, info = _field_text(LAYERS[node.kind], field_name, sentence)
            parameter = field_name.partition(".")[0]
            if info:
                fix = Fix("param", _set_to(info.title or parameter, info.default), name, parameter, info.default)
            else:
                kept = {key: value for key, value in node.params.items() if key != parameter}
                fix = Fix("path", _("Remove it"), name=f"model.nodes.{name}.params", value=kept)
            problems.append(Problem("value", text, name, parameter, fixes=(fix,)))
    return None


def _walk(
    graph: Graph,
    order: tuple[str, ...],
    layers: Mapping[str, Layer | None],
    spec: DataSpec | None,
    problems: list[Problem],
) -> dict[str, NodeCheck]:
    """Shapes from input to output; below a problem shapes are unknown, and silence is better than its echo."""
    sources = {link.end: (link.source, link.output) for link in graph.links}
    nodes: dict[str, NodeCheck] = {}
    for name in order:
        found = layers[name]
        if found is None or found.kind == GROUP_INPUT:
            nodes[name] = NodeCheck(found)
            continue
        if found.kind == "input":
            nodes[name] = NodeCheck(found, shapes={"out": spec.input} if spec else {})
            continue
        inputs: list[Shape | None] = []
        for port in found.input_ports():
            source, output = sources.get((name, port), ("", ""))
            inputs.append(nodes[source].shapes.get(output) if source else None)
        nodes[name] = _node_check(graph, name, found, tuple(inputs), problems)
    return {name: nodes[name] for name in graph.nodes}


def _node_check(
    graph: Graph, name: str, found: Layer, inputs: tuple[Shape | None, ...], problems: list[Problem]
) -> NodeCheck:
    if graph.nodes[name].muted:
        through = inputs[0] if inputs else None
        return NodeCheck(found, inputs, {p: through for p in found.output_ports()[:1] if through is not None})
    known = tuple(shape for shape in inputs if shape is not None)
    if len(known) < len(inputs):
        return NodeCheck(found, inputs)
    try:
        shapes, parameters = signals(found, *known), found.parameters(*known)
        _refuse_too_large(found, shapes, parameters)
    except Misfit as misfit:
        problems.append(_misfit_problem(name, found, misfit))
        return NodeCheck(found, inputs)
    problems += [_misfit_problem(name, found, remark, "warning") for remark in found.remarks(*known)]
    takes_lengths = found.takes_lengths(*known)
    problems += padding_problems(name, found, known)
    return NodeCheck(found, inputs, shapes, parameters, found.arithmetic(*known), takes_lengths)


def _refuse_too_large(found: Layer, shapes: Mapping[str, Shape], parameters: int) -> None:
    """Raise Misfit for sizes that no machine here could hold, before anybody allocates them."""
    numbers = max(map(prod, shapes.values()), default=0)
    count = max(parameters, numbers)
    if count <= SIZE_LIMIT:
        return
    field_name = found.size_field
    remedies: tuple[SetParam, ...] = ()
    if field_name:
        smaller = getattr(found, field_name) * SIZE_LIMIT // count
        remedies = (SetParam(field_name, smaller),) if smaller else ()
    text = N_("{layer} would put out {count:,} numbers for one sample; the limit is {limit:,}.")
    if parameters > numbers:
        text = N_("{layer} would learn {count:,} numbers; the limit is {limit:,}.")
    raise Misfit("too-large", text, field_name or "in", remedies, layer=found.title, count=count, limit=SIZE_LIMIT)


def _misfit_problem(name: str, found: Layer, misfit: Misfit, severity: Severity = "error") -> Problem:
    fixes: list[Fix] = []
    for remedy in misfit.remedies:
        if isinstance(remedy, InsertBefore):
            title = _(LAYERS[remedy.kind].title)
            port = misfit.at if misfit.at in found.input_ports() else found.input_ports()[0]
            text = _("Insert {layer}").format(layer=title)
            fixes.append(Fix("insert", text, name, port, kind=remedy.kind, params=remedy.params))
        elif isinstance(remedy, SetParam):
            text = _set_to(type(found).model_fields[remedy.name].title or remedy.name, remedy.value)
            fixes.append(Fix("param", text, name, remedy.name, remedy.value))
    return Problem(misfit.code, str(misfit), name, misfit.at, severity, tuple(fixes))


def _structure(flat: Flat, layers: Mapping[str, Layer | None]) -> Iterator[Problem]:
    """Ends that are missing or there twice, wires to ports that don't exist, layers without a place."""
    graph = flat.experiment.model
    kinds = [found.kind if found is not None else "" for found in layers.values()]
    if "input" not in kinds:
        yield Problem("no-input", _("The network has no Input: drag one from the palette."), name="model")
    if "output" not in kinds and not taps_of(layers):
        yield Problem("no-output", _("The network has no Output: drag one from the palette."), name="model")
    for extra in [name for name, kind in zip(layers, kinds, strict=True) if kind == "input"][1:]:
        text = _("There are two Inputs: remove one.")
        yield Problem("two-inputs", text, extra, fixes=(Fix("remove", _("Remove it"), node=extra),))
    for link in graph.links:
        source, target = layers[link.source], layers[link.target]
        if source is not None and link.output not in source.output_ports():
            yield Problem(
                "port", _("There is no output called {name}.").format(name=link.output), link.source, link.output
            )
        if target is not None and link.input not in target.input_ports():
            yield Problem(
                "port", _("There is no input called {name}.").format(name=link.input), link.target, link.input
            )
    fed = {link.end for link in graph.links} | flat.silent
    feeding = {link.source for link in graph.links} | flat.used
    for name, found in layers.items():
        if found is not None and found.kind in (GROUP_INPUT, GROUP_OUTPUT):
            text = _("{layer} has its place in a group: select layers and press Ctrl+G, or open a group.")
            remove = Fix("remove", _("Remove it"), node=name)
            yield Problem("outside", text.format(layer=_(found.title)), name, "kind", fixes=(remove,))
        elif found is not None:
            yield from _loose_ends(name, found, fed, feeding)
            if graph.nodes[name].muted:
                yield from _muted_ports(graph.links, name, found)


def _loose_ends(name: str, found: Layer, fed: set[tuple[str, str]], feeding: set[str]) -> Iterator[Problem]:
    remove = (Fix("remove", _("Remove it"), node=name),)
    title = _(found.title)
    open_ports = [port for port in found.input_ports() if (name, port) not in fed]
    if open_ports and len(open_ports) == len(found.input_ports()):
        text = _("{layer} is not connected: draw a wire to its input or remove it.").format(layer=title)
        yield Problem("disconnected", text, name, open_ports[0], fixes=remove)
    elif open_ports:
        text = _("{layer} waits for its input {port}: draw a wire to it.").format(
            layer=title, port=", ".join(open_ports)
        )
        yield Problem("open-input", text, name, open_ports[0])
    elif found.output_ports() and name not in feeding:
        text = _("What {layer} puts out goes nowhere: draw a wire from it or remove it.").format(layer=title)
        yield Problem("unused", text, name, "out", fixes=remove)


def _muted_ports(links: Iterable[Link], name: str, found: Layer) -> Iterator[Problem]:
    """A muted layer hands its first input to its first output; other wires hang in the air."""
    title = _(found.title)
    for link in links:
        if link.target == name and link.input in found.input_ports()[1:]:
            text = _("{layer} is muted and passes on its input {first} only: what comes in at {port} is not used.")
            text = text.format(layer=title, first=found.input_ports()[0], port=link.input)
            yield Problem("muted-input", text, name, link.input, "warning")
        if link.source == name and link.output in found.output_ports()[1:]:
            text = _("{layer} is muted, so nothing comes out at {port}.").format(layer=title, port=link.output)
            yield Problem("muted-output", text, name, link.output)
