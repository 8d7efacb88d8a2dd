"""What is different between two experiments as far as a run is concerned, in a few words each."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from dllab.data import DATASETS
from dllab.declare import Declared, Registry, form_fields
from dllab.document.diff import diff
from dllab.document.experiment import Choice, Experiment
from dllab.layers import LAYERS
from dllab.recipe import LOSSES, OPTIMISERS, SCHEDULES
from dllab.text import _

_SHOWN_OR_SAID = frozenset({"kind", "params", "x", "y", "title", "muted"})
_RECIPE: dict[str, Registry[Any]] = {"loss": LOSSES, "optimiser": OPTIMISERS, "schedule": SCHEDULES}


def differences(old: Experiment, new: Experiment) -> list[str]:
    """ "Learning rate 0.01", "without Dropout", …; what only looks different (places, titles, notes) is left out."""
    if old is new:
        return []
    words = list(_layers(old, new))
    if old.training is not new.training:
        words += _fields(old.training, new.training)
        for name, registry in _RECIPE.items():
            words += _choice(registry, getattr(old.training, name), getattr(new.training, name))
    words += _choice(DATASETS, old.data, new.data)
    for part in ("preparation", "split"):
        words += _fields(getattr(old, part), getattr(new, part))
    if new.seed != old.seed:
        words.append(_("seed {seed}").format(seed=new.seed))
    return words


def _layers(old: Experiment, new: Experiment) -> Iterator[str]:
    found = diff(old, new)
    before, after = old.model.nodes, new.model.nodes
    for name in sorted(found.added & after.keys()):
        yield _("with {layer}").format(layer=_title(LAYERS, after[name].kind))
    for name in sorted(found.removed & before.keys()):
        yield _("without {layer}").format(layer=_title(LAYERS, before[name].kind))
    for name in sorted(found.changed & after.keys()):
        mine, yours = before[name], after[name]
        layer = yours.title or _title(LAYERS, yours.kind)
        if mine.muted != yours.muted:
            yield _("{layer} muted").format(layer=layer) if yours.muted else _("{layer} on").format(layer=layer)
        changes = _choice(
            LAYERS, Choice(kind=mine.kind, params=mine.params), Choice(kind=yours.kind, params=yours.params)
        )
        yield from (f"{layer}: {words}" for words in changes)
        others = (name for name in type(yours).model_fields if name not in _SHOWN_OR_SAID)
        if any(getattr(mine, name) != getattr(yours, name) for name in others):
            yield _("{layer} changed").format(layer=layer)
    nodes_stayed = not ((found.added | found.removed) & (before.keys() | after.keys()))
    if nodes_stayed and (found.links_added or found.links_removed):
        yield _("other wires")


def _fields(old: BaseModel, new: BaseModel) -> Iterator[str]:
    """The plain fields that differ, by their titles."""
    for field in form_fields(type(new)):
        value = getattr(new, field.name)
        if value != getattr(old, field.name):
            yield f"{_(field.title)} {_said(value)}"


def _choice(registry: Registry[Any], old: Choice, new: Choice) -> Iterator[str]:
    """The other kind, or the parameters that differ."""
    if old.kind != new.kind:
        yield _title(registry, new.kind)
        return
    declared: type[Declared] | None = registry.get(new.kind)
    fields = form_fields(declared) if declared is not None else ()
    titles, defaults = {f.name: _(f.title) for f in fields}, {f.name: f.default for f in fields}
    for name in sorted(old.params.keys() | new.params.keys()):
        value = new.params.get(name, defaults.get(name))
        if value != old.params.get(name, defaults.get(name)):
            yield f"{titles.get(name, name)} {_said(value)}"


def _title(registry: Registry[Any], kind: str) -> str:
    declared = registry.get(kind)
    return _(declared.title) if declared is not None else kind


def _said(value: object) -> str:
    if value is None:
        return _("automatic")
    if isinstance(value, bool):
        return _("on") if value else _("off")
    return f"{value:g}" if isinstance(value, float) else str(value)
