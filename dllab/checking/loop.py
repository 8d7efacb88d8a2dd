"""A training loop that is wrong on purpose: said wherever the experiment is looked at."""

from collections.abc import Iterator

from dllab.checking.problem import Fix, Problem
from dllab.document.experiment import ONE_BACKWARD, PILES_UP, RIGHT, Training
from dllab.text import N_, _

_WHAT = {
    PILES_UP: N_(
        "The training loop is wrong on purpose: it never clears the gradients (no zero_grad), so every update also "
        "follows all batches before."
    ),
    ONE_BACKWARD: N_(
        "The training loop is wrong on purpose: after the first batch it never goes backward again, so every update "
        "follows the gradient of weights that are long gone."
    ),
}


def loop_problems(training: Training) -> Iterator[Problem]:
    """That the loop is wrong, and where it can't be tried."""
    if training.loop == RIGHT:
        return
    fix = Fix("path", _("Use the right loop"), name="training.loop", value=RIGHT)
    yield Problem("wrong-loop", _(_WHAT[training.loop]), name="training.loop", severity="warning", fixes=(fix,))
    if training.precision == "float16":
        text = _("A wrong loop can't be tried in float16, which scales its gradients: choose float32 or bfloat16.")
        plain = Fix("path", _("Set {field} to {value}").format(field=_("Precision"), value="float32"),
                    name="training.precision", value="float32")  # fmt: skip
        yield Problem("loop-precision", text, name="training.precision", fixes=(plain, fix))
