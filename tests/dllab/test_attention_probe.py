"""The attention that is shown is the attention that was computed: with it the layer's output comes out again."""

import numpy as np
import pytest
import torch
from torch import nn

from dllab.build import blocks
from dllab.document.grouping import group
from dllab.layers.base import is_padded
from dllab.probes import DoesNotApply, compute, load_probes
from dllab.probes.attention import head_weights, projections, rollout
from dllab.templates import load_template
from dllab.training.session import Session

load_probes()
LENGTHS = torch.tensor([5, 2, 4])


@pytest.mark.parametrize("lengths", [None, LENGTHS])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("options", [{}, {"bias": False}, {"kdim": 6, "vdim": 10}])
def test_weights_times_values_are_the_output(options: dict, causal: bool, lengths: torch.Tensor | None) -> None:
    torch.manual_seed(0)
    layer = blocks.MultiheadAttention(8, 4, causal, **options).double().eval()
    query = torch.randn(3, 5, 8, dtype=torch.float64)
    key, value = (torch.randn(3, 5, options.get(n, 8), dtype=torch.float64) for n in ("kdim", "vdim"))
    weights = head_weights(layer, query, key, lengths)
    assert weights.shape == (3, 4, 5, 5)
    assert torch.allclose(weights.sum(3), torch.ones(3, 4, 5, dtype=torch.float64), rtol=0, atol=1e-14)
    mixed = weights @ projections(layer, query, key, value)[2]
    result = layer.out_proj(mixed.transpose(1, 2).flatten(2))
    expected = layer(query, key, value) if lengths is None else layer(query, key, value, lengths)
    assert (result - expected).abs().max() < 1e-12
    if causal:
        assert (weights.triu(1) == 0).all()


def session_of(template: str) -> Session:
    session = Session(load_template(template), "cpu")
    for _step in range(3):
        session.advance()
    return session


@pytest.mark.parametrize("template", ["text-attention", "copy-attention", "reverse-attention", "vit-digits"])
def test_every_layer_of_the_templates(template: str) -> None:
    session = session_of(template)
    x = session.validation[0][1:2]
    layers = [name for name, module in session.network.layers.items() if isinstance(module, blocks.TransformerEncoder)]
    with session.looking():
        values = session.network.forward_nodes(x)
    source = {link.target: link.source for link in session.check.experiment.model.links}
    for name in layers:
        shown = compute(session, "attention", {"node": name, "sample": 1})
        weights = torch.from_numpy(shown.arrays["weights"])
        count = weights.shape[1]
        assert shown.labels["layers"] == layers
        assert len(shown.labels["queries"]) == len(shown.labels["keys"]) == count
        assert torch.allclose(weights.sum(2), torch.ones(weights.shape[:2]), atol=1e-6)
        block = session.network.layers[name]
        lengths = torch.tensor([count]) if is_padded(session.data.input) else None
        with session.looking():
            given = block.norm1(values[source[name]])
            steps = projections(block.self_attn, given, given, given)[2][0, :, :count]
            mixed = block.self_attn.out_proj((weights @ steps).transpose(0, 1).flatten(1))
            expected = block.attend(given, lengths)[0, :count]
        assert torch.allclose(mixed, expected, atol=1e-5)


def test_padding_is_left_out_and_words_stand_at_the_axes() -> None:
    session = session_of("text-attention")
    shown = compute(session, "attention", {"node": "transformer_encoder_2", "sample": 4})
    raw = session.prepared.validation.raw[4]
    words = [session.data.tokens[i] for i in raw if i]
    assert shown.labels["queries"] == shown.labels["keys"] == words
    assert shown.arrays["weights"].shape[1:] == (len(words), len(words))
    assert not shown.arrays["mask"].any()


def test_patches_know_their_grid() -> None:
    shown = compute(session_of("vit-digits"), "attention", {"node": "transformer_encoder"})
    assert shown.labels["grid"] == [4, 4]
    assert shown.labels["queries"] == [str(n + 1) for n in range(16)]


def test_rollout_follows_the_layers_up_to_this_one() -> None:
    session = session_of("vit-digits")
    first, second = (
        compute(session, "attention", {"node": name}) for name in ("transformer_encoder", "transformer_encoder_2")
    )
    assert "rollout" not in first.arrays
    eye = np.eye(16)
    one, two = ((shown.arrays["weights"].mean(0) + eye) / 2 for shown in (first, second))
    assert second.arrays["rollout"] == pytest.approx(two @ one, abs=1e-6)
    assert second.arrays["rollout"].sum(1) == pytest.approx(np.ones(16), abs=1e-5)
    assert rollout([torch.ones(1, 3, 3), torch.ones(1, 2, 2)]) is None


def test_layers_inside_a_group_are_found() -> None:
    experiment = group(load_template("vit-digits"), ("transformer_encoder", "transformer_encoder_2"), "encoder")
    session = Session(experiment, "cpu")
    shown = compute(session, "attention", {"node": _inside(session)})
    assert len(shown.labels["layers"]) == 2
    assert shown.labels["grid"] == [4, 4]


def _inside(session: Session) -> str:
    found = [n for n, module in session.network.layers.items() if isinstance(module, blocks.TransformerEncoder)]
    assert all("/" in name for name in found)
    return found[1]


def test_what_has_no_attention_says_so() -> None:
    with pytest.raises(DoesNotApply, match="no attention layer"):
        compute(Session(load_template("xor-mlp"), "cpu"), "attention", {"node": "linear"})
    with pytest.raises(DoesNotApply, match="pays no attention"):
        compute(session_of("vit-digits"), "attention", {"node": "linear"})


def test_a_later_step_is_hidden_in_a_causal_layer() -> None:
    experiment = load_template("reverse-attention")
    model = experiment.model
    node = model.nodes["transformer_encoder"]
    nodes = {**model.nodes, "transformer_encoder": node.model_copy(update={"params": {**node.params, "causal": True}})}
    experiment = experiment.model_copy(update={"model": model.model_copy(update={"nodes": nodes})})
    shown = compute(Session(experiment, "cpu"), "attention", {"node": "transformer_encoder"})
    mask = shown.arrays["mask"]
    assert (mask == np.triu(np.ones_like(mask), 1)).all()
    assert (shown.arrays["weights"][:, mask] == 0).all()


def test_plain_attention_shows_one_map() -> None:
    layer = blocks.Attention(causal=True)
    q = torch.randn(1, 4, 3)
    assert torch.allclose(layer.weights(q, q) @ q, nn.functional.scaled_dot_product_attention(q, q, q, is_causal=True))
