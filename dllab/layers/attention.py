"""Attention: every step of a sequence asks all steps and takes from each as much as it fits."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from dllab.document.experiment import Graph
from dllab.layers.attending import explain_encoder, explain_heads, explain_mixing, learn_encoder, learn_heads
from dllab.layers.base import Call, InsertBefore, Layer, Misfit, SetParam, Shape, is_padded, layer, show_shape
from dllab.layers.blocks import Block, Part
from dllab.layers.sums import Factor, Index, Line, Lines, Numbers, at, constant, place
from dllab.text import N_

_CAUSAL = N_("Causal")
_CAUSAL_HELP = N_("A step sees only itself and earlier ones: needed where the next one is to be predicted")


def _refuse_no_sequence(name: str, ports: tuple[str, ...], inputs: tuple[Shape, ...]) -> None:
    """Raise Misfit for an input that is not (length, features)."""
    for port, x in zip(ports, inputs, strict=True):
        if len(x) != 2:
            remedies = (InsertBefore("reshape", {"extents": (x[0], -1 if len(x) > 2 else 1)}),) if x else ()
            text = N_("{layer} expects a sequence, length × features, at {port}: it gets {got}.")
            raise Misfit("rank", text, port, remedies, layer=name, port=port, got=show_shape(x))


def _refuse_unequal(name: str, key: Shape, value: Shape, port: str) -> None:
    """Raise Misfit where there are not as many values as keys."""
    if key[0] != value[0]:
        text = N_("{layer}: every key needs a value, but k has {keys} steps and {port} has {values}.")
        raise Misfit("steps", text, port, layer=name, port=port, keys=key[0], values=value[0])


def _refuse_later(name: str, query: Shape, key: Shape) -> None:
    """Raise Misfit for a causal mask between sequences of different length."""
    if query[0] != key[0]:
        text = N_(
            "{layer}: causal says which of the same steps come later, but q has {queries} steps and k has {keys}."
        )
        remedies = (SetParam("causal", False),)
        raise Misfit("causal", text, "causal", remedies, layer=name, queries=query[0], keys=key[0])


@layer
class Attention(Layer):
    """Mixes values by how well their keys fit a query; nothing is learned in here.

    $\\mathrm{softmax}(Q K^\\top / \\sqrt{d}) \\, V$ with queries $Q \\in \\mathbb{R}^{n \\times d}$, keys
    $K \\in \\mathbb{R}^{m \\times d}$ and values $V \\in \\mathbb{R}^{m \\times e}$. Every row of the softmax adds up to 1. Without
    the scale the scores grow with $d$ and nearly all weight falls on one step.

    Reference: Vaswani et al., *Attention is all you need*, NeurIPS 2017, 3.2.1;
    `torch.nn.functional.scaled_dot_product_attention`.
    """

    kind: ClassVar[str] = "attention"
    title: ClassVar[str] = N_("Attention")
    spreads: ClassVar[bool] = True
    family: ClassVar[str] = "attention"
    glyph: ClassVar[str] = "mdi6.eye-outline"

    scale: bool = Field(True, title=N_("Scale"), description=N_("Divide the scores by the root of their length"))
    causal: bool = Field(False, title=_CAUSAL, description=_CAUSAL_HELP)

    def input_ports(self) -> tuple[str, ...]:
        return ("q", "k", "v")

    def shape(self, *inputs: Shape) -> Shape:
        _refuse_no_sequence(self.title, self.input_ports(), inputs)
        query, key, value = inputs
        if query[1] != key[1]:
            text = N_("Attention compares q with k, so both need equally many features: q has {q}, k has {k}.")
            raise Misfit("features", text, "k", (InsertBefore("linear", {"features": query[1]}),), q=query[1], k=key[1])
        _refuse_unequal(self.title, key, value, "v")
        if self.causal:
            _refuse_later(self.title, query, key)
        return (query[0], value[1])

    def keeps_time(self, *inputs: Shape) -> bool:
        return is_padded(inputs[0])

    def takes_lengths(self, *inputs: Shape) -> bool:
        return is_padded(inputs[1]) or is_padded(inputs[2])

    def call(self, *inputs: Shape) -> Call:
        options: dict[str, Any] = {} if self.scale else {"scale": False}
        return Call("blocks.Attention", (), options | ({"causal": True} if self.causal else {}))

    def arithmetic(self, *inputs: Shape) -> str:
        query, key, value = inputs
        return f"({query[0]} × {query[1]}) · ({key[1]} × {key[0]}) · ({value[0]} × {value[1]})"

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        if "weights" not in numbers or what.startswith("gradient"):
            return ()
        names = {"q": "input.q", "k": "input.k", "v": "input.v", "mixed": "output"}
        return explain_mixing(numbers, what, index, names)


@layer
class MultiHeadAttention(Layer):
    """Attention several times side by side, each with learned projections of its own.

    $\\mathrm{head}_i = \\mathrm{Attention}(Q W_i^Q, K W_i^K, V W_i^V)$; all heads together, times $W^O$. With one input the
    sequence asks itself (self-attention); with two, or three, it asks another one (cross-attention).

    Reference: Vaswani et al., *Attention is all you need*, NeurIPS 2017, 3.2.2; `torch.nn.MultiheadAttention`.
    """

    kind: ClassVar[str] = "multi_head_attention"
    title: ClassVar[str] = N_("MultiheadAttention")
    short: ClassVar[str] = N_("Multihead")
    spreads: ClassVar[bool] = True
    family: ClassVar[str] = "attention"
    glyph: ClassVar[str] = "mdi6.eye-plus-outline"

    num_heads: Annotated[int, Field(ge=1, le=1024)] = Field(
        4, title=N_("Heads"), description=N_("How many attentions side by side; they share the features of q")
    )
    inputs: Literal["one sequence", "q and k", "q, k and v"] = Field(
        "one sequence",
        title=N_("Inputs"),
        description=N_("one sequence asks itself; q and k: q asks k, whose steps are the values as well"),
    )
    causal: bool = Field(False, title=_CAUSAL, description=_CAUSAL_HELP)
    dropout: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(
        0.0, title=N_("Dropout"), description=N_("Share of the attention weights that is dropped while training")
    )
    bias: bool = Field(True, title=N_("Bias"), description=N_("Add a learned offset in every projection"))

    def input_ports(self) -> tuple[str, ...]:
        return {"one sequence": ("in",), "q and k": ("q", "k"), "q, k and v": ("q", "k", "v")}[self.inputs]

    def _all(self, inputs: tuple[Shape, ...]) -> tuple[Shape, Shape, Shape]:
        """Query, key and value: what is not given is the one before it."""
        query, key, value = (*inputs, *inputs[-1:] * (3 - len(inputs)))
        return query, key, value

    def shape(self, *inputs: Shape) -> Shape:
        _refuse_no_sequence(self.title, self.input_ports(), inputs)
        query, key, value = self._all(inputs)
        _refuse_unequal(self.title, key, value, self.input_ports()[-1])
        _refuse_heads(self.title, query[1], self.num_heads)
        if self.causal:
            _refuse_later(self.title, query, key)
        return (query[0], query[1])

    def keeps_time(self, *inputs: Shape) -> bool:
        return is_padded(inputs[0])

    def takes_lengths(self, *inputs: Shape) -> bool:
        return any(map(is_padded, self._all(inputs)[1:]))

    def parameters(self, *inputs: Shape) -> int:
        query, key, value = (x[1] for x in self._all(inputs))
        return query * (query + key + value + query) + 4 * query * self.bias

    def call(self, *inputs: Shape) -> Call:
        query, key, value = (x[1] for x in self._all(inputs))
        options: dict[str, Any] = {"causal": True} if self.causal else {}
        options |= {"dropout": self.dropout} if self.dropout else {}
        options |= {} if self.bias else {"bias": False}
        options |= {} if key == value == query else {"kdim": key, "vdim": value}
        return Call("blocks.MultiheadAttention", (query, self.num_heads), options)

    def arithmetic(self, *inputs: Shape) -> str:
        query, key, value = (x[1] for x in self._all(inputs))
        offsets = f" + 4 × {query}" if self.bias else ""
        return f"{query} × ({query} + {key} + {value} + {query}){offsets} = {self.parameters(*inputs):,}"

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        if "weights" not in numbers:
            return ()
        ports = self.input_ports()
        arrays = [f"input.{port}" for port in ports] if len(ports) > 1 else ["input"]
        tell = learn_heads if what.startswith("gradient") else explain_heads
        return tell(numbers, what, index, (*arrays, *arrays[-1:] * 2)[:3])


def _refuse_heads(name: str, features: int, heads: int) -> None:
    """Raise Misfit where the heads can't share the features evenly."""
    if features % heads:
        fitting = max(n for n in range(1, min(heads, features) + 1) if features % n == 0)
        text = N_("{layer}: {heads} heads can't share {features} features evenly.")
        remedies = (SetParam("num_heads", fitting),)
        raise Misfit("heads", text, "num_heads", remedies, layer=name, heads=heads, features=features)


