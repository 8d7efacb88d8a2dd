"""Every probe on networks of every sort: arrays that travel, and a name for each of their axes."""

from functools import cache

import numpy as np
import pytest
import torch

from dllab.engine import protocol
from dllab.probes import PROBES, DoesNotApply, Shown, compute, load_probes
from dllab.probes.base import SLOW
from dllab.templates import load_template
from dllab.training.session import Session

load_probes()
_QUICK = sorted(set(PROBES) - set(SLOW))
"""Those that are shown live; the slow ones are computed once, on request."""
_TEMPLATES = ("digits-cnn", "text-attention", "adding-lstm", "diabetes-linear", "moons-mlp")
_OTHERS = {"reconstruction": ("autoencoder-digits",), "sampled_text": ("char-lm",)}
"""Networks on which probes have something to show that say nothing of those above."""


@cache
def fresh(template: str) -> Session:
    return Session(load_template(template), "cpu")


def everything(session: Session, name: str) -> list[Shown]:
    """What a probe shows of each layer of a network."""
    found, reasons = [], []
    for step in session.network.plan:
        try:
            found.append(compute(session, name, {"node": step.node, "sample": 1, "indices": [0, 2]}))
        except DoesNotApply as reason:
            reasons.append(str(reason))
    assert all(reason.endswith(".") for reason in reasons)
    return found


@pytest.mark.parametrize("name", _QUICK)
def test_arrays_travel_and_their_axes_have_names(name: str) -> None:
    templates = _OTHERS.get(name, _TEMPLATES)
    everywhere = [shown for template in templates for shown in everything(fresh(template), name)]
    assert everywhere
    for shown in everywhere:
        assert set(shown.axes) <= set(shown.arrays)
        for key, array in shown.arrays.items():
            assert np.array_equal(protocol.unpack(protocol.pack(array)), array, equal_nan=array.dtype.kind == "f")
            assert len(shown.axes.get(key, ())) == array.ndim, key


@cache
def ran(template: str, looking_at: str = "") -> tuple[list[float], dict[str, torch.Tensor]]:
    """Losses and weights of three steps, with a look before each but the first."""
    session = Session(load_template(template), "cpu")
    losses = []
    for step in range(3):
        if looking_at and step:
            everything(session, looking_at)
        losses.append(session.advance().loss)
    return losses, session.network.state_dict()


@pytest.mark.parametrize("name", _QUICK)
@pytest.mark.parametrize("template", ["digits-cnn", "adding-lstm"])
def test_looking_changes_nothing(name: str, template: str) -> None:
    losses, weights = ran(template)
    looked, after = ran(template, name)
    assert looked == losses
    assert all(after[key].equal(value) for key, value in weights.items())
