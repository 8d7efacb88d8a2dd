"""What a recurrent layer remembers at every step of one sample, what its gates let through, and how far gradients reach.

torch keeps the gates to itself; here they are computed once more from the layer's own weights and input.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear

from dllab.build import blocks
from dllab.build.sequence_blocks import Memory
from dllab.probes.base import DoesNotApply, Shown, integer, probe, sample_axes, validation_sample
from dllab.probes.inside import differentiable, passages
from dllab.probes.steps import outputs_of, step_names
from dllab.probes.verdict import verdict
from dllab.text import _
from dllab.training.session import Session


@dataclass
class Way:
    """One layer in one direction: a list of (N, units) by step for the states and every gate."""

    layer: int
    backwards: bool
    steps: dict[str, list[Tensor]] = field(default_factory=dict)


def unroll(module: Memory, x: Tensor, first: Tensor | None = None) -> list[Way]:
    """Every layer and direction, step by step, for samples (N, T, features) without padding, in evaluation mode.

    `first` is what is remembered at the start (N, features), or (N, layers·directions, features), as the module takes it.
    """
    count = module.num_layers * (1 + module.bidirectional)
    if first is None:
        first = x.new_zeros(len(x), count, module.hidden_size * (2 if isinstance(module, blocks.LSTM) else 1))
    begin = iter(first.unsqueeze(1).unbind(1) if first.dim() == 2 else first.unbind(1))
    ways: list[Way] = []
    for layer in range(module.num_layers):
        both = (False, True)[: 1 + module.bidirectional]
        here = [_way(module, x, next(begin), layer, backwards) for backwards in both]
        x = torch.cat([torch.stack(way.steps["hidden"], 1) for way in here], 2)
        ways += here
    return ways


def _way(module: Memory, x: Tensor, first: Tensor, layer: int, backwards: bool) -> Way:
    end = f"_l{layer}{'_reverse' if backwards else ''}"
    given = linear(x, getattr(module, f"weight_ih{end}"), getattr(module, f"bias_ih{end}"))
    h, c = first[:, : module.hidden_size], first[:, -module.hidden_size :]
    found: dict[str, list[Tensor]] = {}
    for t in reversed(range(x.shape[1])) if backwards else range(x.shape[1]):
        gates = _cell(module, given[:, t], h, c, end)
        h, c = gates["hidden"], gates.get("cell", c)
        for name, value in gates.items():
            found.setdefault(name, []).append(value)
    return Way(layer, backwards, {name: values[::-1] if backwards else values for name, values in found.items()})


def _cell(module: Memory, given: Tensor, h: Tensor, c: Tensor, end: str) -> dict[str, Tensor]:
    """One step: `given` is what the input brings to each gate."""
    weight, offset = getattr(module, f"weight_hh{end}"), getattr(module, f"bias_hh{end}")
    if isinstance(module, blocks.LSTM):
        i, f, g, o = (given + linear(h, weight, offset)).chunk(4, 1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        c = f * c + i * g
        return {"hidden": o * c.tanh(), "cell": c, "input": i, "forget": f, "candidate": g, "output": o}
    if isinstance(module, blocks.GRU):
        size = module.hidden_size
        r, z = (given[:, : 2 * size] + linear(h, weight[: 2 * size], offset[: 2 * size])).sigmoid().chunk(2, 1)
        of_matrix = weight[2 * size :], offset[2 * size :]
        old = r * linear(h, *of_matrix) if module.reset == "pytorch" else linear(r * h, *of_matrix)
        n = (given[:, 2 * size :] + old).tanh()
        return {"hidden": (1 - z) * n + z * h, "reset": r, "update": z, "candidate": n}
    total = given + linear(h, weight, offset)
    return {"hidden": total.relu() if module.nonlinearity == "relu" else total.tanh()}


def put_out(module: Memory, ways: list[Way], total: int) -> tuple[Tensor, ...]:
    """What the module puts out of these states: what goes on, and the last state where it hands that on."""
    chosen = _chosen(module, ways, total)
    if not module.gives_state:
        return (chosen,)
    memories = ("hidden", "cell") if isinstance(module, blocks.LSTM) else ("hidden",)
    final = [torch.cat([way.steps[name][0 if way.backwards else -1] for name in memories], 1) for way in ways]
    return chosen, final[0] if len(final) == 1 else torch.stack(final, 1)


def _chosen(module: Memory, ways: list[Way], total: int) -> Tensor:
    """A sequence is filled up with zeros to `total` steps."""
    top = ways[-1 - module.bidirectional :]
    steps = torch.cat([torch.stack(way.steps["hidden"], 1) for way in top], 2)
    if module.gives == "sequence":
        return torch.cat([steps, steps.new_zeros(len(steps), total - steps.shape[1], steps.shape[2])], 1)
    if module.gives == "last step":
        return steps[:, -1]
    return torch.cat([way.steps["hidden"][0 if way.backwards else -1] for way in top], 1)


@probe("gates")
def gates(session: Session, params: Mapping[str, Any]) -> Shown:
    """Params: node, sample, way (which of the layers and directions). Arrays: the states and gates (step, unit), the
    length of the loss's gradient for each step's input and hidden state, the sample itself (raw)."""
    layers = [step.node for step in session.network.plan if isinstance(step.module, Memory)]
    if not layers:
        raise DoesNotApply(_("This network has no recurrent layer; adding-lstm and text-gru have one."))
    node = params.get("node", "")
    if node not in layers:
        raise DoesNotApply(_("This layer remembers nothing: select an RNN, an LSTM or a GRU."))
    part, sample = session.prepared.validation, validation_sample(session, params)
    ways, at_input, at_state, steps, output = _traced(session, node, sample)
    number = integer(params, "way", 0, 0, len(ways) - 1)
    chosen = ways[number]
    arrays = {name: torch.cat(values).detach().float().cpu().numpy() for name, values in chosen.steps.items()}
    axes: dict[str, tuple[str, ...]] = dict.fromkeys(arrays, ("step", "unit"))
    names = list(arrays)
    arrays |= {"gradient_input": at_input, "gradient_hidden": at_state[number], "sample": part.raw[sample]}
    axes |= {"gradient_input": ("step",), "gradient_hidden": ("step",), "sample": sample_axes(part.raw[sample].shape)}
    labels = {"node": node, "sample": sample, "count": len(part.x), "gates": names, "way": number}
    labels |= {"ways": [[way.layer, way.backwards] for way in ways]}
    labels |= {"steps": steps, "words": steps != [str(n + 1) for n in range(len(steps))]}
    labels |= verdict(session, output, session.validation[2][sample : sample + 1])[0]
    return Shown(arrays, labels, axes)


def _traced(session: Session, node: str, sample: int) -> tuple[list[Way], Any, list[Any], list[str], Tensor]:
    """All ways of a layer for one sample, lengths of the gradients of its loss, its steps, what the network says."""
    x, targets, _labels = session.validation.samples(sample, sample + 1)
    kept: dict[str, Any] = {}

    def step_by_step(inputs: list[Tensor], lengths: Tensor | None) -> tuple[Tensor, ...]:
        module = session.network.layers[node]
        assert isinstance(module, Memory)
        total = inputs[0].shape[1]
        steps = int(lengths[0]) if lengths is not None else total
        # As a leaf: what lies before this layer needs no gradient here.
        kept["given"] = inputs[0][:, :steps].detach().requires_grad_()
        kept["ways"], kept["total"] = unroll(module, kept["given"], inputs[1] if module.takes_state else None), total
        return put_out(module, kept["ways"], total)

    with differentiable(session):
        with session.precision.casting():
            every = passages(session.network, x, {node: step_by_step})
        outputs = outputs_of(session, every)
        ways: list[Way] = kept["ways"]
        states = [h for way in ways for h in way.steps["hidden"]]
        found = torch.autograd.grad(session.loss(outputs, targets), [kept["given"], *states], allow_unused=True)
    sizes = [0.0 if gradient is None else float(gradient.norm()) for gradient in found[1:]]
    count = kept["given"].shape[1]
    at_input = found[0][0].norm(dim=1).double().cpu().numpy()
    at_state = torch.tensor(sizes, dtype=torch.float64).reshape(len(ways), count).numpy()
    names = step_names(session, sample, count, kept["total"])
    return ways, at_input, list(at_state), names, session.aims.said(outputs).detach()
