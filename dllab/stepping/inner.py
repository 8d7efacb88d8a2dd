"""What happens inside recurrent and attention modules and random draws, which torch computes in one piece: worked out again from the inputs
and weights of the run, only where somebody walks. It is shown only if it comes to the output that the run has."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from dllab.build import blocks
from dllab.build.module import Step
from dllab.build.sequence_blocks import Memory
from dllab.stepping.drawing import Random, drawn_again

Arrays = dict[str, Tensor]
Weights = dict[str, Tensor]


def inside(step: Step, inputs: list[Tensor], lengths: Tensor | None, output: Tensor, random: Random) -> Arrays:
    """The numbers between input and output by name; empty where there are none to tell. `random` is how the random numbers
    stood before the module was called."""
    compute = next((found for kind, found in _KINDS.items() if isinstance(step.module, kind)), None)
    if compute is None:
        return {}
    with torch.no_grad(), drawn_again(random, output.device):
        arrays = compute(step.module, [value.detach() for value in inputs], lengths if step.lengths else None)
    result = arrays.pop("result")
    arrays = {name: value for name, value in arrays.items() if not name.startswith("a_")}
    single = output.dtype != torch.float64
    if not torch.allclose(result, output.detach(), rtol=1e-3 if single else 1e-9, atol=1e-4 if single else 1e-9):
        return {}
    return arrays


# --- recurrent --------------------------------------------------------------------------------------------------------


Sums = dict[str, list[Tensor]]
"""The sums inside the gates, before their functions, by way and step."""


def through_time(step: Step, inputs: list[Tensor], lengths: Tensor | None, random: Random, upstream: Tensor) -> Arrays:
    """How much the loss hangs on the sums inside. Recurrent: at every step those of the gates, "delta" for all of a way,
    and "delta_u" for the part that comes from memory where a gate stands between (GRU). Attention: delta_NAME."""
    if not isinstance(step.module, Memory):
        return _through_attention(step, inputs, lengths, random, upstream)
    with torch.enable_grad(), drawn_again(random, upstream.device):
        sums: Sums = {}
        result = _recurrent(step.module, inputs, lengths if step.lengths else None, sums)["result"]
        flat = [each for steps in sums.values() for each in steps]
        found = iter(torch.autograd.grad(result, flat, upstream, allow_unused=True))
    deltas = {
        name: torch.stack([torch.zeros_like(each) if (g := next(found)) is None else g for each in steps], 1)
        for name, steps in sums.items()
    }
    ends = [name.removeprefix("a") for name in deltas if name.startswith("a_l")]
    arrays = {f"delta{end}": torch.cat([deltas[k + end] for k in ("a", "an") if k + end in deltas], 2) for end in ends}
    return arrays | {f"delta_{name}": value for name, value in deltas.items() if name.startswith("u_l")}


def _through_attention(
    step: Step, inputs: list[Tensor], lengths: Tensor | None, random: Random, upstream: Tensor
) -> Arrays:
    with torch.enable_grad(), drawn_again(random, upstream.device):
        arrays = _KINDS[type(step.module)](step.module, inputs, lengths if step.lengths else None)
        wanted = {name: arrays[name] for name in _BLAMED if name in arrays}
        found = torch.autograd.grad(arrays["result"], list(wanted.values()), upstream, allow_unused=True)
    return {
        f"delta_{name.removeprefix('a_')}": gradient
        for name, gradient in zip(wanted, found, strict=True)
        if gradient is not None
    }


def _recurrent(module: Memory, inputs: list[Tensor], lengths: Tensor | None, sums: Sums | None = None) -> Arrays:
    """With `sums` these are gathered, too."""
    x = inputs[0]
    rows = inputs[1].reshape(len(x), -1, inputs[1].shape[-1]).unbind(1) if module.takes_state else ()
    first = iter(rows)
    arrays: Arrays = {} if lengths is None else {"lengths": lengths}
    finals: list[Tensor] = []
    for number in range(module.num_layers):
        if number and module.dropout and module.training:
            arrays[f"input_l{number}"] = x = _thinned(module, x, lengths)
        ways = []
        for end in ("", "_reverse")[: 1 + module.bidirectional]:
            told = _way(module, x, lengths, f"_l{number}{end}", next(first, None), sums)
            arrays |= {f"{name}_l{number}{end}": torch.stack(steps, 1) for name, steps in told.items()}
            ways.append(arrays[f"h_l{number}{end}"])
            finals.append(_last(ways[-1], lengths, backward=bool(end)))
        x = torch.cat(ways, 2)
    return arrays | {"result": _given(module, x, finals, lengths)}


def _thinned(module: Memory, x: Tensor, lengths: Tensor | None) -> Tensor:
    """Dropout between two layers, with the random numbers meeting the places that they meet in the module."""
    if getattr(module, "reset", "pytorch") == "cho":
        return nn.functional.dropout(x, module.dropout, True)
    if lengths is None:
        return nn.functional.dropout(x.transpose(0, 1).contiguous(), module.dropout, True).transpose(0, 1)
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
    dropped = packed._replace(data=nn.functional.dropout(packed.data, module.dropout, True))
    padded, _lengths = nn.utils.rnn.pad_packed_sequence(dropped, batch_first=True, total_length=x.shape[1])
    return padded


def _way(
    module: Memory, x: Tensor, lengths: Tensor | None, end: str, first: Tensor | None, sums: Sums | None
) -> dict[str, list[Tensor]]:
    """One layer in one direction: by name, its numbers (N, H) at every step; 0 in the padding."""
    weights = {name.removesuffix(end): value for name, value in module.named_parameters() if name.endswith(end)}
    cell = next(found for kind, found in _CELLS.items() if isinstance(module, kind))
    count, length = x.shape[:2]
    state = {} if first is None else dict(zip("hc", first.chunk(first.shape[1] // module.hidden_size, 1), strict=False))
    told: dict[str, list[Tensor]] = {}
    for t in reversed(range(length)) if end.endswith("_reverse") else range(length):
        before = state.get("h", x.new_zeros(count, module.hidden_size))
        memory = state.get("c", torch.zeros_like(before))
        found = cell(module, weights, x[:, t], before, memory)
        if sums is not None:
            for name in {"a", "an", "u"} & found.keys():
                sums.setdefault(name + end, [before] * length)[t] = found[name]
        found = {name: value for name, value in found.items() if name not in ("a", "an")}
        if lengths is not None:
            inside_ = (t < lengths)[:, None]
            # Padding changes no state: read from the end, it comes before the first step.
            kept = {"h": before, "c": memory}
            state = {name: torch.where(inside_, found[name], kept[name]) for name in kept if name in found}
            found = {name: value * inside_ for name, value in found.items()}
        else:
            state = found
        for name, value in found.items():
            told.setdefault(name, [torch.zeros_like(value)] * length)[t] = value
    return told


def _linear(weights: Weights, which: str, x: Tensor, part: slice = slice(None)) -> Tensor:
    return nn.functional.linear(x, weights[f"weight_{which}"][part], weights[f"bias_{which}"][part])


def _rnn(module: Memory, weights: Weights, x: Tensor, h: Tensor, _c: Tensor) -> Arrays:
    total = _linear(weights, "ih", x) + _linear(weights, "hh", h)
    return {"a": total, "h": total.relu() if module.mode == "RNN_RELU" else total.tanh()}


def _lstm(_module: Memory, weights: Weights, x: Tensor, h: Tensor, c: Tensor) -> Arrays:
    a = _linear(weights, "ih", x) + _linear(weights, "hh", h)
    i, f, g, o = a.chunk(4, 1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    c = f * c + i * g
    return {"a": a, "i": i, "f": f, "g": g, "o": o, "c": c, "h": o * c.tanh()}


def _gru(module: Memory, weights: Weights, x: Tensor, h: Tensor, _c: Tensor) -> Arrays:
    size = module.hidden_size
    gates, new = slice(2 * size), slice(2 * size, None)
    a = _linear(weights, "ih", x, gates) + _linear(weights, "hh", h, gates)
    r, z = a.sigmoid().chunk(2, 1)
    given = _linear(weights, "ih", x, new)
    if getattr(module, "reset", "pytorch") == "cho":
        an = given + _linear(weights, "hh", r * h, new)
        n = an.tanh()
        return {"a": a, "an": an, "r": r, "z": z, "n": n, "h": (1 - z) * n + z * h}
    u = _linear(weights, "hh", h, new)
    an = given + r * u
    n = an.tanh()
    return {"a": a, "an": an, "r": r, "z": z, "u": u, "n": n, "h": (1 - z) * n + z * h}


def _last(h: Tensor, lengths: Tensor | None, backward: bool) -> Tensor:
    """What remains in memory at the end of a way."""
    if backward:
        return h[:, 0]
    return h[:, -1] if lengths is None else h[torch.arange(len(h), device=h.device), lengths - 1]


def _given(module: Memory, steps: Tensor, finals: list[Tensor], lengths: Tensor | None) -> Tensor:
    """What the module puts out of its states."""
    if module.gives == "sequence":
        return steps
    if module.gives == "final state":
        return torch.cat(finals[-1 - module.bidirectional :], 1)
    return steps[:, -1] if lengths is None else steps[torch.arange(len(steps), device=steps.device), lengths - 1]


# --- attention --------------------------------------------------------------------------------------------------------


def _mixed(q: Tensor, k: Tensor, v: Tensor, scale: float, hidden: Tensor | None, drop: float) -> Arrays:
    """Scores, scaled, masked, their softmax, and the values mixed by it; `hidden` is True where nothing may be seen."""
    scores = q @ k.transpose(-2, -1)
    arrays = {"scores": scores}
    if scale != 1:
        arrays["scaled"] = scores = scores * scale
    if hidden is not None:
        arrays["masked"] = scores = scores.masked_fill(hidden, float("-inf"))
    arrays["weights"] = weights = scores.softmax(-1)
    if drop:
        arrays["dropped"] = weights = nn.functional.dropout(weights, drop, True)
    return arrays | {"mixed": weights @ v}


def _hidden(causal: bool, k: Tensor, lengths: Tensor | None, q: Tensor) -> Tensor | None:
    """(N or 1, queries, keys): True where a query may not look."""
    places = torch.arange(k.shape[1], device=k.device)
    hidden = (places[None, :] > torch.arange(q.shape[1], device=q.device)[:, None])[None] if causal else None
    if lengths is not None:
        padding = (places >= lengths[:, None])[:, None]
        hidden = padding if hidden is None else hidden | padding
    return hidden


def _attention(module: blocks.Attention, inputs: list[Tensor], lengths: Tensor | None) -> Arrays:
    q, k, v = inputs
    scale = q.shape[2] ** -0.5 if module.scale else 1.0
    arrays = _mixed(q, k, v, scale, _hidden(module.causal, k, lengths, q), 0.0)
    return arrays | {"result": arrays.pop("mixed")}


def _heads(module: blocks.MultiheadAttention, inputs: list[Tensor], lengths: Tensor | None) -> Arrays:
    q, k, v = (*inputs, inputs[-1], inputs[-1])[:3]
    size = module.embed_dim
    together, offset = module.in_proj_weight, module.in_proj_bias
    weights: tuple[Tensor, ...] = (module.q_proj_weight, module.k_proj_weight, module.v_proj_weight)
    if together is not None:
        weights = tuple(together[i * size : (i + 1) * size] for i in range(3))
    offsets = tuple(None if offset is None else offset[i * size : (i + 1) * size] for i in range(3))
    parts = []
    for value, weight, shift in zip((q, k, v), weights, offsets, strict=True):
        made = nn.functional.linear(value, weight, shift)
        parts.append(made.reshape(*made.shape[:2], module.num_heads, -1).transpose(1, 2))
    hidden = _hidden(module.causal, k, lengths, q)
    drop = module.dropout if module.training else 0.0
    scale = parts[0].shape[3] ** -0.5
    arrays = dict(zip("qkv", parts, strict=True))
    arrays |= _mixed(parts[0], parts[1], parts[2], scale, None if hidden is None else hidden[:, None], drop)
    # The steps in front, as torch has it: a dropout behind this goes through the memory in that order.
    joined = arrays["mixed"].permute(2, 0, 1, 3).flatten(2)
    result = nn.functional.linear(joined, module.out_proj.weight, module.out_proj.bias)
    return arrays | {"result": result.transpose(0, 1)}


def _encoder(module: blocks.TransformerEncoder, inputs: list[Tensor], lengths: Tensor | None) -> Arrays:
    x = inputs[0]
    first = module.norm1(x) if module.norm_first else x
    arrays = {"normed1": first} if module.norm_first else {}
    arrays |= _heads(module.self_attn, [first], lengths)
    arrays["a_attended"] = arrays.pop("result")
    arrays["attended"] = module.drop(arrays["a_attended"])
    total = arrays["sum1"] = x + arrays["attended"]
    if not module.norm_first:
        total = arrays["normed1"] = module.norm1(total)
    second = total
    if module.norm_first:
        second = arrays["normed2"] = module.norm2(total)
    arrays["a_hidden"] = module.linear1(second)
    arrays["hidden"] = module.drop(arrays["a_hidden"].relu())
    arrays["a_thought"] = module.linear2(arrays["hidden"])
    arrays["thought"] = module.drop(arrays["a_thought"])
    result = total + arrays["thought"]
    if module.norm_first:
        return arrays | {"result": result}
    return arrays | {"sum2": result, "result": module.norm2(result)}


def _drawn(module: blocks.Reparameterise, inputs: list[Tensor], _lengths: Tensor | None) -> Arrays:
    """The random numbers of a draw; in evaluation there are none."""
    mu, logvar = inputs
    noise = torch.randn_like(mu) if module.training else torch.zeros_like(mu)
    return {"noise": noise, "result": mu + torch.exp(0.5 * logvar) * noise}


_BLAMED = ("q", "k", "v", "a_attended", "a_hidden", "a_thought", "sum1", "normed1", "normed2")
"""What gradients are told by: results of matrices before dropout and ReLU, and of normalisations and sums."""
_CELLS: dict[type[Memory], Callable[..., Arrays]] = {blocks.RNN: _rnn, blocks.LSTM: _lstm, blocks.GRU: _gru}
_KINDS: dict[type[nn.Module], Callable[..., Arrays]] = {
    Memory: _recurrent,
    blocks.Attention: _attention,
    blocks.MultiheadAttention: _heads,
    blocks.TransformerEncoder: _encoder,
    blocks.Reparameterise: _drawn,
}
