"""The page on which points are painted: classes, brush, eraser, undo, and what it comes to."""

from collections import Counter

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeySequence, QPainter, QPixmap, QShortcut
from PySide6.QtWidgets import QButtonGroup, QDialog, QHBoxLayout, QPushButton, QSlider, QVBoxLayout, QWidget

from dllab.data.painted import MOST_CLASSES, painted
from dllab.document.experiment import Choice
from dllab.text import _, ngettext
from ui.data.paint_pad import PaintPad, Point
from ui.inspector.sheet import heading, label, say, sheet_style
from ui.shell.theme import theme
from ui.views.colours import class_colour

_SHOWN = 4
"""Classes there are buttons for at first."""


class PaintPage(QDialog):
    """`taken` when the points are to be used."""

    taken = Signal(object, bool)
    """(Choice of the data, whether a new experiment is wanted)"""

    def __init__(self, points: list[Point], into: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Paint points"))
        t = theme.tokens
        chosen = f"QPushButton:checked {{ border: 2px solid {t.accent}; background: {t.hover}; padding: 5px 13px; }}"
        self.setStyleSheet(sheet_style(t) + chosen)
        self.pad = PaintPad(points, self)
        self.pad.changed.connect(self._on_changed)
        self.classes: list[QPushButton] = []
        self.tools = QButtonGroup(self)
        self._column = QVBoxLayout()
        used = max((number for _x, _y, number in points), default=0) + 1
        for _number in range(max(_SHOWN, used)):
            self._add_class()
        self.eraser = self._tool(_("Eraser"), _("Take points away (E)"), self._erase)
        self.brush = QSlider(Qt.Orientation.Horizontal, self)
        self.brush.setRange(1, 40)
        self.brush.setValue(round(100 * self.pad.radius))
        self.brush.setAccessibleName(_("Size of the brush"))
        self.brush.valueChanged.connect(self._on_size)
        self.undo = self._button(_("Undo"), self.pad.undo)
        self.clear = self._button(_("Clear"), self.pad.clear)
        self.words, self.trouble = label("", "muted"), label("", "warning")
        self.cancel = self._button(_("Cancel"), self.reject)
        self.fresh = self._button(_("New experiment with these points"), lambda: self._take(True))
        self.use = self._button(_("Use in this experiment"), lambda: self._take(False))
        self.use.setVisible(into)
        (self.use if into else self.fresh).setProperty("primary", True)
        self._lay_out()
        self._shortcuts()
        self.classes[0].setChecked(True)
        self.resize(760, 600)
        self._on_changed()

    def _lay_out(self) -> None:
        more = self._button(_("Add a class"), self._add_class)
        self._more = more
        side = QVBoxLayout()
        side.addWidget(heading(_("Class")))
        side.addLayout(self._column)
        side.addWidget(more)
        side.addWidget(heading(_("Brush")))
        side.addWidget(self.brush)
        side.addWidget(self.eraser)
        side.addWidget(self.undo)
        side.addWidget(self.clear)
        side.addStretch(1)
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addWidget(self.pad, 1)
        middle.addLayout(side)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for button in (self.cancel, self.fresh, self.use):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addLayout(middle, 1)
        column.addWidget(self.words)
        column.addWidget(self.trouble)
        column.addLayout(buttons)

    def _shortcuts(self) -> None:
        QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), self, self.pad.undo)
        QShortcut(QKeySequence(Qt.Key.Key_E), self, self.eraser.click)
        for number in range(MOST_CLASSES):
            QShortcut(QKeySequence(str(number + 1)), self, lambda number=number: self._press(number))

    # --- tools --------------------------------------------------------------------------------------------------------

    def _add_class(self) -> None:
        number = len(self.classes)
        name = _("class {letter}").format(letter="ABCDEFGH"[number])
        tip = _("Paint points of this class ({key})").format(key=number + 1)
        button = self._tool(name, tip, lambda: self._choose(number))
        button.setIcon(_dot(number))
        button.setIconSize(QSize(12, 12))
        self.classes.append(button)
        self._column.addWidget(button)
        if number + 1 == MOST_CLASSES:
            self._more.setEnabled(False)

    def _tool(self, text: str, tip: str, do: object) -> QPushButton:
        button = self._button(text, do)
        button.setCheckable(True)
        button.setToolTip(tip)
        self.tools.addButton(button)
        return button

    def _button(self, text: str, do: object) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(False)
        button.clicked.connect(lambda: do())  # type: ignore[operator]
        return button

    def _press(self, number: int) -> None:
        if number < len(self.classes):
            self.classes[number].click()

    def _choose(self, number: int) -> None:
        self.pad.number, self.pad.erasing = number, False
        self.pad.update()

    def _erase(self) -> None:
        self.pad.erasing = True
        self.pad.update()

    def _on_size(self, value: int) -> None:
        self.pad.radius = value / 100
        self.pad.update()

    # --- what it comes to ---------------------------------------------------------------------------------------------

    def _on_changed(self) -> None:
        counts = Counter(number for _x, _y, number in self.pad.points)
        total = ngettext("{count} point", "{count} points", len(self.pad.points)).format(count=len(self.pad.points))
        parts = [f"{'ABCDEFGH'[number]} {counts[number]}" for number in sorted(counts)]
        say(self.words, " · ".join([total, *parts]))
        hint = "" if counts else _("Paint points of two classes or more, or of one class to cluster them.")
        if len(counts) == 1:
            hint = _(
                "Points of one class can only be clustered: paint another class to have a network tell them apart."
            )
        say(self.trouble, hint)
        for button in (self.fresh, self.use):
            button.setEnabled(bool(counts))
        self.undo.setEnabled(self.pad.can_undo)
        self.clear.setEnabled(bool(self.pad.points))

    def _take(self, fresh: bool) -> None:
        dataset = painted(self.pad.points)
        self.taken.emit(Choice(kind=dataset.kind, params=dataset.model_dump(mode="json")), fresh)
        self.accept()


def _dot(number: int) -> QIcon:
    picture = QPixmap(24, 24)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(class_colour(number, theme.tokens))
    painter.drawEllipse(2, 2, 20, 20)
    painter.end()
    return QIcon(picture)
