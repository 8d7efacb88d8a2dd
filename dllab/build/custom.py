"""Runs the code of custom layers, and only code that somebody has said they trust."""

import traceback
from collections.abc import Collection
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from dllab.document.code import digest
from dllab.layers.base import Call, show_shape
from dllab.layers.custom import FIRST_CODE
from dllab.text import _

MODULE = "custom_layer"
"""What the classes of custom layers say they are from."""
_FILE = "<custom layer>"
_trusted: frozenset[str] = frozenset()


class CodeProblem(ValueError):
    """Code that is not trusted, breaks, or does something else than the layer says; one sentence with its line."""


def trust(digests: Collection[str]) -> None:
    """Let this process run code with these digests and no other; nothing is trusted until this is called."""
    global _trusted
    _trusted = frozenset(digests)


def make(call: Call) -> nn.Module:
    """The module of a custom layer. Raises CodeProblem; code that is not trusted is not even compiled."""
    if call.source != FIRST_CODE and digest(call.source) not in _trusted:
        raise CodeProblem(_("This experiment holds code that has not been trusted: read it first, then trust it."))
    space: dict[str, Any] = {"__name__": MODULE, "torch": torch, "nn": nn, "F": functional}
    name = call.name.partition(".")[2]
    try:
        exec(compile(call.source, _FILE, "exec", dont_inherit=True), space)
        made = space[name]()
        if not isinstance(made, nn.Module):
            raise TypeError(_("{name} is no nn.Module").format(name=name))
        given = _tried(made, call)
    except (Exception, SystemExit) as error:
        raise CodeProblem(sentence(error) or str(error)) from error
    _compare(made, call, given)
    return made


def _tried(made: nn.Module, call: Call) -> tuple[int, ...]:
    """The shape that two samples come out with; random numbers and buffers are left as they were."""
    assert call.promise is not None
    state = {key: value.clone() for key, value in made.state_dict().items()}
    with torch.no_grad(), torch.random.fork_rng([]):
        result = made.eval()(torch.zeros(2, *call.promise[0]))
    made.load_state_dict(state)
    made.train()
    if not isinstance(result, torch.Tensor):
        raise TypeError(_("forward must return a tensor, not {type}").format(type=type(result).__name__))
    return tuple(result.shape[1:])


def _compare(made: nn.Module, call: Call, given: tuple[int, ...]) -> None:
    assert call.promise is not None
    _inputs, promised, learned = call.promise
    if given != promised:
        text = _("The code puts out {given}, but the layer says {promised}: set Output shape to {given}.")
        raise CodeProblem(text.format(given=show_shape(given), promised=show_shape(promised)))
    count = sum(parameter.numel() for parameter in made.parameters())
    if count != learned:
        text = _("The code learns {count:,} numbers, but the layer says {learned:,}: set Learned numbers to {count}.")
        raise CodeProblem(text.format(count=count, learned=learned))


def sentence(error: BaseException) -> str:
    """What broke in custom code, with its line, in one sentence; empty where no custom code had a hand in it."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == _FILE]
    line = lines[-1] if lines else getattr(error, "lineno", None) if isinstance(error, SyntaxError) else None
    if line is None:
        return ""
    reason = (str(error).strip().splitlines() or [""])[0][:200]
    name = type(error).__name__
    return _("Line {line} of the code: {reason}.").format(line=line, reason=f"{name}: {reason}" if reason else name)
