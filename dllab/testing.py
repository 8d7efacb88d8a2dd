"""Contracts that every declared layer and dataset keeps: run them on your own before you share it.

`check_layer("my_layer")` and `check_dataset("my_data")` raise BrokenContract with what does not hold.
"""

import ast
import inspect
import json
import re
from math import prod
from random import Random
from typing import TYPE_CHECKING, Any

from dllab.data import DATASETS
from dllab.data.base import IGNORED, Arrays, Dataset, DataSpec
from dllab.declare import Declared, FormField, Registry, form_fields
from dllab.layers import LAYERS
from dllab.layers.analysing import Analysis
from dllab.layers.base import FAMILIES, Call, Layer, Misfit, Shape, Signal, is_padded, signals, vocabulary
from dllab.layers.ends import End

if TYPE_CHECKING:
    from torch import nn

BATCH = 3
_PORT = re.compile(r"^[a-z][a-z0-9_]*$")


class BrokenContract(AssertionError):
    """What a declaration promises and doesn't keep."""


def check_layer(kind: str, rounds: int = 60, seed: int = 0) -> None:
    """Texts, ports, file form, effect of every parameter; shape, count and code against torch over random ones."""
    declaration = LAYERS[kind]
    _check_texts(declaration)
    _require(declaration.family in FAMILIES, f"{kind}: {declaration.family!r} is no family of layers")
    example = declaration()
    ports = (*example.input_ports(), *example.output_ports())
    _require(bool(ports) and all(map(_PORT.match, ports)), f"{kind}: ports are called {ports}")
    random = Random(f"{kind}{seed}")
    for _round in range(rounds):
        layer = random_layer(declaration, random)
        _check_file_form(LAYERS, layer)
        if layer.input_ports() and not declaration.composite:
            check_against_torch(layer, *random_inputs(layer, random))
    for field in () if declaration.composite else form_fields(declaration):
        _check_effect(declaration, field, random)


def check_dataset(kind: str, rounds: int = 5, seed: int = 0) -> None:
    """Texts and file form; then over random parameters: what `load` gives is what `spec` says, twice the same."""
    declaration = DATASETS[kind]
    _check_texts(declaration)
    random = Random(f"{kind}{seed}")
    for number in range(rounds):
        dataset = random_declared(declaration, random) if number else declaration()
        assert isinstance(dataset, Dataset)
        _check_file_form(DATASETS, dataset)
        if dataset.own:  # without a file there is nothing to load, and it says so
            _require(bool(dataset.problem()), f"{kind}: doesn't say that a file is needed")
            continue
        _check_arrays(f"{kind}({dataset!r})", dataset.spec(), dataset.load(seed), dataset.load(seed))


def check_against_torch(layer: Layer, *inputs: Shape) -> bool:
    """Compare shape, parameter count and code with torch on the meta device. False where the layer raises Misfit."""
    try:
        shapes, count = signals(layer, *inputs), layer.parameters(*inputs)
    except Misfit:
        return False
    name = f"{layer!r} of {inputs}"
    _require(isinstance(layer.arithmetic(*inputs), str), f"{name}: arithmetic gives no text")
    call = layer.call(*inputs)
    if isinstance(layer, Analysis):
        _check_estimator(layer, count)
        return True
    if call is None:
        _require(count == 0 and all(s == inputs[0] for s in shapes.values()), f"{name}: has no call but does something")
        return True
    module, outputs = run_in_torch(call, *inputs)
    expected = [(BATCH, *shapes[port]) for port in layer.output_ports()]
    _require(outputs == expected, f"{name}: the shape rule says {expected}, torch gives {outputs}")
    learned = sum(parameter.numel() for parameter in module.parameters())
    _require(count == learned, f"{name}: says it learns {count} numbers, torch has {learned}")
    _require(repr(_from_code(call.code())) == repr(module), f"{name}: {call.code()} builds something else than {call}")
    return True


def _check_estimator(layer: Analysis, learned: int) -> None:
    """What only looks on learns nothing that torch knows of, and scikit-learn takes its parameters."""
    from dllab.clustering.estimator import make_estimator

    _require(learned == 0, f"{layer!r}: only looks on, but says it learns {learned} numbers")
    if layer.estimator().name.startswith("umap."):
        return  # a package of its own, which need not be there
    validate = getattr(make_estimator(layer, 0), "_validate_params")  # noqa: B009 — scikit-learn's own check of bounds
    validate()


