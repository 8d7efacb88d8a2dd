"""Inside recurrent cells and attention: the arrays come to what the fused modules put out, and every number is told."""

from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from examples import chain

from dllab.build.making import make_module
from dllab.build.module import Step
from dllab.document.experiment import Choice, Training
from dllab.layers import LAYERS
from dllab.layers.base import Shape, Signal
from dllab.stepping import walk
from dllab.stepping.drawing import drawn_again, random_state
from dllab.stepping.explain import explain
from dllab.stepping.inner import _KINDS, inside, through_time
from dllab.templates import load_template
from dllab.training.session import Session

CPU = torch.device("cpu")
RECURRENT = [
    ("rnn", {}),
    ("rnn", {"nonlinearity": "relu", "num_layers": 2, "bidirectional": True}),
    ("rnn", {"output": "last step", "bidirectional": True}),
    ("lstm", {}),
    ("lstm", {"num_layers": 2, "bidirectional": True, "output": "final state"}),
    ("lstm", {"num_layers": 3, "dropout": 0.3, "output": "last step"}),
    ("gru", {}),
    ("gru", {"num_layers": 2, "bidirectional": True, "dropout": 0.4}),
    ("gru", {"reset": "cho", "bidirectional": True}),
    ("gru", {"reset": "cho", "num_layers": 2, "dropout": 0.2, "output": "final state"}),
]
STATES = [
    ("rnn", {"takes_state": True}),
    ("lstm", {"takes_state": True, "gives_state": True}),
    ("lstm", {"takes_state": True, "num_layers": 2, "bidirectional": True}),
    ("gru", {"gives_state": True, "num_layers": 2, "output": "last step"}),
    ("gru", {"takes_state": True, "gives_state": True, "bidirectional": True, "reset": "cho"}),
]
ATTENTION = [
    ("attention", {}, [(4, 3), (5, 3), (5, 2)]),
    ("attention", {"scale": False, "causal": True}, [(4, 3), (4, 3), (4, 3)]),
    ("multi_head_attention", {"num_heads": 2}, [(4, 6)]),
    ("multi_head_attention", {"num_heads": 2, "inputs": "q, k and v", "bias": False}, [(3, 4), (5, 6), (5, 2)]),
    ("multi_head_attention", {"num_heads": 3, "inputs": "q and k", "causal": True}, [(4, 6), (4, 6)]),
    ("transformer_encoder", {"num_heads": 2, "dim_feedforward": 5}, [(4, 6)]),
    ("transformer_encoder", {"num_heads": 2, "dim_feedforward": 5, "norm_first": False, "causal": True}, [(4, 6)]),
]
CASES = [
    *(
        (kind, {"hidden_size": 3, **params}, [(5, 2)], padded)
        for kind, params in (*RECURRENT, *STATES)
        for padded in (False, True)
    ),
    *((kind, params, shapes, padded) for kind, params, shapes in ATTENTION for padded in (False, True)),
]


@pytest.mark.parametrize(("kind", "params", "shapes", "padded"), CASES)
def test_what_is_inside_comes_to_what_the_fused_module_puts_out(
    kind: str, params: dict[str, Any], shapes: list[Shape], padded: bool
) -> None:
    torch.manual_seed(6)
    layer = LAYERS.make(kind, {"hidden_size": 3, **params} if "hidden_size" in params else params)
    given = [Signal(shape, 0, padded) for shape in shapes]
    if params.get("takes_state"):
        shapes = [*shapes, layer.state_shape()]
        given.append(Signal(shapes[-1]))
    call = layer.call(*given)
    assert call is not None
    module = make_module(call).double()
    lengths = torch.tensor([2, shapes[0][0] if len(shapes) != 3 else shapes[-1][0], 1]) if padded else None
    inputs = [torch.randn(3, *shape, dtype=torch.float64) for shape in shapes]
    step = Step("node", module, (), tuple(range(len(layer.output_ports()))), padded)
    random = random_state(CPU)
    outputs = step.carry_out(inputs, lengths)
    output = outputs[0]
    arrays = inside(step, inputs, lengths, output, random)
    assert arrays
    compute = next(found for k, found in _KINDS.items() if isinstance(module, k))
    torch.set_rng_state(random[0])
    with torch.no_grad():
        result = compute(module, inputs, lengths)["result"]
    torch.testing.assert_close(result, output.detach(), rtol=1e-12, atol=1e-12)
    # Every number is told, from the inputs to the output.
    ports = [f"input.{port}" for port in layer.input_ports()] if len(inputs) > 1 else ["input"]
    numbers: dict[str, np.ndarray] = {n: v.numpy() for n, v in zip(ports, inputs, strict=True)}
    numbers |= {name: value.detach().numpy() for name, value in module.state_dict().items()}
    made = {f"output.{port}": value for port, value in zip(layer.output_ports(), outputs, strict=True)}
    made = made if len(made) > 1 else {"output": output}
    numbers |= {name: value.detach().numpy() for name, value in {**arrays, **made}.items()}
    numbers["training"] = np.array(True)
    chosen = Random(1)
    for what in (name for name in {**arrays, **made} if name != "lengths" and not name.startswith("input")):
        every = list(np.ndindex(numbers[what].shape))
        for index in chosen.sample(every, min(12, len(every))):
            lines = layer.explain(numbers, what, index)
            assert lines, what
            expected = float(numbers[what][index])
            assert lines[-1].value == pytest.approx(expected, rel=1e-10, abs=1e-12), (what, index)


