"""The editor behind the data chip: which data, how it is prepared and divided, and what it looks like."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from dllab.data import DATASETS
from dllab.document import edits
from dllab.document.experiment import Choice, Experiment, Preparation, Split
from dllab.engine.protocol import DataSummary
from dllab.text import _
from ui.inspector.bound_form import PathForm
from ui.inspector.dataset_list import DatasetList
from ui.inspector.help_page import show_help
from ui.inspector.parts_bar import PartsBar
from ui.inspector.preview import DataPreview
from ui.inspector.sheet import Sheet, button, column, heading, label, say
from ui.inspector.words import title_of

if TYPE_CHECKING:
    from ui.lab import Lab

_LOOK_AFTER_MS = 120
_SAMPLES = 300


class DataEditor(Sheet):
    """Shows the document's data and edits it; the engine is asked what it looks like while the editor is open."""

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lab, self._document = lab, lab.document
        self._kind = ""
        self._asked: Experiment | None = None
        self.setAccessibleName(_("Data"))
        self.datasets = DatasetList()
        self.datasets.picked.connect(self._on_picked)
        self.setFocusProxy(self.datasets.search)
        self.preview = DataPreview()
        self.parts = PartsBar()
        self.form: PathForm | None = None
        self.preparation = PathForm(self._document, Preparation, "preparation")
        self.split = PathForm(self._document, Split, "split")
        self._about = label("", "muted")
        self._problem = label("", "bad")
        self._place = QVBoxLayout()
        self.setLayout(self._lay_out())
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_LOOK_AFTER_MS)
        self._soon.timeout.connect(self._look)
        lab.document.changed.connect(self._on_changed)
        lab.link.ready.connect(lambda _ready: self._look_again())
        self.refresh()

    def refresh(self) -> None:
        """Show the document as it is now."""
        kind = self._document.experiment.data.kind
        self.datasets.show_kind(kind)
        declaration = DATASETS.get(kind)
        say(self._about, declaration.summary() if declaration else "")
        if kind != self._kind:
            self._kind = kind
            self._rebuild()
        for form in (self.form, self.preparation, self.split):
            if form is not None:
                form.refresh()
        self._soon.start()

    def _lay_out(self) -> QVBoxLayout:
        about = button(_("More about this data"), self._on_about, "link")
        told = QHBoxLayout()
        told.addWidget(self._about, 1)
        self._place.setContentsMargins(0, 0, 0, 0)
        parts = column(
            self.datasets,
            column(told, about, gap=2),
            self.preview,
            self._problem,
            self._place,
            heading(_("Preparation")),
            self.preparation,
            heading(_("Split")),
            self.split,
            self.parts,
            gap=10,
        )
        parts.addStretch(1)
        return parts

    def _rebuild(self) -> None:
        if self.form is not None:
            self._place.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
            self.form = None
        declaration = DATASETS.get(self._kind)
        if declaration is not None and declaration.model_fields:
            self.form = PathForm(self._document, declaration, "data")
            self._place.addWidget(self.form)

    # --- what it looks like

    def _look_again(self) -> None:
        self._asked = None
        if isValid(self):
            self._look()

    def _look(self) -> None:
        """Ask the engine, unless it was asked this very question already."""
        experiment = self._document.experiment
        if not self._lab.link.is_ready or not self.isVisible():
            return
        if self._asked is not None and _same_data(self._asked, experiment):
            return
        self._asked = experiment
        self._lab.link.look(experiment, lambda summary: self._take(experiment, summary), _SAMPLES)

    def _take(self, experiment: Experiment, summary: DataSummary) -> None:
        if not isValid(self) or self._asked is not experiment:
            return
        say(self._problem, summary.message)
        if not summary.message:
            self.preview.show_summary(summary)
        self.parts.show_parts(summary.labels.get("parts", {}))

    def _on_changed(self, _old: Experiment, _new: Experiment) -> None:
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()

    # --- edits

    def _on_picked(self, kind: str) -> None:
        if DATASETS[kind].own:  # without a file it is nothing
            self.datasets.show_kind(self._kind)
            self._lab.import_wanted.emit(kind)
            return
        text = _("Use {name}").format(name=title_of(DATASETS, kind))
        self._document.apply(text, lambda e: edits.set_path(e, "data", Choice(kind=kind)))

    def _on_about(self) -> None:
        declaration = DATASETS.get(self._kind)
        if declaration is not None:
            show_help(declaration, self)


def _same_data(one: Experiment, other: Experiment) -> bool:
    return (one.data, one.preparation, one.split, one.seed) == (other.data, other.preparation, other.split, other.seed)
