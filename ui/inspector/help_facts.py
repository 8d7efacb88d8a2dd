"""What a declaration says about itself for its help page: sort, example, parameters."""

from collections.abc import Iterator

from dllab.data.base import Dataset
from dllab.declare import Declared, FormField, form_fields
from dllab.layers.base import FAMILIES, Layer, Misfit, Shape, Signal, show_shape
from dllab.recipe.initialisation import Initialisation
from dllab.recipe.losses import Loss
from dllab.recipe.optimisers import Optimiser
from dllab.recipe.schedules import Schedule
from dllab.text import _
from ui.inspector.stepping import show_bounds
from ui.inspector.words import parameter_words, sample_words, target_words, value_text

_EXAMPLES: tuple[Shape, ...] = ((64,), (16, 32), (3, 8, 8))
"""Inputs that an example is made of: numbers, a signal, an image."""

_WORDS: tuple[Shape, ...] = (Signal((6,), 27), (32,))
"""For a layer that takes words, and a state beside them."""

Facts = list[tuple[str, str]]


def sort_of(declaration: type[Declared]) -> str:
    """What sort of thing it is: "Layer · Convolution", "Data", "Loss"."""
    if issubclass(declaration, Layer):
        return f"{_('Layer')} · {_(FAMILIES.get(declaration.family, declaration.family))}"
    sorts: tuple[tuple[type[Declared], str], ...] = (
        (Dataset, _("Data")),
        (Loss, _("Loss")),
        (Optimiser, _("Optimiser")),
        (Schedule, _("Schedule")),
        (Initialisation, _("First weights")),
    )
    for sort, word in sorts:
        if issubclass(declaration, sort):
            return word
    return ""


def example(declaration: type[Declared]) -> Facts:
    """(what, value) lines that show the defaults at work."""
    try:
        made = declaration()
    except ValueError:
        return []
    if isinstance(made, Layer):
        return layer_example(made)
    if isinstance(made, Dataset):
        if made.own:
            return [(_("Samples"), _("as many as the file holds"))]
        spec = made.spec()
        return [(_("Samples"), sample_words(spec)), (_("Targets"), target_words(spec))]
    if isinstance(made, Loss):
        return [(_("In PyTorch"), made.call().code())]
    if isinstance(made, Optimiser):
        options = ", ".join(f"{name}={value!r}" for name, value in made.options().items())
        return [(_("In PyTorch"), f"torch.optim.{made.torch_name}({options})")]
    if isinstance(made, Initialisation):
        first = made.call()
        return [(_("In PyTorch"), first.code())] if first else []
    if isinstance(made, Schedule):
        call = made.call(0.001, 20, 50)
        return [(_("In PyTorch"), f"torch.optim.lr_scheduler.{call.code()}")] if call else []
    return []


def layer_example(layer: Layer) -> Facts:
    """The shape rule of a layer on an input that fits it, with the arithmetic where there is some."""
    ports = len(layer.input_ports())
    fitting = [found for found in (_try(layer, (shape,) * ports) for shape in _EXAMPLES if ports) if found]
    fitting = fitting or [found for found in ((_try(layer, _WORDS[:ports]),) if ports else ()) if found]
    if not fitting:
        return []
    return next((facts for facts in fitting if len(facts) > 3), fitting[-1])


def _try(layer: Layer, inputs: tuple[Shape, ...]) -> Facts:
    try:
        shapes = layer.shapes(*inputs)
        count, sum_, call = layer.parameters(*inputs), layer.arithmetic(*inputs), layer.call(*inputs)
    except Misfit:
        return []
    facts = [(_("Input"), " + ".join(map(show_shape, inputs)))]
    if sum_:
        facts.append((_("Arithmetic"), sum_))
    if shapes:
        outcome = " · ".join(map(show_shape, shapes.values()))
        facts.append((_("Output"), f"{outcome} · {parameter_words(count)}" if count else outcome))
    if call and not call.source:
        facts.append((_("In PyTorch"), call.code()))
    return facts


def parameter_rows(declaration: type[Declared]) -> Iterator[tuple[str, str, str, str]]:
    """(title, default, allowed, help) of every parameter."""
    for field in form_fields(declaration):
        yield _(field.title), value_text(field, field.default), allowed(field), _(field.help)


def allowed(field: FormField) -> str:
    """Which values a field takes."""
    if field.type == "choice":
        return ", ".join(value_text(field, c) for c in field.choices)
    if field.type == "bool":
        return _("on or off")
    return show_bounds(field, brief=False)


def body_and_reference(declaration: type[Declared]) -> tuple[str, str]:
    """The details without their last paragraph, and that paragraph if it says where the thing comes from."""
    body, _gap, last = declaration.details().rpartition("\n\n")
    mark = _("Reference:")
    if last.startswith(mark):
        return body, last.removeprefix(mark).strip()
    return declaration.details(), ""
