"""Click any number: the sum that made it, with the operands of the run."""

import numpy as np

from dllab.layers.sums import Index, Line, Lines, constant, place
from dllab.stepping.walk import Operation
from dllab.training.session import Session


def explain(session: Session, operation: Operation, what: str, index: Index) -> Lines:
    """The lines that lead to one number of an operation; empty where the layer does not tell. Raises IndexError."""
    numbers = {name: _plain(value.detach().cpu().numpy()) for name, value in operation.arrays.items()}
    array = numbers.get(what)
    if (
        array is None
        or len(index) != array.ndim
        or not all(0 <= i < n for i, n in zip(index, array.shape, strict=True))
    ):
        raise IndexError(f"{what}{list(index)}")
    at_the_end = operation.phase == "loss" or (operation.phase == "backward" and "loss" in numbers)
    if at_the_end:
        return _at_the_end(session, operation.node, numbers, what, index)
    layer = session.check.nodes[operation.node].layer if operation.node else None
    computed = what == "output" if operation.phase == "forward" else what.startswith("gradient.")
    if layer is None or not computed or operation.phase not in ("forward", "backward"):
        return ()
    return layer.explain(numbers | {"training": np.array(session.network.training)}, what, index)


def _at_the_end(session: Session, node: str, numbers: dict[str, np.ndarray], what: str, index: Index) -> Lines:
    goal = next(found for found in session.aims.goals if found.node == node)
    if goal.loss is None or what not in ("loss", "gradient.input"):
        return ()
    lines = goal.loss.explain(numbers, what, index)
    if not lines or what == "loss" or "weight" not in numbers:
        return lines
    weighted = Line(place("∂L/∂z", *index), ((constant(goal.weight), lines[-1].factor()),))
    return (*lines, weighted)


def _plain(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64) if array.dtype == np.float16 else array
