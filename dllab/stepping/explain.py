"""Click any number: the sum that made it, with the operands of the run."""

import numpy as np

from dllab.build.loss import Total
from dllab.data.base import IGNORED
from dllab.layers.base import is_padded, padded_axis
from dllab.layers.sums import Index, Line, Lines, Numbers, constant, place
from dllab.recipe import OPTIMISERS
from dllab.recipe.clipping import explain_clipping
from dllab.stepping.walk import Operation
from dllab.training.session import Session


def explain(session: Session, operation: Operation, what: str, index: Index) -> Lines:
    """The lines that lead to one number of an operation; empty where the layer does not tell. Raises IndexError."""
    numbers = {name: _plain(value) for name, value in operation.numbers().items()}
    array = numbers.get(what)
    if (
        array is None
        or len(index) != array.ndim
        or not all(0 <= i < n for i, n in zip(index, array.shape, strict=True))
    ):
        raise IndexError(f"{what}{list(index)}")
    match operation.phase:
        case "clip":
            recipe = session.recipe
            return explain_clipping(numbers, what, index, recipe.l1, recipe.clip_value or 0.0)
        case "update":
            return _update(session, numbers, what, index)
        case "loss":
            return _loss(session, operation.node, numbers, what, index)
        case "backward" if "loss" in numbers:
            return _loss(session, operation.node, numbers, what, index)
        case "forward" | "backward":
            return _layer(session, operation, numbers, what, index)
    return ()


def _layer(session: Session, operation: Operation, numbers: Numbers, what: str, index: Index) -> Lines:
    found = session.check.nodes[operation.node]
    if operation.phase == "forward":
        given = session.network.layers[operation.node].state_dict()
        computed = what not in given and what != "lengths" and not what.startswith("input")
    else:
        computed = what == "local" or what.startswith("gradient.")
    if found.layer is None or not computed:
        return ()
    modes: dict[str, int] = {
        "training": session.network.training,
        "padded": any(x is not None and is_padded(x) for x in found.inputs),
    }
    modes["time"] = max((padded_axis(x) for x in found.inputs if x is not None), default=0)
    return found.layer.explain({**numbers, **{name: np.array(mode) for name, mode in modes.items()}}, what, index)


def _loss(session: Session, node: str, numbers: Numbers, what: str, index: Index) -> Lines:
    number = next(i for i, found in enumerate(session.aims.goals) if found.node == node)
    goal = session.aims.goals[number]
    if what not in ("loss", "gradient.input", "gradient.mu", "gradient.logvar"):
        return ()
    lines = _told_by(session, number, numbers, what, index)
    if not lines or what == "loss" or "weight" not in numbers:
        return lines
    return (*lines, Line(place("∂L/∂z", *index), ((constant(goal.weight), lines[-1].factor()),)))


def _told_by(session: Session, number: int, numbers: Numbers, what: str, index: Index) -> Lines:
    """What the loss of an end says, before its weight."""
    goal = session.aims.goals[number]
    if goal.loss is None or goal.data is None:
        layer = session.check.nodes[goal.node].layer
        return layer.explain(numbers, what, index) if layer is not None else ()
    module = session.loss.losses[number] if isinstance(session.loss, Total) else session.loss
    buffers = [value.cpu().numpy() for value in module.buffers()]
    weights = {"weights": buffers[0]} if buffers else {}
    flat = _flat if goal.data.task == "reconstruction" else _answered
    answered, there = flat(numbers, index)
    if there is None:
        # Where there is no answer, nothing is asked for.
        return (Line("∂L/∂z", ()),)
    return goal.loss.explain({**answered, **weights}, what, there)


def _flat(numbers: Numbers, index: Index) -> tuple[Numbers, Index | None]:
    """Outputs and targets of the same form as rows, one a sample."""
    outputs, targets = numbers["outputs"], numbers["targets"]
    found = {**numbers, **{name: a.reshape(len(a), -1) for name, a in (("outputs", outputs), ("targets", targets))}}
    return found, (index[0], int(np.ravel_multi_index(index[1:], outputs.shape[1:]))) if index else index


def _answered(numbers: Numbers, index: Index) -> tuple[Numbers, Index | None]:
    """Outputs (N, C) and targets of the samples, or steps, that have an answer, and the index among them."""
    outputs, targets = numbers["outputs"], numbers["targets"]
    if outputs.ndim != 3:
        return numbers, index
    flat = outputs.reshape(-1, outputs.shape[-1])
    goals = targets.reshape(len(flat), *targets.shape[2:])
    known = goals != IGNORED if goals.dtype.kind == "i" else ~np.isnan(goals.reshape(len(flat), -1)[:, 0])
    found = {**numbers, "outputs": flat[known], "targets": goals[known]}
    if not index:
        return found, index
    row = index[0] * outputs.shape[1] + index[1]
    return found, (int(known[:row].sum()), index[2]) if known[row] else None


def _update(session: Session, numbers: Numbers, what: str, index: Index) -> Lines:
    recipe = session.recipe
    for key in ("new", "after"):
        weight, dot, rest = what.rpartition(f".{key}")
        if dot and not what.endswith(".after.step"):
            optimiser = OPTIMISERS.make(recipe.optimiser.kind, recipe.optimiser.params)
            return optimiser.explain(numbers, weight, key + rest, index, recipe.weight_decay)
    return ()


def _plain(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64) if array.dtype == np.float16 else array
