"""Recurrent layers against torch and against their formulas; padding that never leaks; answers at every step."""

import numpy as np
import pytest
import torch
from torch import nn

from dllab.build import Network, blocks, build, build_loss, encode_targets, to_code
from dllab.build.making import make_module
from dllab.build.module import sample_lengths
from dllab.checking import check
from dllab.checking.problem import apply_fix
from dllab.data import DATASETS
from dllab.data.base import IGNORED, Dataset, DataSpec, split_sizes
from dllab.data.prepare import prepare
from dllab.document.experiment import Experiment, Split
from dllab.layers import LAYERS
from dllab.layers.base import Signal, is_padded, padded_axis, signals, vocabulary
from dllab.probes import DoesNotApply, compute, load_probes
from dllab.probes.verdict import verdict
from dllab.stepping import walk
from dllab.stepping.explain import explain
from dllab.training.metrics import Tally
from dllab.training.session import Session
from tests.support.graphs import experiment

KINDS = ("rnn", "lstm", "gru")


def _module(kind: str, features: int = 3, **params: object) -> nn.Module:
    call = LAYERS.make(kind, {"hidden_size": 4, **params}).call((6, features))
    assert call is not None
    torch.manual_seed(0)
    return make_module(call).double()


def _with_recipe(made: Experiment, **recipe: object) -> Experiment:
    return made.model_copy(update={"training": made.training.model_copy(update=recipe)})


@pytest.mark.parametrize(("kind", "plain"), [("rnn", nn.RNN), ("lstm", nn.LSTM), ("gru", nn.GRU)])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_recurrent_layers_are_those_of_torch(kind: str, plain: type[nn.RNNBase], bidirectional: bool) -> None:
    made = _module(kind, num_layers=2, bidirectional=bidirectional)
    reference = plain(3, 4, 2, batch_first=True, bidirectional=bidirectional).double()
    reference.load_state_dict(made.state_dict())
    x = torch.randn(5, 6, 3, dtype=torch.float64)
    steps, final = reference(x)
    final = final[0] if kind == "lstm" else final
    assert torch.equal(made(x), steps)
    made.gives = "last step"
    assert torch.equal(made(x), steps[:, -1])
    made.gives = "final state"
    assert torch.equal(made(x), torch.cat([final[-2], final[-1]], 1) if bidirectional else final[-1])


def test_sizes_of_the_article() -> None:
    found = {kind: LAYERS.make(kind, {"hidden_size": 128}).parameters((10, 64)) for kind in KINDS}
    assert found == {"rnn": 24_832, "lstm": 99_328, "gru": 74_496}
    assert LAYERS.make("lstm", {"hidden_size": 128}).arithmetic((10, 64)) == "4 × 128 × (64 + 128 + 2) = 99,328"


def test_lstm_by_its_formula() -> None:
    made = _module("lstm", forget_bias=3.0)
    x, h, c = torch.randn(2, 6, 3, dtype=torch.float64), torch.zeros(2, 4).double(), torch.zeros(2, 4).double()
    w, u, b = made.weight_ih_l0, made.weight_hh_l0, made.bias_ih_l0 + made.bias_hh_l0
    assert b[4:8].tolist() == [3.0] * 4
    for t in range(6):
        i, f, g, o = (x[:, t] @ w.T + h @ u.T + b).chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        assert torch.allclose(made(x)[:, t], h, atol=1e-14)


@pytest.mark.parametrize("reset", ["cho", "pytorch"])
def test_gru_by_its_two_formulas(reset: str) -> None:
    made = _module("gru", reset=reset)
    x, h = torch.randn(2, 6, 3, dtype=torch.float64), torch.zeros(2, 4).double()
    w, u, b, d = made.weight_ih_l0, made.weight_hh_l0, made.bias_ih_l0, made.bias_hh_l0
    for t in range(6):
        a = x[:, t] @ w.T + b
        r, z = (a[:, :8] + h @ u[:8].T + d[:8]).sigmoid().chunk(2, 1)
        inner = (r * h) @ u[8:].T + d[8:] if reset == "cho" else r * (h @ u[8:].T + d[8:])
        h = (1 - z) * (a[:, 8:] + inner).tanh() + z * h
    assert torch.allclose(made(x)[:, -1], h, atol=1e-14)
    other = _module("gru", reset="cho" if reset == "pytorch" else "pytorch")
    assert not torch.allclose(made(x), other(x), atol=1e-3)


