"""The sum behind a number, with the operands it was made from: lines that a person reads one after the other.

Layers, losses and optimisers say for a number of theirs what it is made of (`explain`); nothing here computes with
tensors, and the last line of an explanation must come to the number that the run has. Tests hold it to that.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

Numbers = Mapping[str, Any]
"""Arrays of an operation by name, as numpy gives them; the batch is the first axis."""
Index = tuple[int, ...]


@dataclass(frozen=True)
class Factor:
    """One operand: where it stands, and what it is."""

    name: str
    value: float


Term = tuple[Factor, ...]
"""Factors that are multiplied."""


def _sum(values: Sequence[float]) -> float:
    return math.fsum(values)


HOW: Mapping[str, Callable[[Sequence[float]], float]] = {
    "sum": _sum,
    "max": max,
    "min": min,
    "power": lambda values: values[0] ** values[1],
    "divide": lambda values: values[0] / values[1] if values[1] else math.nan,
    "exp": lambda values: math.exp(min(_sum(values), 700.0)),
    "log": lambda values: math.log(_sum(values)) if _sum(values) > 0 else -math.inf,
    "sqrt": lambda values: math.sqrt(_sum(values)),
    "sin": lambda values: math.sin(_sum(values)),
    "cos": lambda values: math.cos(_sum(values)),
    "tanh": lambda values: math.tanh(_sum(values)),
    "sigmoid": lambda values: 0.5 * (1 + math.tanh(0.5 * _sum(values))),
    "Φ": lambda values: 0.5 * math.erfc(-_sum(values) / math.sqrt(2)),
}
"""What is done with the terms of a line; functions take the sum of them."""


@dataclass(frozen=True)
class Line:
    """One equation: `name` = the terms, put together by one of HOW."""

    name: str
    terms: tuple[Term, ...]
    how: str = "sum"

    @property
    def value(self) -> float:
        """What it comes to, in double precision."""
        return HOW[self.how]([math.prod(factor.value for factor in term) for term in self.terms])

    def factor(self) -> Factor:
        """The result as an operand of a later line."""
        return Factor(self.name, self.value)

    def text(self, limit: int = 12) -> str:
        """The line with its numbers: y[0, 2] = 0.31 × -1.2 + 0.5 × 2 + … = 0.482. Of many terms those that are 0 go first."""
        terms = self.terms
        if len(terms) > limit and self.how == "sum":
            terms = tuple(term for term in terms if all(factor.value for factor in term)) or terms
        shown = [" × ".join(short(factor.value) for factor in term) for term in terms[:limit]]
        if len(self.terms) > len(shown):
            shown.append(f"… ({len(self.terms) - len(shown):,})")
        joined = {"sum": " + ", "divide": " / ", "power": " ^ "}.get(self.how)
        if joined is None:
            inner = ", " if self.how in ("max", "min") else " + "
            return f"{self.name} = {self.how}({inner.join(shown)}) = {short(self.value)}"
        return f"{self.name} = {joined.join(shown) or '0'} = {short(self.value)}"


Lines = tuple[Line, ...]


def short(value: float) -> str:
    """A number for a sum: four digits that count."""
    return f"{value:.4g}".replace("-", "−")


def place(name: str, *index: Any) -> str:
    """A name with its place: W[2, 0]."""
    return f"{name}[{', '.join(map(str, index))}]" if index else name


def at(numbers: Numbers, array: str, index: Index, name: str = "") -> Factor:
    """One number of an array as an operand."""
    return Factor(place(name or array, *index), float(numbers[array][index]))


def constant(value: float) -> Factor:
    """A plain number as an operand."""
    return Factor(short(value), float(value))


def places(extents: Iterable[int]) -> Iterable[Index]:
    """Every index of an array with these extents."""
    return product(*map(range, extents))


def slide(
    position: Index, offset: Index, stride: int, padding: int, dilation: int, extents: Sequence[int]
) -> Index | None:
    """The input cell that a window at `position` sees at `offset`; None in the padding."""
    cell = tuple(p * stride + u * dilation - padding for p, u in zip(position, offset, strict=True))
    return cell if all(0 <= c < n for c, n in zip(cell, extents, strict=True)) else None


def standardise(numbers: Numbers, cells: Sequence[Index], index: Index, eps: float) -> tuple[Lines, Factor, Factor]:
    """Mean and variance over these cells of the input, then x̂ at the index: lines, x̂ and the spread."""
    share = constant(1 / len(cells))
    mean = Line("μ", tuple((at(numbers, "input", cell, "x"), share) for cell in cells))
    centred = [Factor(place("x−μ", *cell), float(numbers["input"][cell]) - mean.value) for cell in cells]
    variance = Line("σ²", tuple((c, c, share) for c in centred))
    return with_spread(numbers, (mean, variance), mean.value, variance.factor(), index, eps)


def with_spread(
    numbers: Numbers, lines: Lines, mean: float, variance: Factor, index: Index, eps: float
) -> tuple[Lines, Factor, Factor]:
    """x̂ at the index from a known mean and variance."""
    spread = Line("s", ((variance,), (constant(eps),)), "sqrt")
    centred = Factor(place("x−μ", *index), float(numbers["input"][index]) - mean)
    normal = Line(place("x̂", *index), ((centred,), (spread.factor(),)), "divide")
    return (*lines, spread, normal), normal.factor(), spread.factor()


def shares(numbers: Numbers, array: str, along: Sequence[Index], index: Index) -> Lines:
    """Softmax along these cells, at one of them; the largest is taken away first, as every implementation does."""
    largest = Line("m", tuple((at(numbers, array, i, "z"),) for i in along), "max")
    below = (constant(-1.0), largest.factor())
    powers = {i: Line(place("e^(z−m)", *i), ((at(numbers, array, i, "z"),), below), "exp") for i in along}
    total = Line("Σ", tuple((powers[i].factor(),) for i in along))
    share = Line(place("p", *index), ((powers[index].factor(),), (total.factor(),)), "divide")
    return largest, powers[index], total, share


def moved(numbers: Numbers, what: str, index: Index, source: Index | None) -> Lines:
    """A number that was only put elsewhere: the cell of the input, or of the gradient that arrived; None is no cell."""
    array, name, result = ("input", "x", "y") if what == "output" else ("upstream", "∂L/∂y", "∂L/∂x")
    return (Line(place(result, *index), ((at(numbers, array, source, name),),) if source is not None else ()),)


def same_place(numbers: Numbers, what: str, index: Index) -> Lines:
    """A number that keeps its place in the row that all numbers of a sample make."""
    array = "input" if what == "output" else "upstream"
    return moved(numbers, what, index, relaid(index, numbers[what].shape, numbers[array].shape))


def relaid(index: Index, shape: tuple[int, ...], other: tuple[int, ...]) -> Index:
    """Where a number stands when all those of a sample are laid out in another shape."""
    number = index[0]
    for here, extent in zip(index[1:], shape[1:], strict=True):
        number = number * extent + here
    source: list[int] = []
    for extent in reversed(other[1:]):
        number, here = divmod(number, extent)
        source.insert(0, here)
    return (number, *source)
