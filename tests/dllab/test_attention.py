"""Attention against its formula and torch; padding without weight; order known only by positions."""

import pytest
import torch
from torch import nn

from dllab.build import blocks
from dllab.build.making import make_module
from dllab.layers import LAYERS

D = torch.float64


def _made(kind: str, *shapes: tuple[int, ...], **params: object) -> nn.Module:
    call = LAYERS.make(kind, params).call(*shapes)
    assert call is not None
    torch.manual_seed(0)
    return make_module(call).double()


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("causal", [True, False])
def test_attention_is_that_of_torch(scale: bool, causal: bool) -> None:
    made = _made("attention", (6, 4), (6, 4), (6, 5), scale=scale, causal=causal)
    q, k, v = torch.randn(2, 6, 4, dtype=D), torch.randn(2, 6, 4, dtype=D), torch.randn(2, 6, 5, dtype=D)
    reference = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal, scale=None if scale else 1.0)
    assert torch.allclose(made(q, k, v), reference, atol=1e-14)
    assert isinstance(made, blocks.Attention)
    weights = made.weights(q, k)
    assert torch.allclose(weights.sum(2), torch.ones(2, 6, dtype=D))
    assert bool(weights.triu(1).any()) is not causal


def test_without_the_scale_attention_falls_on_one_step() -> None:
    torch.manual_seed(0)
    q, k = torch.randn(64, 10, 1024, dtype=D), torch.randn(64, 10, 1024, dtype=D)
    entropy = {}
    for scale in (True, False):
        p = blocks.Attention(scale).weights(q, k)
        entropy[scale] = float(-(p * p.clamp(min=1e-300).log()).sum(2).mean())
    assert entropy[True] == pytest.approx(1.92, abs=0.1)
    assert entropy[False] == pytest.approx(0.08, abs=0.05)


@pytest.mark.parametrize("causal", [True, False])
def test_many_heads_are_those_of_torch(causal: bool) -> None:
    q, k, v = torch.randn(2, 6, 8, dtype=D), torch.randn(2, 6, 5, dtype=D), torch.randn(2, 6, 7, dtype=D)
    mask = torch.ones(6, 6, dtype=torch.bool).triu(1) if causal else None
    made = _made("multi_head_attention", (6, 8), (6, 5), (6, 7), inputs="q, k and v", num_heads=2, causal=causal)
    reference = nn.MultiheadAttention(8, 2, kdim=5, vdim=7, batch_first=True).double()
    reference.load_state_dict(made.state_dict())
    assert torch.equal(made(q, k, v), reference(q, k, v, attn_mask=mask, need_weights=False)[0])
    own = _made("multi_head_attention", (6, 8), num_heads=2, causal=causal)
    assert torch.equal(own(q), nn.MultiheadAttention.forward(own, q, q, q, attn_mask=mask, need_weights=False)[0])
    cross = _made("multi_head_attention", (6, 8), (6, 5), inputs="q and k", num_heads=2, causal=causal)
    assert torch.equal(
        cross(q, k), nn.MultiheadAttention.forward(cross, q, k, k, attn_mask=mask, need_weights=False)[0]
    )


@pytest.mark.parametrize("norm_first", [True, False])
def test_the_block_is_that_of_torch(norm_first: bool) -> None:
    made = _made("transformer_encoder", (6, 8), num_heads=2, dim_feedforward=10, norm_first=norm_first)
    reference = nn.TransformerEncoderLayer(8, 2, 10, 0.0, batch_first=True, norm_first=norm_first).double()
    reference.load_state_dict(made.state_dict())
    x = torch.randn(3, 6, 8, dtype=D)
    assert torch.allclose(made(x), reference(x), atol=1e-13)
    assert sum(p.numel() for p in reference.parameters()) == LAYERS.make(
        "transformer_encoder", {"num_heads": 2, "dim_feedforward": 10}
    ).parameters((6, 8))


@pytest.mark.parametrize(
    ("kind", "ports", "params"),
    [
        ("attention", 3, {}),
        ("multi_head_attention", 1, {"num_heads": 2}),
        ("multi_head_attention", 2, {"num_heads": 2, "inputs": "q and k"}),
        ("transformer_encoder", 1, {"num_heads": 2}),
        ("mean", 1, {}),
    ],
)
def test_padding_gets_no_weight(kind: str, ports: int, params: dict[str, object]) -> None:
    made = _made(kind, *[(6, 8)] * ports, **params)
    x, lengths = torch.randn(2, 6, 8, dtype=D), torch.tensor([6, 4])
    before = made(*[x] * ports, lengths)
    x[1, 4:] = 1e6
    after = made(*[x] * ports, lengths)
    alone = made(*[x[1:, :4]] * ports)
    if kind == "mean":
        assert torch.allclose(after[1:], alone, atol=1e-12)
        before, after = before[:, None], after[:, None]
    else:
        assert torch.allclose(after[1:, :4], alone, atol=1e-12)
    assert torch.allclose(before[:, :4], after[:, :4], atol=1e-12)


def test_attention_is_blind_to_order_and_positions_are_not() -> None:
    made, place = _made("multi_head_attention", (6, 8), num_heads=2), _made("positional_encoding", (6, 8))
    x, order = torch.randn(2, 6, 8, dtype=D), torch.tensor([3, 1, 5, 0, 2, 4])
    assert torch.allclose(made(x[:, order]), made(x)[:, order], atol=1e-14)
    assert not torch.allclose(made(place(x[:, order])), made(place(x))[:, order], atol=1e-2)


def test_waves_by_their_formula() -> None:
    waves = blocks.PositionalEncoding.waves(20, 7)
    for t, feature in ((0, 0), (0, 1), (3, 4), (19, 6), (7, 5)):
        angle = torch.tensor(t / 10000 ** (2 * (feature // 2) / 7))
        assert float(waves[t, feature]) == pytest.approx(float(angle.cos() if feature % 2 else angle.sin()), abs=1e-6)


def test_a_causal_step_does_not_see_what_comes() -> None:
    for kind in ("multi_head_attention", "transformer_encoder"):
        made = _made(kind, (6, 8), num_heads=2, causal=True)
        x = torch.randn(1, 6, 8, dtype=D)
        before = made(x)
        x[:, 4:] += 1.0
        assert torch.equal(made(x)[:, :4], before[:, :4])