@pytest.mark.parametrize("output", ["sequence", "last step", "final state"])
@pytest.mark.parametrize(("kind", "extra"), [("rnn", {}), ("lstm", {}), ("gru", {}), ("gru", {"reset": "cho"})])
def test_padding_changes_nothing(kind: str, extra: dict[str, object], output: str) -> None:
    made = _module(kind, num_layers=2, bidirectional=True, output=output, **extra)
    x, lengths = torch.randn(3, 6, 3, dtype=torch.float64), torch.tensor([6, 2, 4])
    result = made(x, lengths)
    for row, length in enumerate(lengths.tolist()):
        alone = made(x[row : row + 1, :length])[0]
        here = result[row, :length] if output == "sequence" else result[row]
        assert torch.allclose(here, alone, atol=1e-14)
        if output == "sequence":
            assert not result[row, length:].any()
    x[1, 2:] = 1e9
    assert torch.equal(made(x, lengths), result)


def test_a_network_takes_no_notice_of_padding() -> None:
    made = experiment(
        "embedding", ("gru", {"output": "final state"}), ("linear", {"features": 2}), data="parity", shortest=2
    )
    found = check(made)
    wires = {name: node.shapes["out"] for name, node in found.nodes.items() if node.shapes}
    assert vocabulary(wires["input"]) == 3
    assert [is_padded(wires[n]) for n in ("input", "embedding", "gru", "linear")] == [True, True, False, False]
    longer = made.model_copy(update={"data": made.data.model_copy(update={"params": {"length": 20, "shortest": 2}})})
    x = torch.tensor([[1, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0], [2] * 12])
    assert sample_lengths(x).tolist() == [3, 12]
    networks = [_unchecked(made), _unchecked(longer)]
    networks[1].load_state_dict(networks[0].state_dict())
    outputs = networks[0](x)
    assert torch.equal(networks[1](nn.functional.pad(x, (0, 8))), outputs)
    assert torch.allclose(networks[0](x[:1, :3]), outputs[:1], atol=1e-6)


def _unchecked(made: Experiment) -> Network:
    """The network of an experiment that can't be trained: it gives one answer where one at every step is asked for."""
    torch.manual_seed(1)
    return Network(made, check(made))


def test_the_exported_code_counts_lengths_itself() -> None:
    made = experiment(
        "embedding", ("lstm", {"bidirectional": True}), ("linear", {"features": 2}), data="parity", shortest=3
    )
    text = to_code(made)
    assert "class Memory(nn.RNNBase)" in text
    space: dict[str, object] = {}
    exec(compile(text, "exported", "exec"), space)
    network, net = build(made), space["Net"]()  # type: ignore[operator]
    net.load_state_dict({k.removeprefix("layers."): v for k, v in network.state_dict().items()})
    x = torch.tensor(prepare(made).validation.x)
    assert torch.equal(net(x), network(x))


def test_layers_that_cut_steps_off_are_warned_of() -> None:
    cut = ("embedding", ("slice", {"stop": 5}), "flatten", ("linear", {"features": 2}))
    (warning,) = [p for p in check(experiment(*cut, data="parity", shortest=3)).problems if p.code == "padding"]
    assert (warning.node, warning.severity) == ("slice", "warning")
    assert warning.text.startswith("Slice also takes in the padding behind shorter sequences")
    assert not [p for p in check(experiment(*cut, data="parity")).problems if p.code == "padding"]


