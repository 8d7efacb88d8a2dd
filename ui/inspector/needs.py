"""What a clustering will take, on its page in the inspector: known before it starts."""

from math import prod
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from dllab.checking.taps import looked_at, needs_words
from dllab.layers.analysing import Clustering
from dllab.text import _, ngettext
from ui.inspector.sheet import column, label, say

if TYPE_CHECKING:
    from ui.inspector.node_page import NodePage


class NeedsSection(QWidget):
    """Samples, time and memory of a fit."""

    def __init__(self, page: "NodePage") -> None:
        super().__init__()
        self._page = page
        self.words = label("", "mono", selectable=True)
        self.setLayout(column(label(_("What it takes"), "heading"), self.words, gap=4))

    def refresh(self) -> None:
        """Show the estimate for the data and the parameters as they are now."""
        check, node = self._page.lab.document.page.check, self._page.node_id
        found, data = check.nodes[node], self._page.lab.document.check.data
        shape = found.inputs[0] if found.inputs else None
        if data is None or shape is None or not isinstance(found.layer, Clustering):
            say(self.words, "")
        else:
            count = looked_at(self._page.lab.document.experiment, data)
            samples = ngettext("{count} sample", "{count} samples", count).format(count=f"{count:,}")
            say(self.words, f"{samples}\n{needs_words(found.layer, count, prod(shape))}")
        self.setVisible(bool(self.words.text()))
