"""Numbers as people read them."""

import numpy as np

from dllab.text import show

__all__ = ["extents", "logarithms", "percent", "show"]


def logarithms(values: np.ndarray) -> np.ndarray:
    """To base ten, for a chart; what is 0 or no number leaves a gap."""
    with np.errstate(divide="ignore", invalid="ignore"):
        result = np.log10(values)
    return np.where(np.isfinite(result), result, np.nan)


def percent(share: float) -> str:
    """A share as 97.8 %; 100 % only when it is all."""
    text = f"{100 * share:.1f}"
    if text == "100.0" and share < 1:
        text = "99.9"
    return f"{text} %"


def extents(shape: tuple[int, ...]) -> str:
    """16 × 8 × 8."""
    return " × ".join(map(str, shape)) if shape else "1"
