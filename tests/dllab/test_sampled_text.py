"""Text that a model of language writes: drawn as it holds likely, by seed, without a trace in the run."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dllab.cli import main
from dllab.document import edits
from dllab.probes import DoesNotApply, compute, load_probes
from dllab.probes.sampled_text import tokens_of
from dllab.templates import load_template
from dllab.training.session import Session


@pytest.fixture(scope="module")
def session() -> Session:
    load_probes()
    made = Session(edits.set_path(load_template("char-lm"), "data.params", {"window": 12, "stride": 8}), "cpu")
    for _step in range(40):
        made.advance()
    return made


def test_each_letter_has_the_chance_that_the_network_gives_it(session: Session) -> None:
    shown = compute(session, "sampled_text", {"prompt": "The ", "temperature": 0.7, "length": 30, "seed": 4})
    written = tokens_of(session, "the ")
    assert shown.labels["prompt"] == "the "
    for token, chance in zip(shown.arrays["token"], shown.arrays["chance"], strict=True):
        with session.looking():
            scores = session.network(torch.tensor([written[-12:]]))[0, -1]
        expected = (scores / 0.7).softmax(0)
        assert chance == pytest.approx(float(expected[token]), rel=1e-5)
        written.append(int(token))
    assert shown.labels["text"] == "".join(session.data.tokens[token] for token in shown.arrays["token"])


def test_seed_and_temperature_decide(session: Session) -> None:
    def text(**params: object) -> str:
        return str(compute(session, "sampled_text", {"prompt": "my ", "length": 60, **params}).labels["text"])

    assert text(seed=1) == text(seed=1)
    assert text(seed=1) != text(seed=2)
    assert text(temperature=0.0, seed=1) == text(temperature=0.0, seed=2)
    cold = compute(session, "sampled_text", {"temperature": 0.0, "length": 1, "prompt": "my "})
    with session.looking():
        likeliest = session.network(torch.tensor([tokens_of(session, "my ")]))[0, -1].argmax()
    assert cold.arrays["token"].tolist() == [int(likeliest)]
    assert text(temperature="hot", seed=1) == text(seed=1), "what is no number is the default"
    assert compute(session, "sampled_text", {"prompt": "€€"}).labels["prompt"] != ""


def test_drawing_follows_the_probabilities(session: Session) -> None:
    with session.looking():
        expected = session.network(torch.tensor([tokens_of(session, "w")]))[0, -1].softmax(0).numpy()
    found = [
        int(
            compute(session, "sampled_text", {"prompt": "w", "temperature": 1.0, "length": 1, "seed": n}).arrays[
                "token"
            ][0]
        )
        for n in range(600)
    ]
    shares = np.bincount(found, minlength=len(expected)) / len(found)
    assert np.abs(shares - expected).max() < 0.07


def test_the_run_goes_on_as_if_nobody_had_read() -> None:
    load_probes()
    made = edits.set_path(load_template("char-lm"), "data.params", {"window": 8, "stride": 8})
    alone = Session(made, "cpu")
    losses = [alone.advance().loss for _step in range(6)]
    watched = Session(made, "cpu")
    found = []
    for _step in range(6):
        compute(watched, "sampled_text", {"length": 20})
        found.append(watched.advance().loss)
    assert found == losses
    for name, value in alone.state()[0].items():
        assert torch.equal(value, watched.state()[0][name]), name


@pytest.mark.parametrize("template", ["digits-mlp", "reverse-attention", "text-gru"])
def test_other_networks_write_nothing(template: str) -> None:
    load_probes()
    with pytest.raises(DoesNotApply, match="model of language"):
        compute(Session(load_template(template), "cpu"), "sampled_text", {})


def test_the_command_writes_it_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out = tmp_path / "lm.dllab", tmp_path / "text.npz"
    assert main(["new", "char-lm", "-o", str(file)]) == 0
    assert main(["probe", str(file), "--what", "sampled_text", "-o", str(out)]) == 0
    assert "token: int64 200 step" in capsys.readouterr().out
