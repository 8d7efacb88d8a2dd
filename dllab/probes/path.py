"""The path that training took through the space of all weights, seen from its two main directions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dllab.probes.base import DoesNotApply
from dllab.text import _
from dllab.training.session import Session

_MOST = 64
"""More snapshots than this say little more about the directions."""
_LEAST = 3
_PIECE = 65_536
"""Numbers of all snapshots that are looked at together: all of them at once could be more than there is memory."""
_FLAT = 1e-12


@dataclass(frozen=True)
class Path:
    """Where the weights were, in a plane through the present ones."""

    across: list[Tensor]
    """The first direction, as long as 1 over all parameters together."""
    up: list[Tensor]
    """The second one, at a right angle to the first."""
    places: np.ndarray
    """(n, 2): the snapshots less the present weights, along the directions."""
    steps: list[int]
    shares: tuple[float, float]
    """How much of the variance of the snapshots lies along each."""


def path_of(session: Session, weights: Mapping[str, Tensor]) -> Path:
    """Principal component analysis of the snapshots of a run, around these weights by name. Raises DoesNotApply.

    Reference: Li, Xu, Taylor, Studer, Goldstein, NeurIPS 2018.
    """
    kept = list(session.past.weights()) if session.past is not None else []
    if len(kept) < _LEAST:
        text = _("The time line of this run has too few snapshots for a path: train on, or choose random directions.")
        raise DoesNotApply(text)
    chosen = [kept[i] for i in sorted({round(i) for i in np.linspace(0, len(kept) - 1, _MOST)})]
    states = [state for _step, state in chosen]
    gram = np.zeros((len(states), len(states)))
    for name, now in weights.items():
        for piece in _pieces(states, name, now):
            gram += (piece @ piece.T).numpy()
    centre = np.eye(len(gram)) - 1 / len(gram)
    centred = centre @ gram @ centre
    values, vectors = np.linalg.eigh(centred)
    values, vectors = values[::-1][:2], vectors[:, ::-1][:, :2]
    if values[1] <= _FLAT * max(values[0], _FLAT):
        raise DoesNotApply(_("The weights have hardly moved yet, or all along one line: choose random directions."))
    # The first snapshot lies to the left and below: so it does not jump when it is looked at again.
    mixing = vectors / np.sqrt(values)
    places = gram @ mixing
    signs = np.where(places[0] > 0, -1.0, 1.0)
    across, up = (_direction(states, weights, mixing[:, k] * signs[k]) for k in (0, 1))
    shares = values / np.trace(centred)
    return Path(across, up, places * signs, [step for step, _state in chosen], (float(shares[0]), float(shares[1])))


def _pieces(states: Sequence[Mapping[str, Tensor]], name: str, now: Tensor) -> list[Tensor]:
    """A parameter in all snapshots less what it is now, (n, so many) at a time."""
    flat = now.detach().cpu().flatten()
    cuts = range(0, flat.numel(), _PIECE)
    return [
        torch.stack([state[name].flatten()[i : i + _PIECE].double() for state in states])
        - flat[i : i + _PIECE].double()
        for i in cuts
    ]


def _direction(
    states: Sequence[Mapping[str, Tensor]], weights: Mapping[str, Tensor], mixing: np.ndarray
) -> list[Tensor]:
    """The mixture of the snapshots, parameter by parameter."""
    shares = torch.from_numpy(mixing)
    return [
        torch.cat([shares @ piece for piece in _pieces(states, name, now)]).reshape(now.shape).to(now)
        for name, now in weights.items()
    ]