Part = str | tuple[str, dict[str, object]]
TELL: dict[str, tuple[Part, ...]] = {
    "flattened": ("flatten", ("linear", {"features": 2})),
    "mixed by a new shape": (("reshape", {"extents": (4, 18)}), "flatten", ("linear", {"features": 2})),
    "every step a map": (("reshape", {"extents": (9, 2, 4)}), "relu", "mean", "flatten", ("linear", {"features": 2})),
    "a new axis before time": (
        ("reshape", {"extents": (1, 9, 8)}), ("max", {"axis": 2}), "flatten", ("linear", {"features": 2}),
    ),
    "turned, then mean": ("transpose", ("mean", {"axis": 2}), ("linear", {"features": 2})),
    "turned, then max": ("transpose", "relu", ("max", {"axis": 2}), ("linear", {"features": 2})),
    "turned and flattened": ("transpose", "flatten", ("linear", {"features": 2})),
    "mean over features, then steps": ("transpose", "mean", ("reshape", {"extents": (9, 1)}), "mean", ("linear", {"features": 2})),
    "turned back for memory": ("transpose", "tanh", "transpose", ("gru", {"output": "final state"}), ("linear", {"features": 2})),
}  # fmt: skip


@pytest.mark.parametrize("way", TELL)
def test_what_stands_in_the_padding_changes_nothing(way: str) -> None:
    """Padding is given random contents behind every layer that leaves it where it is."""
    made = experiment(("embedding", {"embedding_dim": 8}), *TELL[way], data="parity", length=9, shortest=3)
    problems = [p for p in check(made).problems if p.code == "padding"]
    assert not problems, problems
    network = _unchecked(made).eval()
    x = torch.tensor([[1, 2, 2, 1, 0, 0, 0, 0, 0], [2] * 9, [1, 1, 1, 2, 2, 1, 1, 0, 0]])
    weight = network.layers["embedding"].weight
    results = []
    for content in (0.0, 3.0, -1e4):
        with torch.no_grad():
            weight[0] = content * torch.randn(8)
            results.append(network(x))
    assert torch.equal(results[0], results[1])
    assert torch.equal(results[0], results[2])
    assert not torch.equal(results[0], network(x.clamp(max=1)))


def test_a_new_shape_keeps_the_steps_where_they_keep_their_numbers() -> None:
    for before, time, extents, expected in (
        ((9, 8), 1, (9, 2, 4), 1), ((9, 8), 1, (1, 9, 8), 2), ((9, 8), 1, (72,), 0), ((9, 8), 1, (8, 9), 0),
        ((8, 9), 2, (8, 9, 1), 2), ((8, 9), 2, (2, 4, 9), 3), ((8, 9), 2, (9, 8), 0), ((9, 8), 1, (-1, 4), 0),
        ((2, 9, 4), 2, (2, 9, 2, 2), 2), ((6, 4, 9), 3, (24, -1), 2),
    ):  # fmt: skip
        shape = Signal(before, padded=time)
        made = LAYERS.make("reshape", {"extents": extents})
        (after,) = signals(made, shape).values()
        assert (padded_axis(after), made.takes_lengths(shape)) == (expected, not expected), (before, time, extents)


def test_cleared_padding_is_told_stepped_and_exported() -> None:
    parts = (("embedding", {"embedding_dim": 3}), "tanh", "transpose", "flatten", ("linear", {"features": 2}))
    made = experiment(*parts, data="opinions", samples=60)
    network, space = build(made), dict[str, object]()
    exec(compile(to_code(made), "exported", "exec"), space)
    net = space["Net"]()  # type: ignore[operator]
    net.load_state_dict({k.removeprefix("layers."): v for k, v in network.state_dict().items()})
    x = torch.tensor(prepare(made).validation.x)
    assert torch.equal(net(x), network(x))
    session, told = Session(made, "cpu"), 0
    for operation in walk(session):
        what = {"forward": "output", "backward": "gradient.input"}.get(operation.phase, "")
        if operation.node == "flatten" and what:
            array = operation.numbers()[what]
            for place in np.ndindex(*array[:4].shape):
                (line,) = explain(session, operation, what, place)
                assert line.value == pytest.approx(float(array[place]))
                told += not line.terms
    assert told > 10


