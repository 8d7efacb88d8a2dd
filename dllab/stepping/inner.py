"""What happens inside recurrent and attention modules and random draws, which torch computes in one piece: worked out again from the inputs
and weights of the run, only where somebody walks. It is shown only if it comes to the output that the run has."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from dllab.build import blocks
from dllab.build.module import Step
from dllab.build.sequence_blocks import Memory
from dllab.stepping.drawing import Random, drawn_again

Arrays = dict[str, Tensor]
Weights = Mapping[str, Tensor]


def inside(step: Step, inputs: list[Tensor], lengths: Tensor | None, output: Tensor, random: Random) -> Arrays:
    """The numbers between input and output by name; empty where there are none to tell. `random` is how the random numbers
    stood before the module was called."""
    compute = next((found for kind, found in _KINDS.items() if isinstance(step.module, kind)), None)
    if compute is None:
        return {}
    with torch.no_grad(), drawn_again(random, output.device):
        arrays = compute(step.module, [value.detach() for value in inputs], lengths if step.lengths else None)
    result = arrays.pop("result")
    arrays = {name: value for name, value in arrays.items() if name != "handed" and not name.startswith("a_")}
    single = output.dtype != torch.float64
    if not torch.allclose(result, output.detach(), rtol=1e-3 if single else 1e-9, atol=1e-4 if single else 1e-9):
        return {}
    return arrays


# --- recurrent --------------------------------------------------------------------------------------------------------


Sums = dict[tuple[str, str], list[Tensor]]
"""What the loss is to be blamed on, by name and way, at every step: sums inside the gates before their functions, and states."""


def through_time(
    step: Step, inputs: list[Tensor], lengths: Tensor | None, random: Random, upstream: Sequence[Tensor | None]
) -> Arrays:
    """How much the loss hangs on the sums inside. `upstream` is what arrived at each output, None where nothing did.

    Recurrent: at every step those of the gates, "delta" for all of a way, "delta_u" for the part that comes from memory
    where a gate stands between (GRU), "delta_h" and "delta_c" for the states where the first one came in. Attention:
    delta_NAME.
    """
    if not isinstance(step.module, Memory | blocks.Decoder):
        assert upstream[0] is not None
        return _through_attention(step, inputs, lengths, random, upstream[0])
    compute: Callable[..., Arrays] = _decoded if isinstance(step.module, blocks.Decoder) else _recurrent
    with torch.enable_grad(), drawn_again(random, inputs[0].device):
        sums: Sums = {}
        made = compute(step.module, inputs, lengths if step.lengths else None, sums)
        ends = [(made[end], g) for end, g in zip(("result", "handed"), upstream, strict=False) if g is not None]
        flat = [each for steps in sums.values() for each in steps]
        values, gradients = zip(*ends, strict=True)
        found = iter(torch.autograd.grad(values, flat, gradients, allow_unused=True))
    deltas = {
        name: torch.stack([torch.zeros_like(each) if (g := next(found)) is None else g for each in steps], 1)
        for name, steps in sums.items()
    }
    arrays = {
        f"delta{end}": torch.cat([deltas[part] for part in (("a", end), ("an", end)) if part in deltas], 2)
        for name, end in deltas
        if name == "a"
    }
    return arrays | {f"delta_{name}{end}": value for (name, end), value in deltas.items() if name in "uhc"}


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
    """With `sums` these are gathered, too. "handed" is the state that goes on."""
    x = inputs[0]
    rows = inputs[1].reshape(len(x), -1, inputs[1].shape[-1]).unbind(1) if module.takes_state else ()
    first = iter(rows)
    arrays: Arrays = {} if lengths is None else {"lengths": lengths}
    finals: list[Tensor] = []
    handed: list[Tensor] = []
    for number in range(module.num_layers):
        if number and module.dropout and module.training:
            arrays[f"input_l{number}"] = x = _thinned(module, x, lengths)
        ways = []
        for end in ("", "_reverse")[: 1 + module.bidirectional]:
            told = _way(module, x, lengths, f"_l{number}{end}", next(first, None), sums)
            whole = {name: torch.stack(steps, 1) for name, steps in told.items()}
            arrays |= {f"{name}_l{number}{end}": value for name, value in whole.items()}
            ways.append(whole["h"])
            kept = [_last(whole[name], lengths, backward=bool(end)) for name in "hc" if name in whole]
            finals.append(kept[0])
            handed.append(torch.cat(kept, 1))
        x = torch.cat(ways, 2)
    arrays["handed"] = handed[0] if len(handed) == 1 else torch.stack(handed, 1)
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
            blamed = ("a", "an", "u", "h", "c") if first is not None else ("a", "an", "u")
            _gather(sums, found, blamed, end, t, length)
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


def _gather(sums: Sums, found: Arrays, names: Sequence[str], end: str, t: int, length: int) -> None:
    for name in names:
        if name in found:
            sums.setdefault((name, end), [found[name]] * length)[t] = found[name]


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


def _gru(module: Memory | nn.GRUCell, weights: Weights, x: Tensor, h: Tensor, _c: Tensor) -> Arrays:
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


def _decoded(module: blocks.Decoder, inputs: list[Tensor], _lengths: Tensor | None, sums: Sums | None = None) -> Arrays:
    """At every step: the word before and whether it was the true one, its vector, and the gates and the state of the cell."""
    words, h = inputs
    weights, length = dict(module.cell.named_parameters()), words.shape[1]
    word, taught = words[:, 0], torch.ones(len(words), dtype=torch.bool, device=words.device)
    told: dict[str, list[Tensor]] = {}
    scores: list[Tensor] = []
    for t in range(length):
        x = module.embedding(word)
        found = _gru(module.cell, weights, x, h, h)
        h = found["h"]
        if sums is not None:
            _gather(sums, found, ("a", "an", "u", "h"), "", t, length)
        shown = {"word": word, "taught": taught.long(), "x": x, **{name: found[name] for name in "rzunh"}}
        for name, value in shown.items():
            told.setdefault(name, []).append(value)
        scores.append(module.score(h))
        word, taught = scores[-1].argmax(1), torch.zeros_like(taught)
        if module.training and t + 1 < length:
            taught = torch.rand(len(word), device=word.device) < module.teacher_forcing
            word = torch.where(taught, words[:, t + 1], word)
    return {name: torch.stack(steps, 1) for name, steps in told.items()} | {"result": torch.stack(scores, 1)}


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
    blocks.Decoder: _decoded,
    blocks.Attention: _attention,
    blocks.MultiheadAttention: _heads,
    blocks.TransformerEncoder: _encoder,
    blocks.Reparameterise: _drawn,
}
