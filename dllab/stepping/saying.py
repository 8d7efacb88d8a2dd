"""What there is to say of an operation besides its numbers, as one sentence for people."""

from dllab.layers.sums import short
from dllab.recipe import INITIALISATIONS, OPTIMISERS
from dllab.stepping.walk import Operation
from dllab.text import _
from dllab.training.session import Session


def say(session: Session, operation: Operation) -> str:
    """The sentence; empty where the numbers say it all. Ask while the operation is in hand."""
    match operation.phase:
        case "initialise":
            return first_weights(session, operation.node)
        case "batch":
            count, start = len(operation.arrays["x"]), session.cursor
            text = _("Samples {first} to {last} of the {all} in this epoch's order.")
            text = text.format(first=start + 1, last=start + count, all=f"{len(session.prepared.train.x):,}")
            # What is wrong comes first: where room is short, the end is cut off.
            return " ".join(filter(None, (_not_cleared(session), text)))
        case "zero_grad":
            return _("The old gradients are cleared: the way back adds to what it finds.")
        case "backward" if any(name.startswith("held.") for name in operation.arrays):
            return _("Wrong loop: the gradients of this batch are added to those before, which makes held.")
        case "clip":
            return _clipped(operation)
        case "update":
            chosen = OPTIMISERS.get(session.recipe.optimiser.kind)
            title = _(chosen.title) if chosen is not None else session.recipe.optimiser.kind
            rate = short(float(operation.arrays["learning_rate"]))
            return _("{optimiser} with a learning rate of {rate}.").format(optimiser=title, rate=rate)
        case "stop":
            return _criterion(operation)
    return ""


def _not_cleared(session: Session) -> str:
    """What a wrong loop has made of the gradients of the batch before; nothing at the first batch."""
    if session.step == 0:
        return ""
    match session.recipe.loop:
        case "wrong: no zero_grad":
            return _("Wrong loop: zero_grad is missing, the gradients of all batches before are still there.")
        case "wrong: one backward":
            return _("Wrong loop: nothing goes backward any more, the gradients are those of the first batch.")
        case "right":
            return ""


def first_weights(session: Session, node: str) -> str:
    """How the weights of a node were made."""
    found = session.network.nodes[node].init
    chosen = INITIALISATIONS.get(found.kind)
    title = _(chosen.title) if chosen is not None else found.kind
    return _("First weights: {initialisation}, seed {seed}.").format(initialisation=title, seed=session.experiment.seed)


def _clipped(operation: Operation) -> str:
    arrays = operation.arrays
    if "norm" not in arrays:
        return ""
    norm, limit, factor = (float(arrays[name]) for name in ("norm", "limit", "factor"))
    if factor < 1:
        text = _("The gradient is {norm} long, {limit} is allowed: every number is multiplied by {factor}.")
        return text.format(norm=short(norm), limit=short(limit), factor=short(factor))
    return _("The gradient is {norm} long, {limit} is allowed: nothing is clipped.").format(
        norm=short(norm), limit=short(limit)
    )


def _criterion(operation: Operation) -> str:
    epoch, epochs, stale = (int(operation.arrays[name]) for name in ("epoch", "epochs", "stale"))
    finished = operation.outcome.finished if operation.outcome is not None else ""
    if finished == "early-stop":
        return _("Epoch {epoch}: no better validation loss for {stale} epochs, so training stops here.").format(
            epoch=epoch, stale=stale
        )
    if finished:
        return _("Epoch {epoch} of {epochs}: all are trained, so training stops here.").format(
            epoch=epoch, epochs=epochs
        )
    return _("Epoch {epoch} of {epochs}: it goes on.").format(epoch=epoch, epochs=epochs)
