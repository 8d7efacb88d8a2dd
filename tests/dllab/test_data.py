"""Datasets keep their promises; splitting and scaling by seed, fitted on the training part alone."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from graphs import experiment
from hypothesis import given, settings
from hypothesis import strategies as st

from dllab.checking import check
from dllab.data import DATASETS
from dllab.data.base import Arrays, split_sizes
from dllab.data.prepare import DataProblem, Part, fit_scaling, prepare
from dllab.document.edits import set_path
from dllab.document.experiment import Experiment, Split
from dllab.testing import check_dataset
from dllab.text import PSEUDO, set_language

KINDS = [dataset.kind for dataset in DATASETS]


def _with(data: str, **changes: Any) -> Experiment:
    made = experiment(data=data)
    for path, value in changes.items():
        made = set_path(made, path.replace("__", "."), value)
    return made


def test_all_datasets_load() -> None:
    assert not DATASETS.broken
    assert (
        " ".join(KINDS)
        == "digits iris wine breast_cancer diabetes moons circles spirals blobs xor linear sine houses colour_digits"
        " adding parity copy reverse sine_mix random_walk verse opinions ratings"
        " table series text sentences images arrays sequences painted"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_contract(kind: str) -> None:
    check_dataset(kind)


def test_names_are_those_of_scikit_learn() -> None:
    from sklearn import datasets

    for kind in ("iris", "breast_cancer", "digits", "wine"):
        found = getattr(datasets, f"load_{kind}")()
        spec = DATASETS.make(kind, {}).spec()
        assert spec.samples == len(found.target)
        if kind in ("iris", "breast_cancer"):
            assert spec.classes == tuple(found.target_names)
            assert spec.features == tuple(found.feature_names)
        if kind == "wine":
            assert [name.replace(" ", "_") for name in spec.features] == list(found.feature_names)
    diabetes = DATASETS.make("diabetes", {}).load(0)
    assert (diabetes.y.min(), diabetes.y.max()) == (25.0, 346.0)
    assert diabetes.x[:, 0].max() > 70  # ages in years, not scikit-learn's scaled ones


def test_declarations_load_nothing_heavy() -> None:
    code = (
        "import sys; from dllab.data import DATASETS; [d().spec() for d in DATASETS];"
        "assert not {'sklearn', 'torch', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("kind", [d.kind for d in DATASETS if d.family == "points" and not d.own])
def test_generated_points_depend_on_the_seed(kind: str) -> None:
    made = DATASETS.make(kind, {"samples": 60})
    np.random.seed(1)
    first = made.load(5)
    np.random.seed(2)
    assert np.array_equal(first.x, made.load(5).x)
    assert not np.array_equal(first.x, made.load(6).x)
    quiet = DATASETS.make(kind, {"samples": 60, "noise": 0.0})
    assert np.isfinite(quiet.load(5).x).all()


def test_formulas() -> None:
    line = DATASETS.make("linear", {"slope": 3.0, "offset": -1.0, "noise": 0.0, "features": 2}).load(0)
    assert np.allclose(line.y[:, 0], 3 * line.x[:, 0] + 1.5 * line.x[:, 1] - 1, atol=1e-5)
    sine = DATASETS.make("sine", {"noise": 0.0}).load(0)
    assert np.allclose(sine.y, np.sin(sine.x), atol=1e-5)
    xor = DATASETS.make("xor", {"noise": 0.0}).load(0)
    assert np.array_equal(xor.y == 1, xor.x[:, 0] * xor.x[:, 1] < 0)
    spirals = DATASETS.make("spirals", {"classes": 3}).load(0)
    assert np.unique(spirals.y).tolist() == [0, 1, 2]


def test_names_of_what_is_made_here_are_translated() -> None:
    """Those of the classes, features and targets; words and letters that are the data itself stay."""
    made = (
        "moons",
        "circles",
        "spirals",
        "blobs",
        "xor",
        "adding",
        "parity",
        "sine_mix",
        "opinions",
        "ratings",
        "houses",
    )
    plain = {kind: DATASETS.make(kind, {}).spec() for kind in made}
    set_language(PSEUDO)
    try:
        for kind, spec in plain.items():
            shown = DATASETS.make(kind, {}).spec()
            for before, after in ((spec.classes, shown.classes), (spec.targets, shown.targets)):
                assert len(before) == len(after)
                assert not set(before) & set(after), kind
            assert kind in ("moons", "circles", "spirals", "blobs", "xor") or not set(spec.features) & set(
                shown.features
            )
    finally:
        set_language("en")
    assert plain["moons"].classes == ("upper", "lower")
    assert plain["ratings"].tokens[100] == "film 1"


# --- splitting --------------------------------------------------------------------------------------------------------


def test_digits_are_divided_as_scikit_learn_does() -> None:
    from sklearn.model_selection import train_test_split

    prepared = prepare(_with("digits", seed=3))
    assert [len(p) for p in (prepared.train, prepared.validation, prepared.test)] == [1077, 270, 450]
    labels = DATASETS.make("digits", {}).load(0).y
    _rest, test = train_test_split(np.arange(1797), test_size=0.25, random_state=3, stratify=labels)
    assert np.array_equal(prepared.test.index, test)
    shares = np.bincount(prepared.validation.y) / len(prepared.validation.y)
    assert np.abs(shares - np.bincount(labels) / 1797).max() < 0.01


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0, 0.9).map(lambda share: round(share, 3)),
    st.floats(0, 0.9).map(lambda share: round(share, 3)),
    st.booleans(),
    st.integers(10, 60),
    st.integers(0, 9),
)
def test_every_sample_is_in_one_part(test: float, validation: float, stratify: bool, samples: int, seed: int) -> None:
    made = experiment("linear", ("linear", {"features": 3}), data="blobs", samples=samples, noise=0.5)
    made = made.model_copy(update={"split": Split(test=test, validation=validation, stratify=stratify), "seed": seed})
    if any(p.code == "split" for p in check(made).problems):
        with pytest.raises(DataProblem):
            prepare(made)
        return
    prepared = prepare(made)
    parts = (prepared.train, prepared.validation, prepared.test)
    assert tuple(map(len, parts)) == split_sizes(samples, made.split)
    assert sorted(np.concatenate([p.index for p in parts]).tolist()) == list(range(samples))
    again = prepare(made)
    assert np.array_equal(again.train.x, prepared.train.x)
    for part in parts:
        assert np.allclose(prepared.scaling.undo(part.x), part.raw, atol=1e-4)
        assert np.array_equal(prepared.scaling.apply(part.raw), part.x)
        assert (part.x.dtype, part.raw.dtype, part.index.dtype) == (np.float32, np.float32, np.int64)


def test_no_validation_part() -> None:
    prepared = prepare(_with("moons", split__validation=0.0))
    assert (len(prepared.train), len(prepared.validation), len(prepared.test)) == (375, 0, 125)
    assert prepared.validation.x.shape == (0, 2)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (
            _with("iris", split__test=0.01),
            "A test part of 2 of 150 samples can't hold all 3 classes on both sides.",
        ),
        (
            _with("moons", data__samples=10, split__test=0.9, split__validation=0.9, split__stratify=False),
            "A validation part of 90% of 1 samples leaves nothing to train on.",
        ),
        (_with("atlantis"), "The data atlantis is not known here."),
        (_with("moons", data__samples=1), "The data moons can't be made with these values."),
    ],
)
def test_data_that_can_not_be_divided(made: Experiment, sentence: str) -> None:
    with pytest.raises(DataProblem, match=sentence.replace("(", r"\(")):
        prepare(made)


def _loading(monkeypatch: pytest.MonkeyPatch, kind: str, change: Any) -> None:
    declaration = DATASETS[kind]
    real = declaration.load

    def load(self: Any, seed: int) -> Arrays:
        arrays = real(self, seed)
        x, y = arrays.x.copy(), arrays.y.copy()
        change(x, y)
        return replace(arrays, x=x, y=y)

    monkeypatch.setattr(declaration, "load", load)


def test_a_class_of_one_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(_x: np.ndarray, y: np.ndarray) -> None:
        y[:] = 0
        y[7] = 2

    _loading(monkeypatch, "iris", change)
    with pytest.raises(DataProblem, match="Class virginica has 1 sample: too few"):
        prepare(_with("iris"))
    assert len(prepare(_with("iris", split__stratify=False)).train) == 89


def test_gaps_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(x: np.ndarray, _y: np.ndarray) -> None:
        x[4, 1] = np.nan
        x[9, 3] = np.inf

    _loading(monkeypatch, "iris", change)
    with pytest.raises(DataProblem, match=r"Row 5, feature sepal width \(cm\) holds nan: .* \(2 are not\)"):
        prepare(_with("iris"))


# --- scaling ----------------------------------------------------------------------------------------------------------


def test_standardise_is_fitted_on_the_training_part() -> None:
    prepared = prepare(_with("wine"))
    assert np.allclose(prepared.train.x.mean(0), 0, atol=1e-5)
    assert np.allclose(prepared.train.x.std(0), 1, atol=1e-5)
    assert not np.allclose(prepared.test.x.mean(0), 0, atol=1e-3)


def test_images_have_one_mean_and_spread_per_channel() -> None:
    prepared = prepare(_with("digits"))
    assert prepared.scaling.shift.shape == (1, 1, 1)
    assert prepared.train.x.mean() == pytest.approx(0, abs=1e-5)
    assert prepared.train.x.std() == pytest.approx(1, abs=1e-5)


def test_minmax_and_none() -> None:
    prepared = prepare(_with("digits", preparation__scaling="minmax"))
    assert (prepared.train.x.min(), prepared.train.x.max()) == (0.0, 1.0)
    assert np.array_equal(prepare(_with("wine", preparation__scaling="none")).train.x, prepare(_with("wine")).train.raw)


@pytest.mark.parametrize("value", [0.0, 5.0, 0.1, 1e9, 123456.7])
@pytest.mark.parametrize("kind", ["standardise", "minmax"])
def test_features_that_never_change_do_not_blow_up(value: float, kind: str) -> None:
    x = np.full((30, 2), value, np.float32)
    scaled = fit_scaling(kind, x).apply(x)
    assert np.allclose(scaled, 0.0)
    assert np.allclose(fit_scaling(kind, x).undo(scaled), x)


def test_a_part_knows_its_length() -> None:
    empty = np.zeros((0, 2), np.float32)
    assert len(Part(empty, empty, empty, np.zeros(0, np.int64))) == 0
