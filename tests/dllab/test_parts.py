"""A transformer block opened into its parts computes what it did."""

from itertools import product

import pytest
import torch
from graphs import wired

from dllab.build import build, to_code
from dllab.checking import check
from dllab.document.edits import Refused
from dllab.document.experiment import GROUP, Experiment
from dllab.document.format import from_text, to_text
from dllab.document.grouping import take_apart, ungroup
from dllab.layers import LAYERS
from dllab.templates import load_template
from dllab.training.session import Session

WHERE = {
    "self_attn": "attention", "linear1": "linear1", "linear2": "linear2", "norm1": "norm1", "norm2": "norm2",
}  # fmt: skip


def opened(made: Experiment, node: str = "block") -> Experiment:
    found = check(made).nodes[node]
    assert found.layer is not None
    shape = found.inputs[0]
    assert shape is not None
    return take_apart(made, node, "Block", found.layer.parts(shape))


def handed_over(whole: torch.nn.Module, parts: torch.nn.Module, node: str = "block") -> None:
    """Give the parts the weights of the block, and all others theirs."""
    state = {}
    for name, value in whole.state_dict().items():
        prefix = f"layers.{node}."
        if name.startswith(prefix):
            inner, _dot, rest = name.removeprefix(prefix).partition(".")
            state[f"layers.{node}/{WHERE[inner]}.{rest}"] = value
        else:
            state[name] = value
    parts.load_state_dict(state)


@pytest.mark.parametrize(("norm_first", "causal"), list(product((True, False), (True, False))))
def test_it_computes_the_same(norm_first: bool, causal: bool) -> None:
    params = {"num_heads": 2, "dim_feedforward": 12, "norm_first": norm_first, "causal": causal, "dropout": 0.1}
    made = wired(
        {"input": "input", "block": ("transformer_encoder", params), "mean": "mean", "score": ("linear", {"features": 1}), "output": "output"},
        "input.out -> block.in", "block.out -> mean.in", "mean.out -> score.in", "score.out -> output.in",
        data="adding", loss="mse",
    )  # fmt: skip
    apart = opened(made)
    assert apart.model.nodes["block"].kind == GROUP
    assert check(apart).trainable, [p.text for p in check(apart).problems]
    assert check(apart).parameters == check(made).parameters
    assert from_text(to_text(apart)).experiment == apart
    whole, parts = build(made).eval(), build(apart).eval()
    handed_over(whole, parts)
    x = torch.rand(5, 30, 2)
    torch.testing.assert_close(parts(x), whole(x), rtol=1e-5, atol=1e-6)
    grads = [torch.autograd.grad(net(x).square().sum(), list(net.parameters())) for net in (whole, parts)]
    assert sum(float(g.norm()) for g in grads[1]) == pytest.approx(sum(float(g.norm()) for g in grads[0]), rel=1e-4)


def test_padding_stays_out_of_the_parts_as_well() -> None:
    made = load_template("text-attention")
    node = next(name for name, found in made.model.nodes.items() if found.kind == "transformer_encoder")
    apart = opened(made, node)
    assert check(apart).problems == ()
    whole, parts = build(made).eval(), build(apart).eval()
    handed_over(whole, parts, node)
    x = Session(made, "cpu").validation.x[:20]
    torch.testing.assert_close(parts(x), whole(x), rtol=1e-5, atol=1e-5)
    assert "class Net" in to_code(apart)


def test_the_group_is_laid_open_onto_the_canvas() -> None:
    made = load_template("vit-digits")
    node = next(name for name, found in made.model.nodes.items() if found.kind == "transformer_encoder")
    apart, fresh = ungroup(opened(made, node), node)
    assert len(fresh) == 8
    assert check(apart).trainable
    assert check(apart).parameters == check(made).parameters
    places = {(apart.model.nodes[name].x, apart.model.nodes[name].y) for name in fresh}
    assert len(places) == len(fresh), "no part lies on top of another"


def test_freezing_goes_to_every_part() -> None:
    made = wired({"input": "input", "block": "transformer_encoder", "output": "output"}, "input.out -> block.in")
    node = made.model.nodes["block"].model_copy(update={"frozen": True})
    made = made.model_copy(
        update={"model": made.model.model_copy(update={"nodes": {**made.model.nodes, "block": node}})}
    )
    inside = (
        take_apart(made, "block", "B", LAYERS.make("transformer_encoder", {}).parts((4, 8))).model.nodes["block"].inside
    )
    assert inside is not None
    assert all(part.frozen for part in inside.nodes.values())


def test_a_layer_of_one_piece_is_refused() -> None:
    made = wired({"input": "input", "a": "relu", "output": "output"}, "input.out -> a.in", "a.out -> output.in")
    with pytest.raises(Refused, match="one piece"):
        take_apart(made, "a", "ReLU", LAYERS.make("relu", {}).parts((2,)))
