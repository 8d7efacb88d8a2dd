"""Training samples changed anew in every epoch: shifted, mirrored, turned, with noise. The network never sees the same."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from dllab.document.experiment import Preparation

_CHUNK = 2048
"""Samples at a time: the grid of a chunk takes twice the memory of its pixels."""


def augments(preparation: Preparation, x: Tensor) -> bool:
    """Whether anything is to be done with these inputs. Pictures are moved; noise is added to any quantities."""
    moved = x.dim() == 4 and bool(preparation.shift or preparation.flip or preparation.rotate)
    return x.is_floating_point() and (moved or preparation.noise > 0)


def augment(x: Tensor, preparation: Preparation, seed: int, epoch: int) -> Tensor:
    """Changed copies of inputs (samples, …), decided by seed and epoch alone.

    Reference: Simard, Steinkraus, Platt, ICDAR (2003); `torch.nn.functional.affine_grid`.
    """
    # Drawn on the CPU, so that every device sees the same pictures.
    random = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    if x.dim() == 4 and (preparation.shift or preparation.flip or preparation.rotate):
        x = torch.cat([_moved(part, preparation, random) for part in torch.split(x, _CHUNK)])
    if preparation.noise > 0:
        noise = torch.randn(x.shape, generator=random, dtype=torch.float32)
        x = x + preparation.noise * noise.to(x.device, x.dtype)
    return x


def _moved(x: Tensor, preparation: Preparation, random: torch.Generator) -> Tensor:
    """Pictures (samples, channels, height, width), each moved its own way; what comes in from outside is the edge."""
    count, _channels, height, width = x.shape
    angle = (2 * torch.rand(count, generator=random) - 1) * math.radians(preparation.rotate)
    steps = torch.randint(-preparation.shift, preparation.shift + 1, (count, 2), generator=random)
    mirrored = torch.rand(count, generator=random) < (0.5 if preparation.flip else 0.0)
    sign = torch.where(mirrored, -1.0, 1.0)
    cos, sin = angle.cos(), angle.sin()
    theta = torch.stack(
        [
            torch.stack([sign * cos, -sin * height / width, 2 * steps[:, 0] / width], 1),
            torch.stack([sign * sin * width / height, cos, 2 * steps[:, 1] / height], 1),
        ],
        1,
    )
    grid = functional.affine_grid(theta.to(x.device), list(x.shape), align_corners=False).to(x.dtype)
    # Whole pixels are moved as they are; only a turn needs values in between.
    mode = "bilinear" if preparation.rotate else "nearest"
    return functional.grid_sample(x, grid, mode=mode, padding_mode="border", align_corners=False)
