"""The graph as rows of a tree: layers from input to output, under each its inputs; then notes and frames."""

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from dllab.document.experiment import Link
from dllab.text import _
from ui.canvas.editor import Editor
from ui.canvas.faces import spoken
from ui.canvas.paints import FALLBACK_GLYPH
from ui.canvas.scene import Scene
from ui.shell.icons import icon
from ui.shell.theme import number_font, theme

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_Role = Qt.ItemDataRole
_MARKS = {"error": "mdi6.alert-circle", "warning": "mdi6.alert"}


@dataclass(frozen=True)
class Input:
    """A port of a layer and the wire that ends there."""

    port: str
    link: Link | None
    text: str


@dataclass(frozen=True)
class Row:
    """A layer, a note or a frame."""

    item_id: str
    title: str
    detail: str
    spoken: str
    glyph: str
    remark: str = ""
    count: str = ""
    family: str = ""
    severity: str = ""
    inputs: tuple[Input, ...] = ()


def rows(scene: Scene, editor: Editor) -> list[Row]:
    """Everything that stands on the canvas."""
    graph = scene.experiment.model
    incoming = {link.end: link for link in graph.links}
    layers = [_layer(scene, editor, name, incoming) for name in scene.check.everything or tuple(graph.nodes)]
    notes = [_note(name, note.text) for name, note in graph.notes.items()]
    return layers + notes + [_frame(name, frame.title or _("Frame")) for name, frame in graph.frames.items()]


def _layer(scene: Scene, editor: Editor, name: str, incoming: Mapping[tuple[str, str], Link]) -> Row:
    face = scene.nodes[name].face
    return Row(
        name,
        face.title,
        face.detail,
        spoken(face),
        face.glyph,
        remark="\n".join(problem.text for problem in scene.check.of(name)),
        count=face.count,
        family=face.family,
        severity=face.severity,
        inputs=tuple(_input(editor, port, incoming.get((name, port))) for port in face.inputs),
    )


def _note(name: str, text: str) -> Row:
    title = text.strip().partition("\n")[0][:80] or _("Empty note")
    said = _("Note: {text}").format(text=title)
    return Row(name, title, _("note"), said, "mdi6.note-text-outline", remark=text)


def _frame(name: str, title: str) -> Row:
    return Row(name, title, _("frame"), _("Frame: {text}").format(text=title), "mdi6.vector-square")


def _input(editor: Editor, port: str, link: Link | None) -> Input:
    if link is None:
        return Input(port, None, _("{port}: not connected").format(port=port))
    return Input(port, link, _("{port}: from {name}").format(port=port, name=editor.name(link.source)))


class OutlineModel(QAbstractItemModel):
    """The rows as Qt's views read them. An index of a layer carries 0, one of its input the layer's place + 1."""

    def __init__(self, scene: Scene, editor: Editor, parent: QObject) -> None:
        super().__init__(parent)
        self._scene, self._editor = scene, editor
        self.rows: list[Row] = []

    def follow(self) -> bool:
        """Bring the rows in step; True if they were laid out anew, so that what was open must be opened again."""
        new = rows(self._scene, self._editor)
        if [(r.item_id, len(r.inputs)) for r in new] != [(r.item_id, len(r.inputs)) for r in self.rows]:
            self.beginResetModel()
            self.rows = new
            self.endResetModel()
            return True
        old, self.rows = self.rows, new
        for place, (before, after) in enumerate(zip(old, new, strict=True)):
            if before != after:
                self.dataChanged.emit(self.index(place, 0), self.index(place, 2))
                top = self.index(place, 0)
                if after.inputs:
                    self.dataChanged.emit(self.index(0, 0, top), self.index(len(after.inputs) - 1, 0, top))
        return False

    def row_of(self, index: Index) -> Row | None:
        """The layer of an index, of its inputs too."""
        if not index.isValid():
            return None
        return self.rows[index.internalId() - 1 if index.internalId() else index.row()]

    def input_of(self, index: Index) -> Input | None:
        """The input of an index; None for a layer."""
        row = self.row_of(index)
        return row.inputs[index.row()] if row is not None and index.internalId() else None

    def index_of(self, item_id: str) -> QModelIndex:
        """Where an item stands."""
        place = next((i for i, row in enumerate(self.rows) if row.item_id == item_id), -1)
        return self.index(place, 0) if place >= 0 else QModelIndex()

    def index(self, row: int, column: int, parent: Index = _ROOT) -> QModelIndex:
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    def parent(self, index: Index = _ROOT) -> QModelIndex:  # type: ignore[override]
        if not index.isValid() or not index.internalId():
            return QModelIndex()
        return self.createIndex(index.internalId() - 1, 0, 0)

    def rowCount(self, parent: Index = _ROOT) -> int:
        if not parent.isValid():
            return len(self.rows)
        return len(self.rows[parent.row()].inputs) if not parent.internalId() and parent.column() == 0 else 0

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 3

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == _Role.DisplayRole:
            return (_("Layer"), _("Output"), _("Parameters"))[section]
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        row = self.row_of(index)
        if row is None:
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if not index.internalId() and index.column() == 0 and row.item_id not in self._scene.notes:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def setData(self, index: Index, value: object, role: int = _Role.EditRole) -> bool:
        row = self.row_of(index)
        if row is None or role != _Role.EditRole:
            return False
        self._editor.rename(row.item_id, str(value))
        return True

    def data(self, index: Index, role: int = _Role.DisplayRole) -> object:
        row, port = self.row_of(index), self.input_of(index)
        if row is None:
            return None
        if port is not None:
            return self._of_input(index, port, role)
        match role:
            case _Role.DisplayRole:
                return (row.title, row.detail, row.count)[index.column()]
            case _Role.EditRole:
                return row.title
            case _Role.AccessibleTextRole:
                return row.spoken if index.column() == 0 else (row.title, row.detail, row.count)[index.column()]
            case _Role.ToolTipRole | _Role.AccessibleDescriptionRole:
                return row.remark or row.spoken
        return self._look(row, index.column(), role)

    def _of_input(self, index: Index, port: Input, role: int) -> object:
        if role in (_Role.DisplayRole, _Role.AccessibleTextRole):
            return port.text if index.column() == 0 else None
        if role == _Role.ForegroundRole:
            return QColor(theme.tokens.muted)
        return None

    def _look(self, row: Row, column: int, role: int) -> object:
        tokens = theme.tokens
        if role == _Role.DecorationRole and column == 0:
            if row.severity:
                return icon(_MARKS[row.severity], tokens.bad if row.severity == "error" else tokens.warning)
            colour = tokens.family(row.family)
            try:
                return icon(row.glyph, colour)
            except KeyError:
                return icon(FALLBACK_GLYPH, colour)
        if role == _Role.ForegroundRole and column:
            return QColor(tokens.muted)
        if role == _Role.FontRole and column:
            return number_font(11)
        if role == _Role.TextAlignmentRole and column == 2:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None
