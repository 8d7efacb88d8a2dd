"""The last line: what the lab does, what is sealed, which file this is, where all commands are."""

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from dllab.text import N_, _, ngettext
from ui.actions import COMMANDS
from ui.inspector import chip_text_device
from ui.link.differences import differences
from ui.link.runs import Run
from ui.shell.labels import Elided
from ui.shell.menus import keys_text
from ui.shell.theme import interface_font, theme

if TYPE_CHECKING:
    from ui.lab import Lab
    from ui.shell.window import Window

HEIGHT = 28
_STATES = {
    "offline": N_("Starting the engine…"),
    "idle": N_("Ready on {device}"),
    "starting": N_("Preparing the run…"),
    "running": N_("Training on {device}"),
    "paused": N_("Paused at step {step}"),
    "stopped": N_("Stopped at step {step}"),
    "done": N_("Trained for {step} steps"),
    "failed": N_("The run could not go on"),
    "non-finite": N_("The run stopped: the loss is no longer a number"),
}
_CLUSTER_STATES = {
    **_STATES,
    "idle": N_("Ready"),
    "starting": N_("Preparing the clustering…"),
    "running": N_("Clustering…"),
    "stopped": N_("The clustering was stopped"),
    "done": N_("Clustered"),
    "failed": N_("The clustering could not be done"),
}
_COLOURS = {"running": "accent", "done": "good", "failed": "bad", "non-finite": "bad", "paused": "warning"}
_FRAME_MS = 200


class StatusLine(QWidget):
    """Follows the lab and the document."""

    def __init__(self, window: "Window", lab: "Lab") -> None:
        super().__init__(window)
        self._window, self._lab, self._document = window, lab, lab.document
        self.setFixedHeight(HEIGHT)
        self.state, self.sealed, self.file = Elided(self), Elided(self), Elided(self)
        self.open_test = self._link("open_test", _("Open"))
        self.commands = self._link("commands", self._commands_words())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(28, 0, 10, 0)
        layout.setSpacing(10)
        for widget in (self.state, self.sealed, self.open_test):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addWidget(self.file)
        layout.addWidget(self.commands)
        for label in (self.state, self.sealed, self.file):
            label.setFont(interface_font(11))
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.refresh)
        for signal in (self._lab.state_changed, self._lab.runs.updated, self._lab.past.moved, self._document.changed):
            signal.connect(self._mark)
        for signal in (self._document.file_changed, window.commands.refreshed):
            signal.connect(self.refresh)
        theme.changed.connect(self._restyle)
        self._restyle()

    def refresh(self) -> None:
        """Say everything anew."""
        run = self._lab.runs.current
        words = _("Looking back at step {step}") if self._lab.past.away else self._state_words(run)
        words += self._edited(run)
        device = chip_text_device(self._lab.device, self._lab.devices)[0]
        self.state.say(words.format(device=device, step=f"{self._lab.past.step:,}"))
        never = _("Samples that are not clustered: the test part")
        if not self._document.check.fits_only:
            never = _("Samples the network never sees in training: its final exam")
        self.sealed.say(self._sealed_words(run), never)
        action = self._window.commands["open_test"]
        self.open_test.setVisible(action.isEnabled() and (run is None or run.test is None))
        self.file.say(self._file_words(), str(self._document.path or ""))
        self.update()

    def _edited(self, run: Run | None) -> str:
        """Whether the canvas shows something else than what is training or has been trained."""
        if run is None or self._lab.state in ("offline", "idle", "starting", "failed"):
            return ""
        if not differences(run.experiment, self._document.experiment):
            return ""
        text = _("edited since: the run goes by what it began with")
        if run.clusters and self._document.check.trainable:
            # A network may have come in place of what is clustered.
            text = _("edited since: press {button}").format(button=self._window.transport.train_words())
        return " · " + text

    def _state_words(self, run: Run | None) -> str:
        clusters = run.clusters if run is not None and self._lab.state != "idle" else self._document.check.fits_only
        if not clusters:
            return _(_STATES[self._lab.state])
        if run is not None and run.found and self._lab.state == "done":
            return " ".join(str(found["text"]) for found in run.found).replace("{", "{{").replace("}", "}}")
        return _(_CLUSTER_STATES[self._lab.state])

    def _sealed_words(self, run: Run | None) -> str:
        if run is not None and run.test is not None:
            times = ngettext("opened {count} time", "opened {count} times", run.test.opened)
            return f"{_test_words(run.test.metrics)} · {times.format(count=run.test.opened)}"
        data = self._document.check.data
        if data is None:
            return ""
        count = math.ceil(self._document.experiment.split.test * data.samples)
        if not count and self._document.check.fits_only:
            return ""
        return ngettext("{count} test sample sealed", "{count} test samples sealed", count).format(count=f"{count:,}")

    def _file_words(self) -> str:
        document = self._document
        name = document.path.name if document.path else _("not in a file yet")
        if document.read_only:
            state = _("read-only: made by a newer version")
        elif document.modified:
            state = _("changed")
        else:
            state = _("saved") if document.path else ""
        return " · ".join(filter(None, (name, state)))

    def _commands_words(self) -> str:
        keys = next(keys_text(c) for c in COMMANDS if c.id == "commands")
        return _("{keys} commands").format(keys=keys)

    def _link(self, command: str, text: str) -> QToolButton:
        action = self._window.commands[command]
        button = QToolButton(self)
        button.setText(text)
        button.setFont(interface_font(11))
        button.setToolTip(action.toolTip())
        button.clicked.connect(lambda _checked=False: action.trigger())
        return button

    def _mark(self) -> None:
        if not self._soon.isActive():
            self._soon.start(_FRAME_MS)

    def _restyle(self) -> None:
        tokens = theme.tokens
        for label in (self.state, self.sealed, self.file):
            label.setStyleSheet(f"color: {tokens.muted};")
        self.open_test.setStyleSheet(f"color: {tokens.accent};")
        self.commands.setStyleSheet(f"color: {tokens.muted};")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.tokens
        colour = getattr(tokens, _COLOURS.get(self._lab.state, "muted"))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(tokens.background))
        painter.setPen(QColor(colour))
        # A ring while nothing is in training, a filled dot otherwise: not told by colour alone.
        painter.setBrush(QColor(colour if self._lab.state in ("running", "starting", "done") else tokens.background))
        painter.drawEllipse(14, self.height() // 2 - 4, 8, 8)
        painter.end()


def _test_words(metrics: dict[str, float]) -> str:
    if "accuracy" in metrics:
        return _("test {value} %").format(value=f"{100 * metrics['accuracy']:.1f}")
    if "r2" in metrics:
        return _("test R² {value}").format(value=f"{metrics['r2']:.3f}")
    return _("test loss {value}").format(value=f"{metrics.get('loss', math.nan):.4g}")
