"""One object for each gesture: start, move, end, cancel. Until its end the document knows nothing of it."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from ui.canvas.fitting import why_not_on_wire
from ui.canvas.geometry import GRID, Box, Point, snapped
from ui.canvas.hints import insert_hint

if TYPE_CHECKING:
    from ui.canvas.view import View

Keys = Qt.KeyboardModifier
SMALLEST = (80.0, 40.0)
WIRE_REACH = 22.0


class Gesture:
    """Base: a press, movements, and a release or Esc."""

    cursor: Qt.CursorShape | None = None
    scrolls = True
    """Whether the canvas moves on at its edges meanwhile."""

    def __init__(self, view: "View", start: Point) -> None:
        self.view = view
        self.start = start

    def move(self, point: Point, keys: Keys) -> None:
        """The mouse is somewhere else (scene coordinates)."""

    def end(self, point: Point, keys: Keys) -> None:
        """Released: make one edit of it, or none."""

    def cancel(self) -> None:
        """Called off: everything is where the document says."""
        self.view.stage.settle()


class Pan(Gesture):
    """The canvas follows the mouse."""

    cursor = Qt.CursorShape.ClosedHandCursor
    scrolls = False

    def __init__(self, view: "View", at: QPoint) -> None:
        super().__init__(view, (0.0, 0.0))
        self._last = at

    def drag(self, at: QPoint) -> None:
        """The mouse is somewhere else (in the view: the scene moves with it)."""
        step = at - self._last
        self._last = at
        self.view.scroll_by(-step.x(), -step.y())

    def cancel(self) -> None:
        return


class _Threshold(Gesture):
    """A gesture that begins once the mouse has moved far enough to mean it."""

    begun = False

    def move(self, point: Point, keys: Keys) -> None:
        if not self.begun:
            far = QApplication.startDragDistance() / self.view.zoom / 2
            self.begun = abs(point[0] - self.start[0]) + abs(point[1] - self.start[1]) > far
        if self.begun:
            self.drag(point, keys)

    def drag(self, point: Point, keys: Keys) -> None:
        """A movement once the gesture has begun."""


class Move(_Threshold):
    """The selection follows the mouse, on the grid unless Alt is held; a single loose layer can go into a wire."""

    def __init__(self, view: "View", start: Point, grabbed: str, then_select: str = "") -> None:
        super().__init__(view, start)
        stage = view.stage
        self._then_select = then_select
        self._grabbed = grabbed
        self._from: dict[str, Point] = {}
        for item_id in view.editor.carried(stage.selection):
            box = stage.item(item_id).box
            self._from[item_id] = (box.x, box.y)
        self._loose = self._can_go_into_a_wire()

    def _can_go_into_a_wire(self) -> bool:
        if list(self._from) != [self._grabbed] or self._grabbed not in self.view.stage.nodes:
            return False
        return not any(self._grabbed in (x.source, x.target) for x in self.view.stage.experiment.model.links)

    def drag(self, point: Point, keys: Keys) -> None:
        dx, dy = point[0] - self.start[0], point[1] - self.start[1]
        if not keys & Keys.AltModifier:
            x, y = self._from[self._grabbed]
            to_x, to_y = snapped((x + dx, y + dy))
            dx, dy = to_x - x, to_y - y
        self.view.stage.place({i: (x + dx, y + dy) for i, (x, y) in self._from.items()})
        if self._loose:
            box = self.view.stage.nodes[self._grabbed].box
            self.view.aim_at_wire(box.centre, self.view.stage.experiment.model.nodes[self._grabbed].kind)

    def end(self, point: Point, keys: Keys) -> None:
        stage, link = self.view.stage, self.view.aimed
        self.view.aim_at_nothing()
        if not self.begun:
            if self._then_select:
                stage.select([self._then_select])
            return
        places = {i: (stage.item(i).box.x, stage.item(i).box.y) for i in self._from}
        if link is not None:
            self.view.editor.take_in(self._grabbed, link, places[self._grabbed])
        elif places != self._from:
            self.view.editor.move(places)

    def cancel(self) -> None:
        self.view.aim_at_nothing()
        super().cancel()


class RubberBand(_Threshold):
    """A rectangle selects what it touches; with Ctrl or Shift in addition to what is selected."""

    def __init__(self, view: "View", start: Point, keys: Keys) -> None:
        super().__init__(view, start)
        self._before = view.stage.selection
        adding = bool(keys & (Keys.ControlModifier | Keys.ShiftModifier))
        self._kept = self._before if adding else ()
        if not adding:
            view.stage.select(())

    def drag(self, point: Point, keys: Keys) -> None:
        left, top = min(point[0], self.start[0]), min(point[1], self.start[1])
        band = Box(left, top, abs(point[0] - self.start[0]), abs(point[1] - self.start[1]))
        self.view.show_band(band)
        stage = self.view.stage
        touched = [name for name, box in stage.boxes().items() if band.meets(box)]
        touched += [name for name, note in stage.notes.items() if band.meets(note.box)]
        touched += [name for name, frame in stage.frames.items() if band.covers(frame.box)]
        stage.select((*self._kept, *touched))

    def end(self, point: Point, keys: Keys) -> None:
        self.view.show_band(None)

    def cancel(self) -> None:
        self.view.show_band(None)
        self.view.stage.select(self._before)


class Resize(Gesture):
    """The corner of a note or frame follows the mouse."""

    cursor = Qt.CursorShape.SizeFDiagCursor

    def __init__(self, view: "View", start: Point, item_id: str) -> None:
        super().__init__(view, start)
        self._id = item_id
        self._item = view.stage.notes.get(item_id) or view.stage.frames[item_id]
        self._from = self._item.size

    def move(self, point: Point, keys: Keys) -> None:
        width = self._from[0] + point[0] - self.start[0]
        height = self._from[1] + point[1] - self.start[1]
        if not keys & Keys.AltModifier:
            width, height = round(width / GRID) * GRID, round(height / GRID) * GRID
        self._item.stretch((max(SMALLEST[0], width), max(SMALLEST[1], height)))

    def end(self, point: Point, keys: Keys) -> None:
        if self._item.size != self._from:
            self.view.editor.resize(self._id, self._item.size)


class DropLayer(Gesture):
    """A layer from the palette over the canvas: a ghost shows where it will stand, a wire lights up to take it in."""

    def __init__(self, view: "View", start: Point, kind: str) -> None:
        super().__init__(view, start)
        self.kind = kind

    def move(self, point: Point, keys: Keys) -> None:
        self.view.aim_at_wire(point, self.kind)
        # In a wire it will stand elsewhere: its neighbours move aside first.
        self.view.show_ghost(point if self.view.aimed is None else None, self.kind)

    def end(self, point: Point, keys: Keys) -> None:
        link = self.view.aimed
        self.cancel()
        if link is not None:
            self.view.editor.insert(self.kind, link, point)
        else:
            self.view.editor.add(self.kind, point)

    def cancel(self) -> None:
        self.view.show_ghost(None, "")
        self.view.aim_at_nothing()


def aim(view: "View", point: Point, kind: str) -> None:
    """Light up the wire near a point that a layer of this kind would go into, and say so."""
    stage = view.stage
    link = stage.wire_at(point, WIRE_REACH)
    reason = None if link is None else why_not_on_wire(stage.experiment, stage.check, kind, link)
    if link is None or reason is None:
        view.aim_at_nothing()
        return
    view.light_wire(link, insert_hint(kind, reason), point)
