"""Loss functions: which targets and predictions they compare, and the torch call that computes them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from dllab.data.base import DataSpec, Task
from dllab.declare import Declared, Registry
from dllab.layers.base import Call, Shape
from dllab.layers.sums import Factor, Index, Lines, Numbers, Term, constant
from dllab.recipe import sums
from dllab.text import N_, _

TargetForm = Literal["index", "binary", "one_hot", "value"]
"""How a target meets the loss: class number; 0/1 as float (…, 1); one-hot row; the value itself."""


Squash = Literal["none", "softmax", "sigmoid"]
_CLASS_WEIGHTS = Literal["none", "balanced"]


class Loss(Declared):
    """Base of all losses; `call` builds one that averages over the batch."""

    short: ClassVar[str] = ""
    """What the Output is called on the canvas, where the title has no room."""
    tasks: ClassVar[tuple[Task, ...]]
    from_logits: ClassVar[bool] = False
    """Whether the loss applies softmax or sigmoid itself, so that the network must not."""
    squash: ClassVar[Squash] = "none"
    """Which of the two it applies."""

    def target_form(self, data: DataSpec) -> TargetForm:
        """In which form the targets of this data are compared."""
        return "one_hot" if data.task == "classification" else "value"

    def expects(self, data: DataSpec) -> Shape:
        """The output shape per sample that this loss needs on this data."""
        if data.task == "reconstruction":
            return tuple(data.input)
        return _every_step(data, len(data.targets) if data.task == "regression" else len(data.classes))

    def misfit(self, data: DataSpec) -> tuple[str, str]:
        """A parameter that doesn't fit this data and why, in one sentence; both empty where all do."""
        return "", ""

    def weights(self, counts: Sequence[int]) -> Mapping[str, tuple[float, ...]]:
        """Further options of the call, made tensors: weights that follow from how often each class occurs."""
        return {}

    def call(self) -> Call:
        """How torch builds it."""
        raise NotImplementedError(f"{type(self).__name__}.call")

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        """The sum behind the "loss" or one number of "gradient.input", from "outputs" (N, C), "targets" and, where classes
        weigh differently, "weights". Empty: not told."""
        return ()


def _every_step(data: DataSpec, size: int) -> Shape:
    """So many numbers, for each step of a sequence where the data asks for that."""
    return (data.positions, size) if data.positions else (size,)


LOSSES: Registry[Loss] = Registry("dllab.losses")
loss = LOSSES.add


@loss
class CrossEntropy(Loss):
    """How surprised the network is by the true class, on average.

    $L = -\\frac{1}{N} \\sum_n \\log p_{n, y_n}$ with $p = \\mathrm{softmax}(z)$. It takes raw scores $z$ (logits): no
    softmax layer before it. Smoothed by $\\alpha$, the true class's target is $1 - \\alpha + \\alpha / C$ and every other's
    $\\alpha / C$; balanced, class $c$ of $C$ weighs $\\frac{N}{C N_c}$ and the mean is a weighted one.

    Reference: Goodfellow et al. (2016), 6.2.2.3; Szegedy et al., CVPR 2016, 7; `torch.nn.CrossEntropyLoss`.
    """

    kind: ClassVar[str] = "cross_entropy"
    squash: ClassVar[Squash] = "softmax"
    title: ClassVar[str] = N_("Cross-entropy")
    tasks: ClassVar[tuple[Task, ...]] = ("classification",)
    from_logits: ClassVar[bool] = True

    label_smoothing: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(
        0.0,
        title=N_("Label smoothing"),
        description=N_("Share of the target that is spread evenly over all classes, against being too sure"),
    )
    class_weights: Literal["none", "balanced", "own"] = Field(
        "none",
        title=N_("Class weights"),
        description=N_(
            "balanced: a class that is half as frequent in the training part counts twice as much; own: the numbers below"
        ),
    )
    own_weights: Annotated[str, Field(max_length=4000)] = Field(
        "",
        title=N_("Own weights"),
        description=N_("One number for each class in their order, with commas between, as in 1, 1, 5"),
    )

    def target_form(self, data: DataSpec) -> TargetForm:
        return "index"

    def own(self) -> tuple[float, ...]:
        """The numbers that a person wrote; none where one of them is no weight."""
        try:
            found = tuple(float(part) for part in self.own_weights.replace(";", ",").split(",") if part.strip())
        except ValueError:
            return ()
        return found if all(0 <= weight < 1e9 for weight in found) and sum(found) > 0 else ()

    def misfit(self, data: DataSpec) -> tuple[str, str]:
        if self.class_weights != "own" or len(self.own()) == len(data.classes):
            return "", ""
        text = _(
            "There are {count} classes: write as many weights of at least 0, with commas between, as in {example}."
        )
        example = ", ".join(["1"] * min(len(data.classes), 4)) + (", …" if len(data.classes) > 4 else "")
        return "own_weights", text.format(count=len(data.classes), example=example)

    def weights(self, counts: Sequence[int]) -> Mapping[str, tuple[float, ...]]:
        if self.class_weights == "none":
            return {}
        if self.class_weights == "own":
            return {"weight": self.own()}
        return {"weight": tuple(sum(counts) / (len(counts) * max(1, count)) for count in counts)}

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        return sums.against_classes(numbers, what, index, self.label_smoothing)

    def call(self) -> Call:
        return Call(
            "nn.CrossEntropyLoss", (), {"label_smoothing": self.label_smoothing} if self.label_smoothing else {}
        )


