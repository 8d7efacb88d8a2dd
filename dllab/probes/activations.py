"""What one layer puts out for one sample."""

from collections.abc import Mapping
from typing import Any

from dllab.probes.base import DoesNotApply, Shown, probe, sample_axes, validation_sample
from dllab.probes.verdict import verdict
from dllab.text import _
from dllab.training.precision import whole
from dllab.training.session import Session


@probe("activations")
def activations(session: Session, params: Mapping[str, Any]) -> Shown:
    """Params: node, sample (position in the validation part). Arrays: output (no batch axis), input (raw)."""
    part, sample = session.prepared.validation, validation_sample(session, params)
    node = params.get("node", "")
    with session.looking(), session.precision.casting():
        values = session.network.forward_nodes(session.validation[0][sample : sample + 1])
    if node not in values:
        raise DoesNotApply(_("This layer is not part of the network that is training."))
    said = session.aims.said(whole(values[session.aims.main.node]))
    labels = {"node": node, "sample": sample, "count": len(part.x)}
    labels |= verdict(session, said, session.validation[2][sample : sample + 1])[0]
    output = values[node][0].float().cpu().numpy()
    layer = session.check.nodes[node].layer
    axes = {"output": sample_axes(output.shape, layer.family if layer is not None else "")}
    axes["input"] = sample_axes(part.raw[sample].shape)
    return Shown({"output": output, "input": part.raw[sample]}, labels, axes)
