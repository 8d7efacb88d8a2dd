"""Schedules: how the learning rate changes along a run. Drawn from here before a run; in the run torch computes them."""

from math import cos, pi
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dllab.declare import Declared, Registry
from dllab.layers.base import Call
from dllab.text import N_


class Schedule(Declared):
    """Base of all schedules; `base` is the learning rate of the recipe."""

    every: ClassVar[Literal["step", "epoch", "loss"]] = "step"
    """When torch's scheduler is asked: after each step, after each epoch, or after each validation with its loss."""

    def rate(self, base: float, step: int, epochs: int, steps: int) -> float:
        """The learning rate of a step (from 0) in a run of `epochs` epochs of `steps` steps."""
        return base

    def call(self, base: float, epochs: int, steps: int) -> Call | None:
        """How torch.optim.lr_scheduler makes it, without the optimiser; None where the rate stays."""
        raise NotImplementedError(f"{type(self).__name__}.call")


SCHEDULES: Registry[Schedule] = Registry("dllab.schedules")
schedule = SCHEDULES.add

_SHARE = Annotated[float, Field(gt=0.0, lt=1.0)]


@schedule
class Constant(Schedule):
    """The learning rate stays as it is.

    $\\eta_t = \\eta$.

    Reference: Robbins, Monro, Annals of Mathematical Statistics 22 (1951), on when that may never settle.
    """

    kind: ClassVar[str] = "constant"
    title: ClassVar[str] = N_("Constant")

    def call(self, base: float, epochs: int, steps: int) -> Call | None:
        return None


