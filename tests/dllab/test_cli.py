"""The command line: what it prints, its exit codes, and one line for whatever is wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from examples import chain

from dllab import templates
from dllab.cli import main
from dllab.cli.bar import Bar, clock
from dllab.cli.interrupt import Interrupt
from dllab.cli.reading import changed
from dllab.cli.said import BadInput
from dllab.document.experiment import Experiment
from dllab.document.format import load, save

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = [template.id for template in templates.TEMPLATES]


@pytest.fixture
def xor(tmp_path) -> Path:
    path = tmp_path / "xor.dllab"
    assert main(["new", "xor-mlp", "-o", str(path)]) == 0
    return path


def json_lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def command(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "dllab", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **options,
    )  # fmt: skip


# --- lists ---------------------------------------------------------------------------------------------------------


def test_every_template_is_listed(capsys) -> None:
    assert main(["templates", "--json"]) == 0
    assert {row["id"] for row in json.loads(capsys.readouterr().out)} == set(TEMPLATES)


@pytest.mark.parametrize("name", ["templates", "layers", "datasets"])
def test_lists_read_well(name: str, capsys) -> None:
    assert main([name]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 8
    assert all(line == line.rstrip() for line in lines)


def test_layers_carry_their_parameters(capsys) -> None:
    assert main(["layers", "--json"]) == 0
    layers = {row["kind"]: row for row in json.loads(capsys.readouterr().out)}
    (rate,) = [p for p in layers["dropout"]["parameters"] if p["type"] == "float"]
    assert rate["minimum"] == 0
    assert layers["linear"]["inputs"] == ["in"]
    assert layers["linear"]["title"] == "Linear"


def test_datasets_carry_their_sizes(capsys) -> None:
    assert main(["datasets", "--json"]) == 0
    data = {row["kind"]: row for row in json.loads(capsys.readouterr().out)}
    assert data["digits"]["samples"] == 1797
    assert data["digits"]["input"] == [1, 8, 8]
    assert len(data["digits"]["classes"]) == 10
    assert data["diabetes"]["task"] == "regression"


# --- new and check -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_becomes_a_file_that_can_train(template: str, tmp_path, capsys) -> None:
    path = tmp_path / "a b.dllab"
    assert main(["new", template, "-o", str(path)]) == 0
    assert main(["check", str(path), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert facts["trainable"]
    assert facts["problems"] == []


def test_new_writes_over_a_file_only_when_told_to(xor: Path, capsys) -> None:
    before = xor.read_bytes()
    assert main(["new", "digits-cnn", "-o", str(xor)]) == 2
    assert xor.read_bytes() == before
    assert "--force" in capsys.readouterr().err
    assert main(["new", "digits-cnn", "-o", str(xor), "--force"]) == 0
    assert xor.read_bytes() != before


def test_check_shows_the_shapes(tmp_path, capsys) -> None:
    path = tmp_path / "x.dllab"
    save(chain(("flatten", {}), ("linear", {"features": 10})), path)
    assert main(["check", str(path)]) == 0
    out = capsys.readouterr().out
    assert "1 × 8 × 8" in out
    assert "650 parameters in all." in out


def test_check_says_what_is_wrong_and_what_would_help(tmp_path, capsys) -> None:
    path = tmp_path / "x.dllab"
    save(chain(("linear", {"features": 10, "in_features": 64})), path)
    assert main(["check", str(path)]) == 1
    assert "Problem (linear)" in capsys.readouterr().out
    assert main(["check", str(path), "--json"]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert not facts["trainable"]
    assert facts["problems"][0]["node"] == "linear"
    assert facts["problems"][0]["fixes"]


# --- train ---------------------------------------------------------------------------------------------------------


def test_json_lines_are_as_promised(xor: Path, capsys) -> None:
    assert main(["train", str(xor), "--epochs", "2", "--device", "cpu", "--json"]) == 0
    *epochs, done = json_lines(capsys.readouterr().out)
    assert [set(event) for event in epochs] == [{"event", "epoch", "train_loss", "val_loss", "val_accuracy"}] * 2
    assert [event["epoch"] for event in epochs] == [1, 2]
    assert set(done) == {"event", "epochs", "steps", "steps_per_second", "test"}
    assert done["event"] == "done"
    assert done["epochs"] == 2
    assert set(done["test"]) == {"loss", "accuracy"}


def test_regression_has_r2(tmp_path, capsys) -> None:
    path = str(tmp_path / "x.dllab")
    main(["new", "diabetes-linear", "-o", path])
    capsys.readouterr()
    assert main(["train", path, "--epochs", "1", "--device", "cpu", "--json"]) == 0
    epoch, done = json_lines(capsys.readouterr().out)
    assert "val_r2" in epoch
    assert set(done["test"]) == {"loss", "r2"}


def test_the_seed_decides_everything(xor: Path, capsys) -> None:
    outs = []
    for seed in ("1", "1", "2"):
        main(["train", str(xor), "--epochs", "2", "--device", "cpu", "--seed", seed, "--json"])
        outs.append([line for line in json_lines(capsys.readouterr().out) if line["event"] == "epoch"])
    assert outs[0] == outs[1]
    assert outs[0] != outs[2]


def test_words_for_people_and_lines_for_programs_at_once(xor: Path, tmp_path, capsys) -> None:
    results = tmp_path / "xor.jsonl"
    capsys.readouterr()
    assert main(["train", str(xor), "--epochs", "2", "--device", "cpu", "--results", str(results)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("epoch 1 of 2 · ")
    assert "Test part, opened once" in out
    assert json_lines(results.read_text())[-1]["event"] == "done"


def test_numbers_that_go_wrong_end_the_run_and_name_the_layer(xor: Path, capsys) -> None:
    capsys.readouterr()
    settings = ["--set", "training.optimiser.kind=sgd", "--set", "training.optimiser.params={}"]
    settings += ["--set", "training.learning_rate=1e6", "--set", "training.loss.kind=mse"]
    assert main(["train", str(xor), "--epochs", "50", "--device", "cpu", "--json", *settings]) == 1
    captured = capsys.readouterr()
    last = json_lines(captured.out)[-1]
    assert last["event"] == "failed"
    assert last["code"] == "non-finite"
    assert "Try a smaller learning rate" in captured.err
    assert len(captured.err.splitlines()) == 1


def test_the_file_is_never_changed(xor: Path) -> None:
    before = xor.read_bytes()
    main(["train", str(xor), "--epochs", "1", "--device", "cpu", "--set", "training.batch_size=7"])
    assert xor.read_bytes() == before


# --- --set ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "found"),
    [
        ("training.learning_rate=0.01", lambda e: e.training.learning_rate == 0.01),
        ("training.learning_rate=1", lambda e: type(e.training.learning_rate) is float),
        ("training.batch_size=16", lambda e: e.training.batch_size == 16),
        ("training.optimiser.kind=sgd", lambda e: e.training.optimiser.kind == "sgd"),
        ("training.optimiser.beta1=0.5", lambda e: e.training.optimiser.params["beta1"] == 0.5),
        ("training.drop_last=null", lambda e: e.training.drop_last is None),
        ("training.shuffle=false", lambda e: e.training.shuffle is False),
        ("model.nodes.linear.features=64", lambda e: e.model.nodes["linear"].params["features"] == 64),
        ("model.nodes.linear.params.bias=false", lambda e: e.model.nodes["linear"].params["bias"] is False),
        ("model.nodes.linear.muted=true", lambda e: e.model.nodes["linear"].muted),
        ("model.nodes.linear.title=2024", lambda e: e.model.nodes["linear"].title == "2024"),
        ("title=a = b", lambda e: e.title == "a = b"),
        ("data.kind=moons", lambda e: e.data.kind == "moons"),
        ("seed=7", lambda e: e.seed == 7),
        ("split.test=0.5", lambda e: e.split.test == 0.5),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_set_reaches_everything(setting: str, found) -> None:
    assert found(changed(chain(("linear", {"features": 10})), [setting]))


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("training.learning_rate", "PATH=VALUE"),
        ("=1", "PATH=VALUE"),
        ("training.learning_rat=1", "learning_rat"),
        ("training.learning_rate=-1", "more than 0"),
        ("training.learning_rate=NaN", "number"),
        ("training.learning_rate=fast", "number"),
        ("training.batch_size=1.5", "whole number"),
        ("training.epochs=0", "at least 1"),
        ("model.nodes.nosuch.features=1", "nosuch"),
        ("seed.deep=1", "seed"),
        ("model.links=[]]", "model.links"),
    ],
    ids=lambda value: value,
)
def test_set_refuses_with_the_reason(setting: str, words: str) -> None:
    with pytest.raises(BadInput) as problem:
        changed(chain(("linear", {"features": 10})), [setting])
    assert words in str(problem.value)


# --- bad input: one line, exit code 2 --------------------------------------------------------------------------------

BAD = {
    "no-command": [],
    "no-such-command": ["fly"],
    "no-such-file": ["check", "{folder}/nosuch.dllab"],
    "a-folder": ["check", "{folder}"],
    "not-json": ["check", "{folder}/text.dllab"],
    "not-utf-8": ["check", "{folder}/bytes.dllab"],
    "zero-byte-name": ["check", "a\0b"],
    "train-no-such-file": ["train", "{folder}/nosuch.dllab"],
    "untrainable": ["train", "{folder}/empty.dllab"],
    "negative-epochs": ["train", "{folder}/xor.dllab", "--epochs", "-3"],
    "epochs-in-words": ["train", "{folder}/xor.dllab", "--epochs", "many"],
    "no-such-device": ["train", "{folder}/xor.dllab", "--device", "toaster"],
    "set-nonsense": ["train", "{folder}/xor.dllab", "--set", "a.b.c=1"],
    "set-breaks-the-graph": ["train", "{folder}/xor.dllab", "--set", "data.kind=digits"],
    "set-too-much-test": ["train", "{folder}/xor.dllab", "--set", "split.test=1.5"],
    "no-such-template": ["new", "nosuch", "-o", "{folder}/x.dllab"],
    "no-such-folder": ["new", "xor-mlp", "-o", "{folder}/nosuch/x.dllab"],
    "results-nowhere": ["train", "{folder}/xor.dllab", "--epochs", "1", "--results", "{folder}/nosuch/x"],
    "no-output": ["new", "xor-mlp"],
    "abbreviated": ["check", "{folder}/xor.dllab", "--js"],
}


@pytest.mark.parametrize("arguments", BAD.values(), ids=list(BAD))
def test_bad_input_is_one_line_and_exit_code_2(arguments: list[str], xor: Path, capsys) -> None:
    folder = xor.parent
    (folder / "text.dllab").write_text("once upon a time")
    (folder / "bytes.dllab").write_bytes(b"\xff\xfe\x00")
    save(Experiment(), folder / "empty.dllab")
    capsys.readouterr()
    try:
        code = main([word.replace("{folder}", str(folder)) for word in arguments])
    except SystemExit as leaving:  # argparse's own way out
        code = leaving.code
    captured = capsys.readouterr()
    assert code == 2
    assert captured.err.startswith("dllab: ")
    assert len(captured.err.splitlines()) == 1
    assert "Traceback" not in captured.err + captured.out


# --- as a process --------------------------------------------------------------------------------------------------


def test_ctrl_c_ends_cleanly(xor: Path) -> None:
    run = command("train", str(xor), "--epochs", "1000000", "--device", "cpu", "--json")
    assert run.stdout is not None
    assert json.loads(run.stdout.readline())["epoch"] == 1
    start = time.monotonic()
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=20)
    assert time.monotonic() - start < 10
    assert run.returncode == 130
    assert err == "dllab: Stopped.\n"
    assert all(json.loads(line)["event"] == "epoch" for line in out.splitlines())


def test_the_first_ctrl_c_waits_for_a_good_moment_and_the_second_does_not() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupt() as interrupt:
        interrupt.check()
        signal.raise_signal(signal.SIGINT)
        assert interrupt.seen
        with pytest.raises(KeyboardInterrupt):
            interrupt.check()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_who_ignores_ctrl_c_goes_on_ignoring_it() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interrupt() as interrupt:
            signal.raise_signal(signal.SIGINT)
        assert not interrupt.seen
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_reader_that_goes_away_is_no_error() -> None:
    run = command("layers", "--json")
    assert run.stdout is not None
    run.stdout.close()
    assert run.stderr is not None
    assert run.stderr.read() == ""
    run.stderr.close()
    assert run.wait(20) == 0


def test_python_m_dllab_is_the_same(tmp_path) -> None:
    path = tmp_path / "测试 é.dllab"
    run = command("new", "xor-mlp", "-o", str(path))
    assert run.communicate(timeout=60)[1] == ""
    assert run.returncode == 0
    assert not load(path).newer


# --- the bar -------------------------------------------------------------------------------------------------------


class Terminal:
    encoding = "ascii"

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass


def test_the_bar_stays_on_one_line_and_within_the_terminal(monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    terminal = Terminal()
    bar = Bar(terminal)  # type: ignore[arg-type]
    assert bar.due()
    bar.draw(0.5, "a long text " * 10)
    assert not bar.due()
    bar.draw(1.0, "done")
    bar.close()
    bar.close()
    assert terminal.text.count("\n") == 1
    first, second = terminal.text.strip("\r\n").split("\r")
    assert first.startswith("##########----------  50%")
    assert len(first) == len(second) == 39


@pytest.mark.parametrize(("seconds", "words"), [(4, "0:04"), (75.4, "1:15"), (3723, "1:02:03")])
def test_durations_for_people(seconds: float, words: str) -> None:
    assert clock(seconds) == words


def test_how_often_clipping_acted_is_told(xor: Path, capsys) -> None:
    capsys.readouterr()
    assert main(["train", str(xor), "--epochs", "2", "--set", "training.clip_norm=1e-9"]) == 0
    told = capsys.readouterr().out
    (line,) = [line for line in told.splitlines() if "Clipping" in line]
    assert line == "Clipping acted in 24 of 24 steps."
    assert main(["train", str(xor), "--epochs", "2", "--json", "--set", "training.clip_value=1e9"]) == 0
    assert json_lines(capsys.readouterr().out)[-1]["clipped"] == 0
