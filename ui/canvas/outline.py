"""The network as a list: the same graph and the same selection, for screen readers and for whoever likes lists."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, QSize, Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from dllab.text import _
from ui.canvas.addmenu import AddMenu
from ui.canvas.canvas import Canvas
from ui.canvas.fitting import Port, layers_after, verdicts
from ui.canvas.outline_rows import OutlineModel
from ui.document import Document
from ui.shell.icons import icon
from ui.shell.theme import interface_font, theme

_Select = QItemSelectionModel.SelectionFlag
End = tuple[str, Port]


class Outline(QWidget):
    """A tree of layers and their inputs: add, connect, rename, delete by keyboard."""

    def __init__(self, document: Document, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document, self.canvas = document, canvas
        self.menu: QMenu | None = None
        self.add_menu: AddMenu | None = None
        self._stale = True
        self.setAccessibleName(_("Outline"))
        self.model = OutlineModel(canvas.scene, canvas.editor, self)
        self.tree = _Tree(self)
        self.tree.setModel(self.model)
        self.tree.setAccessibleName(_("Outline of the network"))
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setFont(interface_font(11))
        header.setMinimumSectionSize(24)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self._buttons: list[tuple[QToolButton, str]] = []
        row = QHBoxLayout()
        row.setSpacing(2)
        for name, words, do in (
            ("mdi6.plus", _("Add layer (Ins)"), self.add),
            ("mdi6.vector-line", _("Connect (L)"), self.connect_selected),
            ("mdi6.rename", _("Rename (F2)"), self.rename),
            ("mdi6.delete-outline", _("Delete (Del)"), self.delete),
        ):
            row.addWidget(self._button(name, words, do))
        row.addStretch(1)
        column_ = QVBoxLayout(self)
        column_.setContentsMargins(8, 0, 8, 4)
        column_.setSpacing(4)
        column_.addLayout(row)
        column_.addWidget(self.tree, 1)
        self.setFocusProxy(self.tree)
        document.changed.connect(lambda _old, _new: self._on_changed())
        canvas.selection_changed.connect(lambda _ids: self._show_selection())
        self.tree.selectionModel().selectionChanged.connect(lambda _new, _old: self._on_selected())
        theme.changed.connect(self._wear)
        self._wear()

    def sizeHint(self) -> QSize:
        return QSize(280, 320)

    # --- what can be done -------------------------------------------------------------------------------------------

    def add(self) -> None:
        """Search a layer; it goes behind the selected one."""
        canvas, chosen = self.canvas, self._chosen()
        kinds = None
        if chosen in canvas.scene.nodes and canvas.scene.nodes[chosen].face.outputs:
            port = canvas.scene.nodes[chosen].face.outputs[0]
            kinds = layers_after(canvas.scene.experiment, canvas.scene.check, chosen, port)
        if self.add_menu is not None:
            self.add_menu.deleteLater()
        self.add_menu = AddMenu(self, kinds)
        self.add_menu.chosen.connect(canvas.add_layer)
        self.add_menu.open_at(self._place())

    def connect_selected(self) -> None:
        """Choose the other end of a wire from a list: of the layer's output, or of the input that is selected."""
        index = self.tree.currentIndex()
        row, port = self.model.row_of(index), self.model.input_of(index)
        if row is None or row.item_id not in self.canvas.scene.nodes:
            return
        face = self.canvas.scene.nodes[row.item_id].face
        if port is not None:
            start: End = (row.item_id, ("in", port.port))
        elif face.outputs:
            start = (row.item_id, ("out", face.outputs[0]))
        else:
            start = (row.item_id, ("in", face.inputs[0]))
        self.menu = self._ends_menu(start)
        self.menu.popup(self._place())

    def rename(self) -> None:
        """Edit the title in its row; a note opens on the canvas."""
        chosen = self._chosen()
        if chosen in self.canvas.scene.notes:
            self.canvas.rename_selected()
        elif chosen:
            self.tree.edit(self.model.index_of(chosen))

    def delete(self) -> None:
        """Remove the selected layers, or the wire of the selected input."""
        port = self.model.input_of(self.tree.currentIndex())
        if port is None:
            self.canvas.delete_selected()
        elif port.link is not None:
            self.canvas.editor.unlink([port.link])

    def edit(self) -> None:
        """Edit the layer in the inspector."""
        chosen = self._chosen()
        if chosen in self.canvas.scene.nodes:
            self.canvas.view.open_or_edit(chosen)

    def _ends_menu(self, start: End) -> QMenu:
        canvas = self.canvas
        if self.menu is not None:
            self.menu.deleteLater()
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        found = verdicts(canvas.scene.experiment, canvas.scene.check, start)
        for end, verdict in sorted(found.items(), key=lambda entry: ("fits", "misfit", "refused").index(entry[1].mark)):
            if end[0] == start[0]:
                continue
            text = _("{layer}, {port}").format(layer=canvas.editor.name(end[0]), port=end[1][1])
            action = menu.addAction(f"{text} – {verdict.reason}" if verdict.reason else text)
            action.setEnabled(verdict.mark != "refused")
            action.triggered.connect(partial(self._join, start, end))
        if menu.isEmpty():
            menu.addAction(_("There is no layer to connect to.")).setEnabled(False)
        return menu

    def _join(self, start: End, end: End, _checked: bool = False) -> None:
        self.canvas.editor.connect_ports(start, end)

    # --- in step ----------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._follow()

    def _on_changed(self) -> None:
        self._stale = True
        if self.isVisible():
            self._follow()

    def _follow(self) -> None:
        self._stale = False
        open_ids = [row.item_id for row in self.model.rows if self.tree.isExpanded(self.model.index_of(row.item_id))]
        if self.model.follow():
            for row in self.model.rows:
                if row.item_id in open_ids or len(row.inputs) > 1:
                    self.tree.expand(self.model.index_of(row.item_id))
            for place, row in enumerate(self.model.rows):
                for port in range(len(row.inputs)):
                    self.tree.setFirstColumnSpanned(port, self.model.index(place, 0), True)
        self._show_selection()

    def _show_selection(self) -> None:
        """Select what the canvas has selected; equal selections are left alone, so that neither side hears its echo."""
        if self._stale or self._selected() == set(self.canvas.selected()):
            return
        wanted = QItemSelection()
        for item_id in self.canvas.selected():
            index = self.model.index_of(item_id)
            wanted.select(index, index.siblingAtColumn(2))
        model = self.tree.selectionModel()
        chosen = self.canvas.selected()
        if chosen:
            model.setCurrentIndex(self.model.index_of(chosen[-1]), _Select.NoUpdate)
            self.tree.scrollTo(self.model.index_of(chosen[-1]))
        model.select(wanted, _Select.ClearAndSelect)

    def _on_selected(self) -> None:
        ids = self._selected()
        if ids != set(self.canvas.selected()) and not self._stale:
            last = self._chosen()
            self.canvas.select([*sorted(ids - {last}), *([last] if last in ids else [])])

    def _selected(self) -> set[str]:
        rows = (self.model.row_of(index) for index in self.tree.selectionModel().selectedRows())
        return {row.item_id for row in rows if row is not None}

    def _chosen(self) -> str:
        row = self.model.row_of(self.tree.currentIndex())
        return row.item_id if row is not None else ""

    # --- looks ------------------------------------------------------------------------------------------------------

    def _button(self, name: str, words: str, do: Callable[[], None]) -> QToolButton:
        button = QToolButton(self)
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.setIconSize(QSize(16, 16))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: do())
        self._buttons.append((button, name))
        return button

    def _place(self) -> QPoint:
        rect = self.tree.visualRect(self.tree.currentIndex())
        return self.tree.viewport().mapToGlobal(rect.bottomLeft() + QPoint(24, 4))

    def _wear(self) -> None:
        tokens = theme.tokens
        for button, name in self._buttons:
            button.setIcon(icon(name, tokens.text))
        self.tree.setStyleSheet(
            f"QTreeView {{ background: {tokens.surface}; border: none; outline: none; }}"
            f"QTreeView::item {{ height: 26px; color: {tokens.text}; }}"
            f"QTreeView::item:hover {{ background: {tokens.hover}; }}"
            f"QTreeView::item:selected {{ background: {tokens.hover}; color: {tokens.text};"
            f" border-top: 1px solid {tokens.accent}; border-bottom: 1px solid {tokens.accent}; }}"
            f"QHeaderView::section {{ background: {tokens.surface}; color: {tokens.muted}; border: none; padding: 3px 6px; }}"
        )
        self.tree.viewport().update()


class _Tree(QTreeView):
    """The tree with the outline's keys."""

    def __init__(self, outline: Outline) -> None:
        super().__init__(outline)
        self._outline = outline
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFont(interface_font(12))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setUniformRowHeights(True)
        self.setIndentation(14)
        self.doubleClicked.connect(lambda _index: outline.edit())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        outline = self._outline
        actions: dict[int, Callable[[], None]] = {
            Qt.Key.Key_Insert: outline.add,
            Qt.Key.Key_L: outline.connect_selected,
            Qt.Key.Key_F2: outline.rename,
            Qt.Key.Key_Delete: outline.delete,
            Qt.Key.Key_Backspace: outline.delete,
            Qt.Key.Key_Return: outline.edit,
            Qt.Key.Key_Enter: outline.edit,
            Qt.Key.Key_M: outline.canvas.toggle_mute,
        }
        action = actions.get(event.key())
        if action is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
            return
        action()
        event.accept()
