"""The network as Python that stands alone, made from the same calls as the module that trains."""

import inspect
import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from torch import nn

from dllab.build import blocks
from dllab.build.making import first_lines
from dllab.build.module import LENGTHS, calls_of, trainable_check
from dllab.document.experiment import Experiment, Graph
from dllab.document.flat import SEPARATOR
from dllab.layers.base import Call, Layer, Shape, show_shape
from dllab.layers.ends import End


def code_line(layer: Layer, inputs: tuple[Shape, ...]) -> str:
    """The constructor call of a layer as Python; empty for layers that pass their input on."""
    call = layer.call(*inputs)
    return _written(call) if call else ""


def _written(call: Call) -> str:
    return call.code().removeprefix("blocks.").removeprefix("custom.")


def to_code(experiment: Experiment) -> str:
    """A module text with `class Net(nn.Module)`. Raises BuildProblem for a network that can't be built."""
    checked = trainable_check(experiment)
    experiment = checked.experiment
    calls = calls_of(experiment, checked)
    names = _python_names(checked.order)
    calls, own = _own_classes(calls)
    parts = [_header(experiment), *map(_source, _used_blocks(calls.values())), *own]
    lines = ["class Net(nn.Module):", "    def __init__(self) -> None:", "        super().__init__()"]
    for name, call in calls.items():
        shape = checked.nodes[name].shapes.get("out")
        remark = f"  # {show_shape(shape)}" if shape is not None else ""
        lines.append(f"        self.{names[name]} = {_written(call)}{remark}")
        lines += [f"        {line}" for line in first_lines(call, names[name], experiment.model.nodes[name])]
    lines += ["", "    def forward(self, x: torch.Tensor) -> torch.Tensor:"]
    if any(found.takes_lengths for found in checked.nodes.values()):
        lines.append(f"        lengths = {LENGTHS}")
    values: dict[tuple[str, str], str] = {}
    ends = {}
    for name in checked.order:
        layer = checked.nodes[name].layer
        assert layer is not None
        called = 0 if name not in calls else 1 + checked.nodes[name].takes_lengths
        if isinstance(layer, End):
            sources = {link.input: (link.source, link.output) for link in experiment.model.into(name)}
            ends[name] = [values[sources[port]] for port in layer.input_ports()]
            continue
        lines += _forward_lines(experiment.model, name, layer, names, called, values)
    lines.append(f"        return {', '.join(value for goal in checked.goals for value in ends[goal.node])}")
    return "\n\n\n".join([*parts, "\n".join(lines)]) + "\n"


def _own_classes(calls: Mapping[str, Call]) -> tuple[dict[str, Call], list[str]]:
    """The calls, and the code of custom layers, each once; a class whose name other code has taken gets a number."""
    sources: dict[str, str] = {}
    written: dict[str, Call] = {}
    texts: list[str] = []
    for node, call in calls.items():
        family, _dot, name = call.name.partition(".")
        own, number = name, 1
        while family == "custom" and (own == "Net" or sources.get(own, call.source) != call.source):
            number += 1
            own = f"{name}{number}"
        if family == "custom" and own not in sources:
            sources[own] = call.source
            texts.append(re.sub(rf"\b{name}\b", own, call.source).strip())
        written[node] = replace(call, name=f"{family}.{own}")
    return written, ["from torch.nn import functional as F", *texts] if texts else []


def _used_blocks(calls: Iterable[Call]) -> list[type]:
    """The classes of our own that these calls need, what they are made of before them."""
    used = sorted({c.name.removeprefix("blocks.") for c in calls if c.name.startswith("blocks.")})
    needed: dict[type, None] = {}
    for name in used:
        for block in reversed(getattr(blocks, name).mro()):
            if block.__module__.startswith("dllab."):
                needed[block] = None
    return list(needed)


def _source(block: type) -> str:
    return inspect.getsource(block).rstrip()


def _header(experiment: Experiment) -> str:
    title = " ".join(experiment.title.replace("\\", " ").replace('"', "'").split()) or "A network"
    return f'"""{title}"""\n\nimport torch\nfrom torch import nn'


def _forward_lines(
    graph: Graph, name: str, layer: Layer, names: dict[str, str], called: int, values: dict[tuple[str, str], str]
) -> list[str]:
    """The lines of one node; remembers which variable holds each of its outputs. `called` 2: with lengths."""
    ends = {link.input: (link.source, link.output) for link in graph.into(name)}
    inputs = [values[ends[port]] for port in layer.input_ports()]
    ports = layer.output_ports()
    if not called:
        values.update({(name, port): inputs[0] if inputs else "x" for port in ports})
        return []
    # A variable that nobody else reads again is called x, as a person would write it.
    several = [names[name] if len(ports) == 1 else f"{names[name]}_{port}" for port in ports]
    if len(ports) == 1 and _straight(graph, name, inputs, values):
        several = ["x"]
    values.update({(name, port): variable for port, variable in zip(ports, several, strict=True)})
    given = [*inputs, "lengths"] if called == 2 else inputs
    return [f"        {', '.join(several)} = self.{names[name]}({', '.join(given)})"]


def _straight(graph: Graph, name: str, inputs: list[str], values: dict[tuple[str, str], str]) -> bool:
    """Whether nothing after this node still needs what is in x now."""
    holders = {node for (node, _port), variable in values.items() if variable == "x"}
    readers = {link.target for link in graph.links if link.source in holders}
    done = {node for node, _port in values} | {name}
    return readers <= done


def _python_names(nodes: tuple[str, ...]) -> dict[str, str]:
    """Node ids as attributes: a few are Python words or belong to nn.Module."""
    taken = {"x", "torch", "nn", "lengths"}
    names: dict[str, str] = {}
    for node in nodes:
        name = node.replace(SEPARATOR, "_")
        while keyword.iskeyword(name) or hasattr(nn.Module, name) or name in taken or name == "training":
            name += "_"
        taken.add(name)
        names[node] = name
    return names
