"""A clustering one step at a time: the samples it is about, the sentence behind it, and the tree that grows."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from dllab.engine.protocol import unpack
from dllab.text import N_, _
from ui.shell.theme import interface_font, theme
from ui.views.base import Rows, View, Want, column
from ui.views.cluster_declarations import CLUSTER_STEPS
from ui.views.controls import IconButton, Keys
from ui.views.plot import Plot
from ui.views.step_drawing import StepDrawing

if TYPE_CHECKING:
    from ui.lab import Lab


_SPEEDS = {"slow": (N_("slowly"), 900), "quick": (N_("quicker"), 250), "fast": (N_("fast"), 60)}


class ClusterSteps(View):
    """Asks the engine for one step after the other; everything shown is computed there."""

    declaration = CLUSTER_STEPS
    empty = N_("Press Cluster; then every step can be looked at here.")
    about = "clusters"
    main = "steps"

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self.step, self.steps = 0, 0
        self._node = ""
        self._waiting = False
        self._slow = QTimer(self)
        self._slow.timeout.connect(self._run_on)
        self.back = self._button(_("Back"), lambda: self._walk(-1))
        self.next = self._button(_("Next"), lambda: self._walk(1))
        self.slowly = self._button(_("Run"), self._toggle)
        self.slowly.setCheckable(True)
        self.speed = QComboBox(self.body)
        self.speed.setAccessibleName(_("Speed"))
        for key, (words, _milliseconds) in _SPEEDS.items():
            self.speed.addItem(_(words), key)
        self.speed.activated.connect(lambda _index: self._slow.setInterval(self._pace()))
        self.end = IconButton("mdi6.skip-next-outline", _("To the end"), self.body)
        self.end.clicked.connect(lambda _checked: self._walk(self.steps))
        self.slider = QSlider(Qt.Orientation.Horizontal, self.body)
        self.slider.setAccessibleName(_("Step"))
        self.slider.actionTriggered.connect(lambda _action: self._slid(self.slider.sliderPosition()))
        self.count = QLabel(self.body)
        self.said = QLabel(self.body)
        self.said.setWordWrap(True)
        self.said.setFont(interface_font(13))
        self.said.setAccessibleName(_("What happens in this step"))
        self.plot = Plot(self.body)
        self.plot.setAccessibleName(_("Samples"))
        self.tree = Plot(self.body)
        self.tree.setAccessibleName(_("The tree so far"))
        self.keys = Keys(self.body)
        self.drawing = StepDrawing(self.plot, self.tree)
        self._lay_out()
        lab.selection_changed.connect(self._selected)

    def _button(self, words: str, do: Any) -> QPushButton:
        button = QPushButton(words, self.body)
        button.clicked.connect(lambda _checked: do())
        return button

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(6)
        for widget in (self.back, self.next, self.slowly, self.speed, self.end):
            bar.addWidget(widget)
        bar.addWidget(self.slider, 1)
        bar.addWidget(self.count)
        self._plots = QHBoxLayout()
        self._plots.setSpacing(8)
        self._plots.addWidget(self.plot, 3)
        self._plots.addWidget(self.tree, 2)
        layout: QVBoxLayout = column(self.body, 4)
        layout.addLayout(bar)
        layout.addWidget(self.said)
        layout.addWidget(self.keys)
        layout.addLayout(self._plots, 1)
        self.tree.hide()
        self.said.setMinimumHeight(2 * self.said.fontMetrics().height())
        self.said.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)

    # --- asking -----------------------------------------------------------------------------------------------------

    def wants(self) -> dict[str, Want]:
        return {"steps": Want("cluster_steps", {"node": self._node, "step": self.step})}

    def go(self, step: int) -> None:
        """Ask for a step; the picture follows."""
        step = min(max(step, 0), self.steps)
        if step != self.step:
            self.step, self._waiting = step, True
            self.ask()

    def _walk(self, steps: int) -> None:
        self._stop()
        self.go(self.step + steps)

    def _slid(self, step: int) -> None:
        if step != self.step:
            self._stop()
            self.go(step)

    def _selected(self, node: str) -> None:
        picture = self.pictures.get("steps")
        if picture is not None and node != self._node and node in picture.labels.get("nodes", ()):
            self._stop()
            self._node, self.step = node, 0
            self.ask()

    def _toggle(self) -> None:
        if not self.slowly.isChecked():
            self._slow.stop()
            return
        if self.step >= self.steps:
            self.go(0)
        self._slow.start(self._pace())

    def _pace(self) -> int:
        return _SPEEDS[self.speed.currentData()][1]

    def _run_on(self) -> None:
        if self.step >= self.steps:
            self._stop()
        elif not self._waiting:
            self.go(self.step + 1)

    def _stop(self) -> None:
        self._slow.stop()
        self.slowly.setChecked(False)

    def arrived(self, key: str) -> None:
        labels = self.pictures[key].labels
        if "steps" in labels:
            self.steps = int(labels["steps"])
            self._waiting = self._waiting and int(labels["step"]) != self.step
            if self.step > self.steps:
                self.go(self.steps)

    def forget(self) -> None:
        self._stop()
        self.step = self.steps = 0
        super().forget()

    # --- drawing ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        picture = self.pictures["steps"]
        labels = picture.labels
        shown = int(labels["step"])
        self.slider.setRange(0, self.steps)
        self.slider.setValue(self.step)
        self.count.setText(_("step {step} of {steps}").format(step=f"{shown:,}", steps=f"{self.steps:,}"))
        self.back.setEnabled(shown > 0)
        for button in (self.next, self.end):
            button.setEnabled(shown < self.steps)
        self.said.setText(labels["text"] or self._beginning(labels))
        self.summarise(self.said.text())
        self.set_subtitle(str(labels["title"]))
        axes = [*labels.get("axes", ()), "", ""][:2]
        tall = self.height() >= 320
        self.plot.set_labels(bottom=axes[0] if tall else "", left=axes[1] if tall else "")
        self.keys.set_entries(self.drawing.draw(picture, tall))

    def _beginning(self, labels: dict[str, Any]) -> str:
        text = _("Press Next to see the first step.")
        followed, samples = int(labels["followed"]), int(labels["samples"])
        if followed < samples:
            part = _("{count} of {samples} samples are followed, drawn at random: so the end may differ.")
            text += " " + part.format(count=f"{followed:,}", samples=f"{samples:,}")
        return text

    def restyle(self) -> None:
        self.plot.restyle()
        self.tree.restyle()
        self.said.setStyleSheet(f"color: {theme.tokens.text};")
        self.count.setStyleSheet(f"color: {QColor(theme.tokens.muted).name()};")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.mark()

    def rows(self) -> Rows:
        picture = self.pictures.get("steps")
        if picture is None or "labels" not in picture.arrays:
            return [], []
        arrays = (unpack(picture.arrays[name]) for name in ("index", "labels"))
        return ["sample", "cluster"], zip(*(array.tolist() for array in arrays), strict=True)
