"""The sums behind losses, from "outputs" (N, C) and "targets"; `weights` are those of the classes, where there are any."""

import math
from collections.abc import Callable, Sequence

from dllab.layers.sums import Factor, Index, Line, Lines, Numbers, Term, at, constant, place, shares

_MINUS = constant(-1.0)
_COSINE_EPS = 1e-8


def against_classes(numbers: Numbers, what: str, index: Index, smoothing: float) -> Lines:
    """Cross-entropy with class numbers as targets; smoothed targets, weighted classes."""
    outputs, targets, weights = numbers["outputs"], numbers["targets"], numbers.get("weights")
    count, classes = outputs.shape
    weight = [1.0] * classes if weights is None else [float(w) for w in weights]
    total = Factor("1/N" if weights is None else "1/Σw", 1 / sum(weight[int(y)] for y in targets))

    def wanted(n: int, k: int) -> Factor:
        target = (1 - smoothing) * (int(targets[n]) == k) + smoothing / classes
        return Factor("t" if weights is None else "w·t", target * weight[k])

    if what != "loss":
        n, k = index
        lines = shares(numbers, "outputs", [(n, j) for j in range(classes)], (n, k))
        whole = Factor("Σ t", sum(wanted(n, j).value for j in range(classes)))
        share: Term = (lines[-1].factor(), whole, total) if whole.value != 1 else (lines[-1].factor(), total)
        return (*lines, Line(place("∂L/∂z", n, k), (share, (_MINUS, wanted(n, k), total))))
    first: Lines = ()
    terms: list[Term] = []
    for n in range(count):
        along = [(n, j) for j in range(classes)]
        for k in range(classes) if smoothing else [int(targets[n])]:
            told = _log_share(numbers, along, (n, k))
            first = first or told
            goal = wanted(n, k)
            terms.append((_MINUS, *((goal,) if goal.value != 1 else ()), told[-1].factor(), total))
    return (*first, Line("L", tuple(terms)))


def _log_share(numbers: Numbers, along: Sequence[Index], index: Index) -> Lines:
    """log softmax = z − m − log Σ: the share itself may be too small to have a logarithm."""
    largest, _power, total, _share = shares(numbers, "outputs", along, index)
    logarithm = Line("log Σ", ((total.factor(),),), "log")
    minus = (_MINUS, largest.factor()), (_MINUS, logarithm.factor())
    return largest, total, logarithm, Line(place("log p", *index), ((at(numbers, "outputs", index, "z"),), *minus))


def yes_or_no(numbers: Numbers, what: str, index: Index) -> Lines:
    """Binary cross-entropy of every output by itself; `weights` is what a yes counts."""
    outputs, targets, weights = numbers["outputs"], numbers["targets"], numbers.get("weights")
    share = constant(1 / outputs.size)

    def yes(cell: Index) -> Term:
        goal = at(numbers, "targets", cell, "y")
        return (goal,) if weights is None else (at(numbers, "weights", cell[1:], "w"), goal)

    def no(cell: Index) -> Factor:
        return Factor("1 − y", 1 - float(targets[cell]))

    if what != "loss":
        p = Line("σ(z)", ((at(numbers, "outputs", index, "z"),),), "sigmoid")
        rest = Factor("1 − σ(z)", 1 - p.value)
        line = Line(place("∂L/∂z", *index), ((no(index), p.factor(), share), (_MINUS, *yes(index), rest, share)))
        return p, line
    first: Lines = ()
    terms: list[Term] = []
    for cell in _cells(numbers):
        told = _log_odds(at(numbers, "outputs", cell, "z"))
        first = first or told
        terms += [(*yes(cell), told[1].factor(), share), (no(cell), told[2].factor(), share)]
    return (*first, Line("L", tuple(term for term in terms if all(f.value for f in term[:-2]))))


def _log_odds(z: Factor) -> Lines:
    """−log σ(z) and −log(1 − σ(z))."""
    size = Factor("|z|", abs(z.value))
    small = Line("e^−|z|", ((_MINUS, size),), "exp")
    bend = Line("log(1 + e^−|z|)", ((constant(1.0),), (small.factor(),)), "log").factor()
    no, yes = (Factor("max(0, ±z)", max(0.0, sign * z.value)) for sign in (1, -1))
    return small, Line("−log σ(z)", ((yes,), (bend,))), Line("−log(1 − σ(z))", ((no,), (bend,)))


