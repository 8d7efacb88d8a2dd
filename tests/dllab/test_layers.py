"""Every layer against torch, over random parameters and inputs; and every sentence about what does not fit."""

import json
from importlib.util import find_spec
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dllab.layers import LAYERS
from dllab.layers.base import FAMILIES, InsertBefore, Layer, Misfit, SetParam, Shape, Signal, signals
from dllab.testing import check_against_torch, check_layer, random_inputs, random_layer, run_in_torch

KINDS = [layer.kind for layer in LAYERS]
COMPUTING = [
    layer
    for layer in LAYERS
    if layer().input_ports() and layer().output_ports() and not layer.composite and not layer.analyses
]

# Where the lab refuses what torch would do, and why. Everything else that raises Misfit fails in torch too.
LIMITS = {
    ("rnn", "rank"): "torch takes two axes for one sequence without a batch",
    ("lstm", "rank"): "the same",
    ("gru", "rank"): "the same",
    ("add", "shapes"): "torch stretches extents of 1 to fit; two shapes by mistake look just like that",
    ("multiply", "shapes"): "as Add",
    ("reparameterise", "shapes"): "as Add",
    ("matmul", "shapes"): "as Add",
    ("matmul", "no-matrix"): "torch takes a batch of rows for one matrix and mixes samples",
    ("group_norm", "one-number"): "torch refuses only a batch of one; always zeros is no better",
    ("instance_norm", "no-channels"): "torch takes (batch, features) for one sample without a batch axis",
    (
        "dropout1d",
        "no-channels",
    ): "torch takes (batch, features) for one sample without a batch axis, and warns of others",
    ("dropout2d", "no-channels"): "torch takes (batch, channels, length) for one sample and warns",
    ("slice", "range"): "torch cuts off what lies outside without a word, and nothing may remain",
    ("conv_transpose1d", "nothing-left"): "torch goes on with nothing",
    ("conv_transpose2d", "nothing-left"): "torch goes on with nothing",
}


def test_all_layers_load() -> None:
    assert not LAYERS.broken
    expected = (
        "custom input prior decoder max linear conv1d conv2d max_pool avg_pool global_avg_pool global_max_pool adaptive_avg_pool "
        "adaptive_max_pool flatten reshape dropout batch_norm layer_norm relu leaky_relu elu gelu silu sigmoid tanh "
        "softmax identity add concat output "
        "conv_transpose1d conv_transpose2d upsample group_norm instance_norm dropout1d dropout2d slice multiply matmul "
        "mean constant reparameterise transpose group group_input group_output "
        "embedding rnn lstm gru attention multi_head_attention positional_encoding transformer_encoder "
        "standardise pca umap agglomerative kmeans minibatch_kmeans gaussian_mixture spectral dbscan hdbscan optics "
        "mean_shift"
    )
    assert sorted(KINDS) == sorted(expected.split())


@pytest.mark.parametrize("kind", KINDS)
def test_contract(kind: str) -> None:
    check_layer(kind, rounds=25)


def test_titles_and_glyphs_tell_layers_apart() -> None:
    assert len({layer.title for layer in LAYERS}) == len(KINDS)
    assert len({layer.glyph for layer in LAYERS}) == len(KINDS)
    assert {layer.family for layer in LAYERS} <= set(FAMILIES)


def test_glyphs_are_in_the_offline_icon_set() -> None:
    package = find_spec("qtawesome")
    assert package is not None
    assert package.origin is not None
    (charmap,) = (Path(package.origin).parent / "fonts").glob("materialdesignicons6-webfont-charmap-*.json")
    known = json.loads(charmap.read_text())
    assert [layer.glyph for layer in LAYERS if layer.glyph.removeprefix("mdi6.") not in known] == []


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(COMPUTING), st.randoms(use_true_random=False))
def test_rules_equal_torch(declaration: type[Layer], random: Random) -> None:
    layer = random_layer(declaration, random)
    inputs = random_inputs(layer, random)
    if check_against_torch(layer, *inputs):
        return
    with pytest.raises(Misfit) as caught:
        signals(layer, *inputs)
    _check_remedies(layer, inputs, caught.value)
    # torch computes with indices as if they were quantities wherever it can.
    if caught.value.code == "indices" or (declaration.kind, caught.value.code) in LIMITS:
        return
    # On real tensors: meta ones let some nonsense pass, as a softmax along an axis that is not there.
    # A RuntimeError by torch, a ValueError by its constructor, an AttributeError where it has no such class at all.
    with pytest.raises((RuntimeError, ValueError, IndexError, TypeError, AttributeError, AssertionError)):
        run_in_torch(layer.call(*inputs), *inputs, device="cpu")  # type: ignore[arg-type]


def _check_remedies(layer: Layer, inputs: tuple[Shape, ...], misfit: Misfit) -> None:
    """What a button offers can be done and mends what it was offered for."""
    assert str(misfit)
    for remedy in misfit.remedies:
        kind = type(layer).kind
        if isinstance(remedy, SetParam):
            changed = LAYERS.make(kind, {**layer.model_dump(), remedy.name: remedy.value})
            assert _trouble(changed, inputs) != (misfit.code, misfit.at), (
                f"{layer!r} of {inputs}: {remedy} does not help"
            )
            continue
        place = layer.input_ports().index(misfit.at) if misfit.at in layer.input_ports() else 0
        between = LAYERS.make(remedy.kind, remedy.params).shape(inputs[place])
        trouble = _trouble(layer, (*inputs[:place], between, *inputs[place + 1 :]))
        # Flatten is a first step where the number of features differs too, or more than one input has too many axes.
        assert trouble != (misfit.code, misfit.at) or (
            remedy.kind == "flatten" and kind in ("linear", "add", "concat", "multiply")
        )


