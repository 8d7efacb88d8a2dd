"""Layers with several inputs: where branches and skips come together."""

from collections.abc import Iterator
from string import ascii_lowercase
from typing import Annotated, ClassVar

from pydantic import Field

from dllab.layers.base import (
    Call,
    InsertBefore,
    Layer,
    Misfit,
    Remedy,
    SetParam,
    Shape,
    layer,
    show_product,
    show_shape,
)
from dllab.layers.sums import Factor, Index, Line, Lines, Numbers, Term, at, place
from dllab.text import N_


def _blamed(what: str) -> tuple[str, ...]:
    """The ports that a gradient is for: of "gradient.input.a+b", where one value came in at both, a and b."""
    return tuple(what.removeprefix("gradient.input.").split("+"))


class _Combining(Layer):
    """What Add and Concat share."""

    family: ClassVar[str] = "combine"

    inputs: Annotated[int, Field(ge=2, le=16)] = Field(
        2, title=N_("Inputs"), description=N_("How many wires come together")
    )

    def input_ports(self) -> tuple[str, ...]:
        return tuple(ascii_lowercase[: self.inputs])

    def odd_rank(self, inputs: tuple[Shape, ...]) -> Iterator[tuple[str, Shape]]:
        """Ports whose shape has more axes than that of another port."""
        fewest = min(map(len, inputs))
        for port, x in zip(self.input_ports(), inputs, strict=True):
            if len(x) > fewest:
                yield port, x


