"""What is done to gradients before the optimiser takes them, as sums to read: penalty, clipping by value, by length."""

from typing import Any

from dllab.layers.sums import Factor, Index, Line, Lines, Numbers, at, constant, place

_EPS = 1e-6
"""Added by torch to the length that the gradients are divided by."""
_SINGLE = 2_000
"""Of a larger weight the squares are added up row by row."""


def explain_clipping(numbers: Numbers, what: str, index: Index, l1: float, largest: float) -> Lines:
    """The sum behind "norm", "factor" or one number of NODE.WEIGHT.clipped. Empty: not told."""
    if what == "norm":
        return _length(numbers, l1, largest)
    if what == "factor":
        return _factor(numbers)
    if not what.endswith(".clipped"):
        return ()
    name = what.removesuffix(".clipped")
    lines, value = _bounded(numbers, name, index, l1, largest)
    factor = _factor(numbers) if "factor" in numbers else ()
    scale = tuple(line.factor() for line in factor[-1:])
    return (*lines, *factor, Line(place("g clipped", *index), ((value, *scale),)))


def _bounded(numbers: Numbers, name: str, index: Index, l1: float, largest: float) -> tuple[Lines, Factor]:
    """A gradient after the penalty and between its bounds."""
    value = at(numbers, f"{name}.gradient", index, "g")
    lines: list[Line] = []
    if l1:
        weight = float(numbers[f"{name}.weight"][index])
        sign = Factor("sign θ", (weight > 0) - (weight < 0))
        lines.append(Line("g + λ₁ sign θ", ((value,), (constant(l1), sign))))
        value = lines[-1].factor()
    if largest:
        lines.append(Line("g ≤ c", ((value,), (constant(largest),)), "min"))
        lines.append(Line("g between ±c", ((lines[-1].factor(),), (constant(-largest),)), "max"))
        value = lines[-1].factor()
    return tuple(lines), value


def _factor(numbers: Numbers) -> Lines:
    length = Factor("‖g‖ + ε", float(numbers["norm"]) + _EPS)
    ratio = Line("c / ‖g‖", ((at(numbers, "limit", (), "c"),), (length,)), "divide")
    return ratio, Line("factor", ((constant(1.0),), (ratio.factor(),)), "min")


def _length(numbers: Numbers, l1: float, largest: float) -> Lines:
    """The squares of every weight's gradient, then the root of their sum."""
    names = [key.removesuffix(".gradient") for key in numbers if key.endswith(".gradient")]
    squares = [_square(name, _all_bounded(numbers, name, l1, largest)) for name in names]
    return (*squares, Line("‖g‖", tuple((line.factor(),) for line in squares), "sqrt"))


def _all_bounded(numbers: Numbers, name: str, l1: float, largest: float) -> Any:
    values = numbers[f"{name}.gradient"].astype("float64")
    if l1:
        weights = numbers[f"{name}.weight"]
        values = values + l1 * ((weights > 0).astype("float64") - (weights < 0))
    return values.clip(-largest, largest) if largest else values


def _square(name: str, values: Any) -> Line:
    title = f"‖{name}‖²"
    if values.size <= _SINGLE:
        factors = [Factor("g", float(value)) for value in values.ravel()]
        return Line(title, tuple((factor, factor) for factor in factors))
    rows = (values.reshape(len(values), -1) ** 2).sum(1)
    return Line(title, tuple((Factor(place("Σ g²", row), float(value)),) for row, value in enumerate(rows)))
