"""The layers to choose from: a search field, families, and chips in columns."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from dllab.text import _
from ui.canvas.catalogue import Entry, entries, family_title, search
from ui.canvas.chips import COMPACT, HEIGHT, Chip
from ui.canvas.saved import saved
from ui.shell.icons import icon
from ui.shell.theme import interface_font, theme

_ANY_WIDTH = 16_777_215
"""QWIDGETSIZE_MAX, which has no name in Python."""
_MARGIN = 12
_GAP = 6
_COLUMN = 80
_HEADING = 18
_FAMILY_GAP = 12
_WIDTH = 212
_RIGHT = 4


class Palette(QWidget):
    """Drag a chip onto the canvas; Enter or a double-click puts it behind what is selected there."""

    add_requested = Signal(str)
    """The kind of a layer, or the key of a saved group."""
    remove_requested = Signal(str)
    """The key of a saved group."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        saved.look()
        self._compact = False
        self.setAccessibleName(_("Layers"))
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(_("Search layers"))
        self.field.setAccessibleName(_("Search layers"))
        self.field.setFont(interface_font(13))
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self._mark = self.field.addAction(
            icon("mdi6.magnify", theme.tokens.muted), QLineEdit.ActionPosition.LeadingPosition
        )
        self.shelf = _Shelf(self)
        self.shelf.add_requested.connect(self.add_requested)
        self.shelf.remove_requested.connect(self.remove_requested)
        self._area = QScrollArea(self)
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setWidget(self.shelf)
        # The scroll area made it paint a ground of its own; the pane's shows better.
        self.shelf.setAutoFillBackground(False)
        self.shelf.focused.connect(lambda chip: self._area.ensureWidgetVisible(chip, 0, HEIGHT))
        self._column = QVBoxLayout(self)
        self._column.setSpacing(4)
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 12, 4)
        top.addWidget(self.field)
        self._column.addLayout(top)
        self._column.addWidget(self._area, 1)
        self.setFocusProxy(self.field)
        theme.changed.connect(self._wear)
        saved.changed.connect(self._restock)
        self._wear()
        self._set_margins()

    def set_compact(self, on: bool) -> None:
        """Icons only, for narrow windows."""
        if on != self._compact:
            self._compact = on
            self.field.clear()
            self.field.setVisible(not on)
            self.setFocusProxy(self.shelf if on else self.field)
            self._set_margins()
            self.shelf.set_compact(on)
            # Icons would only grow wider.
            self.setMaximumWidth(self.sizeHint().width() if on else _ANY_WIDTH)
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(COMPACT.width() + 26 if self._compact else _WIDTH, 480)

    def minimumSizeHint(self) -> QSize:
        return QSize(COMPACT.width() + 26 if self._compact else 150, 120)

    def changeEvent(self, event: QEvent) -> None:
        # Another window may have saved a group meanwhile.
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            saved.look()
        super().changeEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and watched is self.field:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._add_first()
                return True
            if event.key() == Qt.Key.Key_Down:
                self.shelf.focus_first()
                return True
            if event.key() == Qt.Key.Key_Escape and self.field.text():
                self.field.clear()
                return True
        return super().eventFilter(watched, event)

    def _restock(self) -> None:
        self.shelf.stock()
        self.shelf.search(self.field.text())

    def _search(self, words: str) -> None:
        self.shelf.search(words)
        self._area.verticalScrollBar().setValue(0)

    def _add_first(self) -> None:
        kind = self.shelf.first()
        if kind and self.field.text().strip():
            self.add_requested.emit(kind)

    def _set_margins(self) -> None:
        side = 8 if self._compact else _MARGIN
        self._column.setContentsMargins(side, 4 if self._compact else 2, 2, 0)

    def _wear(self) -> None:
        self._mark.setIcon(icon("mdi6.magnify", theme.tokens.muted))
        self.shelf.wear()


