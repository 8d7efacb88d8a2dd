"""The sums behind normalisation within a sample: each number with the mean and spread of its own group."""

from collections.abc import Callable
from dataclasses import dataclass

from dllab.layers.sums import Factor, Index, Line, Lines, Numbers, at, constant, place, places, standardise


@dataclass(frozen=True)
class Groups:
    """Which numbers share a mean and a spread, and which scale and offset a number has."""

    cells: Callable[[Index], list[Index]]
    """All places of the group that a place belongs to."""
    weight: Callable[[Index], Index]
    eps: float
    affine: bool

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        """The sum behind a number of the output or of a gradient."""
        match what:
            case "output":
                lines, normal, _spread = standardise(numbers, self.cells(index), index, self.eps)
                offset = ((at(numbers, "bias", self.weight(index), "β"),),) if self.affine else ()
                return (*lines, Line(place("y", *index), ((self._scale(numbers, index), normal), *offset)))
            case "gradient.input":
                return self._blamed(numbers, index)
        users = [cell for cell in places(numbers["input"].shape) if self.weight(cell) == index]
        upstream = {cell: at(numbers, "upstream", cell, "∂L/∂y") for cell in users}
        if what == "gradient.bias":
            return (Line(place("∂L/∂β", *index), tuple((u,) for u in upstream.values())),)
        known: dict[Index, tuple[float, float]] = {}
        terms = tuple((upstream[cell], self._normal(numbers, cell, known)) for cell in users)
        return (Line(place("∂L/∂γ", *index), terms),)

    def _scale(self, numbers: Numbers, index: Index) -> Factor:
        return at(numbers, "weight", self.weight(index), "γ") if self.affine else constant(1.0)

    def _normal(self, numbers: Numbers, cell: Index, known: dict[Index, tuple[float, float]]) -> Factor:
        cells = self.cells(cell)
        if cells[0] not in known:
            lines, _normal, spread = standardise(numbers, cells, cell, self.eps)
            known[cells[0]] = lines[0].value, spread.value
        mean, spread_value = known[cells[0]]
        return Factor(place("x̂", *cell), (float(numbers["input"][cell]) - mean) / spread_value)

    def _blamed(self, numbers: Numbers, index: Index) -> Lines:
        """A number moves the mean and the spread of its whole group, too: what that does is taken away."""
        cells = self.cells(index)
        lines, normal, spread = standardise(numbers, cells, index, self.eps)
        share, minus = constant(1 / len(cells)), constant(-1.0)
        known: dict[Index, tuple[float, float]] = {cells[0]: (lines[0].value, spread.value)}
        scaled = {c: (at(numbers, "upstream", c, "∂L/∂y"), self._scale(numbers, c)) for c in cells}
        common = Line("mean γ·∂L/∂y", tuple((*scaled[c], share) for c in cells))
        turned = Line("mean γ·∂L/∂y·x̂", tuple((*scaled[c], self._normal(numbers, c, known), share) for c in cells))
        inner = Line("γ·∂L/∂y − means", (scaled[index], (minus, common.factor()), (minus, normal, turned.factor())))
        return (*lines, common, turned, inner, Line(place("∂L/∂x", *index), ((inner.factor(),), (spread,)), "divide"))
