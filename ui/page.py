"""The page of the document that is on the canvas: the network itself, or what a group holds."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from dllab.checking import Check, page
from dllab.document.experiment import Experiment
from dllab.document.paths import Path, joined_id, page_of, split_id, there, within

if TYPE_CHECKING:
    from ui.document import Document, Edit


class Page(QObject):
    """Shows one graph as if it were the whole: ids are those on the page, and edits are put back where they belong."""

    changed = Signal(object, object)
    """(old, new) experiment as this page shows it: after every edit anywhere, and when another page is opened."""
    entered = Signal(object, object)
    """(old, new) path: another page is on the canvas. Before `changed`."""

    def __init__(self, document: "Document") -> None:
        super().__init__(document)
        self.document = document
        self.path: Path = ()
        self._shown = document.experiment
        self._checked: tuple[Check, Check] | None = None
        document.changed.connect(self._follow)

    @property
    def experiment(self) -> Experiment:
        """The experiment with this page's graph as its model."""
        return self._shown

    @property
    def check(self) -> Check:
        """What is known of this page. Fixes of its problems are edits of the document."""
        whole = self.document.check
        if self._checked is None or self._checked[0] is not whole:
            self._checked = whole, page(whole, self.document.experiment, self.path)
        return self._checked[1]

    def apply(self, text: str, edit: "Edit", merge_key: str = "") -> bool:
        """Make one named, undoable step on this page."""
        path = self.path
        key = f"{joined_id(path, merge_key)}" if merge_key else ""
        return self.document.apply(text, lambda e: within(e, path, edit), key)

    def open(self, path: Path) -> None:
        """Put another page on the canvas; where it is gone, the nearest one around it."""
        while not there(self.document.experiment, path):
            path = path[:-1]
        if path != self.path:
            self._show(path)

    def enter(self, group: str) -> None:
        """Open a group that stands on this page."""
        self.open((*self.path, group))

    def leave(self) -> str:
        """Go back to the page around this one; returns the id of the group that was left."""
        left = self.path[-1] if self.path else ""
        self.open(self.path[:-1])
        return left

    def show(self, node_id: str) -> str:
        """Open the page on which a node stands, by its id from the top; returns its id there."""
        path, name = split_id(node_id)
        self.open(path)
        return name

    def whole_id(self, name: str) -> str:
        """The id from the top of what stands on this page."""
        return joined_id(self.path, name) if name else ""

    def _follow(self, old: Experiment, _new: Experiment) -> None:
        path = self.path
        while not there(self.document.experiment, path):
            path = path[:-1]
        self._show(path)

    def _show(self, path: Path) -> None:
        old, self._shown = self._shown, page_of(self.document.experiment, path)
        before, self.path = self.path, path
        self._checked = None
        if before != path:
            self.entered.emit(before, path)
        self.changed.emit(old, self._shown)
