"""How far the current run is, and the one number that says how good it is."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar, QWidget

from dllab.text import N_, _, ngettext
from ui.link.runs import Run
from ui.shell.theme import interface_font, theme

_SCORES = {
    "val_accuracy": N_("val {value} %"),
    "train_accuracy": N_("train {value} %"),
    "val_r2": N_("val R² {value}"),
    "train_r2": N_("train R² {value}"),
}
_TIPS = {
    "val_accuracy": N_("Share of the validation samples that the network gets right"),
    "train_accuracy": N_("Share of the training samples that the network gets right"),
    "val_r2": N_("How much of the spread of the validation targets is explained; 1 is perfect"),
    "train_r2": N_("How much of the spread of the training targets is explained; 1 is perfect"),
}

_CLUSTER_SCORES = {
    "ari": (N_("ARI {value}"), N_("How well the clusters fit the true classes: 1 is perfect, 0 is chance")),
    "silhouette": (N_("silhouette {value}"), N_("How well samples sit in their clusters: 1 is best, 0 is between two")),
}


class Progress(QWidget):
    """Epoch, time left and rate above a thin bar."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.epoch, self.rate = QLabel(self), QLabel(self)
        self.rate.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for label in (self.epoch, self.rate):
            label.setFont(interface_font(11))
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName(_("Progress of the run"))
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 9, 0, 11)
        layout.setVerticalSpacing(4)
        layout.addWidget(self.epoch, 0, 0)
        layout.addWidget(self.rate, 0, 1)
        layout.addWidget(self.bar, 1, 0, 1, 2)
        layout.setColumnStretch(1, 1)
        layout.setHorizontalSpacing(8)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_run(self, run: Run | None, state: str, epochs: int) -> None:
        """Say where the run is; without one, how long it would be."""
        progress = run.progress if run else None
        if progress is None or run is None or state == "idle":
            self._say(_("{epochs} epochs").format(epochs=f"{epochs:,}"), (), 0.0)
            return
        now = min(progress.epoch + 1, progress.epochs) if not run.ended else progress.epoch
        left = _("Epoch {epoch} of {epochs}").format(epoch=f"{now:,}", epochs=f"{progress.epochs:,}")
        rate = _("{rate} steps/s").format(rate=_number(progress.steps_per_second))
        time = ""
        if not run.ended and state == "running":
            time = _("{time} left").format(time=clock(progress.seconds_left))
        self._say(left, (time, rate), progress.step / progress.steps if progress.steps else 0.0)

    def show_clustering(self, run: Run | None, state: str, samples: int) -> None:
        """Say how far a clustering is; without one, how much there is to cluster."""
        stage = run.stage if run is not None and run.clusters and state in ("starting", "running") else None
        if stage is None:
            found = run is not None and bool(run.found) and state == "done"
            text = ngettext("{count} sample", "{count} samples", samples)
            self._say(text.format(count=f"{samples:,}"), (), 1.0 if found else 0.0)
            return
        left = _("longer than estimated") if stage.left <= 0 < stage.share else ""
        if stage.left > 1:
            left = _("about {time} left").format(time=clock(stage.left))
        self._say(stage.text, (left, clock(stage.elapsed)), stage.share)

    def _say(self, left: str, right: Sequence[str], done: float) -> None:
        """Where there is no room for all of the right side, its first part is enough; the tooltip has the whole."""
        said = [part for part in right if part]
        self.epoch.setText(left)
        room = self.width() - self.epoch.sizeHint().width() - 8
        metrics = self.rate.fontMetrics()
        while len(said) > 1 and metrics.horizontalAdvance(" · ".join(said)) > room:
            said.pop()
        self.rate.setText(" · ".join(said))
        self.bar.setValue(round(1000 * done))
        self.setToolTip(" · ".join(filter(None, (left, *right))))

    def _restyle(self) -> None:
        for label in (self.epoch, self.rate):
            label.setStyleSheet(f"color: {theme.tokens.muted};")


class Score(QLabel):
    """The validation score of the current run."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFont(interface_font(15, bold=True))
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setMinimumWidth(92)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_run(self, run: Run | None) -> None:
        """Show the newest score of a run."""
        if run is not None and run.clusters:
            self._show_found(run)
            return
        best = run.best if run else None
        if best is None:
            self.setText("")
            self.setToolTip("")
            return
        name, value = best
        shown = f"{100 * value:.1f}" if name.endswith("accuracy") else f"{value:.3f}"
        self.setText(_(_SCORES[name]).format(value=shown))
        self.setToolTip(_(_TIPS[name]))

    def _show_found(self, run: Run) -> None:
        """How good the first clustering is: against the true classes, else by itself."""
        found = run.found[0] if run.found else {"scores": {}}
        for name, (words, tip) in _CLUSTER_SCORES.items():
            if name in found["scores"]:
                self.setText(_(words).format(value=f"{found['scores'][name]:.3f}".replace("-", "−")))
                self.setToolTip(_(tip))
                return
        self.setText("")
        self.setToolTip("")

    def _restyle(self) -> None:
        self.setStyleSheet(f"color: {theme.tokens.good};")


def clock(seconds: float) -> str:
    """A duration as 0:04, 12:30 or 2:05:09."""
    whole = max(0, round(min(seconds, 359_999.0)))
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
