"""What a network is judged by: one goal for each of its ends."""

from dataclasses import dataclass

from dllab.data.base import DataSpec, Target, asked
from dllab.document.experiment import Choice
from dllab.layers.base import Call
from dllab.layers.ends import Output, Prior
from dllab.recipe.losses import LOSSES, Loss


@dataclass(frozen=True)
class Goal:
    """The loss at one end of a network."""

    node: str
    weight: float
    inputs: int = 1
    """How many wires end there."""
    loss: Loss | None = None
    """Of an Output; a prior brings its own."""
    data: DataSpec | None = None
    """What an Output has to give."""
    target: Target = "label"
    own: Call | None = None
    """The loss of an end that is compared with nothing, as a prior."""


def goal(node: str, end: Output | Prior, recipe: Choice, data: DataSpec) -> Goal:
    """What is asked of an end. Raises KeyError or ValidationError for a loss that can't be made."""
    if isinstance(end, Prior):
        return Goal(node, end.weight, len(end.input_ports()), own=end.loss_call())
    choice = end.loss or recipe
    loss = LOSSES.make(choice.kind, choice.params)
    return Goal(node, end.weight, loss=loss, data=asked(data, end.target), target=end.target)


def main_goal(goals: tuple[Goal, ...]) -> Goal | None:
    """The goal that scores and views of results speak of: the first with the data's own answers, else the first one."""
    outputs = [found for found in goals if found.loss is not None]
    return next((found for found in outputs if found.target == "label"), outputs[0] if outputs else None)
