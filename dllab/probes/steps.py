"""The steps of a sample in words, and what the network says of it."""

from torch import Tensor

from dllab.build.module import Outputs
from dllab.probes.inside import Passage
from dllab.training.precision import whole
from dllab.training.session import Session


def step_names(session: Session, sample: int, count: int, total: int) -> list[str]:
    """What `count` of `total` steps are: words or characters of a sample of the validation part, else their numbers."""
    raw, tokens = session.prepared.validation.raw[sample], session.data.tokens
    if tokens and raw.ndim == 1 and total == len(raw):
        said = [tokens[int(i)] for i in raw[:count]]
        return [{" ": "␣", "\n": "⏎", "": "–"}.get(word, word) for word in said]
    return [str(number + 1) for number in range(count)]


def output_of(session: Session, every: dict[str, Passage]) -> Tensor:
    """What the main Output says in these passages."""
    return session.aims.said(outputs_of(session, every))


def outputs_of(session: Session, every: dict[str, Passage]) -> Outputs:
    """What reaches the ends in these passages, as the losses take it."""
    slots = {
        slot: value
        for step in session.network.plan
        for slot, value in zip(step.outputs, every[step.node].outputs, strict=True)
    }
    return whole(session.network.gathered(slots))
