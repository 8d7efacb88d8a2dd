"""Modules for sequences that torch lacks; like those in `blocks`, they stand on torch alone."""

import torch
from torch import nn


class Memory(nn.RNNBase):
    """What recurrent layers share: sequences of unequal length, and which part of the result goes on."""

    gives = "sequence"

    def states(self, x: torch.Tensor, lengths: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
        """The state after every step (N, T, D·H), and the last one (layers·D, N, H)."""
        if lengths is None:
            steps, final = super().forward(x)
        else:
            packed = nn.utils.rnn.pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
            packed, final = super().forward(packed)
            steps, _lengths = nn.utils.rnn.pad_packed_sequence(packed, batch_first=True, total_length=x.shape[1])
        return steps, final[0] if isinstance(final, tuple) else final

    def forward(self, x: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        steps, final = self.states(x, lengths)
        if self.gives == "sequence":
            return steps
        if self.gives == "final state":
            return final[-2:].transpose(0, 1).flatten(1) if self.bidirectional else final[-1]
        if lengths is None:
            return steps[:, -1]
        return steps[torch.arange(len(x), device=x.device), lengths - 1]

    def extra_repr(self) -> str:
        return super().extra_repr() + (f", output={self.gives!r}" if self.gives != "sequence" else "")


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
    ) -> None:
        super().__init__(
            input_size, hidden_size, num_layers, nonlinearity,
            batch_first=True, dropout=dropout, bidirectional=bidirectional,
        )  # fmt: skip
        self.gives = output


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
        forget_bias: float | None = None,
    ) -> None:
        super().__init__(
            input_size, hidden_size, num_layers, batch_first=True, dropout=dropout, bidirectional=bidirectional
        )
        self.gives = output
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
        reset: str = "pytorch",
    ) -> None:
        super().__init__(
            input_size, hidden_size, num_layers, batch_first=True, dropout=dropout, bidirectional=bidirectional
        )
        self.gives = output
        self.reset = reset

    def extra_repr(self) -> str:
        return super().extra_repr() + (f", reset={self.reset!r}" if self.reset != "pytorch" else "")

    def states(self, x: torch.Tensor, lengths: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
        if self.reset == "pytorch":
            return super().states(x, lengths)
        finals = []
        for layer in range(self.num_layers):
            if layer and self.dropout:
                x = nn.functional.dropout(x, self.dropout, self.training)
            ways = [self._way(x, lengths, f"_l{layer}{end}") for end in ("", "_reverse")[: 1 + self.bidirectional]]
            x = torch.cat([steps for steps, _final in ways], 2)
            finals += [final for _steps, final in ways]
        return x, torch.stack(finals)

    def _way(self, x: torch.Tensor, lengths: torch.Tensor | None, end: str) -> tuple[torch.Tensor, torch.Tensor]:
        """One layer in one direction, as Cho et al. have it: the reset gate acts on the state before the matrix."""
        given = nn.functional.linear(x, getattr(self, f"weight_ih{end}"), getattr(self, f"bias_ih{end}"))
        weight, offset = getattr(self, f"weight_hh{end}"), getattr(self, f"bias_hh{end}")
        size = self.hidden_size
        h = x.new_zeros(len(x), size)
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
