"""The gates that are shown are those of the layer: with them its output comes out again, and its gradients."""

import numpy as np
import pytest
import torch

from dllab.build import blocks
from dllab.probes import DoesNotApply, compute, load_probes
from dllab.probes.gates import put_out, unroll
from dllab.templates import load_template
from dllab.training.session import Session

load_probes()
LAYERS = {
    "rnn": lambda **o: blocks.RNN(4, 5, **o),
    "rnn relu": lambda **o: blocks.RNN(4, 5, nonlinearity="relu", **o),
    "lstm": lambda **o: blocks.LSTM(4, 5, **o),
    "gru": lambda **o: blocks.GRU(4, 5, **o),
    "gru cho": lambda **o: blocks.GRU(4, 5, reset="cho", **o),
}


@pytest.mark.parametrize("gives", ["sequence", "last step", "final state"])
@pytest.mark.parametrize(("layers", "both"), [(1, False), (1, True), (3, True)])
@pytest.mark.parametrize("kind", LAYERS)
def test_step_by_step_is_the_same_layer(kind: str, layers: int, both: bool, gives: str) -> None:
    torch.manual_seed(0)
    layer = LAYERS[kind](num_layers=layers, bidirectional=both, output=gives).double().eval()
    x = torch.randn(3, 7, 4, dtype=torch.float64, requires_grad=True)
    (ours,), theirs = put_out(layer, unroll(layer, x), 7), layer(x)
    assert (ours - theirs).abs().max() < 1e-12
    direction = torch.randn_like(theirs)
    one, other = (torch.autograd.grad((y * direction).sum(), x)[0] for y in (ours, theirs))
    assert (one - other).abs().max() < 1e-12
    lengths = torch.tensor([7, 3, 5])
    packed = layer(x, lengths)
    for row, steps in enumerate(lengths.tolist()):
        (alone,) = put_out(layer, unroll(layer, x[row : row + 1, :steps]), 7)
        assert (alone[0] - packed[row]).abs().max() < 1e-12


@pytest.mark.parametrize(("layers", "both"), [(1, False), (2, True)])
@pytest.mark.parametrize("kind", LAYERS)
def test_a_state_is_taken_over_and_handed_on(kind: str, layers: int, both: bool) -> None:
    torch.manual_seed(0)
    layer = LAYERS[kind](num_layers=layers, bidirectional=both, takes_state=True, gives_state=True).double().eval()
    size, count = 5 * (2 if kind == "lstm" else 1), layers * (1 + both)
    first = torch.randn(3, *(() if count == 1 else (count,)), size, dtype=torch.float64)
    x = torch.randn(3, 7, 4, dtype=torch.float64)
    for ours, theirs in zip(put_out(layer, unroll(layer, x, first), 7), layer(x, first), strict=True):
        assert ours.shape == theirs.shape
        assert (ours - theirs).abs().max() < 1e-12


def test_gates_obey_their_equations() -> None:
    layer = blocks.LSTM(4, 5, num_layers=2).double()
    below, above = (way.steps for way in unroll(layer, torch.randn(2, 6, 4, dtype=torch.float64)))
    for gates in (below, above):
        for t in range(1, 6):
            kept = gates["forget"][t] * gates["cell"][t - 1] + gates["input"][t] * gates["candidate"][t]
            assert torch.allclose(gates["cell"][t], kept, rtol=0, atol=1e-15)
    with torch.no_grad():
        _steps, (final, cell) = torch.nn.LSTM.forward(layer, torch.zeros(1, 3, 4, dtype=torch.float64))
    ways = unroll(layer, torch.zeros(1, 3, 4, dtype=torch.float64))
    assert torch.allclose(torch.stack([way.steps["cell"][-1] for way in ways]), cell, rtol=0, atol=1e-12)
    assert torch.allclose(torch.stack([way.steps["hidden"][-1] for way in ways]), final, rtol=0, atol=1e-12)


def trained(template: str) -> Session:
    session = Session(load_template(template), "cpu")
    for _step in range(3):
        session.advance()
    return session


@pytest.mark.parametrize(
    "template", ["adding-rnn", "adding-lstm", "adding-gru", "text-gru", "char-lm", "forecast-lstm", "seq2seq-gru"]
)
def test_every_recurrent_template(template: str) -> None:
    session = trained(template)
    node = next(step.node for step in session.network.plan if step.module.__class__.__name__ in ("RNN", "LSTM", "GRU"))
    shown = compute(session, "gates", {"node": node, "sample": 2})
    module = session.network.layers[node]
    steps = len(shown.labels["steps"])
    for name in shown.labels["gates"]:
        assert shown.arrays[name].shape == (steps, module.hidden_size)
    with session.looking():
        output = session.network.forward_nodes(session.validation[0][2:3])[node][0]
    last = shown.arrays["hidden"][-1 if module.gives != "sequence" else slice(None)]
    expected = output.numpy() if output.dim() == 1 else output[:steps].numpy()
    if not module.bidirectional:
        assert last == pytest.approx(expected, abs=1e-5)
    for name in ("gradient_input", "gradient_hidden"):
        assert shown.arrays[name].shape == (steps,)
        assert (shown.arrays[name] > 0).any()


def test_gradients_of_the_hidden_states_are_finite_differences() -> None:
    session = trained("adding-rnn")
    session.network.double()
    session.loss.double()
    x, targets, _labels = (part[2:3].double() for part in session.validation)
    session._validation = type(session.validation)(*(part.double() for part in session.validation))
    node = next(step.node for step in session.network.plan if isinstance(step.module, blocks.RNN))
    shown = compute(session, "gates", {"node": node, "sample": 2})
    module = session.network.layers[node]
    after = [step.module for step in session.network.plan[[s.node for s in session.network.plan].index(node) + 1 :]]

    def loss_with(t: int, push: torch.Tensor) -> float:
        h = torch.zeros(1, module.hidden_size, dtype=torch.float64)
        states = []
        for now in range(x.shape[1]):
            h = torch.tanh(
                x[:, now] @ module.weight_ih_l0.T + module.bias_ih_l0 + h @ module.weight_hh_l0.T + module.bias_hh_l0
            )
            h = h + push if now == t else h
            states.append(h)
        out = torch.stack(states, 1) if module.gives == "sequence" else states[-1]
        for one in after:
            out = one(out)
        return float(session.loss(out, targets))

    with torch.no_grad():
        for t in (0, x.shape[1] // 2, x.shape[1] - 1):
            slopes = [
                (loss_with(t, 1e-6 * unit) - loss_with(t, -1e-6 * unit)) / 2e-6
                for unit in torch.eye(module.hidden_size, dtype=torch.float64)
            ]
            assert shown.arrays["gradient_hidden"][t] == pytest.approx(np.linalg.norm(slopes), rel=1e-3, abs=1e-9)


def test_what_remembers_nothing_says_so() -> None:
    with pytest.raises(DoesNotApply, match="no recurrent layer"):
        compute(Session(load_template("xor-mlp"), "cpu"), "gates", {"node": "linear"})
    with pytest.raises(DoesNotApply, match="remembers nothing"):
        compute(trained("adding-gru"), "gates", {"node": "linear"})
