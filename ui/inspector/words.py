"""Words that several sheets and the chips share: what a value, a dataset, a recipe, a device is called."""

from collections.abc import Sequence
from typing import Any

from dllab.checking import Check
from dllab.data import DATASETS
from dllab.data.base import DataSpec
from dllab.declare import Declared, FormField, Registry
from dllab.document.experiment import Experiment
from dllab.layers.base import show_shape, vocabulary
from dllab.recipe import OPTIMISERS
from dllab.text import _, ngettext
from ui.inspector.parsing import show_number


def chip_text_data(experiment: Experiment, check: Check) -> tuple[str, str]:
    """("Digits", "1,797 · 10 classes"): the data's name, and how much of what."""
    spec = check.data
    return data_name(experiment), f"{spec.samples:,} · {target_words(spec)}" if spec else ""


def data_name(experiment: Experiment) -> str:
    """What the data is called: a file's name where it came from one."""
    try:
        return DATASETS.make(experiment.data.kind, experiment.data.params).name()
    except (KeyError, ValueError):
        return title_of(DATASETS, experiment.data.kind)


def chip_text_recipe(experiment: Experiment, check: Check) -> tuple[str, str]:
    """("Adam · 0.002", "batch 64"): how it learns."""
    training = experiment.training
    name = title_of(OPTIMISERS, training.optimiser.kind)
    batch = _("batch {size}").format(size=f"{training.batch_size:,}")
    return f"{name} · {show_number(training.learning_rate)}", batch


def chip_text_device(device: str, devices: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """("CPU", "2 cores"): where it computes; "automatic" names what that is now."""
    if not devices:
        return _("Device"), _("starting…")
    words = dict(devices).get(device, devices[0][1])
    name, _comma, detail = words.partition(", ")
    return name, detail or (_("automatic") if device == "auto" else "")


def target_words(spec: DataSpec) -> str:
    """10 classes; 1 number to predict."""
    if spec.task == "classification":
        count = len(spec.classes)
        return ngettext("{count} class", "{count} classes", count).format(count=count)
    if spec.task == "none":
        return _("nothing to predict")
    count = len(spec.targets)
    return ngettext("{count} number to predict", "{count} numbers to predict", count).format(count=count)


def sample_words(spec: DataSpec) -> str:
    """1,797 samples of 1 × 8 × 8; 150 samples · 4 numbers each."""
    if len(spec.input) > 1:
        text = ngettext("{count} sample of {shape}", "{count} samples of {shape}", spec.samples)
        return text.format(count=f"{spec.samples:,}", shape=show_shape(spec.input))
    count = spec.input[0] if spec.input else 1
    samples = ngettext("{count} sample", "{count} samples", spec.samples).format(count=f"{spec.samples:,}")
    if vocabulary(spec.input):
        return f"{samples} · {ngettext('{count} step each', '{count} steps each', count).format(count=count)}"
    return f"{samples} · {ngettext('{count} number each', '{count} numbers each', count).format(count=count)}"


def parameter_words(count: int) -> str:
    """160 parameters."""
    return ngettext("{count} parameter", "{count} parameters", count).format(count=f"{count:,}")


def title_of(registry: Registry[Any], kind: str) -> str:
    """The title of a kind; the kind itself where this installation doesn't know it."""
    declaration: type[Declared] | None = registry.get(kind)
    return _(declaration.title) if declaration else kind


def choice_text(choice: str) -> str:
    """A value of a choice as people read it."""
    return _(choice.replace("_", " "))


def set_text(field: FormField, value: Any) -> str:
    """The name of an edit: "Set kernel size to 5"."""
    return _("Set {field} to {value}").format(field=inside(_(field.title)), value=value_text(field, value))


def value_text(field: FormField, value: Any) -> str:
    """A value of a field in a sentence."""
    if value is None:
        return _("automatic")
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if isinstance(value, (tuple, list)):
        return show_shape(tuple(value))
    return choice_text(value) if field.type == "choice" else show_number(value)


def inside(title: str) -> str:
    """A title inside a sentence: "Kernel size" becomes "kernel size", "L1" stays."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title
