"""The inspector: what is selected, as a form, with its problems, its shape and its weights."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from dllab.declare import Declared
from dllab.document.experiment import Experiment
from dllab.document.paths import split_id
from dllab.layers import LAYERS
from dllab.text import _
from ui.inspector.drafts import commit_focused
from ui.inspector.help_page import show_help
from ui.inspector.node_page import NodePage, Page
from ui.inspector.other_pages import ExperimentPage, FramePage, NotePage, SeveralPage, UnknownPage
from ui.inspector.sheet import MARGIN, Sheet
from ui.shell.theme import theme

if TYPE_CHECKING:
    from ui.lab import Lab

WIDTH = 280


class Inspector(Sheet):
    """One page at a time, about the selection. It shows the document and edits it; it keeps nothing itself."""

    chip_wanted = Signal(str)
    """"data", "recipe" or "device": a link asks for this chip's editor."""

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        self.page: Page | None = None
        self._key: tuple[str, ...] = ()
        super().__init__(parent)
        self._lab = lab
        self._ids: tuple[str, ...] = ()
        self.setAccessibleName(_("Inspector"))
        self.setMinimumWidth(220)
        self.setAutoFillBackground(True)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._scroll)
        lab.document.page.entered.connect(self._on_entered)
        lab.document.page.changed.connect(self._on_changed)
        lab.selection_changed.connect(self._on_selected)
        self._on_selected(lab.selected)

    def show_selection(self, ids: Sequence[str]) -> None:
        """Be about these nodes, notes and frames; about the experiment when there are none."""
        self._ids = tuple(ids)
        self._show()

    def edit(self, node_id: str) -> None:
        """Be about one node and put the cursor into its first field."""
        self.show_selection((node_id,))
        if self.page is not None:
            self.page.focus_first()
            # The layout of a page just made is not known before the event loop has run.
            QTimer.singleShot(0, self, lambda: self._scroll.ensureWidgetVisible(self.focusWidget() or self))

    def show_help(self, about: str | type[Declared]) -> None:
        """Show the help page of a layer's kind, or of any declaration."""
        declaration = LAYERS.get(about) if isinstance(about, str) else about
        if declaration is not None:
            show_help(declaration, self)

    def restyle(self) -> None:
        colours = self.palette()
        colours.setColor(self.backgroundRole(), theme.tokens.surface)
        self.setPalette(colours)
        if self.page is not None:
            self.page.restyle()

    def _on_selected(self, node_id: str) -> None:
        # "" also means several, and then the canvas says which by `show_selection`.
        if node_id or len(self._ids) <= 1:
            self.show_selection((split_id(node_id)[1],) if node_id else ())

    def _on_entered(self, _old: object, _new: object) -> None:
        # An id may be there on both pages, but it names another thing.
        commit_focused()
        self._key = ()

    def _on_changed(self, _old: Experiment, _new: Experiment) -> None:
        self._show()

    def _show(self) -> None:
        """Bring the page up to the selection and the document, making another one only where it is about another thing."""
        if self._page_key() != self._key:
            # What is being typed belongs to the page that goes: it is taken over first, which may lead here again.
            commit_focused()
        key = self._page_key()
        if key != self._key or self.page is None:
            self._key = key
            self._replace(self._make(key))
        assert self.page is not None
        self.page.refresh()

    def _page_key(self) -> tuple[str, ...]:
        model = self._lab.document.page.experiment.model
        there = tuple(i for i in self._ids if i in model.nodes or i in model.notes or i in model.frames)
        if len(there) > 1:
            return ("several", *there)
        if not there:
            return ("experiment",)
        (chosen,) = there
        if chosen in model.nodes:
            kind = model.nodes[chosen].kind
            return ("node" if kind in LAYERS else "unknown", chosen, kind)
        return ("note" if chosen in model.notes else "frame", chosen)

    def _make(self, key: tuple[str, ...]) -> Page:
        match key:
            case ("several", *ids):
                return SeveralPage(self._lab, ids)
            case ("node", node, kind):
                return NodePage(self._lab, node, LAYERS[kind])
            case ("unknown", node, _kind):
                return UnknownPage(self._lab, node)
            case ("note", note):
                return NotePage(self._lab, note)
            case ("frame", frame):
                return FramePage(self._lab, frame)
        return ExperimentPage(self._lab)

    def _replace(self, page: Page) -> None:
        old = self._scroll.takeWidget()
        if old is not None:
            old.hide()
            old.deleteLater()
        page.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        page.help_wanted.connect(self.show_help)
        page.chip_wanted.connect(self.chip_wanted)
        self.page = page
        self._scroll.setWidget(page)
        self._scroll.verticalScrollBar().setValue(0)
