"""Drawing wires: with the mouse from either kind of port, or with the keyboard from the selected layer."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from dllab.document.experiment import Link
from dllab.text import _
from ui.canvas.fitting import FITS, Mark, Port, Verdict, link_between, verdicts
from ui.canvas.geometry import Point
from ui.canvas.gestures import Gesture, Keys
from ui.canvas.hints import ACCENT, BAD, WARNING, HintText
from ui.canvas.items import WireItem
from ui.canvas.searching import offer_layers

if TYPE_CHECKING:
    from ui.canvas.view import View

_REACH = 16.0
End = tuple[str, Port]


class _Wiring(Gesture):
    """What mouse and keyboard share: an anchored end, the loose wire, marks on the ports."""

    def __init__(self, view: "View", anchor: End) -> None:
        stage = view.stage
        self.anchor = anchor
        self.verdicts: dict[End, Verdict] = verdicts(stage.experiment, stage.check, anchor)
        place = stage.nodes[anchor[0]].port_point(anchor[1])
        assert place is not None
        super().__init__(view, place)
        self.wire = WireItem(None)
        self.wire.show_state(hot=True)
        self.wire.setZValue(4)
        stage.addItem(self.wire)
        self._marks: dict[str, dict[Port, Mark]] = {name: {} for name in stage.nodes}
        for (name, port), verdict in self.verdicts.items():
            self._marks[name][port] = verdict.mark
        self._marks[anchor[0]][anchor[1]] = "fits"
        self._hot = ""
        for name, item in stage.nodes.items():
            item.show_marks(self._marks[name])

    @property
    def outward(self) -> bool:
        """Whether it leads from an output to some input."""
        return self.anchor[1][0] == "out"

    def stretch(self, point: Point, target: End | None) -> None:
        """Lead the loose wire to a port, or to a point."""
        place = self.view.stage.nodes[target[0]].port_point(target[1]) if target else None
        loose = place or point
        start, end = (self.start, loose) if self.outward else (loose, self.start)
        self.wire.run(start, end)
        self._light(target)
        self._say(target, loose)

    def connect(self, target: End, instead_of: Link | None = None) -> None:
        """Make the wire, or say why not."""
        self.finish()
        verdict = self.verdicts.get(target, FITS)
        if verdict.mark == "refused":
            self.view.editor.refused.emit(verdict.reason)
        else:
            self.view.editor.connect_ports(self.anchor, target, instead_of)

    def finish(self) -> None:
        """Take away what was shown only meanwhile. From here on an edit finds no gesture to call off."""
        self.view.gesture = None
        self.view.hint.say(None)
        self.view.stage.removeItem(self.wire)
        for item in self.view.stage.nodes.values():
            item.show_marks(None)

    def cancel(self) -> None:
        self.finish()
        super().cancel()

    def _light(self, target: End | None) -> None:
        nodes = self.view.stage.nodes
        if self._hot:
            nodes[self._hot].show_marks(self._marks[self._hot])
        self._hot = target[0] if target else ""
        if target:
            nodes[target[0]].show_marks(self._marks[target[0]], target[1])

    def _say(self, target: End | None, place: Point) -> None:
        self.view.hint.say(self._hint(target), self.view.to_view(place))

    def _hint(self, target: End | None) -> HintText | None:
        if target is None:
            return self.loose_hint()
        verdict = self.verdicts.get(target, FITS)
        if verdict.mark == "refused":
            return HintText(verdict.reason, BAD)
        if verdict.mark == "misfit":
            return HintText(verdict.reason, WARNING)
        link = link_between(self.anchor, target)
        taken = [x for x in self.view.stage.experiment.model.links if link and x.end == link.end and x != link]
        name = self.view.editor.name(target[0])
        if taken:
            old = self.view.editor.name(taken[0].source)
            return HintText(_("connect to {name} in place of {old}").format(name=name, old=old), ACCENT)
        return HintText(_("connect to {name}").format(name=name), ACCENT)

    def loose_hint(self) -> HintText | None:
        """What happens if the wire ends in empty space."""
        return None


class DrawWire(_Wiring):
    """From a port to wherever the mouse lets go: another port, or empty space, which offers the layers that fit.

    Pressing on an input that has a wire takes that wire's end up; let go in empty space it is removed. A click without
    a movement leaves the wire at the mouse until the next click.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, view: "View", port: End) -> None:
        links = view.stage.experiment.model.links
        held = [x for x in links if port[1][0] == "in" and x.end == (port[0], port[1][1])]
        self._held: Link | None = held[0] if held else None
        self._pressed = port
        self.sticky = False
        """After a click: the wire stays at the mouse."""
        self.moved = False
        """Whether the mouse has ever been far enough from where it was pressed."""
        super().__init__(view, (held[0].source, ("out", held[0].output)) if held else port)
        if self._held is not None:
            view.stage.wires[self._held].setVisible(False)
        pressed = view.stage.nodes[port[0]].port_point(port[1])
        assert pressed is not None
        self._pressed_at = pressed
        self.stretch(pressed, None)

    def move(self, point: Point, keys: Keys) -> None:
        far = QApplication.startDragDistance() / self.view.zoom
        way = abs(point[0] - self._pressed_at[0]) + abs(point[1] - self._pressed_at[1])
        self.moved = self.moved or way > far
        self.stretch(point, self._target(point))

    def end(self, point: Point, keys: Keys) -> None:
        target = self._target(point)
        if target is not None:
            self.connect(target, self._held)
            self.view.stage.settle()
            return
        self.cancel()
        if self._held is not None and self.moved:
            self.view.editor.unlink([self._held])
        elif not self.view.stage.id_at(point) and not self.sticky:
            offer_layers(self.view, self.anchor, point)

    def loose_hint(self) -> HintText | None:
        if self._held is not None:
            return HintText(_("release to remove the wire"), WARNING)
        return None

    def _target(self, point: Point) -> End | None:
        """The port that is meant: the nearest one, or the first that fits of the layer under the mouse."""
        stage = self.view.stage
        near = stage.port_at(point, _REACH / self.view.zoom)
        if near is not None and near in self.verdicts:
            return near
        name = stage.id_at(point)
        ports = [end for end in self.verdicts if end[0] == name]
        used = {x.end for x in stage.experiment.model.links if x != self._held}
        ports.sort(key=lambda end: (self.verdicts[end].mark != "fits", self.outward and (end[0], end[1][1]) in used))
        return ports[0] if ports else None


