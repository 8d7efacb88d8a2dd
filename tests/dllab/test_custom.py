"""Custom layers: code runs only where it is trusted, does what it says or is told off, and breaks in one sentence."""

from pathlib import Path

import pytest
import torch

from dllab.build import custom
from dllab.build.code import to_code
from dllab.build.making import BuildProblem
from dllab.build.module import build
from dllab.checking import check
from dllab.cli import main
from dllab.document.code import codes, digest
from dllab.document.edits import set_param
from dllab.document.experiment import Experiment
from dllab.document.format import from_text, load, save, to_text
from dllab.document.grouping import group
from dllab.engine import protocol
from dllab.engine.walking import Walking
from dllab.training.run import train
from dllab.training.session import Session
from tests.support.graphs import experiment

HALF = """
class Half(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 3)

    def forward(self, x):
        return F.relu(self.inner(x))
"""


def with_code(code: str, output: tuple[int, ...] = (3,), learned: int = 15) -> Experiment:
    made = experiment(
        ("linear", {"features": 4}),
        ("custom", {"code": code, "output": output, "learned": learned}),
        ("linear", {"features": 2}),
        samples=60,
    )
    recipe = made.training.model_copy(update={"epochs": 2})
    return made.model_copy(update={"training": recipe})


@pytest.fixture(autouse=True)
def _nothing_trusted():  # type: ignore[no-untyped-def]
    yield
    custom.trust(())


def trusted(made: Experiment) -> Experiment:
    custom.trust([digest(code) for code in codes(made).values()])
    return made


def test_trusted_code_trains_and_is_counted() -> None:
    made = trusted(with_code(HALF))
    assert check(made).problems == ()
    assert check(made).nodes["custom"].parameters == 15
    first, second = train(made), train(made)
    assert first.losses == second.losses
    assert build(made).layers["custom"](torch.ones(2, 4)).shape == (2, 3)


def test_step_by_step_own_code_shows_what_came_in_and_out_and_makes_up_no_sum() -> None:
    walking = Walking(Session(trusted(with_code(HALF)), "cpu"), 0)
    walking.move(protocol.Walk("until", "forward", "custom"), lambda: False)
    assert {"input", "inner.weight", "inner.bias", "output"} <= walking.where().arrays.keys()
    told = walking.tell(protocol.Explain("output", (0, 0)))
    assert (told.lines, "code of your own" in told.message) == ([], True)
    walking.move(protocol.Walk("until", "backward", "custom"), lambda: False)
    shown = walking.where().arrays
    assert {"upstream", "gradient.input", "gradient.inner.weight"} <= shown.keys()
    told = walking.tell(protocol.Explain("gradient.inner.weight", (0, 0)))
    assert (told.lines, "code of your own" in told.message) == ([], True)
    assert "came from the layer behind" in walking.tell(protocol.Explain("upstream", (0, 0))).message


def test_the_layer_that_comes_with_the_lab_needs_no_trust() -> None:
    made = experiment("custom", ("linear", {"features": 2}), samples=60)
    assert codes(made) == {}
    assert train(made.model_copy(update={"training": made.training.model_copy(update={"epochs": 1})})).losses


def test_nothing_runs_code_that_is_not_trusted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    canary = tmp_path / "canary"
    code = f"import pathlib\npathlib.Path({str(canary)!r}).write_text('sung')\n{HALF}"
    made = with_code(code)
    path = tmp_path / "bird.dllab"
    save(made, path)
    assert load(path).experiment == from_text(to_text(made)).experiment == made
    assert check(made).trainable
    assert main(["check", str(path)]) == 0
    assert main(["train", str(path), "--epochs", "1"]) != 0
    said = capsys.readouterr().err.strip()
    assert "holds code (in custom)" in said
    assert "\n" not in said
    for work in (build, to_code_of_network, train):
        with pytest.raises(BuildProblem, match="not been trusted"):
            work(made)
    # Trust in one text is no trust in another.
    custom.trust([digest(HALF)])
    with pytest.raises(BuildProblem, match="not been trusted"):
        build(made)
    assert not canary.exists()
    assert main(["train", str(path), "--epochs", "1", "--trust"]) == 0
    assert canary.read_text() == "sung"


