"""Layers that would take padding behind shorter sequences for steps of them."""

from collections.abc import Iterator

from dllab.checking.problem import Fix, Problem
from dllab.layers import LAYERS
from dllab.layers.base import Layer, Misfit, Shape, Signal, padded_axis, time_behind
from dllab.text import _

_ALIKE = ("normalise", "shape", "convolution")
"""Families in whose place a layer that leaves padding out still does something like it: no weights, a single input."""


def padding_problems(name: str, found: Layer, inputs: tuple[Shape, ...]) -> Iterator[Problem]:
    """What is wrong where padding comes in and the layer neither leaves it out nor keeps it in its place."""
    if found.kind == "output" or _copes(found, *inputs):
        return
    axis = max(map(padded_axis, inputs), default=0)
    if not axis:
        return
    title = _(found.title)
    if not found.spreads:
        text = _("{layer} also takes in the padding behind shorter sequences: it can't tell it from what is meant.")
        yield Problem("padding", text.format(layer=title), name, "in", "warning")
    elif axis > 1:
        yield _turned(name, found, inputs, title)
    else:
        yield _mixed(name, found, inputs, title)


def _copes(found: Layer, *inputs: Shape) -> bool:
    """Whether padding is left out, or stays padding."""
    return found.takes_lengths(*inputs) or time_behind(found, *inputs) > 0


def _turned(name: str, found: Layer, inputs: tuple[Shape, ...], title: str) -> Problem:
    """The steps no longer stand on the first axis, where the layer looks for them: turned back it would leave padding out."""
    text = _(
        "{layer} would mix the padding behind shorter sequences into its result. Before the Transpose that moves the "
        "steps, Max and Mean, recurrent layers, attention and LayerNorm leave it out."
    )
    fixes: tuple[Fix, ...] = ()
    if len(inputs) == 1 and len(inputs[0]) == padded_axis(inputs[0]) == 2 and _would_cope(found, inputs[0]):
        port = found.input_ports()[0]
        words = _("Insert {layer}").format(layer=_(LAYERS["transpose"].title))
        fixes = (Fix("insert", words, name, port, kind="transpose"),)
    return Problem("padding", text.format(layer=title), name, "in", fixes=fixes)


def _would_cope(found: Layer, x: Shape) -> bool:
    back = Signal((x[1], x[0]), padded=1)
    try:
        found.shapes(back)
    except Misfit:
        return False
    return _copes(found, back)


def _mixed(name: str, found: Layer, inputs: tuple[Shape, ...], title: str) -> Problem:
    text = _(
        "{layer} would mix the padding behind shorter sequences into its result. Max and Mean over the steps, recurrent "
        "layers, attention and LayerNorm leave it out."
    )
    return Problem("padding", text.format(layer=title), name, "in", fixes=tuple(_offers(name, found, inputs)))


def _offers(name: str, found: Layer, inputs: tuple[Shape, ...]) -> Iterator[Fix]:
    if found.kind == "softmax":
        words = _("Set {field} to {value}").format(field=_("Axis"), value=_("automatic"))
        yield Fix("param", words, name, "axis", None)
    if len(inputs) > 1 or found.family not in _ALIKE:
        return
    for kind in ("layer_norm",) if found.family == "normalise" else ("max", "mean"):
        if kind != found.kind:
            yield Fix("kind", _("Use {layer}").format(layer=_(LAYERS[kind].title)), name, kind=kind)
