"""Which loss judges an Output: the recipe's, or one of its own."""

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget

from dllab.declare import Declared
from dllab.document import edits
from dllab.document.experiment import Choice
from dllab.layers.base import show_shape
from dllab.recipe import LOSSES
from dllab.recipe.goals import Goal
from dllab.text import _
from ui.inspector.bound_form import ChoiceForm, PathForm
from ui.inspector.sheet import button, column, label, say
from ui.inspector.words import title_of

if TYPE_CHECKING:
    from ui.inspector.node_page import NodePage
    from ui.page import Page


class OwnLoss(ChoiceForm):
    """The loss among the parameters of an Output."""

    def __init__(self, page: "Page", node_id: str) -> None:
        super().__init__(page, LOSSES, f"model.nodes.{node_id}.params.loss", _("Loss"))
        self._node = node_id

    @property
    def chosen(self) -> Choice:
        found = self._document.experiment.model.nodes[self._node].params.get("loss") or {"kind": "mse"}
        return Choice(kind=found["kind"], params=found.get("params", {}))

    def _form(self, declaration: type[Declared]) -> PathForm:
        return PathForm(self._document, declaration, f"{self._path}.params")

    def _on_picked(self, kind: str) -> None:
        text = _("Use {name}").format(name=title_of(LOSSES, kind))
        value = {"kind": kind, "params": {}}
        self._document.apply(text, lambda e: edits.set_param(e, self._node, "loss", value))


class LossSection(QWidget):
    """On the page of an Output."""

    def __init__(self, page: "NodePage") -> None:
        super().__init__()
        self._document, self._page, self._node = page.lab.document, page.lab.document.page, page.node_id
        self.loss = ChoiceForm(self._document, LOSSES, "training.loss", _("Loss"))
        self.own = OwnLoss(self._page, self._node)
        for form in (self.loss, self.own):
            form.fits = self._fits
        self.part = button(_("A loss of its own"), self._on_part, "link")
        self.part.setToolTip(_("Judge this Output by another loss than the others"))
        self.join = button(_("Use the recipe's loss"), self._on_join, "link")
        self._gets = label("", "muted")
        heading = label(_("Loss"), "heading")
        self.setLayout(column(heading, self.loss, self.own, self.part, self.join, self._gets, gap=6))

    def refresh(self) -> None:
        """Show the loss as it is chosen now."""
        own = bool(self._page.experiment.model.nodes[self._node].params.get("loss"))
        self.loss.setVisible(not own)
        self.own.setVisible(own)
        (self.own if own else self.loss).refresh()
        self.part.setVisible(not own)
        self.join.setVisible(own)
        inputs = self._page.check.nodes[self._node].inputs
        shape = inputs[0] if inputs else None
        say(self._gets, _("The network hands it {shape}.").format(shape=show_shape(shape)) if shape else "")

    def _goal(self) -> Goal | None:
        whole = self._page.whole_id(self._node)
        return next((goal for goal in self._document.check.goals if goal.node == whole), None)

    def _fits(self, loss: type[Any]) -> bool:
        goal = self._goal()
        return goal is None or goal.data is None or goal.data.task in loss.tasks

    def _on_part(self) -> None:
        chosen = self._document.experiment.training.loss
        value = {"kind": chosen.kind, "params": dict(chosen.params)}
        text = _("Give the Output a loss of its own")
        self._page.apply(text, lambda e: edits.set_param(e, self._node, "loss", value))

    def _on_join(self) -> None:
        self._page.apply(_("Use the recipe's loss"), lambda e: edits.set_param(e, self._node, "loss", None))
