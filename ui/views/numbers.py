"""Numbers as people read them."""

import math


def show(value: float) -> str:
    """Four digits at most: 0.0613, 1,234, 1.2e-05."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    if value == 0:
        return "0"
    size = abs(value)
    if 1e-4 <= size < 1e6:
        text = f"{value:,.0f}" if size >= 1000 else f"{value:.3g}"
    else:
        mantissa, exponent = f"{value:.1e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", "−", 1) if value < 0 else text


def percent(share: float) -> str:
    """A share as 97.8 %; 100 % only when it is all."""
    text = f"{100 * share:.1f}"
    if text == "100.0" and share < 1:
        text = "99.9"
    return f"{text} %"


def extents(shape: tuple[int, ...]) -> str:
    """16 × 8 × 8."""
    return " × ".join(map(str, shape)) if shape else "1"
