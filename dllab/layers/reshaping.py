"""Layers that keep every number and change only the shape."""

from math import prod
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dllab.layers.base import Call, Layer, Misfit, SetParam, Shape, layer, padded_axis, show_product, show_shape
from dllab.layers.sums import Index, Line, Lines, Numbers, at, constant, moved, place, relaid, same_place
from dllab.text import N_


@layer
class Flatten(Layer):
    """Lays all numbers of a sample in one row.

    $(c, h, w) \\to c \\cdot h \\cdot w$, last axis fastest. Nothing is learned and nothing lost but the neighbourhood.
    Padding behind shorter sequences becomes 0.

    Reference: `torch.nn.Flatten`.
    """

    kind: ClassVar[str] = "flatten"
    title: ClassVar[str] = N_("Flatten")
    family: ClassVar[str] = "shape"
    glyph: ClassVar[str] = "mdi6.view-sequential-outline"
    indices: ClassVar[Literal["refuse", "take", "pass"]] = "pass"

    def keeps_time(self, *inputs: Shape) -> bool:
        return len(inputs[0]) == 1

    def takes_lengths(self, *inputs: Shape) -> bool:
        return padded_axis(inputs[0]) > 0 and len(inputs[0]) > 1

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if not x:
            raise Misfit("rank", N_("Flatten needs at least one axis, gets a single number."), "in")
        return (prod(x),)

    def call(self, *inputs: Shape) -> Call:
        if self.takes_lengths(*inputs):
            return Call("blocks.Reshape", (prod(inputs[0]),), {"time": padded_axis(inputs[0])})
        return Call("nn.Flatten")

    def arithmetic(self, *inputs: Shape) -> str:
        return show_product(inputs[0])

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        return _cleared(numbers, what, index)


