"""The scene is a function of the experiment: it applies the difference of two, and knows what is selected."""

from collections.abc import Collection, Iterable, Mapping

from PySide6.QtCore import QObject, QPointF, QRectF, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene

from dllab.checking import Check, check
from dllab.document.diff import diff
from dllab.document.experiment import Experiment, Link
from ui.canvas.faces import Face, faces
from ui.canvas.fitting import Port
from ui.canvas.geometry import Box, Point, distance_to_line, united
from ui.canvas.items import NodeItem, WireItem
from ui.canvas.motion import Glide
from ui.canvas.notes import FrameItem, NoteItem

AnyItem = NodeItem | NoteItem | FrameItem
_FAR = 1.2e6


# long: the one place where items are made, found and placed; split, both halves would need all the maps
class Scene(QGraphicsScene):
    """Nodes, wires, notes and frames by id, and the selection."""

    selection_changed = Signal(object)
    """tuple[str, ...] of selected nodes, notes and frames, oldest first."""
    moved = Signal()
    """Something lies elsewhere, came or went."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # Half the time of a drag goes into an index that nobody asks: hits are found by geometry.
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.setSceneRect(QRectF(-_FAR, -_FAR, 2 * _FAR, 2 * _FAR))
        self.experiment = Experiment()
        self.check: Check = check(self.experiment)
        self.nodes: dict[str, NodeItem] = {}
        self.notes: dict[str, NoteItem] = {}
        self.frames: dict[str, FrameItem] = {}
        self.wires: dict[Link, WireItem] = {}
        self.selection: tuple[str, ...] = ()
        self.selected_links: frozenset[Link] = frozenset()
        self.ring_shown = False
        """Whether the keyboard's place is shown: after a key, not after a click."""
        self._wires_of: dict[str, set[Link]] = {}
        self._stray: set[tuple[str, str]] = set()
        self._glide = Glide(self._put, self)
        self._glide.finished.connect(self.moved)

    # --- following the document -------------------------------------------------------------------------------------

    def show_experiment(self, experiment: Experiment, found: Check) -> None:
        """Bring the items in step with the experiment."""
        self._glide.halt()
        change = diff(self.experiment, experiment)
        before = {item_id: self.item(item_id).pos().toTuple() for item_id in change.changed}
        self.experiment, self.check = experiment, found
        shown = faces(experiment, found)
        for link in change.links_removed:
            self._remove_wire(link)
        for item_id in change.removed:
            self._remove(item_id)
        rerun = self._show_faces(shown)
        for item_id in (*change.added, *change.changed):
            self._show(item_id, shown)
            rerun.add(item_id)
        for link in change.links_added:
            self._add_wire(link)
        self._run_wires(rerun)
        self._show_broken()
        kept = tuple(i for i in self.selection if i in self)
        self.select(kept, [link for link in self.selected_links if link in self.wires])
        after = {item_id: self.item(item_id).pos().toTuple() for item_id in before}
        self._glide.go({i: (before[i], after[i]) for i in before if before[i] != after[i]})
        self.moved.emit()

    def halt(self) -> None:
        """End what still glides."""
        self._glide.halt()

    def settle(self) -> None:
        """Put everything where the experiment says: what a gesture that was called off has moved goes back."""
        self._glide.halt()
        graph = self.experiment.model
        for group in (graph.nodes, graph.notes, graph.frames):
            for item_id, value in group.items():
                self.item(item_id).setPos(value.x, value.y)
        for item_id, note in graph.notes.items():
            self.notes[item_id].show_note(note)
        for item_id, frame in graph.frames.items():
            self.frames[item_id].show_frame(frame)
        self._run_wires(graph.nodes)
        for wire in self.wires.values():
            wire.setVisible(True)
        self._show_states()
        self.moved.emit()

    def _show_faces(self, shown: Mapping[str, Face]) -> set[str]:
        """Give every node that is there already its face; returns those whose ports may have moved."""
        changed = set()
        for name, face in shown.items():
            item = self.nodes.get(name)
            if item is not None and item.face != face:
                if (item.face.inputs, item.face.outputs) != (face.inputs, face.outputs):
                    changed.add(name)
                item.show_face(face)
        return changed

    def _show(self, item_id: str, shown: Mapping[str, Face]) -> None:
        graph = self.experiment.model
        item: AnyItem
        if item_id in graph.nodes:
            place: Point = (graph.nodes[item_id].x, graph.nodes[item_id].y)
            if item_id not in self.nodes:
                self.nodes[item_id] = NodeItem(item_id, shown[item_id])
                self.addItem(self.nodes[item_id])
            item = self.nodes[item_id]
        elif item_id in graph.notes:
            note = graph.notes[item_id]
            place = (note.x, note.y)
            if item_id not in self.notes:
                self.notes[item_id] = NoteItem(item_id, note)
                self.addItem(self.notes[item_id])
            item = self.notes[item_id]
            item.show_note(note)
        else:
            frame = graph.frames[item_id]
            place = (frame.x, frame.y)
            if item_id not in self.frames:
                self.frames[item_id] = FrameItem(item_id, frame)
                self.addItem(self.frames[item_id])
            item = self.frames[item_id]
            item.show_frame(frame)
        item.setPos(QPointF(*place))

    def _remove(self, item_id: str) -> None:
        for group in (self.nodes, self.notes, self.frames):
            item: QGraphicsItem | None = group.pop(item_id, None)
            if item is not None:
                self.removeItem(item)

    def _add_wire(self, link: Link) -> None:
        wire = self.wires[link] = WireItem(link)
        self.addItem(wire)
        for end in (link.source, link.target):
            self._wires_of.setdefault(end, set()).add(link)
        self._run_wire(wire, link)

    def _remove_wire(self, link: Link) -> None:
        self.removeItem(self.wires.pop(link))
        for end in (link.source, link.target):
            self._wires_of[end].discard(link)

    def _run_wires(self, ids: Iterable[str]) -> None:
        """Lay the wires of these nodes anew, each once however many of its ends have moved."""
        for link in {link for item_id in ids for link in self._wires_of.get(item_id, ())}:
            self._run_wire(self.wires[link], link)

    def _run_wire(self, wire: WireItem, link: Link) -> None:
        start = self.nodes[link.source].port_point(("out", link.output))
        end = self.nodes[link.target].port_point(("in", link.input))
        if start is not None and end is not None:
            wire.run(start, end)

    def _show_broken(self) -> None:
        """Mark wires that end at a port which is no longer there."""
        stray = {(p.node, p.name) for p in self.check.problems if p.code == "port"}
        if stray or self._stray:
            self._stray = stray
            for link, wire in self.wires.items():
                wire.show_broken((link.source, link.output) in stray or link.end in stray)

    # --- finding ----------------------------------------------------------------------------------------------------

    def __contains__(self, item_id: str) -> bool:
        return item_id in self.nodes or item_id in self.notes or item_id in self.frames

    def item(self, item_id: str) -> AnyItem:
        """The item of an id."""
        found: AnyItem | None = self.nodes.get(item_id) or self.notes.get(item_id) or self.frames.get(item_id)
        if found is None:
            raise KeyError(item_id)
        return found

    def boxes(self) -> dict[str, Box]:
        """Where all nodes lie now."""
        return {name: item.box for name, item in self.nodes.items()}

    def extent(self) -> Box | None:
        """The box around everything; None on an empty canvas."""
        boxes = [item.box for group in (self.nodes, self.notes, self.frames) for item in group.values()]
        return united(boxes) if boxes else None

    def id_at(self, point: Point) -> str:
        """The node, note or frame that is taken hold of at a point; empty for none."""
        hits = [(item.zValue(), name) for name, item in self.nodes.items() if item.box.holds(point)]
        if hits:
            return max(hits)[1]
        for name, note in self.notes.items():
            if note.box.holds(point):
                return name
        grips = [(frame.size[0] * frame.size[1], name) for name, frame in self.frames.items() if frame.grip(point)]
        return min(grips)[1] if grips else ""

    def port_at(self, point: Point, reach: float) -> tuple[str, Port] | None:
        """The port nearest to a point, within reach."""
        best, found = reach, None
        for name, item in self.nodes.items():
            if not item.box.grown(reach).holds(point):
                continue
            ports: list[Port] = [("in", p) for p in item.face.inputs]
            ports += [("out", p) for p in item.face.outputs]
            for port in ports:
                place = item.port_point(port)
                assert place is not None
                distance = ((place[0] - point[0]) ** 2 + (place[1] - point[1]) ** 2) ** 0.5
                if distance < best:
                    best, found = distance, (name, port)
        return found

    def wire_at(self, point: Point, reach: float, without: Collection[Link] = ()) -> Link | None:
        """The wire nearest to a point, within reach."""
        best, found = reach, None
        at = QPointF(*point)
        for link, wire in self.wires.items():
            if link in without or not wire.boundingRect().adjusted(-reach, -reach, reach, reach).contains(at):
                continue
            distance = distance_to_line(point, wire.points)
            if distance < best:
                best, found = distance, link
        return found

    def corner_at(self, point: Point) -> str:
        """The selected note or frame whose corner is at a point."""
        for item_id in self.selection:
            item = self.notes.get(item_id) or self.frames.get(item_id)
            if item is not None and item.corner().holds(point):
                return item_id
        return ""

    def inside(self, frame_id: str) -> set[str]:
        """What lies inside a frame and moves with it."""
        frame = self.frames[frame_id].box
        return {
            item_id
            for group in (self.nodes, self.notes, self.frames)
            for item_id, item in group.items()
            if item_id != frame_id and frame.covers(item.box)
        }

    # --- moving and selecting ---------------------------------------------------------------------------------------

    def place(self, places: Mapping[str, Point]) -> None:
        """Move items while a gesture lasts; the document hears of it when the gesture ends."""
        self._put(places)
        self.moved.emit()

    def _put(self, places: Mapping[str, Point]) -> None:
        for item_id, place in places.items():
            self.item(item_id).setPos(*place)
        self._run_wires(places)

    def select(self, ids: Iterable[str], links: Iterable[Link] = ()) -> None:
        """Select these and nothing else; ids that are not there are left out."""
        chosen = tuple(dict.fromkeys(i for i in ids if i in self))
        before, self.selected_links = (self.selection, self.selected_links), frozenset(links)
        self.selection = chosen
        self._show_states()
        if before != (self.selection, self.selected_links):
            self.selection_changed.emit(chosen)

    def show_ring(self, shown: bool) -> None:
        """Show or hide where the keyboard is."""
        if shown != self.ring_shown:
            self.ring_shown = shown
            self._show_states()

    def show_pictures(self, pictures: Mapping[str, QImage]) -> None:
        """A picture below each of these nodes, none below the others."""
        for name, item in self.nodes.items():
            picture = pictures.get(name)
            if picture is not None or item.picture is not None:
                item.show_picture(picture)

    def _show_states(self) -> None:
        chosen = set(self.selection)
        last = self.selection[-1] if self.selection and self.ring_shown else ""
        for group in (self.nodes, self.notes, self.frames):
            for item_id, item in group.items():
                item.show_state(item_id in chosen, item_id == last)
        for link, wire in self.wires.items():
            wire.show_state(link in self.selected_links)
