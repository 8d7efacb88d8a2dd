"""The sums inside recurrent layers: gates, cells and states at one step, down to the activation."""

from collections.abc import Callable
from dataclasses import dataclass

from dllab.layers.sums import Factor, Index, Line, Lines, Numbers, Term, at, constant, place


@dataclass(frozen=True)
class Way:
    """One layer in one direction."""

    numbers: Numbers
    layer: int
    end: str
    """What its arrays are called: "_l0", or "_l0_reverse"."""

    @property
    def backward(self) -> bool:
        """Whether it reads from the end."""
        return self.end.endswith("_reverse")

    def array(self, name: str) -> str:
        """Full name of one of its arrays."""
        return name + self.end

    def now(self, name: str, n: int, t: int, k: int) -> Factor:
        """A number at a step."""
        return at(self.numbers, self.array(name), (n, t, k), name)

    def before(self, name: str, n: int, t: int, k: int) -> Factor:
        """The same at the step before; at the first one what it began with."""
        earlier = t + 1 if self.backward else t - 1
        if not 0 <= earlier < self.numbers[self.array("h")].shape[1] or not _answers(self.numbers, n, earlier):
            return self._first(name, n, k)
        return at(self.numbers, self.array(name), (n, earlier, k), name)

    def _first(self, name: str, n: int, k: int) -> Factor:
        """0, or a number of the state that comes in: a row for each layer and direction, the cell behind the state."""
        if "input.state" not in self.numbers:
            return constant(0.0)
        size = self.numbers[self.array("h")].shape[2]
        row = self.layer * (1 + ("h_l0_reverse" in self.numbers)) + self.backward
        feature = k + size * (name == "c")
        alone = self.numbers["input.state"].ndim == 2
        return at(self.numbers, "input.state", (n, feature) if alone else (n, row, feature), name)

    def given(self, n: int, t: int, only: int | None = None) -> list[Factor]:
        """What comes in at a step: the input, or the states of the layer below; all of it, or one number."""
        dropped = f"input_l{self.layer}"
        if self.layer == 0 or dropped in self.numbers:
            array = dropped if self.layer else "input" if "input" in self.numbers else "input.in"
            width = self.numbers[array].shape[2]
            return [at(self.numbers, array, (n, t, i), "x") for i in (range(width) if only is None else (only,))]
        below = [f"h_l{self.layer - 1}{end}" for end in ("", "_reverse")]
        arrays = [name for name in below if name in self.numbers]
        width = self.numbers[arrays[0]].shape[2]
        if only is not None:
            return [at(self.numbers, arrays[only // width], (n, t, only % width), "h")]
        return [at(self.numbers, a, (n, t, i), "h") for a in arrays for i in range(width)]

    def from_input(self, row: int, n: int, t: int) -> list[Term]:
        """W x + b in one row."""
        terms: list[Term] = [
            (at(self.numbers, self.array("weight_ih"), (row, i), "W"), x) for i, x in enumerate(self.given(n, t))
        ]
        return [*terms, (at(self.numbers, self.array("bias_ih"), (row,), "b"),)]

    def from_memory(self, row: int, n: int, t: int, gate: str = "") -> list[Term]:
        """U h + b' in one row, with the states of the step before; each times a gate where one is named."""
        size = self.numbers[self.array("h")].shape[2]
        terms: list[Term] = []
        for i in range(size):
            pair = (at(self.numbers, self.array("weight_hh"), (row, i), "U"), self.before("h", n, t, i))
            terms.append((*pair, self.now(gate, n, t, i)) if gate else pair)
        return [*terms, (at(self.numbers, self.array("bias_hh"), (row,), "b'"),)]

    def gate(self, name: str, row: int, n: int, t: int, k: int, how: str) -> Lines:
        """A function of W x + b + U h + b'."""
        terms = (*self.from_input(row, n, t), *self.from_memory(row, n, t))
        return (Line(place(name, n, t, k), terms, how),)


Cell = Callable[[Way, str, int, int, int], Lines]
"""The lines of a number called so, of sample n, step t and unit k."""


def rnn(how: str) -> Cell:
    """h = tanh(W x + b + U h' + b'), or with relu."""

    def told(way: Way, name: str, n: int, t: int, k: int) -> Lines:
        if how == "tanh":
            return way.gate(name, k, n, t, k, "tanh")
        total = Line("a", (*way.from_input(k, n, t), *way.from_memory(k, n, t)))
        return total, Line(place(name, n, t, k), ((constant(0.0),), (total.factor(),)), "max")

    return told


def lstm(way: Way, name: str, n: int, t: int, k: int) -> Lines:
    """Gates, then c = f c' + i g and h = o tanh(c)."""
    if name in "ifgo":
        size = way.numbers[way.array("h")].shape[2]
        return way.gate(name, "ifgo".index(name) * size + k, n, t, k, "tanh" if name == "g" else "sigmoid")
    i, f, g, o, c = (way.now(gate, n, t, k) for gate in "ifgoc")
    if name == "c":
        return (Line(place("c", n, t, k), ((f, way.before("c", n, t, k)), (i, g))),)
    bent = Line("tanh(c)", ((c,),), "tanh")
    return bent, Line(place("h", n, t, k), ((o, bent.factor()),))


def gru(reset: str) -> Cell:
    """Gates, then h = (1 − z) n + z h'; the reset gate acts behind the matrix (pytorch) or before it (cho)."""

    def told(way: Way, name: str, n: int, t: int, k: int) -> Lines:
        size = way.numbers[way.array("h")].shape[2]
        row = 2 * size + k
        if name in "rz":
            return way.gate(name, "rz".index(name) * size + k, n, t, k, "sigmoid")
        if name == "u":
            return (Line(place("u", n, t, k), tuple(way.from_memory(row, n, t))),)
        if name == "n":
            memory: list[Term] = [(way.now("r", n, t, k), way.now("u", n, t, k))] if reset != "cho" else []
            memory = memory or way.from_memory(row, n, t, "r")
            return (Line(place("n", n, t, k), (*way.from_input(row, n, t), *memory), "tanh"),)
        z, new = way.now("z", n, t, k), way.now("n", n, t, k)
        kept = Factor("1 − z", 1 - z.value)
        return (Line(place("h", n, t, k), ((kept, new), (z, way.before("h", n, t, k)))),)

    return told


def explain_cells(numbers: Numbers, what: str, index: Index, cell: Cell, output: str) -> Lines:
    """The sum behind a number of the output or of an inner array; empty where those are not known."""
    ways = [Way(numbers, int(name[3:].partition("_")[0]), name[1:]) for name in numbers if name.startswith("h_l")]
    if not ways:
        return ()
    if what in ("output", "output.out"):
        return _put_out(numbers, index, cell, output, ways)
    if what == "output.state":
        return _handed_on(numbers, index, cell, ways)
    name, _under, end = what.partition("_l")
    way = next((way for way in ways if way.end == f"_l{end}"), None)
    if way is None or what.startswith("input"):
        return ()
    n, t, k = index
    return cell(way, name, n, t, k) if _answers(numbers, n, t) else (Line(place(name, *index), ()),)


def _answers(numbers: Numbers, n: int, t: int) -> bool:
    """Whether a step is no padding."""
    return "lengths" not in numbers or t < int(numbers["lengths"][n])


def _handed_on(numbers: Numbers, index: Index, cell: Cell, ways: list[Way]) -> Lines:
    """What remains in memory at the end: the state of a way, and behind it the cell."""
    n, feature = index[0], index[-1]
    way = ways[index[1] if len(index) > 2 else 0]
    behind, k = divmod(feature, numbers[way.array("h")].shape[2])
    steps = int(numbers["lengths"][n]) if "lengths" in numbers else numbers[way.array("h")].shape[1]
    lines = cell(way, "c" if behind else "h", n, 0 if way.backward else steps - 1, k)
    return (*lines, Line(place("state", *index), ((lines[-1].factor(),),)))


def _put_out(numbers: Numbers, index: Index, cell: Cell, output: str, ways: list[Way]) -> Lines:
    last = max(way.layer for way in ways)
    top = [way for way in ways if way.layer == last]
    direction, k = divmod(index[-1], numbers[top[0].array("h")].shape[2])
    way, n = top[direction], index[0]
    steps = numbers[way.array("h")].shape[1]
    end = int(numbers["lengths"][n]) - 1 if "lengths" in numbers else steps - 1
    t = index[1] if output == "sequence" else 0 if way.backward and output == "final state" else end
    if not _answers(numbers, n, t):
        return (Line(place("y", *index), ()),)
    lines = cell(way, "h", n, t, k)
    return (*lines, Line(place("y", *index), ((lines[-1].factor(),),)))


def explain_learning(numbers: Numbers, what: str, index: Index, reset: str = "") -> Lines:
    """The sum behind a gradient of the weights, the input or the state that came in: what the loss hangs on at every step
    of every sample, times what came in there. `reset` is that of a GRU. Empty: not told."""
    ways = {
        name.removeprefix("delta"): Way(numbers, int(name[7:].partition("_")[0]), name.removeprefix("delta"))
        for name in numbers
        if name.startswith("delta_l")
    }
    name = what.removeprefix("gradient.")
    if name in ("input", "input.in") and ways:
        n, t, i = index
        terms = [
            (at(numbers, f"delta{end}", (n, t, row), "δ"), at(numbers, way.array("weight_ih"), (row, i), "W"))
            for end, way in ways.items()
            if way.layer == 0
            for row in range(numbers[f"delta{end}"].shape[2])
        ]
        return (Line(place("∂L/∂x", *index), tuple(terms)),)
    if name == "input.state" and ways:
        layer, backward = divmod(index[1] if len(index) > 2 else 0, 1 + ("delta_l0_reverse" in numbers))
        way = ways[f"_l{layer}{'_reverse' if backward else ''}"]
        return (Line(place("∂L/∂h", *index), tuple(blame_of_first(way, index[0], index[-1], reset))),)
    kind, _under, end = name.partition("_l")
    return learned(ways[f"_l{end}"], kind, index, reset) if f"_l{end}" in ways else ()


def learned(way: Way, kind: str, index: Index, reset: str) -> Lines:
    """The gradient of a weight or an offset of a way (weight_ih, bias_hh, …): every step of every sample adds to it."""
    samples, steps = way.numbers[way.array("delta")].shape[:2]
    used = [(n, t) for n in range(samples) for t in range(steps) if _answers(way.numbers, n, t)]
    return (Line(place(f"∂L/∂{kind}", *index), tuple(_share(way, kind, index, n, t, reset) for n, t in used)),)


def blame_of_first(way: Way, n: int, feature: int, reset: str) -> list[Term]:
    """What the loss hangs on a number of the state that a way began with: through every gate of its first step, and past
    them where the state is kept."""
    numbers = way.numbers
    size = numbers[way.array("h")].shape[2]
    steps = int(numbers["lengths"][n]) if "lengths" in numbers else numbers[way.array("h")].shape[1]
    t = steps - 1 if way.backward else 0
    behind, k = divmod(feature, size)
    if behind:
        return [(at(numbers, way.array("delta_c"), (n, t, k), "δc"), way.now("f", n, t, k))]
    terms: list[Term] = []
    for row in range(numbers[way.array("delta")].shape[2]):
        delta, gated = _from_memory(way, row, n, t, reset)
        term = delta, at(numbers, way.array("weight_hh"), (row, k), "U")
        terms.append((*term, way.now("r", n, t, k)) if gated else term)
    if way.array("z") in numbers:
        terms.append((at(numbers, way.array("delta_h"), (n, t, k), "δh"), way.now("z", n, t, k)))
    return terms


def _from_memory(way: Way, row: int, n: int, t: int, reset: str) -> tuple[Factor, bool]:
    """What the loss hangs on a row of U h + b', and whether the reset gate stands before that row."""
    size = way.numbers[way.array("h")].shape[2]
    if reset == "pytorch" and row >= 2 * size:
        return at(way.numbers, way.array("delta_u"), (n, t, row - 2 * size), "δ"), False
    return at(way.numbers, way.array("delta"), (n, t, row), "δ"), reset == "cho" and row >= 2 * size


def _share(way: Way, kind: str, index: Index, n: int, t: int, reset: str) -> Term:
    """What one step of one sample adds to the gradient of a weight or an offset."""
    row = index[0]
    if kind == "bias_ih":
        return (at(way.numbers, way.array("delta"), (n, t, row), "δ"),)
    if kind == "weight_ih":
        return at(way.numbers, way.array("delta"), (n, t, row), "δ"), way.given(n, t, index[1])[0]
    delta, gated = _from_memory(way, row, n, t, reset)
    if kind == "bias_hh":
        return (delta,)
    before = way.before("h", n, t, index[1])
    return (delta, way.now("r", n, t, index[1]), before) if gated else (delta, before)
