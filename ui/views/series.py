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
    "skipping": ("skipped",),
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
    "skipped": N_("share of steps left out so far"),
    "cluster_ari": N_("ARI: clusters against classes"),
    "cluster_nmi": N_("NMI: clusters against classes"),
}
NAMES = {"loss": N_("Loss"), "accuracy": N_("Accuracy"), "r2": N_("R²"), "rate": N_("Learning rate")}
NAMES |= {
    "gradient": N_("Gradient"),
    "clipping": N_("Clipped"),
    "skipping": N_("Left out"),
    "parts": N_("Parts"),
    "clusters": N_("Clusters"),
}
SHARES = ("accuracy", "clipping", "skipping")
_TRAIN, _VAL = "train_part.", "val_part."
"""The losses of several ends, before their weights."""


def tabs_of(runs: "Sequence[Run]") -> list[str]:
    """The sorts of curves that these runs have."""
    known = {name for run in runs for name in run.curves}
    main, other = ("r2", "accuracy") if any(name.endswith("_r2") for name in known) else ("accuracy", "r2")
    keys = ["loss", main, *([other] if _further(other, known) else []), "rate"]
    keys += [key for key in ("gradient", "clipping", "skipping", "clusters") if _SERIES[key][0] in known]
    return keys + (["parts"] if any(name.startswith(_TRAIN) for name in known) else [])


def names_of(tab: str, runs: "Sequence[Run]") -> tuple[str, ...]:
    """The curves of a tab."""
    if tab in ("accuracy", "r2"):
        return (*_SERIES[tab], *_further(tab, {name for run in runs for name in run.curves}))
    if tab != "parts":
        return _SERIES[tab]
    return tuple(sorted({name for run in runs for name in run.curves if name.startswith((_TRAIN, _VAL))}))


def _further(score: str, known: set[str]) -> list[str]:
    """The curves of this score that Outputs beside the main one have."""
    return sorted(name for name in known if "." in name and name.partition(".")[0] in _SERIES[score])


def words_of(name: str) -> str:
    """What people call a curve."""
    plain, dot, end = name.partition(".")
    if not dot:
        return _(_WORDS[name])
    return (_("{end}, training") if plain.startswith("train_") else _("{end}, validation")).format(end=end)


def curve_pen(name: str, order: int, names: Sequence[str]) -> QPen:
    """How a curve is drawn; `order` 0 is the newest run."""
    tokens = theme.tokens
    if order:
        return earlier_pen(order - 1, tokens, name.startswith("val_"))
    if name in ("naive_loss", "mean_loss"):
        return pen(tokens.muted, 1.5, (4.0, 3.0))
    if "." in name:
        ends = sorted({other.partition(".")[2] for other in names if "." in other})
        # The main Output has the first two colours where it has curves beside these.
        place = ends.index(name.partition(".")[2]) + (2 if any("." not in other for other in names) else 0)
        colour = class_colour(place, tokens)
        return pen(colour.name(), 2.0) if name.startswith("val_") else pen(colour.name(), 1.2, (4.0, 2.0))
    return pen(tokens.validation if name.startswith(("val_", "cluster_nmi")) else tokens.train, 2.0)
