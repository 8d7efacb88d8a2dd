"""What went wrong in a run, in words: a code, one sentence with a way out, and the layer at fault."""

import math
import traceback
from dataclasses import dataclass

import torch

from dllab.build import custom
from dllab.build.making import BuildProblem
from dllab.clustering.fit import ClusterProblem
from dllab.data.prepare import DataProblem
from dllab.document.format import FileProblem
from dllab.stepping.fault import Fault
from dllab.text import N_, _
from dllab.training.checkpoint import CheckpointProblem
from dllab.training.device import DeviceProblem
from dllab.training.memory import TooLarge
from dllab.training.session import NonFinite, Session


@dataclass(frozen=True)
class Trouble:
    """A reason for people; `node` names the layer where one is at fault."""

    code: str
    text: str
    node: str = ""
    phase: str = ""
    """Of a non-finite number: in which phase of a step it was made."""


_BROKEN = {
    "batch": N_("Loss became {value} at step {step}: the batch itself holds {bad} numbers that are not finite."),
    "forward": N_("Loss became {value} at step {step}, first in {layer}: {bad} of its {count} outputs are not finite."),
    "loss": N_("Loss became {value} at step {step}: what the network puts out is finite, but too large for the loss."),
    "backward": N_(
        "Loss became {value} at step {step}, because on the way back through {layer} at step {first} "
        "{bad} of {count} gradients were not finite."
    ),
    "clip": N_("Loss became {value} at step {step}, because at step {first} the gradient was too long to be measured."),
    "update": N_(
        "Loss became {value} at step {step}, because the update of {layer} at step {first} made {bad} of {count} "
        "weights that are not finite."
    ),
}
"""What happened, by the phase in which the first such number was made."""

_SAID: tuple[tuple[type[Exception], str], ...] = (
    (TooLarge, "memory"),
    (DataProblem, "data"),
    (ClusterProblem, "data"),
    (BuildProblem, "model"),
    (CheckpointProblem, "checkpoint"),
    (DeviceProblem, "device"),
    (FileProblem, "file"),
)


def explain(error: Exception, session: Session | None) -> Trouble:
    """The trouble behind an exception; the traceback belongs in the log."""
    for kind, code in _SAID:
        if isinstance(error, kind):
            return Trouble(code, str(error))
    if _out_of_memory(error):
        return Trouble("memory", _("The memory ran out. Try a smaller batch or a smaller layer."))
    node = find_layer(session, error) if session else ""
    where = _(" in {layer}").format(layer=layer_title(session, node)) if session and node else ""
    own = custom.sentence(error)
    if own:
        return Trouble("code", own, node)
    return Trouble("step", _("Training broke off{where}: {reason}").format(where=where, reason=_reason(error)), node)


def explain_view(error: Exception, session: Session | None) -> str:
    """Why a picture could not be made; the run goes on."""
    if _out_of_memory(error):
        return _("This view could not be computed: the memory ran out.")
    found = explain(error, session)
    if found.code != "step":
        return found.text
    where = _(" in {layer}").format(layer=layer_title(session, found.node)) if session and found.node else ""
    return _("This view could not be computed{where}: {reason}").format(where=where, reason=_reason(error))


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__


def explain_non_finite(session: Session, trouble: NonFinite, fault: Fault | None = None) -> Trouble:
    """Where the numbers went wrong and what to try."""
    value = "NaN" if math.isnan(trouble.value) else _("infinite")
    if fault is None:
        text = _("Loss became {value} at step {step}, first in {layer}. Try a smaller learning rate.")
        title = layer_title(session, trouble.node)
        return Trouble("non-finite", text.format(value=value, step=trouble.step, layer=title), trouble.node)
    node = fault.node or trouble.node
    text = _(_BROKEN[fault.phase]) + " " + _("Try a smaller learning rate, or clip the gradients.")
    # The Output only hands on what the last layer puts out.
    layer, first = layer_title(session, trouble.node if fault.phase == "loss" else node), fault.batch
    text = text.format(
        value=value, step=trouble.step, first=first, layer=layer, bad=f"{fault.bad:,}", count=f"{fault.count:,}"
    )
    return Trouble("non-finite", text, node, fault.phase)


def explain_end(session: Session, reason: str) -> Trouble:
    """Why a run ended by itself, and which weights are in place."""
    text = ""
    if reason == "early-stop":
        text = _("Stopped early: no better validation loss for {count} epochs.").format(count=session.stale)
    if session.last:
        text += " " + _("The weights of epoch {epoch}, the best, are in place.").format(epoch=session.best.epoch)
    return Trouble(reason, text.strip())


def layer_title(session: Session, node: str) -> str:
    """What the canvas calls a node."""
    found = session.check.experiment.model.nodes.get(node)
    known = session.check.nodes.get(node)
    if found is not None and found.title:
        return found.title
    return _(known.layer.title) if known is not None and known.layer is not None else node


def find_layer(session: Session, error: Exception) -> str:
    """Id of the layer in which the error was raised; empty where it was raised in none."""
    names = {id(module): name for name, module in session.network.layers.items()}
    for frame, _line in traceback.walk_tb(error.__traceback__):
        name = names.get(id(frame.f_locals.get("self")))
        if name:
            return name
    return ""


def _out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and ("can't allocate" in str(error) or "out of memory" in str(error).lower())