@pytest.mark.parametrize("kind", ["multi_head_attention", "transformer_encoder"])
def test_dropped_shares_are_those_of_the_run(kind: str) -> None:
    torch.manual_seed(7)
    layer = LAYERS.make(kind, {"num_heads": 2, "dropout": 0.4})
    module = make_module(layer.call((4, 6)))
    x = torch.randn(3, 4, 6)
    random = random_state(CPU)
    output = module(x)
    before = torch.get_rng_state()
    arrays = inside(Step("node", module, (), (0,)), [x], None, output, random)
    assert torch.equal(torch.get_rng_state(), before)
    assert 0 < float((arrays["dropped"] == 0).float().mean()) < 1


def test_what_a_gpu_drew_is_drawn_again_and_then_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu, states = torch.device("cuda", 0), {0: torch.tensor([1])}
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda device: states[torch.device(device).index])
    monkeypatch.setattr(
        torch.cuda, "set_rng_state", lambda state, device: states.update({torch.device(device).index: state})
    )
    kept, drawn = random_state(gpu), torch.rand(3)
    states[0] = torch.tensor([2])
    before = torch.get_rng_state()
    with drawn_again(kept, gpu):
        assert states[0].tolist() == [1]
        assert torch.equal(torch.rand(3), drawn)
        states[0] = torch.tensor([5])
    assert states[0].tolist() == [2]
    assert torch.equal(torch.get_rng_state(), before)


def test_an_output_that_can_not_be_made_again_shows_nothing_inside() -> None:
    module = make_module(LAYERS.make("gru", {"hidden_size": 3}).call((5, 2)))
    x = torch.randn(2, 5, 2)
    step = Step("node", module, (), (0,))
    assert inside(step, [x], None, module(x) + 0.1, random_state(CPU)) == {}
    linear = Step("node", torch.nn.Linear(2, 2), (), (0,))
    assert inside(linear, [x], None, linear.module(x), random_state(CPU)) == {}


@pytest.mark.parametrize("kind", ["lstm", "gru", "rnn"])
def test_a_click_on_a_gate_of_a_walked_run_tells_its_sum(kind: str) -> None:
    layers = (
        (kind, {"hidden_size": 6, "num_layers": 2, "dropout": 0.2, "output": "last step"}),
        ("linear", {"features": 1}),
    )
    data = Choice(kind="adding", params={"samples": 60, "length": 7})
    session = Session(chain(*layers, data=data, training=Training(loss=Choice(kind="mse"), batch_size=8)), "cpu")
    operation = next(o for o in walk(session) if (o.phase, o.node) == ("forward", kind))
    for name in {"lstm": "ifgoch", "gru": "rzunh", "rnn": "h"}[kind]:
        array = operation.arrays[f"{name}_l1"].numpy()
        value = explain(session, operation, f"{name}_l1", (3, 4, 5))[-1].value
        assert value == pytest.approx(float(array[3, 4, 5]), rel=1e-4, abs=1e-6)
    assert explain(session, operation, "weight_hh_l0", (0, 0)) == ()
    assert explain(session, operation, "input_l1", (0, 0, 0)) == ()


