"""The steps of a run under its curves: one slider through all of training."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QStyle, QWidget

from dllab.text import _
from ui.shell.theme import theme
from ui.views.controls import Caption, IconButton, TextButton
from ui.views.smoothing import slider_style

if TYPE_CHECKING:
    from ui.lab import Lab

_HANDLE = 14


class Steps(QSlider):
    """A slider that goes where it is pressed; `chosen` tells of a person's hand alone."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setAccessibleName(_("Step of training"))
        self.actionTriggered.connect(lambda _action: self.chosen.emit(self.sliderPosition()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            place = round(event.position().x()) - _HANDLE // 2
            value = QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), place, self.width() - _HANDLE)
            self.setSliderPosition(value)
            self.chosen.emit(value)
        # The handle is under the pointer now, so it can be dragged on.
        super().mousePressEvent(event)


class TimeStrip(QWidget):
    """Follows the lab's past."""

    def __init__(self, lab: "Lab", parent: QWidget) -> None:
        super().__init__(parent)
        self._past = lab.past
        self._lab = lab
        self.slider = Steps(self)
        self.slider.chosen.connect(self._past.seek)
        self.caption = Caption(self)
        self.caption.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.branch = TextButton(_("Branch from here"), self)
        self.branch.setToolTip(_("Train on from this step as a new run; the curve of this one stays"))
        self.branch.clicked.connect(lambda: self._past.branch())
        self.back = IconButton("mdi6.skip-next", _("Back to the end"), self)
        self.back.clicked.connect(self._past.return_to_end)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 6, 2)
        row.setSpacing(8)
        row.addWidget(self.slider, 1)
        for widget in (self.caption, self.branch, self.back):
            row.addWidget(widget)
        self._past.moved.connect(self.refresh)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.refresh()

    def refresh(self) -> None:
        """Bring it up to where the run stands."""
        run = self._lab.runs.current
        self.setVisible(run is not None and run.step > 0)
        if run is None:
            return
        ready, away = self._past.run is not None, self._past.away
        self.slider.setEnabled(ready)
        if not self.slider.isSliderDown():
            self.slider.setRange(run.first, run.step)
            self.slider.setPageStep(max(1, (run.step - run.first) // 20))
            self.slider.setValue(self._past.step)
        words = self._words(run.step, ready, away)
        self.caption.setText(words)
        self.caption.setVisible(bool(words))
        self.slider.setToolTip(_("Drag to see every view as it was then") if ready else words)
        for button in (self.branch, self.back):
            button.setVisible(away)
            button.setEnabled(self._past.wanted is None)

    def _words(self, last: int, ready: bool, away: bool) -> str:
        if not ready:
            return _("Pause to look back") if self._lab.state == "running" else _("Nothing to look back at")
        if self._past.wanted is not None:
            return _("going to step {step}…").format(step=f"{self._past.wanted:,}")
        # The plot marks the step and its axis shows the last one: the slider needs the room.
        return "" if away else _("at the end, step {step}").format(step=f"{last:,}")

    def _restyle(self) -> None:
        self.slider.setStyleSheet(slider_style(theme.tokens))
