"""Layers that would take padding behind shorter sequences for steps of them."""

from collections.abc import Iterator

from dllab.checking.problem import Fix, Problem
from dllab.layers import LAYERS
from dllab.layers.base import Layer, Shape, padded_axis, time_behind
from dllab.text import _


def padding_problems(name: str, found: Layer, inputs: tuple[Shape, ...]) -> Iterator[Problem]:
    """What is wrong where padding comes in and the layer neither leaves it out nor keeps it in its place."""
    if found.kind == "output" or found.takes_lengths(*inputs) or time_behind(found, *inputs):
        return
    axis = max(map(padded_axis, inputs), default=0)
    if axis:
        yield _problem(name, found, turned=axis > 1)


def _problem(name: str, found: Layer, turned: bool) -> Problem:
    """A layer that can't tell padding from steps; where it mixes them into each other, nothing could be trusted.

    `turned`: the steps no longer stand on the first axis, where the layers look for them that leave padding out.
    """
    title = _(found.title)
    if not found.spreads:
        text = _("{layer} also takes in the padding behind shorter sequences: it can't tell it from what is meant.")
        return Problem("padding", text.format(layer=title), name, "in", "warning")
    if turned:
        text = _(
            "{layer} would mix the padding behind shorter sequences into its result. Before the Transpose that moves the "
            "steps, Max and Mean, recurrent layers, attention and LayerNorm leave it out."
        )
        return Problem("padding", text.format(layer=title), name, "in")
    text = _(
        "{layer} would mix the padding behind shorter sequences into its result. Max and Mean over the steps, recurrent "
        "layers, attention and LayerNorm leave it out."
    )
    kinds = ("layer_norm",) if found.family == "normalise" else ("max", "mean")
    offers = [(kind, _(LAYERS[kind].title)) for kind in kinds if kind != found.kind]
    fixes = tuple(Fix("kind", _("Use {layer}").format(layer=other), name, kind=kind) for kind, other in offers)
    return Problem("padding", text.format(layer=title), name, "in", fixes=fixes)