def test_a_padded_sequence_is_walked_with_its_lengths() -> None:
    layers = (
        ("embedding", {"embedding_dim": 4}),
        ("lstm", {"hidden_size": 5}),
        ("mean", {}),
        ("linear", {"features": 2}),
    )
    data = Choice(kind="opinions")
    session = Session(chain(*layers, data=data, training=Training(batch_size=9)), "cpu")
    seen = set()
    for operation in walk(session):
        if (operation.phase, operation.node) in (("forward", "lstm"), ("forward", "mean"), ("backward", "mean")):
            seen.add((operation.phase, operation.node))
            what = "output" if operation.phase == "forward" else "gradient.input"
            array = operation.arrays[what].numpy()
            assert int(operation.arrays["lengths"].min()) < operation.arrays["input"].shape[1]
            for index in Random(3).sample(list(np.ndindex(array.shape)), 40):
                value = explain(session, operation, what, index)[-1].value
                assert value == pytest.approx(float(array[index]), rel=1e-4, abs=1e-7)
    assert len(seen) == 3


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize(("kind", "params"), RECURRENT)
def test_gradients_of_recurrent_weights_are_sums_over_the_steps(
    kind: str, params: dict[str, Any], padded: bool
) -> None:
    torch.manual_seed(9)
    layer = LAYERS.make(kind, {"hidden_size": 3, **params})
    module = make_module(layer.call(Signal((5, 2), 0, padded))).double()
    lengths = torch.tensor([2, 5, 1]) if padded else None
    x = torch.randn(3, 5, 2, dtype=torch.float64, requires_grad=True)
    step = Step("node", module, (), (0,), padded)
    random = random_state(CPU)
    (output,) = step.carry_out([x], lengths)
    upstream = torch.randn_like(output)
    weights = dict(module.named_parameters())
    found = torch.autograd.grad(output, [x, *weights.values()], upstream)
    arrays = inside(step, [x], lengths, output, random) | through_time(step, [x], lengths, random, [upstream])
    numbers = {name: value.detach().numpy() for name, value in {**weights, **arrays, "input": x}.items()}
    for name, gradient in zip(("input", *weights), found, strict=True):
        for index in np.ndindex(gradient.shape):
            lines = layer.explain(numbers, f"gradient.{name}", index)
            assert lines, name
            assert lines[-1].value == pytest.approx(float(gradient[index]), rel=1e-9, abs=1e-12), (name, index)


