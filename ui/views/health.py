"""The health of the run: each finding with its evidence, and an experiment that runs beside it at a press."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from dllab.document.edits import Refused
from dllab.document.paths import has_node
from dllab.health import RULES, Finding, Suggestion
from dllab.text import N_, _
from ui.shell.theme import interface_font, theme
from ui.views import HEALTH
from ui.views.base import Rows, View, column
from ui.views.controls import Caption, TextButton
from ui.views.hints import hint
from ui.views.nodes import Looking

if TYPE_CHECKING:
    from ui.lab import Lab


class Health(View):
    """Follows `lab.health`."""

    declaration = HEALTH
    empty = N_("Press Train: the run is watched while it learns.")

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self._shown: list[Finding] | None = None
        self.cards: list[_Card] = []
        self.heading = Caption(self.body, quiet=False, bold=True, pixels=13)
        self.stop = TextButton(_("Stop the twin"), self.body)
        self.stop.setToolTip(_("End the run beside this one; its curve stays"))
        self.stop.clicked.connect(lambda _checked: lab.twin.stop())
        self.looked = QLabel(self.body)
        self.looked.setWordWrap(True)
        self.looked.setFont(interface_font(12))
        self.list = QWidget()
        self._column = QVBoxLayout(self.list)
        self._column.setContentsMargins(0, 0, 6, 0)
        self._column.setSpacing(8)
        self._column.addStretch(1)
        self.area = QScrollArea(self.body)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(self.list)
        self.area.setAccessibleName(_("What was found"))
        layout = column(self.body, 6, (10, 4, 6, 6))
        top = QHBoxLayout()
        top.addWidget(self.heading, 1)
        top.addWidget(self.stop)
        layout.addLayout(top)
        layout.addWidget(self.looked)
        layout.addWidget(self.area, 1)
        lab.health.changed.connect(self.mark)
        lab.twin.changed.connect(self.mark)
        lab.document.changed.connect(lambda _old, _new: self.mark())

    def sentence(self) -> str:
        return hint(self) if self.lab.health.facts is None else ""

    def draw(self) -> None:
        health = self.lab.health
        assert health.facts is not None
        count = len(health.findings)
        text = _("{count} things to look at, step {step}") if count > 1 else _("1 thing to look at, step {step}")
        text = text if count else _("Nothing found, step {step}")
        self.heading.setText(text.format(count=count, step=f"{health.facts.step:,}"))
        names = ", ".join(_(rule.title).lower() for rule in RULES.values())
        self.looked.setText(_("Looked for: {names}.").format(names=names))
        self.looked.setVisible(not count)
        self.stop.setVisible(self.lab.twin.busy)
        if health.findings != self._shown:
            self._shown = list(health.findings)
            self._fill()
        for card in self.cards:
            card.refresh(self.lab)
        self.summarise(". ".join([self.heading.text(), *(f"{f.title}: {f.evidence}" for f in health.findings)]))

    def _fill(self) -> None:
        for card in self.cards:
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = [_Card(self, finding) for finding in self.lab.health.findings]
        for place, card in enumerate(self.cards):
            self._column.insertWidget(place, card)

    def restyle(self) -> None:
        self.looked.setStyleSheet(f"color: {theme.tokens.muted};")
        self.area.setStyleSheet(
            f"QScrollArea, QScrollArea > QWidget > QWidget {{ background: {theme.tokens.surface}; }}"
        )
        self._shown = None

    def rows(self) -> Rows:
        found = self.lab.health.findings
        return ["rule", "node", "evidence"], ((f.rule, f.node, f.evidence) for f in found)

    # --- what a card's buttons do -----------------------------------------------------------------------------------

    def try_beside(self, suggestion: Suggestion) -> None:
        """Train the same seed with this change beside the run."""
        self.lab.twin.start(suggestion)

    def use(self, suggestion: Suggestion) -> None:
        """Change the experiment itself; undone like any other edit."""
        try:
            changed = suggestion.apply(self.lab.document.experiment)
        except Refused as reason:
            self.lab.notice.emit("warning", str(reason))
            return
        self.lab.document.apply(suggestion.text, lambda _experiment: changed)


class _Card(QWidget):
    """One finding."""

    def __init__(self, view: Health, finding: Finding) -> None:
        super().__init__()
        self._node = finding.node
        tokens = theme.tokens
        self.layer = self._layer_button(view.lab)
        self.beside: TextButton | None = None
        top, row = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self._line(finding.title, 13, tokens.text, bold=True), 1)
        if self.layer is not None:
            top.addWidget(self.layer)
        row.setSpacing(6)
        if finding.suggestion is not None:
            self._offer(view, finding.suggestion, row)
        row.addStretch(1)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(12, 8, 10, 8)
        lines.setSpacing(3)
        lines.addLayout(top)
        lines.addWidget(self._line(finding.evidence, 13, tokens.text))
        lines.addWidget(self._line(_(RULES[finding.rule].help), 12, tokens.muted))
        lines.addLayout(row)

    def _line(self, text: str, pixels: int, colour: str, bold: bool = False) -> QLabel:
        line = QLabel(text, self)
        line.setTextFormat(Qt.TextFormat.PlainText)
        line.setWordWrap(True)
        line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        line.setFont(interface_font(pixels, bold=bold))
        line.setStyleSheet(f"color: {colour}; background: transparent;")
        return line

    def _offer(self, view: Health, suggestion: Suggestion, row: QHBoxLayout) -> None:
        """The experiment that may help: beside the run, or in its place."""
        self.beside = TextButton(_("Try {change}").format(change=suggestion.text), self)
        text = _("Trains the same seed with {change} in a second run, and draws its curves over these")
        self.beside.setToolTip(text.format(change=suggestion.text))
        self.beside.clicked.connect(partial(self._do, view.try_beside, suggestion))
        self.use = TextButton(_("Use it"), self)
        self.use.setToolTip(_("Change the experiment so; undo takes it back"))
        self.use.clicked.connect(partial(self._do, view.use, suggestion))
        row.addWidget(self.beside)
        row.addWidget(self.use)

    def _layer_button(self, lab: "Lab") -> TextButton | None:
        """Leads to the layer that this is about, if it is about one."""
        if not self._node:
            return None
        looking = Looking(lab)
        title = looking.title(looking.layer(self._node)) or self._node
        button = TextButton(_("Show {layer}").format(layer=title), self)
        button.setToolTip(_("Select this layer on the canvas"))
        button.clicked.connect(lambda _checked: lab.layer_wanted.emit(self._node))
        return button

    def _do(self, what: "object", suggestion: Suggestion, _checked: bool = False) -> None:
        assert callable(what)
        what(suggestion)

    def refresh(self, lab: "Lab") -> None:
        """A twin trains, or none; the layer may have been deleted since."""
        if self.beside is not None:
            self.beside.setEnabled(not lab.twin.busy)
        if self.layer is not None:
            self.layer.setEnabled(has_node(lab.document.experiment, self._node))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.tokens.background))
        painter.drawRoundedRect(QRectF(self.rect()), 8, 8)
        painter.setBrush(QColor(theme.tokens.warning))
        painter.drawRoundedRect(QRectF(0, 8, 3, self.height() - 16), 1.5, 1.5)
        painter.end()
