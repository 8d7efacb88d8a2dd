"""Modules that torch lacks. Their source is copied into exported code, so each stands on torch alone."""

import torch
from torch import nn

from dllab.build.sequence_blocks import (
    GRU,
    LSTM,
    RNN,
    Attention,
    Decoder,
    MultiheadAttention,
    PositionalEncoding,
    TransformerEncoder,
)

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Attention",
    "Decoder",
    "MultiheadAttention",
    "PositionalEncoding",
    "TransformerEncoder",
]


class Add(nn.Module):
    """The sum of all inputs."""

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        total = inputs[0]
        for other in inputs[1:]:
            total = total + other
        return total


class Concat(nn.Module):
    """All inputs one after the other along an axis."""

    def __init__(self, dim: int = 1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return torch.cat(inputs, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Padded(nn.Module):
    """What layers share that are told where the padding of each sample begins."""

    @staticmethod
    def behind(x: torch.Tensor, lengths: torch.Tensor, dim: int) -> torch.Tensor:
        """Where along an axis padding stands, bool, to be broadcast over x."""
        places = torch.arange(x.shape[dim], device=x.device) >= lengths[:, None]
        return places.view(len(x), *(n if axis == dim else 1 for axis, n in enumerate(x.shape) if axis))


class Reshape(Padded):
    """The same numbers in another shape; the batch axis stays. With lengths the padding along axis `time` becomes 0."""

    def __init__(self, *shape: int, time: int = 1) -> None:
        super().__init__()
        self.shape, self.time = shape, time

    def forward(self, x: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        if lengths is not None:
            x = x.masked_fill(self.behind(x, lengths, self.time), 0)
        return x.reshape(x.shape[0], *self.shape)

    def extra_repr(self) -> str:
        return ", ".join(map(str, self.shape))


class GlobalAvgPool(nn.Module):
    """The mean of every channel over all its positions."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(2).mean(2)


class GlobalMaxPool(nn.Module):
    """The largest value of every channel over all its positions."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(2).amax(2)


class Multiply(nn.Module):
    """The product of all inputs, number by number."""

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        product = inputs[0]
        for other in inputs[1:]:
            product = product * other
        return product


class MatMul(nn.Module):
    """The matrix product of two inputs; with transpose that of a and the turned b."""

    def __init__(self, transpose: bool = False) -> None:
        super().__init__()
        self.transpose = transpose

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a @ (b.transpose(-2, -1) if self.transpose else b)

    def extra_repr(self) -> str:
        return f"transpose={self.transpose}"


class Slice(nn.Module):
    """The places from start up to stop along an axis."""

    def __init__(self, dim: int, start: int, stop: int) -> None:
        super().__init__()
        self.dim, self.start, self.stop = dim, start, stop

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.narrow(self.dim, self.start, self.stop - self.start)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, start={self.start}, stop={self.stop}"


class Mean(Padded):
    """The mean along an axis; with lengths that of the steps before the padding."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        if lengths is None:
            return x.mean(self.dim)
        steps = x.masked_fill(self.behind(x, lengths, self.dim), 0)
        return steps.sum(self.dim) / lengths.view(-1, *(1 for _axis in x.shape[2:]))

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Max(Padded):
    """The largest number along an axis; with lengths that of the steps before the padding."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        if lengths is not None:
            x = x.masked_fill(self.behind(x, lengths, self.dim), float("-inf"))
        return x.max(self.dim).values

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Constant(nn.Module):
    """The same numbers for every sample of the batch."""

    def __init__(self, shape: tuple[int, ...], value: float, learned: bool = False) -> None:
        super().__init__()
        self.shape, self.value, self.learned = shape, value, learned
        numbers = torch.full(shape, float(value))
        if learned:
            self.weight = nn.Parameter(numbers)
        else:
            self.register_buffer("weight", numbers, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weight.expand(x.shape[0], *self.shape)

    def extra_repr(self) -> str:
        return f"{self.shape}, value={self.value}, learned={self.learned}"


class Reparameterise(nn.Module):
    """A random draw around mu with variance exp(logvar) while training; mu itself in evaluation."""

    def forward(self, mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return mu
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)


class Transpose(nn.Module):
    """Two axes change places."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__()
        self.first, self.second = first, second

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.transpose(self.first, self.second)

    def extra_repr(self) -> str:
        return f"{self.first}, {self.second}"


class KLDivergence(nn.Module):
    """KL divergence between smoothed one-hot targets p and q = softmax(scores), averaged over the batch."""

    def __init__(self, direction: str = "forward", label_smoothing: float = 0.0) -> None:
        super().__init__()
        self.direction, self.label_smoothing = direction, label_smoothing

    def forward(self, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        p = targets * (1 - self.label_smoothing) + self.label_smoothing / targets.shape[-1]
        logs = scores.log_softmax(-1)
        if self.direction == "forward":
            # xlogy: 0 log 0 is 0.
            return (torch.xlogy(p, p) - p * logs).sum(-1).mean()
        return (logs.exp() * (logs - p.log())).sum(-1).mean()


class StandardNormal(nn.Module):
    """KL divergence from normal distributions with mean mu and log variance logvar to N(0, 1), averaged over the batch."""

    def forward(self, mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
        return 0.5 * (mu**2 + logvar.exp() - logvar - 1).flatten(1).sum(1).mean()


class CosineLoss(nn.Module):
    """One minus the cosine of the angle between outputs and targets, averaged over the batch."""

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return (1 - nn.functional.cosine_similarity(outputs.flatten(1), targets.flatten(1), dim=1)).mean()


class FocalLoss(nn.Module):
    """Cross-entropy of scores, each sample weighed by (1 - p)^gamma, p the probability of its class."""

    def __init__(self, gamma: float = 2.0) -> None:
        super().__init__()
        self.gamma = gamma

    def forward(self, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        known = targets >= 0
        logs = nn.functional.log_softmax(scores[known], -1).gather(-1, targets[known].unsqueeze(-1)).squeeze(-1)
        # At p = 1 the slope of the power is endless for gamma below 1, and that times 0 is no number.
        return -((1 - logs.exp()).clamp(min=1e-7) ** self.gamma * logs).mean()


class SmoothedBinaryCrossEntropy(nn.BCEWithLogitsLoss):
    """torch's loss against targets that are a little less sure."""

    def __init__(self, label_smoothing: float = 0.0, pos_weight: torch.Tensor | None = None) -> None:
        super().__init__(pos_weight=pos_weight)
        self.label_smoothing = label_smoothing

    def forward(self, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return super().forward(scores, targets * (1 - self.label_smoothing) + self.label_smoothing / 2)