class _Shelf(QWidget):
    """Headings and chips, laid out by hand: a name too long for a column takes two."""

    add_requested = Signal(str)
    remove_requested = Signal(str)
    focused = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._compact = False
        self._rows: list[Entry] = []
        self.chips: list[Chip] = []
        self._found: list[Chip] = []
        self._headings: dict[str, QLabel] = {}
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._nothing = QLabel("", self)
        self._nothing.setWordWrap(True)
        self._nothing.setTextFormat(Qt.TextFormat.PlainText)
        self._nothing.hide()
        self._nothing.setFont(interface_font(12))
        self.stock()

    def stock(self) -> None:
        """Put everything on the shelf that there is to choose now."""
        for old in (*self.chips, *self._headings.values()):
            old.hide()
            old.deleteLater()
        self._rows = entries()
        self._found = self.chips = [self._chip(entry) for entry in self._rows]
        families = dict.fromkeys(entry.family for entry in self._rows)
        self._headings = {family: QLabel(family_title(family), self) for family in families}
        for label in self._headings.values():
            label.setFont(interface_font(11, bold=True))
        self.wear()

    def _chip(self, entry: Entry) -> Chip:
        chip = Chip(entry, self)
        chip.compact = self._compact
        chip.wanted.connect(self.add_requested)
        chip.unwanted.connect(self.remove_requested)
        chip.stepped.connect(self._step)
        chip.installEventFilter(self)
        return chip

    def set_compact(self, on: bool) -> None:
        """Icons in one column, lines for headings."""
        self._compact = on
        for chip in self.chips:
            chip.compact = on
        self._lay_out()

    def search(self, words: str) -> None:
        """Show what matches."""
        wanted = search(words, self._rows)
        by_entry = {id(chip.entry): chip for chip in self.chips}
        self._found = [by_entry[id(entry)] for entry in wanted]
        self._nothing.setText(_("No layer is called “{words}”.").format(words=words.strip()))
        self._lay_out()

    def first(self) -> str:
        """The kind of the best match."""
        return next((chip.entry.kind for chip in self._found if chip.entry.kind), "")

    def focus_first(self) -> None:
        """Go on by keyboard among the chips."""
        if self._found:
            self._in_order()[0].setFocus(Qt.FocusReason.TabFocusReason)

    def wear(self) -> None:
        """Take on the theme's colours."""
        for label in (*self._headings.values(), self._nothing):
            label.setStyleSheet(f"color: {theme.tokens.muted};")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            self.focused.emit(watched)
        return super().eventFilter(watched, event)

    def _in_order(self) -> list[Chip]:
        """The chips that are shown, in reading order."""
        return sorted(self._found, key=lambda chip: (chip.y(), chip.x()))

    def _step(self, chip: Chip, steps: int) -> None:
        order = self._in_order()
        if abs(steps) == 1:
            place = order.index(chip) + steps
            target = order[place] if 0 <= place < len(order) else None
        else:
            target = self._over(chip, order, down=steps > 0)
        if target is not None:
            target.setFocus(Qt.FocusReason.TabFocusReason)
        elif steps < 0 and not self._compact:
            self.focusPreviousChild()

    def _over(self, chip: Chip, order: list[Chip], down: bool) -> Chip | None:
        """The nearest chip in the next line below or above."""
        others = [c for c in order if (c.y() > chip.y() if down else c.y() < chip.y())]
        if not others:
            return None
        line = min(others, key=lambda c: abs(c.y() - chip.y())).y()
        return min((c for c in others if c.y() == line), key=lambda c: abs(c.x() - chip.x()))

    def _lay_out(self) -> None:
        shown = set(self._found)
        for chip in self.chips:
            chip.setVisible(chip in shown)
        self._nothing.setVisible(not shown)
        y = 2
        for family, heading in self._headings.items():
            chips = [chip for chip in self.chips if chip in shown and chip.entry.family == family]
            heading.setVisible(bool(chips) and not self._compact)
            if not chips:
                continue
            if not self._compact:
                heading.setGeometry(1, y, self.width(), _HEADING)
                y += _HEADING + 4
            y = self._place(chips, y) + (_GAP + 4 if self._compact else _FAMILY_GAP)
        if not shown:
            self._nothing.setGeometry(1, 4, self.width() - _RIGHT, 60)
            y = 70
        self.setMinimumHeight(y)

    def _place(self, chips: list[Chip], y: int) -> int:
        """Chips of a family from here down; returns where the next family starts."""
        room = self.width() - _RIGHT
        columns = 1 if self._compact else max(1, (room + _GAP) // (_COLUMN + _GAP))
        width = (room - _GAP * (columns - 1)) // columns
        height = COMPACT.height() if self._compact else HEIGHT
        column = 0
        for chip in chips:
            span = 1 if self._compact or chip.fits(width) else min(2, columns)
            if column + span > columns:
                y, column = y + height + _GAP, 0
            chip.setGeometry(column * (width + _GAP), y, width * span + _GAP * (span - 1), height)
            column += span
        return y + height
