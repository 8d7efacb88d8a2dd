"""The view: turns mouse, keys and drops into gestures."""

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QCursor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
)
from PySide6.QtWidgets import QMenu, QToolTip, QWidget

from dllab.document.experiment import Link
from dllab.text import _
from ui.canvas import keys, menus, searching
from ui.canvas.addmenu import AddMenu
from ui.canvas.backdrop import Band, Ghost
from ui.canvas.camera import Camera
from ui.canvas.composing import new_height
from ui.canvas.editor import Editor
from ui.canvas.faces import spoken, tooltip
from ui.canvas.fitting import Port
from ui.canvas.geometry import GAP, NODE_WIDTH, Box, Point, snapped
from ui.canvas.gestures import DropLayer, Gesture, Move, Pan, Resize, RubberBand, aim
from ui.canvas.hints import Hint, HintText
from ui.canvas.inline import NoteEditor, TitleEditor
from ui.canvas.linking import DrawWire, KeyLink
from ui.canvas.mime import kind_of
from ui.canvas.scene import Scene

PORT_REACH, WIRE_REACH = 9.0, 7.0
_EDGE, _EDGE_STEP, _EDGE_MS = 28, 12, 16


# long: Qt hands every event to the one object that is the view
class View(Camera):
    """Where the graph is looked at and worked on."""

    edit_requested = Signal(str)
    open_requested = Signal(str)
    """A group should open on the canvas."""
    leave_requested = Signal()
    """Back to the page around this one."""
    help_requested = Signal(str)
    walk_requested = Signal(str, str)

    def __init__(self, stage: Scene, editor: Editor, parent: QWidget | None = None) -> None:
        super().__init__(stage, parent)
        self.editor: Editor = editor
        self.gesture: Gesture | None = None
        self.aimed: Link | None = None
        """The wire that would take in what is let go now."""
        self.add_menu: AddMenu | None = None
        self.inline: TitleEditor | NoteEditor | None = None
        self.popup: QMenu | None = None
        self.space_held = self.space_panned = False
        self.hint = Hint(self)
        self._band, self._ghost = Band(), Ghost()
        stage.addItem(self._band)
        stage.addItem(self._ghost)
        self._hovered: tuple[str, Port] | None = None
        self._mouse = QPoint()
        self._edge = QTimer(self)
        self._edge.setInterval(_EDGE_MS)
        self._edge.timeout.connect(self._move_on)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(_("Canvas"))

    # --- what gestures show -----------------------------------------------------------------------------------------

    def show_band(self, box: Box | None) -> None:
        """Show the rectangle that selects."""
        self._band.show_box(box)

    def show_ghost(self, centre: Point | None, kind: str) -> None:
        """Show where a layer would stand."""
        if centre is None:
            self._ghost.show_box(None)
            return
        height = new_height(kind)
        corner = snapped((centre[0] - NODE_WIDTH / 2, centre[1] - height / 2))
        self._ghost.show_box(Box(*corner, NODE_WIDTH, height))

    def aim_at_wire(self, point: Point, kind: str) -> None:
        """Light up the wire that would take in a layer at this point."""
        aim(self, point, kind)

    def light_wire(self, link: Link, hint: HintText, point: Point) -> None:
        """Light up a wire and say what would happen."""
        if link != self.aimed:
            self.aim_at_nothing()
            self.aimed = link
            self.stage.wires[link].show_state(hot=True)
        self.hint.say(hint, self.to_view(point))

    def aim_at_nothing(self) -> None:
        """No wire would take anything in."""
        wire = self.stage.wires.get(self.aimed) if self.aimed else None
        if wire is not None:
            wire.show_state(selected=self.aimed in self.stage.selected_links)
        self.aimed = None
        self.hint.say(None)

    # --- gestures ---------------------------------------------------------------------------------------------------

    def begin(self, gesture: Gesture) -> None:
        """Take up a gesture in place of any other."""
        self.cancel()
        self.close_inline()
        self.stage.halt()
        self.gesture = gesture
        if gesture.cursor is not None:
            self.viewport().setCursor(gesture.cursor)

    def cancel(self) -> bool:
        """Call the gesture off; whether there was one."""
        gesture, self.gesture = self.gesture, None
        self._edge.stop()
        self._show_cursor()
        if gesture is not None:
            gesture.cancel()
        return gesture is not None

    def _end(self, point: Point, held: Qt.KeyboardModifier) -> None:
        gesture, self.gesture = self.gesture, None
        self._edge.stop()
        self._show_cursor()
        if gesture is not None:
            gesture.end(point, held)

    def link_by_keyboard(self) -> None:
        """Draw a wire from the selected layer by keyboard."""
        chosen = [i for i in self.stage.selection if i in self.stage.nodes]
        if len(chosen) != 1:
            self.editor.refused.emit(_("Select the layer first that the wire should start at."))
            return
        gesture = KeyLink(self, chosen[0])
        self.begin(gesture)
        if gesture.empty:
            self.cancel()
            self.editor.refused.emit(_("There is no layer that this one could be connected to."))

    def _move_on(self) -> None:
        """At an edge the canvas moves on under a gesture."""
        rect, at = self.viewport().rect(), self._mouse
        dx = (at.x() > rect.width() - _EDGE) - (at.x() < _EDGE)
        dy = (at.y() > rect.height() - _EDGE) - (at.y() < _EDGE)
        if self.gesture is None or not self.gesture.scrolls or not (dx or dy):
            self._edge.stop()
            return
        self.scroll_by(dx * _EDGE_STEP, dy * _EDGE_STEP)
        self.gesture.move(self.to_scene(at), Qt.KeyboardModifier.NoModifier)

    # --- menus and inline editors -----------------------------------------------------------------------------------

    def rename(self, item_id: str) -> None:
        """Edit a title in its place; a note opens for writing."""
        self.close_inline()
        if item_id in self.stage.notes:
            self.inline = NoteEditor(self, item_id)
        elif item_id in self.stage:
            self.inline = TitleEditor(self, item_id)

    def open_or_edit(self, name: str) -> None:
        """Open a group; edit any other node in the inspector."""
        group = self.stage.nodes[name].face.layers is not None
        (self.open_requested if group else self.edit_requested).emit(name)

    def close_inline(self) -> None:
        """Take over what was typed."""
        if self.inline is not None:
            self.inline.commit()

    # --- mouse --------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.stage.halt()
        self.stage.show_ring(False)
        self._mouse = event.position().toPoint()
        point = self.to_scene(event.position())
        event.accept()
        if isinstance(self.gesture, DrawWire) and event.button() == Qt.MouseButton.LeftButton:
            self._end(point, event.modifiers())
        elif self.gesture is not None:
            self.cancel()
        elif event.button() == Qt.MouseButton.MiddleButton:
            self.begin(Pan(self, self._mouse))
        elif event.button() == Qt.MouseButton.LeftButton and self.space_held:
            self.space_panned = True
            self.begin(Pan(self, self._mouse))
        elif event.button() == Qt.MouseButton.LeftButton:
            self._press(point, event.modifiers())
        elif event.button() == Qt.MouseButton.RightButton:
            self._select_for_menu(point)

    def _press(self, point: Point, held: Qt.KeyboardModifier) -> None:
        stage = self.stage
        corner, port = stage.corner_at(point), stage.port_at(point, PORT_REACH / self.zoom)
        adding = bool(held & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier))
        if corner:
            self.begin(Resize(self, point, corner))
        elif port is not None and not adding:
            self.begin(DrawWire(self, port))
        elif name := stage.id_at(point):
            self._press_item(name, point, adding)
        elif link := stage.wire_at(point, WIRE_REACH / self.zoom):
            links = stage.selected_links ^ {link} if adding else {link}
            stage.select(stage.selection if adding else (), links)
        else:
            self.begin(RubberBand(self, point, held))

    def _press_item(self, name: str, point: Point, adding: bool) -> None:
        chosen = self.stage.selection
        if adding:
            self.stage.select([i for i in chosen if i != name] if name in chosen else [*chosen, name])
        elif name not in chosen:
            self.stage.select([name])
        if name in self.stage.selection:
            # A click on one of several selected items selects it alone, but only once it is clear that it is no drag.
            self.begin(Move(self, point, name, then_select="" if adding else name))

    def _select_for_menu(self, point: Point) -> None:
        name = self.stage.id_at(point)
        if name:
            if name not in self.stage.selection:
                self.stage.select([name])
            return
        link = self.stage.wire_at(point, WIRE_REACH / self.zoom)
        self.stage.select((), [link] if link else ())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._mouse = event.position().toPoint()
        if isinstance(self.gesture, Pan):
            self.gesture.drag(self._mouse)
        elif self.gesture is not None and not isinstance(self.gesture, KeyLink):
            self.gesture.move(self.to_scene(event.position()), event.modifiers())
            if (
                self.gesture.scrolls
                and event.buttons()
                and not self.viewport().rect().adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE).contains(self._mouse)
            ):
                self._edge.start()
        elif self.gesture is None:
            self._hover(self.to_scene(event.position()))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        point = self.to_scene(event.position())
        event.accept()
        if isinstance(self.gesture, KeyLink) or self.gesture is None:
            return
        if isinstance(self.gesture, DrawWire) and not self.gesture.sticky and not self.gesture.moved:
            self.gesture.sticky = True
            return
        self._end(point, event.modifiers())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self.cancel()
        point = self.to_scene(event.position())
        name = self.stage.id_at(point)
        if name in self.stage.nodes:
            self.open_or_edit(name)
        elif name:
            self.rename(name)
        elif link := self.stage.wire_at(point, WIRE_REACH / self.zoom):
            searching.offer_for_wire(self, link, point)
        else:
            searching.search_for_place(self, point)

    def _hover(self, point: Point) -> None:
        port = self.stage.port_at(point, PORT_REACH / self.zoom)
        if port != self._hovered:
            for old in [self._hovered] if self._hovered else []:
                if old[0] in self.stage.nodes:
                    self.stage.nodes[old[0]].show_marks(None)
            if port is not None:
                self.stage.nodes[port[0]].show_marks(None, port[1])
            self._hovered = port
        self._show_cursor(point)

    def _show_cursor(self, point: Point | None = None) -> None:
        shape = Qt.CursorShape.ArrowCursor
        if self.gesture is not None and self.gesture.cursor is not None:
            shape = self.gesture.cursor
        elif self.space_held:
            shape = Qt.CursorShape.OpenHandCursor
        elif self._hovered is not None:
            shape = Qt.CursorShape.CrossCursor
        elif point is not None and self.stage.corner_at(point):
            shape = Qt.CursorShape.SizeFDiagCursor
        if self.viewport().cursor().shape() != shape:
            self.viewport().setCursor(shape)

    # --- keys, menus, tooltips --------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        # Space alone must come as press and release, because held down it pans.
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and keys.takes_over(self, event)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.setAccepted(keys.press(self, event))

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        event.setAccepted(keys.release(self, event))

    def focusNextPrevChild(self, forward: bool) -> bool:
        # Tab is for the search; Shift+Tab and Ctrl+Tab leave.
        return False if forward else super().focusNextPrevChild(False)

    def hold_space(self, held: bool) -> None:
        """Space is down: the left button pans."""
        self.space_held, self.space_panned = held, False
        self._show_cursor()

    def mouse_place(self) -> Point | None:
        """Where the mouse is in the scene; None when it is elsewhere."""
        cursor = self.mapFromGlobal(QCursor.pos())
        inside = self.underMouse() and self.viewport().rect().contains(cursor)
        return self.to_scene(cursor) if inside else None

    def spoken(self, node_id: str) -> str:
        """A node in one line, for screen readers."""
        return spoken(self.stage.nodes[node_id].face)

    def columns(self) -> int:
        """How many nodes fit side by side into the view at a readable size."""
        return max(4, round(self.viewport().width() / (NODE_WIDTH + GAP)))

    def leave(self) -> None:
        """Give the focus to what comes next."""
        super().focusNextPrevChild(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.space_held = False
        if isinstance(self.gesture, KeyLink):
            self.cancel()
        self.stage.show_ring(False)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.cancel()
        at = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            at = self._place_of_selection()
        if self.popup is not None:
            self.popup.deleteLater()
        self.popup = menus.context_menu(self, self.to_scene(self.viewport().mapFromGlobal(at)))
        self.popup.popup(at)
        event.accept()

    def _place_of_selection(self) -> QPoint:
        if not self.stage.selection:
            return self.viewport().mapToGlobal(self.viewport().rect().center())
        box = self.stage.item(self.stage.selection[-1]).box
        return self.viewport().mapToGlobal(self.to_view((box.right, box.y)))

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self._tip(self.to_scene(event.pos()))
            QToolTip.showText(event.globalPos(), text, self.viewport())
            return True
        return super().viewportEvent(event)

    def _tip(self, point: Point) -> str:
        stage = self.stage
        name = stage.id_at(point)
        if name in stage.nodes:
            check = stage.check
            return tooltip(
                stage.nodes[name].face, stage.experiment.model.nodes[name], check.nodes[name], check.of(name)
            )
        link = None if name else stage.wire_at(point, WIRE_REACH / self.zoom)
        return menus.wire_tip(self, link) if link else ""

    # --- drops --------------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        kind = kind_of(event.mimeData())
        event.setAccepted(bool(kind))
        if kind:
            self.begin(DropLayer(self, self.to_scene(event.position()), kind))
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.setAccepted(isinstance(self.gesture, DropLayer))
        if isinstance(self.gesture, DropLayer):
            self.gesture.move(self.to_scene(event.position()), event.modifiers())
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.cancel()

    def dropEvent(self, event: QDropEvent) -> None:
        event.setAccepted(isinstance(self.gesture, DropLayer))
        if isinstance(self.gesture, DropLayer):
            self.setFocus(Qt.FocusReason.OtherFocusReason)
            event.acceptProposedAction()
            self._end(self.to_scene(event.position()), event.modifiers())