@loss
class BinaryCrossEntropy(Loss):
    """Cross-entropy for two classes from one score.

    $L = -\\frac{1}{N} \\sum_n [\\, y_n \\log \\sigma(z_n) + (1 - y_n) \\log(1 - \\sigma(z_n)) \\,]$. It takes the raw score
    $z$ and applies the sigmoid itself. With more than two classes every class is its own yes-or-no question; of
    an input that is to be given again every number is one, from 0 to 1. Balanced, the
    first term weighs $N_{no} / N_{yes}$.

    Reference: Goodfellow et al. (2016), 6.2.2.2; `torch.nn.BCEWithLogitsLoss`.
    """

    kind: ClassVar[str] = "binary_cross_entropy"
    squash: ClassVar[Squash] = "sigmoid"
    title: ClassVar[str] = N_("Binary cross-entropy")
    short: ClassVar[str] = N_("Binary CE")
    tasks: ClassVar[tuple[Task, ...]] = ("classification", "reconstruction")
    from_logits: ClassVar[bool] = True

    def target_form(self, data: DataSpec) -> TargetForm:
        if data.task == "reconstruction":
            return "value"
        return "binary" if len(data.classes) == 2 else "one_hot"

    def expects(self, data: DataSpec) -> Shape:
        if data.task == "reconstruction":
            return super().expects(data)
        return _every_step(data, 1 if len(data.classes) == 2 else len(data.classes))

    class_weights: _CLASS_WEIGHTS = Field(
        "none",
        title=N_("Class weights"),
        description=N_("balanced: yes counts as much more as it is rarer than no in the training part"),
    )
    label_smoothing: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(
        0.0,
        title=N_("Label smoothing"),
        description=N_("Yes and no become a little less sure: α/2 instead of 0, 1 - α/2 instead of 1"),
    )

    def weights(self, counts: Sequence[int]) -> Mapping[str, tuple[float, ...]]:
        if self.class_weights == "none":
            return {}
        yes = counts[1:] if len(counts) == 2 else counts
        return {"pos_weight": tuple((sum(counts) - count) / max(1, count) for count in yes)}

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        return () if self.label_smoothing else sums.yes_or_no(numbers, what, index)

    def call(self) -> Call:
        if self.label_smoothing:
            return Call("blocks.SmoothedBinaryCrossEntropy", (), {"label_smoothing": self.label_smoothing})
        return Call("nn.BCEWithLogitsLoss")


@loss
class MSE(Loss):
    """The mean of the squared differences.

    $L = \\frac{1}{N} \\sum_n \\lVert \\hat y_n - y_n \\rVert^2 / d$ over the $d$ outputs. Large errors weigh most. For classes it
    compares the outputs with 1 for the true class and 0 for the others.

    Reference: `torch.nn.MSELoss`.
    """

    kind: ClassVar[str] = "mse"
    title: ClassVar[str] = N_("Mean squared error")
    short: ClassVar[str] = N_("MSE")
    tasks: ClassVar[tuple[Task, ...]] = ("regression", "reconstruction", "classification")

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        return sums.by_difference(numbers, what, index, sums.squared, lambda error: (constant(2.0), error))

    def call(self) -> Call:
        return Call("nn.MSELoss")


@loss
class L1(Loss):
    """The mean of the absolute differences; single outliers weigh less than in mean squared error.

    $L = \\frac{1}{N} \\sum_n | \\hat y_n - y_n |$.

    Reference: `torch.nn.L1Loss`.
    """

    kind: ClassVar[str] = "l1"
    title: ClassVar[str] = N_("Mean absolute error (L1)")
    short: ClassVar[str] = N_("L1 loss")
    tasks: ClassVar[tuple[Task, ...]] = ("regression", "reconstruction", "classification")

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        return sums.by_difference(numbers, what, index, sums.absolute, sums.sign)

    def call(self) -> Call:
        return Call("nn.L1Loss")


