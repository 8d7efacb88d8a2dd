"""Groups that a person keeps for other networks: a text file each in a folder of their own, offered wherever layers are.

A saved group is a declaration like that of a layer, made from a file instead of a class in the lab. Its key stands where
the kind of a layer stands. Nothing in a file is run: code in a group is as trusted or untrusted as in a document.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QObject, Signal

from dllab.checking.through import through
from dllab.document.edits import Refused, fresh_id
from dllab.document.experiment import GROUP, Graph, Node
from dllab.document.flat import inside_of, ports_of, size_of
from dllab.document.format import FileProblem, graph_to_text, part_from_text
from dllab.files import in_words, read_limited, write_atomic
from dllab.layers import LAYERS
from dllab.layers.base import Layer, Shape
from dllab.layers.grouping import Group, Ports
from dllab.text import _
from ui.shell import home

KEY = "saved:"
_SUFFIX = ".json"
_FILES = 200
_BYTES = 200_000
_LAYERS = 1_000
_NAME = 60


@dataclass(frozen=True)
class Kept:
    """What a file of the folder holds: a group, or the reason why it can't be used."""

    key: str
    title: str
    path: Path
    node: Node | None = None
    reason: str = ""


class SavedGroups(QObject):
    """The folder, read again when something in it has changed: other windows write there too."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._kept: dict[str, Kept] = {}
        self._layers: dict[str, type[Group]] = {}
        self._seen: list[tuple[str, int, int]] = []

    def __iter__(self) -> Iterator[Kept]:
        return iter(self._kept.values())

    def get(self, key: str) -> Kept | None:
        """What is kept under a key."""
        return self._kept.get(key)

    def layer(self, key: str) -> type[Group] | None:
        """A saved group as a declaration; None for what is none."""
        return self._layers.get(key)

    @property
    def layers(self) -> list[type[Group]]:
        """All of them as declarations."""
        return list(self._layers.values())

    def look(self) -> None:
        """Read the folder if it is no longer what it was."""
        files, seen = [], []
        for path in sorted(home.folder("groups").glob(f"*{_SUFFIX}")):
            try:
                facts = path.stat()
            except OSError:
                continue
            files.append(path)
            seen.append((str(path), facts.st_mtime_ns, facts.st_size))
        if seen == self._seen:
            return
        self._seen = seen
        found = sorted((_read(path) for path in files[:_FILES]), key=lambda kept: kept.title.casefold())
        self._kept = {kept.key: kept for kept in found}
        self._layers = {kept.key: _declared(kept, kept.node) for kept in found if kept.node is not None}
        self.changed.emit()

    def add(self, name: str, node: Node) -> str:
        """Keep a copy of a group; returns the name it got. Raises Refused, or OSError where it can't be written."""
        self.look()
        name = _one_line(name) or _("Group")
        node = node.model_copy(update={"x": 0.0, "y": 0.0, "muted": False})
        if any(kept.node and _same(kept.node, node) for kept in self if kept.title.startswith(name)):
            raise Refused("there", _("“{name}” stands in the palette already.").format(name=name))
        taken, title, number = {kept.title for kept in self}, name, 1
        while title in taken:
            number += 1
            title = f"{name} {number}"
        data = graph_to_text(Graph(nodes={"group": node.model_copy(update={"title": title})})).encode()
        if len(data) > _BYTES or size_of(inside_of(node)) > _LAYERS:
            raise Refused("large", _("This group is too large for the palette: use the file of the network instead."))
        folder = home.folder("groups")
        stems = {path.stem for path in folder.iterdir()}
        if len(stems) >= _FILES:
            raise Refused(
                "many",
                _("The palette holds {count} groups, which is all it can: remove one first.").format(count=_FILES),
            )
        write_atomic(folder / f"{fresh_id(stems, name)}{_SUFFIX}", data)
        self.look()
        return title

    def remove(self, key: str) -> None:
        """Take a group out of the palette for good. Raises OSError."""
        kept = self._kept.get(key)
        if kept is not None:
            kept.path.unlink(missing_ok=True)
            self.look()


def _one_line(name: str) -> str:
    return " ".join(name.split())[:_NAME]


def _same(one: Node, other: Node) -> bool:
    return one.model_copy(update={"title": ""}) == other.model_copy(update={"title": ""})


def _read(path: Path) -> Kept:
    # Names that are no text are shown as far as they can be; Qt and files take no halves of characters.
    name = os.fsencode(path.stem).decode("utf-8", "replace")
    key = f"{KEY}{name}"
    try:
        if not path.is_file():
            raise FileProblem(_("It is not a file."))
        node = _group_in(read_limited(path, _BYTES).decode("utf-8"))
    except OSError as error:
        return Kept(key, _one_line(name), path, reason=in_words(error))
    except UnicodeDecodeError:
        return Kept(key, _one_line(name), path, reason=_("The file is damaged: it is not text in UTF-8."))
    except FileProblem as problem:
        return Kept(key, _one_line(name), path, reason=str(problem))
    return Kept(key, _one_line(node.title) or _("Group"), path, node)


def _group_in(text: str) -> Node:
    """The one group that a file holds. Raises FileProblem."""
    nodes = list(part_from_text(text).nodes.values())
    if len(nodes) != 1 or nodes[0].kind != GROUP or nodes[0].inside is None:
        raise FileProblem(_("The file doesn't hold a group."))
    if size_of(nodes[0].inside) > _LAYERS:
        raise FileProblem(_("The group has more than {limit:,} layers.").format(limit=_LAYERS))
    return nodes[0]


def _declared(kept: Kept, node: Node) -> type[Group]:
    inlets, outlets = ports_of(inside_of(node))

    class Saved(Group):
        """A group that was saved: a copy of it is a group of its own."""

        kind: ClassVar[str] = kept.key
        title: ClassVar[str] = kept.title
        ports: Ports = Ports(inputs=inlets, outputs=outlets)

        def shapes(self, *inputs: Shape) -> dict[str, Shape]:
            return through(node, *inputs)

    return Saved


saved = SavedGroups()


def declaration(kind: str) -> type[Layer] | None:
    """A layer of the lab by its kind, or a saved group by its key; None for what isn't known."""
    return LAYERS.get(kind) or saved.layer(kind)


def new_node(kind: str, x: float, y: float) -> Node:
    """A new layer of a kind, or a copy of a saved group."""
    kept = saved.get(kind)
    if kept is None or kept.node is None:
        return Node(kind=kind, x=x, y=y)
    return kept.node.model_copy(update={"x": round(x, 1), "y": round(y, 1)})
