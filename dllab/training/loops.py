"""What the gradients of one step leave for the next: nothing, unless the recipe asks for a wrong loop to learn from."""

from collections.abc import Mapping

from torch import Tensor, nn

from dllab.document.experiment import ONE_BACKWARD, RIGHT, Loop


class Held:
    """The gradients that the weights hold from one step to the next."""

    def __init__(self, loop: Loop, network: nn.Module) -> None:
        self._named = dict(network.named_parameters())
        self._parameters = tuple(self._named.values())
        self._once = loop == ONE_BACKWARD
        self.kept = loop != RIGHT
        """Whether anything outlives a step."""

    def clear(self) -> None:
        """What comes before every backward pass (zero_grad), and what a wrong loop has forgotten."""
        if not self.kept:
            for parameter in self._parameters:
                parameter.grad = None

    def renewed(self, step: int) -> bool:
        """Whether the batch of this step is sent backward."""
        return step == 0 or not self._once

    def state(self) -> dict[str, Tensor]:
        """What must be kept with a run between two steps: gradients by the names of their weights."""
        if not self.kept:
            return {}
        return {name: p.grad for name, p in self._named.items() if p.grad is not None}

    def restore(self, gradients: Mapping[str, Tensor]) -> None:
        """Go on from `state()`."""
        for name, parameter in self._named.items():
            found = gradients.get(name)
            parameter.grad = None if found is None else found.to(parameter.device)