def _trouble(layer: Layer, inputs: tuple[Shape, ...]) -> tuple[str, str]:
    """Code and place of what does not fit, both empty if all does."""
    try:
        signals(layer, *inputs)
    except Misfit as misfit:
        return misfit.code, misfit.at
    return "", ""


def test_misfits_are_common_enough_to_mean_something() -> None:
    random = Random(1)
    for declaration in COMPUTING:
        fits = 0
        for _round in range(80):
            layer = random_layer(declaration, random)
            fits += check_against_torch(layer, *random_inputs(layer, random))
        assert fits >= 4, f"{declaration.kind} fits its inputs in {fits} of 80 cases only"


@pytest.mark.parametrize(
    ("kind", "params", "inputs", "sentence", "remedies"),
    [
        (
            "linear",
            {"in_features": 128},
            [(32, 4, 4)],
            "Linear expects 128 features, gets 32 × 4 × 4 = 512.",
            [InsertBefore("flatten"), SetParam("in_features", None)],
        ),
        (
            "conv2d",
            {"kernel_size": 9},
            [(1, 8, 8)],
            "Conv2d: a kernel of 9 does not fit into 8: (8 - 9 + 2·0)/1 + 1 = 0.",
            [SetParam("padding", 1), SetParam("kernel_size", 8)],
        ),
        (
            "conv2d",
            {},
            [(64,)],
            "Conv2d expects an image, channels × height × width, gets 64.",
            [InsertBefore("reshape", {"extents": (1, 8, 8)})],
        ),
        (
            "conv1d",
            {},
            [(2, 4, 5)],
            "Conv1d expects a sequence, channels × length, gets 2 × 4 × 5.",
            [InsertBefore("reshape", {"extents": (2, 20)})],
        ),
        (
            "max_pool",
            {"padding": 2},
            [(1, 8, 8)],
            "MaxPool: a padding of 2 is more than half the kernel: 2/2 = 1.",
            [SetParam("padding", 1), SetParam("kernel_size", 4)],
        ),
        (
            "avg_pool",
            {"kernel_size": 5},
            [(3, 4, 6)],
            "AvgPool: a kernel of 5 does not fit into 4: ⌊(4 - 5 + 2·0)/5⌋ + 1 = 0.",
            [SetParam("kernel_size", 4)],
        ),
        (
            "reshape",
            {"extents": (8, 9)},
            [(64,)],
            "Reshape: 64 numbers do not fill 8 × 9 = 72.",
            [SetParam("extents", (8, 8)), SetParam("extents", (-1,))],
        ),
        (
            "add",
            {},
            [(16, 8, 8), (32, 8, 8)],
            "Add needs equal shapes: a is 16 × 8 × 8 = 1024, b is 32 × 8 × 8 = 2048.",
            [InsertBefore("conv2d", {"out_channels": 16, "kernel_size": 1})],
        ),
        (
            "concat",
            {},
            [(16, 8, 8), (16, 4, 8)],
            "Concat along axis 1 needs all other axes equal: a is 16 × 8 × 8, b is 16 × 4 × 8.",
            [SetParam("axis", 2)],
        ),
        (
            "linear",
            {},
            [Signal((12,), 50)],
            "Linear needs numbers, gets indices of 50 words or things: put an Embedding before it.",
            [InsertBefore("embedding")],
        ),
        (
            "embedding",
            {},
            [(64,)],
            "Embedding needs indices of words or things, gets numbers: it has its place right behind such an Input.",
            [],
        ),
        (
            "lstm",
            {},
            [(1, 8, 8)],
            "LSTM expects a sequence, length × features, gets 1 × 8 × 8.",
            [InsertBefore("reshape", {"extents": (1, -1)})],
        ),
        (
            "softmax",
            {"axis": 3},
            [(10,)],
            "Softmax along axis 3, but 10 has 1 axes after the batch.",
            [SetParam("axis", None)],
        ),
    ],
)
def test_sentences(
    kind: str, params: dict[str, object], inputs: list[tuple[int, ...]], sentence: str, remedies: list[object]
) -> None:
    with pytest.raises(Misfit) as caught:
        signals(LAYERS.make(kind, params), *inputs)
    assert str(caught.value) == sentence
    assert list(caught.value.remedies) == remedies


def test_arithmetic_is_a_true_sum() -> None:
    conv = LAYERS.make("conv2d", {"kernel_size": 5})
    assert conv.arithmetic((1, 8, 8)) == "(8 - 5 + 2·0)/1 + 1 = 4"
    assert conv.arithmetic((1, 8, 12)) == "(8 - 5 + 2·0)/1 + 1 = 4, (12 - 5 + 2·0)/1 + 1 = 8"
    assert LAYERS.make("max_pool", {}).arithmetic((4, 7, 7)) == "⌊(7 - 2 + 2·0)/2⌋ + 1 = 3"
    assert LAYERS.make("linear", {"features": 10}).arithmetic((64,)) == "64 × 10 + 10 = 650"


def test_an_image_before_a_linear_is_remarked() -> None:
    (remark,) = LAYERS.make("linear", {}).remarks((32, 4, 4))
    assert str(remark) == "Linear acts on the last axis only: 4 of 32 × 4 × 4. Flatten gives it all 512 numbers."
    assert remark.remedies == (InsertBefore("flatten"),)
    assert not list(LAYERS.make("linear", {}).remarks((4,)))
