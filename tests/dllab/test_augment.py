"""Varied training samples: decided by seed and epoch, the training part only, and a run goes on bit for bit."""

from typing import Any

import numpy as np
import pytest
import torch
from graphs import experiment

from dllab.document.edits import set_path
from dllab.document.experiment import Experiment, Preparation
from dllab.document.format import to_text
from dllab.templates import load_template
from dllab.training.augment import augment, augments
from dllab.training.session import Session


def varied(template: str = "digits-softmax", **values: Any) -> Experiment:
    made = load_template(template)
    for name, value in values.items():
        made = set_path(made, f"preparation.{name}", value)
    return made


PICTURES = torch.randn(50, 2, 6, 8, generator=torch.Generator().manual_seed(1))


def test_a_shift_moves_whole_pixels() -> None:
    moved = augment(PICTURES, Preparation(shift=2), 0, 0).numpy()
    seen = set()
    for before, after in zip(PICTURES.numpy(), moved, strict=True):
        padded = np.pad(before, ((0, 0), (2, 2), (2, 2)), mode="edge")
        found = [
            (dy, dx) for dy in range(5) for dx in range(5) if np.array_equal(padded[:, dy : dy + 6, dx : dx + 8], after)
        ]
        assert found, "every picture is the old one, moved by whole pixels"
        seen |= set(found)
    assert len(seen) > 15, "every way is taken"


def test_a_mirror_turns_half_of_them_round() -> None:
    turned = augment(PICTURES, Preparation(flip=True), 0, 0)
    same = [bool(torch.equal(a, b)) for a, b in zip(PICTURES, turned, strict=True)]
    mirrored = [bool(torch.equal(a.flip(2), b)) for a, b in zip(PICTURES, turned, strict=True)]
    assert all(a != b for a, b in zip(same, mirrored, strict=True))
    assert 10 < sum(mirrored) < 40


def test_a_turn_keeps_the_middle_and_round_shapes() -> None:
    rows, columns = torch.meshgrid(torch.arange(11) - 5.0, torch.arange(17) - 8.0, indexing="ij")
    disc = torch.exp(-(rows**2 + columns**2) / 5).expand(20, 1, 11, 17).contiguous()
    assert torch.allclose(augment(disc, Preparation(rotate=180.0), 3, 1), disc, atol=0.07), "round in an oblong picture"
    bar = ((columns[1:10, 4:13].abs() < 1) * 1.0).expand(20, 1, 9, 9).contiguous()
    turned = augment(bar, Preparation(rotate=90.0), 3, 1)
    assert torch.allclose(turned[:, 0, 4, 4], torch.ones(20), atol=1e-4)
    assert (turned[:, 0, 0, 4] < 0.5).any(), "the ends have moved"


def test_noise_has_the_spread_that_is_asked_for() -> None:
    x = torch.zeros(400, 50)
    noisy = augment(x, Preparation(noise=0.3), 0, 0)
    assert float(noisy.std()) == pytest.approx(0.3, rel=0.03)
    assert float(noisy.mean()) == pytest.approx(0.0, abs=0.01)


def test_seed_and_epoch_decide() -> None:
    how = Preparation(shift=1, flip=True, rotate=10.0, noise=0.1)
    first = augment(PICTURES, how, 5, 2)
    torch.manual_seed(99)
    assert torch.equal(first, augment(PICTURES, how, 5, 2))
    assert not torch.equal(first, augment(PICTURES, how, 5, 3))
    assert not torch.equal(first, augment(PICTURES, how, 6, 2))


def test_only_what_can_be_varied_is() -> None:
    assert not augments(Preparation(), PICTURES)
    assert not augments(Preparation(shift=3, flip=True, rotate=5.0), torch.zeros(4, 7))
    assert augments(Preparation(noise=0.1), torch.zeros(4, 7))
    assert not augments(Preparation(noise=0.1), torch.zeros(4, 7, dtype=torch.int64)), "words are no quantities"


def test_training_sees_it_and_the_other_parts_do_not() -> None:
    plain, moved = Session(varied(), "cpu"), Session(varied(shift=1, noise=0.2), "cpu")
    assert torch.equal(plain._validation[0], moved._validation[0])
    assert np.array_equal(plain.prepared.test.x, moved.prepared.test.x)
    assert not torch.equal(plain._epoch_x, moved._epoch_x)
    before = moved._epoch_x.clone()
    for _batch in range(moved.steps_per_epoch):
        moved.advance()
    assert moved.epoch == 1
    assert sorted(before.sum((1, 2, 3)).tolist()) != sorted(moved._epoch_x.sum((1, 2, 3)).tolist()), "another way"


def test_a_run_taken_up_goes_on_bit_for_bit() -> None:
    made = varied(shift=1, rotate=5.0, noise=0.1)
    whole, part = Session(made, "cpu"), Session(made, "cpu")
    steps = whole.steps_per_epoch + 5
    for _batch in range(steps):
        whole.advance()
        part.advance()
    again = Session(made, "cpu")
    again.restore(*part.state())
    assert [whole.advance().loss for _batch in range(40)] == [again.advance().loss for _batch in range(40)]


def test_old_files_stay_as_they_were() -> None:
    text = to_text(experiment(data="digits"))
    assert '"shift"' not in text
    assert '"shift": 2' in to_text(varied(shift=2))