@schedule
class Step(Schedule):
    """Multiplies the learning rate by a factor every few epochs: large steps first, small ones to settle.

    $\\eta_e = \\eta \\, \\gamma^{\\lfloor e / k \\rfloor}$ in epoch $e$.

    Reference: He, Zhang, Ren, Sun, CVPR 2016, 3.4; `torch.optim.lr_scheduler.StepLR`.
    """

    kind: ClassVar[str] = "step"
    title: ClassVar[str] = N_("Steps down")
    every = "epoch"

    step_size: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        10, title=N_("Every"), description=N_("Epochs between two reductions")
    )
    gamma: _SHARE = Field(0.5, title=N_("Factor"), description=N_("What the rate is multiplied by each time"))

    def rate(self, base: float, step: int, epochs: int, steps: int) -> float:
        return float(base * self.gamma ** (step // steps // self.step_size))

    def call(self, base: float, epochs: int, steps: int) -> Call:
        return Call("StepLR", (self.step_size,), {"gamma": self.gamma})


@schedule
class Cosine(Schedule):
    """Lets the learning rate fall along half a cosine to the end of the run.

    $\\eta_t = \\eta_{end} + \\frac12 (\\eta - \\eta_{end}) (1 + \\cos \\frac{\\pi t}{T})$ at step $t$ of $T$.

    Reference: Loshchilov, Hutter, *SGDR*, ICLR 2017; `torch.optim.lr_scheduler.CosineAnnealingLR`.
    """

    kind: ClassVar[str] = "cosine"
    title: ClassVar[str] = N_("Cosine")

    end: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(
        0.0, title=N_("End"), description=N_("Share of the learning rate that is left at the end")
    )

    def rate(self, base: float, step: int, epochs: int, steps: int) -> float:
        least = base * self.end
        return least + (base - least) * (1 + cos(pi * min(1.0, step / (epochs * steps)))) / 2

    def call(self, base: float, epochs: int, steps: int) -> Call:
        return Call("CosineAnnealingLR", (epochs * steps,), {"eta_min": base * self.end})


@schedule
class WarmUp(Schedule):
    """Raises the learning rate from almost nothing in the first steps, then leaves it.

    $\\eta_t = \\eta \\, ( f + (1 - f) \\frac{t}{n} )$ for $t < n$, $\\eta$ afterwards: the first gradients of an untrained
    network are wild.

    Reference: Goyal et al., arXiv 1706.02677 (2017), 2.2; `torch.optim.lr_scheduler.LinearLR`.
    """

    kind: ClassVar[str] = "warm_up"
    title: ClassVar[str] = N_("Warm-up")

    steps: Annotated[int, Field(ge=1, le=10_000_000)] = Field(
        100, title=N_("Steps"), description=N_("After how many steps the full learning rate is reached")
    )
    start: _SHARE = Field(0.01, title=N_("Start"), description=N_("Share of the learning rate to begin with"))

    def rate(self, base: float, step: int, epochs: int, steps: int) -> float:
        return base * (self.start + (1 - self.start) * min(1.0, step / self.steps))

    def call(self, base: float, epochs: int, steps: int) -> Call:
        return Call("LinearLR", (self.start, 1.0, self.steps))


@schedule
class OneCycle(Schedule):
    """Up to the learning rate and down again to far below where it began, once in the whole run.

    Two half cosines: from $\\eta / d$ up to $\\eta$, then down to $\\eta / (d \\cdot d_{end})$.

    Reference: Smith, Topin, *Super-convergence*, arXiv 1708.07120 (2017); `torch.optim.lr_scheduler.OneCycleLR`.
    """

    kind: ClassVar[str] = "one_cycle"
    title: ClassVar[str] = N_("One cycle")

    peak: _SHARE = Field(0.3, title=N_("Peak at"), description=N_("Share of the run after which the peak is reached"))
    div_factor: Annotated[float, Field(gt=1.0, le=1e6)] = Field(
        25.0, title=N_("Start divisor"), description=N_("How many times smaller than the peak the rate begins")
    )
    final_div_factor: Annotated[float, Field(ge=1.0, le=1e9)] = Field(
        1e4, title=N_("End divisor"), description=N_("How many times smaller than the first rate the last one is")
    )

    def _peak(self, total: int) -> float:
        # A way up of exactly one step would have length 0, and torch would divide by it.
        return self.peak if abs(self.peak * total - 1) > 1e-6 else self.peak * 0.999

    def rate(self, base: float, step: int, epochs: int, steps: int) -> float:
        total = epochs * steps
        first, top = base / self.div_factor, self._peak(total) * total - 1
        step = min(step, total - 1)
        if step <= top:
            return _half_cosine(first, base, step / top)
        return _half_cosine(base, first / self.final_div_factor, (step - top) / (total - 1 - top))

    def call(self, base: float, epochs: int, steps: int) -> Call:
        total = epochs * steps
        options = {
            "total_steps": total,
            "pct_start": self._peak(total),
            "div_factor": self.div_factor,
            "final_div_factor": self.final_div_factor,
            # Momentum stays as the optimiser has it: one thing changes at a time.
            "cycle_momentum": False,
        }
        return Call("OneCycleLR", (base,), options)


@schedule
class Plateau(Schedule):
    """Multiplies the learning rate by a factor when the validation loss has stopped falling.

    After more than $n$ epochs in a row without a better validation loss $\\eta \\leftarrow \\gamma \\eta$. When that will be nobody
    knows before the run.

    Reference: Bengio, *Practical recommendations*, arXiv 1206.5533 (2012); `torch.optim.lr_scheduler.ReduceLROnPlateau`.
    """

    kind: ClassVar[str] = "plateau"
    title: ClassVar[str] = N_("On plateau")
    every = "loss"

    patience: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        5, title=N_("Patience"), description=N_("Epochs without a better validation loss that are waited for")
    )
    factor: _SHARE = Field(0.5, title=N_("Factor"), description=N_("What the rate is multiplied by each time"))

    def call(self, base: float, epochs: int, steps: int) -> Call:
        # Every improvement counts, however small, as for early stopping.
        return Call("ReduceLROnPlateau", (), {"factor": self.factor, "patience": self.patience, "threshold": 0.0})


def _half_cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + cos(pi * share))
