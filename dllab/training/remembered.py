"""What a run may know of its own past, whoever keeps it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from torch import Tensor


class Remembered(Protocol):
    """The weights that a run has had."""

    def weights(self) -> Sequence[tuple[int, Mapping[str, Tensor]]]:
        """Step and state of the network, in their order."""
        ...
