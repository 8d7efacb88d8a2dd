"""The rules: each declared once, with what it says, what shows it, and one experiment that would put it right."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce

from dllab.checking import Fix
from dllab.checking.problem import apply_fix
from dllab.document.experiment import ONE_BACKWARD, RIGHT, Experiment
from dllab.document.flat import home_of
from dllab.health.facts import Facts
from dllab.text import N_, _, show

_LONG = 1e3
_FADED = 1e-5
_DEAD = 0.5
_SATURATED = 0.7
_LEAP = 0.1
_CREEP = 3e-6
_CERTAIN = 0.995
_SHARED = 0.05
_SQUASHING = ("sigmoid", "tanh")


@dataclass(frozen=True)
class Suggestion:
    """One change of the experiment, to be tried with the same seed."""

    text: str
    fixes: tuple[Fix, ...]

    def apply(self, experiment: Experiment) -> Experiment:
        """The experiment with this one change. Raises edits.Refused where it no longer fits."""
        return reduce(apply_fix, self.fixes, experiment)


@dataclass(frozen=True)
class Finding:
    """A rule that holds, where, and the numbers that show it."""

    rule: str
    evidence: str
    node: str = ""
    """The layer in the document; empty for the run as a whole."""
    suggestion: Suggestion | None = None

    @property
    def title(self) -> str:
        """What it is called."""
        return _(RULES[self.rule].title)


@dataclass(frozen=True)
class Rule:
    """`title` and `help` are marked with N_ and translated where they are shown."""

    id: str
    title: str
    help: str
    find: Callable[[Facts], Iterable[Finding]]


RULES: dict[str, Rule] = {}


def findings(facts: Facts) -> list[Finding]:
    """All that the rules find, in their order."""
    return [finding for rule in RULES.values() for finding in rule.find(facts)]


def _rule(name: str, title: str, text: str) -> Callable[[Callable[[Facts], Iterable[Finding]]], Callable[..., object]]:
    def declare(find: Callable[[Facts], Iterable[Finding]]) -> Callable[..., object]:
        RULES[name] = Rule(name, title, text, find)
        return find

    return declare


# --- gradients ----------------------------------------------------------------------------------------------------


@_rule(
    "exploding",
    N_("Exploding gradients"),
    N_("Going back through the layers the gradient has grown so long that one step can throw the weights far away."),
)
def _exploding(facts: Facts) -> Iterator[Finding]:
    # Large numbers to predict make large gradients: their size is seen in the first loss.
    regression = facts.experiment.training.loss.kind not in ("cross_entropy", "binary_cross_entropy", "kl_divergence")
    scale = math.sqrt(facts.first) if math.isfinite(facts.first) else math.inf if regression else 1.0
    if facts.gradient > _LONG * max(1.0, scale) or math.isinf(facts.gradient):
        worst = max(facts.layers, key=lambda layer: _or_zero(layer.gradient))
        text = _("The gradient is {length} long. Its largest numbers, {size} on average, are those of {layer}.")
        evidence = text.format(length=show(facts.gradient), size=show(worst.gradient), layer=worst.title)
        clip = Fix("path", "", name="training.clip_norm", value=1.0)
        yield Finding("exploding", evidence, home_of(worst.node), Suggestion(_("clipping at 1"), (clip,)))


@_rule(
    "vanishing",
    N_("Vanishing gradients"),
    N_("Going back through the layers the gradient shrinks to almost nothing: the first layers hardly learn."),
)
def _vanishing(facts: Facts) -> Iterator[Finding]:
    learning = [layer for layer in facts.layers if layer.gradient > 0]
    if len(learning) < 3:
        return
    first, last = learning[0], learning[-1]
    if first.gradient < _FADED * last.gradient:
        text = _("A weight of {first} gets a gradient of {small}, one of {last} {large}: {ratio} times as much.")
        evidence = text.format(
            first=first.title, small=show(first.gradient), last=last.title, large=show(last.gradient),
            ratio=show(last.gradient / first.gradient),
        )  # fmt: skip
        yield Finding("vanishing", evidence, home_of(first.node), _other_activation(facts) or _he(facts))


# --- units --------------------------------------------------------------------------------------------------------


@_rule(
    "dead-units",
    N_("Dead units"),
    N_("A unit that puts out 0 for every sample gets no gradient and never learns again."),
)
def _dead(facts: Facts) -> Iterator[Finding]:
    for layer in facts.layers:
        if layer.dead >= _DEAD:
            text = _("{share} of the units of {layer} put out 0 for all of {count} samples.")
            evidence = text.format(share=_percent(layer.dead), layer=layer.title, count=facts.samples)
            leaky = Fix("kind", "", node=home_of(layer.node), kind="leaky_relu")
            yield Finding("dead-units", evidence, home_of(layer.node), Suggestion(_("Leaky ReLU there"), (leaky,)))


@_rule(
    "saturated",
    N_("Saturated units"),
    N_("At the ends of a sigmoid, tanh or softmax the slope is almost 0: hardly any gradient passes back through it."),
)
def _saturated(facts: Facts) -> Iterator[Finding]:
    for layer in facts.layers:
        if layer.saturated >= _SATURATED:
            text = _("{share} of the outputs of {layer} stand at one of its ends, over {count} samples.")
            evidence = text.format(share=_percent(layer.saturated), layer=layer.title, count=facts.samples)
            node = home_of(layer.node)
            change = Suggestion(_("ReLU there"), (Fix("kind", "", node=node, kind="relu"),))
            yield Finding("saturated", evidence, node, change if layer.kind in _SQUASHING else None)


# --- how it learns ------------------------------------------------------------------------------------------------


@_rule(
    "rate-high",
    N_("Learning rate too high"),
    N_("Every step goes too far: the loss jumps about or rises instead of falling."),
)
def _rate_high(facts: Facts) -> Iterator[Finding]:
    losses = facts.trains("train_loss")
    if not losses or not math.isfinite(facts.first):
        return
    lately = min(losses[-3:])
    risen = lately > 1.3 * min(losses) and lately - min(losses) > 0.1 * facts.first
    stuck = facts.pace > _LEAP and len(losses) >= 2 and losses[-1] > 0.9 * facts.first
    grown = losses[-1] > 1.5 * facts.first
    if risen or stuck or grown:
        text = _("The training loss is {last}; it was {best} at its best.")
        if facts.pace > _LEAP:
            text += " " + _("One step moves the weights by {pace}.")
        evidence = text.format(last=show(losses[-1]), best=show(min(*losses, facts.first)), pace=_percent(facts.pace))
        yield Finding("rate-high", evidence, suggestion=_rate(facts, 0.1))


@_rule(
    "rate-low",
    N_("Learning rate too low"),
    N_("The steps are so small that the weights hardly move."),
)
def _rate_low(facts: Facts) -> Iterator[Finding]:
    if _still(facts, 0.9) and facts.pace < _CREEP and facts.learning_rate >= facts.experiment.training.learning_rate:
        text = _(
            "One step moves the weights by {pace}. In {count} epochs the training loss came from {start} to {last}."
        )
        evidence = text.format(
            pace=_percent(facts.pace), count=len(facts.epochs), start=show(facts.start),
            last=show(facts.trains("train_loss")[-1]),
        )  # fmt: skip
        yield Finding("rate-low", evidence, suggestion=_rate(facts, 10.0))


@_rule(
    "flat",
    N_("Loss flat from the start"),
    N_(
        "The network learns nothing: often no gradient reaches its weights, or the inputs say nothing about the target."
    ),
)
def _flat(facts: Facts) -> Iterator[Finding]:
    moving = not facts.pace < _CREEP and not facts.pace > _LEAP
    if moving and _still(facts, 0.98):
        text = _("After {count} epochs the training loss is {last}; with the first weights it was {start}.")
        last = facts.trains("train_loss")[-1]
        evidence = text.format(count=len(facts.epochs), last=show(last), start=show(facts.start))
        yield Finding("flat", evidence, suggestion=_he(facts))


@_rule(
    "overfitting",
    N_("Overfitting"),
    N_("The training loss falls while the validation loss rises: the network learns its samples by heart."),
)
def _overfitting(facts: Facts) -> Iterator[Finding]:
    both = [e for e in facts.epochs if "val_loss" in e and "train_loss" in e and math.isfinite(e["val_loss"])]
    if len(both) < 8:
        return
    best = min(range(len(both)), key=lambda i: both[i]["val_loss"])
    now = sum(epoch["val_loss"] for epoch in both[-3:]) / 3
    lowest, last = both[best], both[-1]
    risen = now - lowest["val_loss"] > max(0.2 * lowest["val_loss"], 0.1 * facts.start)
    learned = last["train_loss"] < min(0.9 * lowest["train_loss"], now / 1.2)
    if len(both) - 1 - best >= 5 and risen and learned:
        text = _(
            "Since epoch {epoch} the validation loss rose from {low} to {now}, while the training loss fell from {before} to {after}."
        )
        evidence = text.format(
            epoch=int(lowest["epoch"]), low=show(lowest["val_loss"]), now=show(now), before=show(lowest["train_loss"]),
            after=show(last["train_loss"]),
        )  # fmt: skip
        yield Finding("overfitting", evidence, suggestion=_dropout(facts))


# --- set-up -------------------------------------------------------------------------------------------------------


@_rule(
    "wrong-loop",
    N_("Wrong training loop"),
    N_(
        "Chosen to see what it does: the gradients that the optimiser follows are not those of this batch and these weights."
    ),
)
def _wrong_loop(facts: Facts) -> Iterator[Finding]:
    loop = facts.experiment.training.loop
    if loop == RIGHT or facts.step < 1:
        return
    text = _("The gradients of {count} batches are added up, none was cleared: together they are {length} long.")
    if loop == ONE_BACKWARD:
        text = _("{count} updates have followed the gradient of the first batch, {length} long.")
    count = facts.step + (loop != ONE_BACKWARD)
    right = Suggestion(_("the right loop"), (Fix("path", "", name="training.loop", value=RIGHT),))
    yield Finding("wrong-loop", text.format(count=count, length=show(facts.gradient)), suggestion=right)


@_rule(
    "batch-norm-one",
    N_("Batch norm with one sample"),
    N_("Batch norm compares the samples of a batch. With a single one there is nothing to compare it with."),
)
def _batch_norm(facts: Facts) -> Iterator[Finding]:
    for layer in facts.layers:
        if layer.kind == "batch_norm" and facts.batch_size == 1:
            larger = Suggestion(_("batches of 32"), (Fix("path", "", name="training.batch_size", value=32),))
            yield Finding("batch-norm-one", _("A batch holds 1 sample."), home_of(layer.node), larger)


@_rule(
    "leakage",
    N_("Label leakage"),
    N_(
        "What should be predicted stands in the inputs, or samples to learn from are used to measure: the score deceives."
    ),
)
def _leakage(facts: Facts) -> Iterator[Finding]:
    for name, score in facts.telling:
        if score >= _CERTAIN:
            text = _("{feature} alone tells the target of {score} of the validation samples.")
            yield Finding("leakage", text.format(feature=name, score=_percent(score)))
    if facts.shared >= _SHARED:
        text = _("{share} of the validation samples are in the training part too.")
        yield Finding("leakage", text.format(share=_percent(facts.shared)))


@_rule(
    "softmax-twice",
    N_("Softmax before the loss"),
    N_("The loss applies its own softmax: scores that were squashed before give it weak gradients."),
)
def _softmax_twice(facts: Facts) -> Iterator[Finding]:
    for problem in facts.problems:
        if problem.code == "activation-before-loss":
            without = Suggestion(_("without it"), problem.fixes[:1])
            yield Finding("softmax-twice", problem.text, home_of(problem.node), without)


# --- what the rules share -----------------------------------------------------------------------------------------


def _still(facts: Facts, share: float) -> bool:
    """Whether the loss has stayed above this share of what it was at the start, and nothing else tells of learning."""
    losses = facts.trains("train_loss")
    scores = [*facts.trains("train_accuracy")[-1:], *facts.trains("train_r2")[-1:]]
    return len(losses) >= 3 and losses[-1] > share * facts.start and not any(score > 0.8 for score in scores)


def _rate(facts: Facts, factor: float) -> Suggestion:
    value = float(f"{facts.learning_rate * factor:.6g}")
    text = _("learning rate {value}").format(value=show(value))
    return Suggestion(text, (Fix("path", "", name="training.learning_rate", value=value),))


def _he(facts: Facts) -> Suggestion:
    """First weights as He et al. draw them, in every layer that has some and may choose."""
    nodes = dict.fromkeys(home_of(layer.node) for layer in facts.layers if layer.kind in _DRAWN)
    fixes = (
        Fix("path", "", node=node, name=f"model.nodes.{node.rpartition('/')[2]}.init", kind="kaiming") for node in nodes
    )
    return Suggestion(_("He initialisation"), tuple(fixes))


_DRAWN = ("linear", "conv1d", "conv2d", "conv3d")


def _other_activation(facts: Facts) -> Suggestion | None:
    nodes = dict.fromkeys(home_of(layer.node) for layer in facts.layers if layer.kind in _SQUASHING)
    fixes = tuple(Fix("kind", "", node=node, kind="relu") for node in nodes)
    return Suggestion(_("ReLU in place of every sigmoid and tanh"), fixes) if fixes else None


def _dropout(facts: Facts) -> Suggestion | None:
    """Dropout before the last layer that learns."""
    last = next((layer for layer in reversed(facts.layers) if layer.weight > 0), None)
    if last is None:
        return None
    fix = Fix("insert", "", node=home_of(last.node), name="in", kind="dropout", params={"p": 0.3})
    return Suggestion(_("dropout 0.3"), (fix,))


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
