"""The open experiment in the window: its undo stack, its check, and `changed(old, new)` for every view."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from dllab.checking import Check, check
from dllab.document.edits import Refused
from dllab.document.experiment import Experiment
from ui.page import Page

Edit = Callable[[Experiment], Experiment]


class Swap(QUndoCommand):
    """The only undo command: one experiment in place of another."""

    def __init__(self, document: "Document", old: Experiment, new: Experiment, text: str, merge_key: str) -> None:
        super().__init__(text)
        self._document, self.old, self.new, self.merge_key = document, old, new, merge_key

    def redo(self) -> None:
        self._document._show(self.new)

    def undo(self) -> None:
        self._document._show(self.old)

    def id(self) -> int:
        return 1 if self.merge_key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, Swap) or other.merge_key != self.merge_key:
            return False
        self.new = other.new
        self.setObsolete(self.new == self.old)
        return True


class Document(QObject):
    """Holds the current experiment. Widgets render it and call `apply`; equal experiments emit nothing."""

    changed = Signal(object, object)
    """(old, new) after every edit, undo, redo and replacement."""
    opening = Signal()
    """Another experiment is about to take the place of this one: `changed` follows."""
    checked = Signal(object)
    """The new Check, before `changed`."""
    refused = Signal(str)
    """An edit was refused: one sentence for people."""
    file_changed = Signal()
    """Path, read-only state or the modified mark changed."""

    def __init__(self, experiment: Experiment | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._experiment = experiment or Experiment()
        self.check: Check = check(self._experiment)
        self.path: Path | None = None
        self.read_only = False
        self.undo_stack = QUndoStack(self)
        self.undo_stack.cleanChanged.connect(self.file_changed)
        self.page = Page(self)

    @property
    def experiment(self) -> Experiment:
        """The current value."""
        return self._experiment

    @property
    def modified(self) -> bool:
        """Whether there is something that is not in the file."""
        return not self.undo_stack.isClean()

    def apply(self, text: str, edit: Edit, merge_key: str = "") -> bool:
        """Make one named, undoable step; steps with the same `merge_key` in a row become one. False when refused."""
        try:
            new = edit(self._experiment)
        except Refused as reason:
            self.refused.emit(str(reason))
            return False
        if new != self._experiment:
            self.undo_stack.push(Swap(self, self._experiment, new, text, merge_key))
        return True

    def open(self, experiment: Experiment, path: Path | None = None, read_only: bool = False) -> None:
        """Replace everything by another experiment; its undo history starts anew."""
        self.undo_stack.clear()
        self.path, self.read_only = path, read_only
        self.page.open(())
        if experiment is not self._experiment:
            self.opening.emit()
        self._show(experiment)
        self.undo_stack.setClean()
        self.file_changed.emit()

    def saved(self, path: Path) -> None:
        """Remember that the current value stands in this file."""
        self.path = path
        self.undo_stack.setClean()
        self.file_changed.emit()

    def _show(self, experiment: Experiment) -> None:
        old, self._experiment = self._experiment, experiment
        if old is experiment:
            return
        self.check = check(experiment)
        self.checked.emit(self.check)
        self.changed.emit(old, experiment)