def run_in_torch(call: Call, *inputs: Shape, device: str = "meta") -> tuple["nn.Module", list[Shape]]:
    """Build a call and run it on a batch, on "meta" without memory or work; raises what torch raises."""
    import torch

    from dllab.build.making import make_module

    with torch.device(device):
        module = make_module(call)
        kinds = [torch.int64 if vocabulary(shape) else torch.float32 for shape in inputs]
        result = module(*(torch.zeros(BATCH, *x, dtype=kind) for x, kind in zip(inputs, kinds, strict=True)))
    return module, [tuple(value.shape) for value in (result if isinstance(result, tuple) else (result,))]


def random_layer(declaration: type[Layer], random: Random) -> Layer:
    """A layer with parameters drawn within their bounds, small ones mostly."""
    layer = random_declared(declaration, random)
    assert isinstance(layer, Layer)
    return layer


def random_declared(declaration: type[Declared], random: Random) -> Declared:
    """Any declared thing with parameters drawn within their bounds."""
    # Often only a few are unusual: with many parameters all drawn at once hardly anything would fit.
    share = random.choice((0.3, 0.8))
    values = {field.name: _random_value(field, random) for field in form_fields(declaration) if random.random() < share}
    return declaration.model_validate_json(json.dumps(values))


def random_inputs(layer: Layer, random: Random) -> tuple[Shape, ...]:
    """A shape for every input of a layer: often alike, as most layers with several inputs want them."""
    first = tuple(random.choice((1, 2, 4, 5, 7, 8, 12)) for _axis in range(random.randint(1, 3)))
    if random.random() < {"take": 0.9, "pass": 0.3, "refuse": 0.03}[layer.indices]:
        first = Signal(first, random.choice((1, 3, 10)))
    inputs = [first]
    for _port in layer.input_ports()[1:]:
        other = list(first)
        if random.random() < 0.4:
            other[random.randrange(len(other))] = random.choice((1, 2, 6, 8))
        if random.random() < 0.1:
            other.append(2)
        inputs.append(tuple(other))
    return tuple(inputs)


def _check_effect(declaration: type[Layer], field: FormField, random: Random) -> None:
    """A parameter that changes neither ports nor shapes nor the module is one that somebody forgot to pass on."""
    for _attempt in range(200):
        layer = random_layer(declaration, random)
        values = {**layer.model_dump(mode="json"), field.name: _random_value(field, random)}
        other = LAYERS.make(declaration.kind, values)
        inputs = random_inputs(layer, random)
        if layer.input_ports() != other.input_ports() or _outcome(layer, inputs) != _outcome(other, inputs):
            return
    raise BrokenContract(f"{declaration.kind}: the parameter {field.name} changes nothing")


def _outcome(layer: Layer, inputs: tuple[Shape, ...]) -> object:
    """All that can be seen of what a layer does with inputs of these shapes."""
    import torch

    from dllab.build.making import make_module

    try:
        shapes, call = signals(layer, *inputs), layer.call(*inputs)
    except Misfit as misfit:
        return misfit.code, misfit.at
    if isinstance(layer, Analysis):
        return shapes, layer.estimator(), getattr(layer, "neighbours", None)
    if isinstance(layer, End):
        return shapes, layer.input_ports(), layer.model_dump()
    if call is None:
        return shapes
    with torch.device("meta"):
        module = make_module(call)
    plain = {name: value for name, value in vars(module).items() if isinstance(value, (int, float, str, tuple))}
    return shapes, repr(module), plain


