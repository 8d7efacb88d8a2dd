"""Which curves a run has, what people call them, and how each is drawn."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtGui import QPen

from dllab.text import N_, _
from ui.shell.theme import theme
from ui.views.colours import class_colour
from ui.views.plot import pen
from ui.views.runlines import earlier_pen

if TYPE_CHECKING:
    from ui.link.runs import Run

_SERIES = {
    "loss": ("naive_loss", "mean_loss", "train_loss", "val_loss"),
    "accuracy": ("train_accuracy", "val_accuracy"),
    "r2": ("train_r2", "val_r2"),
    "rate": ("learning_rate",),
    "gradient": ("gradient_norm",),
    "clipping": ("clipped",),
    "clusters": ("cluster_ari", "cluster_nmi"),
}
_WORDS = {
    "naive_loss": N_("if nothing changed"),
    "mean_loss": N_("the mean sample"),
    **{f"train_{name}": N_("training") for name in ("loss", "accuracy", "r2")},
    **{f"val_{name}": N_("validation") for name in ("loss", "accuracy", "r2")},
    "learning_rate": N_("learning rate"),
    "gradient_norm": N_("length before clipping"),
    "clipped": N_("share of steps clipped"),
    "cluster_ari": N_("ARI: clusters against classes"),
    "cluster_nmi": N_("NMI: clusters against classes"),
}
NAMES = {"loss": N_("Loss"), "accuracy": N_("Accuracy"), "r2": N_("R²"), "rate": N_("Learning rate")}
NAMES |= {"gradient": N_("Gradient"), "clipping": N_("Clipped"), "parts": N_("Parts"), "clusters": N_("Clusters")}
SHARES = ("accuracy", "clipping")
_TRAIN, _VAL = "train_part.", "val_part."
"""The losses of several ends, before their weights."""


def tabs_of(runs: "Sequence[Run]") -> list[str]:
    """The sorts of curves that these runs have."""
    known = {name for run in runs for name in run.curves}
    keys = ["loss", "r2" if any(name.endswith("_r2") for name in known) else "accuracy", "rate"]
    keys += [key for key in ("gradient", "clipping", "clusters") if _SERIES[key][0] in known]
    return keys + (["parts"] if any(name.startswith(_TRAIN) for name in known) else [])


def names_of(tab: str, runs: "Sequence[Run]") -> tuple[str, ...]:
    """The curves of a tab."""
    if tab != "parts":
        return _SERIES[tab]
    return tuple(sorted({name for run in runs for name in run.curves if name.startswith((_TRAIN, _VAL))}))


def words_of(name: str) -> str:
    """What people call a curve."""
    if name.startswith(_TRAIN):
        return _("{end}, training").format(end=name.removeprefix(_TRAIN))
    if name.startswith(_VAL):
        return _("{end}, validation").format(end=name.removeprefix(_VAL))
    return _(_WORDS[name])


def curve_pen(name: str, order: int, names: Sequence[str]) -> QPen:
    """How a curve is drawn; `order` 0 is the newest run."""
    tokens = theme.tokens
    if order:
        return earlier_pen(order - 1, tokens, name.startswith("val_"))
    if name in ("naive_loss", "mean_loss"):
        return pen(tokens.muted, 1.5, (4.0, 3.0))
    if name.startswith((_TRAIN, _VAL)):
        ends = sorted({other.partition(".")[2] for other in names})
        colour = class_colour(ends.index(name.partition(".")[2]), tokens)
        return pen(colour.name(), 2.0) if name.startswith(_VAL) else pen(colour.name(), 1.2, (4.0, 2.0))
    return pen(tokens.validation if name.startswith(("val_", "cluster_nmi")) else tokens.train, 2.0)
