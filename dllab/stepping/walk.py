"""The phases of one training step as a generator over the session: first weights, batch, forward node by node, loss,
backward node by node, clip, update, stop criterion.

Every node's inputs are detached, so that its part of the backward pass can be run by itself. What comes out is equal to
`Session.advance` bit for bit; where it takes care for that, a comment says so.
"""

import math
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from dllab.build.loss import Total
from dllab.build.module import Outputs, Step
from dllab.stepping.course import end, weighty
from dllab.stepping.drawing import Random, random_state
from dllab.stepping.inner import inside, through_time
from dllab.stepping.updating import clip, gradients, update
from dllab.text import _
from dllab.training.aims import Targets
from dllab.training.device import DeviceProblem
from dllab.training.precision import whole
from dllab.training.session import NonFinite, Outcome, Session

END_PORTS = ("mu", "logvar")
"""What comes into a prior."""


@dataclass(frozen=True)
class Operation:
    """One press of "next": what was computed at one node, with everything that it was computed from.

    Arrays have the batch axis first. "initialise": weights by name. "batch": x, targets. "forward": input (input.PORT
    where there are several), weights by name, what recurrent and attention modules compute inside, output. "loss":
    outputs, targets, loss (with several ends one operation each, and also weight and total). "zero_grad": none, and not
    there in a wrong loop. "backward": upstream, local (dy/dx of layers that act on every number by itself), gradient.input (gradient.input.a+b where one value came in at
    both ports), gradient.WEIGHT, held.WEIGHT (with the gradients that a wrong loop has kept), delta (of the sums inside
    recurrent and attention layers). "clip": norm, limit, factor, and for each weight NODE.WEIGHT.gradient and .clipped.
    "update": for each weight WEIGHT.old, .gradient, .clipped, .new and the optimiser's .before.KEY and .after.KEY.
    "stop": epoch, epochs, stale, patience and the epoch's metrics.
    """

    batch: int
    """Steps of training before this one."""
    phase: str
    node: str
    arrays: dict[str, Tensor] = field(default_factory=dict)
    outcome: Outcome | None = None
    """What the batch brought, known from its first update on."""

    def numbers(self) -> dict[str, np.ndarray]:
        """The arrays for numpy."""
        return {name: _plain(value.detach().cpu()).numpy() for name, value in self.arrays.items()}


@dataclass
class _Trace:
    """A node after its forward pass, with what its backward pass needs."""

    step: Step
    arrays: dict[str, Tensor]
    """Inputs, weights and outputs by name."""
    leaves: dict[int, Tensor]
    """The detached inputs by slot."""
    carries: dict[int, Tensor]
    """The same once more, made after the node's own operations."""
    outputs: tuple[Tensor, ...]
    pointwise: bool
    lengths: Tensor | None
    random: Random
    """How the random numbers stood before the node was computed."""


def walk(session: Session) -> Generator[Operation, None, Outcome]:
    """Train one batch, pausing after every operation; returns what `advance` would. Raises NonFinite before the update.

    The batch counts as trained from the first "update" on. Who leaves earlier must restore the state from before.
    """
    number = session.step
    first = weighty(session) if number == 0 else ()
    yield from (Operation(number, "initialise", step.node, _weights(step)) for step in first)
    stop, x, targets = session.take()
    yield Operation(number, "batch", _first(session), {"x": x, **_targets(targets)})
    traces: list[_Trace] = []
    values, lengths = session.network.begin(x)
    for step in session.network.plan:
        trace = _forward(session, step, values, lengths)
        traces.append(trace)
        yield Operation(number, "forward", step.node, _detached(trace.arrays))
    leaves = _leaves(values, session.network.results)
    outputs = whole(session.network.gathered(leaves))
    # The parts now: whoever looks between two operations may compute the loss of something else.
    loss, parts = session.loss(outputs, targets), session.aims.parts
    ends = _ends(session, outputs, targets, loss)
    yield from (Operation(number, "loss", node, facts) for node, facts in ends.items())
    if not math.isfinite(loss.item()):
        raise NonFinite(number, loss.item(), session.first_non_finite(x))
    if not session.held.kept:
        # They were cleared with the batch, which is the same: nothing has asked for them since.
        yield Operation(number, "zero_grad", "")
    if backward := session.held.renewed(number):
        upstream = _from_loss(loss, leaves)
        for node, facts in ends.items():
            yield Operation(number, "backward", node, {**facts, **_gradients_at(session, node, upstream)})
        for trace in reversed(traces):
            arrays = _backward(trace, upstream)
            if arrays:
                yield Operation(number, "backward", trace.step.node, {**_detached(trace.arrays), **arrays})
    found = gradients(session)
    if session.update.touches and backward:
        yield Operation(number, "clip", "", clip(session, found))
    updates = update(session, found)
    outcome = session.close(stop, loss.item(), outputs, targets, parts)
    yield from (Operation(number, "update", node, arrays, outcome) for node, arrays in updates.items())
    if outcome.metrics is not None:
        yield Operation(number, "stop", "", _criterion(session, outcome.metrics), outcome)
    return outcome