class KeyLink(_Wiring):
    """From the selected layer by keyboard: arrows choose the other end, Enter connects, Esc gives up."""

    def __init__(self, view: "View", node_id: str) -> None:
        face = view.stage.nodes[node_id].face
        port: Port = ("out", face.outputs[0]) if face.outputs else ("in", face.inputs[0])
        super().__init__(view, (node_id, port))
        boxes = view.stage.boxes()
        ends = [end for end, verdict in self.verdicts.items() if verdict.mark != "refused"]
        self._ends = sorted(ends, key=lambda end: (boxes[end[0]].x, boxes[end[0]].y, end[1]))
        self._index = self._nearest(boxes[node_id].centre)
        if self._ends:
            self._show()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to connect to."""
        return not self._ends

    def key(self, key: int) -> None:
        """A key while choosing."""
        if key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Tab):
            self._step(1)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Backtab):
            self._step(-1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.connect(self._ends[self._index])
            self.view.stage.settle()

    def _step(self, by: int) -> None:
        self._index = (self._index + by) % len(self._ends)
        self._show()

    def _show(self) -> None:
        target = self._ends[self._index]
        place = self.view.stage.nodes[target[0]].port_point(target[1])
        assert place is not None
        self.view.reveal([target[0]])
        self.stretch(place, target)
        self.view.editor.said.emit(self.view.hint.text())

    def _nearest(self, to: Point) -> int:
        """The unused port that fits, the nearest one to the right first."""
        stage = self.view.stage
        used = {x.end for x in stage.experiment.model.links}

        def cost(index: int) -> tuple[bool, bool, float]:
            end = self._ends[index]
            x, y = stage.nodes[end[0]].box.centre
            behind = (x < to[0]) is self.outward
            taken = (end[0], end[1][1]) in used and self.outward
            return self.verdicts[end].mark != "fits" or taken, behind, abs(x - to[0]) + abs(y - to[1])

        return min(range(len(self._ends)), key=cost, default=0)
