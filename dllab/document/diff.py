"""What is different between two experiments, found by identity first: views apply this instead of starting anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dllab.document.experiment import Experiment, Link


@dataclass(frozen=True)
class Diff:
    """Ids of nodes, notes and frames that came, went or changed; links that came or went."""

    added: frozenset[str]
    removed: frozenset[str]
    changed: frozenset[str]
    links_added: tuple[Link, ...]
    links_removed: tuple[Link, ...]


def diff(old: Experiment, new: Experiment) -> Diff:
    """The difference of the two graphs."""
    before, after = old.model, new.model
    if before is after:
        return Diff(frozenset(), frozenset(), frozenset(), (), ())
    added: set[str] = set()
    removed: set[str] = set()
    changed: set[str] = set()
    for left, right in ((before.nodes, after.nodes), (before.notes, after.notes), (before.frames, after.frames)):
        _compare(left, right, added, removed, changed)
    old_links, new_links = set(before.links), set(after.links)
    return Diff(
        added=frozenset(added),
        removed=frozenset(removed),
        changed=frozenset(changed),
        links_added=tuple(x for x in after.links if x not in old_links),
        links_removed=tuple(x for x in before.links if x not in new_links),
    )


def _compare(
    old: Mapping[str, Any], new: Mapping[str, Any], added: set[str], removed: set[str], changed: set[str]
) -> None:
    if old is new:
        return
    for key, item in new.items():
        if key not in old:
            added.add(key)
        elif old[key] is not item and old[key] != item:
            changed.add(key)
    removed.update(key for key in old if key not in new)
