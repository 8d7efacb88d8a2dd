"""How much every step of a sequence takes from every other, in each head of an attention layer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dllab.build import blocks
from dllab.layers.base import is_padded
from dllab.probes.base import DoesNotApply, Shown, probe, sample_axes, validation_sample
from dllab.probes.inside import Passage, passages
from dllab.probes.steps import output_of, step_names
from dllab.probes.verdict import verdict
from dllab.text import _
from dllab.training.session import Session

_LAYERS = (blocks.Attention, blocks.MultiheadAttention, blocks.TransformerEncoder)


@dataclass(frozen=True)
class Maps:
    """What one layer does with one sample, its padding left out."""

    weights: Tensor
    """(heads, queries, keys); every row adds up to 1."""
    hidden: Tensor
    """(queries, keys): what the mask forbids to look at."""
    own: bool
    """Whether the sequence asks itself."""
    totals: tuple[int, int]
    """Queries and keys with the padding."""


@probe("attention")
def attention(session: Session, params: Mapping[str, Any]) -> Shown:
    """Params: node, sample. Arrays: weights (heads, queries, keys), mask (queries, keys), rollout (queries, keys) over
    the layers up to this one, input (raw). Labels: layers, heads, queries and keys in words, grid of the patches."""
    layers = [step.node for step in session.network.plan if isinstance(step.module, _LAYERS)]
    if not layers:
        raise DoesNotApply(_("This network has no attention layer; text-attention and vit-digits have some."))
    node = params.get("node", "")
    if node not in layers:
        raise DoesNotApply(_("This layer pays no attention: select an attention layer or a transformer block."))
    part, sample = session.prepared.validation, validation_sample(session, params)
    with session.looking(), session.precision.casting():
        every = passages(session.network, session.validation[0][sample : sample + 1])
        maps = {name: _maps(session, name, every[name]) for name in layers[: layers.index(node) + 1]}
    found = maps[node]
    arrays = {"weights": _numpy(found.weights), "mask": found.hidden.cpu().numpy(), "input": part.raw[sample]}
    axes = {"weights": ("head", "query", "key"), "mask": ("query", "key"), "input": sample_axes(part.raw[sample].shape)}
    rolled = rollout([m.weights for m in maps.values() if m.own])
    if rolled is not None and found.own:
        arrays["rollout"], axes["rollout"] = _numpy(rolled), ("query", "key")
    queries, keys = found.hidden.shape
    labels = {"node": node, "sample": sample, "count": len(part.x), "layers": layers, "rolled": len(maps)}
    named = [step_names(session, sample, *axis) for axis in zip((queries, keys), found.totals, strict=True)]
    labels |= {"queries": named[0], "keys": named[1]}
    labels["grid"] = _patches(session, node, keys)
    labels |= verdict(session, output_of(session, every), session.validation[2][sample : sample + 1])[0]
    return Shown(arrays, labels, axes)


def _numpy(values: Tensor) -> np.ndarray:
    return values.float().cpu().numpy()


def _maps(session: Session, node: str, passage: Passage) -> Maps:
    """The attention of a layer for the one sample that passes."""
    module = passage.module
    given = [x[:1] for x in passage.inputs]
    if isinstance(module, blocks.TransformerEncoder):
        given = [module.norm1(given[0]) if module.norm_first else given[0]]
        module = module.self_attn
    query, key = given[0], given[min(1, len(given) - 1)]
    if isinstance(module, blocks.MultiheadAttention):
        weights = head_weights(module, query, key, passage.lengths)[0]
        causal = module.causal
    else:
        assert isinstance(module, blocks.Attention)
        weights, causal = module.weights(query, key, passage.lengths), module.causal
    shapes = session.check.nodes[node].inputs
    padded = [shape is not None and is_padded(shape) for shape in (shapes[0], shapes[min(1, len(shapes) - 1)])]
    length = int(passage.lengths[0]) if passage.lengths is not None else 0
    queries, keys = (length if pads and length else n for pads, n in zip(padded, weights.shape[1:], strict=True))
    steps = torch.arange(max(queries, keys), device=weights.device)
    hidden = (steps[None, :keys] > steps[:queries, None]) if causal else torch.zeros(queries, keys, dtype=torch.bool)
    return Maps(weights[:, :queries, :keys], hidden, len(given) == 1 or key is query, (query.shape[1], key.shape[1]))


def projections(module: nn.MultiheadAttention, *given: Tensor) -> list[Tensor]:
    """Query, key and value of every head (N, heads, steps, features) from those given (N, steps, features)."""
    together: Tensor | None = module.in_proj_weight
    apart = (module.q_proj_weight, module.k_proj_weight, module.v_proj_weight)
    matrices = apart if together is None else together.chunk(3)
    offsets = (None,) * 3 if module.in_proj_bias is None else module.in_proj_bias.chunk(3)
    return [
        nn.functional.linear(x, matrix, offset).view(*x.shape[:2], module.num_heads, -1).transpose(1, 2)
        for x, matrix, offset in zip(given, matrices, offsets, strict=False)
    ]


def head_weights(module: blocks.MultiheadAttention, query: Tensor, key: Tensor, lengths: Tensor | None) -> Tensor:
    """The softmax of every head (N, heads, queries, keys), which the fused module keeps to itself."""
    q, k = projections(module, query, key)
    scores = q @ k.transpose(2, 3) / q.shape[3] ** 0.5
    steps = torch.arange(scores.shape[3], device=scores.device)
    if module.causal:
        scores = scores.masked_fill(steps[None, :] > steps[:, None], float("-inf"))
    if lengths is not None:
        scores = scores.masked_fill((steps >= lengths[:, None])[:, None, None], float("-inf"))
    weights: Tensor = scores.softmax(3)
    return weights


def rollout(layers: list[Tensor]) -> Tensor | None:
    """Attention through several layers (queries, keys): half of each step goes round a layer by the skip, half through
    the average of its heads. After Abnar and Zuidema, ACL 2020. None unless the layers fit on each other."""
    sizes = {layer.shape[1:] for layer in layers}
    if len(layers) < 2 or len(sizes) != 1:
        return None
    whole = torch.eye(layers[0].shape[1], dtype=layers[0].dtype, device=layers[0].device)
    for weights in layers:
        whole = (0.5 * weights.mean(0) + 0.5 * torch.eye(len(whole), dtype=whole.dtype, device=whole.device)) @ whole
    return whole


def _patches(session: Session, node: str, steps: int) -> list[int]:
    """Rows and columns of the pieces of an image that the steps stand for; empty where they are none."""
    if len(session.data.input) != 3:
        return []
    before = session.check.order[: session.check.order.index(node)]
    for name in before:
        for shape in session.check.nodes[name].shapes.values():
            if len(shape) == 3 and shape[1] * shape[2] == steps:
                return [shape[1], shape[2]]
    return []
