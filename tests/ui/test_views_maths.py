"""What views compute: short curves, smoothing, ticks, colours, arrangements."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor

from ui.shell.theme import DARK, LIGHT, Tokens
from ui.views.activations import folded
from ui.views.boundary import finer, shaded
from ui.views.colours import class_colour, diverging, heat, luminance, mixed, shade, text_on, viridis
from ui.views.heat import arrange
from ui.views.numbers import percent, show
from ui.views.plot import decades, round_step, tick
from ui.views.thinning import Smoothed, filtered, thinned

# How people with protanopia and deuteranopia see linear colours (Machado et al. 2009, severity 1).
_BLINDNESS = (
    np.eye(3),
    np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
)


@given(st.integers(1, 5000), st.integers(20, 400))
def test_no_peak_is_lost(count: int, columns: int) -> None:
    y = np.random.default_rng(count).normal(size=count)
    x = np.arange(count, dtype=float)
    xs, ys = thinned(x, y, -math.inf, math.inf, columns)
    assert len(xs) <= 2 * columns + 3
    assert (ys.min(), ys.max()) == (y.min(), y.max())
    assert xs[-1] == x[-1]
    assert ys[-1] == y[-1]
    assert (np.diff(xs) >= 0).all()


def test_a_part_of_a_curve_is_drawn_point_by_point() -> None:
    x, y = np.arange(100_000.0), np.random.default_rng(0).normal(size=100_000)
    xs, ys = thinned(x, y, 500.0, 600.0, 400)
    assert xs[0] <= 500
    assert xs[-1] >= 600
    assert (ys == y[int(xs[0]) : int(xs[-1]) + 1]).all()


def test_values_that_are_no_numbers_do_not_hide_their_neighbours() -> None:
    y = np.ones(10_000)
    y[5000] = np.nan
    y[5001] = 7.0
    _xs, ys = thinned(np.arange(10_000.0), y, -math.inf, math.inf, 100)
    assert ys.max() == 7.0


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=700), st.floats(0.0, 0.99))
def test_smoothing_is_the_recursion(values: list[float], weight: float) -> None:
    x = np.array(values)
    carried, expected = 3.0, []
    for value in values:
        carried = weight * carried + value
        expected.append(carried)
    assert filtered(x, weight, 3.0) == pytest.approx(np.array(expected), abs=1e-6)


def test_smoothing_goes_on_where_it_stopped_and_starts_anew_for_another_curve() -> None:
    y = np.random.default_rng(1).random(1000)
    x = np.arange(1000.0)
    at_once = Smoothed(0.9).of(x, y).copy()
    growing = Smoothed(0.9)
    for end in (1, 2, 3, 400, 1000):
        last = growing.of(x[:end], y[:end])
    assert last == pytest.approx(at_once)
    assert at_once[0] == pytest.approx(y[0])
    assert growing.of(x[:500:2], y[:500:2])[0] == pytest.approx(y[0])


def test_smoothing_passes_over_what_is_no_number() -> None:
    y = np.array([1.0, 1.0, np.nan, 1.0, np.inf])
    assert Smoothed(0.5).of(np.arange(5.0), y) == pytest.approx(np.ones(5))


@given(st.floats(1e-6, 1e6))
def test_steps_between_ticks_are_round(least: float) -> None:
    step = round_step(least)
    assert step >= least * (1 - 1e-6)
    assert float(f"{step:.0e}".split("e")[0]) in (1, 2, 5)


def test_ticks_in_words() -> None:
    assert [tick(v, 0.5) for v in (0.0, 0.5, -1.5)] == ["0", "0.5", "−1.5"]
    assert tick(20_000, 5000) == "20,000"
    assert tick(2e-7, 1e-7) == "2.0e-7"
    assert [round(10**v, 3) for v in decades(-1.2, 0.4, 8)] == [0.1, 0.2, 0.5, 1.0, 2.0]
    assert decades(-12, 0, 4) == [-12, -9, -6, -3, 0]


def test_numbers_in_words() -> None:
    assert [show(v) for v in (0.0, 0.061234, -1234.5, 1.5e-7, math.nan, -math.inf)] == [
        "0", "0.0612", "−1,234", "1.5e-7", "NaN", "−∞",
    ]  # fmt: skip
    assert [percent(v) for v in (1.0, 0.9999, 0.978, 0.0)] == ["100.0 %", "99.9 %", "97.8 %", "0.0 %"]


@pytest.mark.parametrize("tokens", [LIGHT, DARK])
def test_class_colours_are_seen_by_everybody(tokens: Tokens) -> None:
    ground = luminance(QColor(tokens.surface))
    for index in range(10):
        own = luminance(class_colour(index, tokens))
        assert (max(own, ground) + 0.05) / (min(own, ground) + 0.05) >= 3
    for vision in _BLINDNESS:
        seen = [_perceived(class_colour(index, tokens), vision) for index in range(6)]
        assert min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2)) > 0.06


@pytest.mark.parametrize("tokens", [LIGHT, DARK])
def test_heat_maps_are_even_and_zero_is_in_the_middle(tokens: Tokens) -> None:
    for lut in (viridis(), diverging(tokens.dark)):
        steps = np.linalg.norm(np.diff([_perceived(QColor(*map(int, c)), np.eye(3)) for c in lut], axis=0), axis=1)
        assert steps.max() < 0.03
    lut, low, high = heat(np.array([-1.0, 4.0]), tokens)
    assert (low, high) == (-4.0, 4.0)
    middle = QColor(*map(int, shade(np.array(0.0), lut, low, high, QColor("red"))))
    assert abs(luminance(middle) - luminance(QColor(tokens.surface))) < 0.12
    assert heat(np.array([0.0, 3.0]), tokens)[1:] == (0.0, 3.0)
    assert heat(np.array([np.nan]), tokens)[1:] == (0.0, 1.0)


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_numbers_in_cells_can_be_read(r: int, g: int, b: int) -> None:
    ground = QColor(r, g, b)
    values = sorted((luminance(ground), luminance(text_on(ground))))
    assert (values[1] + 0.05) / (values[0] + 0.05) >= 4.4


def test_mixed_colours() -> None:
    assert mixed("#000000", "#ffffff", 0.0).name() == "#ffffff"
    assert mixed("#000000", "#ffffff", 1.0).name() == "#000000"


@given(st.integers(1, 200), st.integers(1, 30), st.integers(1, 30), st.integers(80, 800), st.integers(60, 600))
def test_maps_stay_inside_and_as_many_as_fit_are_shown(count: int, h: int, w: int, width: int, height: int) -> None:
    grid = arrange(count, h, w, (width, height), True)
    assert 1 <= grid.shown <= count
    assert grid.columns * grid.rows >= grid.shown
    assert grid.columns * (w * grid.cell_w + grid.gap) - grid.gap <= width + 1
    assert grid.rows * (h * grid.cell_h + grid.gap) - grid.gap <= height + 1


def test_long_vectors_fold_into_whole_rows() -> None:
    values = np.arange(512.0)
    found = folded(values, 2.0)
    assert found.shape == (1, 16, 32)
    assert (found.ravel() == values).all()


def test_finer_grids_keep_their_corners_and_stay_between_neighbours() -> None:
    grid = np.random.default_rng(0).random((5, 7, 2))
    fine = finer(grid, 4)
    assert fine.shape == (2, 20, 28)
    assert fine[:, 0, 0] == pytest.approx(grid[0, 0])
    assert fine[:, -1, -1] == pytest.approx(grid[-1, -1])
    assert finer(grid, 1) == pytest.approx(grid.transpose(2, 0, 1))
    assert grid.min() <= fine.min() + 1e-6
    assert fine.max() <= grid.max() + 1e-6


@pytest.mark.parametrize("tokens", [LIGHT, DARK])
def test_the_plane_takes_the_colour_of_the_likelier_class(tokens: Tokens) -> None:
    grid = np.zeros((8, 8, 2))
    grid[:, :4, 0], grid[:, 4:, 1] = 1.0, 1.0
    pixels = shaded(grid, tokens, 4).astype(float)
    for side, kind in ((pixels[4, 2], 0), (pixels[4, -3], 1)):
        own, other = (class_colour(k, tokens) for k in (kind, 1 - kind))
        assert _distance(side, own) < _distance(side, other)


def _distance(pixel: np.ndarray, colour: QColor) -> float:
    return float(np.linalg.norm(pixel - (colour.red(), colour.green(), colour.blue())))


def _perceived(colour: QColor, vision: np.ndarray) -> np.ndarray:
    """OKLab of a colour as somebody with this colour vision sees it."""
    c = np.array([colour.red(), colour.green(), colour.blue()]) / 255
    linear = np.clip(vision @ np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4), 0, 1)
    to_cones = [[0.41222, 0.53633, 0.05145], [0.21190, 0.68070, 0.10740], [0.08830, 0.28172, 0.62998]]
    to_lab = [[0.21045, 0.79362, -0.00407], [1.97800, -2.42859, 0.45059], [0.02590, 0.78277, -0.80868]]
    return np.array(to_lab) @ np.cbrt(np.array(to_cones) @ linear)