@loss
class Huber(Loss):
    """Squared for small differences, absolute for large ones.

    $\\frac12 e^2$ for $|e| \\le \\delta$, $\\delta (|e| - \\frac12 \\delta)$ beyond.

    Reference: Huber, Annals of Mathematical Statistics 35 (1964); `torch.nn.HuberLoss`.
    """

    kind: ClassVar[str] = "huber"
    title: ClassVar[str] = N_("Huber")
    tasks: ClassVar[tuple[Task, ...]] = ("regression", "reconstruction", "classification")

    delta: Annotated[float, Field(gt=0.0, le=1e6)] = Field(
        1.0, title=N_("Delta"), description=N_("Where squared turns into absolute")
    )

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        return sums.by_difference(numbers, what, index, self._cost, self._slope)

    def _cost(self, error: Factor) -> Term:
        size = abs(error.value)
        if size <= self.delta:
            return (constant(0.5), error, error)
        return (constant(self.delta), Factor("|e| − δ/2", size - 0.5 * self.delta))

    def _slope(self, error: Factor) -> Term:
        return (error,) if abs(error.value) <= self.delta else (constant(self.delta), *sums.sign(error))

    def call(self) -> Call:
        return Call("nn.HuberLoss", (), {"delta": self.delta})


@loss
class KLDivergence(Loss):
    """How far the predicted class probabilities are from the true ones, in one of two directions.

    Forward $\\mathrm{KL}(p \\| q) = \\sum_c p_c \\log \\frac{p_c}{q_c}$ from target $p$ to prediction $q = \\mathrm{softmax}(z)$, with
    $0 \\log 0 = 0$; reverse $\\mathrm{KL}(q \\| p)$. It is not symmetric and no distance. Forward it is cross-entropy minus the
    entropy of the target; reverse it is infinite for a target of 0, so there targets must be smoothed.

    Reference: Kullback, Leibler, Annals of Mathematical Statistics 22 (1951); `torch.nn.KLDivLoss`.
    """

    kind: ClassVar[str] = "kl_divergence"
    title: ClassVar[str] = N_("KL divergence")
    tasks: ClassVar[tuple[Task, ...]] = ("classification",)
    from_logits: ClassVar[bool] = True
    squash: ClassVar[Squash] = "softmax"

    direction: Literal["forward", "reverse"] = Field(
        "forward",
        title=N_("Direction"),
        description=N_("forward: from the target to the prediction, KL(p‖q); reverse: KL(q‖p)"),
    )
    label_smoothing: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(
        0.01, title=N_("Label smoothing"), description=N_("Share of the target that is spread evenly over all classes")
    )

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        if not self.label_smoothing:
            return ()
        return sums.divergence(numbers, what, index, self.label_smoothing, self.direction == "reverse")

    @model_validator(mode="after")
    def _reverse_needs_smoothing(self) -> "KLDivergence":
        if self.direction == "reverse" and self.label_smoothing == 0:
            raise ValueError(_("must be more than 0 in the reverse direction, which else is infinite"))
        return self

    def call(self) -> Call:
        options = {"direction": self.direction, "label_smoothing": self.label_smoothing}
        return Call("blocks.KLDivergence", (), options)


@loss
class Cosine(Loss):
    """How far the outputs point away from the target: only the direction counts, not the length.

    $L = \\frac{1}{N} \\sum_n 1 - \\frac{\\hat y_n \\cdot y_n}{\\lVert \\hat y_n \\rVert \\, \\lVert y_n \\rVert}$: 0 along the target, 1 across it, 2
    against it. The target of a class is 1 in its own place and 0 in the others.

    Reference: `torch.nn.CosineEmbeddingLoss`; Barz, Denzler, WACV 2020.
    """

    kind: ClassVar[str] = "cosine"
    title: ClassVar[str] = N_("Cosine")
    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression", "reconstruction")

    def explain(self, numbers: Numbers, what: str, index: Index) -> Lines:
        return sums.angle(numbers, what, index)

    def call(self) -> Call:
        return Call("blocks.CosineLoss")


@loss
class Focal(Loss):
    """Cross-entropy that hardly counts what is already right, so that rare and hard samples have their say.

    $L = -\\frac{1}{N} \\sum_n (1 - p_{n, y_n})^\\gamma \\log p_{n, y_n}$ with $p = \\mathrm{softmax}(z)$: a sample with $p = 0.9$
    counts for $\\gamma = 2$ a hundredth of what it does in cross-entropy, which is $\\gamma = 0$.

    Reference: Lin, Goyal, Girshick, He, Dollár, *Focal loss for dense object detection*, ICCV 2017.
    """

    kind: ClassVar[str] = "focal"
    squash: ClassVar[Squash] = "softmax"
    title: ClassVar[str] = N_("Focal loss")
    tasks: ClassVar[tuple[Task, ...]] = ("classification",)
    from_logits: ClassVar[bool] = True

    gamma: Annotated[float, Field(ge=0.0, le=10.0)] = Field(
        2.0, title=N_("Gamma"), description=N_("How little samples count that are right already; 0: cross-entropy")
    )

    def target_form(self, data: DataSpec) -> TargetForm:
        return "index"

    def call(self) -> Call:
        return Call("blocks.FocalLoss", (), {"gamma": self.gamma})