@layer
class PositionalEncoding(Layer):
    """Adds to every step a pattern that says where it stands: attention alone does not know the order.

    sinusoidal: $p_{t, 2i} = \\sin(t / 10000^{2i/d})$ and $p_{t, 2i+1} = \\cos(t / 10000^{2i/d})$; learned: one vector for
    each place, from small random numbers.

    Reference: Vaswani et al., *Attention is all you need*, NeurIPS 2017, 3.5.
    """

    kind: ClassVar[str] = "positional_encoding"
    title: ClassVar[str] = N_("Positional encoding")
    short: ClassVar[str] = N_("Positions")
    family: ClassVar[str] = "attention"
    glyph: ClassVar[str] = "mdi6.format-list-numbered"

    pattern: Literal["sinusoidal", "learned"] = Field(
        "sinusoidal", title=N_("Pattern"), description=N_("Waves of growing length, or a vector learned for each place")
    )

    def shape(self, *inputs: Shape) -> Shape:
        _refuse_no_sequence(self.title, self.input_ports(), inputs)
        return inputs[0]

    def keeps_time(self, *inputs: Shape) -> bool:
        return True

    def parameters(self, *inputs: Shape) -> int:
        return inputs[0][0] * inputs[0][1] if self.pattern == "learned" else 0

    def call(self, *inputs: Shape) -> Call:
        options = {"learned": True} if self.pattern == "learned" else {}
        length, features = inputs[0]
        return Call("blocks.PositionalEncoding", (length, features), options)

    def arithmetic(self, *inputs: Shape) -> str:
        length, features = inputs[0]
        return f"{length} × {features} = {length * features:,}" if self.pattern == "learned" else ""

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        if what == "gradient.input":
            return (Line(place("∂L/∂x", *index), ((at(numbers, "upstream", index, "∂L/∂y"),),)),)
        if what == "gradient.weight":
            # Places behind the last step of this batch were not used.
            samples = range(len(numbers["upstream"])) if index[0] < numbers["upstream"].shape[1] else ()
            terms = tuple((at(numbers, "upstream", (n, *index), "∂L/∂y"),) for n in samples)
            return (Line(place("∂L/∂p", *index), terms),)
        x = at(numbers, "input", index, "x")
        if self.pattern == "learned":
            return (Line(place("y", *index), ((x,), (at(numbers, "weight", index[1:], "p"),))),)
        t, k = index[1:]
        slowness = Factor("10000^(2i/d)", 10000 ** (2 * (k // 2) / numbers["input"].shape[2]))
        angle = Line("angle", ((constant(t),), (slowness,)), "divide")
        wave = Line(place("p", t, k), ((angle.factor(),),), "cos" if k % 2 else "sin")
        return angle, wave, Line(place("y", *index), ((x,), (wave.factor(),)))


@layer
class TransformerEncoder(Layer):
    """One block of a transformer: the steps ask each other, then each one thinks for itself, both with a skip.

    $y = x + \\mathrm{MHA}(\\mathrm{LN}(x))$, then $z = y + W_2 \\, \\mathrm{ReLU}(W_1 \\mathrm{LN}(y))$ (norm first); or with the
    normalisation after each sum, as first published.

    Reference: Vaswani et al., NeurIPS 2017, 3.1; Xiong et al., ICML 2020, on norm first;
    `torch.nn.TransformerEncoderLayer`.
    """

    kind: ClassVar[str] = "transformer_encoder"
    title: ClassVar[str] = N_("Transformer block")
    short: ClassVar[str] = N_("Transformer")
    spreads: ClassVar[bool] = True
    family: ClassVar[str] = "attention"
    glyph: ClassVar[str] = "mdi6.robot-outline"
    size_field: ClassVar[str] = "dim_feedforward"

    num_heads: Annotated[int, Field(ge=1, le=1024)] = Field(
        4, title=N_("Heads"), description=N_("How many attentions side by side; they share the features")
    )
    dim_feedforward: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        64, title=N_("Hidden units"), description=N_("Units between the two matrices that each step goes through")
    )
    dropout: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(
        0.0, title=N_("Dropout"), description=N_("Share of the numbers that is dropped while training")
    )
    norm_first: bool = Field(
        True, title=N_("Norm first"), description=N_("Normalise before each part: trains more steadily than after it")
    )
    causal: bool = Field(False, title=_CAUSAL, description=_CAUSAL_HELP)

    def shape(self, *inputs: Shape) -> Shape:
        _refuse_no_sequence(self.title, self.input_ports(), inputs)
        _refuse_heads(self.title, inputs[0][1], self.num_heads)
        return inputs[0]

    def keeps_time(self, *inputs: Shape) -> bool:
        return True

    def takes_lengths(self, *inputs: Shape) -> bool:
        return is_padded(inputs[0])

    def parameters(self, *inputs: Shape) -> int:
        d, h = inputs[0][1], self.dim_feedforward
        return 4 * d * d + 4 * d + 2 * d * h + h + d + 4 * d

    def call(self, *inputs: Shape) -> Call:
        options: dict[str, Any] = {"dropout": self.dropout} if self.dropout else {}
        options |= {} if self.norm_first else {"norm_first": False}
        options |= {"causal": True} if self.causal else {}
        return Call("blocks.TransformerEncoder", (inputs[0][1], self.num_heads, self.dim_feedforward), options)

    def parts(self, *inputs: Shape) -> Graph | None:
        d, drop = inputs[0][1], [("dropout", {"p": self.dropout})] if self.dropout else []
        heads = {"num_heads": self.num_heads, "causal": self.causal, "dropout": self.dropout}
        asks: list[Part] = [("attention", "multi_head_attention", heads)]
        asks += [(f"{kind}_1", kind, params) for kind, params in drop]
        thinks: list[Part] = [("linear1", "linear", {"features": self.dim_feedforward}), ("relu", "relu", {})]
        thinks += [(f"{kind}_2", kind, params) for kind, params in drop]
        thinks += [("linear2", "linear", {"features": d}), *((f"{kind}_3", kind, params) for kind, params in drop)]
        making = Block(self.norm_first)
        making.round("1", asks)
        making.round("2", thinks)
        return making.graph()

    def arithmetic(self, *inputs: Shape) -> str:
        d, h = inputs[0][1], self.dim_feedforward
        return f"4 × {d} × {d} + 2 × {d} × {h} + 9 × {d} + {h} = {self.parameters(*inputs):,}"

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        if "weights" not in numbers:
            return ()
        if what.startswith("gradient"):
            return learn_encoder(numbers, what, index, self.norm_first)
        return explain_encoder(numbers, what, index, self.norm_first, self.dropout)
