"""Every template opens, has no problem, is laid out to be read, and learns what it is for."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

from dllab import templates
from dllab.build import build, build_loss, build_optimiser, encode_targets
from dllab.build.loss import target_form
from dllab.checking import check
from dllab.data import DATASETS
from dllab.data.prepare import Part, prepare
from dllab.document.experiment import Experiment
from dllab.document.format import to_text
from dllab.layers.base import vocabulary
from dllab.recipe.goals import main_goal
from dllab.templates import TEMPLATES, load_template
from dllab.training.run import train

IDS = [template.id for template in TEMPLATES]
FILES = Path(__file__).parents[2] / "resources" / "templates"


def test_the_list_and_the_folder_agree() -> None:
    expected = (
        "digits-softmax digits-mlp digits-cnn moons-mlp spiral-mlp circles-mlp xor-mlp iris-softmax wine-mlp "
        "breast-cancer-logistic diabetes-linear sine-mlp "
        "lenet-digits resnet-digits vit-digits digits-softmax-shapes house-price-mlp "
        "adding-rnn adding-lstm adding-gru forecast-lstm random-walk-lstm copy-attention "
        "autoencoder-digits vae-digits seq2seq-gru reverse-attention char-lm text-gru text-attention recommender-mf "
        "cluster-moons cluster-circles cluster-blobs cluster-uneven-blobs cluster-stretched-blobs cluster-iris "
        "cluster-digits cluster-digits-cnn"
    )
    assert sorted(IDS) == sorted(expected.split())
    assert sorted(path.stem for path in FILES.iterdir()) == sorted(IDS)
    assert len({template.title for template in TEMPLATES}) == len(IDS)
    with pytest.raises(KeyError):
        load_template("../../etc/passwd")


@pytest.mark.parametrize("template", TEMPLATES, ids=IDS)
def test_a_template_is_in_order(template: templates.Template) -> None:
    made = load_template(template.id)
    assert check(made).problems == ()
    assert (FILES / f"{template.id}.dllab").read_text("utf-8") == to_text(made)
    assert made.title == template.title
    assert made.note.endswith(".")
    assert template.sentence.endswith(".")
    clusters = template.id.startswith("cluster-")
    assert template.family == ("cluster" if clusters else DATASETS[made.data.kind].family)
    spec = check(made).data
    assert spec is not None
    if check(made).fits_only:
        return
    x = torch.zeros(2, *spec.input, dtype=torch.int64 if vocabulary(spec.input) else torch.float32)
    outputs = build(made)(x)
    goals = check(made).goals
    main = main_goal(goals)
    assert main is not None
    before = sum(goal.inputs for goal in goals[: goals.index(main)])
    said = outputs if isinstance(outputs, torch.Tensor) else outputs[before]
    assert said.shape == (2, *(check(made).output or ()))
    if "digits" in template.id:
        assert (made.split.test, made.split.stratify) == (0.25, True)


@pytest.mark.parametrize("template", IDS)
def test_a_template_reads_from_left_to_right(template: str) -> None:
    nodes = list(load_template(template).model.nodes.values())
    for before, after in pairwise(nodes):
        same_row = after.y == before.y
        gap = after.x - before.x - 140
        assert (same_row and 40 <= gap <= 60) or (after.x == 0 and after.y - before.y >= 62 + 40)


def test_templates_are_found_once_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = tmp_path / "dllab_resources" / "templates"
    packed.mkdir(parents=True)
    (packed / "xor-mlp.dllab").write_text(to_text(Experiment(title="installed")))
    monkeypatch.setattr(templates, "__file__", str(tmp_path / "dllab" / "templates.py"))
    assert load_template("xor-mlp").title == "installed"


def _learned(made: Experiment) -> float:
    """Accuracy or R² on the validation part after training as the recipe says, in a loop as in any textbook."""
    prepared = prepare(made)
    network, loss = build(made), build_loss(made, prepared.spec)
    optimiser = build_optimiser(made, network.parameters())
    form = target_form(made, prepared.spec)
    torch.manual_seed(made.seed)

    def tensors(part: Part) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.tensor(part.x), encode_targets(part.y, form, prepared.spec)

    x, targets = tensors(prepared.train)
    for _epoch in range(made.training.epochs):
        for batch in torch.randperm(len(x)).split(made.training.batch_size):
            optimiser.zero_grad()
            loss(network(x[batch]), targets[batch]).backward()
            optimiser.step()
    x, targets = tensors(prepared.validation)
    with torch.no_grad():
        outputs = network.eval()(x)
    if form == "value":
        return 1 - float(((outputs - targets) ** 2).sum() / ((targets - targets.mean(0)) ** 2).sum())
    says = outputs.argmax(1) if form == "index" else (outputs > 0).float()
    return float((says == targets).float().mean())


@pytest.mark.parametrize(
    ("template", "score"),
    [
        ("digits-cnn", 0.97),
        ("digits-mlp", 0.95),
        ("digits-softmax", 0.93),
        ("moons-mlp", 0.93),
        ("spiral-mlp", 0.95),
        ("circles-mlp", 0.93),
        ("xor-mlp", 0.95),
        ("iris-softmax", 0.85),
        ("wine-mlp", 0.9),
        ("breast-cancer-logistic", 0.95),
        ("diabetes-linear", 0.4),
        ("sine-mlp", 0.95),
        ("lenet-digits", 0.93),
        ("resnet-digits", 0.96),
        ("vit-digits", 0.92),
        ("digits-softmax-shapes", 0.94),
        ("house-price-mlp", 0.97),
    ],
)
def test_a_template_learns(template: str, score: float) -> None:
    assert _learned(load_template(template)) >= score


def test_the_shapes_of_a_colour_picture() -> None:
    """One matrix takes all three channels: 3 · 8 · 8 · 10 weights and 10 offsets, not 8 · 8 · 10 + 10 = 650."""
    made = load_template("digits-softmax-shapes")
    assert check(made).parameters == 1930
    layer = build(made).layers["linear"]
    assert tuple(layer.weight.shape) == (10, 192)
    with pytest.raises(RuntimeError, match="size mismatch"):
        torch.zeros(10, 64) @ torch.zeros(192)


def test_house_prices_are_no_plane() -> None:
    prepared = prepare(load_template("house-price-mlp"))
    line = LinearRegression().fit(prepared.train.x, prepared.train.y)
    score = r2_score(prepared.validation.y, line.predict(prepared.validation.x))
    assert 0.7 < score < 0.93, "a line explains much, and the curved rule clearly more"


def test_diabetes_ends_at_least_squares() -> None:
    made = load_template("diabetes-linear")
    prepared = prepare(made)
    x = np.c_[prepared.train.x.astype(np.float64), np.ones(len(prepared.train.x))]
    closed = np.linalg.solve(x.T @ x, x.T @ prepared.train.y)
    network = train(made, "cpu").session.network
    (linear,) = [m for m in network.layers.values() if isinstance(m, torch.nn.Linear)]
    reached = np.append(linear.weight.detach().numpy().ravel(), linear.bias.detach().numpy())
    np.testing.assert_allclose(reached, closed.ravel(), atol=1e-3)


def test_the_skips_of_the_residual_network_add() -> None:
    made = load_template("resnet-digits")
    network = build(made)
    x = torch.randn(4, 1, 8, 8)
    values = network.forward_nodes(x)
    assert torch.equal(values["add"], values["relu"] + values["batch_norm_3"])
    assert torch.equal(values["add_2"], values["relu_3"] + values["batch_norm_5"])
