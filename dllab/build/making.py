"""The torch module of a layer: its constructor call, the first weights its node asks for, whether they are learned."""

from typing import Any

import torch
from torch import nn

from dllab.build import blocks, custom
from dllab.document.experiment import Node
from dllab.layers.base import Call
from dllab.recipe import INITIALISATIONS
from dllab.text import _


class BuildProblem(ValueError):
    """An experiment that can't be built, with the reason for people; `node` is the layer at fault, if one is."""

    def __init__(self, message: str, node: str = "") -> None:
        super().__init__(message)
        self.node = node


def make_module(call: Call, node: str = "") -> nn.Module:
    """The torch module of a call. Raises BuildProblem when torch refuses it."""
    family, _dot, name = call.name.partition(".")
    if family == "custom":
        try:
            return custom.make(call)
        except custom.CodeProblem as problem:
            raise BuildProblem(str(problem), node) from problem
    source: Any = {"nn": nn, "blocks": blocks}[family]
    try:
        module: nn.Module = getattr(source, name)(*call.args, **call.options)
    except (AssertionError, RuntimeError, TypeError, ValueError) as error:
        text = _("{node} can't be built as {call}: {reason}")
        raise BuildProblem(text.format(node=node, call=call.code(), reason=error), node) from error
    return module


def first_call(node: Node) -> Call | None:
    """The function of torch.nn.init that a node asks for; None for torch's own."""
    return INITIALISATIONS.make(node.init.kind, node.init.params).call()


def drawn(module: nn.Module) -> tuple[list[str], list[str]]:
    """Names of the parameters that an initialisation draws (matrices, kernels), and of those that it makes 0."""
    names = dict(module.named_parameters())
    wide = [name for name, parameter in names.items() if parameter.dim() > 1]
    # Offsets only beside something drawn: the scale of a normalisation stays 1, the gates of an LSTM as they are.
    return wide, ["bias"] if wide and "bias" in names else []


def make_layer(call: Call, name: str, node: Node) -> nn.Module:
    """The torch module of a node with its first weights. Raises BuildProblem when torch refuses it."""
    module = make_module(call, name)
    first = first_call(node)
    if first is not None:
        function = getattr(nn.init, first.name.removeprefix("nn.init."))
        wide, zeros = drawn(module)
        for parameter in wide:
            function(module.get_parameter(parameter), **first.options)
        for parameter in zeros:
            nn.init.zeros_(module.get_parameter(parameter))
        if isinstance(module, nn.Embedding) and module.padding_idx is not None:
            with torch.no_grad():
                module.weight[module.padding_idx].fill_(0)
    module.requires_grad_(not node.frozen)
    return module


def first_lines(call: Call, name: str, node: Node) -> list[str]:
    """The same as lines of Python for the attribute `name`."""
    lines = []
    first = first_call(node)
    if first is not None:
        wide, zeros = drawn(make_module(call))
        options = "".join(f", {key}={value!r}" for key, value in first.options.items())
        lines += [f"{first.name}(self.{name}.{parameter}{options})" for parameter in wide]
        lines += [f"nn.init.zeros_(self.{name}.{parameter})" for parameter in zeros]
    if node.frozen:
        lines.append(f"self.{name}.requires_grad_(False)")
    return lines