def _criterion(session: Session, metrics: Mapping[str, float]) -> dict[str, Tensor]:
    """What decides at the end of an epoch whether training goes on."""
    counts = {"epoch": session.epoch, "epochs": session.epochs, "stale": session.stale}
    facts = {name: torch.tensor(count) for name, count in counts.items()}
    facts["patience"] = torch.tensor(session.recipe.patience or 0)
    return facts | {name: torch.tensor(value, dtype=torch.float64) for name, value in metrics.items()}


def _weights(step: Step) -> dict[str, Tensor]:
    # Weights and running averages change in place: what is shown is how they were.
    return {name: value.detach().clone() for name, value in step.module.state_dict().items()}


def _first(session: Session) -> str:
    """The Input, where a batch begins; refuses what can't be walked."""
    if session.precision.scaler is not None:
        raise DeviceProblem(
            _(
                "Step by step shows runs in float32 and bfloat16. In float16 the gradients are scaled on their way: choose "
                "another precision in the recipe to look at a step."
            )
        )
    return end(session, "input")


def _targets(targets: Targets) -> dict[str, Tensor]:
    if isinstance(targets, Tensor):
        return {"targets": targets}
    return {f"targets.{number}": each for number, each in enumerate(targets, 1)}


def _ends(session: Session, outputs: Outputs, targets: Targets, loss: Tensor) -> dict[str, dict[str, Tensor]]:
    """By end: what came in, what it is compared with, its loss without its weight; for several ends also the sum."""
    wires = list(outputs) if isinstance(outputs, tuple) else [outputs]
    known = list(targets) if isinstance(targets, tuple) else [targets]
    parts = session.loss.parts if isinstance(session.loss, Total) else (loss.detach(),)
    found: dict[str, dict[str, Tensor]] = {}
    for goal, part in zip(session.aims.goals, parts, strict=True):
        given = [wires.pop(0).detach() for _wire in range(goal.inputs)]
        facts = (
            {"outputs": given[0], "targets": known.pop(0)} if goal.loss else dict(zip(END_PORTS, given, strict=True))
        )
        found[goal.node] = facts | {"loss": part}
        if isinstance(session.loss, Total):
            found[goal.node] |= {"weight": torch.tensor(goal.weight), "total": loss.detach()}
    return found


def _from_loss(loss: Tensor, leaves: dict[int, Tensor]) -> dict[int, Tensor]:
    """The gradients that the loss sends into the ends, by slot."""
    wanted = {slot: leaf for slot, leaf in leaves.items() if leaf.requires_grad}
    found = torch.autograd.grad(loss, list(wanted.values()))
    return dict(zip(wanted, found, strict=True))


def _gradients_at(session: Session, node: str, upstream: dict[int, Tensor]) -> dict[str, Tensor]:
    """What the loss sent into the wires of one end; where two ends share a wire, their sum."""
    place = 0
    for goal in session.aims.goals:
        slots = session.network.results[place : place + goal.inputs]
        place += goal.inputs
        if goal.node == node:
            names = ("gradient.input",) if goal.loss else tuple(f"gradient.{port}" for port in END_PORTS)
            return {name: upstream[slot] for name, slot in zip(names, slots, strict=True) if slot in upstream}
    return {}


def _plain(value: Tensor) -> Tensor:
    """numpy has no bfloat16."""
    return value.float() if value.dtype == torch.bfloat16 else value


def _detached(arrays: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach() for name, value in arrays.items()}


def _forward(session: Session, step: Step, values: list[Tensor], lengths: Tensor | None) -> _Trace:
    leaves = _leaves(values, dict.fromkeys(step.inputs))
    weights = _weights(step)
    given = [leaves[slot] for slot in step.inputs]
    random = random_state(session.device)
    with session.precision.casting():
        outputs = step.carry_out(given, lengths)
    carries = {slot: leaf.view_as(leaf) for slot, leaf in leaves.items() if leaf.requires_grad}
    for slot, value in zip(step.outputs, outputs, strict=True):
        values[slot] = value
    layer = session.check.nodes[step.node].layer
    assert layer is not None
    arrays = _named("input", layer.input_ports(), tuple(given)) | weights
    # What is inside is computed once more in float32, which is not what 16 bits made of it.
    arrays |= {} if session.precision.mixed else inside(step, given, lengths, outputs[0], random)
    if step.lengths and lengths is not None:
        arrays["lengths"] = lengths
    arrays |= _named("output", layer.output_ports(), outputs)
    return _Trace(step, arrays, leaves, carries, outputs, layer.pointwise, lengths, random)


def _leaves(values: list[Tensor], slots: Iterable[int]) -> dict[int, Tensor]:
    return {slot: values[slot].detach().requires_grad_(values[slot].requires_grad) for slot in slots}


