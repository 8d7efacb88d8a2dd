"""`dllab step` and `dllab probe`: lines, arrays, and one sentence for what is wrong."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from dllab.cli import main
from dllab.document.format import load
from dllab.training.run import train
from dllab.training.session import Session


@pytest.fixture
def xor(tmp_path: Path) -> Path:
    path = tmp_path / "xor.dllab"
    assert main(["new", "xor-mlp", "-o", str(path)]) == 0
    return path


def test_step_prints_a_line_an_operation_and_writes_the_arrays(xor: Path, capsys, tmp_path: Path) -> None:
    capsys.readouterr()
    out = tmp_path / "out.npz"
    assert main(["step", str(xor), "--batches", "2", "--seed", "3", "--json", "-o", str(out)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    session = Session(load(xor).experiment.model_copy(update={"seed": 3}), "cpu")
    losses = [session.advance().loss for _batch in range(2)]
    assert [line["loss"] for line in lines if line["phase"] == "loss"] == losses
    assert [line["phase"] for line in lines[:3]] == ["initialise", "initialise", "batch"]
    assert lines[0]["text"] == "First weights: As torch does, seed 3."
    assert set(lines[2]) == {"batch", "phase", "node", "text", "arrays"}
    with np.load(out, allow_pickle=False) as arrays:
        for line in lines:
            for name, shape in line["arrays"].items():
                key = "/".join(filter(None, (str(line["batch"]), line["phase"], line["node"], name)))
                assert list(arrays[key].shape) == shape
        weight = arrays["1/update/linear/weight.new"]
    assert torch.equal(torch.from_numpy(weight), session.network.layers["linear"].weight)


def test_step_reads_well_without_json(xor: Path, capsys) -> None:
    capsys.readouterr()
    assert main(["step", str(xor)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["0", "initialise", "linear"]
    assert lines[2].split()[:3] == ["0", "batch", "input"]
    assert any(line.split()[:3] == ["0", "backward", "linear"] and "gradient.weight" in line for line in lines)


def test_step_says_at_the_end_of_an_epoch_whether_it_goes_on(xor: Path, capsys) -> None:
    session = Session(load(xor).experiment, "cpu")
    capsys.readouterr()
    assert main(["step", str(xor), "--batches", str(session.steps_per_epoch), "--json"]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    epochs = session.epochs
    assert (last["phase"], last["epoch"], last["epochs"], last["finished"]) == ("stop", 1, epochs, "")
    assert last["text"] == f"Epoch 1 of {epochs}: it goes on."


def test_probe_writes_what_a_view_shows(xor: Path, capsys, tmp_path: Path) -> None:
    out = tmp_path / "out.npz"
    assert main(["probe", str(xor), "--what", "weights", "--node", "linear", "--epochs", "2", "-o", str(out)]) == 0
    experiment = load(xor).experiment
    recipe = experiment.training.model_copy(update={"epochs": 2})
    expected = train(experiment.model_copy(update={"training": recipe}), "cpu").session
    with np.load(out, allow_pickle=False) as arrays:
        assert json.loads(str(arrays["labels"]))["node"] == "linear"
        assert (arrays["weight.values"] == expected.network.layers["linear"].weight.detach().numpy()).all()
        assert arrays["weight.values.axes"].tolist() == ["output", "input"]


@pytest.mark.parametrize(
    ("template", "what", "array", "axes"),
    [
        ("adding-lstm", "gates", "forget", ["step", "unit"]),
        ("vit-digits", "attention", "weights", ["head", "query", "key"]),
        ("digits-cnn", "activations", "output", ["channel", "row", "column"]),
        ("digits-cnn", "distribution", "counts", ["unit", "bin"]),
        ("moons-mlp", "gradients", "ratio", ["layer"]),
        ("moons-mlp", "losses", "loss", ["sample"]),
    ],
)
def test_probe_names_the_axes(
    template: str, what: str, array: str, axes: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file, out = tmp_path / "x.dllab", tmp_path / "x.npz"
    assert main(["new", template, "-o", str(file)]) == 0
    capsys.readouterr()
    assert main(["probe", str(file), "--what", what, "--sample", "1", "-o", str(out)]) == 0
    with np.load(out, allow_pickle=False) as arrays:
        assert arrays[f"{array}.axes"].tolist() == axes
        numbers = arrays[array]
    extents = " × ".join(f"{n} {axis}" for n, axis in zip(numbers.shape, axes, strict=True))
    assert f"{array}: {numbers.dtype} {extents}" in capsys.readouterr().out


def test_probe_lists_what_applies(xor: Path, capsys) -> None:
    capsys.readouterr()
    assert main(["probe", str(xor), "--list"]) == 0
    said = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()[1:]}
    assert said["boundary"].split()[1:3] == ["yes", "grid,"]
    assert "weight.values" in said["weights"]
    assert said["predictions"].split()[1:5] == ["no", "This", "data", "has"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["step", "XOR", "--batches", "0"], "from 1 on"),
        (["step", "none.dllab"], "no such file"),
        (["step", "XOR", "-o", "/nowhere/at/all.npz"], "/nowhere/at/all.npz"),
        (["probe", "XOR", "--what", "nothing", "-o", "x.npz"], "no probe called nothing"),
        (["probe", "XOR", "--what", "weights"], "-o OUT.npz"),
        (["probe", "XOR", "--what", "weights", "--node", "relu", "-o", "x.npz"], "learns nothing"),
    ],
)
def test_what_can_not_be_done_is_said_in_one_line(arguments: list[str], words: str, xor: Path, capsys) -> None:
    assert main([str(xor) if a == "XOR" else a for a in arguments]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
