"""A weight's new value, what the optimiser keeps, and clipping: told with the run's operands, equal to what torch made."""

from random import Random

import pytest
import torch
from examples import moons

from dllab.document.experiment import Choice, Experiment
from dllab.stepping import walk
from dllab.stepping.explain import explain
from dllab.training.session import Session

OPTIMISERS = [
    ("sgd", {}),
    ("sgd", {"momentum": 0.9}),
    ("sgd", {"momentum": 0.8, "nesterov": True}),
    ("rmsprop", {}),
    ("rmsprop", {"momentum": 0.5, "alpha": 0.9}),
    ("adam", {}),
    ("adamw", {"beta1": 0.8}),
]


def trained(**update: object) -> Experiment:
    experiment = moons()
    return experiment.model_copy(update={"training": experiment.training.model_copy(update=update)})


@pytest.mark.parametrize("decay", [0.0, 0.05])
@pytest.mark.parametrize(("kind", "params"), OPTIMISERS)
def test_a_new_weight_and_what_is_kept_are_the_sums_that_are_shown(
    kind: str, params: dict[str, object], decay: float
) -> None:
    session = Session(trained(optimiser=Choice(kind=kind, params=params), weight_decay=decay), "cpu")
    random = Random(2)
    told = set()
    for _batch in range(3):
        for operation in walk(session):
            for name, value in operation.arrays.items() if operation.phase == "update" else ():
                if not (name.endswith(".new") or ".after." in name) or name.endswith(".step"):
                    continue
                for _click in range(4):
                    index = tuple(random.randrange(n) for n in value.shape)
                    lines = explain(session, operation, name, index)
                    assert lines[-1].value == pytest.approx(float(value[index]), rel=2e-5, abs=1e-9), name
                    told.add(name.rpartition(".")[2])
            if operation.phase == "update":
                assert explain(session, operation, "weight.old", (0, 0)) == ()
                assert all(
                    explain(session, operation, name, ()) == ()
                    for name in operation.arrays
                    if name.endswith((".step", "learning_rate"))
                )
    assert "new" in told
    assert len(told) == 1 + {"sgd": bool(params), "rmsprop": 1 + bool(params)}.get(kind, 2)


@pytest.mark.parametrize(
    "recipe",
    [
        {"clip_norm": 0.05},
        {"clip_norm": 50.0},
        {"clip_value": 0.01},
        {"clip_norm": 0.05, "clip_value": 0.02, "l1": 0.01},
    ],
)
def test_clipping_is_told_from_the_squares_to_each_gradient(recipe: dict[str, float]) -> None:
    session = Session(trained(**recipe), "cpu")
    random = Random(5)
    operation = next(o for o in walk(session) if o.phase == "clip")
    for name, value in operation.arrays.items():
        lines = explain(session, operation, name, tuple(random.randrange(n) for n in value.shape))
        if name in ("norm", "factor"):
            assert lines[-1].value == pytest.approx(float(value), rel=1e-5)
        elif name.endswith(".clipped"):
            flat = [tuple(i) for i in torch.ones_like(value).nonzero().tolist()]
            for index in random.sample(flat, min(6, len(flat))):
                told = explain(session, operation, name, index)[-1].value
                assert told == pytest.approx(float(value[index]), rel=1e-5, abs=1e-9)
        else:
            assert lines == ()
    assert ("norm" in operation.arrays) == ("clip_norm" in recipe)


def test_the_squares_of_a_large_weight_are_added_up_by_rows() -> None:
    from dllab.recipe.clipping import explain_clipping

    gradient = torch.randn(80, 50, dtype=torch.float64)
    lines = explain_clipping({"a.weight.gradient": gradient.numpy()}, "norm", (), 0.0, 0.0)
    assert len(lines[0].terms) == 80
    assert lines[-1].value == pytest.approx(float(gradient.norm()), rel=1e-12)
