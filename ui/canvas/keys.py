"""What each key does on the canvas."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication

from dllab.document.edits import Refused
from dllab.files import in_words
from dllab.text import _
from ui.canvas import searching
from ui.canvas.camera import STEP
from ui.canvas.geometry import GRID
from ui.canvas.linking import KeyLink
from ui.canvas.navigation import Direction, neighbour
from ui.canvas.saved import saved

if TYPE_CHECKING:
    from ui.canvas.view import View

Key = Qt.Key
Held = Qt.KeyboardModifier
_ARROWS: Mapping[int, tuple[Direction, int, int]] = {
    Key.Key_Left: ("left", -1, 0),
    Key.Key_Right: ("right", 1, 0),
    Key.Key_Up: ("up", 0, -1),
    Key.Key_Down: ("down", 0, 1),
}
_STANDARD: tuple[tuple[QKeySequence.StandardKey, Callable[["View"], object]], ...] = (
    (QKeySequence.StandardKey.SelectAll, lambda v: select_all(v)),
    (QKeySequence.StandardKey.Cut, lambda v: v.editor.cut()),
    (QKeySequence.StandardKey.Copy, lambda v: v.editor.copy()),
    (QKeySequence.StandardKey.Paste, lambda v: paste(v)),
    (QKeySequence.StandardKey.ZoomIn, lambda v: v.zoom_by(STEP)),
    (QKeySequence.StandardKey.ZoomOut, lambda v: v.zoom_by(1 / STEP)),
)
_PLAIN: Mapping[int, Callable[["View"], object]] = {
    Key.Key_Tab: lambda v: searching.search_for_selection(v),
    Key.Key_Return: lambda v: _edit(v),
    Key.Key_Enter: lambda v: _edit(v),
    Key.Key_F2: lambda v: rename_selected(v),
    Key.Key_F1: lambda v: _help(v),
    Key.Key_Delete: lambda v: v.editor.delete_selected(),
    Key.Key_Backspace: lambda v: v.editor.delete_selected(),
    Key.Key_M: lambda v: v.editor.toggle_mute(),
    Key.Key_N: lambda v: add_note(v),
    Key.Key_F: lambda v: frame_selection(v),
    Key.Key_L: lambda v: v.link_by_keyboard(),
    Key.Key_Home: lambda v: v.fit(),
    Key.Key_Menu: lambda v: _open_menu(v),
}
_WITH_CONTROL: Mapping[int, Callable[["View"], object]] = {
    Key.Key_D: lambda v: v.editor.duplicate(),
    Key.Key_G: lambda v: group_selection(v),
    Key.Key_0: lambda v: v.zoom_to(1.0),
    Key.Key_Tab: lambda v: v.leave(),
}


def takes_over(view: "View", event: QKeyEvent) -> bool:
    """Whether the canvas wants the key itself rather than a shortcut of the window."""
    if isinstance(view.gesture, KeyLink):
        return True
    return event.key() == Key.Key_Space and not event.modifiers()


def press(view: "View", event: QKeyEvent) -> bool:
    """A key went down; whether it meant something here."""
    view.stage.show_ring(True)
    key, held = event.key(), event.modifiers() & ~Held.KeypadModifier
    if key == Key.Key_Escape:
        if not view.cancel():
            _step_back(view)
        return True
    if isinstance(view.gesture, KeyLink):
        view.gesture.key(key)
        return True
    if key == Key.Key_Space and not held:
        if not event.isAutoRepeat():
            view.hold_space(True)
        return True
    if key in _ARROWS:
        return _arrow(view, key, held)
    for standard, do in _STANDARD:
        if event.matches(standard):
            do(view)
            return True
    return _act(view, key, held)


def release(view: "View", event: QKeyEvent) -> bool:
    """A key went up: Space alone opens the search, unless it was held to pan."""
    if event.key() != Key.Key_Space or event.isAutoRepeat() or not view.space_held:
        return False
    panned = view.space_panned
    view.hold_space(False)
    if not panned:
        searching.search_for_selection(view)
    return True


def _act(view: "View", key: int, held: Held) -> bool:
    action = None
    if not held:
        action = _PLAIN.get(key)
    elif held == Held.ControlModifier:
        action = _WITH_CONTROL.get(key)
    elif held == Held.ControlModifier | Held.ShiftModifier and key == Key.Key_G:
        action = _ungroup
    elif held == Held.ShiftModifier and key == Key.Key_A:
        action = searching.search_for_selection
    elif held == Held.ShiftModifier and key == Key.Key_F10:
        action = _open_menu
    if action is None:
        return False
    action(view)
    return True


def _arrow(view: "View", key: int, held: Held) -> bool:
    direction, dx, dy = _ARROWS[key]
    if held & Held.ControlModifier:
        view.editor.nudge(dx * GRID, dy * GRID)
        view.reveal(list(view.stage.selection[-1:]))
        return True
    stage = view.stage
    nodes = [i for i in stage.selection if i in stage.nodes]
    if not nodes:
        first = stage.check.order[:1] or tuple(stage.nodes)[:1]
        stage.select(first)
    else:
        found = neighbour(stage.experiment.model, stage.boxes(), nodes[-1], direction)
        if found:
            stage.select([*(i for i in stage.selection if i != found), found] if held & Held.ShiftModifier else [found])
    view.reveal(list(stage.selection[-1:]))
    if stage.selection and stage.selection[-1] in stage.nodes:
        view.editor.said.emit(view.spoken(stage.selection[-1]))
    return True


def select_all(view: "View") -> None:
    """Select everything."""
    stage = view.stage
    stage.select([*stage.nodes, *stage.notes, *stage.frames])


def paste(view: "View") -> None:
    """Paste where the mouse is, if it is over the canvas."""
    view.editor.paste(view.mouse_place())


def rename_selected(view: "View") -> None:
    """Edit the title of what is selected."""
    if view.stage.selection:
        view.reveal(list(view.stage.selection[-1:]))
        view.rename(view.stage.selection[-1])


def add_note(view: "View") -> None:
    """A new note, open for writing."""
    view.rename(view.editor.add_note(view.mouse_place() or view.middle()))


def frame_selection(view: "View") -> None:
    """A frame around the selection, its title open for writing."""
    frame_id = view.editor.frame_selection()
    if frame_id:
        view.rename(frame_id)


def group_selection(view: "View") -> None:
    """Put the selection into a group, its name open for writing."""
    group_id = view.editor.group_selection()
    if group_id:
        view.reveal([group_id])
        view.rename(group_id)


def save_group(view: "View") -> None:
    """Keep a copy of the selected group in the palette."""
    nodes = view.stage.nodes
    groups = [i for i in view.stage.selection if i in nodes and nodes[i].face.layers is not None]
    if len(groups) != 1:
        view.editor.refused.emit(_("Select one group first: it is saved under its name."))
        return
    try:
        name = saved.add(view.editor.name(groups[0]), view.stage.experiment.model.nodes[groups[0]])
    except Refused as reason:
        view.editor.refused.emit(str(reason))
    except OSError as error:
        text = _("The group could not be saved: {reason}.")
        view.editor.refused.emit(text.format(reason=in_words(error)))
    else:
        view.editor.told.emit(_("“{name}” is in the palette now, under Saved groups.").format(name=name))


def _step_back(view: "View") -> None:
    """First nothing is selected any more, then the open group is left."""
    if view.stage.selection or view.stage.selected_links:
        view.stage.select(())
    else:
        view.leave_requested.emit()


def _edit(view: "View") -> None:
    if len(view.stage.selection) == 1:
        (item_id,) = view.stage.selection
        if item_id in view.stage.nodes:
            view.open_or_edit(item_id)
        else:
            view.rename(item_id)


def _ungroup(view: "View") -> None:
    view.editor.ungroup()


def _help(view: "View") -> None:
    chosen = [i for i in view.stage.selection if i in view.stage.nodes]
    if chosen:
        view.help_requested.emit(chosen[-1])


def _open_menu(view: "View") -> None:
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint())
    QApplication.sendEvent(view.viewport(), event)