@pytest.mark.parametrize(
    ("before", "found", "fixes"),
    [
        (("transpose",), ("linear", {"features": 4}), ["transpose"]),
        (("transpose",), ("lstm", {}), ["transpose"]),
        (("transpose",), ("transformer_encoder", {}), ["transpose"]),
        (("transpose",), ("softmax", {"axis": 2}), ["transpose"]),
        ((), ("softmax", {"axis": 1}), ["axis"]),
        ((("mean", {"axis": 2}),), ("linear", {"features": 4}), []),
    ],
)
def test_layers_that_would_take_padding_for_numbers_are_refused(
    before: tuple[Part, ...], found: tuple[str, dict[str, object]], fixes: list[str]
) -> None:
    parts = (("embedding", {"embedding_dim": 8}), *before, found, "flatten", ("linear", {"features": 2}))
    made = experiment(*parts, data="parity", length=8, shortest=3)
    problem = next(p for p in check(made).problems if p.code == "padding")
    assert (problem.node, problem.severity) == (found[0], "error")
    assert [fix.kind or fix.name for fix in problem.fixes] == fixes
    for fix in problem.fixes:
        assert not [p for p in check(apply_fix(made, fix)).problems if p.code == "padding"]
    assert not [p for p in check(experiment(*parts, data="parity", length=8)).problems if p.code == "padding"]


PADDED = torch.tensor([[1.0, -5.0], [-2.0, 3.0], [9.0, 9.0], [9.0, 9.0]]).expand(2, 4, 2)


def test_the_largest_step_is_none_of_the_padding() -> None:
    lengths = torch.tensor([2, 4])
    found = blocks.Max(1)(PADDED, lengths)
    assert found.tolist() == [[1.0, 3.0], [9.0, 9.0]]
    assert torch.equal(found[:1], blocks.Max(1)(PADDED[:1, :2]))
    assert torch.equal(blocks.Max(2)(PADDED), PADDED.amax(2))


@pytest.mark.parametrize("kind", ["max", "mean"])
def test_longer_padding_changes_nothing_behind_max_and_mean(kind: str) -> None:
    results = []
    for length in (9, 14):
        made = experiment("embedding", kind, ("linear", {"features": 2}), data="opinions", samples=200)
        assert [p.code for p in check(made).problems] == []
        network = build(made).eval()
        x = torch.zeros(3, length, dtype=torch.int64)
        x[:, :4] = torch.tensor([[3, 5, 0, 0], [1, 2, 3, 4], [7, 0, 0, 0]])
        results.append(network(x))
    assert torch.equal(*results)


@pytest.mark.parametrize(
    ("kind", "params", "offered"),
    [
        ("conv1d", {"padding": 1}, ["max", "mean"]),
        ("max_pool", {}, ["max", "mean"]),
        ("global_max_pool", {}, ["max", "mean"]),
        ("batch_norm", {}, ["layer_norm"]),
        ("instance_norm", {}, ["layer_norm"]),
        ("layer_norm", {"over": "all"}, []),
    ],
)
def test_what_would_mix_padding_in_is_refused(kind: str, params: dict[str, object], offered: list[str]) -> None:
    made = experiment("embedding", (kind, params), "flatten", ("linear", {"features": 2}), data="parity", shortest=3)
    problem = next(p for p in check(made).problems if p.code == "padding" and p.node == kind)
    assert problem.severity == "error"
    assert [fix.kind for fix in problem.fixes] == offered
    for fix in problem.fixes:
        assert not [p for p in check(apply_fix(made, fix)).problems if p.node == kind and p.severity == "error"]
    even = experiment("embedding", (kind, params), "flatten", ("linear", {"features": 2}), data="parity")
    assert not [p for p in check(even).problems if p.code == "padding"]


