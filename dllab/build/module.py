"""The graph as a torch module: one submodule a node, run along a plan that is worked out once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from dllab.build.making import BuildProblem, make_layer
from dllab.checking import Check, check
from dllab.document.experiment import Experiment
from dllab.layers.base import Call
from dllab.layers.ends import End
from dllab.text import _

Outputs = Tensor | tuple[Tensor, ...]
"""What reaches the ends of a network: one tensor, or one for each wire."""


class Layers(nn.ModuleDict):
    """Modules by node id; an id may be any word, even one that ModuleDict uses itself, as "train" or "training"."""

    def __setitem__(self, key: str, module: nn.Module) -> None:
        self._modules[key] = module

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "training":
            self.__dict__[name] = value
        else:
            super().__setattr__(name, value)


@dataclass(frozen=True)
class Step:
    """One call of the plan: values from these slots into those slots."""

    node: str
    module: nn.Module
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    lengths: bool = False
    """Whether the module is also given how long each sample is."""

    def carry_out(self, inputs: list[Tensor], lengths: Tensor | None) -> tuple[Tensor, ...]:
        """The value for every output slot."""
        result = self.module(*inputs, lengths) if self.lengths else self.module(*inputs)
        return result if len(self.outputs) > 1 else (result,)


class Network(nn.Module):
    """What is trained. `layers` holds the torch modules by node id; muted and parameterless ends have none."""

    def __init__(self, experiment: Experiment, checked: Check) -> None:
        super().__init__()
        self.calls = calls_of(experiment, checked)
        self.nodes = {name: experiment.model.nodes[name] for name in self.calls}
        self.layers = Layers()
        for name, call in self.calls.items():
            self.layers[name] = make_layer(call, name, self.nodes[name])
        self._port_slots, self._node_slots, self.plan = self._lay_out(experiment, checked)
        self._slots = 1 + sum(len(step.outputs) for step in self.plan)
        self.results = self._end_slots(experiment, checked)
        """The slots of what reaches the ends, in the order of the goals."""
        self._lengths = any(step.lengths for step in self.plan)
        self._chain = self._straight()

    def _lay_out(
        self, experiment: Experiment, checked: Check
    ) -> tuple[dict[tuple[str, str], int], dict[str, int], tuple[Step, ...]]:
        """The slot of every port's and every node's value, and the calls in order; slot 0 holds the input."""
        sources = {link.end: (link.source, link.output) for link in experiment.model.links}
        slots: dict[tuple[str, str], int] = {}
        node_slots: dict[str, int] = {}
        plan: list[Step] = []
        free = 1
        for name in checked.order:
            layer = checked.nodes[name].layer
            assert layer is not None
            inputs = tuple(slots[sources[name, port]] for port in layer.input_ports())
            ports = layer.output_ports()
            outputs = inputs[:1] or (0,)
            if name in self.calls:
                outputs = tuple(range(free, free + len(ports)))
                free += len(ports)
                lengths = checked.nodes[name].takes_lengths
                plan.append(Step(name, self.layers[name], inputs, outputs, lengths))
            slots.update({(name, port): slot for port, slot in zip(ports, outputs, strict=False)})
            node_slots[name] = outputs[0]
        return slots, node_slots, tuple(plan)

    def _end_slots(self, experiment: Experiment, checked: Check) -> tuple[int, ...]:
        slots = {}
        for name in checked.order:
            layer = checked.nodes[name].layer
            if isinstance(layer, End):
                into = {link.input: link for link in experiment.model.into(name)}
                slots[name] = [self._port_slots[into[p].source, into[p].output] for p in layer.input_ports()]
        return tuple(slot for goal in checked.goals for slot in slots[goal.node])

    def _straight(self) -> list[nn.Module] | None:
        """The modules one after the other, if each takes just what the one before it gives."""
        for place, step in enumerate(self.plan):
            if step.lengths or step.inputs != (place,) or step.outputs != (place + 1,):
                return None
        return [step.module for step in self.plan] if self.results == (len(self.plan),) else None

    def forward(self, x: Tensor) -> Outputs:
        """What reaches the Output for a batch of prepared samples; a tuple where several wires reach ends."""
        if self._chain is not None:
            for module in self._chain:
                x = module(x)
            return x
        return self.gathered(self._run(x))

    def gathered(self, values: Sequence[Tensor] | Mapping[int, Tensor]) -> Outputs:
        """What reaches the ends, from the values of all slots."""
        found = tuple(values[slot] for slot in self.results)
        return found if len(found) > 1 else found[0]

    def forward_nodes(self, x: Tensor) -> dict[str, Tensor]:
        """The output of every node by id; for the Output what reaches it, for several ports the first one's."""
        values = self._run(x)
        return {name: values[slot] for name, slot in self._node_slots.items()}

    def _run(self, x: Tensor) -> list[Tensor]:
        values, lengths = self.begin(x)
        for step in self.plan:
            results = step.carry_out([values[slot] for slot in step.inputs], lengths)
            for slot, value in zip(step.outputs, results, strict=True):
                values[slot] = value
        return values

    def begin(self, x: Tensor) -> tuple[list[Tensor], Tensor | None]:
        """The slots before the first step of the plan, and how long each sample is where a step asks for that."""
        return [x] * self._slots, sample_lengths(x) if self._lengths else None


LENGTHS = "(x != 0).sum(1).clamp(min=1)"


def sample_lengths(x: Tensor) -> Tensor:
    """How long each sample of padded indices (N, T) is, at least 1: index 0 is padding. LENGTHS is the same as text."""
    return (x != 0).sum(1).clamp(min=1)


def build(experiment: Experiment) -> Network:
    """The network of an experiment, with the first weights that its seed gives. Raises BuildProblem."""
    checked = trainable_check(experiment)
    with _own_random(experiment.seed):
        return Network(checked.experiment, checked)


def trainable_check(experiment: Experiment) -> Check:
    """The check of an experiment without errors. Raises BuildProblem."""
    checked = check(experiment)
    for problem in checked.problems:
        if problem.severity == "error":
            raise BuildProblem(problem.text, problem.node)
    if checked.fits_only:
        raise BuildProblem(
            _("This experiment has no Output, so there is nothing to train: dllab cluster FILE carries it out.")
        )
    return checked


def initialise(network: Network, seed: int) -> None:
    """Give a network the first weights of a seed, exactly those that `build` would give it."""
    with _own_random(seed):
        for name, call in network.calls.items():
            network.layers[name].load_state_dict(make_layer(call, name, network.nodes[name]).state_dict())


class _own_random:  # noqa: N801 — a context manager reads as a function
    """Random numbers of a seed inside, the generator of everybody else untouched (torch.manual_seed would seed GPUs too)."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __enter__(self) -> None:
        self._state = torch.random.get_rng_state()
        torch.default_generator.manual_seed(self._seed)

    def __exit__(self, *_error: object) -> None:
        torch.random.set_rng_state(self._state)


def calls_of(experiment: Experiment, checked: Check) -> dict[str, Call]:
    """The call of every node that has one, in the order of the data."""
    calls: dict[str, Call] = {}
    for name in checked.order:
        found = checked.nodes[name]
        if found.layer is None or experiment.model.nodes[name].muted:
            continue
        inputs = [shape for shape in found.inputs if shape is not None]
        # An Input has no wires: its shape rule is given nothing.
        call = found.layer.call(*inputs)
        if call is not None:
            calls[name] = call
    return calls
