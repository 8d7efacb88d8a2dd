"""The inspector's page about one node: what it is, its form, its problems, its shape, its code, its weights."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from dllab.checking import Fix, NodeCheck, apply_fix
from dllab.data import DATASETS
from dllab.document import edits
from dllab.document.experiment import Experiment, Node
from dllab.layers.analysing import Clustering
from dllab.layers.base import Layer, Misfit, show_shape
from dllab.text import _
from ui.inspector.code_editor import CodeSection
from ui.inspector.first_weights import FirstWeights
from ui.inspector.form import Form, problems_by_name
from ui.inspector.loss_section import LossSection
from ui.inspector.needs import NeedsSection
from ui.inspector.problems import Problems
from ui.inspector.sheet import button, column, glyph, icon_button, label, say
from ui.inspector.title_field import TitleField
from ui.inspector.weights_picture import WeightsPicture
from ui.inspector.words import parameter_words, sample_words, set_text, target_words, title_of
from ui.shell.theme import theme

if TYPE_CHECKING:
    from ui.lab import Lab


class Page(QWidget):
    """Base of the inspector's pages: shows the document, edits it, keeps nothing."""

    help_wanted = Signal(str)
    """Kind of the layer whose help page is asked for."""
    chip_wanted = Signal(str)
    """"data", "recipe" or "device": the editor to open."""

    def __init__(self, lab: "Lab") -> None:
        super().__init__()
        self.lab = lab
        self.setProperty("role", "page")

    @property
    def experiment(self) -> Experiment:
        """The experiment as it is now, with the graph of the page that is on the canvas."""
        return self.lab.document.page.experiment

    def refresh(self) -> None:
        """Show the document as it is now."""

    def restyle(self) -> None:
        """The theme changed."""

    def focus_first(self) -> None:
        """Put the cursor where editing begins."""

    def mend(self, fix: Fix) -> None:
        """Carry out a fix as one undoable step."""
        self.lab.document.apply(fix.text, lambda e: apply_fix(e, fix))


class NodePage(Page):
    """A node of a kind that is known here."""

    def __init__(self, lab: "Lab", node_id: str, declaration: type[Layer]) -> None:
        super().__init__(lab)
        self.node_id, self.declaration = node_id, declaration
        self.form = Form(declaration)
        self.form.edited.connect(self._on_edited)
        self.problems = Problems(self.mend)
        self.shape = ShapeSection()
        self.extra: QWidget | None = self._extra()
        self.first = FirstWeights(self)
        self.weights = WeightsPicture(
            lab, lab.document.check.layer_of(lab.document.page.whole_id(node_id)), self._weights_title()
        )
        self.weights.hide()
        self._muted = label(_("Muted: its input passes through unchanged."), "muted")
        self._unmute = button(_("Take it in again"), self._on_unmute, "link")
        self._column = column(self._header(), gap=18)
        for widget in (
            self._muted,
            self._unmute,
            self.form,
            self.extra,
            self.problems,
            self.shape,
            self.first,
            self.weights,
        ):
            if widget is not None:
                self._column.addWidget(widget)
        self._column.addStretch(1)
        self.setLayout(self._column)
        # Only now: shown before it has a parent, it would flash up as a window of its own and take the focus.
        self.form.setVisible(bool(self.form.fields))
        self.restyle()

    @property
    def node(self) -> Node:
        """The node as it is now."""
        return self.experiment.model.nodes[self.node_id]

    def refresh(self) -> None:
        node, check = self.node, self.lab.document.page.check
        found = check.nodes[self.node_id]
        self.title.show_value(node.title)
        self.form.show_values(node.params)
        own = check.of(self.node_id)
        said = problems_by_name(own, self.form.fields)
        self.form.show_problems(said)
        self.problems.show_problems(own, said.values())
        self.shape.show_check(found, node.muted)
        for widget in (self._muted, self._unmute):
            widget.setVisible(node.muted)
        if isinstance(self.extra, (DataSection, LossSection, CodeSection, NeedsSection)):
            self.extra.refresh()
        weighty = found.parameters > 0 and not self.declaration.composite
        self.first.refresh(weighty and not node.muted)
        self.weights.setVisible(weighty)

    def restyle(self) -> None:
        colour = theme.tokens.family(self.declaration.family)
        self._glyph.setPixmap(glyph(self.declaration.glyph, colour).pixmap(QSize(20, 20), self.devicePixelRatioF()))
        self.shape.restyle()

    def focus_first(self) -> None:
        if self.form.fields:
            self.form.focus_first()
        else:
            self.title.setFocus()
            self.title.selectAll()

    def _header(self) -> QVBoxLayout:
        self._glyph = QLabel()
        self.title = TitleField(_(self.declaration.title))
        self.title.committed.connect(self._on_renamed)
        link = button(_("F1 help"), lambda: self.help_wanted.emit(self.declaration.kind), "link")
        link.setToolTip(_("What this layer does, with its formula"))
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self._glyph)
        row.addWidget(self.title, 1)
        row.addWidget(link)
        return column(row, label(self.declaration.summary(), "muted"), gap=4)

    def _extra(self) -> QWidget | None:
        if self.declaration.kind == "input":
            return DataSection(self)
        if self.declaration.kind == "custom":
            return CodeSection(self)
        if issubclass(self.declaration, Clustering):
            return NeedsSection(self)
        return LossSection(self) if self.declaration.kind == "output" else None

    def _weights_title(self) -> str:
        return _("Filters now") if self.declaration.family == "convolution" else _("Weights now")

    # --- edits

    def _on_edited(self, name: str, value: Any, merge: str) -> None:
        if self.node_id in self.experiment.model.nodes:
            key = f"{self.node_id}.{name}.{merge}" if merge else ""
            text = set_text(self.form.fields[name], value)
            self.lab.document.page.apply(text, lambda e: edits.set_param(e, self.node_id, name, value), key)

    def _on_renamed(self, title: str, _merge: str) -> None:
        if self.node_id in self.experiment.model.nodes:
            name = title or _(self.declaration.title)
            text = _("Rename to {name}").format(name=name if len(name) < 40 else name[:39] + "…")
            self.lab.document.page.apply(text, lambda e: edits.replace_node(e, self.node_id, title=title))

    def _on_unmute(self) -> None:
        text = _("Unmute {layer}").format(layer=_(self.declaration.title))
        self.lab.document.page.apply(text, lambda e: edits.replace_node(e, self.node_id, muted=False))