def to_code_of_network(made: Experiment) -> None:
    """Writing the code down is harmless; what it builds from is not."""
    assert "class Half" in to_code(made)
    build(made)


def test_code_inside_a_group_is_found() -> None:
    made = group(with_code(HALF), ["custom"], "block")
    assert codes(made) == {"block/custom": HALF}
    with pytest.raises(BuildProblem, match="not been trusted"):
        build(made)
    assert train(trusted(made)).losses == train(trusted(with_code(HALF))).losses


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("class A(nn.Module:\n    pass", "Line 1: "),
        ("x = 3", "The code needs a class"),
        ("(" * 15_000, "Line 1: "),
        ("class A:\n    pass\n\x00", "Line 1: "),
    ],
)
def test_what_can_t_be_read_is_a_problem_at_its_line(code: str, sentence: str) -> None:
    (problem,) = [p for p in check(with_code(code)).problems if p.node == "custom"]
    assert problem.name == "code"
    assert problem.text.startswith(sentence)
    assert "\n" not in problem.text


@pytest.mark.parametrize(
    ("code", "output", "learned", "sentence"),
    [
        (HALF, (5,), 15, "The code puts out 3, but the layer says 5: set Output shape to 3."),
        (HALF, (3,), 1, "The code learns 15 numbers, but the layer says 1: set Learned numbers to 15."),
        (HALF.replace("F.relu", "F.rellu"), (3,), 15, "Line 8 of the code: AttributeError: "),
        (HALF.replace("Linear(4", "Linear(9"), (3,), 15, "Line 8 of the code: RuntimeError: "),
        ("import nowhere\n" + HALF, (3,), 15, "Line 1 of the code: ModuleNotFoundError: "),
        ("raise SystemExit\n" + HALF, (3,), 15, "Line 1 of the code: SystemExit."),
    ],
)
def test_what_breaks_or_lies_is_said_in_one_sentence(
    code: str, output: tuple[int, ...], learned: int, sentence: str
) -> None:
    made = trusted(with_code(code, output, learned))
    assert check(made).trainable
    with pytest.raises(BuildProblem) as caught:
        build(made)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)
    assert caught.value.node == "custom"


def test_the_trial_draws_no_random_number() -> None:
    noisy = HALF.replace("F.relu(self.inner(x))", "self.inner(x) + 0 * torch.rand(1)")
    quiet = HALF.replace("F.relu(self.inner(x))", "self.inner(x)")
    weights = [build(trusted(with_code(code))).state_dict() for code in (noisy, quiet)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_exported_code_stands_alone() -> None:
    made = trusted(with_code(HALF))
    twice = experiment(
        ("linear", {"features": 4}),
        ("custom", {"code": HALF, "output": (3,), "learned": 15}),
        ("linear", {"features": 4}),
        ("custom", {"code": HALF.replace("relu", "tanh"), "output": (3,), "learned": 15}),
        ("linear", {"features": 2}),
    )
    trusted(twice)
    for each in (made, twice):
        custom.trust([digest(code) for code in codes(each).values()])
        space: dict[str, object] = {}
        exec(to_code(each), space)
        network, twin = build(each), space["Net"]()  # type: ignore[operator]
        for name, module in network.layers.items():
            getattr(twin, name).load_state_dict(module.state_dict())
        x = torch.randn(5, 2)
        assert torch.equal(network(x), twin(x))


def test_a_digest_names_one_text() -> None:
    assert digest(HALF) != digest(HALF + " ")
    assert codes(set_param(with_code(HALF), "custom", "code", "class A: pass")) == {"custom": "class A: pass"}
