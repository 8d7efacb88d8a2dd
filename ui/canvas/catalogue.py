"""The layers to choose from, as rows: by family, searched by name and by what they do."""

from dataclasses import dataclass

from dllab.layers import LAYERS
from dllab.layers.base import FAMILIES
from dllab.layers.grouping import Group
from dllab.text import _, ngettext
from ui.canvas.faces import layers_in
from ui.canvas.saved import Kept, saved

SAVED = "saved"
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
    saved: str = ""
    """Of a saved group the key, by which it can be removed."""

    @property
    def band(self) -> str:
        """The family whose colour it wears."""
        return Group.family if self.saved else self.family


def entries() -> list[Entry]:
    """A person's own groups, all layers in the order of their families, then what is broken."""
    order = list(FAMILIES)
    known = sorted(LAYERS, key=lambda layer: order.index(layer.family) if layer.family in order else len(order))
    found = [_saved(kept) for kept in saved]
    found += [Entry(k.kind, _(k.title), k.family, k.glyph, k.summary()) for k in known]
    for name, reason in LAYERS.broken.items():
        found.append(Entry("", name, "", BROKEN_GLYPH, _("This plugin could not be loaded."), reason))
    return found


def _saved(kept: Kept) -> Entry:
    if kept.node is None:
        text = _("This saved group can't be used.")
        return Entry("", kept.title, SAVED, BROKEN_GLYPH, text, kept.reason, kept.key)
    count = layers_in(kept.node)
    text = ngettext("A group of your own of {count} layer.", "A group of your own of {count} layers.", count)
    return Entry(kept.key, kept.title, SAVED, Group.glyph, text.format(count=count), saved=kept.key)


def family_title(family: str) -> str:
    """What a family is called."""
    if family == SAVED:
        return _("Saved groups")
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