@pytest.mark.parametrize(("kind", "params"), [("conv1d", {}), ("max_pool", {}), ("batch_norm", {}), ("layer_norm", {})])
def test_padding_is_followed_to_the_axis_where_transpose_puts_it(kind: str, params: dict[str, object]) -> None:
    turned = ("embedding", "transpose", "relu", "dropout", (kind, params), "flatten", ("linear", {"features": 2}))
    made = experiment(*turned, data="parity", shortest=3)
    (problem,) = [p for p in check(made).problems if p.code == "padding"]
    assert (problem.node, problem.severity) == (kind, "error")
    assert [fix.kind for fix in problem.fixes] == (["transpose"] if kind == "layer_norm" else [])
    assert "Before the Transpose" in problem.text
    assert not [p for p in check(experiment(*turned, data="parity")).problems if p.code == "padding"]


def test_padding_turned_back_is_padding_again() -> None:
    ends = {"data": "opinions", "samples": 200}
    found = check(
        experiment("embedding", "transpose", "relu", "transpose", "mean", ("linear", {"features": 2}), **ends)
    )
    assert [p.code for p in found.problems] == []
    assert found.nodes["mean"].takes_lengths
    assert padded_axis(found.nodes["relu"].shapes["out"]) == 2
    sidewise = check(experiment("embedding", "transpose", ("mean", {"axis": 2}), ("linear", {"features": 2}), **ends))
    assert sidewise.problems == ()
    assert sidewise.nodes["mean"].takes_lengths


def test_indices_reach_an_embedding_first_and_one_press_puts_it_there() -> None:
    made = experiment(("linear", {"features": 2}), data="parity")
    (problem,) = check(made).problems
    assert problem.code == "indices"
    assert problem.node == "linear"
    mended = apply_fix(made, problem.fixes[0])
    assert check(mended).problems == ()
    assert mended.model.nodes["embedding"].kind == "embedding"


def test_answers_at_every_step_ask_for_every_step() -> None:
    made = experiment("embedding", "rnn", ("linear", {"features": 7}), data="parity")
    (problem,) = check(made).problems
    assert problem.text == (
        "The data asks for 2 classes at every step, so the last layer must put out 12 × 2; it puts out 12 × 7 = 84."
    )
    assert check(apply_fix(made, problem.fixes[0])).problems == ()


@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy", "mse"])
def test_steps_without_an_answer_count_for_nothing(loss: str) -> None:
    made = experiment("embedding", "rnn", ("linear", {"features": 2}), data="parity", loss=loss, shortest=2)
    spec = check(made).data
    assert spec is not None
    labels = torch.tensor([[0, 1, 1, IGNORED], [1, IGNORED, IGNORED, IGNORED]])
    form = LOSS_FORMS[loss]
    size = 1 if loss == "binary_cross_entropy" else 2
    outputs = torch.randn(2, 4, size)
    found = build_loss(made, spec)(outputs, encode_targets(labels.numpy(), form, spec))
    kept, true = outputs[labels >= 0], labels[labels >= 0]
    match loss:
        case "cross_entropy":
            expected = nn.functional.cross_entropy(kept, true)
        case "binary_cross_entropy":
            expected = nn.functional.binary_cross_entropy_with_logits(kept[:, 0], true.float())
        case _:
            expected = nn.functional.mse_loss(kept, nn.functional.one_hot(true, 2).float())
    assert found.item() == pytest.approx(expected.item(), abs=1e-6)
    tally = Tally(spec)
    tally.add(outputs, labels)
    says = (kept[:, 0] > 0).long() if size == 1 else kept.argmax(1)
    assert tally.score()["accuracy"] == pytest.approx(float((says == true).float().mean()))


LOSS_FORMS = {"cross_entropy": "index", "binary_cross_entropy": "binary", "mse": "one_hot"}


def test_adding_is_what_it_says() -> None:
    made = DATASETS.make("adding", {"length": 9, "samples": 500})
    data = made.load(3)
    numbers, marks = data.x[..., 0], data.x[..., 1]
    assert (marks[:, :4].sum(1) == 1).all()
    assert (marks[:, 4:].sum(1) == 1).all()
    assert np.allclose((numbers * marks).sum(1), data.y[:, 0])
    assert np.mean((DATASETS.make("adding", {"samples": 20_000}).load(0).y - 1) ** 2) == pytest.approx(1 / 6, abs=0.005)


