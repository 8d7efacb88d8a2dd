"""What the layers of a network put out for many samples: the representation it has learned."""

from collections.abc import Collection

import numpy as np
import torch

from dllab.training.session import Session

_CHUNK = 512


def layer_outputs(session: Session, x: np.ndarray, nodes: Collection[str] = ()) -> dict[str, np.ndarray]:
    """Outputs (n, …) of the named nodes (of all, if none is named) for prepared samples, in evaluation mode."""
    parts: dict[str, list[np.ndarray]] = {}
    with session.looking(), session.precision.casting():
        for start in range(0, len(x), _CHUNK):
            batch = torch.from_numpy(np.ascontiguousarray(x[start : start + _CHUNK])).to(session.device)
            for name, value in session.network.forward_nodes(batch).items():
                if not nodes or name in nodes:
                    parts.setdefault(name, []).append(value.float().cpu().numpy())
    return {name: np.concatenate(values) for name, values in parts.items()}
