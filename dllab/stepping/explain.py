"""Click any number: the sum that made it, with the operands of the run."""

import numpy as np

from dllab.layers.sums import Index, Lines
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
        told = what in ("loss", "gradient.input")
        return session.loss_declared.explain(numbers, what, index) if told else ()
    layer = session.check.nodes[operation.node].layer if operation.node else None
    computed = what == "output" if operation.phase == "forward" else what.startswith("gradient.")
    if layer is None or not computed or operation.phase not in ("forward", "backward"):
        return ()
    return layer.explain(numbers | {"training": np.array(session.network.training)}, what, index)


def _plain(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64) if array.dtype == np.float16 else array
