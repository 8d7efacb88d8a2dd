"""What in one sample makes the network say what it says: gradient, integrated gradients, Grad-CAM."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from dllab.probes.base import DoesNotApply, Shown, probe, sample_axes, validation_sample
from dllab.probes.inside import differentiable
from dllab.probes.verdict import verdict
from dllab.text import _
from dllab.training.metrics import says
from dllab.training.precision import whole
from dllab.training.session import Session

METHODS = ("gradient", "integrated", "gradcam")
_POINTS = 64
_BATCH = 32


@dataclass(frozen=True)
class Score:
    """One output of the network as a function of what enters at some steps of its plan, for one sample."""

    session: Session
    x: Tensor
    """(1, …) prepared."""
    entries: tuple[int, ...]
    """Steps whose result is given instead of computed; none: the sample itself is given."""
    number: int
    """Which output; a single one that tells two classes apart speaks for class 1, and against class 0."""

    def start(self) -> list[Tensor]:
        """What enters for this sample."""
        network = self.session.network
        if not self.entries:
            return [self.x]
        values, lengths = network.begin(self.x)
        found = []
        with torch.no_grad(), self.session.precision.casting():
            for place, step in enumerate(network.plan):
                results = step.carry_out([values[slot] for slot in step.inputs], lengths)
                for slot, value in zip(step.outputs, results, strict=True):
                    values[slot] = value
                if place in self.entries:
                    found.append(results[0])
        return found

    def at(self, given: list[Tensor]) -> Tensor:
        """The output (n,) for n of what may enter."""
        network = self.session.network
        x = self.x.expand(len(given[0]), *self.x.shape[1:]) if self.entries else given[0]
        values, lengths = network.begin(x)
        put = dict(zip(self.entries, given, strict=False))
        with self.session.precision.casting():
            for place, step in enumerate(network.plan):
                if place in put:
                    results: tuple[Tensor, ...] = (put[place],)
                else:
                    results = step.carry_out([values[slot] for slot in step.inputs], lengths)
                for slot, value in zip(step.outputs, results, strict=False):
                    values[slot] = value
        outputs = self.session.aims.said(whole(network.gathered(values))).flatten(1)
        if outputs.shape[1] == 1:
            return outputs[:, 0] if self.number else -outputs[:, 0]
        return outputs[:, self.number]

    def slope(self, given: list[Tensor]) -> list[Tensor]:
        """How the output changes with what enters."""
        leaves = [t.detach().clone().requires_grad_() for t in given]
        with torch.enable_grad():
            return list(torch.autograd.grad(self.at(leaves).sum(), leaves))


def integrated(score: Score) -> list[Tensor]:
    """The slopes on the straight way from nothing (all zeros), their mean times what enters: they add up to the
    difference that it makes. Reference: Sundararajan, Taly, Yan, ICML 2017."""
    start = score.start()
    sums = [torch.zeros_like(t) for t in start]
    shares = (torch.arange(_POINTS, device=score.x.device) + 0.5) / _POINTS
    for part in torch.split(shares, _BATCH):
        way = [t * part.view(-1, *[1] * (t.dim() - 1)).to(t.dtype) for t in start]
        for total, slopes in zip(sums, score.slope(way), strict=True):
            total += slopes.sum(0, keepdim=True)
    return [t * total / _POINTS for t, total in zip(start, sums, strict=True)]


def grad_cam(score: Score) -> Tensor:
    """Where the channels of a convolution (1, C, H, W) are active that raise the output: (H, W).

    Reference: Selvaraju et al., ICCV 2017.
    """
    (maps,) = score.start()
    (slopes,) = score.slope([maps])
    return (slopes.float().mean((2, 3), keepdim=True) * maps).sum(1).clamp(min=0)[0]


@probe("saliency")
def saliency(session: Session, params: Mapping[str, Any]) -> Shown:
    """Params: sample, method ("gradient", "integrated", "gradcam"), toward ("says", "true"), node (for Grad-CAM).

    Arrays: relevance, shaped as the sample (channels and features of an embedding are added up), and input (raw).
    """
    if session.data.positions:
        raise DoesNotApply(_("This data asks for an answer at every step; this view explains one answer a sample."))
    if session.data.task not in ("classification", "regression"):
        raise DoesNotApply(_("This view explains a class or a number, and this network gives neither."))
    part, sample = session.prepared.validation, validation_sample(session, params)
    x, label = session.validation[0][sample : sample + 1], session.validation[2][sample : sample + 1]
    outputs = session.predict(x)
    number, named = _toward(session, outputs, label, str(params.get("toward", "says")))
    labels: dict[str, Any] = {"sample": sample, "count": len(part.x), "toward": named}
    labels |= verdict(session, outputs, label)[0]
    with differentiable(session):
        relevance, found = _relevance(session, x, number, params)
    raw = part.raw[sample]
    values = relevance.float().cpu().numpy()
    axes = {"relevance": sample_axes(raw.shape) if values.shape == raw.shape else ("row", "column")}
    return Shown({"relevance": values, "input": raw}, labels | found, axes | {"input": sample_axes(raw.shape)})


def _relevance(session: Session, x: Tensor, number: int, params: Mapping[str, Any]) -> tuple[Tensor, dict[str, Any]]:
    method = params.get("method", "gradient")
    if method == "gradcam":
        place = _convolution(session, str(params.get("node", "")))
        cam = grad_cam(Score(session, x, (place,), number))
        large = nn.functional.interpolate(cam[None, None], x.shape[-2:], mode="bilinear")[0, 0]
        return large, {"method": method, "node": session.network.plan[place].node, "cells": list(cam.shape)}
    score = Score(session, x, _embeddings(session), number)
    if method == "integrated":
        parts = integrated(score)
        with torch.no_grad():
            whole = float(score.at(score.start()) - score.at([torch.zeros_like(t) for t in score.start()]))
        found: dict[str, Any] = {"sum": sum(float(t.sum()) for t in parts), "difference": whole}
    else:
        parts, found = score.slope(score.start()), {}
    # What an embedding has made of a word counts for the word.
    each = [t[0].sum(-1) if score.entries else t[0] for t in parts]
    return torch.stack(each).sum(0), {"method": str(method), **found}


def _toward(session: Session, outputs: Tensor, label: Tensor, toward: str) -> tuple[int, str]:
    """The number of the output that is explained, and its name."""
    if session.data.task != "classification":
        # The one output of a single target speaks for itself: see Score.number.
        return int(outputs[0].numel() == 1), (session.data.targets or ("",))[0]
    number = int(label) if toward == "true" else int(says(outputs, session.data))
    return number, session.data.classes[number]


def _embeddings(session: Session) -> tuple[int, ...]:
    """Where words become numbers that can be changed a little; nowhere when the data are numbers already."""
    if session.validation[0].is_floating_point():
        return ()
    plan = session.network.plan
    found = tuple(i for i, step in enumerate(plan) if isinstance(step.module, nn.Embedding))
    if not found:
        raise DoesNotApply(_("Numbers of words can't be changed a little: this view needs an Embedding layer."))
    return found


def _convolution(session: Session, node: str) -> int:
    """The step of the selected convolution, else of the last one."""
    plan = session.network.plan
    found = [i for i, step in enumerate(plan) if isinstance(step.module, nn.Conv2d)]
    if not found:
        raise DoesNotApply(_("Grad-CAM looks at the maps of a two-dimensional convolution, and there is none here."))
    return next((i for i in found if plan[i].node == node), found[-1])
