"""In which numbers a run computes: all in float32, or matrices and convolutions in 16 bits where that is faster."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from dllab.build.module import Outputs
from dllab.text import _
from dllab.training.device import DeviceProblem

_TYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


class Precision:
    """Weights, their gradients and the loss stay float32. Raises DeviceProblem where the device can't do it.

    Reference: Micikevicius et al., *Mixed precision training*, ICLR 2018; `torch.amp`.
    """

    def __init__(self, kind: str, device: torch.device) -> None:
        self._device = device
        self._type = _TYPES.get(kind)
        self.scaler: torch.amp.GradScaler | None = None
        """Small gradients would be 0 in float16: the loss is scaled up before, the gradients down after."""
        if kind == "float16":
            if device.type != "cuda":
                text = _("float16 needs an NVIDIA GPU, and this run is on {device}: choose float32 or bfloat16.")
                raise DeviceProblem(text.format(device=device.type.upper()))
            self.scaler = torch.amp.GradScaler("cuda")

    @property
    def mixed(self) -> bool:
        """Whether anything is computed in 16 bits."""
        return self._type is not None

    def casting(self) -> AbstractContextManager[object]:
        """Inside, torch computes in 16 bits what bears it."""
        if self._type is None:
            return nullcontext()
        return torch.autocast(self._device.type, self._type)

    def reach(self, network: nn.Module, x: Tensor) -> Outputs:
        """What reaches the ends of the network, for the loss."""
        if self._type is None:
            found: Outputs = network(x)
            return found
        with self.casting():
            return whole(network(x))

    @property
    def scale(self) -> float:
        """How often the gradients that `backward` makes hold their true size."""
        return 1.0 if self.scaler is None else self.scaler.get_scale()

    def skips(self, gradients: Iterable[Tensor]) -> bool:
        """Whether the step of such gradients is left out: the scale was too large for them."""
        return self.scaler is not None and not all(bool(torch.isfinite(each).all()) for each in gradients)

    def backward(self, loss: Tensor) -> None:
        """Gradients of the loss, scaled where the type asks for that."""
        if self.scaler is not None:
            loss = self.scaler.scale(loss)
        torch.autograd.backward(loss)


def whole(outputs: Outputs) -> Outputs:
    """What reaches the ends, for the loss: 16 bits as float32."""
    if isinstance(outputs, tuple):
        return tuple(map(_whole, outputs))
    return _whole(outputs)


def _whole(value: Tensor) -> Tensor:
    return value.float() if value.dtype in _TYPES.values() else value