def _named(what: str, ports: tuple[str, ...], values: tuple[Tensor, ...]) -> dict[str, Tensor]:
    if len(values) == 1:
        return {what: values[0]}
    return {f"{what}.{port}": value for port, value in zip(ports, values, strict=True)}


def _backward(trace: _Trace, upstream: dict[int, Tensor]) -> dict[str, Tensor]:
    """Send the gradients that arrived at a node's outputs through it; empty when none arrived or nothing asks for any."""
    step = trace.step
    arrived = {
        slot: (value, upstream.pop(slot))
        for slot, value in zip(step.outputs, trace.outputs, strict=True)
        if slot in upstream
    }
    outputs = [value for value, _gradient in arrived.values() if value.requires_grad]
    if not outputs:
        return {}
    given = [gradient for value, gradient in arrived.values() if value.requires_grad]
    slots = [slot for slot, leaf in trace.leaves.items() if leaf.requires_grad]
    weights = {name: p for name, p in step.module.named_parameters() if p.requires_grad}
    wanted = [*(trace.leaves[slot] for slot in slots), *weights.values()]
    again = [slot for slot in slots if slot in upstream]
    local = _local(trace)
    found = torch.autograd.grad(outputs, wanted, given, retain_graph=bool(again), allow_unused=True)
    own = dict(zip(slots, found, strict=False))
    learned = _hold(weights, found[len(slots) :])
    _sum_up(trace, upstream, (outputs, given), own, again)
    arrays = _arrived(trace, arrived) | local
    if {"h_l0", "mixed", "taught"} & trace.arrays.keys():
        inputs = [trace.leaves[slot] for slot in step.inputs]
        by_port = [arrived[slot][1] if slot in arrived else None for slot in step.outputs]
        arrays |= through_time(step, inputs, trace.lengths, trace.random, by_port)
    arrays |= {f"gradient.{_taken(trace, slot)}": g for slot, g in own.items() if g is not None}
    arrays |= learned
    return arrays


def _local(trace: _Trace) -> dict[str, Tensor]:
    """dy/dx of a layer that acts on every number by itself."""
    leaves = [leaf for leaf in trace.leaves.values() if leaf.requires_grad]
    if not trace.pointwise or not leaves or not trace.outputs[0].requires_grad:
        return {}
    ones = torch.ones_like(trace.outputs[0])
    return {"local": torch.autograd.grad(trace.outputs[:1], leaves, [ones], retain_graph=True)[0]}


def _taken(trace: _Trace, slot: int) -> str:
    """What an input is called; one that came in at several ports has the names of all: input.a+b."""
    names = [name for s, name in zip(trace.step.inputs, _names(trace, "input"), strict=True) if s == slot]
    return "+".join([names[0], *(name.removeprefix("input.") for name in names[1:])])


def _hold(weights: Mapping[str, nn.Parameter], gradients: Sequence[Tensor | None]) -> dict[str, Tensor]:
    """Give the weights their gradients as backward() does, on top of those that a wrong loop has not cleared."""
    arrays: dict[str, Tensor] = {}
    for (name, parameter), gradient in zip(weights.items(), gradients, strict=True):
        if gradient is None:
            continue
        # It lies in memory as its parameter does.
        made = torch.empty_like(parameter).copy_(gradient)
        arrays[f"gradient.{name}"] = made.clone()
        if parameter.grad is None:
            parameter.grad = made
        else:
            parameter.grad += made
            arrays[f"held.{name}"] = parameter.grad.clone()
    return arrays


def _sum_up(
    trace: _Trace,
    upstream: dict[int, Tensor],
    sent: tuple[list[Tensor], list[Tensor]],
    own: Mapping[int, Tensor | None],
    again: list[int],
) -> None:
    """Add this node's gradients to those that came to the same values from nodes behind it.

    Sums of floats hang on their order. backward() adds one contribution after the other, starting with what came from
    behind; a node that takes a value twice contributes twice. So the sum from behind goes through the node with the rest.
    """
    outputs, given = sent
    if again:
        carries, sums = [trace.carries[slot] for slot in again], [upstream[slot] for slot in again]
        leaves = [trace.leaves[slot] for slot in again]
        together = torch.autograd.grad([*outputs, *carries], leaves, [*given, *sums])
        upstream.update(zip(again, together, strict=True))
    upstream.update({slot: value for slot, value in own.items() if value is not None and slot not in again})


def _names(trace: _Trace, what: str) -> list[str]:
    return [name for name in trace.arrays if name == what or name.startswith(f"{what}.")]


def _arrived(trace: _Trace, arrived: dict[int, tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    names = dict(zip(trace.step.outputs, _names(trace, "output"), strict=True))
    return {names[slot].replace("output", "upstream", 1): gradient for slot, (_value, gradient) in arrived.items()}
