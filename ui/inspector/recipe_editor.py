"""The editor behind the recipe chip: loss, optimiser, and for how long."""

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from dllab.checking import apply_fix
from dllab.document.experiment import Experiment, Training
from dllab.recipe import LOSSES, OPTIMISERS, SCHEDULES
from dllab.text import _
from ui.inspector.bound_form import ChoiceForm, PathForm
from ui.inspector.problems import Problems
from ui.inspector.rate_test import RateTest
from ui.inspector.schedule_picture import SchedulePicture
from ui.inspector.sheet import Sheet, column, heading, label

if TYPE_CHECKING:
    from ui.lab import Lab


class RecipeEditor(Sheet):
    """Shows the document's recipe and edits it; a run in training follows learning rate and batch size."""

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = lab.document
        self.setAccessibleName(_("Recipe"))
        self.live = label("", "good")
        self.optimiser = ChoiceForm(self._document, OPTIMISERS, "training.optimiser", _("Optimiser"))
        self.loss = ChoiceForm(self._document, LOSSES, "training.loss", _("Loss"))
        self.loss.fits = self._fits
        self.rate = self._training("learning_rate", "weight_decay")
        self.optimiser.insert(self.rate)
        self.range = RateTest(lab)
        self.optimiser.insert(self.range, 3)
        self.schedule = ChoiceForm(self._document, SCHEDULES, "training.schedule", _("Schedule"))
        self.plan = SchedulePicture()
        self.schedule.insert(self.plan)
        self.gradient = self._training("clip_norm", "clip_value", "l1", "loop")
        self.batches = self._training("batch_size", "shuffle", "drop_last", "precision")
        self.length = self._training("epochs", "patience", "keep_best")
        self.seed = PathForm(self._document, Experiment, "", ["seed"])
        self.problems = Problems(lambda fix: self._document.apply(fix.text, lambda e: apply_fix(e, fix)))
        self.setLayout(self._lay_out())
        self.setFocusProxy(self.optimiser.chooser)
        lab.document.changed.connect(self._on_changed)
        lab.state_changed.connect(self._on_state)
        self.refresh()
        self._on_state(lab.state)

    def _lay_out(self) -> QVBoxLayout:
        parts = column(
            self.live,
            heading(_("Optimiser")),
            self.optimiser,
            heading(_("Learning rate along the run")),
            self.schedule,
            heading(_("Loss")),
            self.loss,
            self.problems,
            heading(_("Batches")),
            self.batches,
            heading(_("Gradient")),
            self.gradient,
            heading(_("Length")),
            self.length,
            heading(_("Random numbers")),
            self.seed,
            gap=10,
        )
        parts.addStretch(1)
        return parts

    def refresh(self) -> None:
        """Show the document as it is now."""
        for part in (self.optimiser, self.schedule, self.loss, self.rate):
            part.refresh()
        for form in (self.batches, self.gradient, self.length, self.seed):
            form.refresh()
        self.plan.show_plan(self._document.experiment, self._document.check)
        own = [p for p in self._document.check.problems if p.name in ("training.loss", "training.schedule")]
        self.problems.show_problems(own)

    def _training(self, *names: str) -> PathForm:
        return PathForm(self._document, Training, "training", names)

    def _fits(self, loss: type[Any]) -> bool:
        check = self._document.check
        tasks = {goal.data.task for goal in check.goals if goal.data is not None}
        tasks = tasks or ({check.data.task} if check.data is not None else set())
        return not tasks or bool(tasks.intersection(loss.tasks))

    def _on_changed(self, _old: Experiment, _new: Experiment) -> None:
        self.refresh()

    def _on_state(self, state: str) -> None:
        training = state in ("running", "paused")
        self.live.setText(
            _("Learning rate and batch size change the run in training at once; the rest counts for the next run.")
        )
        self.live.setVisible(training)
