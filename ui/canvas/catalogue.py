"""The layers to choose from, as rows: by family, searched by name and by what they do."""

from dataclasses import dataclass

from dllab.layers import LAYERS
from dllab.layers.base import FAMILIES
from dllab.text import _

BROKEN_GLYPH = "mdi6.power-plug-off-outline"


@dataclass(frozen=True)
class Entry:
    """A layer to choose, or a plugin that could not be loaded, with its reason."""

    kind: str
    title: str
    family: str
    glyph: str
    summary: str
    reason: str = ""


def entries() -> list[Entry]:
    """All layers in the order of their families, then what is broken."""
    order = list(FAMILIES)
    known = sorted(LAYERS, key=lambda layer: order.index(layer.family) if layer.family in order else len(order))
    found = [Entry(k.kind, _(k.title), k.family, k.glyph, k.summary()) for k in known]
    for name, reason in LAYERS.broken.items():
        found.append(Entry("", name, "", BROKEN_GLYPH, _("This plugin could not be loaded."), reason))
    return found


def family_title(family: str) -> str:
    """What a family is called."""
    return _(FAMILIES[family]) if family in FAMILIES else _("Could not be loaded")


def search(words: str, rows: list[Entry]) -> list[Entry]:
    """Rows that match, the best first: by the start of the name, by its parts, by what is said about them."""
    wanted = words.strip().casefold()
    if not wanted:
        return rows
    ranked = [(rank, i) for i, row in enumerate(rows) if (rank := _rank(wanted, row)) is not None]
    return [rows[i] for _rank_, i in sorted(ranked)]


def _rank(wanted: str, row: Entry) -> int | None:
    title = row.title.casefold()
    names = (title, row.kind, row.kind.replace("_", " "), row.kind.replace("_", ""))
    if wanted in names:
        return 0
    if any(name.startswith(wanted) for name in names):
        return 1
    if any(wanted in name for name in names):
        return 2
    if wanted in family_title(row.family).casefold():
        return 3
    if all(part in f"{title} {row.summary.casefold()}" for part in wanted.split()):
        return 4
    return None