@layer
class Reshape(Layer):
    """Arranges the same numbers in another shape.

    The product of the extents stays: $\\prod_i n_i = \\prod_j m_j$; one of them may be -1 and is worked out. Padding behind
    shorter sequences stays what it is where every step keeps its numbers; else it becomes 0.

    Reference: `torch.Tensor.reshape`.
    """

    kind: ClassVar[str] = "reshape"
    title: ClassVar[str] = N_("Reshape")
    family: ClassVar[str] = "shape"
    glyph: ClassVar[str] = "mdi6.shape-outline"
    indices: ClassVar[Literal["refuse", "take", "pass"]] = "pass"

    extents: Annotated[tuple[Annotated[int, Field(ge=-1)], ...], Field(min_length=1, max_length=8)] = Field(
        (-1,),
        title=N_("Shape"),
        description=N_("Extents of one sample without the batch axis, as 1, 8, 8; one may be -1: whatever is left"),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        size, wanted = prod(x), self.extents
        if 0 in wanted or wanted.count(-1) > 1:
            raise Misfit(
                "extent",
                N_("Reshape: {wanted} holds a 0 or more than one -1; one extent may be -1, the others count from 1."),
                "extents",
                (SetParam("extents", (-1,)),),
                wanted=show_shape(wanted),
            )
        known = prod(n for n in wanted if n != -1)
        if size % known or (-1 not in wanted and size != known):
            raise self._wrong_product(x, known)
        return tuple(size // known if n == -1 else n for n in wanted)

    def _wrong_product(self, x: Shape, known: int) -> Misfit:
        rest = prod(n for n in self.extents[:-1] if n != -1)
        open_end = (*self.extents[:-1], prod(x) // rest)
        keeps_start = -1 not in self.extents[:-1] and len(self.extents) > 1 and prod(x) % rest == 0
        remedies = (SetParam("extents", open_end),) if keeps_start else ()
        return Misfit(
            "reshape",
            N_("Reshape: {got} numbers do not fill {wanted}."),
            "extents",
            (*remedies, SetParam("extents", (-1,))),
            got=show_product(x),
            wanted=show_product(self.extents) if -1 not in self.extents else show_shape(self.extents),
        )

    def carries_time(self, axis: int, *inputs: Shape) -> int:
        x, y = inputs[0], self.shape(*inputs)
        before = prod(x[: axis - 1])
        kept = (place for place, extent in enumerate(y) if extent == x[axis - 1] and prod(y[:place]) == before)
        return next(kept, -1) + 1

    def takes_lengths(self, *inputs: Shape) -> bool:
        axis = padded_axis(inputs[0])
        return axis > 0 and not self.carries_time(axis, *inputs)

    def call(self, *inputs: Shape) -> Call:
        time = {"time": padded_axis(inputs[0])} if self.takes_lengths(*inputs) else {}
        return Call("blocks.Reshape", self.extents, time)

    def arithmetic(self, *inputs: Shape) -> str:
        return f"{show_product(inputs[0])} = {show_shape(self.shape(*inputs))}"

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        return _cleared(numbers, what, index)


def _cleared(numbers: Numbers, what: str, index: Index) -> Lines:
    """A number that keeps its place in the row, unless padding stands there: that was made 0."""
    if "lengths" in numbers:
        shape = numbers["input"].shape
        place = relaid(index, numbers[what].shape, shape) if what == "output" else index
        if place[int(numbers["time"])] >= numbers["lengths"][index[0]]:
            return moved(numbers, what, index, None)
    return same_place(numbers, what, index)


def refuse_axis(name: str, axis: int, x: Shape) -> None:
    """Raise Misfit for an axis (counted from 1 after the batch) that is not there."""
    if axis > len(x):
        text = N_("{name} along axis {axis}, but {got} has {count} axes after the batch.")
        fix = (SetParam("axis", len(x)),) if x else ()
        raise Misfit("axis", text, "axis", fix, name=name, axis=axis, got=show_shape(x), count=len(x))


_AXIS = Annotated[int, Field(ge=1, le=8)]


@layer
class Slice(Layer):
    """Keeps a range of places along one axis and leaves out the rest.

    $y_i = x_{start + i}$ for $start \\le start + i < stop$; places count from 0, negative ones from the end.

    Reference: `torch.Tensor.narrow`.
    """

    kind: ClassVar[str] = "slice"
    title: ClassVar[str] = N_("Slice")
    family: ClassVar[str] = "shape"
    glyph: ClassVar[str] = "mdi6.content-cut"
    indices: ClassVar[Literal["refuse", "take", "pass"]] = "pass"

    axis: _AXIS = Field(
        1, title=N_("Axis"), description=N_("1 is the first axis after the batch: features, or channels of an image")
    )
    start: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] = Field(
        0, title=N_("Start"), description=N_("First place that is kept; -1 is the last one")
    )
    stop: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] | None = Field(
        None, title=N_("Stop"), description=N_("First place that is no longer kept; automatic: up to the end")
    )

    def _range(self, extent: int) -> tuple[int, int]:
        """Start and stop counted from 0, as they are asked for."""
        start = self.start + extent if self.start < 0 else self.start
        stop = extent if self.stop is None else self.stop + extent if self.stop < 0 else self.stop
        return start, stop

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        refuse_axis(self.title, self.axis, x)
        extent = x[self.axis - 1]
        start, stop = self._range(extent)
        if not 0 <= start < extent:
            text = N_("Slice starts at {start}, but the axis has places 0 to {last}.")
            raise Misfit("range", text, "start", (SetParam("start", 0),), start=self.start, last=extent - 1)
        if not start < stop <= extent:
            text = N_("Slice stops at {stop}: from {start} on it must be {least} to {extent}.")
            fix = (SetParam("stop", None),)
            raise Misfit("range", text, "stop", fix, stop=self.stop, start=start, least=start + 1, extent=extent)
        return (*x[: self.axis - 1], stop - start, *x[self.axis :])

    def keeps_time(self, *inputs: Shape) -> bool:
        return self.axis > 1

    def call(self, *inputs: Shape) -> Call:
        start, stop = self._range(inputs[0][self.axis - 1])
        return Call("blocks.Slice", (self.axis, start, stop))

    def arithmetic(self, *inputs: Shape) -> str:
        start, stop = self._range(inputs[0][self.axis - 1])
        return f"{stop} - {start} = {stop - start}"

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        start, stop = self._range(numbers["input"].shape[self.axis])
        here = index[self.axis]
        if what == "output":
            return moved(numbers, what, index, (*index[: self.axis], here + start, *index[self.axis + 1 :]))
        # What was cut off has no part in the loss.
        inside = (*index[: self.axis], here - start, *index[self.axis + 1 :]) if start <= here < stop else None
        return moved(numbers, what, index, inside)


class _AlongAxis(Layer):
    """What Mean and Max share: one axis goes, and padding is no step of it."""

    axis: _AXIS = Field(
        1, title=N_("Axis"), description=N_("1 is the first axis after the batch: steps of a sequence, or channels")
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        refuse_axis(self.title, self.axis, x)
        return (*x[: self.axis - 1], *x[self.axis :])

    def carries_time(self, axis: int, *inputs: Shape) -> int:
        return 0 if axis == self.axis else axis - (self.axis < axis)

    def takes_lengths(self, *inputs: Shape) -> bool:
        return self.axis == padded_axis(inputs[0])

    def arithmetic(self, *inputs: Shape) -> str:
        return f"{show_shape(inputs[0])} → {show_shape(self.shape(*inputs))}"


@layer
class Mean(_AlongAxis):
    """Takes the mean along one axis, which is gone afterwards.

    $y = \\frac{1}{n} \\sum_i x_i$: of a sequence the average step, of a map the average row. Padding behind a sequence
    is no step of it and left out.

    Reference: `torch.mean`.
    """

    kind: ClassVar[str] = "mean"
    title: ClassVar[str] = N_("Mean")
    family: ClassVar[str] = "shape"
    glyph: ClassVar[str] = "mdi6.arrow-collapse-horizontal"

    def call(self, *inputs: Shape) -> Call:
        return Call("blocks.Mean", (self.axis,))

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        count = numbers["input"].shape[self.axis]
        if "lengths" in numbers:
            count = int(numbers["lengths"][index[0]])
        share = constant(1 / count)
        if what == "output":
            cells = [(*index[: self.axis], i, *index[self.axis :]) for i in range(count)]
            return (Line(place("y", *index), tuple((at(numbers, "input", cell, "x"), share) for cell in cells)),)
        above = (*index[: self.axis], *index[self.axis + 1 :])
        terms = ((at(numbers, "upstream", above, "∂L/∂y"), share),) if index[self.axis] < count else ()
        return (Line(place("∂L/∂x", *index), terms),)


@layer
class Max(_AlongAxis):
    """Takes the largest number along one axis, which is gone afterwards.

    $y = \\max_i x_i$: of a sequence the strongest step for each feature, wherever it stands. Padding behind a sequence is
    no step of it and left out.

    Reference: Collobert et al., *Natural language processing (almost) from scratch*, JMLR 12 (2011), 3.3.2; `torch.max`.
    """

    kind: ClassVar[str] = "max"
    title: ClassVar[str] = N_("Max")
    family: ClassVar[str] = "shape"
    glyph: ClassVar[str] = "mdi6.arrow-collapse-up"

    def call(self, *inputs: Shape) -> Call:
        return Call("blocks.Max", (self.axis,))

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        count = int(numbers["lengths"][index[0]]) if "lengths" in numbers else numbers["input"].shape[self.axis]
        before, behind = index[: self.axis], index[self.axis + (what != "output") :]
        cells = [(*before, i, *behind) for i in range(count)]
        largest = Line(place("y", *before, *behind), tuple((at(numbers, "input", cell, "x"),) for cell in cells), "max")
        if what == "output":
            return (largest,)
        first = next(cell for cell in cells if float(numbers["input"][cell]) == largest.value)
        terms = ((at(numbers, "upstream", (*before, *behind), "∂L/∂y"),),) if first == index else ()
        return largest, Line(place("∂L/∂x", *index), terms)


@layer
class Transpose(Layer):
    """Swaps two axes: what were rows become columns.

    $y_{ij} = x_{ji}$: maps × places become places × maps, a sequence that attention can read.

    Reference: `torch.transpose`.
    """

    kind: ClassVar[str] = "transpose"
    title: ClassVar[str] = N_("Transpose")
    family: ClassVar[str] = "shape"
    glyph: ClassVar[str] = "mdi6.axis-z-rotate-clockwise"

    first: _AXIS = Field(1, title=N_("First axis"), description=N_("1 is the first axis after the batch"))
    second: _AXIS = Field(2, title=N_("Second axis"), description=N_("The axis that it changes places with"))

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        for name in ("first", "second"):
            axis = getattr(self, name)
            if axis > len(x):
                text = N_("Transpose: there is no axis {axis}, {got} has {count} after the batch.")
                fix = (SetParam(name, len(x)),) if x else ()
                raise Misfit("axis", text, name, fix, axis=axis, got=show_shape(x), count=len(x))
        out = list(x)
        out[self.first - 1], out[self.second - 1] = out[self.second - 1], out[self.first - 1]
        return tuple(out)

    def keeps_time(self, *inputs: Shape) -> bool:
        return self.carries_time(1) == 1

    def carries_time(self, axis: int, *inputs: Shape) -> int:
        return {self.first: self.second, self.second: self.first}.get(axis, axis)

    def call(self, *inputs: Shape) -> Call:
        return Call("blocks.Transpose", (self.first, self.second))

    def arithmetic(self, *inputs: Shape) -> str:
        return f"{show_shape(inputs[0])} → {show_shape(self.shape(*inputs))}"

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        turned = list(index)
        turned[self.first], turned[self.second] = turned[self.second], turned[self.first]
        return moved(numbers, what, index, tuple(turned))
