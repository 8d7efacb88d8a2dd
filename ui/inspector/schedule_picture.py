"""The learning rate along the run to come, drawn from its declaration."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from dllab.checking import Check
from dllab.checking.length import steps_per_epoch
from dllab.document.experiment import Experiment
from dllab.recipe import SCHEDULES
from dllab.recipe.schedules import Schedule
from dllab.text import _
from ui.inspector.parsing import show_number
from ui.shell.theme import interface_font, number_font, theme

_POINTS = 240
_HEIGHT = 96
_TOP, _BOTTOM = 18, 18


def planned(experiment: Experiment, check: Check) -> list[tuple[float, float]]:
    """(epochs gone, learning rate) along the run to come; empty where nobody knows or nothing changes."""
    recipe = experiment.training
    try:
        schedule = SCHEDULES.make(recipe.schedule.kind, recipe.schedule.params)
    except (KeyError, ValueError):
        return []
    steps = steps_per_epoch(experiment, check)
    if steps < 1 or type(schedule).rate is Schedule.rate:
        return []
    last = recipe.epochs * steps - 1
    places = sorted({round(last * i / _POINTS) for i in range(_POINTS + 1)})
    return [(step / steps, schedule.rate(recipe.learning_rate, step, recipe.epochs, steps)) for step in places]


class SchedulePicture(QWidget):
    """Draws it; the numbers at the sides are the first, the largest and the last rate."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(_("Learning rate along the run"))
        self.rates: list[tuple[float, float]] = []
        self._epochs = 1

    def show_plan(self, experiment: Experiment, check: Check) -> None:
        """Draw the schedule of this experiment; take no place where there is nothing to draw."""
        self.rates, self._epochs = planned(experiment, check), experiment.training.epochs
        self.setVisible(bool(self.rates))
        if self.rates:
            text = _("Learning rate: first {first}, at most {top}, last {last}")
            first, top, last = (show_number(_short(rate)) for rate in self._marks())
            self.setAccessibleDescription(text.format(first=first, top=top, last=last))
            self.setToolTip(text.format(first=first, top=top, last=last))
        self.update()

    def _marks(self) -> tuple[float, float, float]:
        values = [rate for _epoch, rate in self.rates]
        return values[0], max(values), values[-1]

    def sizeHint(self) -> QSize:
        return QSize(240, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.rates:
            return
        painter, t = QPainter(self), theme.tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(0.5, _TOP, self.width() - 1, self.height() - _TOP - _BOTTOM)
        first, top, last = self._marks()
        painter.setPen(QPen(QColor(t.line), 1))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        line = QPolygonF(
            [
                QPointF(box.left() + box.width() * e / self._epochs, box.bottom() - box.height() * r / top)
                for e, r in self.rates
            ]
        )
        painter.setPen(QPen(QColor(t.accent), 2))
        painter.drawPolyline(line)
        painter.setPen(QColor(t.muted))
        painter.setFont(number_font(11))
        above = QRectF(0, 0, self.width(), _TOP - 2)
        painter.drawText(above, int(Qt.AlignmentFlag.AlignLeft), show_number(_short(first)))
        if top > max(first, last):
            painter.drawText(
                above, int(Qt.AlignmentFlag.AlignHCenter), _("top {rate}").format(rate=show_number(_short(top)))
            )
        painter.drawText(above, int(Qt.AlignmentFlag.AlignRight), show_number(_short(last)))
        below = QRectF(0, self.height() - _BOTTOM + 3, self.width(), _BOTTOM - 3)
        painter.setFont(interface_font(11))
        painter.drawText(below, int(Qt.AlignmentFlag.AlignLeft), _("start"))
        painter.drawText(below, int(Qt.AlignmentFlag.AlignRight), _("epoch {epoch}").format(epoch=f"{self._epochs:,}"))
        painter.end()


def _short(rate: float) -> float:
    """Three digits are enough to read."""
    return float(f"{rate:.3g}")
