"""What a model of language writes: one word or letter after the other, drawn from what it holds likely."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dllab.probes.base import DoesNotApply, Shown, integer, probe
from dllab.text import _
from dllab.training.session import Session

_PROMPT, _MOST = 400, 1000
_COLD = 0.01
"""At this temperature and below the likeliest is taken, and nothing is drawn."""


@probe("sampled_text")
def sampled_text(session: Session, params: Mapping[str, Any]) -> Shown:
    """Params: prompt, temperature, length, seed. Arrays: token (what was written) and chance (how likely it was held).
    Labels: prompt (as far as its letters or words are known) and text. Random numbers are its own."""
    refuse_other(session)
    temperature = params.get("temperature", 0.8)
    temperature = min(max(float(temperature), 0.0), 5.0) if isinstance(temperature, int | float) else 0.8
    given = tokens_of(session, str(params.get("prompt", ""))[:_PROMPT])
    if not given:
        given = session.prepared.train.raw[0][:8].tolist()
    random = torch.Generator().manual_seed(integer(params, "seed", 0, 0, 2**31 - 1))
    written, chances = _write(session, given, temperature, integer(params, "length", 200, 1, _MOST), random)
    labels: dict[str, Any] = {"prompt": words_of(session, given), "text": words_of(session, written)}
    arrays: dict[str, np.ndarray] = {"token": np.array(written, np.int64), "chance": np.array(chances, np.float32)}
    axes: dict[str, tuple[str, ...]] = {"token": ("step",), "chance": ("step",)}
    return Shown(arrays, {**labels, "temperature": temperature}, axes)


def refuse_other(session: Session) -> None:
    """Raise DoesNotApply unless the answer at every step is the next token of the same text."""
    data, train = session.data, session.prepared.train
    told = data.tokens and data.tokens == data.classes and data.positions == train.raw.shape[1]
    if not told or not np.array_equal(train.raw[:64, 1:], train.y[:64, :-1]):
        raise DoesNotApply(_("Only a model of language writes text: one that says at every step what comes next."))
    if session.loss_declared.squash != "softmax":
        raise DoesNotApply(_("Text is drawn from probabilities: train with cross-entropy."))


def tokens_of(session: Session, text: str) -> list[int]:
    """A text as indices; what the model doesn't know is left out."""
    tokens = session.data.tokens
    known = {token: number for number, token in enumerate(tokens) if token}
    if all(len(token) <= 1 for token in tokens):
        lower = not any(token.isupper() for token in tokens)
        parts = list(text.lower() if lower else text)
    else:
        parts = [part if part in known else part.lower() for part in text.split()]
    return [known[part] for part in parts if part in known]


def words_of(session: Session, numbers: list[int]) -> str:
    """Indices as text."""
    tokens = session.data.tokens
    close = "" if all(len(token) <= 1 for token in tokens) else " "
    return close.join(tokens[number] for number in numbers)


def _write(
    session: Session, given: list[int], temperature: float, length: int, random: torch.Generator
) -> tuple[list[int], list[float]]:
    window = session.data.positions
    written, chances = list(given), list[float]()
    with session.looking():
        for _step in range(length):
            context = torch.tensor([written[-window:]], device=session.device)
            scores = _last(session, context)
            if temperature <= _COLD:
                token = int(scores.argmax())
                chance = float(scores.softmax(0)[token])
            else:
                shares = (scores / temperature).softmax(0)
                token = int(torch.multinomial(shares, 1, generator=random))
                chance = float(shares[token])
            written.append(token)
            chances.append(chance)
    return written[len(given) :], chances


def _last(session: Session, context: Tensor) -> Tensor:
    """Scores of what comes next, on the CPU: every device draws the same then."""
    try:
        outputs = session.aims.said(session.precision.reach(session.network, context))
    except RuntimeError as error:
        raise DoesNotApply(_("This network reads whole windows only, so it can't go on from a beginning.")) from error
    scores = outputs[0, -1].float().cpu()
    if not bool(torch.isfinite(scores).all()):
        raise DoesNotApply(_("What the network puts out is no longer a number."))
    return scores
