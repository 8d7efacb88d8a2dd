"""Every template opens, has no problem, is laid out to be read, and learns what it is for."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch

from dllab import templates
from dllab.build import build, build_loss, build_optimiser, encode_targets
from dllab.build.loss import target_form
from dllab.checking import check
from dllab.data import DATASETS
from dllab.data.prepare import Part, prepare
from dllab.document.experiment import Experiment
from dllab.document.format import to_text
from dllab.templates import TEMPLATES, load_template

IDS = [template.id for template in TEMPLATES]
FILES = Path(__file__).parents[2] / "resources" / "templates"


def test_the_list_and_the_folder_agree() -> None:
    expected = (
        "digits-softmax digits-mlp digits-cnn moons-mlp spiral-mlp circles-mlp xor-mlp iris-softmax wine-mlp "
        "breast-cancer-logistic diabetes-linear sine-mlp"
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
    assert template.family == DATASETS[made.data.kind].family
    spec = check(made).data
    assert spec is not None
    assert build(made)(torch.zeros(2, *spec.input)).shape == (2, *(check(made).output or ()))
    if template.id.startswith("digits"):
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
    ],
)
def test_a_template_learns(template: str, score: float) -> None:
    assert _learned(load_template(template)) >= score
