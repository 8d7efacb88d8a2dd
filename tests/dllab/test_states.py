"""States that are handed over: recurrent layers that begin where another one ended, and a decoder that says words."""

from itertools import product

import pytest
import torch

from dllab.build import blocks
from dllab.build.making import make_module
from dllab.data import DATASETS
from dllab.layers import LAYERS
from dllab.layers.base import Misfit, Signal, is_padded, signals
from dllab.probes import compute, load_probes
from dllab.templates import load_template
from dllab.testing import check_against_torch
from dllab.training.session import Session

KINDS = [("rnn", {}), ("lstm", {}), ("gru", {}), ("gru", {"reset": "cho"})]


@pytest.mark.parametrize(("kind", "params"), KINDS)
@pytest.mark.parametrize("layers", [1, 2])
def test_two_halves_joined_by_their_state_are_the_whole(kind: str, params: dict[str, object], layers: int) -> None:
    torch.manual_seed(0)
    made = LAYERS.make(
        kind, {"hidden_size": 5, "num_layers": layers, "takes_state": True, "gives_state": True, **params}
    )
    state_shape = made.shapes((6, 3), made.state_shape())["state"]  # type: ignore[attr-defined]
    whole = make_module(LAYERS.make(kind, {"hidden_size": 5, "num_layers": layers, **params}).call((6, 3))).double()  # type: ignore[arg-type]
    half = make_module(made.call((6, 3), state_shape)).double()  # type: ignore[arg-type]
    half.load_state_dict(whole.state_dict())
    x = torch.randn(4, 6, 3, dtype=torch.float64)
    zero = torch.zeros(4, *state_shape, dtype=torch.float64)
    first, state = half(x[:, :2], zero)
    second, _end = half(x[:, 2:], state)
    assert tuple(state.shape[1:]) == state_shape
    torch.testing.assert_close(torch.cat([first, second], 1), whole(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_a_first_state_is_torchs(kind: str) -> None:
    torch.manual_seed(1)
    params = {"hidden_size": 4, "num_layers": 2, "bidirectional": True, "takes_state": True, "gives_state": True}
    made = LAYERS.make(kind, params)
    module = make_module(made.call((7, 3), made.state_shape())).double()  # type: ignore[arg-type, attr-defined]
    theirs = getattr(torch.nn, kind.upper())(3, 4, 2, batch_first=True, bidirectional=True).double()
    theirs.load_state_dict(module.state_dict())
    x, h = torch.randn(2, 7, 3, dtype=torch.float64), torch.randn(4, 2, 4, dtype=torch.float64)
    c = torch.randn(4, 2, 4, dtype=torch.float64)
    expected, last = theirs(x, (h, c) if kind == "lstm" else h)
    given = torch.cat([h, c], 2) if kind == "lstm" else h
    steps, state = module(x, given.transpose(0, 1))
    torch.testing.assert_close(steps, expected)
    torch.testing.assert_close(state, (torch.cat(last, 2) if kind == "lstm" else last).transpose(0, 1))


@pytest.mark.parametrize(("kind", "params"), KINDS)
def test_the_state_of_a_padded_sequence_is_that_of_its_end(kind: str, params: dict[str, object]) -> None:
    torch.manual_seed(2)
    made = LAYERS.make(kind, {"hidden_size": 4, "gives_state": True, **params})
    shapes = signals(made, Signal((6, 3), padded=True))
    assert is_padded(shapes["out"])
    assert not is_padded(shapes["state"]), "a state has no steps that could be padding"
    module = make_module(made.call((6, 3)))  # type: ignore[arg-type]
    x, lengths = torch.randn(3, 6, 3), torch.tensor([2, 6, 4])
    _steps, state = module(x, lengths)
    for number, length in enumerate(lengths.tolist()):
        _alone, end = module(x[number : number + 1, :length])
        torch.testing.assert_close(state[number : number + 1], end, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_declarations_with_states_tell_the_truth(kind: str) -> None:
    for takes, gives, layers, both in product((True, False), (True, False), (1, 2), (True, False)):
        params = {"hidden_size": 3, "takes_state": takes, "gives_state": gives, "num_layers": layers}
        made = LAYERS.make(kind, {**params, "bidirectional": both})
        inputs = ((5, 2), made.state_shape()) if takes else ((5, 2),)  # type: ignore[attr-defined]
        assert check_against_torch(made, *inputs)
    with pytest.raises(Misfit, match="remembers"):
        LAYERS.make(kind, {"takes_state": True}).shape((5, 2), (3,))


# --- the decoder -----------------------------------------------------------------------------------------------------


def _decoder(teacher_forcing: float = 1.0) -> tuple[torch.nn.Module, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    made = LAYERS.make("decoder", {"embedding_dim": 3, "teacher_forcing": teacher_forcing})
    words = Signal((5,), 7)
    assert check_against_torch(made, words, (4,))
    module = make_module(made.call(words, (4,)))  # type: ignore[arg-type]
    return module, torch.randint(0, 7, (6, 5)), torch.randn(6, 4)


def test_taught_it_is_a_gru_over_the_true_words() -> None:
    decoder, words, state = _decoder(1.0)
    assert isinstance(decoder, blocks.Decoder)
    h, expected = state, []
    for t in range(5):
        h = decoder.cell(decoder.embedding(words[:, t]), h)
        expected.append(decoder.score(h))
    torch.testing.assert_close(decoder.train()(words, state), torch.stack(expected, 1))


def test_in_use_it_hears_only_itself() -> None:
    decoder, words, state = _decoder(1.0)
    decoder.eval()
    other = words.clone()
    other[:, 1:] = (other[:, 1:] + 1) % 7
    said = decoder(words, state)
    assert torch.equal(said, decoder(other, state))
    h, word = state, words[:, 0]
    for t in range(5):
        h = decoder.cell(decoder.embedding(word), h)
        word = decoder.score(h).argmax(1)
        torch.testing.assert_close(said[:, t], decoder.score(h))


def test_half_taught_is_between() -> None:
    decoder, words, state = _decoder(0.5)
    decoder.train()
    torch.manual_seed(5)
    drawn = decoder(words, state)
    torch.manual_seed(5)
    assert torch.equal(drawn, decoder(words, state))
    own = _decoder(0.0)[0].train()(words, state)
    taught = _decoder(1.0)[0].train()(words, state)
    assert not torch.equal(drawn, own)
    assert not torch.equal(drawn, taught)


@pytest.mark.parametrize("inputs", [((5,), (4,)), (Signal((5, 2), 7), (4,)), (Signal((5,), 7), (4, 2))])
def test_what_a_decoder_can_not_take(inputs: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(Misfit):
        signals(LAYERS.make("decoder", {}), *inputs)


def test_reverse_with_its_answers_is_what_it_says() -> None:
    found = DATASETS.make("reverse", {"length": 4, "symbols": 5, "samples": 20, "answers": True})
    x, y = found.load(0).x, found.load(0).y
    assert x.shape == (20, 8)
    assert (x[:, 3::-1] == y).all()
    assert not x[:, 4].any(), "the start sign"
    assert (x[:, 5:] == y[:, :-1]).all()
    assert x[:, :4].min() > 0


def test_sequence_to_sequence_learns_to_reverse() -> None:
    session = Session(load_template("seq2seq-gru"), "cpu")
    while not (outcome := session.advance()).finished:
        pass
    metrics = outcome.metrics or {}
    assert metrics["val_accuracy"] > 0.9
    assert metrics["val_accuracy"] < metrics["train_accuracy"], "in use nobody tells it the letter before"


def test_the_gates_of_a_layer_that_hands_its_state_on_are_shown() -> None:
    load_probes()
    session = Session(load_template("seq2seq-gru"), "cpu")
    assert compute(session, "gates", {"node": "gru"}).arrays
    verdict = compute(session, "activations", {"node": "decoder", "sample": 2}).labels
    assert len(verdict["true"]) == len(verdict["says"]) == 6
