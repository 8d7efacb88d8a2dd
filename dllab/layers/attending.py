"""The sums inside attention: queries meet keys, the scale, the mask, shares that add up to 1, and the mixed values."""

import math
from collections.abc import Mapping, Sequence

from dllab.layers.standardising import Groups
from dllab.layers.sums import Factor, Index, Line, Lines, Numbers, Term, at, constant, place, shares


def explain_mixing(numbers: Numbers, what: str, index: Index, names: Mapping[str, str]) -> Lines:
    """From "scores" to "mixed"; `names` says what q, k, v and mixed are called among the arrays. Empty: none of these."""
    *before, row, col = index
    front = tuple(before)

    def of(name: str) -> str:
        return names.get(name, name)

    match what:
        case "scores":
            size = numbers[of("q")].shape[-1]
            terms: list[Term] = [
                (at(numbers, of("q"), (*front, row, d), "q"), at(numbers, of("k"), (*front, col, d), "k"))
                for d in range(size)
            ]
            return (Line(place("q·k", *index), tuple(terms)),)
        case "scaled":
            share = Factor("1/√d", numbers[of("q")].shape[-1] ** -0.5)
            return (Line(place("scaled", *index), ((at(numbers, "scores", index, "q·k"), share),)),)
        case "masked":
            seen = math.isfinite(float(numbers["masked"][index]))
            value = at(numbers, _score(numbers, masked=False), index, "z") if seen else constant(-math.inf)
            return (Line(place("masked", *index), ((value,),)),)
        case "weights":
            along = [(*front, row, j) for j in range(numbers["weights"].shape[-1])]
            return shares(numbers, _score(numbers), along, index)
        case "dropped":
            return (Line(place("dropped", *index), ((at(numbers, "weights", index, "p"), _kept(numbers, index)),)),)
    if what != of("mixed"):
        return ()
    weights = "dropped" if "dropped" in numbers else "weights"
    terms = [
        (at(numbers, weights, (*front, row, j), "p"), at(numbers, of("v"), (*front, j, col), "v"))
        for j in range(numbers[weights].shape[-1])
    ]
    return (Line(place("Σ p·v", *index), tuple(terms)),)


def _score(numbers: Numbers, masked: bool = True) -> str:
    """The last of what the scores went through."""
    if masked and "masked" in numbers:
        return "masked"
    return "scaled" if "scaled" in numbers else "scores"


def _kept(numbers: Numbers, index: Index) -> Factor:
    weight, dropped = float(numbers["weights"][index]), float(numbers["dropped"][index])
    return Factor("1/(1−p)", dropped / weight) if dropped else Factor("dropped", 0.0)


def explain_heads(
    numbers: Numbers, what: str, index: Index, sources: Sequence[str], prefix: str = "", output: str = "output"
) -> Lines:
    """Attention with several heads: projections from `sources` (the arrays of q, k and v), and back by the last matrix."""
    if what in ("q", "k", "v"):
        return _projected(numbers, what, index, sources["qkv".index(what)], prefix)
    if what != output:
        return explain_mixing(numbers, what, index, {})
    n, t, o = index
    heads, size = numbers["mixed"].shape[1], numbers["mixed"].shape[3]
    terms: list[Term] = [
        (
            at(numbers, f"{prefix}out_proj.weight", (o, h * size + d), "W"),
            at(numbers, "mixed", (n, h, t, d), "mixed"),
        )
        for h in range(heads)
        for d in range(size)
    ]
    offset = f"{prefix}out_proj.bias"
    if offset in numbers:
        terms.append((at(numbers, offset, (o,), "b"),))
    return (Line(place("y", *index), tuple(terms)),)


def _projected(numbers: Numbers, what: str, index: Index, source: str, prefix: str) -> Lines:
    n, h, t, d = index
    heads, size = numbers["q"].shape[1], numbers[what].shape[3]
    block = heads * size * "qkv".index(what)
    row = h * size + d
    together = f"{prefix}in_proj_weight"
    weight, first = (together, block) if together in numbers else (f"{prefix}{what}_proj_weight", 0)
    terms: list[Term] = [
        (at(numbers, weight, (first + row, i), "W"), at(numbers, source, (n, t, i), "x"))
        for i in range(numbers[source].shape[2])
    ]
    offset = f"{prefix}in_proj_bias"
    if offset in numbers:
        terms.append((at(numbers, offset, (block + row,), "b"),))
    return (Line(place(what, *index), tuple(terms)),)


def explain_encoder(numbers: Numbers, what: str, index: Index, norm_first: bool, drop: float) -> Lines:
    """One block of a transformer, from the input to the output. Empty: not told."""
    first, second = ("normed1", "normed2") if norm_first else ("input", "normed1")
    skip = "sum1" if norm_first else "normed1"
    scale = 1 / (1 - drop) if numbers["training"] else 1.0
    end = "output" if norm_first else "sum2"
    match what:
        case "normed1":
            return _standardised(numbers, "input" if norm_first else "sum1", "norm1", index, what)
        case "normed2":
            return _standardised(numbers, "sum1", "norm2", index, what)
        case "output" if not norm_first:
            return _standardised(numbers, "sum2", "norm2", index, "y")
        case "attended":
            return _dropped(numbers, what, index, scale, explain_heads(numbers, what, index, (), "self_attn.", what))
        case "sum1":
            return (Line(place(what, *index), _both(numbers, ("input", "attended"), index)),)
        case "hidden":
            total = _linear(numbers, second, "linear1", index)
            positive = Line("max(0, a)", ((constant(0.0),), (total.factor(),)), "max")
            return _dropped(numbers, what, index, scale, (total, positive))
        case "thought":
            return _dropped(numbers, what, index, scale, (_linear(numbers, "hidden", "linear2", index),))
    if what == end:
        return (Line(place("y" if norm_first else what, *index), _both(numbers, (skip, "thought"), index)),)
    return explain_heads(numbers, what, index, (first,) * 3, "self_attn.", "")


def _both(numbers: Numbers, arrays: tuple[str, str], index: Index) -> tuple[Term, ...]:
    return tuple((at(numbers, array, index),) for array in arrays)


def _linear(numbers: Numbers, source: str, name: str, index: Index) -> Line:
    n, t, o = index
    terms: list[Term] = [
        (at(numbers, f"{name}.weight", (o, i), "W"), at(numbers, source, (n, t, i), "x"))
        for i in range(numbers[source].shape[2])
    ]
    return Line("a", (*terms, (at(numbers, f"{name}.bias", (o,), "b"),)))


def _dropped(numbers: Numbers, what: str, index: Index, scale: float, lines: Lines) -> Lines:
    """The lines, and what dropout made of the last one's value."""
    if scale == 1:
        return (*lines, Line(place(what, *index), ((lines[-1].factor(),),)))
    factor = Factor("1/(1−p)", scale) if numbers[what][index] else Factor("dropped", 0.0)
    return (*lines, Line(place(what, *index), ((lines[-1].factor(), factor),)))


def _standardised(numbers: Numbers, source: str, name: str, index: Index, result: str) -> Lines:
    """A LayerNorm over the features of a step."""
    size = numbers[source].shape[2]
    given = {"input": numbers[source], "weight": numbers[f"{name}.weight"], "bias": numbers[f"{name}.bias"]}
    groups = Groups(lambda here: [(*here[:2], i) for i in range(size)], lambda here: here[2:], 1e-5, True)
    *lines, last = groups.explain(given, "output", index)
    return (*lines, Line(place(result, *index), last.terms))