def _random_value(field: FormField, random: Random) -> Any:
    if field.optional and random.random() < 0.4:
        return None
    match field.type:
        case "bool":
            return random.random() < 0.5
        case "choice":
            return random.choice(field.choices)
        case "ints":
            lists = ([-1], [1, -1], [2, -1], [-1, 4], [8], [2, 4], [4, 2, 1], [1, 8, 8], [2, 2, 2], [3, 5])
            return random.choice([x for x in lists if field.lower is None or min(x) >= field.lower])
        case "int":
            lower = int(field.lower if field.lower is not None else -4) + field.exclusive[0]
            upper = int(field.upper if field.upper is not None else lower + 1000) - field.exclusive[1]
            return random.randint(lower, min(upper, lower + random.choice((0, 1, 4, 12, 80))))
        case "float":
            start = field.lower if field.lower is not None else -1.0
            end = min(field.upper if field.upper is not None else start + 10.0, start + 10.0)
            return start + (end - start) * random.uniform(0.01, 0.99)
    return field.default


def _from_code(code: str) -> "nn.Module":
    """The module that a line of exported code builds; only constructor calls with literal arguments are followed."""
    from dllab.build.making import make_module

    call = ast.parse(code, mode="eval").body
    assert isinstance(call, ast.Call)
    args = tuple(ast.literal_eval(value) for value in call.args)
    options = {str(option.arg): ast.literal_eval(option.value) for option in call.keywords}
    return make_module(Call(ast.unparse(call.func), args, options))


def _check_texts(declaration: type[Declared]) -> None:
    kind = declaration.kind
    document = inspect.cleandoc(declaration.__doc__ or "")
    first = document.split("\n\n")[0]
    _require(first.endswith(".") and "$" not in first, f"{kind}: the docstring must begin with one plain sentence")
    _require("Reference:" in document, f"{kind}: the docstring names no reference")
    _require(bool(declaration.title), f"{kind}: has no title")
    _require(getattr(declaration, "glyph", "").startswith("mdi6."), f"{kind}: its glyph is not of qtawesome's mdi6 set")
    for field in form_fields(declaration):
        _require(
            bool(field.title and field.help), f"{kind}: the parameter {field.name} needs a title and a description"
        )


def _check_file_form(registry: Registry[Any], declared: Declared) -> None:
    text = declared.model_dump_json()
    again = registry.make(type(declared).kind, json.loads(text))
    _require(again == declared, f"{declared!r} comes back from a file as {again!r}")


def _check_arrays(name: str, spec: DataSpec, arrays: Arrays, again: Arrays) -> None:
    import numpy as np

    x, y = arrays.x, arrays.y
    _require(x.shape == (spec.samples, *spec.input), f"{name}: x is {x.shape}, not {(spec.samples, *spec.input)}")
    words = vocabulary(spec.input)
    if words:
        _require(x.dtype == np.int64 and x.min() >= 0 and x.max() < words, f"{name}: x must be int64 below {words}")
        _require(not spec.tokens or len(spec.tokens) == words, f"{name}: {len(spec.tokens)} tokens, not {words}")
        gaps = (np.diff((x != 0).astype(int), axis=1) > 0).any() if is_padded(spec.input) else False
        _require(not gaps, f"{name}: padding (index 0) stands before or between other indices")
    else:
        _require(x.dtype == np.float32 and bool(np.isfinite(x).all()), f"{name}: x must be finite float32")
    _require(np.array_equal(x, again.x) and np.array_equal(y, again.y), f"{name}: differs when loaded again")
    if spec.features:
        named = len(spec.features) in (prod(spec.input), spec.input[-1])
        _require(named, f"{name}: {len(spec.features)} names for {spec.input}")
    answers = (spec.samples, spec.positions) if spec.positions else (spec.samples,)
    if spec.task == "classification":
        found = set(np.unique(y).tolist()) - ({IGNORED} if spec.positions else set())
        _require(y.shape == answers and y.dtype == np.int64, f"{name}: y must be int64 of shape {answers}")
        known = set(range(len(spec.classes)))
        # Of answers at every step some may happen not to occur, as a rare letter.
        _require(
            found == known or (bool(spec.positions) and found < known),
            f"{name}: classes {found} occur, named are {spec.classes}",
        )
    else:
        _require(y.shape == (*answers, len(spec.targets)), f"{name}: y is {y.shape}, targets are {spec.targets}")
        _require(y.dtype == np.float32 and bool(np.isfinite(y).all()), f"{name}: y must be finite float32")


def _require(holds: bool, text: str) -> None:
    if not holds:
        raise BrokenContract(text)
