"""The context menu of whatever is selected, and what a wire says under the mouse."""

import html
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from dllab.document.experiment import Link
from dllab.layers.base import Layer, show_shape
from dllab.text import _
from ui.canvas import keys, searching
from ui.canvas.geometry import Point
from ui.shell.icons import icon
from ui.shell.theme import theme

if TYPE_CHECKING:
    from ui.canvas.view import View

Row = tuple[str, str, str, Callable[[], object]]
"""Text, icon, key, what it does."""


def context_menu(view: "View", point: Point) -> QMenu:
    """A menu for the selection, or for the empty place at a point."""
    stage = view.stage
    if stage.selection:
        groups = _for_selection(view)
    elif stage.selected_links:
        groups = _for_wires(view, point)
    else:
        groups = _for_canvas(view, point)
    menu = QMenu(view)
    for index, rows in enumerate(groups):
        if index:
            menu.addSeparator()
        for text, icon_name, key, do in rows:
            action = menu.addAction(icon(icon_name, theme.tokens.text), text)
            # Written beside the text, not set as a shortcut: it would be a second owner of the same key.
            action.setText(f"{text}\t{QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)}")
            action.triggered.connect(partial(_run, do))
    return menu


def _run(do: Callable[[], object], _checked: bool = False) -> None:
    do()


def _for_selection(view: "View") -> list[list[Row]]:
    editor, stage = view.editor, view.stage
    nodes = [i for i in stage.selection if i in stage.nodes]
    single = len(stage.selection) == 1
    groups: list[list[Row]] = []
    if single and nodes:
        groups += _for_node(view, nodes[0])
    elif single:
        groups.append([(_("Edit text"), "mdi6.rename", "F2", lambda: keys.rename_selected(view))])
    groups.append([
        (_("Cut"), "mdi6.content-cut", "Ctrl+X", editor.cut),
        (_("Copy"), "mdi6.content-copy", "Ctrl+C", editor.copy),
        (_("Duplicate"), "mdi6.content-duplicate", "Ctrl+D", editor.duplicate),
        (_("Delete"), "mdi6.delete-outline", "Del", editor.delete_selected),
    ])  # fmt: skip
    last: list[Row] = [(_("Frame selection"), "mdi6.vector-square", "F", lambda: keys.frame_selection(view))]
    if nodes:
        last.insert(0, (_("Group"), "mdi6.group", "Ctrl+G", lambda: keys.group_selection(view)))
    if any(stage.nodes[i].face.layers is not None for i in nodes):
        last.insert(1, (_("Ungroup"), "mdi6.ungroup", "Ctrl+Shift+G", editor.ungroup))
    if nodes:
        muted = all(stage.nodes[i].face.muted for i in nodes)
        text = _("Unmute") if muted else _("Mute")
        last.insert(0, (text, "mdi6.volume-high" if muted else "mdi6.volume-off", "M", editor.toggle_mute))
    return [*groups, last]


def _for_node(view: "View", node: str) -> list[list[Row]]:
    """What can be done with one layer alone."""
    editor, stage = view.editor, view.stage
    groups: list[list[Row]] = []
    group = stage.nodes[node].face.layers is not None
    groups.append([
        *([(_("Open group"), "mdi6.login", "Return", lambda: view.open_requested.emit(node))] if group else []),
        (_("Settings"), "mdi6.tune-variant", "" if group else "Return", lambda: view.edit_requested.emit(node)),
        (_("Rename"), "mdi6.rename", "F2", lambda: keys.rename_selected(view)),
        (_("Draw wire"), "mdi6.vector-line", "L", view.link_by_keyboard),
        (_("Add layer behind it…"), "mdi6.plus", "Space", lambda: searching.search_for_selection(view)),
        (_("Help"), "mdi6.help-circle-outline", "F1", lambda: view.help_requested.emit(node)),
    ])  # fmt: skip
    if group:
        groups[0].append((_("Save to palette"), "mdi6.bookmark-plus-outline", "", lambda: keys.save_group(view)))
    if _has_parts(view, node):
        row = (_("Open into its parts"), "mdi6.arrow-expand-all", "", lambda: editor.take_apart(node))
        groups[0].insert(1, row)
    groups.append([
        (_("Run to here"), "mdi6.shoe-print", "", lambda: view.walk_requested.emit("forward", node)),
        (_("Run to its gradient"), "mdi6.undo-variant", "", lambda: view.walk_requested.emit("backward", node)),
    ])  # fmt: skip
    return groups


def _has_parts(view: "View", node: str) -> bool:
    layer = view.stage.check.nodes[node].layer
    return layer is not None and type(layer).parts is not Layer.parts


def _for_wires(view: "View", point: Point) -> list[list[Row]]:
    rows: list[Row] = []
    if len(view.stage.selected_links) == 1:
        (link,) = view.stage.selected_links
        rows.append((_("Insert layer…"), "mdi6.plus", "", lambda: searching.offer_for_wire(view, link, point)))
    rows.append((_("Remove wire"), "mdi6.delete-outline", "Del", view.editor.delete_selected))
    return [rows]


def _for_canvas(view: "View", point: Point) -> list[list[Row]]:
    return [
        [
            (_("Add layer…"), "mdi6.plus", "Space", lambda: searching.search_for_place(view, point)),
            (_("Add note"), "mdi6.note-text-outline", "N", lambda: view.rename(view.editor.add_note(point))),
            (_("Paste"), "mdi6.content-paste", "Ctrl+V", lambda: view.editor.paste(point)),
        ],
        [
            (_("Select all"), "mdi6.select-all", "Ctrl+A", lambda: keys.select_all(view)),
            (_("Arrange"), "mdi6.auto-fix", "Ctrl+Shift+A", lambda: view.editor.arrange(view.columns())),
            (_("Show all"), "mdi6.fit-to-page-outline", "Home", view.fit),
        ],
    ]


def wire_tip(view: "View", link: Link) -> str:
    """What runs through a wire, and between what."""
    shape = view.stage.check.nodes[link.source].shapes.get(link.output)
    text = f"{view.editor.name(link.source)} → {view.editor.name(link.target)}"
    lines = [f"<b>{html.escape(text)}</b>"]
    if shape is not None:
        lines.append(html.escape(show_shape(shape)))
    return "<br>".join(lines)