def by_difference(
    numbers: Numbers,
    what: str,
    index: Index,
    cost: Callable[[Factor], Term],
    slope: Callable[[Factor], Term],
) -> Lines:
    """A mean over what each difference ŷ − y costs."""
    share = constant(1 / numbers["outputs"].size)

    def error(cell: Index) -> Line:
        terms = ((at(numbers, "outputs", cell, "ŷ"),), (_MINUS, at(numbers, "targets", cell, "y")))
        return Line(place("e", *cell), terms)

    if what != "loss":
        line = error(index)
        return line, Line(place("∂L/∂ŷ", *index), ((*slope(line.factor()), share),))
    return (Line("L", tuple((*cost(error(cell).factor()), share) for cell in _cells(numbers))),)


def squared(error: Factor) -> Term:
    """What a difference costs."""
    return (error, error)


def absolute(error: Factor) -> Term:
    """What a difference costs."""
    return (Factor("|e|", abs(error.value)),)


def sign(error: Factor) -> Term:
    """The slope of an absolute difference."""
    return (constant(float((error.value > 0) - (error.value < 0))),)


def divergence(numbers: Numbers, what: str, index: Index, smoothing: float, reverse: bool) -> Lines:
    """KL divergence between smoothed one-hot targets p and q = softmax(z)."""
    outputs, targets = numbers["outputs"], numbers["targets"]
    count, classes = outputs.shape
    share = constant(1 / count)

    def goal(cell: Index) -> Factor:
        return Factor(place("p", *cell), float(targets[cell]) * (1 - smoothing) + smoothing / classes)

    def ratio(cell: Index) -> tuple[Lines, Factor]:
        """log q − log p."""
        told = _log_share(numbers, [(cell[0], j) for j in range(classes)], cell)
        line = Line("log q − log p", ((told[-1].factor(),), (_MINUS, Factor("log p", math.log(goal(cell).value)))))
        return (*told, line), line.factor()

    def said(cell: Index) -> Factor:
        return shares(numbers, "outputs", [(cell[0], j) for j in range(classes)], cell)[-1].factor()

    def term(cell: Index) -> Term:
        return (said(cell), ratio(cell)[1], share) if reverse else (_MINUS, goal(cell), ratio(cell)[1], share)

    if what == "loss":
        return (*ratio((0, 0))[0], Line("L", tuple(map(term, _cells(numbers)))))
    row = [(index[0], j) for j in range(classes)]
    told = shares(numbers, "outputs", row, index)
    q = told[-1].factor()
    if not reverse:
        return (*told, Line(place("∂L/∂z", *index), ((q, share), (_MINUS, goal(index), share))))
    mean = Line("KL", tuple((said(cell), ratio(cell)[1]) for cell in row))
    terms = ((q, ratio(index)[1], share), (_MINUS, q, mean.factor(), share))
    return (*told, *ratio(index)[0][3:], mean, Line(place("∂L/∂z", *index), terms))


def angle(numbers: Numbers, what: str, index: Index) -> Lines:
    """One minus the cosine between outputs and targets."""
    count, classes = numbers["outputs"].shape
    share = constant(1 / count)

    def cosine(n: int) -> Lines:
        row = [(n, k) for k in range(classes)]
        sizes = []
        for array, name in (("outputs", "ŷ"), ("targets", "y")):
            squares = tuple((at(numbers, array, cell, name), at(numbers, array, cell, name)) for cell in row)
            sizes.append(Line(f"‖{name}‖", squares, "sqrt"))
        both = tuple((at(numbers, "outputs", cell, "ŷ"), at(numbers, "targets", cell, "y")) for cell in row)
        dot = Line("ŷ·y", both)
        lengths = Factor("‖ŷ‖ ‖y‖", math.prod(max(size.value, _COSINE_EPS) for size in sizes))
        return (*sizes, dot, Line(place("cos", n), ((dot.factor(),), (lengths,)), "divide"))

    if what == "loss":
        told = [cosine(n) for n in range(count)]
        parts: list[Term] = []
        for lines in told:
            parts += [(share,), (_MINUS, lines[-1].factor(), share)]
        return (*told[0], Line("L", tuple(parts)))
    lines = cosine(index[0])
    own, other = (max(size.value, _COSINE_EPS) for size in lines[:2])
    along = Line("cos · ŷ / ‖ŷ‖²", ((lines[-1].factor(), at(numbers, "outputs", index, "ŷ"), constant(1 / own**2)),))
    pull = Line("y / (‖ŷ‖ ‖y‖)", ((at(numbers, "targets", index, "y"), constant(1 / (own * other))),))
    slope = Line(place("∂L/∂ŷ", *index), ((along.factor(), share), (_MINUS, pull.factor(), share)))
    return (*lines, along, pull, slope)


def _cells(numbers: Numbers) -> list[Index]:
    rows, columns = numbers["outputs"].shape
    return [(n, k) for n in range(rows) for k in range(columns)]
