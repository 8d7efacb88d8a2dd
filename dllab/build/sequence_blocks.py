"""Modules for sequences that torch lacks; like those in `blocks`, they stand on torch alone."""

import torch
from torch import nn


class Memory(nn.RNNBase):
    """What recurrent layers share: sequences of unequal length, a state that comes in, which part of the result goes on."""

    gives, takes_state, gives_state = "sequence", False, False

    def states(
        self, x: torch.Tensor, lengths: torch.Tensor | None, first: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The state after every step (N, T, D·H), and all that is remembered at the end (layers·D, N, memories·H)."""
        begin = first if first is None or self.mode != "LSTM" else tuple(h.contiguous() for h in first.chunk(2, 2))
        if lengths is None:
            steps, final = super().forward(x, begin)
        else:
            packed = nn.utils.rnn.pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
            packed, final = super().forward(packed, begin)
            steps, _lengths = nn.utils.rnn.pad_packed_sequence(packed, batch_first=True, total_length=x.shape[1])
        return steps, torch.cat(final, 2) if isinstance(final, tuple) else final

    def forward(self, x: torch.Tensor, *others: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        """The state comes before the lengths (N,), the only input without an axis of features."""
        lengths = others[-1] if others and others[-1].dim() == 1 else None
        first = None
        if self.takes_state:
            first = others[0].unsqueeze(0) if others[0].dim() == 2 else others[0].transpose(0, 1).contiguous()
        steps, final = self.states(x, lengths, first)
        result = self.chosen(steps, final[..., : self.hidden_size], lengths)
        if not self.gives_state:
            return result
        return result, final[0] if len(final) == 1 else final.transpose(0, 1)

    def chosen(self, steps: torch.Tensor, final: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        """What goes on."""
        if self.gives == "sequence":
            return steps
        if self.gives == "final state":
            return final[-2:].transpose(0, 1).flatten(1) if self.bidirectional else final[-1]
        if lengths is None:
            return steps[:, -1]
        return steps[torch.arange(len(steps), device=steps.device), lengths - 1]

    def extra_repr(self) -> str:
        ports = "".join(f", {name}=True" for name in ("takes_state", "gives_state") if getattr(self, name))
        return super().extra_repr() + (f", output={self.gives!r}" if self.gives != "sequence" else "") + ports


class RNN(Memory, nn.RNN):  # type: ignore[misc]  # it puts out less than torch's
    """torch's RNN with a choice of what it puts out."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        dropout: float = 0.0,
        bidirectional: bool = False,
        output: str = "sequence",
        takes_state: bool = False,
        gives_state: bool = False,
    ) -> None:
        super().__init__(
            input_size, hidden_size, num_layers, nonlinearity,
            batch_first=True, dropout=dropout, bidirectional=bidirectional,
        )  # fmt: skip
        self.gives, self.takes_state, self.gives_state = output, takes_state, gives_state


