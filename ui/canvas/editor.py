"""Everything that can be done to the graph, each as one named step: gestures, keys, menus and the outline call these."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from dllab.checking import Fix
from dllab.checking.problem import apply_fix
from dllab.document import edits, grouping
from dllab.document.experiment import Experiment, Frame, Link, Node, Note
from dllab.document.format import graph_from_text, graph_to_text
from dllab.document.paths import split_id
from dllab.text import _, ngettext
from ui.canvas import composing
from ui.canvas.arrange import arranged
from ui.canvas.faces import title_of
from ui.canvas.fitting import Port, layers_after, link_between
from ui.canvas.geometry import GRID, NODE_WIDTH, Box, Point, aligned
from ui.canvas.saved import declaration, new_node
from ui.page import Page

if TYPE_CHECKING:
    from ui.canvas.scene import Scene


# long: one method a thing that can be done to the graph
class Editor(QObject):
    """Turns wishes into edits of the document and selects what came of them."""

    refused = Signal(str)
    """Why something can't be done, as a sentence."""
    said = Signal(str)
    """What was done, for screen readers."""
    told = Signal(str)
    """What was done beside the document, as a sentence."""

    def __init__(self, page: Page, scene: "Scene", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document = page
        """The page of the document that is on the canvas, edited as if it were the whole."""
        self.scene = scene

    # --- adding -----------------------------------------------------------------------------------------------------

    def add(self, kind: str, centre: Point) -> None:
        """A new layer around a point, unconnected."""
        corner = (centre[0] - NODE_WIDTH / 2, centre[1] - composing.new_height(kind) / 2)
        boxes = list(self.scene.boxes().values())
        self._make(kind, lambda e, node_id: composing.add_at(e, boxes, kind, node_id, corner))

    def insert(self, kind: str, link: Link, centre: Point) -> None:
        """A new layer in a wire."""
        corner = (centre[0] - NODE_WIDTH / 2, centre[1] - composing.new_height(kind) / 2)
        boxes = self.scene.boxes()
        text = _("Insert {layer}").format(layer=_title(kind))
        self._make(kind, lambda e, node_id: composing.insert(e, boxes, link, kind, node_id, corner), text)

    def take_in(self, node_id: str, link: Link, place: Point) -> None:
        """A layer that lay beside the network goes into a wire."""
        boxes = self.scene.boxes()

        def edit(experiment: Experiment) -> Experiment:
            moved = edits.move(experiment, {node_id: place})
            return composing.take_in(moved, boxes, link, node_id, boxes[node_id].height)

        self._apply(_("Insert {layer}").format(layer=self.name(node_id)), edit)

    def add_linked(self, kind: str, end: tuple[str, Port], point: Point) -> None:
        """A new layer where a wire was let go, joined to where the wire came from."""
        name, (side, port) = end
        boxes = list(self.scene.boxes().values())
        self._make(kind, lambda e, new: composing.add_linked(e, boxes, (name, side, port), kind, new, point))

    def add_layer(self, kind: str, near: Point) -> None:
        """A new layer behind the selected one where it fits there, else in free space near a point."""
        before = self._only_node()
        output = self._first_output(before)
        inputs, _outputs = composing.ports_of(kind)
        fits = before and output and inputs and kind in layers_after(self._experiment, self.scene.check, before, output)
        busy = bool(fits) and any(x.output == output for x in self._experiment.model.out_of(before))
        if not fits or (busy and not _outputs):
            self.add(kind, near)
            return
        boxes = self.scene.boxes()
        self._make(kind, lambda e, new: composing.add_after(e, boxes, before, output, kind, new))

    def add_note(self, centre: Point) -> str:
        """An empty note; returns its id."""
        note_id = composing.fresh_id(self._experiment, "note")
        corner = (round((centre[0] - 100) / GRID) * GRID, round((centre[1] - 40) / GRID) * GRID)
        if self._apply(_("Add note"), lambda e: composing.noted(e, note_id, corner)):
            self.scene.select([note_id])
        return note_id

    def frame_selection(self) -> str:
        """A frame around the selection; returns its id, empty if nothing is selected."""
        chosen = [self.scene.item(item_id).box for item_id in self.scene.selection]
        if not chosen:
            self.refused.emit(_("Select the layers first that the frame should hold."))
            return ""
        frame_id = composing.fresh_id(self._experiment, "frame")
        self._apply(_("Frame selection"), lambda e: composing.framed(e, chosen, frame_id, _("Frame")))
        self.scene.select([frame_id])
        return frame_id

    # --- groups -----------------------------------------------------------------------------------------------------

    def group_selection(self) -> str:
        """Put what is selected into a group; returns its id, empty if that can't be."""
        ids = self.scene.selection
        loose = [(i, side, port) for i in ids if i in self.scene.nodes for side, port in self.scene.nodes[i].ports()]
        group_id = composing.fresh_id(self._experiment, "group")
        count = sum(i in self.scene.nodes for i in ids)
        text = ngettext("Group {count} layer", "Group {count} layers", count).format(count=count)
        if not self._apply(text, lambda e: grouping.group(e, ids, group_id, _("Group"), loose)):
            return ""
        self.scene.select([group_id])
        return group_id

    def ungroup(self) -> None:
        """Put the layers of the selected groups in their place."""
        groups = [
            i for i in self.scene.selection if i in self.scene.nodes and self.scene.nodes[i].face.layers is not None
        ]
        if not groups:
            self.refused.emit(_("Select the group first whose layers should stand on the canvas."))
            return

        def edit(experiment: Experiment) -> tuple[Experiment, tuple[str, ...]]:
            fresh: list[str] = []
            for group_id in groups:
                experiment, ids = grouping.ungroup(experiment, group_id)
                fresh += ids
            return experiment, tuple(fresh)

        text = self._counted(groups, _("Ungroup {name}"), ngettext("Ungroup {count}", "Ungroup {count}", len(groups)))
        self._apply_new(text, edit)

    def take_apart(self, node_id: str) -> None:
        """Put a group of its parts in place of a layer that is made of several."""
        found = self.scene.check.nodes[node_id]
        inputs = [shape for shape in found.inputs if shape is not None]
        if found.layer is None or len(inputs) < len(found.inputs) or not found.shapes:
            self.refused.emit(_("What comes in is not known yet: connect its inputs first."))
            return
        name, parts = self.name(node_id), found.layer.parts(*inputs)
        text = _("Open {name} into its parts").format(name=name)
        if self._apply(text, lambda e: grouping.take_apart(e, node_id, name, parts)):
            self.scene.select([node_id])

    # --- wires ------------------------------------------------------------------------------------------------------

    def connect_ports(self, one: tuple[str, Port], other: tuple[str, Port], instead_of: Link | None = None) -> bool:
        """Draw a wire between two ports, in place of another if one was taken up."""
        link = link_between(one, other)
        if link is None:
            self.refused.emit(_("A wire leads from an output to an input."))
            return False
        text = _("Connect {source} to {target}").format(source=self.name(link.source), target=self.name(link.target))
        gone = [instead_of] if instead_of is not None and instead_of != link else []
        return self._apply(text, lambda e: edits.connect(edits.disconnect(e, gone), link))

    def unlink(self, links: Collection[Link]) -> None:
        """Remove wires."""
        text = ngettext("Remove {count} wire", "Remove {count} wires", len(links)).format(count=len(links))
        self._apply(text, lambda e: edits.disconnect(e, links))

    # --- the selection ----------------------------------------------------------------------------------------------

    def delete_selected(self) -> None:
        """Remove what is selected; a chain stays joined."""
        ids, links = self.scene.selection, self.scene.selected_links
        if not ids:
            if links:
                self.unlink(links)
            return
        self.delete(ids, links)

    def delete(self, ids: Collection[str], links: Collection[Link] = ()) -> None:
        """Remove nodes, notes and frames, and these wires."""
        text = self._counted(ids, _("Delete {name}"), ngettext("Delete {count} item", "Delete {count} items", len(ids)))
        self._apply(text, lambda e: edits.remove(edits.disconnect(e, links), ids))

    def copy(self) -> bool:
        """Put the selection on the clipboard, as text."""
        if not self.scene.selection:
            return False
        part = edits.fragment(self._experiment, self.scene.selection)
        QGuiApplication.clipboard().setText(graph_to_text(part))
        return True

    def cut(self) -> None:
        """Move the selection to the clipboard."""
        if self.copy():
            ids = self.scene.selection
            text = self._counted(ids, _("Cut {name}"), ngettext("Cut {count} item", "Cut {count} items", len(ids)))
            self._apply(text, lambda e: edits.remove(e, ids))

    def paste(self, corner: Point | None) -> None:
        """Add what is on the clipboard, at a corner or beside where it was taken from."""
        part = graph_from_text(QGuiApplication.clipboard().text())
        if part is None or not (part.nodes or part.notes or part.frames):
            self.refused.emit(_("There are no layers on the clipboard."))
            return
        count = len(part.nodes) + len(part.notes) + len(part.frames)
        text = ngettext("Paste {count} item", "Paste {count} items", count).format(count=count)
        self._apply_new(text, lambda e: composing.paste(e, part, corner))

    def duplicate(self) -> None:
        """A second one of what is selected."""
        ids = self.scene.selection
        if not ids:
            return
        part = edits.fragment(self._experiment, ids)
        text = self._counted(
            ids, _("Duplicate {name}"), ngettext("Duplicate {count} item", "Duplicate {count} items", len(ids))
        )
        self._apply_new(text, lambda e: composing.paste(e, part, None))

    def toggle_mute(self) -> None:
        """Bypass the selected layers, or take them in again."""
        nodes = self._experiment.model.nodes
        ids = [i for i in self.scene.selection if i in nodes and all(composing.ports(nodes[i]))]
        if not ids:
            if any(i in nodes for i in self.scene.selection):
                self.refused.emit(_("Data enters and leaves here: this layer can't be muted."))
            return
        on = not all(nodes[i].muted for i in ids)
        if on:
            many = ngettext("Mute {count} layer", "Mute {count} layers", len(ids))
        else:
            many = ngettext("Unmute {count} layer", "Unmute {count} layers", len(ids))
        text = self._counted(ids, _("Mute {name}") if on else _("Unmute {name}"), many)
        self._apply(text, lambda e: composing.muted(e, ids, on))

    def rename(self, item_id: str, title: str) -> None:
        """Another title for a node or a frame; an empty one gives a node its layer's name back."""
        title = title.strip()[:200]
        graph = self._experiment.model
        text = _("Rename to {name}").format(name=title) if title else _("Remove name")
        if item_id in graph.frames:
            self._apply(
                text, lambda e: edits.set_frame(e, item_id, graph.frames[item_id].model_copy(update={"title": title}))
            )
        elif item_id in graph.nodes and title != title_of(graph.nodes[item_id], self._experiment):
            self._apply(text, lambda e: edits.replace_node(e, item_id, title=title))

    def write_note(self, note_id: str, words: str) -> None:
        """Another text for a note."""
        note = self._experiment.model.notes[note_id].model_copy(update={"text": words[:20_000]})
        self._apply(_("Write note"), lambda e: edits.set_note(e, note_id, note))

    def resize(self, item_id: str, size: Point) -> None:
        """Another size for a note or a frame."""
        graph, update = self._experiment.model, {"width": round(size[0], 1), "height": round(size[1], 1)}
        if item_id in graph.notes:
            note = graph.notes[item_id].model_copy(update=update)
            self._apply(_("Resize note"), lambda e: edits.set_note(e, item_id, note))
        else:
            frame = graph.frames[item_id].model_copy(update=update)
            self._apply(_("Resize frame"), lambda e: edits.set_frame(e, item_id, frame))

    # --- moving -----------------------------------------------------------------------------------------------------

    def move(self, places: Mapping[str, Point], merge_key: str = "") -> None:
        """Move items to new corners."""
        text = self._counted(
            list(places), _("Move {name}"), ngettext("Move {count} item", "Move {count} items", len(places))
        )
        self._apply(text, lambda e: edits.move(e, places), merge_key)

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selection by a step; steps in a row are undone together."""
        ids = self.carried(self.scene.selection)
        graph = self._experiment.model
        things: dict[str, Node | Note | Frame] = {**graph.nodes, **graph.notes, **graph.frames}
        places = {i: (things[i].x + dx, things[i].y + dy) for i in ids}
        if places:
            self.move(places, merge_key="nudge " + " ".join(sorted(ids)))

    def carried(self, ids: Iterable[str]) -> set[str]:
        """What moves along when these are moved: frames take with them what lies inside."""
        found: set[str] = set()
        for item_id in ids:
            found.add(item_id)
            if item_id in self.scene.frames:
                found |= self.scene.inside(item_id)
        return found

    def arrange(self, columns: int) -> None:
        """Put the layers in order from left to right, `columns` of them side by side at most."""
        heights = {name: item.face.height for name, item in self.scene.nodes.items()}
        if heights:
            places = arranged(self._experiment.model, heights, columns)
            self._apply(_("Arrange"), lambda e: edits.move(e, places))

    def align(self, edge: str) -> None:
        """Put one edge of the selected items in line."""
        boxes: dict[str, Box] = {i: self.scene.item(i).box for i in self.scene.selection}
        if len(boxes) > 1:
            self._apply(_("Align"), lambda e: edits.move(e, aligned(boxes, edge)))

    def mend(self, fix: Fix) -> None:
        """Do what a problem's button says; what comes new between two layers gets room."""
        boxes = self.scene.boxes()

        path, name = split_id(fix.node)
        here = path == self.document.path
        # A fix says where from the top.
        local = replace(fix, node=name)
        if not here and fix.node:
            self.document.document.apply(fix.text, lambda e: apply_fix(e, fix))
            return

        def edit(experiment: Experiment) -> Experiment:
            mended = apply_fix(experiment, local)
            fresh = [n for n in mended.model.nodes if n not in experiment.model.nodes]
            return composing.with_room(mended, boxes, fresh)

        if self._apply(fix.text, edit) and name in self.scene:
            self.scene.select([name])

    # --- words ------------------------------------------------------------------------------------------------------

    def name(self, item_id: str) -> str:
        """What an item is called."""
        graph = self._experiment.model
        if item_id in graph.nodes:
            return title_of(graph.nodes[item_id], self._experiment)
        if item_id in graph.frames:
            return graph.frames[item_id].title or _("Frame")
        return _("Note")

    def _counted(self, ids: Collection[str], one: str, many: str) -> str:
        """The name of an edit of one item or of several."""
        if len(ids) == 1:
            return one.format(name=self.name(next(iter(ids))))
        return many.format(count=len(ids))

    # --- how ----------------------------------------------------------------------------------------------------------

    @property
    def _experiment(self) -> Experiment:
        return self.document.experiment

    def _only_node(self) -> str:
        """The node that is selected last, where one is."""
        nodes = [i for i in self.scene.selection if i in self._experiment.model.nodes]
        return nodes[-1] if nodes else ""

    def _first_output(self, node_id: str) -> str:
        outputs = self.scene.nodes[node_id].face.outputs if node_id else ()
        return outputs[0] if outputs else ""

    def _make(self, kind: str, edit: Callable[[Experiment, str], Experiment], text: str = "") -> None:
        node_id = composing.fresh_id(self._experiment, new_node(kind, 0, 0).kind)
        if self._apply(text or _("Add {layer}").format(layer=_title(kind)), lambda e: edit(e, node_id)):
            self.scene.select([node_id])

    def _apply_new(self, text: str, edit: Callable[[Experiment], tuple[Experiment, tuple[str, ...]]]) -> None:
        """An edit that brings new items; they are selected."""
        new: list[str] = []

        def keep_ids(experiment: Experiment) -> Experiment:
            result, ids = edit(experiment)
            new[:] = ids
            return result

        if self._apply(text, keep_ids):
            self.scene.select(new)

    def _apply(self, text: str, edit: Callable[[Experiment], Experiment], merge_key: str = "") -> bool:
        done = self.document.apply(text, edit, merge_key)
        if done:
            self.said.emit(text)
        return done


def _title(kind: str) -> str:
    declared = declaration(kind)
    return _(declared.title) if declared else kind
