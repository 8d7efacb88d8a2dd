"""`dllab templates`, `dllab layers`, `dllab datasets`: what there is, from the declarations."""

import argparse
from collections.abc import Mapping
from typing import Any

from dllab.cli.said import print_json, table
from dllab.data import DATASETS
from dllab.data.base import Dataset
from dllab.declare import Declared, form_fields
from dllab.layers import LAYERS
from dllab.layers.base import FAMILIES, Layer, show_shape
from dllab.templates import TEMPLATES, Template
from dllab.text import _, ngettext


def run(options: argparse.Namespace) -> int:
    """Print one of the lists."""
    broken: Mapping[str, str] = {}
    match options.command:
        case "layers":
            rows, broken = [_layer(layer) for layer in LAYERS], LAYERS.broken
            columns = {"kind": _("kind"), "family_title": _("family"), "summary": _("what it does")}
        case "datasets":
            rows, broken = [_dataset(dataset) for dataset in DATASETS], DATASETS.broken
            columns = {"kind": _("kind"), "size": _("size"), "summary": _("what it is")}
        case _:
            rows = [_template(template) for template in TEMPLATES]
            columns = {"id": _("template"), "title": _("title"), "summary": _("what it is")}
    if options.json:
        print_json(rows)
    else:
        print(*table(list(columns.values()), [[str(row[name]) for name in columns] for row in rows]), sep="\n")
        for name, reason in broken.items():
            print(_("{name} could not be loaded: {reason}").format(name=name, reason=reason))
    return 0


def _template(template: Template) -> dict[str, Any]:
    return {
        "id": template.id,
        "title": _(template.title),
        "summary": _(template.sentence),
        "family": template.family,
    }


def _declared(declaration: type[Declared]) -> dict[str, Any]:
    return {"kind": declaration.kind, "title": _(declaration.title), "summary": declaration.summary()}


def parameters(declaration: type[Declared]) -> list[dict[str, Any]]:
    """The parameters of a declaration as plain data."""
    return [
        {
            "name": field.name,
            "title": _(field.title),
            "help": _(field.help),
            "type": field.type,
            "default": field.default,
            "minimum": field.lower,
            "maximum": field.upper,
            "choices": field.choices,
            "optional": field.optional,
        }
        for field in form_fields(declaration)
    ]


def _layer(layer: type[Layer]) -> dict[str, Any]:
    example = layer()
    return {
        **_declared(layer),
        "family": layer.family,
        "family_title": _(FAMILIES.get(layer.family, layer.family)),
        "inputs": example.input_ports(),
        "outputs": example.output_ports(),
        "parameters": parameters(layer),
    }


def _dataset(dataset: type[Dataset]) -> dict[str, Any]:
    spec = dataset().spec()
    if spec.task == "classification":
        goal = ngettext("{count} class", "{count} classes", len(spec.classes)).format(count=len(spec.classes))
    else:
        goal = _("regression") if spec.task == "regression" else _("nothing to predict")
    size = f"{spec.samples:,} × {show_shape(spec.input)}, {goal}"
    return {
        **_declared(dataset),
        "family": dataset.family,
        "task": spec.task,
        "samples": spec.samples,
        "input": spec.input,
        "features": spec.features,
        "classes": spec.classes,
        "targets": spec.targets,
        "size": _("yours: dllab import") if dataset.own else size,
        "parameters": parameters(dataset),
    }
