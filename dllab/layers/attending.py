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


def learn_heads(
    numbers: Numbers, what: str, index: Index, sources: Sequence[str], prefix: str = "", output: str = "upstream"
) -> Lines:
    """The sum behind a gradient of attention with several heads; `output` is that of what it puts out. Empty: not told."""
    if "delta_q" not in numbers:
        return ()
    name = what.removeprefix("gradient.").removeprefix(prefix)
    if name.startswith("out_proj."):
        return _learn(numbers, name.partition(".")[2], index, output, "mixed")
    if name.startswith("in_proj_"):
        size = numbers["q"].shape[1] * numbers["q"].shape[3]
        part, row = divmod(index[0], size)
        return _learn(numbers, name.removeprefix("in_proj_"), (row, *index[1:]), f"delta_{'qkv'[part]}", sources[part])
    if name.endswith("_proj_weight"):
        return _learn(numbers, "weight", index, f"delta_{name[0]}", sources["qkv".index(name[0])])
    ports = {f"input.{port}" for port in what.removeprefix("gradient.input.").split("+")} | {what[9:]}
    parts = [part for part, source in zip("qkv", sources, strict=True) if source in ports]
    return (Line(place("∂L/∂x", *index), tuple(_asked(numbers, index, parts, prefix))),) if parts else ()


def _asked(numbers: Numbers, index: Index, parts: Sequence[str], prefix: str) -> list[Term]:
    """What a number is blamed for as part of queries, keys or values."""
    n, t, i = index
    terms: list[Term] = []
    for part in parts:
        _samples, heads, _steps, size = numbers[f"delta_{part}"].shape
        together = f"{prefix}in_proj_weight"
        weight, first = f"{prefix}{part}_proj_weight", 0
        if together in numbers:
            weight, first = together, heads * size * "qkv".index(part)
        terms += [
            (at(numbers, f"delta_{part}", (n, h, t, d), "δ"), at(numbers, weight, (first + h * size + d, i), "W"))
            for h in range(heads)
            for d in range(size)
        ]
    return terms


def _learn(numbers: Numbers, kind: str, index: Index, delta: str, source: str) -> Lines:
    """The gradient of a matrix or its offset: at every step of every sample what it is blamed for, times what came in."""
    row = index[0]
    samples = numbers[delta].shape[0]
    steps = numbers[delta].shape[-2]
    every = [(n, t) for n in range(samples) for t in range(steps)]
    blamed = {cell: at(numbers, delta, _spread(numbers, delta, cell, row), "δ") for cell in every}
    if kind == "bias":
        return (Line(place("∂L/∂b", *index), tuple((factor,) for factor in blamed.values())),)
    terms = [
        (factor, at(numbers, source, _spread(numbers, source, cell, index[1]), "x")) for cell, factor in blamed.items()
    ]
    return (Line(place("∂L/∂W", *index), tuple(terms)),)


def _spread(numbers: Numbers, array: str, cell: Index, feature: int) -> Index:
    """The index of a feature at a step, in an array (N, T, F) or parted into heads (N, heads, T, F / heads)."""
    n, t = cell
    if numbers[array].ndim == 3:
        return n, t, feature
    head, d = divmod(feature, numbers[array].shape[3])
    return n, head, t, d


def learn_encoder(numbers: Numbers, what: str, index: Index, norm_first: bool) -> Lines:
    """The sum behind a gradient of a block of a transformer. Empty: not told."""
    if "delta_q" not in numbers:
        return ()
    first, second = ("normed1", "normed2") if norm_first else ("input", "normed1")
    name, _dot, kind = what.removeprefix("gradient.").partition(".")
    match name:
        case "linear1":
            return _learn(numbers, kind, index, "delta_hidden", second)
        case "linear2":
            return _learn(numbers, kind, index, "delta_thought", "hidden")
        case "norm1":
            return _blamed(numbers, "input" if norm_first else "sum1", "norm1", "delta_normed1", kind, index)
        case "norm2" if norm_first:
            return _blamed(numbers, "sum1", "norm2", "delta_normed2", kind, index)
        case "norm2":
            return _blamed(numbers, "sum2", "norm2", "upstream", kind, index)
        case "self_attn":
            return learn_heads(numbers, what, index, (first,) * 3, "self_attn.", "delta_attended")
    # The skip hands its gradient on; the other way it came through attention.
    skip = at(numbers, "delta_sum1", index, "skip")
    if not norm_first:
        return (Line(place("∂L/∂x", *index), ((skip,), *_asked(numbers, index, "qkv", "self_attn."))),)
    lines = _blamed(numbers, "input", "norm1", "delta_normed1", "input", index)
    return (*lines, Line(place("∂L/∂x", *index), ((skip,), (lines[-1].factor(),))))


def _blamed(numbers: Numbers, source: str, name: str, delta: str, kind: str, index: Index) -> Lines:
    """A gradient of a LayerNorm over the features of a step."""
    size = numbers[source].shape[2]
    given = {"input": numbers[source], "upstream": numbers[delta]}
    given |= {part: numbers[f"{name}.{part}"] for part in ("weight", "bias")}
    groups = Groups(lambda here: [(*here[:2], i) for i in range(size)], lambda here: here[2:], 1e-5, True)
    return groups.explain(given, f"gradient.{kind}", index)
