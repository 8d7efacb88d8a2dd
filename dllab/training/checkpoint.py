"""A run on disk: safetensors with the plain facts as JSON in its header; nothing in it is ever executed."""

import json
import math
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError, safe_open

from dllab.document.format import FileProblem, from_text, to_text
from dllab.files import write_atomic
from dllab.text import _
from dllab.training.session import Session

FILE = "checkpoint.safetensors"
_FORMAT = "1"


class CheckpointProblem(ValueError):
    """A checkpoint that can't be used, with the reason for people."""


def save(session: Session, folder: Path) -> None:
    """Write the run's state into `folder`, whole or not at all. Raises OSError."""
    tensors, facts = session.state()
    # Infinity (no validation loss yet) is no JSON.
    facts = {**facts, "best": [None if math.isinf(facts["best"][0]) else facts["best"][0], facts["best"][1]]}
    header = {"dllab": _FORMAT, "facts": json.dumps(facts), "experiment": to_text(session.experiment)}
    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / FILE, safetensors.torch.save(plain, header))


def load(session: Session, folder: Path) -> None:
    """Let `session` (fresh, of the same experiment) go on from `folder`. Raises CheckpointProblem."""
    try:
        header, tensors = _read(folder / FILE)
        if header.get("dllab") != _FORMAT or from_text(header["experiment"]).experiment != session.experiment:
            raise CheckpointProblem(_("The checkpoint belongs to another experiment."))
        facts: dict[str, Any] = json.loads(header["facts"])
        facts["best"][0] = math.inf if facts["best"][0] is None else facts["best"][0]
        session.restore(tensors, facts)
    except OSError as error:
        raise CheckpointProblem(_("There is no checkpoint to go on from.")) from error
    except (SafetensorError, KeyError, IndexError, TypeError, RuntimeError, FileProblem, json.JSONDecodeError) as error:
        raise CheckpointProblem(_("The checkpoint is damaged: {reason}").format(reason=error)) from error


def _read(path: Path) -> tuple[dict[str, str], dict[str, Any]]:
    with safe_open(path, framework="pt") as file:
        return dict(file.metadata() or {}), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