def test_parity_is_what_it_says() -> None:
    data = DATASETS.make("parity", {"length": 8, "shortest": 3}).load(0)
    for x, y in zip(data.x.tolist(), data.y.tolist(), strict=True):
        length = sum(v != 0 for v in x)
        assert 3 <= length <= 8
        assert y == [sum(v == 2 for v in x[: t + 1]) % 2 for t in range(length)] + [IGNORED] * (8 - length)


def test_samples_in_order_are_cut_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    made = experiment("linear", data="linear", samples=100).model_copy(
        update={"split": Split(test=0.1, validation=0.2)}
    )
    spec = DATASETS["linear"].spec

    def ordered(self: Dataset) -> DataSpec:
        from dataclasses import replace

        return replace(spec(self), ordered=True)

    monkeypatch.setattr(DATASETS["linear"], "spec", ordered)
    prepared = prepare(made)
    parts = [prepared.train.index, prepared.validation.index, prepared.test.index]
    assert [len(p) for p in parts] == list(split_sizes(100, made.split))
    assert np.concatenate(parts).tolist() == list(range(100))


def _train(made: Experiment) -> Session:
    session = Session(made, "cpu")
    while not session.advance().finished:
        pass
    return session


def test_a_recurrent_network_learns_parity_and_goes_on_bit_for_bit() -> None:
    made = experiment("embedding", ("lstm", {"num_layers": 2, "dropout": 0.1}), ("linear", {"features": 2}),
                      data="parity", length=6, shortest=3, samples=400)  # fmt: skip
    made = _with_recipe(made, learning_rate=0.02, epochs=20)
    whole = _train(made)
    assert whole.evaluate(*whole.validation)["accuracy"] > 0.95
    first, second = Session(made, "cpu"), Session(made, "cpu")
    for _step in range(30):
        first.advance()
    tensors, facts = first.state()
    tensors = {k: v.clone() for k, v in tensors.items()}
    losses = [first.advance().loss for _ in range(20)]
    # The generator that drops numbers is torch's own: restoring puts it back, too.
    second.restore(tensors, facts)
    assert [second.advance().loss for _ in range(20)] == losses


def test_what_is_known_of_a_wire() -> None:
    words = Signal((12,), 50, padded=True)
    assert words == (12,)
    (out,) = signals(LAYERS.make("embedding", {"embedding_dim": 8}), words).values()
    assert (tuple(out), vocabulary(out), is_padded(out)) == ((12, 8), 0, True)
    for kind, expected in (
        ("linear", True),
        ("relu", True),
        ("dropout", True),
        ("layer_norm", True),
        ("flatten", False),
    ):
        (after,) = signals(LAYERS.make(kind, {}), out).values()
        assert is_padded(after) is expected, kind
    (after,) = signals(LAYERS.make("softmax", {"axis": 1}), out).values()
    assert not is_padded(after)
    (after,) = signals(LAYERS.make("identity", {}), words).values()
    assert (vocabulary(after), is_padded(after)) == (50, True)


def test_views_say_what_they_can_of_answers_at_every_step() -> None:
    made = experiment("embedding", "rnn", ("linear", {"features": 2}), data="parity", length=4, samples=60)
    load_probes()
    session = Session(made, "cpu")
    labels = torch.tensor([[0, 1, IGNORED, IGNORED]])
    outputs = torch.nn.functional.one_hot(torch.tensor([[1, 1, 0, 0]]), 2).float()
    assert verdict(session, outputs, labels) == [{"true": "even odd", "says": "odd odd"}]
    assert compute(session, "activations", {"node": "rnn"}).arrays["output"].shape == (4, 32)
    assert compute(session, "samples", {"indices": [0]}).labels["tokens"] == ["", "0", "1"]
    with pytest.raises(DoesNotApply, match="at every step"):
        compute(session, "confusion", {})
