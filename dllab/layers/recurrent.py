"""Layers that go through a sequence step by step and remember, and the one that makes vectors of words."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from dllab.layers.base import (
    Call,
    InsertBefore,
    Layer,
    Misfit,
    SetParam,
    Shape,
    is_padded,
    layer,
    show_shape,
    vocabulary,
)
from dllab.layers.cells import Cell, explain_cells, explain_learning, gru, lstm, rnn
from dllab.layers.decoding import explain_decoder
from dllab.layers.sums import Index, Line, Lines, Numbers, at, place, places
from dllab.text import N_


@layer
class Embedding(Layer):
    """Gives every word, character or thing a learned vector.

    Row $i$ of a learned matrix $E \\in \\mathbb{R}^{V \\times d}$ for index $i$: the same as a Linear without offset behind a
    vector that is 1 at $i$ and 0 elsewhere. Index 0 stays 0 where it is padding.

    Reference: Bengio, Ducharme, Vincent, Jauvin, JMLR 3 (2003); `torch.nn.Embedding`.
    """

    kind: ClassVar[str] = "embedding"
    title: ClassVar[str] = N_("Embedding")
    family: ClassVar[str] = "recurrent"
    glyph: ClassVar[str] = "mdi6.format-letter-case"
    size_field: ClassVar[str] = "embedding_dim"
    indices: ClassVar[Literal["refuse", "take", "pass"]] = "take"

    embedding_dim: Annotated[int, Field(ge=1, le=100_000)] = Field(
        32, title=N_("Size"), description=N_("How many numbers describe one word")
    )

    def shape(self, *inputs: Shape) -> Shape:
        return (*inputs[0], self.embedding_dim)

    def keeps_time(self, *inputs: Shape) -> bool:
        return True

    def parameters(self, *inputs: Shape) -> int:
        return vocabulary(inputs[0]) * self.embedding_dim

    def call(self, *inputs: Shape) -> Call:
        options = {"padding_idx": 0} if is_padded(inputs[0]) else {}
        return Call("nn.Embedding", (vocabulary(inputs[0]), self.embedding_dim), options)

    def arithmetic(self, *inputs: Shape) -> str:
        return f"{vocabulary(inputs[0])} × {self.embedding_dim} = {self.parameters(*inputs):,}"

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        words = numbers["input"]
        if what == "output":
            return (Line(place("y", *index), ((at(numbers, "weight", (int(words[index[:-1]]), index[-1]), "E"),),)),)
        row, k = index
        learned = row > 0 or not numbers["padded"]
        users = [cell for cell in places(words.shape) if int(words[cell]) == row] if learned else []
        terms = tuple((at(numbers, "upstream", (*cell, k), "∂L/∂y"),) for cell in users)
        return (Line(place("∂L/∂E", *index), terms),)


class _Recurrent(Layer):
    """What the recurrent layers share: sizes, and which part of what they put out goes on."""

    spreads: ClassVar[bool] = True
    family: ClassVar[str] = "recurrent"
    size_field: ClassVar[str] = "hidden_size"
    timeless: ClassVar[frozenset[str]] = frozenset({"state"})
    gates: ClassVar[int] = 1
    """Matrices in a layer: one for the new state and one for each gate."""
    memories: ClassVar[int] = 1
    """Vectors that it remembers: an LSTM its state and, behind it, its cell."""

    hidden_size: Annotated[int, Field(ge=1, le=100_000)] = Field(
        32, title=N_("Hidden size"), description=N_("How many numbers it remembers")
    )
    num_layers: Annotated[int, Field(ge=1, le=16)] = Field(
        1, title=N_("Layers"), description=N_("How many lie above each other; each reads what the one below puts out")
    )
    bidirectional: bool = Field(
        False,
        title=N_("Both directions"),
        description=N_("A second one reads from the end; both results stand together"),
    )
    dropout: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(
        0.0, title=N_("Dropout"), description=N_("Share of the numbers that is dropped between its layers")
    )
    output: Literal["sequence", "last step", "final state"] = Field(
        "sequence",
        title=N_("Puts out"),
        description=N_(
            "sequence: the state after every step; last step: what stands at the last one; final state: what remains "
            "in memory at the end, of both directions where there are two"
        ),
    )

    takes_state: bool = Field(
        False,
        title=N_("Takes a state"),
        description=N_("A second input says what it remembers at the beginning; else that is 0"),
    )
    gives_state: bool = Field(
        False,
        title=N_("Gives its state"),
        description=N_("A second output holds what remains in memory at the end: another one can go on from there"),
    )

    def input_ports(self) -> tuple[str, ...]:
        return ("in", "state") if self.takes_state else ("in",)

    def output_ports(self) -> tuple[str, ...]:
        return ("out", "state") if self.gives_state else ("out",)

    def state_shape(self) -> Shape:
        """What it remembers: a row for each layer and direction, where there are several."""
        size, rows = self.memories * self.hidden_size, self.num_layers * self._directions
        return (size,) if rows == 1 else (rows, size)

    def shapes(self, *inputs: Shape) -> dict[str, Shape]:
        out = {"out": self.shape(*inputs)}
        return out | {"state": self.state_shape()} if self.gives_state else out

    def shape(self, *inputs: Shape) -> Shape:
        x = inputs[0]
        if len(x) != 2:
            remedies = _as_sequence(x)
            text = N_("{layer} expects a sequence, length × features, gets {got}.")
            raise Misfit("rank", text, "in", remedies, layer=self.title, got=show_shape(x))
        if self.takes_state and inputs[1] != self.state_shape():
            text = N_("{layer} remembers {wanted}, the state that comes in is {got}.")
            raise Misfit(
                "state",
                text,
                "state",
                layer=self.title,
                wanted=show_shape(self.state_shape()),
                got=show_shape(inputs[1]),
            )
        size = self.hidden_size * self._directions
        return (x[0], size) if self.output == "sequence" else (size,)

    @property
    def _directions(self) -> int:
        return 1 + self.bidirectional

    def keeps_time(self, *inputs: Shape) -> bool:
        return self.output == "sequence"

    def takes_lengths(self, *inputs: Shape) -> bool:
        return is_padded(inputs[0])

    def parameters(self, *inputs: Shape) -> int:
        features, hidden = inputs[0][1], self.hidden_size
        above = (self.num_layers - 1) * (self._directions * hidden + hidden + 2)
        return self._directions * self.gates * hidden * (features + hidden + 2 + above)

    def remarks(self, *inputs: Shape) -> Iterator[Misfit]:
        if self.dropout and self.num_layers == 1:
            text = N_("{layer} drops numbers between its layers, but it has one layer only: nothing is dropped.")
            yield Misfit("no-dropout", text, "dropout", (SetParam("dropout", 0.0),), layer=self.title)

    def options(self) -> dict[str, Any]:
        """Further keyword arguments of the module."""
        return {}

    def cell(self) -> Cell:
        """How a number inside it is made."""
        raise NotImplementedError(f"{type(self).__name__}.cell")

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        if what.startswith("gradient"):
            return explain_learning(numbers, what, index, getattr(self, "reset", ""))
        return explain_cells(numbers, what, index, self.cell(), self.output)

    def call(self, *inputs: Shape) -> Call:
        options: dict[str, Any] = {}
        if self.num_layers > 1:
            options["num_layers"] = self.num_layers
        if self.bidirectional:
            options["bidirectional"] = True
        # torch warns of dropout where there is nothing between layers.
        if self.dropout and self.num_layers > 1:
            options["dropout"] = self.dropout
        if self.output != "sequence":
            options["output"] = self.output
        for name in ("takes_state", "gives_state"):
            if getattr(self, name):
                options[name] = True
        return Call(f"blocks.{self.title}", (inputs[0][1], self.hidden_size), options | self.options())

    def arithmetic(self, *inputs: Shape) -> str:
        features, hidden = inputs[0][1], self.hidden_size
        if self.num_layers > 1:
            return ""
        factor = f"{self._directions} × " if self.bidirectional else ""
        gates = f"{self.gates} × " if self.gates > 1 else ""
        return f"{factor}{gates}{hidden} × ({features} + {hidden} + 2) = {self.parameters(*inputs):,}"


def _as_sequence(x: Shape) -> tuple[InsertBefore, ...]:
    """A reshape that makes a sequence of other extents without mixing steps."""
    if len(x) == 1:
        return (InsertBefore("reshape", {"extents": (x[0], 1)}),)
    return (InsertBefore("reshape", {"extents": (x[0], -1)}),) if len(x) > 2 else ()


@layer
class RNN(_Recurrent):
    """Mixes every new step of a sequence with what it remembers of the steps before.

    $h_t = \\tanh(W x_t + b + U h_{t-1} + b')$. Going back through many steps the gradient is multiplied by $U$ again and
    again: it vanishes or explodes, and what lies far back is hardly learned.

    Reference: Elman, *Finding structure in time*, Cognitive Science 14 (1990); `torch.nn.RNN`.
    """

    kind: ClassVar[str] = "rnn"
    title: ClassVar[str] = N_("RNN")
    glyph: ClassVar[str] = "mdi6.restore"

    nonlinearity: Literal["tanh", "relu"] = Field(
        "tanh", title=N_("Nonlinearity"), description=N_("tanh keeps the memory between -1 and 1; relu lets it grow")
    )

    def options(self) -> dict[str, Any]:
        return {"nonlinearity": self.nonlinearity} if self.nonlinearity != "tanh" else {}

    def cell(self) -> Cell:
        return rnn(self.nonlinearity)


@layer
class LSTM(_Recurrent):
    """Remembers in a cell that gates write to, clear and read: what is kept passes many steps unchanged.

    $i, f, o = \\sigma(W x_t + U h_{t-1} + b)$, one set of weights each, $g = \\tanh(W_g x_t + U_g h_{t-1} + b_g)$;
    $c_t = f \\odot c_{t-1} + i \\odot g$ and $h_t = o \\odot \\tanh(c_t)$.

    Reference: Hochreiter, Schmidhuber, Neural Computation 9 (1997); forget gate: Gers, Schmidhuber, Cummins (2000);
    `torch.nn.LSTM`.
    """

    kind: ClassVar[str] = "lstm"
    title: ClassVar[str] = N_("LSTM")
    glyph: ClassVar[str] = "mdi6.memory"
    gates: ClassVar[int] = 4
    memories: ClassVar[int] = 2

    forget_bias: Annotated[float, Field(ge=-10.0, le=10.0)] | None = Field(
        None,
        title=N_("Forget bias"),
        description=N_("Offset of the forget gate before training; 1 to 3 keep the memory open, automatic is random"),
    )

    def options(self) -> dict[str, Any]:
        return {"forget_bias": self.forget_bias} if self.forget_bias is not None else {}

    def cell(self) -> Cell:
        return lstm


@layer
class GRU(_Recurrent):
    """Remembers with two gates: one blends old memory with new, the other decides what of the old the new one sees.

    $r, z = \\sigma(W x_t + U h_{t-1} + b)$, one set of weights each; $h_t = (1 - z) \\odot n + z \\odot h_{t-1}$ with
    $n = \\tanh(W_n x_t + b_n + r \\odot (U_n h_{t-1} + b'_n))$ (pytorch) or
    $n = \\tanh(W_n x_t + b_n + U_n (r \\odot h_{t-1}) + b'_n)$ (cho). The two are not the same layer.

    Reference: Cho et al., *Learning phrase representations using RNN encoder-decoder*, EMNLP 2014; `torch.nn.GRU`.
    """

    kind: ClassVar[str] = "gru"
    title: ClassVar[str] = N_("GRU")
    glyph: ClassVar[str] = "mdi6.swap-horizontal-bold"
    gates: ClassVar[int] = 3

    reset: Literal["pytorch", "cho"] = Field(
        "pytorch",
        title=N_("Reset"),
        description=N_("Where the reset gate acts: pytorch: behind the matrix (fast); cho: before it, as published"),
    )

    def options(self) -> dict[str, Any]:
        return {"reset": self.reset} if self.reset != "pytorch" else {}

    def cell(self) -> Cell:
        return gru(self.reset)


@layer
class Decoder(Layer):
    """Says a sequence word by word: from a state it takes over and from the word before, which is its own or a teacher's.

    $h_t = \\mathrm{GRU}(E_{w_t}, h_{t-1})$, scores $z_t = W h_t + b$. While it learns, the word before is the true one with the
    share of teacher forcing, else what it said itself, $w_{t+1} = \\arg\\max z_t$; in use it is always its own. What comes in
    is a start sign and the true words behind it; the state is that of an encoder.

    Reference: Sutskever, Vinyals, Le, NeurIPS 2014; Bengio et al., *Scheduled sampling*, NeurIPS 2015; `torch.nn.GRUCell`.
    """

    kind: ClassVar[str] = "decoder"
    title: ClassVar[str] = N_("Decoder")
    family: ClassVar[str] = "recurrent"
    glyph: ClassVar[str] = "mdi6.account-voice"
    size_field: ClassVar[str] = "embedding_dim"
    indices: ClassVar[Literal["refuse", "take", "pass"]] = "take"

    embedding_dim: Annotated[int, Field(ge=1, le=100_000)] = Field(
        16, title=N_("Size of a word"), description=N_("How many numbers describe the word before")
    )
    teacher_forcing: Annotated[float, Field(ge=0.0, le=1.0)] = Field(
        0.5,
        title=N_("Teacher forcing"),
        description=N_("Share of the steps that begin from the true word while it learns; 0: always from its own"),
    )

    def input_ports(self) -> tuple[str, ...]:
        return ("in", "state")

    def shape(self, *inputs: Shape) -> Shape:
        words, state = inputs
        if vocabulary(state) or not vocabulary(words) or len(words) != 1:
            text = N_("Decoder expects words at its first input and a state at its second.")
            raise Misfit("indices", text, "in")
        if len(state) != 1:
            text = N_("Decoder expects one vector as its state, gets {got}.")
            raise Misfit("state", text, "state", got=show_shape(state))
        return (words[0], vocabulary(words))

    def keeps_time(self, *inputs: Shape) -> bool:
        return True

    def parameters(self, *inputs: Shape) -> int:
        words, (hidden,), size = vocabulary(inputs[0]), inputs[1], self.embedding_dim
        return words * size + 3 * hidden * (size + hidden + 2) + words * (hidden + 1)

    def call(self, *inputs: Shape) -> Call:
        args = vocabulary(inputs[0]), self.embedding_dim, inputs[1][0]
        return Call("blocks.Decoder", args, {"teacher_forcing": self.teacher_forcing})

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        return explain_decoder(numbers, what, index)
