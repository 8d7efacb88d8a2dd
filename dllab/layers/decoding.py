"""The sums inside a decoder: the word before, the cell of a GRU that reads it, and the scores of the next word."""

from dllab.layers.cells import Way, blame_of_first, gru, learned
from dllab.layers.sums import Factor, Index, Line, Lines, Numbers, Term, at, place

_RESET = "pytorch"
"""That of `torch.nn.GRUCell`."""


class Speech(Way):
    """The one way of a decoder: it reads the vector of the word before."""

    def array(self, name: str) -> str:
        return f"cell.{name}" if name.startswith(("weight_", "bias_")) else name

    def given(self, n: int, t: int, only: int | None = None) -> list[Factor]:
        width = self.numbers["x"].shape[2]
        return [at(self.numbers, "x", (n, t, i), "x") for i in (range(width) if only is None else (only,))]


def explain_decoder(numbers: Numbers, what: str, index: Index) -> Lines:
    """The sum behind a number of what comes out or lies inside, or of a gradient. Empty: not told."""
    if "taught" not in numbers:
        return ()
    way = Speech(numbers, 0, "")
    match what:
        case "output":
            return _scored(numbers, index)
        case "word":
            return _chosen(numbers, *index)
        case "x":
            n, t, e = index
            row = int(numbers["word"][n, t])
            return (Line(place("x", *index), ((at(numbers, "embedding.weight", (row, e), "E"),),)),)
        case "r" | "z" | "u" | "n" | "h":
            n, t, k = index
            return gru(_RESET)(way, what, n, t, k)
    return _learned(way, what.removeprefix("gradient."), index) if "delta" in numbers else ()


def _scored(numbers: Numbers, index: Index) -> Lines:
    n, t, word = index
    terms: list[Term] = [
        (at(numbers, "score.weight", (word, k), "W"), at(numbers, "h", (n, t, k), "h"))
        for k in range(numbers["h"].shape[2])
    ]
    return (Line(place("y", *index), (*terms, (at(numbers, "score.bias", (word,), "b"),))),)


def _chosen(numbers: Numbers, n: int, t: int) -> Lines:
    """The word before a step: the true one, or the one with the highest score at the step before."""
    name = place("word", n, t)
    if numbers["taught"][n, t]:
        return (Line(name, ((at(numbers, "input.in", (n, t), "true"),),)),)
    scores = [at(numbers, "output", (n, t - 1, v), "y") for v in range(numbers["output"].shape[2])]
    highest = Line("max y", tuple((score,) for score in scores), "max")
    return highest, Line(name, ((Factor("its place", float(numbers["word"][n, t])),),))


def _learned(way: Speech, name: str, index: Index) -> Lines:
    numbers = way.numbers
    samples, steps = numbers["word"].shape
    every = [(n, t) for n in range(samples) for t in range(steps)]
    if name.startswith("score."):
        blamed = [at(numbers, "upstream", (n, t, index[0]), "∂L/∂y") for n, t in every]
        if name == "score.bias":
            return (Line(place("∂L/∂b", *index), tuple((factor,) for factor in blamed)),)
        states = [at(numbers, "h", (n, t, index[1]), "h") for n, t in every]
        return (Line(place("∂L/∂W", *index), tuple(zip(blamed, states, strict=True))),)
    if name == "embedding.weight":
        word, e = index
        terms: list[Term] = [
            (at(numbers, "delta", (n, t, row), "δ"), at(numbers, "cell.weight_ih", (row, e), "W"))
            for n, t in every
            if int(numbers["word"][n, t]) == word
            for row in range(numbers["delta"].shape[2])
        ]
        return (Line(place("∂L/∂E", *index), tuple(terms)),)
    if name == "input.state":
        return (Line(place("∂L/∂h", *index), tuple(blame_of_first(way, index[0], index[1], _RESET))),)
    return learned(way, name.removeprefix("cell."), index, _RESET) if name.startswith("cell.") else ()
