"""The canvas as the window knows it: the view, what lies over it, and one method for each command."""

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPoint, QRect, QSize, QTimer, Signal
from PySide6.QtGui import QHideEvent, QImage, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QToolButton, QWidget

from dllab.checking import Check, Problem, check
from dllab.document.experiment import Experiment
from dllab.document.paths import Path
from ui.canvas import access, keys, searching
from ui.canvas.breadcrumb import Breadcrumb
from ui.canvas.camera import STEP
from ui.canvas.editor import Editor
from ui.canvas.flow import Flow
from ui.canvas.minimap import Minimap
from ui.canvas.overlays import EmptyState, ZoomButtons
from ui.canvas.problembar import ProblemBar
from ui.canvas.remarks import remarked
from ui.canvas.scene import Scene
from ui.canvas.spotlight import Light, Spotlight
from ui.canvas.view import View
from ui.document import Document
from ui.shell.theme import theme

_MARGIN = 16
_NOTICE = 400
"""Less room than this is too little for a sentence."""
_COVERED = 0.4


# long: one method a command of the window
class Canvas(QWidget):
    """The network of a document, to look at and to work on."""

    selection_changed = Signal(object)
    """tuple[str, ...] of selected nodes, notes and frames."""
    edit_requested = Signal(str)
    """Enter or a double-click on a node: edit it in the inspector."""
    help_requested = Signal(str)
    walk_requested = Signal(str, str)
    """(phase, node): run step by step until this layer is computed, or its gradient."""
    refused = Signal(str)
    """Why something can't be done; what the document refuses it says itself."""
    told = Signal(str)
    """What was done beside the document."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        access.install()
        self.document = document
        self.page = document.page
        self.scene = Scene(self)
        self.editor = Editor(self.page, self.scene, self)
        self.view = View(self.scene, self.editor, self)
        self.setFocusProxy(self.view)
        self.minimap = Minimap(self.view, self)
        self.bar = ProblemBar(self)
        self.breadcrumb = Breadcrumb(self.page, self)
        self._buttons = ZoomButtons(self.view, self)
        self._empty = EmptyState(self)
        self._flow = Flow(self.view)
        self.spotlight = Spotlight(self.scene)
        self._minimap_wanted = True
        self._covered = QRect()
        """Where a notice lies over the upper edge."""
        self._remarks: tuple[Problem, ...] = ()
        self._opened = QTimer(self)
        self._opened.setSingleShot(True)
        self._opened.timeout.connect(self.view.fit)
        self._connect()
        self.scene.show_experiment(self.page.experiment, self._check)
        self._say_problems()
        self._lay_out()

    def _connect(self) -> None:
        self.page.entered.connect(self._on_entered)
        self.document.opening.connect(self._on_opening)
        self.page.changed.connect(self._on_changed)
        self.breadcrumb.wanted.connect(self._go_up)
        self.scene.selection_changed.connect(self._on_selection_changed)
        self.view.edit_requested.connect(self.edit_requested)
        self.view.open_requested.connect(self.page.enter)
        self.view.leave_requested.connect(lambda: self._go_up(len(self.page.path) - 1))
        self.view.help_requested.connect(self.help_requested)
        self.view.walk_requested.connect(self.walk_requested)
        self.editor.refused.connect(self.refused)
        self.editor.told.connect(self.told)
        self.editor.said.connect(lambda words: access.announce(self.view, words))
        self.bar.mend.connect(self.editor.mend)
        self.bar.shown.connect(self._show_node)
        self.bar.moved_room.connect(self._lay_out)
        theme.changed.connect(self._restyle)

    # --- selection --------------------------------------------------------------------------------------------------

    def selected(self) -> tuple[str, ...]:
        """Ids of selected nodes, notes and frames."""
        return self.scene.selection

    def select(self, ids: Iterable[str]) -> None:
        """Select these and nothing else."""
        self.scene.select(ids)

    def select_all(self) -> None:
        """Select everything."""
        keys.select_all(self.view)

    # --- editing ----------------------------------------------------------------------------------------------------

    def cut(self) -> None:
        """Move the selection to the clipboard."""
        self.editor.cut()

    def copy(self) -> None:
        """Copy the selection as text."""
        self.editor.copy()

    def paste(self) -> None:
        """Insert what was copied, where the mouse is."""
        keys.paste(self.view)

    def duplicate(self) -> None:
        """A second one of the selection."""
        self.editor.duplicate()

    def delete_selected(self) -> None:
        """Remove the selection; a chain stays joined."""
        self.editor.delete_selected()

    def toggle_mute(self) -> None:
        """Bypass the selected layers, or take them in again."""
        self.editor.toggle_mute()

    def arrange(self) -> None:
        """Put the layers in order from left to right, and show them all."""
        self.editor.arrange(self.view.columns())
        self.view.fit()

    def align(self, edge: str) -> None:
        """Put left, right, top, bottom, center-x or center-y of the selection in line."""
        self.editor.align(edge)

    def add_layer(self, kind: str) -> None:
        """A layer behind the selected one where it fits, else in free space."""
        self.editor.add_layer(kind, self.view.middle())
        self.view.reveal(list(self.scene.selection))

    def open_add_menu(self) -> None:
        """Search all layers."""
        searching.search_for_selection(self.view)

    def add_note(self) -> None:
        """A note, open for writing."""
        keys.add_note(self.view)

    def frame_selection(self) -> None:
        """A frame around the selection, its title open for writing."""
        keys.frame_selection(self.view)

    def rename_selected(self) -> None:
        """Edit the title of what is selected."""
        keys.rename_selected(self.view)

    # --- looking ----------------------------------------------------------------------------------------------------

    def fit(self) -> None:
        """Show everything."""
        self.view.fit()

    def zoom_in(self) -> None:
        """Come closer."""
        self.view.zoom_by(STEP)

    def zoom_out(self) -> None:
        """Go farther."""
        self.view.zoom_by(1 / STEP)

    def zoom_reset(self) -> None:
        """Show at actual size."""
        self.view.zoom_to(1.0)

    def set_flowing(self, running: bool) -> None:
        """Show that data flows through the wires, or no longer does."""
        self._flow.set_wanted(running)

    def set_light(self, light: Light | None) -> None:
        """Light what an operation is about and dim the rest, or let everything be as always."""
        self.spotlight.show(light, self.page.path)

    def set_minimap_visible(self, visible: bool) -> None:
        """Show or hide the map in the corner."""
        self._minimap_wanted = visible
        self._lay_out()

    def notice_room(self) -> QRect:
        """Where a notice may come up: at the upper edge, below the way into a group, beside the map if that leaves enough."""
        top = self.breadcrumb.geometry().bottom() + _MARGIN // 2 if not self.breadcrumb.isHidden() else _MARGIN
        right = self.width() - _MARGIN
        if not self.minimap.isHidden() and self.minimap.x() - 2 * _MARGIN >= _NOTICE:
            right = self.minimap.x() - _MARGIN
        return QRect(QPoint(_MARGIN, top), QPoint(right, self.height() - _MARGIN))

    def keep_clear(self, covered: QRect) -> None:
        """Something lies over this part for a while, or no longer does where it is empty."""
        if covered.height() > _COVERED * self.height():
            # In what is left nothing could be read.
            covered = QRect()
        if covered != self._covered:
            self._covered = covered
            self._lay_out()
            # Nothing moves away under a hand that holds it.
            if self.view.gesture is None and self.view.inline is None:
                self.view.fit_again()

    @property
    def pictures_button(self) -> QToolButton:
        """The switch of the pictures, in the corner."""
        return self._buttons.pictures

    def set_pictures(self, pictures: dict[str, QImage] | None) -> None:
        """A small live picture below each of these nodes; None takes them all away."""
        self.scene.show_pictures(pictures or {})

    # --- groups -----------------------------------------------------------------------------------------------------

    def group_selected(self) -> None:
        """Put the selection into a group, its name open for writing."""
        keys.group_selection(self.view)

    def ungroup_selected(self) -> None:
        """Put the layers of the selected groups in their place."""
        self.editor.ungroup()

    def save_group(self) -> None:
        """Keep a copy of the selected group in the palette."""
        keys.save_group(self.view)

    def show_node(self, node_id: str) -> None:
        """Select a node by its id from the top, on the page on which it stands."""
        self._show_node(self.page.show(node_id))

    def _go_up(self, depth: int) -> None:
        """Back to the page so many groups deep; the group that was left is selected there."""
        path = self.page.path
        if 0 <= depth < len(path):
            self.page.open(path[:depth])
            self._show_node(path[depth])
            self.view.setFocus()

    def _on_entered(self, old: Path, new: Path) -> None:
        self._on_opening()

    def _on_opening(self) -> None:
        # Ids on two pages may be the same, but what they name is not: nothing glides from one to the other.
        self.view.cancel()
        self.view.close_inline()
        self.scene.show_experiment(Experiment(), check(Experiment()))
        self._opened.start(0)

    # --- following the document -------------------------------------------------------------------------------------

    def _on_changed(self, _old: Experiment, new: Experiment) -> None:
        self.view.cancel()
        self.scene.show_experiment(new, self._check)
        self.spotlight.again(self.page.path)
        self._say_problems()
        self._lay_out()
        self.breadcrumb.follow()

    @property
    def _check(self) -> Check:
        return remarked(self.page, self._remarks)

    def remark(self, remarks: Sequence[Problem]) -> None:
        """Mark nodes with what a run says of them, until it says something else."""
        if tuple(remarks) != self._remarks:
            self._remarks = tuple(remarks)
            self.scene.show_experiment(self.page.experiment, self._check)

    def _on_selection_changed(self, ids: tuple[str, ...]) -> None:
        self._say_problems()
        self.minimap.update()
        if ids and ids[-1] in self.scene.nodes:
            access.tell_focus(self.view, ids[-1])
        self.selection_changed.emit(ids)

    def _say_problems(self) -> None:
        # On an empty canvas the hint says what to do; "there is no Input" would only scold.
        problems = self.page.check.problems if self.scene.nodes else ()
        said = self.bar.problem
        self.bar.say(problems, self.scene.selection)
        new = self.bar.problem
        # The bar must not hide the layer that it speaks of.
        if new is not None and new != said and new.node in self.scene.nodes:
            self.view.uncover(new.node)

    def _show_node(self, node_id: str) -> None:
        if node_id in self.scene:
            self.scene.select([node_id])
            self.view.reveal([node_id])

    # --- layout -----------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(720, 480)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 160)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._flow.set_seen(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._flow.set_seen(False)

    def _lay_out(self) -> None:
        nodes = bool(self.scene.nodes)
        size = self.size()
        self.minimap.setVisible(self._minimap_wanted and nodes and size.width() > 420 and size.height() > 240)
        self.breadcrumb.move(_MARGIN, _MARGIN)
        self.minimap.move(size.width() - self.minimap.width() - _MARGIN, _MARGIN)
        if self.minimap.geometry().intersects(self._covered):
            self.minimap.move(self.minimap.x(), self._covered.bottom() + _MARGIN // 2)
        self._buttons.adjustSize()
        corner = QPoint(
            size.width() - self._buttons.width() - _MARGIN, size.height() - self._buttons.height() - _MARGIN
        )
        self.bar.beside = self._buttons.width()
        self.bar.place()
        if self.bar.room and self.bar.geometry().right() > corner.x() - _MARGIN:
            corner.setY(corner.y() - self.bar.room)
        self._buttons.move(corner)
        self._empty.setVisible(not (nodes or self.scene.notes or self.scene.frames))
        self._empty.resize(min(420, size.width() - 2 * _MARGIN), 150)
        self._empty.move((size.width() - self._empty.width()) // 2, (size.height() - self._empty.height()) // 2)
        self.view.corners = [w.geometry() for w in (self.minimap, self._buttons) if not w.isHidden()]
        if not self._covered.isEmpty():
            self.view.corners.append(self._covered)
        self.view.bottom = self.bar.room
        if self.view.size() != size:
            self.view.resize(size)

    def _restyle(self) -> None:
        self.view.resetCachedContent()
        self.scene.update()
        self.view.viewport().update()