@pytest.mark.parametrize("arrived", ["both", "state", "out"])
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize(("kind", "params"), STATES)
def test_gradients_through_states_that_come_in_and_go_on_are_told(
    kind: str, params: dict[str, Any], padded: bool, arrived: str
) -> None:
    torch.manual_seed(11)
    layer = LAYERS.make(kind, {"hidden_size": 3, **params})
    shapes = [(5, 2), *([layer.state_shape()] if params.get("takes_state") else [])]
    module = make_module(layer.call(Signal((5, 2), 0, padded), *shapes[1:])).double()
    lengths = torch.tensor([2, 5, 1]) if padded else None
    inputs = [torch.randn(3, *shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    step = Step("node", module, (), tuple(range(len(layer.output_ports()))), padded)
    random = random_state(CPU)
    outputs = step.carry_out(inputs, lengths)
    if arrived == "state" and len(outputs) == 1:
        return
    sent = [torch.randn_like(value) for value in outputs]
    upstream = [g if arrived in ("both", port) else None for port, g in zip(("out", "state"), sent, strict=False)]
    ends = [(value, g) for value, g in zip(outputs, upstream, strict=True) if g is not None]
    weights = dict(module.named_parameters())
    found = torch.autograd.grad(
        [value for value, _g in ends], [*inputs, *weights.values()], [g for _value, g in ends], allow_unused=True
    )
    arrays = inside(step, inputs, lengths, outputs[0], random) | through_time(step, inputs, lengths, random, upstream)
    ports = [f"input.{port}" for port in layer.input_ports()] if len(inputs) > 1 else ["input"]
    given = {**weights, **arrays, **dict(zip(ports, inputs, strict=True))}
    numbers = {name: value.detach().numpy() for name, value in given.items()}
    for name, gradient in zip((*ports, *weights), found, strict=True):
        for index in np.ndindex(() if gradient is None else gradient.shape):
            if gradient is None:
                continue
            lines = layer.explain(numbers, f"gradient.{name}", index)
            assert lines, name
            assert lines[-1].value == pytest.approx(float(gradient[index]), rel=1e-9, abs=1e-12), (name, index)


@pytest.mark.parametrize("forced", [0.0, 0.5, 1.0])
def test_every_number_of_a_decoder_is_told_forward_and_back(forced: float) -> None:
    torch.manual_seed(12)
    layer = LAYERS.make("decoder", {"embedding_dim": 3, "teacher_forcing": forced})
    module = make_module(layer.call(Signal((5,), 7), (4,))).double().train()
    words, state = torch.randint(0, 7, (6, 5)), torch.randn(6, 4, dtype=torch.float64, requires_grad=True)
    step = Step("node", module, (), (0,))
    random = random_state(CPU)
    (output,) = step.carry_out([words, state], None)
    upstream = torch.randn_like(output)
    before = torch.get_rng_state()
    arrays = inside(step, [words, state], None, output, random)
    taught = arrays["taught"][:, 1:].float().mean()
    assert forced == 0.5 or float(taught) == forced
    arrays |= through_time(step, [words, state], None, random, [upstream])
    assert torch.equal(torch.get_rng_state(), before)
    weights = dict(module.named_parameters())
    gradients = torch.autograd.grad(output, [state, *weights.values()], upstream)
    given = {"input.in": words, "input.state": state, "output": output, "upstream": upstream, **weights, **arrays}
    told = {name: arrays[name] for name in ("word", "x", "r", "z", "u", "n", "h")} | {"output": output}
    told |= {f"gradient.{n}": g for n, g in zip(("input.state", *weights), gradients, strict=True)}
    numbers = {name: value.detach().numpy() for name, value in given.items()}
    for what, value in told.items():
        array = value.detach().numpy()
        for index in np.ndindex(array.shape):
            lines = layer.explain(numbers, what, index)
            assert lines, what
            assert lines[-1].value == pytest.approx(float(array[index]), rel=1e-9, abs=1e-12), (what, index)


def test_a_walked_run_from_sequence_to_sequence_tells_every_gradient() -> None:
    experiment = load_template("seq2seq-gru")
    session = Session(experiment, "cpu")
    chosen, seen = Random(5), set()
    for operation in walk(session):
        if operation.phase == "backward" and operation.node in ("gru", "decoder"):
            for what in [name for name in operation.arrays if name.startswith("gradient.")]:
                array = operation.arrays[what].numpy()
                for _time in range(4):
                    index = tuple(chosen.randrange(extent) for extent in array.shape)
                    lines = explain(session, operation, what, index)
                    assert lines, (operation.node, what)
                    assert lines[-1].value == pytest.approx(float(array[index]), rel=1e-3, abs=1e-6), what
                    seen.add((operation.node, what))
    assert {("decoder", "gradient.input.state"), ("decoder", "gradient.embedding.weight")} <= seen
    assert ("gru", "gradient.weight_hh_l0") in seen


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize(("kind", "params", "shapes"), [case for case in ATTENTION if case[0] != "attention"])
def test_gradients_of_attention_are_sums_over_the_steps(
    kind: str, params: dict[str, Any], shapes: list[Shape], padded: bool
) -> None:
    torch.manual_seed(10)
    layer = LAYERS.make(kind, params)
    module = make_module(layer.call(*(Signal(shape, 0, padded) for shape in shapes))).double()
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter)
    lengths = torch.tensor([2, shapes[-1][0], 1]) if padded else None
    inputs = [torch.randn(3, *shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    step = Step("node", module, (), (0,), padded)
    random = random_state(CPU)
    (output,) = step.carry_out(inputs, lengths)
    upstream = torch.randn_like(output)
    weights = dict(module.named_parameters())
    ports = [f"input.{port}" for port in layer.input_ports()] if len(inputs) > 1 else ["input"]
    found = torch.autograd.grad(output, [*inputs, *weights.values()], upstream)
    arrays = inside(step, inputs, lengths, output, random)
    arrays |= through_time(step, inputs, lengths, random, [upstream])
    numbers = {name: value.detach().numpy() for name, value in {**weights, **arrays, "upstream": upstream}.items()}
    numbers |= {name: value.detach().numpy() for name, value in zip(ports, inputs, strict=True)}
    chosen = Random(4)
    for name, gradient in zip((*ports, *weights), found, strict=True):
        every = list(np.ndindex(gradient.shape))
        for index in chosen.sample(every, min(10, len(every))):
            lines = layer.explain(numbers, f"gradient.{name}", index)
            assert lines, name
            assert lines[-1].value == pytest.approx(float(gradient[index]), rel=1e-8, abs=1e-10), (name, index)
