"""The top row: what is trained on what, by which recipe, on which device; the run buttons; how far it is, how good it is."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from dllab.checking.taps import looked_at
from dllab.document.experiment import Experiment
from dllab.recipe import LOSSES
from dllab.text import _, ngettext
from ui.inspector import DataEditor, DeviceEditor, RecipeEditor, chip_text_data, chip_text_device, chip_text_recipe
from ui.inspector.words import sample_words, title_of
from ui.link.states import BUSY, clusters
from ui.shell.buttons import Chip, CommandButton, Fold
from ui.shell.panel import Panel
from ui.shell.progress import Progress, Score
from ui.shell.theme import theme

if TYPE_CHECKING:
    from ui.lab import Lab
    from ui.shell.window import Window

HEIGHT = 52
_ROOMY, _NARROW = 1280, 1000
"""From these widths of the window on there is room for all words, and for those that name what is chosen."""
_FRAME_MS = 100


class TopRow(QWidget):
    """Follows the document, the lab and its current run."""

    def __init__(self, window: "Window", lab: "Lab") -> None:
        super().__init__(window)
        self._window, self._lab, self._document = window, lab, lab.document
        self.setFixedHeight(HEIGHT)
        self.data_chip = Chip("database-outline", self)
        self.recipe_chip = Chip("tune-variant", self)
        self.device_chip = Chip("chip", self)
        self.chips = {"data": self.data_chip, "recipe": self.recipe_chip, "device": self.device_chip}
        self.train = CommandButton(window.commands["train"], "play", primary=True, parent=self)
        self.train.hold_width([_("Train"), _("Pause"), _("Resume"), _("Cluster")])
        self.step = CommandButton(window.commands["step"], "debug-step-over", parent=self)
        # The finer step is found where the coarser one is.
        self.step.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.step.addActions([window.commands[name] for name in ("step", "epoch", "walk_next", "walk_slowly")])
        self.stop = CommandButton(window.commands["stop"], "stop", parent=self)
        self.reset = CommandButton(window.commands["reset"], "restart", parent=self)
        self.progress = Progress(self)
        self.score = Score(self)
        self._lay_out()
        self._panels: dict[Chip, Panel] = {}
        for chip in self.chips.values():
            chip.clicked.connect(lambda _checked=False, chip=chip: self._toggle(chip))
        # Many times a second there is something new; ten pictures of it are enough.
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._show_run)
        self._document.changed.connect(self._show_document)
        self._lab.state_changed.connect(self._show_state)
        self._lab.devices_changed.connect(self._show_device)
        for signal in (self._lab.runs.added, self._lab.runs.updated, self._lab.runs.removed):
            signal.connect(self._run_changed)
        theme.changed.connect(self.update)
        self._show_document(self._document.experiment, self._document.experiment)
        self._show_state(self._lab.state)

    def fit(self, width: int) -> None:
        """Leave out what tooltips say too, as far as there is no room for it in a window of this width."""
        fold: Fold = "no" if width >= _ROOMY else "remarks" if width >= _NARROW else "words"
        for chip in self.chips.values():
            chip.set_fold(fold)
        for button in (self.step, self.stop, self.reset):
            button.set_compact(fold != "no")
        self.progress.setFixedWidth({"no": 230, "remarks": 190, "words": 150}[fold])

    def open_editor(self, name: str) -> None:
        """Open the editor of the "data", "recipe" or "device" chip."""
        chip = self.chips[name]
        if not chip.isChecked() and not chip.isHidden():
            self._toggle(chip)

    def place_panels(self) -> None:
        """The window has another size."""
        for panel in self._panels.values():
            if panel.isVisible():
                panel.place()

    def shut_panels(self) -> None:
        """Close whatever a chip opened."""
        for panel in self._panels.values():
            panel.shut()

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 16, 0)
        layout.setSpacing(8)
        for chip in self.chips.values():
            layout.addWidget(chip)
        layout.addStretch(1)
        for button in (self.train, self.step, self.stop, self.reset):
            layout.addWidget(button)
        layout.addSpacing(12)
        layout.addWidget(self.progress)
        layout.addStretch(1)
        layout.addWidget(self.score)

    def _toggle(self, chip: Chip) -> None:
        panel = self._panels.get(chip)
        if panel is None:
            panel = self._panels[chip] = self._make_panel(chip)
        if panel.isVisible():
            panel.shut()
        else:
            self.shut_panels()
            panel.open()

    def _make_panel(self, chip: Chip) -> Panel:
        # Made when first opened: three editors take longer to build than the rest of the row.
        editor = {self.data_chip: DataEditor, self.recipe_chip: RecipeEditor, self.device_chip: DeviceEditor}[chip]
        return Panel(self._window, chip, editor(self._lab), width=420 if chip is self.data_chip else 380)

    def _show_document(self, _old: Experiment, new: Experiment) -> None:
        check = self._document.check
        # Nothing of these is asked for where there is no network to train.
        for widget in (self.recipe_chip, self.device_chip, self.step):
            widget.setVisible(not check.fits_only)
        title, detail = chip_text_data(new, check)
        tip = _("Data: choose what is clustered") if check.fits_only else _("Data: choose what the network learns from")
        self.data_chip.say(title, detail, f"{tip}\n{sample_words(check.data)}" if check.data else tip)
        title, detail = chip_text_recipe(new, check)
        epochs = ngettext("{count} epoch", "{count} epochs", new.training.epochs).format(
            count=f"{new.training.epochs:,}"
        )
        tip = _("Recipe: choose how it learns")
        self.recipe_chip.say(title, detail, f"{tip}\n{title_of(LOSSES, new.training.loss.kind)}, {epochs}")
        self._show_run()

    def _show_device(self) -> None:
        title, detail = chip_text_device(self._lab.device, self._lab.devices)
        self.device_chip.say(title, detail, _("Device: choose where the arithmetic is done"))

    def _show_state(self, state: str) -> None:
        self._show_device()
        self._show_run()

    def _run_changed(self, _run: object) -> None:
        if not self._soon.isActive():
            self._soon.start(_FRAME_MS)

    def _show_run(self) -> None:
        run, check = self._lab.runs.current, self._document.check
        self.train.show_icon("pause" if self._lab.state in BUSY and not clusters(self._lab) else "play")
        if clusters(self._lab):
            samples = looked_at(self._document.experiment, check.data) if check.data else 0
            self.progress.show_clustering(run, self._lab.state, samples)
        else:
            self.progress.show_run(run, self._lab.state, self._document.experiment.training.epochs)
        self.score.show_run(run)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.tokens.surface))
        painter.fillRect(0, self.height() - 1, self.width(), 1, QColor(theme.tokens.line))
        painter.end()
