"""What is drawn only while a gesture lasts: the rubber band, and the ghost of a layer that is about to be dropped."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from ui.canvas.geometry import Box
from ui.canvas.paints import paints, pen


class Band(QGraphicsRectItem):
    """The rectangle that selects."""

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(9)
        self.hide()

    def show_box(self, box: Box | None) -> None:
        """Lie there, or be gone."""
        self.setVisible(box is not None)
        if box is not None:
            self.setRect(*box)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        use = paints()
        line = pen(use.accent, 1)
        line.setCosmetic(True)
        painter.setPen(line)
        painter.setBrush(use.band)
        painter.drawRect(self.rect())


class Ghost(Band):
    """Where a layer will stand."""

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        use = paints()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen(use.accent, 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(use.band)
        painter.drawRoundedRect(QRectF(self.rect()), 9, 9)
