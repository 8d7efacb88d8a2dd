"""Texts on the screen can be translated: marked where they are declared, whole sentences where they are shown."""

import ast
import re

import pytest
from tree import sources

from dllab.data import DATASETS
from dllab.declare import Declared, form_fields
from dllab.document.experiment import Experiment, Preparation, Split, Training
from dllab.layers import LAYERS
from dllab.layers.base import FAMILIES
from dllab.recipe import INITIALISATIONS, LOSSES, OPTIMISERS, SCHEDULES

REGISTRIES = {
    "layers": LAYERS,
    "datasets": DATASETS,
    "losses": LOSSES,
    "optimisers": OPTIMISERS,
    "schedules": SCHEDULES,
    "initialisations": INITIALISATIONS,
}
DECLARED = [kind for registry in REGISTRIES.values() for kind in registry]
TRANSLATORS = {"_", "ngettext", "N_"}


def _calls(tree: ast.Module) -> list[ast.Call]:
    return [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]


def marked_texts() -> set[str]:
    """Every text that stands in a `_`, `N_` or `ngettext` somewhere."""
    found = set()
    for _path, _text, tree in sources("dllab", "ui"):
        for call in _calls(tree):
            if call.func.id in TRANSLATORS:
                found |= {a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)}
    return found


MARKED = marked_texts()


def test_no_text_is_put_together_before_it_is_translated() -> None:
    found = []
    for path, _text, tree in sources("dllab", "ui"):
        for call in _calls(tree):
            if call.func.id not in TRANSLATORS:
                continue
            for argument in call.args[:2]:
                joined = isinstance(argument, ast.JoinedStr | ast.BinOp)
                formatted = isinstance(argument, ast.Call) and ast.unparse(argument.func).endswith(".format")
                if joined or formatted:
                    found.append(f"{path}:{call.lineno} {ast.unparse(call)[:80]}")
    assert found == []


def test_registries_loaded_whole() -> None:
    assert {name: dict(registry.broken) for name, registry in REGISTRIES.items()} == {name: {} for name in REGISTRIES}


@pytest.mark.parametrize("declaration", DECLARED, ids=lambda d: f"{d.__module__.rpartition('.')[2]}-{d.kind}")
def test_a_declaration_names_and_explains_itself(declaration: type[Declared]) -> None:
    assert declaration.title in MARKED
    assert re.match(r"^[A-Z0-9].*\.$", declaration.summary(), re.DOTALL), "one sentence for people"
    for field in form_fields(declaration):
        assert field.title in MARKED, f"{field.name} has no title"
        assert field.help in MARKED, f"{field.name} has no help"


@pytest.mark.parametrize("model", [Training, Split, Preparation])
def test_the_recipe_explains_itself(model) -> None:
    for field in model.model_fields.values():
        if field.annotation.__name__ != "Choice" if hasattr(field.annotation, "__name__") else True:
            assert field.title in MARKED
            assert field.description in MARKED
    assert Experiment.model_fields["seed"].title in MARKED


def test_families_are_named() -> None:
    assert set(FAMILIES.values()) <= MARKED
    assert {layer.family for layer in LAYERS} <= set(FAMILIES)
