"""Where a layer's weights begin and whether they are learned: on the page of every layer that has some."""

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget

from dllab.document import edits
from dllab.document.experiment import Node
from dllab.recipe import INITIALISATIONS
from dllab.text import _
from ui.inspector.bound_form import ChoiceForm
from ui.inspector.form import Form
from ui.inspector.sheet import column, heading
from ui.inspector.words import set_text

if TYPE_CHECKING:
    from ui.inspector.node_page import NodePage


class FirstWeights(QWidget):
    """The initialisation of a node, and the switch that freezes it."""

    def __init__(self, page: "NodePage") -> None:
        super().__init__()
        self._page = page
        path = f"model.nodes.{page.node_id}.init"
        self.init = ChoiceForm(page.lab.document.page, INITIALISATIONS, path, _("First weights"))
        self.freeze = Form(Node, ["frozen"])
        self.freeze.edited.connect(self._on_frozen)
        self.setLayout(column(heading(_("First weights")), self.init, self.freeze, gap=6))
        self.hide()

    def refresh(self, shown: bool) -> None:
        """Show the node as it is now."""
        self.setVisible(shown)
        if shown:
            self.init.refresh()
            self.freeze.show_values({"frozen": self._page.node.frozen})

    def _on_frozen(self, name: str, value: Any, merge: str) -> None:
        text = set_text(self.freeze.fields[name], value)
        self._page.lab.document.page.apply(text, lambda e: edits.replace_node(e, self._page.node_id, frozen=value))