class LSTM(Memory, nn.LSTM):  # type: ignore[misc]  # it puts out less than torch's
    """torch's LSTM with a choice of what it puts out and of the first offset of its forget gate."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        dropout: float = 0.0,
        bidirectional: bool = False,
        output: str = "sequence",
        takes_state: bool = False,
        gives_state: bool = False,
        forget_bias: float | None = None,
    ) -> None:
        super().__init__(
            input_size, hidden_size, num_layers, batch_first=True, dropout=dropout, bidirectional=bidirectional
        )
        self.gives, self.takes_state, self.gives_state = output, takes_state, gives_state
        self.forget_bias = forget_bias
        if forget_bias is not None:
            # torch keeps the gates in the order input, forget, cell, output, and adds two offsets.
            for name, offset in self.named_parameters():
                if name.startswith("bias"):
                    nn.init.constant_(offset[hidden_size : 2 * hidden_size], forget_bias if "_ih_" in name else 0.0)

    def extra_repr(self) -> str:
        return super().extra_repr() + (f", forget_bias={self.forget_bias}" if self.forget_bias is not None else "")


class GRU(Memory, nn.GRU):  # type: ignore[misc]  # it puts out less than torch's
    """torch's GRU with a choice of what it puts out and of where its reset gate acts."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        dropout: float = 0.0,
        bidirectional: bool = False,
        output: str = "sequence",
        takes_state: bool = False,
        gives_state: bool = False,
        reset: str = "pytorch",
    ) -> None:
        super().__init__(
            input_size, hidden_size, num_layers, batch_first=True, dropout=dropout, bidirectional=bidirectional
        )
        self.gives, self.takes_state, self.gives_state = output, takes_state, gives_state
        self.reset = reset

    def extra_repr(self) -> str:
        return super().extra_repr() + (f", reset={self.reset!r}" if self.reset != "pytorch" else "")

    def states(
        self, x: torch.Tensor, lengths: torch.Tensor | None, first: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if self.reset == "pytorch":
            return super().states(x, lengths, first)
        count = self.num_layers * (1 + self.bidirectional)
        begin = iter(x.new_zeros(count, len(x), self.hidden_size) if first is None else first)
        finals = []
        for layer in range(self.num_layers):
            if layer and self.dropout:
                x = nn.functional.dropout(x, self.dropout, self.training)
            ends = ("", "_reverse")[: 1 + self.bidirectional]
            ways = [self._way(x, lengths, next(begin), f"_l{layer}{end}") for end in ends]
            x = torch.cat([steps for steps, _final in ways], 2)
            finals += [final for _steps, final in ways]
        return x, torch.stack(finals)

    def _way(
        self, x: torch.Tensor, lengths: torch.Tensor | None, h: torch.Tensor, end: str
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """One layer in one direction, as Cho et al. have it: the reset gate acts on the state before the matrix."""
        given = nn.functional.linear(x, getattr(self, f"weight_ih{end}"), getattr(self, f"bias_ih{end}"))
        weight, offset = getattr(self, f"weight_hh{end}"), getattr(self, f"bias_hh{end}")
        size = self.hidden_size
        steps = [h] * x.shape[1]
        for t in reversed(range(x.shape[1])) if end.endswith("reverse") else range(x.shape[1]):
            gates = given[:, t, : 2 * size] + nn.functional.linear(h, weight[: 2 * size], offset[: 2 * size])
            r, z = gates.sigmoid().chunk(2, 1)
            new = nn.functional.linear(r * h, weight[2 * size :], offset[2 * size :])
            after = (1 - z) * (given[:, t, 2 * size :] + new).tanh() + z * h
            if lengths is None:
                h = steps[t] = after
            else:
                inside = (t < lengths)[:, None]
                h = torch.where(inside, after, h)
                steps[t] = after * inside
        return torch.stack(steps, 1), h


class Decoder(nn.Module):
    """Words one after the other, from a state (N, H) and the word before: while training the true one of words (N, T)
    with the share of teacher forcing, else the one with the highest score; in evaluation always the latter."""

    def __init__(self, vocabulary: int, embedding_dim: int, hidden_size: int, teacher_forcing: float = 0.5) -> None:
        super().__init__()
        self.teacher_forcing = teacher_forcing
        self.embedding = nn.Embedding(vocabulary, embedding_dim)
        self.cell = nn.GRUCell(embedding_dim, hidden_size)
        self.score = nn.Linear(hidden_size, vocabulary)

    def forward(self, words: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        word, scores = words[:, 0], []
        for t in range(words.shape[1]):
            state = self.cell(self.embedding(word), state)
            scores.append(self.score(state))
            word = scores[-1].argmax(1)
            if self.training and t + 1 < words.shape[1]:
                taught = torch.rand(len(word), device=word.device) < self.teacher_forcing
                word = torch.where(taught, words[:, t + 1], word)
        return torch.stack(scores, 1)

    def extra_repr(self) -> str:
        return f"teacher_forcing={self.teacher_forcing}"


class Attention(nn.Module):
    """softmax(q kᵀ / √d) v; causal: only steps up to one's own; with lengths padding gets no weight."""

    def __init__(self, scale: bool = True, causal: bool = False) -> None:
        super().__init__()
        self.scale, self.causal = scale, causal

    def weights(self, q: torch.Tensor, k: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """How much each step of q takes from each step of k (N, n, m); rows add up to 1."""
        scores = q @ k.transpose(1, 2)
        if self.scale:
            scores = scores / q.shape[2] ** 0.5
        steps = torch.arange(k.shape[1], device=k.device)
        if self.causal:
            scores = scores.masked_fill(steps[None, :] > steps[:, None], float("-inf"))
        if lengths is not None:
            scores = scores.masked_fill((steps >= lengths[:, None])[:, None], float("-inf"))
        return scores.softmax(2)

    def forward(
        self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, lengths: torch.Tensor | None = None
    ) -> torch.Tensor:
        return self.weights(q, k, lengths) @ v

    def extra_repr(self) -> str:
        return f"scale={self.scale}, causal={self.causal}"


class MultiheadAttention(nn.MultiheadAttention):
    """torch's attention with several heads, of which only the result goes on; with lengths padding gets no weight."""

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        causal: bool = False,
        dropout: float = 0.0,
        bias: bool = True,
        kdim: int | None = None,
        vdim: int | None = None,
    ) -> None:
        super().__init__(embed_dim, num_heads, dropout, bias, kdim=kdim, vdim=vdim, batch_first=True)
        self.causal = causal

    def forward(self, q: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        """q, then k and v where they are not q; then lengths (N,), the only one without axes of steps and features."""
        lengths = others[-1] if others and others[-1].dim() == 1 else None
        given = (q, *others) if lengths is None else (q, *others[:-1])
        k, v = (*given, given[-1], given[-1])[1:3]
        steps = torch.arange(k.shape[1], device=k.device)
        later = steps[None, :] > steps[:, None] if self.causal else None
        padding = None if lengths is None else steps >= lengths[:, None]
        return super().forward(q, k, v, padding, need_weights=False, attn_mask=later)[0]

    def extra_repr(self) -> str:
        return (
            f"{self.embed_dim}, {self.num_heads}, causal={self.causal}, dropout={self.dropout}, "
            f"kdim={self.kdim}, vdim={self.vdim}"
        )


class PositionalEncoding(nn.Module):
    """Adds to every step (N, length, features) a pattern of its place."""

    def __init__(self, length: int, features: int, learned: bool = False) -> None:
        super().__init__()
        self.length, self.features, self.learned = length, features, learned
        if learned:
            self.weight = nn.Parameter(0.02 * torch.randn(length, features))
        else:
            self.register_buffer("weight", self.waves(length, features), persistent=False)

    @staticmethod
    def waves(length: int, features: int) -> torch.Tensor:
        """sin(t / 10000^(2i/d)) in the even places, cos in the odd ones."""
        pairs = (features + 1) // 2
        angle = torch.arange(length)[:, None] / 10000 ** (2 * torch.arange(pairs) / features)
        return torch.stack([angle.sin(), angle.cos()], 2).flatten(1)[:, :features]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.weight[: x.shape[1]]

    def extra_repr(self) -> str:
        return f"{self.length}, {self.features}, learned={self.learned}"


class TransformerEncoder(nn.Module):
    """Attention of the steps to each other, then two matrices for each step by itself, both with a skip."""

    def __init__(
        self,
        features: int,
        num_heads: int,
        dim_feedforward: int,
        dropout: float = 0.0,
        norm_first: bool = True,
        causal: bool = False,
    ) -> None:
        super().__init__()
        self.norm_first = norm_first
        self.self_attn = MultiheadAttention(features, num_heads, causal, dropout)
        self.linear1 = nn.Linear(features, dim_feedforward)
        self.linear2 = nn.Linear(dim_feedforward, features)
        self.norm1, self.norm2 = nn.LayerNorm(features), nn.LayerNorm(features)
        self.drop = nn.Dropout(dropout)

    def attend(self, x: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        """What a step takes from the others."""
        result: torch.Tensor = self.drop(self.self_attn(x) if lengths is None else self.self_attn(x, lengths))
        return result

    def think(self, x: torch.Tensor) -> torch.Tensor:
        """What each step makes of itself."""
        result: torch.Tensor = self.drop(self.linear2(self.drop(self.linear1(x).relu())))
        return result

    def forward(self, x: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        if self.norm_first:
            x = x + self.attend(self.norm1(x), lengths)
            return x + self.think(self.norm2(x))
        x = self.norm1(x + self.attend(x, lengths))
        result: torch.Tensor = self.norm2(x + self.think(x))
        return result

    def extra_repr(self) -> str:
        return f"norm_first={self.norm_first}"