class ShapeSection(QWidget):
    """The sum behind the output's shape, the shape and parameters, and the line of PyTorch that makes it."""

    def __init__(self) -> None:
        super().__init__()
        self._title = label(_("Output shape"), "heading")
        self.arithmetic = label("", "mono", selectable=True)
        self.outcome = label("", "mono", selectable=True)
        self.code = label("", "mono", selectable=True)
        self.code.setAccessibleName(_("The line of PyTorch"))
        self.copy = icon_button("mdi6.content-copy", _("Copy this line"), self._on_copy)
        self._code_title = label(_("In PyTorch"), "heading")
        row = QHBoxLayout()
        row.addWidget(self._code_title, 1)
        row.addWidget(self.copy)
        self._code = QWidget()
        self._code.setLayout(column(row, self.code, gap=2))
        self.setLayout(column(self._title, self.arithmetic, self.outcome, self._code, gap=4))

    def show_check(self, found: NodeCheck, muted: bool) -> None:
        """Show what is known of a node."""
        shapes = [show_shape(shape) for shape in found.shapes.values()]
        outcome = " · ".join(shapes)
        if found.parameters:
            outcome += f" · {parameter_words(found.parameters)}"
        say(self.arithmetic, found.arithmetic if shapes else "")
        say(self.outcome, outcome)
        self._title.setVisible(bool(shapes))
        code = "" if muted else code_line(found)
        say(self.code, code)
        self._code.setVisible(bool(code))
        self.setVisible(bool(shapes or code))

    def restyle(self) -> None:
        """The theme changed."""
        self.copy.setIcon(glyph("mdi6.content-copy"))

    def _on_copy(self) -> None:
        QApplication.clipboard().setText(self.code.text())


def code_line(found: NodeCheck) -> str:
    """The constructor call of a layer whose inputs are known; empty for one that builds nothing."""
    inputs = tuple(shape for shape in found.inputs if shape is not None)
    if found.layer is None or len(inputs) < len(found.inputs) or not found.shapes:
        return ""
    try:
        call = found.layer.call(*inputs)
    except Misfit:
        return ""
    return call.code() if call and not call.source else ""


class DataSection(QWidget):
    """What comes in: on the page of the Input."""

    def __init__(self, page: NodePage) -> None:
        super().__init__()
        self._page = page
        self._words = label("")
        choose = button(_("Choose the data…"), lambda: page.chip_wanted.emit("data"), "link")
        self.setLayout(column(self._words, choose, gap=4))

    def refresh(self) -> None:
        """Show the data as it is chosen now."""
        spec = self._page.lab.document.check.data
        lines = []
        if spec:
            lines = [sample_words(spec), target_words(spec)]
        kind = self._page.experiment.data.kind
        say(self._words, "\n".join([title_of(DATASETS, kind), *lines]))
