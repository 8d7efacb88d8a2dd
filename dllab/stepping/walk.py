"""The phases of one training step as a generator over the session: batch, forward node by node, loss, backward node by
node, clip, update.

Every node's inputs are detached, so that its part of the backward pass can be run by itself. What comes out is equal to
`Session.advance` bit for bit; where it takes care for that, a comment says so.
"""

import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from dllab.build.loss import Total
from dllab.build.module import Outputs, Step
from dllab.training.aims import Targets
from dllab.training.session import NonFinite, Outcome, Session

END_PORTS = ("mu", "logvar")
"""What comes into a prior."""
PHASES = ("batch", "forward", "loss", "backward", "clip", "update")


@dataclass(frozen=True)
class Operation:
    """One press of "next": what was computed at one node, with everything that it was computed from.

    Arrays have the batch axis first. "batch": x, targets. "forward": input (input.PORT where there are several), weights
    by name, output. "loss": outputs, targets, loss (with several ends one operation each, and also weight and total). "backward": upstream, gradient.input, gradient.WEIGHT. "clip": norm.
    "update": for each weight WEIGHT.old, .gradient, .clipped, .new and the optimiser's .before.KEY and .after.KEY.
    """

    batch: int
    """Steps of training before this one."""
    phase: str
    node: str
    arrays: dict[str, Tensor] = field(default_factory=dict)

    def numbers(self) -> dict[str, np.ndarray]:
        """The arrays for numpy."""
        return {name: value.detach().cpu().numpy() for name, value in self.arrays.items()}


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


def walk(session: Session) -> Generator[Operation, None, Outcome]:
    """Train one batch, pausing after every operation; returns what `advance` would. Raises NonFinite before the update.

    The batch counts as trained from the first "update" on. Who leaves earlier must restore the state from before.
    """
    number = session.step
    stop, x, targets = session.take()
    first = next(
        name for name, found in session.check.nodes.items() if found.layer is not None and found.layer.kind == "input"
    )
    yield Operation(number, "batch", first, {"x": x, **_targets(targets)})
    traces: list[_Trace] = []
    values, lengths = session.network.begin(x)
    for step in session.network.plan:
        trace = _forward(session, step, values, lengths)
        traces.append(trace)
        yield Operation(number, "forward", step.node, _detached(trace.arrays))
    leaves = {
        slot: values[slot].detach().requires_grad_(values[slot].requires_grad) for slot in session.network.results
    }
    outputs = session.network.gathered(leaves)
    loss = session.loss(outputs, targets)
    ends = _ends(session, outputs, targets, loss)
    for node, facts in ends.items():
        yield Operation(number, "loss", node, facts)
    if not math.isfinite(loss.item()):
        raise NonFinite(number, loss.item(), session.first_non_finite(x))
    upstream = _from_loss(loss, leaves)
    for node, facts in ends.items():
        yield Operation(number, "backward", node, {**facts, **_gradients_at(session, node, upstream)})
    for trace in reversed(traces):
        arrays = _backward(trace, upstream)
        if arrays:
            yield Operation(number, "backward", trace.step.node, {**_detached(trace.arrays), **arrays})
    found = _gradients(session)
    if session.update.touches:
        session.update.prepare()
        facts = {} if session.update.norm is None else {"norm": torch.tensor(session.update.norm)}
        yield Operation(number, "clip", "", facts)
    updates = _update(session, found)
    outcome = session.close(stop, loss.item(), session.aims.said(outputs).detach())
    for node, arrays in updates.items():
        yield Operation(number, "update", node, arrays)
    return outcome


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


def _detached(arrays: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach() for name, value in arrays.items()}


def _forward(session: Session, step: Step, values: list[Tensor], lengths: Tensor | None) -> _Trace:
    leaves = {
        slot: values[slot].detach().requires_grad_(values[slot].requires_grad) for slot in dict.fromkeys(step.inputs)
    }
    # Weights and running averages change in place: what is shown is how they were.
    weights = {name: value.detach().clone() for name, value in step.module.state_dict().items()}
    outputs = step.carry_out([leaves[slot] for slot in step.inputs], lengths)
    carries = {slot: leaf.view_as(leaf) for slot, leaf in leaves.items() if leaf.requires_grad}
    for slot, value in zip(step.outputs, outputs, strict=True):
        values[slot] = value
    layer = session.check.nodes[step.node].layer
    assert layer is not None
    arrays = _named("input", layer.input_ports(), tuple(leaves[slot] for slot in step.inputs))
    arrays |= weights | _named("output", layer.output_ports(), outputs)
    return _Trace(step, arrays, leaves, carries, outputs)


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
    found = torch.autograd.grad(outputs, wanted, given, retain_graph=bool(again), allow_unused=True)
    own = dict(zip(slots, found, strict=False))
    for (_name, parameter), gradient in zip(weights.items(), found[len(slots) :], strict=True):
        _hold(parameter, gradient)
    _sum_up(trace, upstream, (outputs, given), own, again)
    arrays = _arrived(trace, arrived)
    parts = dict(zip(dict.fromkeys(step.inputs), _names(trace, "input"), strict=False))
    arrays |= {f"gradient.{parts[slot]}": gradient for slot, gradient in own.items() if gradient is not None}
    arrays |= {f"gradient.{name}": p.grad.clone() for name, p in weights.items() if p.grad is not None}
    return arrays


def _hold(parameter: nn.Parameter, gradient: Tensor | None) -> None:
    # As backward() does: the gradient lies in memory as its parameter does.
    parameter.grad = None if gradient is None else torch.empty_like(parameter).copy_(gradient)


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


def _gradients(session: Session) -> dict[nn.Parameter, Tensor]:
    return {p: p.grad.clone() for p in session.network.parameters() if p.grad is not None}


def _update(session: Session, gradients: dict[nn.Parameter, Tensor]) -> dict[str, dict[str, Tensor]]:
    """Let the optimiser take its step; by node what it made of what."""
    optimiser = session.update.optimiser
    old = {p: p.detach().clone() for p in gradients}
    before = {p: _state(optimiser, p) for p in gradients}
    clipped = {p: p.grad.clone() for p in gradients if p.grad is not None}
    rate = torch.tensor(session.learning_rate, dtype=torch.float64)
    session.update.apply()
    updates: dict[str, dict[str, Tensor]] = {}
    for step in session.network.plan:
        for name, p in step.module.named_parameters():
            if p not in gradients:
                continue
            arrays = updates.setdefault(step.node, {"learning_rate": rate})
            arrays |= {f"{name}.old": old[p], f"{name}.gradient": gradients[p], f"{name}.clipped": clipped[p]}
            arrays |= {f"{name}.before.{key}": value for key, value in before[p].items()}
            arrays |= {f"{name}.after.{key}": value for key, value in _state(optimiser, p).items()}
            arrays[f"{name}.new"] = p.detach().clone()
    return updates


def _state(optimiser: torch.optim.Optimizer, p: nn.Parameter) -> dict[str, Tensor]:
    kept = optimiser.state.get(p, {})
    return {key: value.clone() for key, value in kept.items() if isinstance(value, Tensor)}
