"""Try learning rates: the loss while the rate grows, drawn as it comes, and the suggestion one click away."""

import tempfile
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from dllab.document import edits
from dllab.document.experiment import Experiment
from dllab.document.format import SUFFIX, save
from dllab.text import _, show
from ui.inspector.sheet import button, column, label, say
from ui.link.command import JsonCommand
from ui.link.differences import differences
from ui.shell.theme import interface_font, number_font, theme

if TYPE_CHECKING:
    from ui.lab import Lab

_HEIGHT, _TOP, _BOTTOM = 120, 18, 18


class RateProcess(JsonCommand):
    """Runs `dllab lr … --json` in a process of its own: no run is disturbed, and to cancel is to end it."""

    point = Signal(float, float)
    """(learning rate, smoothed loss)"""
    done = Signal(object)
    """The suggestion, or None."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def start(self, lab: "Lab") -> None:
        """Begin with the experiment as it is now."""
        self.stop()
        self._folder = tempfile.TemporaryDirectory(prefix="dllab-")
        file = Path(self._folder.name) / f"experiment{SUFFIX}"
        save(lab.document.experiment, file)
        trust = [] if lab.trust.missing(lab.document.experiment) else ["--trust"]
        self.begin(["lr", str(file), "--json", "--device", lab.device, *trust])

    def take(self, event: dict[str, Any]) -> bool:
        match event["event"]:
            case "point":
                self.point.emit(event["rate"], event["smooth"])
            case "done":
                self.done.emit(event["suggestion"])
                return True
        return False

    def ended(self, words: str) -> str:
        return words or _("It ended before it was done.")

    def clear(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


class RatePicture(QWidget):
    """The smoothed loss against the learning rate, which grows tenfold from mark to mark; a line at the suggestion."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)
        self.setAccessibleName(_("Loss against learning rate"))
        self.points: list[tuple[float, float]] = []
        self.suggestion: float | None = None
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(240, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        if len(self.points) < 2:
            return
        painter, t = QPainter(self), theme.tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(4, _TOP, self.width() - 8, self.height() - _TOP - _BOTTOM)
        losses = [loss for _rate, loss in self.points]
        low = min(losses)
        # What explodes at the end would press the fall before it flat.
        high = max(losses[0], low + 1.2 * (losses[0] - low)) if losses[0] > low else max(losses)
        painter.setPen(QPen(QColor(t.line), 1))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        line = [
            QPointF(self._across(box, rate), self._up(box, min(loss, high), low, high)) for rate, loss in self.points
        ]
        painter.setFont(number_font(11))
        if self.suggestion is not None:
            x = self._across(box, self.suggestion)
            painter.setPen(QPen(QColor(t.good), 1.5, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
            painter.setPen(QColor(t.good))
            words = QRectF(min(max(x - 40, 0), self.width() - 80), 0, 80, _TOP - 2)
            painter.drawText(words, int(Qt.AlignmentFlag.AlignCenter), show(self.suggestion))
        painter.setPen(QPen(QColor(t.accent), 2))
        painter.drawPolyline(QPolygonF(line))
        painter.setPen(QColor(t.muted))
        below = QRectF(box.left(), box.bottom() + 3, box.width(), _BOTTOM - 3)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignLeft), show(self.points[0][0]))
        painter.drawText(below, int(Qt.AlignmentFlag.AlignRight), show(self.points[-1][0]))
        painter.setFont(interface_font(11))
        painter.drawText(below, int(Qt.AlignmentFlag.AlignHCenter), _("learning rate"))
        painter.end()

    def _across(self, box: QRectF, rate: float) -> float:
        first, last = log(self.points[0][0]), log(self.points[-1][0])
        return box.left() + box.width() * (log(rate) - first) / ((last - first) or 1.0)

    @staticmethod
    def _up(box: QRectF, loss: float, low: float, high: float) -> float:
        return box.bottom() - box.height() * (loss - low) / ((high - low) or 1.0)


class RateTest(QWidget):
    """A button that opens into the picture, with another to take the suggestion."""

    def __init__(self, lab: "Lab") -> None:
        super().__init__()
        self._lab = lab
        self.process = RateProcess(self)
        self.process.point.connect(self._on_point)
        self.process.done.connect(self._on_done)
        self.process.refused.connect(self._on_refused)
        self.start = button(_("Try learning rates…"), self._on_start, "link")
        self.start.setToolTip(
            _("Trains a copy for a few seconds with a rate that grows, to find where the loss falls fastest")
        )
        self.stop = button(_("Stop"), self._on_stop)
        self.take = button("", self._on_take)
        self.picture = RatePicture()
        self.words = label("", "muted")
        row = QHBoxLayout()
        row.addWidget(self.take)
        row.addWidget(self.stop)
        row.addStretch(1)
        self.setLayout(column(self.start, self.picture, self.words, row, gap=4))
        for widget in (self.stop, self.take, self.picture, self.words):
            widget.hide()
        lab.document.changed.connect(self._on_document_changed)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self.process.busy:
            self._on_stop()

    def _on_document_changed(self, old: Experiment, new: Experiment) -> None:
        """What was found holds for the experiment that was tried, at whatever rate it stands."""
        training = new.training.model_copy(update={"learning_rate": old.training.learning_rate})
        if self.words.isHidden() or not differences(old, new.model_copy(update={"training": training})):
            return
        self.process.stop()
        self._rest("")
        self.picture.points, self.picture.suggestion = [], None
        for widget in (self.picture, self.take):
            widget.hide()

    def _on_start(self) -> None:
        if not self._lab.document.check.trainable or self._lab.document.check.fits_only:
            say(self.words, _("This experiment can't be trained yet: see its problems."))
            return
        self.picture.points, self.picture.suggestion = [], None
        self.picture.show()
        self.take.hide()
        self.stop.show()
        self.start.setEnabled(False)
        say(self.words, _("A copy trains with a rate that grows from step to step…"))
        self.process.start(self._lab)

    def _on_stop(self) -> None:
        self.process.stop()
        self._rest(_("Stopped."))
        self.picture.hide()

    def _on_point(self, rate: float, smooth: float) -> None:
        self.picture.points.append((rate, smooth))
        self.picture.update()

    def _on_done(self, suggestion: float | None) -> None:
        self.picture.suggestion = suggestion
        self.picture.update()
        if suggestion is None:
            self._rest(
                _("The loss hardly falls at any of these rates: look at the data, the loss and the network first.")
            )
            return
        self.take.setText(_("Use {rate}").format(rate=show(suggestion)))
        self.take.show()
        text = _("The loss falls fastest at {rate}; where the line turns up, steps are too large.")
        self._rest(text.format(rate=show(suggestion)))
        self.picture.setAccessibleDescription(self.words.text())

    def _on_refused(self, text: str) -> None:
        self.picture.hide()
        self._rest(text)

    def _rest(self, words: str) -> None:
        self.stop.hide()
        self.start.setEnabled(True)
        say(self.words, words)

    def _on_take(self) -> None:
        rate = self.picture.suggestion
        if rate is not None:
            text = _("Set learning rate to {rate}").format(rate=show(rate))
            self._lab.document.apply(text, lambda e: edits.set_path(e, "training.learning_rate", rate))