class _Elementwise(_Combining):
    """What Add and Multiply share: equal shapes, number by number."""

    def shape(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        for port, other in zip(self.input_ports(), inputs, strict=True):
            if other != first:
                raise self._different(inputs, port, other)
        return first

    def keeps_time(self, *inputs: Shape) -> bool:
        return True

    def carries_time(self, axis: int, *inputs: Shape) -> int:
        return axis

    def _different(self, inputs: tuple[Shape, ...], port: str, other: Shape) -> Misfit:
        first, at, remedies = inputs[0], port, _same_as(inputs[0], other)
        for larger, x in self.odd_rank(inputs):
            at, remedies = larger, (InsertBefore("flatten"),) if len(x) > 1 else ()
        return Misfit(
            "shapes",
            N_("{layer} needs equal shapes: {first_port} is {first}, {port} is {other}."),
            at,
            remedies,
            layer=self.title,
            first_port=self.input_ports()[0],
            first=show_product(first),
            port=port,
            other=show_product(other),
        )


@layer
class Add(_Elementwise):
    """Adds its inputs number by number.

    $y = a + b$: with a wire that skips some layers, $y = x + f(x)$, the layers only learn what is still missing.
    The shapes must be the same.

    Reference: He, Zhang, Ren, Sun, *Deep residual learning*, CVPR 2016.
    """

    kind: ClassVar[str] = "add"
    title: ClassVar[str] = N_("Add")
    glyph: ClassVar[str] = "mdi6.plus-circle-outline"

    def call(self, *inputs: Shape) -> Call:
        return Call("blocks.Add")

    def arithmetic(self, *inputs: Shape) -> str:
        return " + ".join(self.input_ports())

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        if what == "output":
            terms = tuple((at(numbers, f"input.{port}", index, port),) for port in self.input_ports())
            return (Line(place("y", *index), terms),)
        ports = _blamed(what)
        upstream = at(numbers, "upstream", index, "∂L/∂y")
        return (Line(place(f"∂L/∂{ports[0]}", *index), tuple((upstream,) for _port in ports)),)


@layer
class Multiply(_Elementwise):
    """Multiplies its inputs number by number: one is the gate of the other.

    $y = a \\odot b$: where $b$ is 0 nothing passes, where it is 1 everything does. The shapes must be the same.

    Reference: Dauphin, Fan, Auli, Grangier, *Language modeling with gated convolutional networks*, ICML 2017.
    """

    kind: ClassVar[str] = "multiply"
    title: ClassVar[str] = N_("Multiply")
    glyph: ClassVar[str] = "mdi6.close-circle-outline"

    def call(self, *inputs: Shape) -> Call:
        return Call("blocks.Multiply")

    def arithmetic(self, *inputs: Shape) -> str:
        return " · ".join(self.input_ports())

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        def others(left_out: str = "") -> Term:
            return tuple(at(numbers, f"input.{p}", index, p) for p in self.input_ports() if p != left_out)

        if what == "output":
            return (Line(place("y", *index), (others(),)),)
        ports = _blamed(what)
        upstream = at(numbers, "upstream", index, "∂L/∂y")
        return (Line(place(f"∂L/∂{ports[0]}", *index), tuple((upstream, *others(port)) for port in ports)),)


@layer
class MatMul(Layer):
    """Multiplies two matrices of the same sample; none of the two is learned.

    $y = a b$ with $a \\in \\mathbb{R}^{n \\times k}$ and $b \\in \\mathbb{R}^{k \\times m}$, or $y = a b^\\top$ with
    $b \\in \\mathbb{R}^{m \\times k}$: all dot products of the rows of $a$ with those of $b$. Axes before these two must be
    the same.

    Reference: Vaswani et al., *Attention is all you need*, NeurIPS 2017, 3.2.1; `torch.matmul`.
    """

    kind: ClassVar[str] = "matmul"
    title: ClassVar[str] = N_("MatMul")
    spreads: ClassVar[bool] = True
    family: ClassVar[str] = "combine"
    glyph: ClassVar[str] = "mdi6.matrix"

    transpose: bool = Field(False, title=N_("Transpose b"), description=N_("Multiply rows by rows: a times b turned"))

    def input_ports(self) -> tuple[str, ...]:
        return ("a", "b")

    def shape(self, *inputs: Shape) -> Shape:
        a, b = inputs
        for port, x in zip(self.input_ports(), inputs, strict=True):
            if len(x) < 2:
                text = N_("MatMul needs matrices, rows × columns: {port} is {got}.")
                fix = (InsertBefore("reshape", {"extents": (1, *x)}),) if x else ()
                raise Misfit("no-matrix", text, port, fix, port=port, got=show_shape(x))
        if a[:-2] != b[:-2]:
            text = N_("MatMul needs the same axes before rows and columns: a is {a}, b is {b}.")
            raise Misfit("shapes", text, "b", a=show_shape(a), b=show_shape(b))
        inner, columns = (b[-1], b[-2]) if self.transpose else (b[-2], b[-1])
        if a[-1] != inner:
            text = N_("MatMul: a has {columns} columns, so b must have {columns} rows; it has {rows}.")
            if self.transpose:
                text = N_("MatMul: a has {columns} columns, so b must have {columns} columns too; it has {rows}.")
            turned = (SetParam("transpose", not self.transpose),) if a[-1] == columns else ()
            raise Misfit("inner", text, "b", turned, columns=a[-1], rows=inner)
        return (*a[:-1], columns)

    def call(self, *inputs: Shape) -> Call:
        return Call("blocks.MatMul", (), {"transpose": True} if self.transpose else {})

    def arithmetic(self, *inputs: Shape) -> str:
        a, y = inputs[0], self.shape(*inputs)
        return f"({a[-2]} × {a[-1]}) · ({a[-1]} × {y[-1]}) = {y[-2]} × {y[-1]}"

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        *before, row, col = index
        front = tuple(before)

        def right(k: int, j: int) -> Factor:
            return at(numbers, "input.b", (*front, *((j, k) if self.transpose else (k, j))), "b")

        def left(i: int, k: int) -> Factor:
            return at(numbers, "input.a", (*front, i, k), "a")

        if what == "output":
            inner = range(numbers["input.a"].shape[-1])
            return (Line(place("y", *index), tuple((left(row, k), right(k, col)) for k in inner)),)
        rows, cols = (range(n) for n in numbers["upstream"].shape[-2:])
        terms: list[Term] = []
        for port in _blamed(what):
            if port == "a":
                terms += [(at(numbers, "upstream", (*front, row, j), "∂L/∂y"), right(col, j)) for j in cols]
            else:
                k, j = (col, row) if self.transpose else (row, col)
                terms += [(at(numbers, "upstream", (*front, i, j), "∂L/∂y"), left(i, k)) for i in rows]
        return (Line(place(f"∂L/∂{_blamed(what)[0]}", *index), tuple(terms)),)


def _same_as(first: Shape, other: Shape) -> tuple[Remedy, ...]:
    """A learned layer that gives `other` the shape of `first`."""
    if len(first) == len(other) == 1:
        return (InsertBefore("linear", {"features": first[0]}),)
    if len(first) == len(other) and first[1:] == other[1:] and len(first) in (2, 3):
        return (InsertBefore(f"conv{len(first) - 1}d", {"out_channels": first[0], "kernel_size": 1}),)
    return ()


@layer
class Concat(_Combining):
    """Puts its inputs one after the other along an axis.

    $y = [a, b]$; the axes besides that one must have equal extents.

    Reference: Huang, Liu, van der Maaten, Weinberger, *Densely connected networks*, CVPR 2017; `torch.cat`.
    """

    kind: ClassVar[str] = "concat"
    title: ClassVar[str] = N_("Concat")
    glyph: ClassVar[str] = "mdi6.call-merge"

    axis: Annotated[int, Field(ge=1, le=8)] = Field(
        1, title=N_("Axis"), description=N_("1 is the first axis after the batch: features, or channels of an image")
    )

    def shape(self, *inputs: Shape) -> Shape:
        first, place = inputs[0], self.axis - 1
        for port, x in self.odd_rank(inputs):
            text = N_("Concat needs equally many axes in every input: {port} is {other}, the smallest has {count}.")
            remedies = (InsertBefore("flatten"),) if len(x) > 1 else ()
            raise Misfit("rank", text, port, remedies, port=port, other=show_shape(x), count=min(map(len, inputs)))
        if self.axis > len(first):
            text = N_("Concat along axis {axis}, but {got} has {count} axes after the batch.")
            remedy = (SetParam("axis", len(first)),) if first else ()
            raise Misfit("axis", text, "axis", remedy, axis=self.axis, got=show_shape(first), count=len(first))
        for port, other in zip(self.input_ports(), inputs, strict=True):
            if _without(other, place) != _without(first, place):
                raise self._uneven(inputs, port, other)
        return (*first[:place], sum(x[place] for x in inputs), *first[place + 1 :])

    def keeps_time(self, *inputs: Shape) -> bool:
        return self.axis > 1

    def _uneven(self, inputs: tuple[Shape, ...], port: str, other: Shape) -> Misfit:
        first = inputs[0]
        fitting = [
            axis
            for axis in range(1, len(first) + 1)
            if len({_without(x, axis - 1) for x in inputs}) == 1 and axis != self.axis
        ]
        return Misfit(
            "shapes",
            N_("Concat along axis {axis} needs all other axes equal: {first_port} is {first}, {port} is {other}."),
            port,
            tuple(SetParam("axis", axis) for axis in fitting),
            axis=self.axis,
            first_port=self.input_ports()[0],
            first=show_shape(first),
            port=port,
            other=show_shape(other),
        )

    def call(self, *inputs: Shape) -> Call:
        return Call("blocks.Concat", (self.axis,))

    def arithmetic(self, *inputs: Shape) -> str:
        parts = [x[self.axis - 1] for x in inputs]
        return f"{' + '.join(map(str, parts))} = {sum(parts)}"

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        before, here, behind = index[: self.axis], index[self.axis], index[self.axis + 1 :]
        starts, total = {}, 0
        for port in self.input_ports():
            starts[port], total = total, total + numbers[f"input.{port}"].shape[self.axis]
        if what == "output":
            port = max((p for p, start in starts.items() if start <= here), key=lambda p: starts[p])
            cell = at(numbers, f"input.{port}", (*before, here - starts[port], *behind), port)
            return (Line(place("y", *index), ((cell,),)),)
        ports = _blamed(what)
        cells = [(*before, here + starts[port], *behind) for port in ports]
        return (Line(place(f"∂L/∂{ports[0]}", *index), tuple((at(numbers, "upstream", c, "∂L/∂y"),) for c in cells)),)


def _without(x: Shape, place: int) -> Shape:
    return (*x[:place], *x[place + 1 :])
