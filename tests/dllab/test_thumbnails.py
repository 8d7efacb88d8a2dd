"""Small pictures of layers: the numbers of the run, coarser."""

import numpy as np
import pytest
import torch

from dllab.probes import compute, load_probes
from dllab.templates import load_template
from dllab.training.session import Session

load_probes()


def trained(template: str, steps: int = 5) -> Session:
    session = Session(load_template(template), "cpu")
    for _step in range(steps):
        session.advance()
    return session


def whole(session: Session, sample: int) -> dict[str, np.ndarray]:
    with session.looking():
        values = session.network.forward_nodes(session.validation.x[sample : sample + 1])
    return {name: value[0].numpy() for name, value in values.items()}


def numbers(shown: object, node: str) -> np.ndarray:
    low, high = shown.labels["scale"][node]  # type: ignore[attr-defined]
    return low + shown.arrays[node].astype(float) * (high - low) / 255  # type: ignore[attr-defined]


def test_maps_and_bars_are_what_the_layers_put_out() -> None:
    session = trained("digits-cnn")
    shown = compute(session, "thumbnails", {"nodes": ["conv2d", "linear", "nowhere"], "sample": 3})
    assert set(shown.arrays) == {"conv2d", "linear"}
    values = whole(session, 3)
    for node, expected in (("conv2d", values["conv2d"][:8]), ("linear", values["linear"])):
        low, high = shown.labels["scale"][node]
        assert shown.arrays[node].dtype == np.uint8
        assert numbers(shown, node) == pytest.approx(expected, abs=(high - low) / 255)


def test_long_vectors_and_sequences_become_coarser() -> None:
    session = trained("digits-cnn")
    shown = compute(session, "thumbnails", {"nodes": ["flatten"], "sample": 0})
    assert shown.arrays["flatten"].shape == (48,)
    flat = torch.from_numpy(whole(session, 0)["flatten"])[None, None]
    expected = torch.nn.functional.adaptive_avg_pool1d(flat, 48)[0, 0].numpy()
    assert numbers(shown, "flatten") == pytest.approx(expected, abs=float(expected.max()) / 100)
    text = compute(trained("text-attention", 1), "thumbnails", {"nodes": ["input", "embedding"]})
    assert list(text.arrays) == ["embedding"], "numbers of words are no quantities"
    assert text.arrays["embedding"].shape == (1, 32, 10)


def test_with_two_inputs_every_unit_shows_the_plane() -> None:
    session = trained("moons-mlp", 20)
    shown = compute(session, "thumbnails", {"nodes": ["input", "linear"]})
    assert shown.labels["plane"]
    assert shown.arrays["linear"].shape == (8, 20, 20)
    points = np.concatenate([session.prepared.train.raw, session.prepared.validation.raw])
    # Row 5 from the top, column 12 from the left.
    across, up = (np.linspace(points[:, i].min(), points[:, i].max(), 20) for i in (0, 1))
    raw = np.array([[across[12], up[::-1][5]]], np.float32)
    x = torch.from_numpy(session.prepared.scaling.apply(raw).astype(np.float32))
    with session.looking():
        expected = session.network.forward_nodes(x)["linear"][0, :8].numpy()
    low, high = shown.labels["scale"]["linear"]
    assert numbers(shown, "linear")[:, 5, 12] == pytest.approx(expected, abs=(high - low) / 200)


@pytest.mark.parametrize("template", ["resnet-digits", "forecast-lstm", "seq2seq-gru", "vae-digits", "diabetes-linear"])
def test_every_kind_of_network_has_pictures_that_are_small(template: str) -> None:
    session = trained(template, 1)
    shown = compute(session, "thumbnails", {"nodes": list(session.check.order)})
    assert len(shown.arrays) >= len(session.network.plan) - 2
    assert all(array.dtype == np.uint8 and array.nbytes <= 2304 for array in shown.arrays.values())
